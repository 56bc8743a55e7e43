"""The sync engine's databases and who may: made when an area or a worker is, and looked after at each sign-in. See docs/architecture.md, Seams."""

from __future__ import annotations

from sqlalchemy import select

from server.tokens import ADMIN_ROLE
from sync.databases import Databases, Writers
from sync.store.engine import Store
from sync.store.statements import outbox

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


def who_may(database: str) -> tuple[str, Writers] | None:
    """The role of its members, and who writes; None for a database that is not ours."""
    kind, _, id = database.partition("-")
    if database == FORMS_DATABASE:
        return WORKER_ROLE, "server"
    if id and kind == "area":
        return area_role(id), "server"
    if id and kind in ("worker", "media"):
        return worker_role(id), "members"
    return None


def provide_forms(databases: Databases) -> None:
    provide(databases, FORMS_DATABASE)


def provide_what_waits(store: Store, databases: Databases) -> None:
    """Make the databases that something waits to be published to: one may have been deleted by mistake."""
    with store.reading() as connection:
        names = connection.execute(select(outbox.c.database).distinct()).scalars().all()
    for name in names:
        if who_may(name) is not None:
            provide(databases, name)


def provide_area(databases: Databases, area: str) -> None:
    provide(databases, area_database(area))


def provide_worker(databases: Databases, worker: str) -> None:
    provide(databases, inbox_database(worker))
    provide(databases, media_database(worker))


def security_for(role: str) -> dict[str, dict[str, list[str]]]:
    """Members are those with this role; only the server and the operator administer."""
    return {"admins": {"names": [], "roles": [ADMIN_ROLE]}, "members": {"names": [], "roles": [role]}}


def provide(databases: Databases, name: str) -> None:
    """One that is there is left, or put right: see sync.databases. Raises ValueError for a database that is not ours."""
    rights = who_may(name)
    if rights is None:
        raise ValueError(f"{name} is no database of ours")
    role, writers = rights
    databases.create(name, security_for(role), writers)
