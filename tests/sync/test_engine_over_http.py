"""The sync API over real connections: longpoll's timing and bytes, clients that hang up, and an independent client library."""

import socket
import threading
import time

import couchdb
import pytest
import requests

NAME = "worker-w0042"


@pytest.fixture
def database(live_server):
    live_server.databases.delete(NAME)
    live_server.databases.create(NAME, {"members": {"roles": ["worker:w0042"]}})
    return f"{live_server.url}/{NAME}"


@pytest.fixture
def session(live_server):
    session = requests.Session()
    session.headers["Authorization"] = f"Bearer {live_server.token('worker:w0042')}"
    return session


def raw_request(live_server, path):
    """A connection that has sent this GET."""
    connection = socket.create_connection(("127.0.0.1", live_server.port), timeout=20)
    token = live_server.token("worker:w0042")
    connection.sendall(f"GET /sync{path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n\r\n".encode())
    return connection


def test_longpoll_sends_its_beginning_at_once_and_each_heartbeat_in_a_chunk_of_its_own(live_server, database):
    with raw_request(live_server, f"/{NAME}/_changes?feed=longpoll&heartbeat=500") as connection:
        started = time.monotonic()
        received = b""
        while b"results" not in received:
            received += connection.recv(65_536)
        assert received.startswith(b"HTTP/1.1 200 OK") and received.lower().endswith(b'd\r\n{"results":[\n\r\n')
        assert connection.recv(65_536) == b"1\r\n\n\r\n"
        assert time.monotonic() - started > 0.4
        live_server.databases.publish(NAME, [{"_id": "news"}])
        rest = b""
        while b"last_seq" not in rest:
            rest += connection.recv(65_536)
        assert b'"id":"news"' in rest


def test_a_waiting_longpoll_is_woken_by_every_kind_of_write(live_server, database, session):
    def documents():
        yield lambda: live_server.databases.publish(NAME, [{"_id": "published"}])
        yield lambda: session.put(f"{database}/put", json={})
        yield lambda: session.post(f"{database}/_bulk_docs", json={"docs": [{"_id": "put", "_rev": "1-loses"}], "new_edits": False})
        yield lambda: session.put(f"{database}/photo/a.jpg", data=b"x")
        yield lambda: session.delete(f"{database}/put?rev=1-loses")

    for write in documents():
        answers = []
        since = session.get(f"{database}/").json()["update_seq"]
        listener = threading.Thread(
            target=lambda since=since, answers=answers: answers.append(session.get(f"{database}/_changes?feed=longpoll&style=all_docs&since={since}").json())
        )
        listener.start()
        time.sleep(0.2)
        started = time.monotonic()
        write()
        listener.join(10)
        assert len(answers[0]["results"]) == 1 and time.monotonic() - started < 10, "woken, not found by the sweep"


def test_a_filtered_longpoll_sleeps_through_what_does_not_pass(live_server, database, session):
    def listen():
        answers.append(session.post(f"{database}/_changes?feed=longpoll&filter=_doc_ids&timeout=20000", json={"doc_ids": ["wanted"]}).json())

    answers = []
    listener = threading.Thread(target=listen)
    listener.start()
    time.sleep(0.2)
    live_server.databases.publish(NAME, [{"_id": "other"}])
    time.sleep(0.3)
    assert not answers
    live_server.databases.publish(NAME, [{"_id": "wanted"}])
    listener.join(10)
    assert [row["id"] for row in answers[0]["results"]] == ["wanted"]


def test_a_longpoll_ends_when_its_database_is_deleted_or_its_reader_is_shut_out(live_server, database, session):
    for end in (lambda: live_server.databases.set_security(NAME, {}), lambda: live_server.databases.delete(NAME)):
        live_server.databases.create(NAME, {"members": {"roles": ["worker:w0042"]}})
        live_server.databases.set_security(NAME, {"members": {"roles": ["worker:w0042"]}})
        answers = []
        listener = threading.Thread(target=lambda answers=answers: answers.append(session.get(f"{database}/_changes?feed=longpoll&heartbeat=1000")))
        listener.start()
        time.sleep(0.3)
        end()
        listener.join(10)
        assert answers[0].status_code == 200 and answers[0].json()["results"] == []
        assert session.get(f"{database}/").status_code == 403


def test_clients_that_hang_up_free_their_places(live_server, database, session):
    """Two processes have 48 places each and 16 threads each: feeds that are left behind would hold all threads."""
    for _ in range(3):
        connections = [raw_request(live_server, f"/{NAME}/_changes?feed=longpoll&heartbeat=60000") for _ in range(12)]
        time.sleep(0.3)
        for connection in connections:
            connection.close()
        time.sleep(1.5)
    started = time.monotonic()
    for _ in range(20):
        assert session.get(f"{database}/", timeout=5).status_code == 200
    assert time.monotonic() - started < 3


def test_a_large_feed_is_streamed_whole(live_server, database, session):
    live_server.databases.publish(NAME, [{"_id": f"d{n:05}", "text": "x" * 200} for n in range(4000)])
    answer = session.get(f"{database}/_changes?style=all_docs&include_docs=true").json()
    assert [row["doc"]["_id"] for row in answer["results"]] == [f"d{n:05}" for n in range(4000)]


def test_a_body_that_is_too_large_is_refused_in_json(live_server, database, session):
    answer = session.put(f"{database}/a", data=b" " * (live_server.settings.body_bytes_max + 1))
    assert answer.status_code == 413 and answer.json()["error"] == "too_large"


def test_a_chunked_body_is_read(live_server, database, session):
    answer = session.put(f"{database}/a", data=iter([b'{"n"', b":1}"]), headers={"Content-Type": "application/json"})
    assert answer.status_code == 201 and session.get(f"{database}/a").json()["n"] == 1


# The `couchdb` package, as the operator


@pytest.fixture
def couch(live_server):
    server = couchdb.Server(live_server.url.replace("://", "://operator:a%20long%20password@") + "/")
    for name in ("couch", "couch-copy", "odd/name+"):
        if name in server:
            del server[name]
    return server


def test_couchdb_python_makes_finds_and_deletes_databases(couch):
    assert couch.version().startswith("3.")
    db = couch.create("odd/name+")
    assert "odd/name+" in couch and "odd/name+" in list(couch) and db.info()["doc_count"] == 0
    with pytest.raises(couchdb.PreconditionFailed):
        couch.create("odd/name+")
    del couch["odd/name+"]
    with pytest.raises(couchdb.ResourceNotFound):
        couch["odd/name+"]


def test_couchdb_python_reads_and_writes_documents(couch):
    db = couch.create("couch")
    db.security = {"members": {"roles": ["worker"]}}
    assert db.security == {"members": {"roles": ["worker"]}}
    id, _ = db.save({"name": "何伶俐", "n": 1})
    assert db[id]["n"] == 1 and db.get("none") is None and id in db and len(db) == 1
    with pytest.raises(couchdb.ResourceConflict):
        db.save({"_id": id, "n": 2})
    document = db[id]
    document["n"] = 2
    db.save(document)
    assert db.update([{"_id": "a/b"}, {"_id": "a/b"}])[1][0] is False
    assert [row.id for row in db.view("_all_docs", startkey="a", endkey="a/z")] == ["a/b"]
    assert [change["id"] for change in db.changes(since=0, limit=10)["results"]] == [id, "a/b"]
    db.put_attachment(db["a/b"], b"hello", "greeting.txt", "text/plain")
    assert db.get_attachment("a/b", "greeting.txt").read() == b"hello"
    db.delete_attachment(db["a/b"], "greeting.txt")
    assert db.get_attachment("a/b", "greeting.txt") is None
    assert db["a/b"].rev.startswith("3-")
    db.delete(db[id])
    assert db.get(id) is None
    assert db.compact()
