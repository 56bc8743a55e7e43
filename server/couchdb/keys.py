"""The keys that Apache CouchDB checks access tokens with: its section `[jwt_keys]`, kept up to date on every node.

A key is told to CouchDB weeks before the first token is signed with it, and taken away once its last token has run out (server/tokens.py). Which keys of
the section are ours can be seen: the name of each is a hash of its value. All others are left alone.
"""

from __future__ import annotations

import base64
import binascii
import logging
import time
from collections.abc import Callable, Iterable, Mapping

from server.settings import Settings
from server.tokens import SigningKey, key_id, signing_keys
from sync.couchdb.address import Address
from sync.couchdb.connection import Connection, segment
from sync.couchdb.errors import CouchError, CouchUnavailable

SECTION = "jwt_keys"
LOOK_SECONDS = 3600
RETRY_SECONDS = 30

_log = logging.getLogger(__name__)


def names_and_values(keys: Iterable[SigningKey]) -> dict[str, str]:
    """As CouchDB keeps them: `hmac:<kid>`, and the key in base64."""
    return {f"hmac:{key.id}": base64.b64encode(key.value).decode() for key in keys}


def to_change(present: Mapping[str, str], wanted: Mapping[str, str]) -> tuple[dict[str, str], list[str]]:
    """What to put, and what to take away: keys that are ours and wanted no more."""
    put = {name: value for name, value in wanted.items() if present.get(name) != value}
    obsolete = [name for name, value in present.items() if name not in wanted and is_ours(name, value)]
    return put, sorted(obsolete)


def is_ours(name: str, value: str) -> bool:
    try:
        return name == f"hmac:{key_id(base64.b64decode(value, validate=True))}"
    except (binascii.Error, ValueError):
        return False


def put_keys(connection: Connection, wanted: Mapping[str, str]) -> int:
    """Bring all nodes up to date; how many keys were put or taken away. Raises CouchUnavailable, CouchError, after all nodes that answer were seen to."""
    changed = 0
    failure: Exception | None = None
    for node in connection.get("/_membership")["cluster_nodes"]:
        path = f"/_node/{segment(node)}/_config/{SECTION}"
        try:
            put, obsolete = to_change(connection.get(path), wanted)
            for name, value in put.items():
                connection.put(f"{path}/{segment(name)}", value)
            for name in obsolete:
                connection.ask("DELETE", f"{path}/{segment(name)}")
            changed += len(put) + len(obsolete)
        except (CouchUnavailable, CouchError) as error:
            failure = error
    if failure is not None:
        raise failure
    return changed


def keep_keys(settings: Settings, sleep: Callable[[float], None] = time.sleep) -> None:
    """For ever: at once, then every hour; sooner after a failure. Run it in a thread that ends with the process."""
    connection = Connection(Address(settings.couchdb_url))
    while True:
        try:
            changed = put_keys(connection, names_and_values(signing_keys(settings.secret, time.time(), settings.secret_before).accepted))
            if changed:
                _log.info("CouchDB's signing keys were brought up to date: %d changes", changed)
            sleep(LOOK_SECONDS)
        except (CouchUnavailable, CouchError) as error:
            _log.warning("cannot bring CouchDB's signing keys up to date, again in %d s: %s", RETRY_SECONDS, error)
            sleep(RETRY_SECONDS)
