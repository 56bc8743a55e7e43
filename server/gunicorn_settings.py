"""gunicorn's settings: threads, because SQLite's lock must not stop the others (docs/decisions/0042); what waits holds none (0076)."""

from __future__ import annotations

import os
import resource
from typing import Any

from server import parent
from server.parent import LISTENER_VARIABLE
from server.settings import read_settings
from sync.engine.connections import HANDLES_PER_OPEN_FILE, IDLE_CONNECTIONS_MAX, OPEN_FILES_MAX

CONNECTIONS_BESIDES_FEEDS = 1_000
HANDLES_OF_A_DATABASE = 2 * IDLE_CONNECTIONS_MAX + 1  # file and log for each idle connection, one index of the log
HANDLES_ELSE = 250

_settings = read_settings()


def _handles(wanted: int) -> int:
    """As many file handles as that, or as the system allows. Many systems begin with 1,024, which is fewer than a thousand phones need."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    if soft != resource.RLIM_INFINITY and soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
        return most
    return wanted if soft == resource.RLIM_INFINITY else soft


def _besides_connections(handles: int) -> int:
    """Handles that the sync engine's files take above all: it keeps fewer databases open where there are few handles."""
    return HANDLES_ELSE + HANDLES_OF_A_DATABASE * min(OPEN_FILES_MAX, handles // HANDLES_PER_OPEN_FILE)


def _connections(wanted: int) -> int:
    """Of these, as many as the system's file handles allow."""
    handles = _handles(wanted + HANDLES_ELSE + HANDLES_OF_A_DATABASE * OPEN_FILES_MAX)
    return min(wanted, handles - _besides_connections(handles))


bind = [f"fd://{os.environ[LISTENER_VARIABLE]}" if LISTENER_VARIABLE in os.environ else f"{_settings.host}:{_settings.port}"]
worker_class = "server.web_worker.PatientWorker"
workers = _settings.web_processes
threads = _settings.web_threads
worker_connections = max(threads + 1, _connections(_settings.open_feeds_max + CONNECTIONS_BESIDES_FEEDS))
limit_request_line = 8_190  # gunicorn's most; CouchDB's replicator asks with addresses of up to 7,000 bytes
keepalive = 15
timeout = 60
graceful_timeout = 4
backlog = 1_024
loglevel = "warning" if _settings.log_level == "info" else _settings.log_level
control_socket_disable = True


def on_starting(_server: Any) -> None:
    parent.end_with_parent()


def post_worker_init(_worker: Any) -> None:
    parent.end_with_parent()
