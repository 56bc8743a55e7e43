"""`couchdb doctor`: what is unsafe or missing at an Apache CouchDB that serves Doorstep, each in a sentence with its remedy. Pure; look.py looks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from server.couchdb.keys import SECTION as KEYS
from server.couchdb.keys import is_ours
from server.couchdb.look import STRANGERS_PATHS, Answer, Database, Seen
from server.couchdb.settings import DATABASES_OPEN_UNSET, SYSTEM_DATABASES, Wanted, copies, effective, files_needed, is_met, number
from server.provision import security_for, who_may
from server.tokens import ADMIN_ROLE, CLOCK_SKEW_SECONDS_MAX
from sync.couchdb.administration import GUARD_FUNCTION

VERSION_MIN = (3, 3)
EVERY_ADDRESS = ("0.0.0.0", "::", "any")  # noqa: S104 recognised, not bound to
NAMED_MAX = 5  # databases named in one sentence
CONFIGURE = "`couchdb configure --write` puts it right."
DATE_SECONDS = 1.0  # how exactly the clock can be read from a Date header

# What is wrong with databases, said once for all that it is wrong with
OPEN = "readable by everybody, since its security object names no member."
REFUSING = f"a guard refuses what workers write there. {CONFIGURE}"
UNGUARDED = f"devices may write there, since the guard is missing or another one. {CONFIGURE}"
OTHERS = f"its security object names other members or administrators than Doorstep gives it. {CONFIGURE}"
SHARDED = "made with more than one shard: slower, and as safe; replicate it into a new one with q=1 when there is time."
SINGLE = "fewer copies than the cluster could keep, so a lost node is lost work: add copies in its document of `_node/_local/_dbs`, or make it anew."
NOTES = (SHARDED,)  # nothing is unsafe

Level = Literal["ok", "note", "FAIL"]


@dataclass(frozen=True)
class Finding:
    """One line. FAIL: unsafe, or phones cannot sync; note: nothing is unsafe, but an operator should know."""

    level: Level
    what: str


def findings(seen: Seen, wants: list[Wanted], keys: Mapping[str, str]) -> list[Finding]:
    """All findings; where a part is well, one line that says so. `keys`: what [jwt_keys] should hold."""
    found: list[Finding] = []
    for part, well in (
        (_version(seen), f"CouchDB {seen.version} answers at {seen.address} and takes us for its administrator"),
        (_nodes(seen), f"{_number(len(seen.cluster_nodes), 'node')} of the cluster, all up, with one uuid and one secret"),
        (_strangers(seen), "who shows nothing is let into nothing"),
        (_handlers(seen), "only tokens, cookies and passwords sign in, not headers that anyone can send"),
        (_tokens(seen), "a token of ours is believed; one that has run out, never ends or was made for another is not"),
        (_clock(seen), f"its clock is within {CLOCK_SKEW_SECONDS_MAX} s of ours"),
        (_keys(seen, keys), f"each node holds our {_number(len(keys), 'key')} and no others"),
        (_settings(seen, wants), "every setting is as Doorstep needs it"),
        (_databases(seen), f"{_number(len(_ours(seen)), 'database')} of ours, each open to its role only, the guard where devices only read"),
        (_system_databases(seen), f"{', '.join(SYSTEM_DATABASES)} are there, for administrators only"),
        (_handles(seen), "file handles suffice"),
        (_reach(seen), "it listens on no address that everybody reaches"),
    ):
        here = list(part)
        found += here or [Finding("ok", well)]
    return found


# Each part looks at one thing


def _version(seen: Seen) -> Iterator[Finding]:
    numbers = [int(part) for part in seen.version.split("-")[0].split(".")[:2] if part.isdigit()]
    if tuple(numbers) < VERSION_MIN:
        yield _fail(f"this is CouchDB {seen.version or 'of a version that it does not tell'}, but Doorstep needs 3.3 or newer: upgrade it.")


def _nodes(seen: Seen) -> Iterator[Finding]:
    for node in seen.cluster_nodes:
        if node not in seen.all_nodes or node not in seen.configs:
            yield _fail(
                f"node {node} of the cluster is down, or cannot be reached by this one: start it, or take it out of the cluster (documents of `_nodes`)."
            )
    for node in seen.all_nodes:
        if node not in seen.cluster_nodes:
            yield Finding("note", f"node {node} is connected but does not belong to the cluster: add it to `_nodes`, or stop it.")
    for node, config in seen.configs.items():
        if (mode := effective(config, "couchdb", "maintenance_mode", "false")) != "false":
            yield _fail(f"node {node} is in maintenance mode ({mode}) and serves nobody: set [couchdb] maintenance_mode to false when the work is done.")
        if not config.get("admins"):
            yield _fail(f"node {node} has no administrator, so whoever reaches it is one: put a name and password into its section [admins].")
    if len({effective(config, "couchdb", "uuid") for config in seen.configs.values()}) > 1:
        yield _fail(f"the nodes have different uuids, so that a phone starts its comparison anew whenever another node answers it. {CONFIGURE}")
    if len({effective(config, "chttpd_auth", "secret") for config in seen.configs.values()}) > 1:
        yield _fail(f"the nodes have different [chttpd_auth] secrets, so that a cookie of one is worth nothing at another. {CONFIGURE}")


def _strangers(seen: Seen) -> Iterator[Finding]:
    if ADMIN_ROLE in seen.strangers["/_session"].roles:
        yield _fail(
            f"admin party: whoever reaches {seen.address} is its administrator. Put a name and password into the section [admins] of each node, at once."
        )
        return
    for path in STRANGERS_PATHS:
        if seen.strangers[path].status < 300:
            yield _fail(f"strangers may read {path}: an administrator's matter. {CONFIGURE}")


def _handlers(seen: Seen) -> Iterator[Finding]:
    for node, config in seen.configs.items():
        if "proxy_authentication_handler" in str(effective(config, "chttpd", "authentication_handlers", "")):
            yield _fail(f"node {node} believes whoever a header names (proxy_authentication_handler): anyone who reaches it can be anyone. {CONFIGURE}")


def _tokens(seen: Seen) -> Iterator[Finding]:
    good = seen.tokens["good"]
    if good.status >= 300 or good.name is None:
        told = f"it says: {good.reason}" if good.reason else "nobody reads tokens"
        yield _fail(f"a token that Doorstep has just signed is not believed ({told}), so no phone can sync. {CONFIGURE}")
        return
    for kind, what in (("expired", "has run out"), ("endless", "never ends"), ("foreign", "was made for another service (iss)")):
        if _is_let_in(seen.tokens[kind]):
            yield _fail(f"a token that {what} is believed. {CONFIGURE}")


def _clock(seen: Seen) -> Iterator[Finding]:
    seconds = seen.clock_ahead_seconds
    if abs(seconds) > CLOCK_SKEW_SECONDS_MAX + DATE_SECONDS:
        ahead = seconds > 0
        harm = "refuses tokens that are still good" if ahead else "believes tokens that have run out"
        yield _fail(f"its clock is {abs(seconds):.0f} s {'ahead of' if ahead else 'behind'} ours, so that it {harm}: set both by the same time server (NTP).")


def _keys(seen: Seen, keys: Mapping[str, str]) -> Iterator[Finding]:
    for node, config in seen.configs.items():
        present = config.get(KEYS, {})
        missing = [name for name, value in keys.items() if present.get(name) != value]
        stale = [name for name, value in present.items() if name not in keys and is_ours(name, value)]
        foreign = [name for name, value in present.items() if name not in keys and not is_ours(name, value)]
        if missing:
            yield _fail(f"node {node} lacks {_number(len(missing), 'key')} of ours ({_some(missing)}), so it will refuse our tokens. {CONFIGURE}")
        if stale:
            yield _fail(f"node {node} still believes {_number(len(stale), 'key')} that Doorstep signs with no more ({_some(stale)}). {CONFIGURE}")
        if foreign:
            yield _fail(
                f"node {node} believes {_number(len(foreign), 'key')} that Doorstep did not make ({_some(foreign)}): who holds it can sign in as anyone, "
                "the administrator too. `couchdb configure --write --only-our-keys` takes it away."
            )


def _settings(seen: Seen, wants: list[Wanted]) -> Iterator[Finding]:
    for each in wants:
        nodes = [node for node, config in seen.configs.items() if not is_met(each, config)]
        if nodes:
            told = effective(seen.configs[nodes[0]], each.section, each.key)
            is_now = "is not set" if told is None else f"is {told}"
            bound = {"is": "", "least": " or more", "most": " or less"}[each.rule]
            should = "must not be set" if each.value is None else f"{'would better' if each.advice else 'must'} be {each.value}{bound}"
            at = "" if len(nodes) == len(seen.configs) else f" on {_some(nodes)}"
            yield Finding("note" if each.advice else "FAIL", f"{each.name} {is_now}{at}, but {should}. {each.why} {CONFIGURE}")


def _databases(seen: Seen) -> Iterator[Finding]:
    wrong: dict[str, list[str]] = {}
    for name, database in sorted(seen.databases.items()):
        if name in SYSTEM_DATABASES:
            continue
        for what in _wrong(name, database, copies(len(seen.cluster_nodes))):
            wrong.setdefault(what, []).append(name)
    for what, names in wrong.items():
        yield Finding("note" if what in NOTES else "FAIL", f"{_some(names)}: {what}")


def _wrong(name: str, database: Database, copies_wanted: int) -> Iterator[str]:
    rights = who_may(name)
    if rights is None:
        if not _has_members(database.security):
            yield f"{OPEN} It is not ours: give it members (PUT …/_security), or delete it."
        return
    role, writers = rights
    if not _has_members(database.security):
        yield f"{OPEN} {CONFIGURE}"
    elif _plain(database.security) != _plain(security_for(role)):
        yield OTHERS
    if writers == "server" and database.guard != GUARD_FUNCTION:
        yield UNGUARDED
    if writers == "members" and database.guard is not None:
        yield REFUSING
    if database.shards > 1:
        yield SHARDED
    if database.copies < copies_wanted:
        yield SINGLE


def _system_databases(seen: Seen) -> Iterator[Finding]:
    for name in SYSTEM_DATABASES:
        if name not in seen.databases:
            harm = ": the merge worker then has to ask every inbox in turn" if name == "_global_changes" else ""
            yield _fail(f"the database {name} is missing{harm}. {CONFIGURE}")
        elif name != "_users" and not _has_members(seen.databases[name].security):  # each reads only himself in _users, whatever it says
            yield _fail(f"{name} is {OPEN} {CONFIGURE}")


def _handles(seen: Seen) -> Iterator[Finding]:
    phones = sum(1 for name in seen.databases if name.startswith("worker-"))
    for node, config in seen.configs.items():
        databases_open = number(effective(config, "couchdb", "max_dbs_open")) or DATABASES_OPEN_UNSET
        shards = sum(database.shards * database.copies for database in seen.databases.values()) // max(1, len(seen.cluster_nodes))
        if shards > databases_open:
            yield _fail(
                f"{shards} database files stand at node {node}, of which only {databases_open} may be open at once ([couchdb] max_dbs_open): "
                f"when phones come in a crowd, some will get errors. {CONFIGURE}"
            )
        needed = files_needed(databases_open, phones)
        if node not in seen.files_max:
            yield Finding(
                "note", f"the file handles of node {node} cannot be seen from here: on its machine, /proc/<pid>/limits must allow {needed} open files or more."
            )
        elif seen.files_max[node] < needed:
            yield _fail(
                f"node {node} may hold {seen.files_max[node]} files open, but may need {needed}: set LimitNOFILE={max(65536, needed)} in its systemd unit "
                "(or `ulimit -n` before it starts), and start it again."
            )


def _reach(seen: Seen) -> Iterator[Finding]:
    for node, config in seen.configs.items():
        if (address := effective(config, "chttpd", "bind_address", "any")) in EVERY_ADDRESS:
            yield Finding(
                "note",
                f"node {node} listens on every address ({address}): see to it, by a firewall or [chttpd] bind_address, that only the reverse proxy, Doorstep "
                "and the other nodes reach it.",
            )


# Words


def _ours(seen: Seen) -> list[str]:
    return [name for name in seen.databases if who_may(name)]


def _is_let_in(answer: Answer) -> bool:
    return answer.status < 300 and answer.name is not None


def _has_members(security: Mapping[str, Any]) -> bool:
    members = security.get("members") or {}
    return bool(members.get("names") or members.get("roles"))


def _plain(security: Mapping[str, Any]) -> dict[str, list[str]]:
    """Without the difference between an empty list and none."""
    return {f"{who} {what}": sorted((security.get(who) or {}).get(what) or []) for who in ("admins", "members") for what in ("names", "roles")}


def _fail(what: str) -> Finding:
    return Finding("FAIL", what)


def _some(names: list[str]) -> str:
    more = len(names) - NAMED_MAX
    return ", ".join(names[:NAMED_MAX]) + (f" and {more} more" if more > 0 else "")


def _number(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
