"""The changes feed in every form and through every filter, as CouchDB answers."""

import base64
import gzip
import threading
import time

import orjson
import pytest

from server.stores import stores
from tests.server.callers import Server, credentials

NAME = "worker-w1"
FEED = f"/{NAME}/_changes"


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    return Server(tmp_path_factory.mktemp("changes"))


@pytest.fixture
def databases(server):
    """With the worker's database empty."""
    with server.app.app_context():
        found = stores().databases
        found.delete(NAME)
        server.provide()
        return found


@pytest.fixture
def ask(server, databases):
    def asked(query="", body=None, headers=()):
        answer = server.ask("operator", "GET" if body is None else "POST", f"{FEED}?{query}", b"" if body is None else orjson.dumps(body), headers)
        assert answer.status_code == 200, answer.data
        return answer

    return asked


def ids(answer):
    return [row["id"] for row in answer.json["results"]]


def lines(answer):
    return [orjson.loads(line) for line in answer.data.splitlines() if line]


def refused(server, query, body=None):
    answer = server.ask("operator", "GET" if body is None else "POST", f"{FEED}?{query}", b"" if body is None else orjson.dumps(body))
    return answer.status_code, answer.json["error"], answer.json["reason"]


# Forms


@pytest.mark.parametrize("kind", ["continuous", "live"])
def test_continuous_gives_a_row_a_line_and_says_at_the_end_how_far_it_came(ask, databases, kind):
    databases.publish(NAME, [{"_id": f"d{n}"} for n in range(3)])
    *rows, last = lines(ask(f"feed={kind}&timeout=100"))
    assert [row["id"] for row in rows] == ["d0", "d1", "d2"]
    assert last == {"last_seq": rows[-1]["seq"], "pending": 0}
    first, last = lines(ask(f"feed={kind}&limit=1"))
    assert (first["id"], last) == ("d0", {"last_seq": first["seq"], "pending": 2})
    assert lines(ask(f"feed={kind}&limit=0&since={first['seq']}")) == [{"last_seq": first["seq"], "pending": 2}]
    assert [row.get("id") for row in lines(ask(f"feed={kind}&descending=true"))] == ["d2", "d1", "d0", None]


def test_continuous_goes_on_with_what_comes_and_its_timeout_counts_from_the_last_news(ask, databases):
    def write():
        for n in range(3):
            time.sleep(0.3)
            databases.publish(NAME, [{"_id": f"d{n}"}])

    threading.Thread(target=write).start()
    rows = lines(ask("feed=continuous&timeout=600"))
    assert [row.get("id") for row in rows] == ["d0", "d1", "d2", None]


@pytest.mark.parametrize(("kind", "beat"), [("longpoll", b"\n"), ("continuous", b"\n"), ("eventsource", b"event: heartbeat\ndata: \n\n")])
def test_heartbeats_come_until_there_is_news(server, databases, kind, beat):
    path = f"/sync{FEED}?feed={kind}&heartbeat=500&timeout=1&limit=1"  # a heartbeat overrules the timeout
    answer = server.client.open(path, headers=credentials("operator"), buffered=False)
    pieces = (piece for piece in answer.iter_encoded() if piece)
    opening = [next(pieces)] if kind == "longpoll" else []
    assert [next(pieces) for _ in range(3)] == [beat] * 3 and opening in ([], [b'{"results":[\n'])
    databases.publish(NAME, [{"_id": "news"}])
    assert b'"id":"news"' in b"".join(pieces)


def test_eventsource_is_what_a_browser_reads_and_goes_on_from_the_last_event(ask, databases):
    databases.publish(NAME, [{"_id": "a"}, {"_id": "b"}])
    answer = ask("feed=eventsource&timeout=50&since=0")
    assert answer.mimetype == "text/event-stream"
    events = [dict(line.split(b": ", 1) for line in event.split(b"\n")) for event in answer.data.strip().split(b"\n\n")]
    assert [orjson.loads(event[b"data"])["id"] for event in events] == ["a", "b"]
    assert orjson.loads(events[0][b"id"]) == orjson.loads(events[0][b"data"])["seq"]
    again = ask("feed=eventsource&timeout=50&since=0", headers={"Last-Event-ID": events[0][b"id"].decode()})
    assert again.data.count(b"data: ") == 1 and b'"id":"b"' in again.data


def test_only_one_row_in_so_many_carries_its_sequence(ask, databases):
    databases.publish(NAME, [{"_id": f"d{n}"} for n in range(5)])
    answer = ask("seq_interval=2").json
    assert [row["seq"] is not None for row in answer["results"]] == [True, False, True, False, True]
    assert answer["last_seq"] == ask().json["last_seq"]


def test_other_feeds_filters_and_numbers_are_refused(server, databases):
    assert refused(server, "feed=radio")[:2] == (400, "bad_request")
    assert refused(server, "filter=_mine") == (400, "bad_request", "unknown builtin filter name")
    assert refused(server, "filter=mine")[0] == refused(server, "filter=a/b/c")[0] == refused(server, "filter=/b")[0] == 400
    assert refused(server, "filter=app/mine") == (404, "not_found", "missing")
    assert refused(server, "filter=_view")[0] == 400
    assert refused(server, "filter=_view&view=app/mine")[0] == 404
    assert refused(server, "since=rubbish")[0] == refused(server, "limit=-1")[0] == refused(server, "feed=continuous&since=x")[0] == 400
    databases.publish(NAME, [{"_id": "_design/app", "filters": {"mine": "function () {}"}}])
    for query in ("filter=app/mine", "filter=_view&view=app/mine"):
        status, error, reason = refused(server, query)
        assert (status, error) == (501, "not_implemented") and "_selector" in reason


# Filters


def test_a_selector_admits_some_and_the_feed_moves_on_past_the_others(ask, databases, server):
    databases.publish(NAME, [{"_id": f"d{n:04}", "n": n} for n in range(2_300)])
    wanted = {"selector": {"n": {"$mod": [1_000, 7]}}, "fields": ["ignored"]}
    whole = ask("filter=_selector", wanted).json
    assert [row["id"] for row in whole["results"]] == ["d0007", "d1007", "d2007"] and whole["pending"] == 0
    assert whole["last_seq"] == server.ask("operator", "GET", f"/{NAME}").json["update_seq"]
    page = ask("filter=_selector&limit=2", wanted).json
    assert page["last_seq"] == page["results"][-1]["seq"] and page["pending"] == 2_300 - 1_008
    rest = ask(f"filter=_selector&limit=2&since={page['last_seq']}", wanted).json
    assert [row["id"] for row in rest["results"]] == ["d2007"] and rest["last_seq"] == whole["last_seq"]
    assert ids(ask("filter=_selector&descending=true&limit=2", wanted)) == ["d2007", "d1007"]
    none = ask("filter=_selector&feed=longpoll&timeout=50", {"selector": {"n": -1}}).json
    assert none == {"results": [], "last_seq": whole["last_seq"], "pending": 0}
    assert [row.get("id") for row in lines(ask("filter=_selector&feed=continuous&timeout=50&include_docs=true", wanted))] == ["d0007", "d1007", "d2007", None]


def test_a_selector_looks_at_each_leaf_for_itself(ask, databases, server):
    docs = [{"_id": "x", "_rev": "1-a", "color": "red"}, {"_id": "x", "_rev": "1-b", "color": "blue"}, {"_id": "gone", "_rev": "1-a", "_deleted": True}]
    assert server.ask("operator", "POST", f"/{NAME}/_bulk_docs", orjson.dumps({"docs": docs, "new_edits": False})).json == []

    def revisions(selector, query=""):
        return [[change["rev"] for change in row["changes"]] for row in ask(f"filter=_selector{query}", {"selector": selector}).json["results"]]

    assert revisions({"color": "red"}) == [] and revisions({"color": "blue"}) == [["1-b"]]
    assert revisions({"color": "red"}, "&style=all_docs") == [["1-a"]]
    assert revisions({"color": {"$exists": True}}, "&style=all_docs") == [["1-b", "1-a"]]
    assert ids(ask("filter=_selector", {"selector": {"_deleted": True}})) == ["gone"]
    assert ids(ask("filter=_selector", {"selector": {"_id": {"$beginsWith": "x"}, "_rev": "1-b"}})) == ["x"]


@pytest.mark.parametrize(
    ("body", "names"),
    [
        ({"selector": []}, "expected a JSON object"),
        ({"selector": "x"}, "expected a JSON object"),
        ({"selector": {"a": {"$near": 1}}}, "$near"),
        ({"selector": {"a": {"$regex": "("}}}, "$regex"),
        ({}, "Selector must be specified"),
    ],
)
def test_a_bad_selector_is_named(server, databases, body, names):
    status, error, reason = refused(server, "filter=_selector", body)
    assert (status, error) == (400, "bad_request") and names in reason


def test_only_design_documents(ask, databases):
    databases.publish(NAME, [{"_id": "a"}, {"_id": "_design/app"}, {"_id": "b"}])
    answer = ask("filter=_design").json
    assert [row["id"] for row in answer["results"]] == ["_design/app"] and answer["last_seq"].startswith("3-")


def test_named_documents_in_the_url_or_the_body(ask, databases, server):
    databases.publish(NAME, [{"_id": f"d{n}"} for n in range(5)])
    assert ids(ask('filter=_doc_ids&doc_ids=["d3","d1","none"]')) == ["d1", "d3"] == ids(ask("filter=_doc_ids", {"doc_ids": ["d3", "d1", "d3"]}))
    page = ask("filter=_doc_ids&limit=1", {"doc_ids": ["d3", "d1"]}).json
    assert (page["results"][0]["id"], page["last_seq"], page["pending"]) == ("d1", page["results"][0]["seq"], 3)
    assert ids(ask("filter=_doc_ids&descending=true", {"doc_ids": ["d3", "d1"]})) == ["d3", "d1"]
    nothing = ask("filter=_doc_ids&limit=0", {"doc_ids": ["d3"]}).json
    assert nothing["results"] == [] and nothing["last_seq"].startswith("0-")
    assert refused(server, "filter=_doc_ids", {"doc_ids": "d3"})[0] == refused(server, "filter=_doc_ids&doc_ids={")[0] == 400


# Documents


def test_rows_carry_documents_with_their_attachments_and_conflicts(ask, databases, server):
    text = b"quarantine " * 200
    first = {"_id": "x", "_rev": "1-a", "_attachments": {"a.txt": {"content_type": "text/plain", "data": base64.b64encode(text).decode(), "revpos": 1}}}
    server.ask("operator", "POST", f"/{NAME}/_bulk_docs", orjson.dumps({"docs": [first, {"_id": "x", "_rev": "1-0"}], "new_edits": False}))
    plain = ask("include_docs=true").json["results"][0]["doc"]
    assert plain["_attachments"]["a.txt"]["stub"] is True and "_conflicts" not in plain
    whole = ask("include_docs=true&attachments=true&conflicts=true&style=all_docs").json["results"][0]
    assert base64.b64decode(whole["doc"]["_attachments"]["a.txt"]["data"]) == text
    assert whole["doc"]["_conflicts"] == ["1-0"] and [change["rev"] for change in whole["changes"]] == ["1-a", "1-0"]
    events = ask("feed=continuous&timeout=50&include_docs=true&attachments=true")
    assert base64.b64decode(lines(events)[0]["doc"]["_attachments"]["a.txt"]["data"]) == text


def test_large_bodies_come_in_pages_too(ask, databases):
    databases.publish(NAME, [{"_id": f"d{n}", "text": "x" * 1_500_000} for n in range(7)])
    assert ids(ask("include_docs=true")) == [f"d{n}" for n in range(7)]
    assert ids(ask("include_docs=true&descending=true")) == [f"d{n}" for n in reversed(range(7))]
    page = ask("include_docs=true&limit=5").json
    assert len(page["results"]) == 5 and page["pending"] == 2 and page["last_seq"] == page["results"][-1]["seq"]


def test_a_feed_is_not_compressed_while_it_waits(ask, databases):
    databases.publish(NAME, [{"_id": f"d{n}"} for n in range(300)])
    answer = ask("feed=longpoll", headers={"Accept-Encoding": "gzip"})
    text = gzip.decompress(answer.data) if answer.headers.get("Content-Encoding") == "gzip" else answer.data
    assert len(orjson.loads(text)["results"]) == 300
