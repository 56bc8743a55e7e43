"""Looks at a running Apache CouchDB for `couchdb configure` and `couchdb doctor`: asks, and tells what it was answered. Decides nothing."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import jwt
import orjson

from server.couchdb.settings import Config
from server.errors import Unavailable
from server.provision import who_may
from server.tokens import ADMIN_ROLE, ALGORITHM, ISSUER, SigningKey, sign
from sync.couchdb.address import Address
from sync.couchdb.administration import GUARD
from sync.couchdb.connection import Connection, document_path, segment
from sync.couchdb.errors import CouchError, CouchUnavailable
from sync.engine.errors import DatabaseMissing

AT_ONCE = 8  # questions about databases
WELCOME_SECONDS_MAX = 10  # for what costs CouchDB nothing
INFORMED_MAX = 100  # databases in one `_dbs_info`, CouchDB's `max_db_number_for_dbs_info_req`
PROBE_SECONDS = 60  # a token that is tried ended so long ago
PROBER = "couchdb-doctor"  # whom it names; without a role it may nothing
STRANGERS_PATHS = ("/_all_dbs", "/_node/_local/_config")


@dataclass(frozen=True)
class Database:
    """One database: its security object, its guard's function (None: no guard), and how it is spread."""

    security: Mapping[str, Any]
    guard: str | None = None
    shards: int = 1
    copies: int = 1


@dataclass(frozen=True)
class Answer:
    """How a request was answered: HTTP's status, and whom CouchDB took the sender for."""

    status: int
    name: str | None = None
    roles: tuple[str, ...] = ()
    reason: str = ""


@dataclass(frozen=True)
class Seen:
    """All that was seen of a CouchDB at one moment."""

    address: str  # without credentials
    version: str
    cluster_nodes: tuple[str, ...]
    all_nodes: tuple[str, ...]
    configs: Mapping[str, Config]  # of the nodes that answered
    databases: Mapping[str, Database]
    clock_ahead_seconds: float  # CouchDB's clock against ours
    strangers: Mapping[str, Answer]  # what is answered to nobody, by path
    tokens: Mapping[str, Answer]  # what is answered to a token: "good", "expired", "endless", "foreign"
    files_max: Mapping[str, int] = field(default_factory=dict)  # file handles allowed to the process, by node; only of nodes on this machine


@dataclass(frozen=True)
class Peer:
    """A CouchDB that answered, and took us for its administrator."""

    connection: Connection
    version: str
    cluster_nodes: tuple[str, ...]
    all_nodes: tuple[str, ...]


def greet(url: str) -> Peer:
    """Raises Unavailable with a sentence that says what is wrong with the address, the password, or who answers there."""
    address = Address(url)
    connection = Connection(address)
    with in_a_sentence(address):
        _no_party(address)
        with connection.open("GET", "/", timeout_seconds=WELCOME_SECONDS_MAX) as answer:
            welcome = orjson.loads(answer.content)
        if not isinstance(welcome, dict) or "couchdb" not in welcome:
            raise Unavailable(f"Something answers at {address}, but it is no CouchDB. COUCHDB_URL must name Apache CouchDB itself.")
        vendor = welcome.get("vendor")
        if isinstance(vendor, dict) and vendor.get("name") == "Doorstep":
            raise Unavailable(f"At {address} answers Doorstep itself. COUCHDB_URL must name Apache CouchDB.")
        roles = (connection.get("/_session").get("userCtx") or {}).get("roles") or []
        if ADMIN_ROLE not in roles:
            raise Unavailable(f"The account in COUCHDB_URL is no administrator of CouchDB at {address}: it must stand in the section [admins].")
        members = connection.get("/_membership")
    return Peer(connection, str(welcome.get("version", "")), tuple(members["cluster_nodes"]), tuple(members["all_nodes"]))


def _no_party(address: Address) -> None:
    """Asked first: where everybody is an administrator, CouchDB refuses the password of one."""
    if address.credentials and ADMIN_ROLE in _answer(Connection(Address(address.url)), "/_session").roles:
        raise Unavailable(
            f"Admin party: whoever reaches CouchDB at {address} is its administrator. Put the name and password of COUCHDB_URL into the section [admins] "
            "of each node, at once."
        )


def configs(peer: Peer) -> dict[str, Config]:
    """The settings of each node that answers."""
    found = {}
    for node in peer.cluster_nodes:
        with in_a_sentence(peer.connection.address):
            try:
                found[node] = peer.connection.get(config_path(node))
            except CouchUnavailable:  # this node is down; were it all of CouchDB, the next question tells
                continue
            except CouchError as error:
                if error.code != "not_found":
                    raise
    return found


def look(peer: Peer, key: SigningKey, token_seconds: int) -> Seen:
    """Everything that the doctor judges. Raises Unavailable when CouchDB falls silent meanwhile."""
    with in_a_sentence(peer.connection.address):
        return Seen(
            address=str(peer.connection.address),
            version=peer.version,
            cluster_nodes=peer.cluster_nodes,
            all_nodes=peer.all_nodes,
            configs=configs(peer),
            databases=databases(peer.connection),
            clock_ahead_seconds=_clock_ahead(peer.connection),
            strangers=_strangers(peer.connection.address),
            tokens=_tokens(peer.connection.address, key, token_seconds),
            files_max=files_max(peer.cluster_nodes),
        )


def databases(connection: Connection) -> dict[str, Database]:
    """Every database, also CouchDB's own."""
    names = [name for name in connection.get("/_all_dbs") if isinstance(name, str)]
    spread: dict[str, Any] = {}
    for start in range(0, len(names), INFORMED_MAX):
        for row in connection.post("/_dbs_info", {"keys": names[start : start + INFORMED_MAX]}):
            spread[row["key"]] = (row.get("info") or {}).get("cluster") or {}

    def one(name: str) -> tuple[str, Database] | None:
        try:
            security = connection.get(f"/{segment(name)}/_security")
            guard = _guard(connection, name) if who_may(name) else None
        except DatabaseMissing:  # deleted meanwhile
            return None
        return name, Database(security, guard, spread[name].get("q", 1), spread[name].get("n", 1))

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return dict(found for found in pool.map(one, names) if found is not None)


def session_handlers(connection: Connection) -> list[str]:
    """The ways of signing in that are in force now, at the node that answers."""
    return list((connection.get("/_session").get("info") or {}).get("authentication_handlers") or [])


def files_max(nodes: Iterable[str], processes: Path = Path("/proc")) -> dict[str, int]:
    """The file handles allowed to each of these nodes that runs on this machine, where the system shows it (Linux)."""
    wanted, found = {node.encode(): node for node in nodes}, {}
    for folder in processes.glob("[0-9]*"):
        try:
            words = (folder / "cmdline").read_bytes().split(b"\0")
            if not words[0].endswith(b"beam.smp"):
                continue
            limits = (folder / "limits").read_text()
        except OSError:  # ended meanwhile, or not shown to us
            continue
        for word, node in wanted.items():
            if word in words:
                found[node] = next(_count(line.split()[3]) for line in limits.splitlines() if line.startswith("Max open files"))
    return found


@contextmanager
def in_a_sentence(address: Address) -> Iterator[None]:
    """What goes wrong between us and CouchDB, as one sentence for whoever typed the command."""
    try:
        yield
    except CouchUnavailable as error:
        raise Unavailable(f"{str(error).rstrip('.')}. {_hint(str(error))}") from error
    except DatabaseMissing as error:
        raise Unavailable(f"Something answers at {address}, but not as CouchDB does: {error}") from error
    except CouchError as error:
        if error.status == 401:
            raise Unavailable(f"CouchDB at {address} refuses the name or password in COUCHDB_URL.") from error
        if not error.code:
            raise Unavailable(
                f"Something answers at {address} with status {error.status}, but it is no CouchDB. COUCHDB_URL must name CouchDB itself."
            ) from error
        raise Unavailable(f"{error}.") from error
    except (KeyError, TypeError, AttributeError, ValueError) as error:  # no JSON, or of another shape
        raise Unavailable(f"Something answers at {address}, but not as CouchDB does. COUCHDB_URL must name Apache CouchDB itself.") from error


def _hint(told: str) -> str:
    if "not JSON" in told:
        return "Something else answers there."
    if "answered 412" in told:
        return "Too many of its nodes are not running, or in maintenance mode ([couchdb] maintenance_mode)."
    return "Does it run, and is COUCHDB_URL right?"


def config_path(node: str, section: str = "", key: str = "") -> str:
    return "/".join([f"/_node/{segment(node)}/_config", *(segment(each) for each in (section, key) if each)])


def _guard(connection: Connection, name: str) -> str | None:
    try:
        return str(connection.get(document_path(name, GUARD)).get("validate_doc_update"))
    except CouchError as error:
        if error.status == 404:
            return None
        raise


def _clock_ahead(connection: Connection) -> float:
    """CouchDB says whole seconds, so the truth lies within one of what is told."""
    with connection.open("GET", "/") as answer:
        return parsedate_to_datetime(answer.headers["Date"]).timestamp() + 0.5 - time.time()


def _strangers(address: Address) -> dict[str, Answer]:
    stranger = Connection(Address(address.url))
    return {path: _answer(stranger, path) for path in (*STRANGERS_PATHS, "/_session")}


def _tokens(address: Address, key: SigningKey, token_seconds: int) -> dict[str, Answer]:
    bearer = Connection(Address(address.url))
    now = int(time.time())
    claims = {"sub": PROBER, "iss": ISSUER, "_couchdb.roles": []}
    made = {
        "good": sign(key, PROBER, [], token_seconds),
        "expired": sign(key, PROBER, [], -PROBE_SECONDS),
        "endless": jwt.encode(claims, key.value, algorithm=ALGORITHM, headers={"kid": key.id}),
        "foreign": jwt.encode({**claims, "iss": "another", "exp": now + token_seconds}, key.value, algorithm=ALGORITHM, headers={"kid": key.id}),
    }
    return {kind: _answer(bearer, "/_session", {"Authorization": f"Bearer {token}"}) for kind, token in made.items()}


def _answer(connection: Connection, path: str, headers: Mapping[str, str] | None = None) -> Answer:
    try:
        with connection.open("GET", path, headers=headers, timeout_seconds=WELCOME_SECONDS_MAX) as answer:
            body = orjson.loads(answer.content)
    except CouchError as error:
        return Answer(error.status, reason=error.reason)
    except DatabaseMissing:
        return Answer(404)
    user = body.get("userCtx") or {} if isinstance(body, dict) else {}
    return Answer(answer.status_code, user.get("name"), tuple(user.get("roles") or ()))


def _count(text: str) -> int:
    return int(text) if text.isdigit() else 2**63  # "unlimited"
