"""CouchDB's own replicator carries attachments to us and back: the same bytes, digests, encodings and conflicts at all three places."""

import base64
import os
import secrets
from urllib.parse import quote

import pytest
import requests

from sync.engine.limits import DEFAULT
from tests.sync.conftest import OPERATOR

COUCHDB_URL = os.environ.get("COUCHDB_URL_FOR_TESTS", "")  # see tests/conftest.py
pytestmark = pytest.mark.skipif(not COUCHDB_URL, reason="COUCHDB_URL names no CouchDB whose replicator could be tried")
JSON = {"Accept": "application/json"}
PHOTO = os.urandom(700_000)
ATTACHMENTS = {
    "note.txt": ("text/plain", "正门 没人\n".encode() * 4_000),  # CouchDB keeps text compressed, and sends it so
    "data.json": ("application/json", b'{"n": [' + b"1, " * 900 + b"1]}"),
    "door.jpg": ("image/jpeg", PHOTO),
    "empty.bin": ("application/octet-stream", b""),
    "empty.txt": ("text/plain", b""),
    "folder/正门.jpg": ("image/jpeg", PHOTO[:10]),
    'we"ird \\.txt': ("text/x", b"quoted" * 1000),
    "boundary.bin": ("a/b", b"\r\n--" + b"B" * 40 + b"--\r\n"),
}


class Couch:
    """Databases of this test at CouchDB, removed afterwards."""

    def __init__(self):
        self.names = []

    def database(self):
        self.names.append(f"t-{secrets.token_hex(6)}")
        url = f"{COUCHDB_URL.rstrip('/')}/{self.names[-1]}"
        assert requests.put(url, timeout=20).status_code == 201
        return url

    def replicate(self, source, target):
        answer = requests.post(f"{COUCHDB_URL.rstrip('/')}/_replicate", json={"source": source, "target": target}, timeout=120).json()
        assert answer.get("ok"), answer
        assert sum(session["doc_write_failures"] for session in answer.get("history", [])[:1]) == 0
        return answer


@pytest.fixture
def couch():
    couch = Couch()
    yield couch
    for name in couch.names:
        requests.delete(f"{COUCHDB_URL.rstrip('/')}/{name}", timeout=20)


@pytest.fixture
def ours(live_server):
    """A database of ours as the replicator is told of it."""
    name = f"t-{secrets.token_hex(6)}"
    live_server.databases.create(name, {"members": {"roles": ["_admin"]}})
    basic = base64.b64encode(":".join(OPERATOR).encode()).decode()
    yield {"url": f"{live_server.url}/{name}", "headers": {"Authorization": f"Basic {basic}"}}
    live_server.databases.delete(name)


def fill(url):
    """Documents with attachments of every kind, in several revisions, in conflict and deleted."""
    revision = requests.put(f"{url}/one", json={"n": 1}, timeout=20).json()["rev"]
    for name, (content_type, content) in ATTACHMENTS.items():
        path = f"{url}/one/{quote(name, safe='')}?rev={revision}"
        revision = requests.put(path, data=content, headers={"Content-Type": content_type}, timeout=20).json()["rev"]

    def leaf(revision, *ancestors, **members):
        start, _, id = revision.partition("-")
        return {"_id": "two", "_revisions": {"start": int(start), "ids": [id, *ancestors]}, **members}

    def inline(content, content_type="text/plain"):
        return {"content_type": content_type, "revpos": 2, "data": base64.b64encode(content).decode()}

    leaves = [
        leaf("2-a", "x", _attachments={"p.txt": inline(b"A" * 3000)}),
        leaf("2-b", "x", _attachments={"p.txt": inline(b"B" * 3000), "q.jpg": inline(PHOTO[:99], "image/jpeg")}),
        leaf("3-c", "y", "x", _deleted=True, _attachments={"r.jpg": inline(PHOTO[:9], "image/jpeg")}),
    ]
    plain = [{"_id": f"plain {n}", "_rev": "1-x", "n": n} for n in range(20)]
    assert requests.post(f"{url}/_bulk_docs", json={"new_edits": False, "docs": leaves + plain}, timeout=20).json() == []


def everything(url, headers=()):
    """{id: every leaf with its history and its attachments}, {(id, name): the bytes and headers of each attachment of the winner}."""
    session = requests.Session()
    session.headers.update(dict(headers) | JSON)
    leaves, contents = {}, {}
    for row in session.get(f"{url}/_changes?style=all_docs", timeout=20).json()["results"]:
        path = f"{url}/{quote(row['id'], safe='')}"
        found = session.get(f"{path}?open_revs=all&revs=true&attachments=true&att_encoding_info=true", timeout=20).json()
        leaves[row["id"]] = {each["ok"]["_rev"]: each["ok"] for each in found}
        assert set(leaves[row["id"]]) == {change["rev"] for change in row["changes"]}
        for name in leaves[row["id"]][row["changes"][0]["rev"]].get("_attachments", {}):
            for encoding in ("identity", "gzip"):
                answer = session.get(f"{path}/{quote(name, safe='')}", headers={"Accept-Encoding": encoding}, stream=True, timeout=20)
                shown = [answer.headers.get(header) for header in ("Content-Type", "Content-Encoding", "ETag", "Accept-Ranges")]
                contents[row["id"], name, encoding] = (answer.raw.read(decode_content=False), *shown)
    return leaves, contents


def test_attachments_go_to_us_and_back_unchanged(couch, ours):
    source, back = couch.database(), couch.database()
    fill(source)
    couch.replicate(source, ours)
    couch.replicate(ours, back)
    there = everything(source)
    assert len(there[0]) == 22 and len(there[0]["two"]) == 3 and {name for _, name, _ in there[1]} >= ATTACHMENTS.keys()
    assert there[1]["one", "note.txt", "gzip"][2] == "gzip"
    assert everything(**ours) == there
    assert everything(back) == there


def test_only_what_is_new_is_sent_again(couch, ours):
    source, back = couch.database(), couch.database()
    fill(source)
    couch.replicate(source, ours)
    couch.replicate(ours, back)
    revision = requests.get(f"{source}/one", timeout=20).json()["_rev"]
    requests.put(f"{source}/one/new.txt?rev={revision}", data=b"new" * 999, headers={"Content-Type": "text/plain"}, timeout=20)
    for source_of_it, target in ((source, ours), (ours, back)):
        assert couch.replicate(source_of_it, target)["history"][0]["docs_written"] == 24 + 1  # CouchDB goes on counting
    assert everything(**ours) == everything(source) == everything(back)
    assert couch.replicate(ours, back)["no_changes"] is True


def test_a_film_goes_there_and_back(couch, ours):
    film = b"".join(PHOTO[number:] + PHOTO[:number] for number in range(40))
    assert len(film) < DEFAULT.attachment_bytes_max
    source, back = couch.database(), couch.database()
    assert requests.put(f"{source}/film/a.mp4", data=film, headers={"Content-Type": "video/mp4"}, timeout=60).status_code == 201
    couch.replicate(source, ours)
    couch.replicate(ours, back)
    assert requests.get(f"{back}/film/a.mp4", timeout=60).content == film
