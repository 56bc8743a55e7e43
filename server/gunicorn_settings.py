"""gunicorn's settings: threads, because a waiting phone holds one and SQLite's lock must not stop the others (docs/decisions/0042)."""

from __future__ import annotations

import os
from typing import Any

from server import parent
from server.parent import LISTENER_VARIABLE
from server.settings import read_settings

_settings = read_settings()

bind = [f"fd://{os.environ[LISTENER_VARIABLE]}" if LISTENER_VARIABLE in os.environ else f"{_settings.host}:{_settings.port}"]
worker_class = "server.web_worker.PatientWorker"
workers = _settings.web_processes
threads = _settings.web_threads
worker_connections = 2_000
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
