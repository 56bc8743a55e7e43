"""What bad input gets, on the real server: the CouchDB error it deserves, kept and held where it is work, and everybody else is served on."""

from __future__ import annotations

import socket
import time

import jwt
import requests

from sync.identity import household_id, ulid

FINISHED = "2026-02-03T09:15:02+08:00"
SLOW_CLIENTS = 160  # more than both web processes have threads
WELL_SECONDS_MAX = 8


class Phone:
    """A phone that misbehaves."""

    def __init__(self, server, username: str):
        self.session = server.sign_in(username, "d-0000bad" + username[-1])
        self.url = f"{server.url}/sync/"
        self.inbox = self.session["sync"]["inbox"]
        self.bearer = {"Authorization": f"Bearer {self.session['access_token']}"}

    def ask(self, method: str, path: str, **more) -> tuple[int, str]:
        """(status, CouchDB's word for the error); every error is JSON with a reason, and comes with the headers of every answer."""
        headers = {**self.bearer, "Content-Type": "application/json", **more.pop("headers", {})}
        answer = requests.request(method, self.url + path, headers=headers, timeout=30, **more)
        assert "default-src" in answer.headers["Content-Security-Policy"] and answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "Cookie" not in answer.headers.get("Vary", "")
        assert answer.headers["Cache-Control"] in ("no-store", "private, must-revalidate")
        if answer.status_code < 400:
            return answer.status_code, ""
        assert answer.json()["reason"]
        return answer.status_code, answer.json()["error"]

    def survey(self, room: str, **changes) -> dict:
        area, door = self.session["worker"]["areas"][0], {"building": "9", "unit": "9", "room": room}
        return {
            "_id": f"submission:{ulid()}",
            "type": "submission",
            "form": "household_survey",
            "version": "1",
            "area": area["id"],
            "answers": {
                "household_id": household_id(self.session["household_key"].encode(), area["place"], **door, ordinal=1),
                "visit": {"mode": "door", "outcome": "refused", "visited_at": FINISHED},
                "address": {**door, "ordinal": 1},
            },
            "based_on": {},
            "started_at": FINISHED,
            "finished_at": FINISHED,
            "clock": f"1770081302000-0000-{self.session['device']}",
            "clock_offset_ms": 0,
            "worker": self.session["worker"]["id"],
            "device": self.session["device"],
            "app": "0.1.0",
            "supersedes": None,
            "media": [],
            **changes,
        }


def test_the_list_of_what_bad_input_gets(server, eventually):
    phone, other = Phone(server, "surveyor1"), Phone(server, "surveyor2")
    broken_requests_are_told(phone)
    other_peoples_databases_are_shut(phone, other)
    tokens_that_are_no_good_are_refused(phone)
    bad_submissions_are_kept_and_held(server, phone, eventually)
    slow_clients_do_not_stop_the_others(server, phone)
    log = server.log.read_text()
    assert "Traceback" not in log, log[-3000:]
    assert phone.session["access_token"] not in log and "Spy name" not in log


def broken_requests_are_told(phone):
    bulk = f"{phone.inbox}/_bulk_docs"
    bodies = [
        b"",
        b"[]",
        b"null",
        b'{"docs":[',
        b'{"docs":[{"x":NaN}]}',
        rb'{"docs":[{"x":"\ud800"}]}',
        b'{"docs":[{"x":1' + b"0" * 400 + b"}]}",
        b"[" * 100_000,
        b"\xff",
    ]
    for body in bodies:
        assert phone.ask("POST", bulk, data=body) == (400, "bad_request"), body[:40]
    assert phone.ask("POST", bulk, data=b"{}", headers={"Content-Type": "text/plain"}) == (415, "bad_content_type")
    assert phone.ask("POST", bulk, data=(b" " * 1_000_000 for _ in range(70))) == (413, "too_large"), "no length given, over the limit"
    assert phone.ask("POST", bulk, json={"docs": [{"_id": "x", "text": "x" * 9_000_000}]}) == (413, "document_too_large")
    assert phone.ask("POST", bulk, json={"docs": [{}] * 10_001}) == (413, "too_large")
    assert phone.ask("POST", bulk, data=b'{"docs":[{"_id":"x","lists":[' + b"[]," * 1_000_000 + b"[]]}]}") == (413, "too_large")
    conflicts = [{"_id": "x", "_rev": f"1-{number}"} for number in range(501)]
    assert phone.ask("POST", bulk, json={"docs": conflicts, "new_edits": False}) == (413, "too_large")
    assert phone.ask("POST", bulk, json={"docs": conflicts[:500], "new_edits": False}) == (201, "")
    assert phone.ask("POST", bulk, json={"docs": conflicts[500:], "new_edits": False}) == (413, "too_many_conflicts")
    assert phone.ask("POST", f"{phone.inbox}/_bulk_get", json={"docs": [{"id": "x", "rev": "1-1"}] * 501}) == (413, "too_large")
    assert phone.ask("PUT", f"{phone.inbox}/_local/x", json={"text": "x" * 200_000}) == (413, "document_too_large")
    assert phone.ask("PUT", f"{phone.inbox}/_design/x", json={}) == (403, "forbidden")
    assert said(phone, b"Content-Length: 9\r\n\r\n{}") == 400, "half a body is refused"
    assert said(phone, b"Transfer-Encoding: chunked\r\n\r\nZZ\r\n{}\r\n") == 400


def said(phone, rest: bytes) -> int:
    """The status that a raw request gets whose sender then stops sending."""
    host, port = phone.url.split("/")[2].split(":")
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        head = f"PUT /sync/{phone.inbox}/half/photo.jpg HTTP/1.1\r\nHost: {host}\r\nAuthorization: {phone.bearer['Authorization']}\r\n"
        connection.sendall(head.encode() + rest)
        connection.shutdown(socket.SHUT_WR)
        return int(connection.recv(100).split()[1])


def other_peoples_databases_are_shut(phone, other):
    for name in (other.inbox, other.inbox.replace("worker", "media"), "there-is-none", "UPPER", "..%2Fx", "x%00y", "worker-w0002%2F.."):
        for method, path in (
            ("GET", ""),
            ("PUT", ""),
            ("GET", "/_all_docs"),
            ("GET", "/_changes?feed=longpoll"),
            ("GET", "/x"),
            ("GET", "/_local/x"),
            ("GET", "/x/photo"),
        ):
            assert phone.ask(method, name + path) == (403, "forbidden"), (method, name, path)
        for method, path in (
            ("POST", "/_bulk_docs"),
            ("POST", "/_bulk_get"),
            ("PUT", "/x"),
            ("PUT", "/_local/x"),
            ("PUT", "/x/photo"),
            ("PUT", "/_security"),
            ("DELETE", ""),
        ):
            assert phone.ask(method, name + path, json={"docs": []}) == (403, "forbidden"), (method, name, path)
    area = phone.session["sync"]["areas"][0]
    assert phone.ask("GET", f"{area}/_all_docs?limit=1") == (200, "")
    assert phone.ask("POST", f"{area}/_bulk_docs", json={"docs": [{"_id": "x"}]}) == (403, "forbidden")
    assert phone.ask("GET", "_all_dbs") == (403, "forbidden")


def tokens_that_are_no_good_are_refused(phone):
    token = phone.session["access_token"]
    claims, head = jwt.decode(token, options={"verify_signature": False}), jwt.get_unverified_header(token)
    forged = [
        jwt.encode(claims, None, "none", {"kid": head["kid"]}),
        jwt.encode(claims, "another key, as long as it must be", "HS256", {"kid": head["kid"]}),
        jwt.encode({**claims, "_couchdb.roles": ["_admin"]}, "another key, as long as it must be", "HS256"),
        token[:-2],
        "a.b.c",
    ]
    for each in forged:
        assert phone.ask("GET", phone.inbox, headers={"Authorization": f"Bearer {each}"}) == (401, "unauthorized")
    assert phone.ask("GET", phone.inbox, headers={"Authorization": ""}) == (401, "unauthorized")


def bad_submissions_are_kept_and_held(server, phone, eventually):
    """Each with what is wrong with it; the one after them is accepted."""
    bad = {
        "form": ("/form", "form", phone.survey("1", form="unheard_of")),
        "version": ("/version", "version", phone.survey("2", version="99")),
        "worker": ("/worker", "worker", phone.survey("3", worker="w9999")),
        "area": ("/area", "area", phone.survey("4", area="g0312")),
        "clock": ("/clock", "envelope", phone.survey("5", clock="noon")),
        "answers": ("/answers", "envelope", phone.survey("6", answers=[1])),
        "missing": ("/visit/outcome", "required", phone.survey("7")),
        "type": ("/members", "type", phone.survey("8")),
        "unknown": ("/spy", "unknown", phone.survey("9")),
        "id": ("/_id", "envelope", phone.survey("10", _id="submission:<img src=x>")),
    }
    bad["missing"][2]["answers"]["visit"].pop("outcome")
    bad["type"][2]["answers"] |= {"visit": {"mode": "door", "outcome": "done", "visited_at": FINISHED}, "members": "Spy name"}
    bad["unknown"][2]["answers"]["spy"] = "Spy name"
    stray, good = {"_id": "no submission", "type": "shopping list"}, phone.survey("11")
    server.push(phone.session, [document for _, _, document in bad.values()] + [stray, good])

    def receipts():
        return {receipt["submission"]: receipt for receipt in server.documents(phone.inbox, "receipt:").values()}

    eventually(lambda: good["_id"] in receipts(), 30, "the good one has its receipt")
    found = receipts()
    assert found[good["_id"]]["status"] == "accepted"
    for name, (path, rule, document) in bad.items():
        receipt = found[document["_id"]]
        assert receipt["status"] == "held", name
        assert (path, rule) in [(problem["path"], problem["rule"]) for problem in receipt["problems"]], (name, receipt["problems"])
        assert all(problem["message"]["zh"] and problem["message"]["en"] for problem in receipt["problems"])
        kept = server.documents(phone.inbox, document["_id"])[document["_id"]]
        kept.pop("_rev")
        assert kept == document, "kept as it came"
    assert "doorstep_stray_documents" in requests.get(f"{server.url}/metrics", timeout=10).text


def slow_clients_do_not_stop_the_others(server, phone):
    authorized = f"Host: x\r\nAuthorization: {phone.bearer['Authorization']}\r\n"
    heads = {
        "half a head": "GET /healthz HTTP/1.1\r\nX-Slow: ",
        "half a body": f"POST /sync/{phone.inbox}/_bulk_docs HTTP/1.1\r\n{authorized}Content-Length: 300\r\n\r\n{{",
        "waiting": f"GET /sync/{phone.inbox}/_changes?feed=longpoll&since=now HTTP/1.1\r\n{authorized}\r\n",
    }
    for name, head in heads.items():
        clients = [socket.create_connection(("127.0.0.1", server.port), timeout=10) for _ in range(SLOW_CLIENTS)]
        for client in clients:
            client.sendall(head.encode())
        began = time.monotonic()
        for _ in range(5):
            assert requests.get(f"{server.url}/healthz", timeout=WELL_SECONDS_MAX).status_code == 200, name
        assert time.monotonic() - began < WELL_SECONDS_MAX, name
        for client in clients:
            client.close()
