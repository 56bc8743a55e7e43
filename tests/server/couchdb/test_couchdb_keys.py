"""CouchDB's signing keys: there before they sign, gone when their last token has run out, and nobody else's touched."""

from __future__ import annotations

import base64
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote

import pytest

from server.couchdb.keys import is_ours, names_and_values, put_keys, to_change
from server.tokens import KEY_PERIOD_SECONDS, signing_keys
from sync.couchdb.address import Address
from sync.couchdb.connection import Connection
from sync.couchdb.errors import CouchError

SECRET = "s" * 40
OTHERS = {"hmac:theirs": base64.b64encode(b"their key").decode(), "rsa:x": "-----BEGIN PUBLIC KEY-----", "hmac:0123456789abcdef": "AAAA"}


def accepted(now, before=None):
    return names_and_values(signing_keys(SECRET, now, before).accepted)


def test_from_period_to_period_one_key_comes_and_one_goes():
    put, obsolete = to_change({}, accepted(0))
    assert (put, obsolete) == (accepted(0), [])
    present = OTHERS | accepted(0)
    put, obsolete = to_change(present, accepted(KEY_PERIOD_SECONDS))
    assert len(put) == 1 and len(obsolete) == 1
    assert put.keys() == accepted(KEY_PERIOD_SECONDS).keys() - accepted(0).keys()
    assert set(obsolete) == accepted(0).keys() - accepted(KEY_PERIOD_SECONDS).keys()
    assert to_change(OTHERS | accepted(0), accepted(0)) == ({}, [])


def test_a_key_is_told_a_whole_period_before_it_signs():
    for now in (0, KEY_PERIOD_SECONDS - 1, 10 * KEY_PERIOD_SECONDS + 7):
        assert f"hmac:{signing_keys(SECRET, now + KEY_PERIOD_SECONDS).current.id}" in accepted(now)


def test_keys_of_a_former_secret_stay_until_it_is_forgotten():
    former = names_and_values(signing_keys("f" * 40, 0).accepted)
    assert to_change(former, accepted(0, "f" * 40))[1] == []
    assert set(to_change(former, accepted(0))[1]) == former.keys()


def test_a_value_that_was_changed_is_put_right():
    (name, *_) = accepted(0)
    assert to_change(accepted(0) | {name: "AAAA"}, accepted(0))[0] == {name: accepted(0)[name]}


def test_only_what_is_named_by_its_own_hash_is_ours():
    assert all(is_ours(*pair) for pair in accepted(0).items())
    assert not any(is_ours(*pair) for pair in OTHERS.items())
    assert not is_ours("hmac:x", "not base64!")


class Cluster:
    """Settings of nodes as CouchDB shows them (recorded from 3.5): a value is JSON text, an unknown node answers 404."""

    def __init__(self, *nodes):
        self.config = {node: dict(OTHERS) for node in nodes}
        self.down: set[str] = set()
        cluster = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                if self.path == "/_membership":
                    self.answer(200, {"all_nodes": sorted(cluster.config.keys() - cluster.down), "cluster_nodes": sorted(cluster.config)})
                else:
                    self.to_node(lambda section, key: (200, section))

            def do_PUT(self):
                value = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                self.to_node(lambda section, key: (200, section.get(key, "")) if section.update({key: value}) is None else None)

            def do_DELETE(self):
                self.to_node(
                    lambda section, key: (200, section.pop(key)) if key in section else (404, {"error": "not_found", "reason": "unknown_config_value"})
                )

            def to_node(self, act):
                _, _, node, _, _, *key = self.path.split("/")
                if unquote(node) in cluster.down:
                    self.answer(404, {"error": "not_found", "reason": "no such node: " + node})
                else:
                    self.answer(*act(cluster.config[unquote(node)], unquote(key[0]) if key else ""))

            def answer(self, status, body):
                content = json.dumps(body).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()
        self.connection = Connection(Address(f"http://admin:secret@127.0.0.1:{self.server.server_port}"))


@pytest.fixture
def cluster():
    made = Cluster("couchdb@10.0.0.1", "couchdb@10.0.0.2", "couchdb@10.0.0.3")
    yield made
    made.connection.close()
    made.server.shutdown()
    made.server.server_close()


def test_every_node_gets_the_keys_and_a_second_time_nothing_changes(cluster):
    assert put_keys(cluster.connection, accepted(0)) == 9
    assert all(section == OTHERS | accepted(0) for section in cluster.config.values())
    assert put_keys(cluster.connection, accepted(0)) == 0
    assert put_keys(cluster.connection, accepted(KEY_PERIOD_SECONDS)) == 6
    assert all(section == OTHERS | accepted(KEY_PERIOD_SECONDS) for section in cluster.config.values())


def test_a_node_that_is_down_keeps_no_other_from_its_keys_and_is_told(cluster):
    cluster.down = {"couchdb@10.0.0.1"}
    with pytest.raises(CouchError, match="no such node"):
        put_keys(cluster.connection, accepted(0))
    assert cluster.config["couchdb@10.0.0.3"] == OTHERS | accepted(0)
    cluster.down = set()
    assert put_keys(cluster.connection, accepted(0)) == 3
    assert cluster.config["couchdb@10.0.0.1"] == OTHERS | accepted(0)
