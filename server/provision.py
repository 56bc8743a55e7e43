"""The sync engine's databases and who may: made when an area or a worker is, and looked after at each sign-in. See docs/architecture.md, Seams."""

from __future__ import annotations

from server.tokens import ADMIN_ROLE
from sync.databases import Databases, Writers

FORMS_DATABASE = "forms"
WORKER_ROLE = "worker"


def area_role(area: str) -> str:
    return f"area:{area}"


def worker_role(worker: str) -> str:
    return f"worker:{worker}"


def area_database(area: str) -> str:
    return f"area-{area}"


def inbox_database(worker: str) -> str:
    return f"worker-{worker}"


def media_database(worker: str) -> str:
    return f"media-{worker}"


def provide_forms(databases: Databases) -> None:
    _provide(databases, FORMS_DATABASE, WORKER_ROLE, "server")


def provide_area(databases: Databases, area: str) -> None:
    _provide(databases, area_database(area), area_role(area), "server")


def provide_worker(databases: Databases, worker: str) -> None:
    _provide(databases, inbox_database(worker), worker_role(worker), "members")
    _provide(databases, media_database(worker), worker_role(worker), "members")


def security_for(role: str) -> dict[str, dict[str, list[str]]]:
    """Members are those with this role; only the server and the operator administer."""
    return {"admins": {"names": [], "roles": [ADMIN_ROLE]}, "members": {"names": [], "roles": [role]}}


def _provide(databases: Databases, name: str, role: str, writers: Writers) -> None:
    databases.create(name, security_for(role), writers)  # one that is there is left, or put right: see sync.databases
