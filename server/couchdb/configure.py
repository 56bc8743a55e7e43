"""`couchdb configure --write`: makes a running Apache CouchDB fit for Doorstep, every node of it. What is wanted: settings.py.

Nothing here needs a restart, and no phone that is waiting is cut off.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

from server.couchdb.keys import SECTION as KEYS
from server.couchdb.keys import is_ours, to_change
from server.couchdb.look import Peer, config_path, databases, in_a_sentence, session_handlers
from server.couchdb.settings import SERVER_OPTIONS, SYSTEM_DATABASES, Config, Wanted, effective, to_write
from server.errors import Unavailable
from server.provision import provide, security_for, who_may
from sync.couchdb.administration import GUARD_FUNCTION
from sync.couchdb.connection import segment
from sync.couchdb.databases import CouchDatabases
from sync.couchdb.errors import CouchError

TAKES_EFFECT_SECONDS_MAX = 10
ADMINS_ONLY = {"admins": {"names": [], "roles": ["_admin"]}, "members": {"names": [], "roles": ["_admin"]}}
SHARED = (("couchdb", "uuid"), ("chttpd_auth", "secret"))  # one value on all nodes
HANDLERS, OPTIONS = ("chttpd", "authentication_handlers"), ("chttpd", "server_options")

Say = Callable[[str], None]


def write(peer: Peer, configs: Mapping[str, Config], wants: list[Wanted], keys: Mapping[str, str], only_our_keys: bool, say: Say) -> None:
    """Bring every node that answers to what is wanted, then the databases. Raises Unavailable: when a node is down, after all others were seen to."""
    with in_a_sentence(peer.connection.address):
        in_force = "jwt" in session_handlers(peer.connection)
        for node, config in configs.items():
            _settings(peer, node, config, wants, in_force, say)
            _keys(peer, node, config, keys, only_our_keys, say)
    _shared(peer, configs, say)
    _system_databases(peer, say)
    _our_databases(peer, say)
    _await_handlers(peer)
    if down := [node for node in peer.cluster_nodes if node not in configs]:
        raise Unavailable(f"{', '.join(down)} did not answer and was not configured: start it, then run this again.")


def _settings(peer: Peer, node: str, config: Config, wants: list[Wanted], in_force: bool, say: Say) -> None:
    changes = to_write(wants, config)
    options = effective(config, *OPTIONS)
    for each in changes:
        if (each.section, each.key) == OPTIONS:
            options = each.value
        else:
            _put(peer, node, each.section, each.key, each.value)
        say(f"{node}: {each.name} {'taken away' if each.value is None else f'= {each.value}'}")
    if not in_force or any((each.section, each.key) == HANDLERS for each in changes):
        options = _respelled(options or SERVER_OPTIONS, effective(config, *OPTIONS))
    if options != effective(config, *OPTIONS):
        _put(peer, node, *OPTIONS, options)


def _respelled(options: str, before: str | None) -> str:
    """The same options in another text than before: CouchDB reads its handlers when its HTTP server starts, which it does when this text changes.

    Once in a run and no oftener: at the fourth start within 10 seconds CouchDB gives up and ends the whole node.
    """
    one_space, two_spaces = options.replace(",  ", ", "), options.replace(",  ", ", ").replace(", ", ",  ", 1)
    return one_space if before == two_spaces else two_spaces


def _keys(peer: Peer, node: str, config: Config, keys: Mapping[str, str], only_our_keys: bool, say: Say) -> None:
    present = config.get(KEYS, {})
    put, obsolete = to_change(present, keys)
    for name, value in put.items():
        _put(peer, node, KEYS, name, value)
        say(f"{node}: [{KEYS}] {name} put")
    foreign = [name for name, value in present.items() if name not in keys and not is_ours(name, value)]
    for name in obsolete + (foreign if only_our_keys else []):
        _put(peer, node, KEYS, name, None)
        say(f"{node}: [{KEYS}] {name} taken away")


def _shared(peer: Peer, configs: Mapping[str, Config], say: Say) -> None:
    """The first node's value for all: a cluster is one CouchDB to whoever asks it."""
    for section, key in SHARED:
        values = {node: effective(config, section, key) for node, config in configs.items()}
        first = next((value for value in values.values() if value), None)
        for node, value in values.items():
            if first is not None and value != first:
                with in_a_sentence(peer.connection.address):
                    _put(peer, node, section, key, first)
                say(f"{node}: [{section}] {key} as on the other nodes")


def _system_databases(peer: Peer, say: Say) -> None:
    with in_a_sentence(peer.connection.address):
        present = set(peer.connection.get("/_all_dbs"))
        for name in SYSTEM_DATABASES:
            if name not in present:
                try:
                    peer.connection.put(f"/{segment(name)}", None)
                except CouchError as error:
                    if error.status != 412:  # another was first
                        raise
                say(f"{name} made")


def _our_databases(peer: Peer, say: Say) -> None:
    """What `provide` gives a database of ours when it is made: given again where it is another."""
    engine = CouchDatabases(peer.connection.address.with_credentials)
    with in_a_sentence(peer.connection.address):
        for name, database in databases(peer.connection).items():
            rights = who_may(name)
            if rights is None:
                if name in SYSTEM_DATABASES and name != "_users" and not (database.security.get("members") or {}).get("roles"):
                    engine.administration.set_security(name, ADMINS_ONLY)
                    say(f"{name}: closed to all but administrators")
                continue
            role, writers = rights
            as_it_should = database.security == security_for(role) and database.guard == (GUARD_FUNCTION if writers == "server" else None)
            if not as_it_should:
                provide(engine, name)
                if writers == "members" and database.guard is not None:
                    engine.administration.remove_guard(name)
                say(f"{name}: rights put right")


def _await_handlers(peer: Peer) -> None:
    """Until the node that answers reads tokens."""
    until = time.monotonic() + TAKES_EFFECT_SECONDS_MAX
    with in_a_sentence(peer.connection.address):
        while "jwt" not in session_handlers(peer.connection):
            if time.monotonic() > until:
                raise Unavailable("CouchDB has the new [chttpd] authentication_handlers but does not go by them yet: start it again.")
            time.sleep(0.1)


def _put(peer: Peer, node: str, section: str, key: str, value: str | None) -> None:
    path = config_path(node, section, key)
    if value is None:
        peer.connection.ask("DELETE", path)
    else:
        peer.connection.put(path, value)
