"""People and their areas: adding them, assigning them, closing accounts. What a change leads to happens here, whoever asks for it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime

import orjson
from sqlalchemy import select
from sqlalchemy.orm import Session, scoped_session

from server import ending
from server.errors import BadRequest, Conflict, NotFound
from server.passwords import PASSWORD_LENGTH_MAX, PASSWORD_LENGTH_MIN, hash_password
from sync.store.models import Account, Area, Assignment, AuditEvent

ROLES = ("surveyor", "leader", "administrator", "operator")
PHONE_ROLES = frozenset({"surveyor", "leader"})  # who may hold a phone with the field app
LEVELS = ("city", "district", "street", "community", "grid")
LEVELS_WITH_RECORDS = frozenset({"community", "grid"})  # these have a database when nothing stands below them
LANGUAGES = ("zh", "en")
NO_PASSWORD = "!"  # noqa: S105 a hash that no password has: nobody signs in with this account
AREA_DEPTH_MAX = 10

AnySession = Session | scoped_session[Session]


def now() -> datetime:
    """UTC without a zone, as the central store keeps times."""
    return datetime.now(UTC).replace(tzinfo=None)


def add_account(session: AnySession, username: str, name: str, role: str, password: str | None, language: str = "zh", account_id: str | None = None) -> Account:
    """A new account with the next free id (w0001 …). No password: nobody signs in with it."""
    if not re.fullmatch(r"[a-z0-9][a-z0-9._-]{0,63}", username):
        raise BadRequest(f"{username!r} is no user name: small letters a-z, digits, '.', '_' and '-', 64 at most.")
    if role not in ROLES:
        raise BadRequest(f"{role!r} is no role. The roles are {', '.join(ROLES)}.")
    if language not in LANGUAGES:
        raise BadRequest(f"{language!r} is no language here. The languages are {', '.join(LANGUAGES)}.")
    if session.scalar(select(Account.id).where(Account.username == username)):
        raise Conflict(f"There is an account {username} already.")
    account = Account(
        id=account_id or _next_id(session),
        username=username,
        name=name,
        role=role,
        language=language,
        active=True,
        created_at=now(),
        password_hash=NO_PASSWORD if password is None else hash_password(password),
    )
    session.add(account)
    session.flush()
    return account


def check_password_rules(password: str) -> None:
    """Length is what counts; well-known words are for the demo only."""
    if len(password) < PASSWORD_LENGTH_MIN:
        raise BadRequest(f"A password must have {PASSWORD_LENGTH_MIN} characters or more.")
    if len(password) > PASSWORD_LENGTH_MAX:
        raise BadRequest(f"A password may have {PASSWORD_LENGTH_MAX} characters at most.")


def set_password(session: AnySession, account: Account, password: str) -> int:
    """Phones signed in with the old password must sign in anew, and keep what they hold; returns how many."""
    account.password_hash = hash_password(password)
    return ending.end_sessions(session, account.id)


def deactivate(session: AnySession, account: Account) -> int:
    """Nobody signs in with it any more, and its phones hand in what they have and wipe themselves; returns how many phones. What it sent stays."""
    account.active = False
    return ending.revoke_all(session, account.id)


def account_by_username(session: AnySession, username: str) -> Account:
    account = session.scalar(select(Account).where(Account.username == username))
    if account is None:
        raise NotFound(f"There is no account {username}.")
    return account


def add_area(session: AnySession, area_id: str, level: str, name_zh: str, name_en: str, parent: str | None, place: str | None = None) -> Area:
    """A new area. A grid's addresses are told apart in its community (`place`) unless said otherwise."""
    if not re.fullmatch(r"[a-z][a-z0-9]{0,39}", area_id):
        raise BadRequest(f"{area_id!r} is no area id: a small letter, then small letters and digits, 40 at most.")
    if level not in LEVELS:
        raise BadRequest(f"{level!r} is no level. The levels are {', '.join(LEVELS)}.")
    if session.get(Area, area_id):
        raise Conflict(f"There is an area {area_id} already.")
    above = session.get(Area, parent) if parent else None
    if parent and above is None:
        raise NotFound(f"There is no area {parent} to put {area_id} under.")
    if above is not None and LEVELS.index(above.level) >= LEVELS.index(level):
        raise BadRequest(f"A {level} cannot stand under {above.id}, which is a {above.level}.")
    if place is None:
        place = area_id if level == "community" else (above.place or above.id if above is not None and level == "grid" else None)
    area = Area(id=area_id, parent=parent, level=level, place=place, name_zh=name_zh, name_en=name_en)
    session.add(area)
    session.flush()
    return area


def assign(session: AnySession, account: Account, area_id: str, since: datetime | None = None) -> Assignment:
    """From now on (or `since`) this person answers for this area."""
    if session.get(Area, area_id) is None:
        raise NotFound(f"There is no area {area_id}.")
    running = select(Assignment).where(Assignment.account == account.id, Assignment.area == area_id, Assignment.until.is_(None))
    if session.scalar(running):
        raise Conflict(f"{account.username} is assigned to {area_id} already.")
    assignment = Assignment(account=account.id, area=area_id, since=since or now(), until=None)
    session.add(assignment)
    session.flush()
    return assignment


def unassign(session: AnySession, account: Account, area_id: str) -> None:
    assignment = session.scalar(select(Assignment).where(Assignment.account == account.id, Assignment.area == area_id, Assignment.until.is_(None)))
    if assignment is None:
        raise NotFound(f"{account.username} is not assigned to {area_id}.")
    assignment.until = now()


def areas_of(session: AnySession, account_id: str, at: datetime | None = None) -> list[Area]:
    """The areas whose records this person's phone holds: the lowest ones at or below each assigned area (a leader's grids), by id."""
    at = at or now()
    running = (Assignment.since <= at) & (Assignment.until.is_(None) | (Assignment.until > at))
    assigned = set(session.scalars(select(Assignment.area).where(Assignment.account == account_id, running)))
    parents = {row.id: row.parent for row in session.execute(select(Area.id, Area.parent))}
    return sorted(session.scalars(select(Area).where(Area.id.in_(lowest_below(assigned, parents)))), key=lambda area: area.id)


def lowest_below(assigned: Iterable[str], parents: dict[str, str | None]) -> set[str]:
    """Of the areas at or below the assigned ones, those with nothing below them. `parents`: area → the one above it."""
    has_below = set(parents.values())
    wanted = set(assigned)
    found = set()
    for area in parents:
        if area in has_below:
            continue
        above: str | None = area
        for _ in range(AREA_DEPTH_MAX):
            if above is None or above in wanted:
                break
            above = parents.get(above)
        if above in wanted:
            found.add(area)
    return found


def record_event(session: AnySession, account_id: str | None, action: str, subject: str, **detail: object) -> AuditEvent:
    """Who did what, for the audit."""
    event = AuditEvent(at=now(), account=account_id, action=action, subject=subject, detail=orjson.dumps(detail))
    session.add(event)
    return event


def _next_id(session: AnySession) -> str:
    numbers = [int(taken[1:]) for taken in session.scalars(select(Account.id)) if re.fullmatch(r"w[0-9]+", taken)]
    return f"w{max(numbers, default=0) + 1:04d}"
