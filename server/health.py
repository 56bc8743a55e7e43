"""GET /healthz for whoever must know whether it works, GET /metrics for whoever draws curves."""

from __future__ import annotations

import time
from functools import lru_cache
from pathlib import Path

import orjson
from flask import Blueprint, Flask, Response, current_app, request
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Gauge, generate_latest
from sqlalchemy import func, select, text
from sqlalchemy.exc import SQLAlchemyError

from server.access import CHALLENGE, identify
from server.errors import Forbidden, Unauthorized, is_disk_full
from server.settings import LOOPBACK, Settings
from server.stores import stores
from sync.couchdb.connection import is_up
from sync.databases import START
from sync.store.models import Account, Checkpoint, Device, LinkageQueue, Outbox, Record, Stray, Submission

HEARTBEAT_FILE = "merge-worker.alive"
HEARTBEAT_SECONDS = 2
HEARTBEAT_AGE_SECONDS_MAX = 30
WRITABLE_SECONDS = 2

blueprint = Blueprint("health", __name__)


def register(app: Flask) -> None:
    app.register_blueprint(blueprint)


@blueprint.get("/healthz")
def healthz() -> Response:
    """200 when every part does its work, 503 when one does not; the body says which. Names nothing that a stranger may not know."""
    settings = stores().settings
    now = int(time.monotonic() / WRITABLE_SECONDS)
    parts = {"store": _store_answers(), "databases": _databases_answer(settings, now), "merge_worker": _merge_worker_is_alive(settings)}
    well = all(parts.values())
    body = {"status": "ok" if well else "failing", "parts": {name: "ok" if good else "failing" for name, good in parts.items()}}
    return Response(orjson.dumps(body), 200 if well else 503, {"Cache-Control": "no-store"}, content_type="application/json")


@blueprint.get("/metrics")
def metrics() -> Response:
    """Prometheus' text format. For this machine, and for the operator (HTTP Basic) from elsewhere."""
    if request.remote_addr not in LOOPBACK:
        identity = identify(request)
        if identity is None:
            raise Unauthorized("Metrics are for this machine and for the operator.", headers=CHALLENGE)
        if not identity.is_admin:
            raise Forbidden("Metrics are for this machine and for the operator.")
    return Response(generate_latest(_measured()), content_type=CONTENT_TYPE_LATEST)


def beat(settings: Settings) -> None:
    """The merge worker says that it is alive; called every few seconds."""
    (settings.data / HEARTBEAT_FILE).touch()


def heartbeat_age_seconds(settings: Settings) -> float | None:
    """None: the merge worker has never run here."""
    try:
        return max(0.0, time.time() - (settings.data / HEARTBEAT_FILE).stat().st_mtime)
    except FileNotFoundError:
        return None


def _measured() -> CollectorRegistry:
    """Read anew from the store at each scrape: the same whichever process answers."""
    registry = CollectorRegistry()

    def gauge(name: str, what: str, *labels: str) -> Gauge:
        return Gauge(f"doorstep_{name}", what, labels, registry=registry)

    session = stores().session
    by_state = gauge("submissions", "Submissions by what became of them", "state")
    for state, number in session.execute(select(Submission.state, func.count()).group_by(Submission.state)):
        by_state.labels(state).set(number)
    by_kind = gauge("records", "Merged records by kind", "kind")
    for kind, number in session.execute(select(Record.kind, func.count()).group_by(Record.kind)):
        by_kind.labels(kind).set(number)
    for name, what, table in (
        ("outbox_documents", "Documents that wait to be published", Outbox),
        ("stray_documents", "Documents that are no submissions", Stray),
        ("linkage_queue_records", "Records that wait to be compared with those that may be the same", LinkageQueue),
    ):
        gauge(name, what).set(session.scalar(select(func.count()).select_from(table)) or 0)
    gauge("accounts_active", "Accounts that can sign in").set(session.scalar(select(func.count()).select_from(Account).where(Account.active)) or 0)
    gauge("devices_signed_in", "Phones that hold a refresh token").set(
        session.scalar(select(func.count()).select_from(Device).where(Device.refresh_hash.is_not(None), Device.revoked_at.is_(None))) or 0
    )
    age = heartbeat_age_seconds(stores().settings)
    if age is not None:
        gauge("merge_worker_heartbeat_age_seconds", "Seconds since the merge worker said that it is alive").set(age)
    gauge("feeds_behind", "Workers' databases with changes that the merge worker has not read yet").set(_feeds_behind())
    return registry


def _feeds_behind() -> int:
    read = {row.database: row.sequence for row in stores().session.scalars(select(Checkpoint))}
    databases = stores().databases
    return sum(bool(databases.changes(name, read.get(name, START), 1).changes) for name in databases.names("worker-"))


def _store_answers() -> bool:
    try:
        stores().session.execute(text("SELECT 1"))
        stores().session.execute(select(func.count()).select_from(Account))
    except SQLAlchemyError:
        current_app.logger.exception("the central store does not answer")
        return False
    return True


@lru_cache(maxsize=8)
def _databases_answer(settings: Settings, _moment: int) -> bool:
    """Not looked at more often than each WRITABLE_SECONDS, whoever asks."""
    return is_up(settings.couchdb_url) if settings.couchdb_url else _is_writable(settings.engine_folder)


def _is_writable(folder: Path) -> bool:
    """Writes and removes a file: a full disk, a lost mount and wrong rights all show."""
    probe = folder / ".writable"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe.write_bytes(b"1" * 4096)
        probe.unlink(missing_ok=True)
    except OSError as error:
        current_app.logger.error("cannot write to %s: %s", folder, "the disk is full" if is_disk_full(error) else error)
        return False
    return True


def _merge_worker_is_alive(settings: Settings) -> bool:
    age = heartbeat_age_seconds(settings)
    return age is not None and age <= HEARTBEAT_AGE_SECONDS_MAX
