"""What Apache CouchDB must be set to for Doorstep, why, and which of it a node's settings lack. Pure; `couchdb configure` and `couchdb doctor` act on it.

Said for CouchDB 3.3 to 3.5 from the `default.ini` and source of both. What only earlier versions had needs no word: `delayed_commits` is gone, every write
is on disk before its answer.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from server.couchdb.keys import SECTION as KEYS
from server.settings import Settings
from server.tokens import ISSUER

DATABASES_OPEN_MIN = 5_000  # as many database files as may be open at once, at least
INFINITY = 2**63  # CouchDB's word for no limit
DATABASES_OPEN_UNSET = 500  # CouchDB's own default
FILES_OF_A_DATABASE = 2  # CouchDB 3.5 reads by a second handle
FILES_OF_A_PHONE = 3  # connections that wait for news: inbox, forms, an area
FILES_BESIDES = 1_000
COPIES_MAX = 3  # of each document in a cluster
FEED_MILLISECONDS_MAX = 300_000  # as the embedded engine's FEED_SECONDS_MAX
CHANGES_TIMEOUT_MILLISECONDS = 60_000
SOCKETS_MAX = 65_536
HANDLERS = ("jwt_authentication_handler", "cookie_authentication_handler", "default_authentication_handler")
SERVER_OPTIONS = f"[{{recbuf, undefined}}, {{acceptor_pool_size, 32}}, {{max, {SOCKETS_MAX}}}]"
SYSTEM_DATABASES = ("_users", "_replicator", "_global_changes")
MOVED = {  # where CouchDB looks for these when the section of today does not say
    ("chttpd", "enable_cors"): "httpd",
    ("chttpd", "changes_timeout"): "httpd",
    ("chttpd", "max_http_request_size"): "httpd",
    ("chttpd_auth", "secret"): "couch_httpd_auth",
    ("chttpd_auth", "users_db_public"): "couch_httpd_auth",
}

Config = Mapping[str, Mapping[str, str]]  # a node's settings as `/_node/{node}/_config` gives them: section → key → text
Rule = Literal["is", "least", "most"]


@dataclass(frozen=True)
class Wanted:
    """One setting. `value` None: it must not be set. `unset`: what CouchDB (the less safe of 3.3 and 3.5) does when it is not set."""

    section: str
    key: str
    value: str | None
    why: str
    unset: str | None = None
    rule: Rule = "is"
    advice: bool = False  # nothing breaks and nobody gets in without it

    @property
    def name(self) -> str:
        return f"[{self.section}] {self.key}"


def wanted(settings: Settings, nodes: int, databases: int) -> list[Wanted]:
    """All settings but the keys, for a CouchDB of so many nodes that holds so many databases."""
    handlers = ", ".join(f"{{chttpd_auth, {handler}}}" for handler in HANDLERS)
    return [
        # Who gets in
        Wanted("chttpd", "authentication_handlers", handlers, "Phones show the access token that Doorstep signed; without the first handler nobody reads it."),
        Wanted(
            "jwt_auth", "required_claims", f'exp, {{iss, "{ISSUER}"}}', "A token ends, and was made by Doorstep: CouchDB checks neither unless told to.", ""
        ),
        Wanted("jwt_auth", "roles_claim_path", None, "The roles stand in the claim _couchdb.roles, where CouchDB looks unless told otherwise."),
        Wanted("jwt_auth", "roles_claim_name", None, "The roles stand in the claim _couchdb.roles, where CouchDB looks unless told otherwise."),
        Wanted(
            "chttpd",
            "require_valid_user_except_for_up",
            "true",
            "Who shows nothing gets 401 for everything but /_up, so that strangers learn no names of databases and a load balancer can still ask.",
            "false",
        ),
        Wanted(
            "chttpd",
            "require_valid_user",
            "false",
            "With true, CouchDB asks browsers for a password by a window of their own each time that a token has run out; the setting before does without.",
            "false",
        ),
        Wanted("chttpd", "admin_only_all_dbs", "true", "The names of the databases are the names of areas and workers: only the server lists them.", "true"),
        Wanted("chttpd", "enable_cors", "false", "The phone app comes from the same origin as the databases; no other page may read them.", "false"),
        Wanted("couchdb", "default_security", "admin_only", "A database that was just made is closed until its security object is written.", "admin_only"),
        Wanted("couchdb", "users_db_security_editable", "false", "Who may read the accounts of CouchDB itself is not changed by accident.", "false"),
        Wanted("chttpd_auth", "users_db_public", "false", "CouchDB's own accounts are nobody's to read; Doorstep keeps people in the central store.", "false"),
        # What is taken
        Wanted(
            "couchdb",
            "max_document_size",
            str(settings.limits.document_bytes_max),
            "DOORSTEP_DOCUMENT_BYTES_MAX: what a phone was told it may send.",
            "8000000",
            "least",
        ),
        Wanted("couchdb", "max_attachment_size", str(settings.limits.attachment_bytes_max), "DOORSTEP_ATTACHMENT_BYTES_MAX, likewise.", "1073741824", "least"),
        Wanted(
            "chttpd",
            "max_http_request_size",
            str(request_bytes(settings)),
            "The largest attachment with its document in one request, or DOORSTEP_BODY_BYTES_MAX if that is more; unset it is 4 GB, with which one client "
            "could fill the memory.",
            "4294967296",
            "least",
        ),
        # How much at once
        Wanted(
            "couchdb",
            "max_dbs_open",
            str(max(DATABASES_OPEN_MIN, databases * 5 // 4)),
            "Each worker has two databases and each area one; one that is not open must be opened before a phone gets its answer.",
            str(DATABASES_OPEN_UNSET),
            "least",
            advice=True,  # too small for what is there: see the doctor
        ),
        Wanted(
            "chttpd",
            "server_options",
            SERVER_OPTIONS,
            "A phone that waits for news holds a connection; before 3.5 there were 2,048 in all.",
            "[{recbuf, undefined}]",
            advice=True,
        ),
        # Waiting
        Wanted(
            "chttpd",
            "changes_timeout",
            str(CHANGES_TIMEOUT_MILLISECONDS),
            "A phone's question for news is answered after 60 s at the latest (the proxy must wait longer than that).",
            "60000",
            "most",
        ),
        Wanted(
            "fabric",
            "changes_duration",
            str(FEED_MILLISECONDS_MAX),
            "A feed ends after 5 minutes, so that whoever listens shows a token that is good again; otherwise a phone that was revoked could listen on.",
            None,
            "most",
        ),
        Wanted("global_changes", "update_db", "true", "The merge worker hears by _db_updates which inbox changed, instead of asking each of them.", "true"),
        # How it is kept
        Wanted("cluster", "q", "1", "Our databases are small and many: one shard each is one file to open and one feed to follow.", "2", advice=True),
        Wanted("cluster", "n", str(copies(nodes)), "Copies of each document, each on another node: with fewer, a lost node is lost work.", "3", "least"),
    ]


def copies(nodes: int) -> int:
    """Of each document, in a cluster of so many nodes."""
    return min(COPIES_MAX, nodes)


def request_bytes(settings: Settings) -> int:
    """The largest body that a client may have reason to send: CouchDB counts a document sent as multipart/related whole."""
    return max(settings.body_bytes_max, settings.limits.attachment_bytes_max + settings.limits.document_bytes_max)


def effective(config: Config, section: str, key: str, unset: str | None = None) -> str | None:
    """What CouchDB goes by: what stands in the section, else in the section of earlier versions, else its own default."""
    for place in (section, MOVED.get((section, key), section)):
        if key in config.get(place, {}):
            return config[place][key]
    return unset


def is_met(each: Wanted, config: Config) -> bool:
    """Whether the node goes by what we want, whoever said so."""
    actual = effective(config, each.section, each.key, each.unset)
    if actual is None or each.value is None:
        return actual is each.value
    if each.rule == "is":
        return _plain(actual) == _plain(each.value)
    told = number(actual)
    return told is not None and (told >= int(each.value) if each.rule == "least" else told <= int(each.value))


def to_write(wants: Iterable[Wanted], config: Config) -> list[Wanted]:
    """What `configure` writes: also what a default says by chance today. A larger limit that an operator chose is left."""
    return [each for each in wants if not is_met(each, config) or (each.value is not None and effective(config, each.section, each.key) is None)]


def files_needed(databases_open: int, phones: int) -> int:
    """File handles that the process of CouchDB must be allowed."""
    return FILES_OF_A_DATABASE * databases_open + FILES_OF_A_PHONE * phones + FILES_BESIDES


def as_ini(wants: Iterable[Wanted], keys: Mapping[str, str], with_keys: bool) -> str:
    """A file for CouchDB's `local.d`. The keys themselves only when asked for: what is printed ends in a log."""
    sections: dict[str, list[str]] = {}
    for each in wants:
        lines = sections.setdefault(each.section, [])
        lines += ["; " + each.why, f"{each.key} = {each.value}" if each.value is not None else f"; {each.key} must not be set"]
    sections["chttpd"] += [
        "; Only the reverse proxy, Doorstep and the other nodes reach CouchDB: their network's address here, never one of the internet.",
        "; bind_address = 127.0.0.1",
    ]
    lines = sections.setdefault(KEYS, [])
    if with_keys:
        lines += [
            "; What tokens are checked with. Keep this file from everybody else's eyes. A running Doorstep keeps these up to date by itself, on every node."
        ]
        lines += [f"{name} = {value}" for name, value in sorted(keys.items())]
    else:
        lines += ["; Secret, so printed with --with-keys only. A running Doorstep, or `couchdb configure --write`, puts them here:"]
        lines += [f"; {name} = …" for name in sorted(keys)]
    return "\n\n".join("\n".join([f"[{section}]", *lines]) for section, lines in sections.items())


def _plain(text: str) -> str:
    """Without the spaces that mean nothing to CouchDB."""
    return "".join(text.split())


def number(text: str | None) -> int | None:
    """As CouchDB reads it; None when it is none."""
    if text is None:
        return None
    if text.strip() == "infinity":
        return INFINITY
    digits = text.partition(";")[0].strip()
    return int(digits) if digits.isascii() and digits.isdigit() else None
