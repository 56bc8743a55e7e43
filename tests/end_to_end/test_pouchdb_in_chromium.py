"""The official pouchdb package in a real browser: two phones in live two-way sync with the engine, while the server is killed and restarted."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tests.clients.conftest import Peer
from tests.clients.leaves import contents
from tests.clients.test_pouchdb import differing, kill
from tests.sync.conftest import OPERATOR, live_server
from tests.sync.contract.client import Database

__all__ = ["live_server"]
pytestmark = [pytest.mark.xdist_group("clients"), pytest.mark.browser]

CLIENTS = Path(__file__).parent.parent / "clients"
SCRIPTS = [CLIENTS / "node_modules" / "pouchdb" / "dist" / "pouchdb.min.js", CLIENTS / "contents.js", CLIENTS / "phone.js"]
DOCUMENTS = 28
NAME = "worker-w0077"


def open_phone(open_profile, url: str, name: str):
    """A page of the same origin that holds nothing but PouchDB."""
    context = open_profile(name)
    page = context.new_page()
    origin = url.removesuffix("/sync")
    page.route(f"{origin}/phone-of-the-test", lambda route: route.fulfill(content_type="text/html", body="<!doctype html><title>phone</title>"))
    page.goto(f"{origin}/phone-of-the-test")
    for script in SCRIPTS:
        page.add_script_tag(content=script.read_text())
    return page


def test_two_phones_in_live_sync_lose_nothing_while_the_server_is_killed_and_restarted(live_server, open_profile, eventually):
    live_server.databases.delete(NAME)
    live_server.databases.create(NAME, {"members": {"roles": ["worker:w0077"]}})
    server = Database(Peer(live_server.url, OPERATOR).client, NAME)
    token = live_server.token("worker:w0077", name="w0077")
    phones = [open_phone(open_profile, live_server.url, name) for name in ("left", "right")]
    for who, phone in enumerate(phones):
        phone.evaluate("([url, token]) => startSync(url, token)", [f"{live_server.url}/{NAME}", token])
        phone.evaluate("([who, documents]) => { globalThis.writing = write(who, documents, 100) }", [who, DOCUMENTS])
    for way in (kill, lambda each: each.stop(), kill):
        time.sleep(0.8)
        way(live_server)
        time.sleep(0.5)
        live_server.start()
    for phone in phones:
        phone.evaluate("() => globalThis.writing")
    eventually(lambda: agree(server, phones), 90, "both phones and the server hold the same leaves")
    assert [phone.evaluate("() => stopSync()") for phone in phones] == [[], []]
    there = contents(server)
    assert len(there) == 2 * DOCUMENTS + 1
    assert sum(document["deleted"] for document in there.values()) == 2 * (DOCUMENTS // 7)
    for phone in phones:
        assert differing(phone.evaluate("() => everything()"), there) == {}


def agree(server: Database, phones: list) -> bool:
    there = {row["id"]: sorted(change["rev"] for change in row["changes"]) for row in server.changes(style="all_docs")["results"]}
    return len(there) == 2 * DOCUMENTS + 1 and all(phone.evaluate("() => leaves()") == there for phone in phones)
