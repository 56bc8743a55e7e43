"""A small centre and surveys for it, as other benchmarks send them: WORKERS workers in one grid, HOUSEHOLDS households of four people."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from forms.form import Form
from sync import clock
from sync.engine import Engine
from sync.identity import household_id, ulid
from sync.store import Store
from sync.store.models import Account, Area, Assignment, table
from sync.store.published import publish_form

SUBMISSIONS = 2_000
WORKERS = 8
HOUSEHOLDS = 1_000
NOON = datetime(2026, 2, 3, 4, 0)
SURNAMES, GIVEN = "王李张刘陈杨黄赵吴周", ("伟", "芳", "秀英", "建国", "伶俐", "玉兰", "志强", "梅")
CATALOGUE = Path(__file__).parent.parent / "forms" / "catalogue"


def found(store: Store, databases: Engine, form: Form) -> None:
    with store.writing() as connection:
        connection.execute(table(Area).insert().values(id="g0311", parent=None, level="grid", place="c03", name_zh="网格", name_en="Grid"))
        for worker in range(WORKERS):
            account = {"id": f"w{worker}", "username": f"w{worker}", "name": "王芳", "password_hash": "!", "role": "surveyor", "language": "zh", "active": True}
            connection.execute(table(Account).insert().values(**account, created_at=NOON))
            connection.execute(table(Assignment).insert().values(account=f"w{worker}", area="g0311", since=NOON - timedelta(days=30), until=None))
        publish_form(connection, form.as_document(), source=b"", source_type=".md", audience="phone", now=NOON, published_by=None)
    for name in ("forms", "area-g0311", *(f"worker-w{worker}" for worker in range(WORKERS))):
        databases.create(name, {})


def submission(number: int) -> dict[str, Any]:
    worker, door = f"w{number % WORKERS}", number % HOUSEHOLDS
    building, unit, room = str(1 + door // 250), str(1 + door % 5), str(100 * (1 + door % 30) + door % 7)
    household = household_id(b"benchmark", "c03", building, unit, room, 1 + door % 9)
    device, written = f"d-{worker}", NOON + timedelta(seconds=number)
    outcome = {"mode": "door", "outcome": "done", "visited_at": written.isoformat() + "+00:00"}
    return {
        "_id": f"submission:{ulid()}",
        "type": "submission",
        "form": "household_survey",
        "version": "1",
        "area": "g0311",
        "answers": {
            "household_id": household,
            "visit": outcome,
            "address": {"building": building, "unit": unit, "room": room, "ordinal": 1 + door % 9, "household_phone": f"135{door:08d}"},
            "members": [member(door, index) for index in range(4)],
            "household_needs": {"needs": ["food"], "member_count": 4, "vulnerable_count": 1, "fever_count": 0},
            "closing": {"position": {"latitude": 29.84, "longitude": 114.32, "altitude": 0, "accuracy": 12.5}, "consent": "yes"},
        },
        "based_on": {},
        "started_at": written.isoformat() + "+00:00",
        "finished_at": written.isoformat() + "+00:00",
        "clock": clock.format(clock.milliseconds(written), 0, device),
        "clock_offset_ms": 0,
        "worker": worker,
        "device": device,
        "app": "0.1.0",
        "supersedes": None,
        "media": [],
    }


def member(door: int, index: int) -> dict[str, Any]:
    return {
        "person_id": f"person:{door:020d}{index:06d}",
        "name": SURNAMES[(door + index) % 10] + GIVEN[(door * 7 + index) % 8],
        "sex": str(1 + index % 2),
        "birth_year": 1950 + (door + index * 11) % 60,
        "relation": str(index),
        "phone": f"139{door:06d}{index:02d}",
        "kind": "resident",
        "temperature": 36.0 + index / 10,
        "symptoms": ["none"],
        "health": {"contact_history": "no", "health_code": "green", "vulnerable": ["elderly_alone"] if index == 3 else []},
    }


def accepted(store: Store) -> int:
    with store.reading() as connection:
        return connection.exec_driver_sql("SELECT count(*) FROM submissions WHERE state = 'accepted'").scalar_one()
