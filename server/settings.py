"""Every setting, read once from the environment. `SETTINGS` is the list that the README's table is made from."""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from server.tokens import TOKEN_SECONDS_MAX
from sync.couchdb.address import Address
from sync.engine.limits import DEFAULT, Limits

SECRET_LENGTH_MIN = 32
LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
DEMO_SECRET_FILE = "secret"  # noqa: S105 a file's name, in the data folder
STORE_FILE = "doorstep.sqlite"


class SettingsError(Exception):
    """A setting is missing or wrong; the text says which one and what to do."""


@dataclass(frozen=True)
class Setting:
    """One environment variable: its name, its default as a person would write it, and what it is for."""

    variable: str
    default: str
    purpose: str


SETTINGS: tuple[Setting, ...] = (
    Setting("DOORSTEP_HOST", "127.0.0.1", "address to listen on; demo mode refuses anything beyond this machine"),
    Setting("DOORSTEP_PORT", "8000", "port to listen on"),
    Setting("DOORSTEP_DATA", "./var", "folder of everything kept in files: the sync engine's databases and, by default, the central store"),
    Setting("DATABASE_URL", "sqlite:///<DOORSTEP_DATA>/doorstep.sqlite", "the central store, as an SQLAlchemy address"),
    Setting(
        "COUCHDB_URL", "", "`http://name:password@host:5984` of an Apache CouchDB 3.3 or newer with its administrator; without it, the embedded sync engine"
    ),
    Setting("DOORSTEP_SECRET", "", "32 characters or more, from which the signing keys are made; required, except in demo mode, which makes one and keeps it"),
    Setting("DOORSTEP_SECRET_BEFORE", "", "the former secret, for some days after a change: what it signed stays good; it signs nothing any more"),
    Setting("DOORSTEP_DEMO", "0", "1: load the demo organisation into an empty store, allow its well-known passwords, stay on this machine"),
    Setting("DOORSTEP_WEB_PROCESSES", "2", "web processes"),
    Setting("DOORSTEP_WEB_THREADS", "64", "threads in each web process; phones that wait for news, or are slow to take an answer, hold none"),
    Setting("DOORSTEP_MERGE_WORKERS", "1", "merge workers; more than one needs PostgreSQL, where they share the inboxes"),
    Setting("DOORSTEP_OPEN_FEEDS_MAX", "1500", "phones that wait for news, in each web process, at most; one more is told to come back in 10 seconds"),
    Setting("DOORSTEP_TOKEN_SECONDS", "870", "how long an access token is good, 870 at most, and 30 more as clocks differ; the phone gets a new one by itself"),
    Setting("DOORSTEP_OFFICE_HOURS", "12", "how long a sign-in to the office lasts without use, in hours"),
    Setting("DOORSTEP_SIGN_IN_TRIES_PER_MINUTE", "10", "failed sign-ins a minute for one name, and ten times as many for one address"),
    Setting("DOORSTEP_BODY_BYTES_MAX", "67108864", "largest request body, in bytes"),
    Setting("DOORSTEP_PHOTO_POSITION", "strip", "strip: photos leave the phone without the place they were taken at; keep: with it, where the camera wrote it"),
    Setting("DOORSTEP_TILES", "", "folder of map pictures `<zoom>/<x>/<y>.png` for positions on phones; without it, points stand on a grid of metres"),
    Setting("DOORSTEP_PROXIES", "0", "reverse proxies in front whose X-Forwarded headers are to be believed"),
    Setting("DOORSTEP_LOG_LEVEL", "info", "debug, info, warning or error"),
)
MANY, BYTES = 2**24, 2**31
LIMITS = {  # of the sync engine: what for, the least and the most that it may be set to
    "document_bytes_max": ("largest document without its attachments, in bytes", 1024, BYTES),
    "attachment_bytes_max": ("largest attachment, in bytes; a request in parts may have four times as many", 1024, BYTES),
    "attachments_max": ("attachments of one document, at most", 1, 100_000),
    "id_bytes_max": ("longest document id, in bytes", 64, 65_536),
    "nesting_max": ("levels of lists and objects in a document, at most", 8, 250),
    "batch_documents_max": ("documents in one `_bulk_docs` or `_bulk_get`, keys in one `_all_docs`, at most", 1, MANY),
    "compared_documents_max": ("documents in one `_revs_diff`, at most", 1, MANY),
    "revisions_of_one_max": ("revisions of one document in one `_bulk_docs` or `_bulk_get`, at most", 1, MANY),
    "history_length_max": ("revisions in one document's `_revisions`, at most", 1_000, MANY),
    "conflicts_max": ("conflicting revisions of one document, at most", 2, 100_000),
    "tree_revisions_max": ("known revisions of one document, at most", 1_000, MANY),
    "local_bytes_max": ("largest `_local` document (a client's checkpoint), in bytes", 1024, BYTES),
    "local_documents_max": ("`_local` documents of one database; beyond, the one longest not written is forgotten", 10, MANY),
    "answer_bytes_max": ("documents in one answer, in bytes, at most", 1024, BYTES),
}
SETTINGS += tuple(Setting(f"DOORSTEP_{name.upper()}", str(getattr(DEFAULT, name)), purpose) for name, (purpose, _, _) in LIMITS.items())


@dataclass(frozen=True)
class Settings:
    """The settings as the program uses them; made by `read_settings`."""

    host: str
    port: int
    data: Path
    database_url: str = field(repr=False)
    couchdb_url: str = field(repr=False)  # with the administrator's password; empty: the embedded engine
    secret: str = field(repr=False)
    secret_before: str | None = field(repr=False)
    demo: bool
    web_processes: int
    web_threads: int
    merge_workers: int
    open_feeds_max: int
    token_seconds: int
    office_hours: int
    sign_in_tries_per_minute: int
    body_bytes_max: int
    photo_position: str  # strip or keep
    tiles: Path | None
    proxies: int
    log_level: str
    limits: Limits = DEFAULT  # of the sync engine

    @property
    def engine_folder(self) -> Path:
        """The folder of the embedded sync engine: one file per database."""
        return self.data / "databases"

    @property
    def beyond_this_machine(self) -> bool:
        """Whether others on the network could reach the address that we listen on."""
        return self.host not in LOOPBACK


def read_settings(environment: Mapping[str, str] | None = None) -> Settings:
    """Read all settings. Raises SettingsError with a sentence for the person who started the program."""
    environment = os.environ if environment is None else environment
    known = {setting.variable for setting in SETTINGS}
    unknown = sorted(name for name in environment if name.startswith("DOORSTEP_") and name not in known)
    if unknown:
        raise SettingsError(f"There is no setting {', '.join(unknown)}. They are listed in README.md.")

    demo = _flag(environment, "DOORSTEP_DEMO")
    data = Path(_text(environment, "DOORSTEP_DATA")).resolve()
    settings = Settings(
        host=_text(environment, "DOORSTEP_HOST"),
        port=_whole(environment, "DOORSTEP_PORT", 0, 65535),
        data=data,
        database_url=environment.get("DATABASE_URL") or f"sqlite:///{data / STORE_FILE}",
        couchdb_url=_couchdb_url(environment),
        secret="",
        secret_before=None,
        demo=demo,
        web_processes=_whole(environment, "DOORSTEP_WEB_PROCESSES", 1, 64),
        web_threads=_whole(environment, "DOORSTEP_WEB_THREADS", 2, 2000),
        merge_workers=_whole(environment, "DOORSTEP_MERGE_WORKERS", 1, 64),
        open_feeds_max=_whole(environment, "DOORSTEP_OPEN_FEEDS_MAX", 1, 20_000),
        token_seconds=_whole(environment, "DOORSTEP_TOKEN_SECONDS", 10, TOKEN_SECONDS_MAX),
        office_hours=_whole(environment, "DOORSTEP_OFFICE_HOURS", 1, 168),
        sign_in_tries_per_minute=_whole(environment, "DOORSTEP_SIGN_IN_TRIES_PER_MINUTE", 1, 10_000),
        body_bytes_max=_whole(environment, "DOORSTEP_BODY_BYTES_MAX", 1024, 2**31),
        photo_position=_one_of(environment, "DOORSTEP_PHOTO_POSITION", ("strip", "keep")),
        tiles=_folder(environment, "DOORSTEP_TILES"),
        proxies=_whole(environment, "DOORSTEP_PROXIES", 0, 8),
        log_level=_one_of(environment, "DOORSTEP_LOG_LEVEL", ("debug", "info", "warning", "error")),
        limits=Limits(**{name: _whole(environment, f"DOORSTEP_{name.upper()}", least, most) for name, (_, least, most) in LIMITS.items()}),
    )
    if demo and settings.beyond_this_machine:
        raise SettingsError(
            f"Demo mode has well-known passwords, so it listens on this machine only, not on {settings.host}: "
            "set DOORSTEP_HOST to 127.0.0.1, or DOORSTEP_DEMO to 0."
        )
    return _with_secrets(settings, environment.get("DOORSTEP_SECRET", ""), environment.get("DOORSTEP_SECRET_BEFORE", ""))


def settings_table() -> str:
    """The settings as a Markdown table, for the README."""
    rows = [f"| `{each.variable}` | {f'`{each.default}`' if each.default else '—'} | {each.purpose} |" for each in SETTINGS]
    return "\n".join(["| Variable | Default | What it is for |", "|---|---|---|", *rows])


def _with_secrets(settings: Settings, secret: str, before: str) -> Settings:
    if not secret and settings.demo:
        secret = _demo_secret(settings.data)
    if not secret:
        raise SettingsError(
            "DOORSTEP_SECRET is not set. It signs every phone in: make one with\n"
            "    python3 -c 'import secrets; print(secrets.token_urlsafe(48))'\n"
            "keep it where only the server can read it, and set it before starting. (To look around first: DOORSTEP_DEMO=1.)"
        )
    for variable, value in (("DOORSTEP_SECRET", secret), ("DOORSTEP_SECRET_BEFORE", before or secret)):
        if len(value) < SECRET_LENGTH_MIN:
            raise SettingsError(f"{variable} has {len(value)} characters, but must have {SECRET_LENGTH_MIN} or more.")
    return replace(settings, secret=secret, secret_before=before or None)


def _demo_secret(data: Path) -> str:
    """The demo's secret: made once, readable by its owner only. Two processes that start together agree on one."""
    path = data / DEMO_SECRET_FILE
    if not path.exists():
        data.mkdir(parents=True, exist_ok=True)
        made = data / f".{DEMO_SECRET_FILE}-{secrets.token_hex(4)}"
        descriptor = os.open(made, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(secrets.token_urlsafe(48))
        try:
            os.link(made, path)  # never overwrites: the first one wins
        except FileExistsError:
            pass
        finally:
            made.unlink()
    return path.read_text(encoding="ascii").strip()


def _default(variable: str) -> str:
    return next(setting.default for setting in SETTINGS if setting.variable == variable)


def _text(environment: Mapping[str, str], variable: str) -> str:
    return environment.get(variable) or _default(variable)


def _couchdb_url(environment: Mapping[str, str]) -> str:
    url = environment.get("COUCHDB_URL", "")
    try:
        return url and Address(url).with_credentials
    except ValueError as error:
        raise SettingsError(f"COUCHDB_URL: {error}.") from None


def _flag(environment: Mapping[str, str], variable: str) -> bool:
    return _one_of(environment, variable, ("0", "1")) == "1"


def _one_of(environment: Mapping[str, str], variable: str, choices: tuple[str, ...]) -> str:
    text = _text(environment, variable)
    if text not in choices:
        raise SettingsError(f"{variable} is {text!r}, but must be one of {', '.join(choices)}.")
    return text


def _folder(environment: Mapping[str, str], variable: str) -> Path | None:
    text = _text(environment, variable)
    if text and not Path(text).is_dir():
        raise SettingsError(f"{variable} is {text!r}, and there is no such folder.")
    return Path(text).resolve() if text else None


def _whole(environment: Mapping[str, str], variable: str, least: int, most: int) -> int:
    text = _text(environment, variable)
    if not text.isascii() or not text.isdigit() or not least <= int(text) <= most:
        raise SettingsError(f"{variable} is {text!r}, but must be a whole number from {least} to {most}.")
    return int(text)
