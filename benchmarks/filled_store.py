"""A central store with any number of submissions, as after months of work: for benchmarks, and for tests of what grows with the store.

    python -m benchmarks.filled_store sqlite:////tmp/filled.sqlite 1000000

One community's month goes through the real merge worker: surveys, second visits, corrections, disputes, held, rejected and returned ones. Then the store
itself copies it, each time under other names for whatever has one: areas, people who sign in, phones, submissions, records, telephone numbers. So all is as
the merge worker would have left it, and a million take minutes instead of an hour. The outbox is empty; the sync engine is not filled.
"""

from __future__ import annotations

import itertools
import random
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, LargeBinary, String
from sqlalchemy.types import DateTime

from forms.check import publishable
from server.demo_answers import check
from sync import clock, review
from sync.engine import Engine
from sync.pipeline import Pipeline
from sync.store import Store, open_store, upgrade
from sync.store.models import Account, Area, Assignment, Contribution, Decision, Record, Submission, table
from sync.store.published import publish_form
from sync.store.searchable import Keeper

COMMUNITY_SUBMISSIONS = 1_000
"""One community's; the store is filled in steps of so many."""
COMMUNITIES_MAX = 6**6
COMMUNITIES_IN_A_STREET = 25
STREETS_IN_A_DISTRICT = 8
HOUSEHOLDS = 250
SECOND_VISITS = 50
IN_QUARANTINE = 35
"""Households; the checks of these make up the rest."""
WORKERS = 4
DAYS = 30
COPIES_IN_A_TRANSACTION = 10
MARK = "222222"
"""Stands in every name of the first community; the others have other digits from 2 to 7 there, which all kinds of names may have.

In ids it stands behind what numbers the household or the person: a community's lie all over the store, as they would, not side by side."""
NOON = datetime(2026, 2, 3, 4, 0)
CATALOGUE = Path(__file__).parent.parent / "forms" / "catalogue"
FORMS = ("household_survey", "quarantine_check")
COPIED = (Area, Account, Assignment, Submission, Contribution, Record, Decision)

SURNAMES = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆汪范金石廖贾夏"
    "韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤"
)
GIVEN = (
    "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超霞平刚桂英玉兰秀珍建国志强伶俐红梅文华国庆春生海燕晓东雪松子涵梓轩雨欣浩然诗琪俊豪佳怡宇航欣妍思远美玲金凤淑珍德福永贵"
)


def fill(url: str, submissions: int, say: Callable[[str], None] = lambda line: None) -> int:
    """Bring an empty store at `url` to at least so many submissions; how many there are."""
    communities = -(-submissions // COMMUNITY_SUBMISSIONS)
    if communities > COMMUNITIES_MAX:
        raise ValueError(f"at most {COMMUNITIES_MAX * COMMUNITY_SUBMISSIONS:,} submissions")
    upgrade(url)
    store = open_store(url)
    try:
        _first_community(store)
        _copies(store, communities, say)
        _under_streets(store, communities)
    finally:
        store.close()
    return communities * COMMUNITY_SUBMISSIONS


def marks() -> Iterator[str]:
    """Of the communities, the first one first; in order, so that their rows lie one behind the other."""
    return ("".join(digits) for digits in itertools.product("234567", repeat=len(MARK)))


def household(number: int, mark: str = MARK) -> str:
    letters = "".join(chr(ord("a") + number // 26**place % 26) for place in (2, 1, 0))
    return f"household:{letters}{mark}{'a' * 17}"


def person(number: int, index: int, mark: str = MARK) -> str:
    return f"person:01JD{number:06d}A{mark}A{index:08d}"


# The first community, through the real merge worker


def _first_community(store: Store) -> None:
    chance = random.Random(5)  # noqa: S311 the same store every time
    forms = [publishable((CATALOGUE / f"{name}.md").read_text(), ".md").form for name in FORMS]
    with store.writing() as connection:
        place = {"place": f"c{MARK}", "name_zh": f"社区{MARK}", "name_en": f"Community {MARK}"}
        connection.execute(table(Area).insert().values(id=f"c{MARK}", parent=None, level="community", **place))
        for grid in range(WORKERS):
            connection.execute(table(Area).insert().values(id=f"g{MARK}{grid}", parent=f"c{MARK}", level="grid", **place))
            account = {"id": f"w{MARK}{grid}", "username": f"w{MARK}{grid}", "name": "王芳", "password_hash": "!", "role": "surveyor", "language": "zh"}
            connection.execute(table(Account).insert().values(**account, active=True, created_at=NOON))
            since = NOON - timedelta(days=DAYS)
            connection.execute(table(Assignment).insert().values(account=f"w{MARK}{grid}", area=f"c{MARK}", since=since, until=None))
        for form in forms:
            assert form is not None
            publish_form(connection, form.as_document(), source=b"", source_type=".md", audience="phone", now=NOON, published_by=None)
    sent = list(_month(chance))
    with tempfile.TemporaryDirectory() as folder:
        databases = Engine(Path(folder))
        for name in ("forms", *(f"area-g{MARK}{grid}" for grid in range(WORKERS)), *(f"worker-w{MARK}{grid}" for grid in range(WORKERS))):
            databases.create(name, {})
        pipeline = Pipeline(store, databases, now=lambda: NOON + timedelta(hours=1))
        for each in sent:
            databases.publish(f"worker-{each['worker']}", [each])
        while pipeline.run_once():
            pass
        for each in chance.sample([each for each in sent if each["supersedes"] is None], 20):
            action: review.Action = chance.choice(("reject", "return"))
            try:
                review.decide(store, each["_id"], action, f"w{MARK}0", "请核对", now=lambda: NOON + timedelta(hours=2))
            except review.CannotDecide:  # corrected already
                continue
        while pipeline.run_once():
            pass
        databases.close()


def _month(chance: random.Random) -> Iterator[dict[str, Any]]:
    """COMMUNITY_SUBMISSIONS of them: every household once; a second visit to some, by people who did not know of the first, corrected, or wrong; and the
    twice-daily checks of those in quarantine, which are most of the work."""
    homes = [_members(chance, number) for number in range(HOUSEHOLDS)]
    surveys = [_survey(number + 1, number, number % WORKERS, members, {}) for number, members in enumerate(homes)]
    yield from surveys
    for count, number in enumerate(chance.sample(range(HOUSEHOLDS), SECOND_VISITS), HOUSEHOLDS + 1):
        before, members = surveys[number], homes[number]
        version = {before["device"]: before["clock"]}
        known = {household(number): version, **{each["person_id"]: version for each in members}}
        later = [{**each, "temperature": round(36 + chance.random(), 1)} for each in members]
        match count % 5:
            case 0:  # a correction of the first
                yield _survey(count, number, number % WORKERS, later, known, supersedes=before["_id"])
            case 1 | 2:  # someone who had not seen the first, and wrote another number
                later[0] = {**later[0], "phone": f"15{MARK}{count % 1000:03d}"}
                yield _survey(count, number, (number + 1) % WORKERS, later, {}, area=number % WORKERS)
            case 3:  # a slip: held
                later[0] = {**later[0], "temperature": 376}
                yield _survey(count, number, number % WORKERS, later, known)
            case _:
                yield _survey(count, number, number % WORKERS, later, known)
    seen: dict[str, str] = {}
    for count in range(HOUSEHOLDS + SECOND_VISITS + 1, COMMUNITY_SUBMISSIONS + 1):
        number = count % IN_QUARANTINE
        kind = "morning" if count // IN_QUARANTINE % 2 else "evening"
        people = [_Resident(homes[number][0]["person_id"], _Named(homes[number][0]["name"]), f"quarantine_case:{_key(number)}")]
        at = NOON + timedelta(seconds=count)
        answers = check(chance, _Door("1", "1", "101", household(number)), people, kind, at.replace(tzinfo=UTC), unwell=False, broken=False)
        case = people[0].case
        document = _submission(
            "quarantine_check", count, number % WORKERS, answers, {case: {f"d-{MARK}{number % WORKERS:02d}": seen[case]}} if case in seen else {}
        )
        seen[case] = document["clock"]
        yield document


@dataclass
class _Door:
    building: str
    unit: str
    room: str
    household: str


@dataclass
class _Named:
    name: str


@dataclass
class _Resident:
    id: str
    person: Any
    case: str
    origin: None = None
    returned_on: None = None


def _members(chance: random.Random, number: int) -> list[dict[str, Any]]:
    surname = chance.choice(SURNAMES)
    return [
        {
            "person_id": person(number, index),
            "name": surname + "".join(chance.sample(GIVEN, chance.choice((1, 2, 2)))),
            "sex": chance.choice("12"),
            "birth_year": chance.randint(1935, 2020),
            "relation": str(index),
            "phone": f"13{MARK}{(number * 5 + index) % 1000:03d}",
            "kind": "resident",
            "temperature": round(36 + chance.random(), 1),
            "symptoms": ["none"],
            "health": {"contact_history": "no", "health_code": "green", "vulnerable": []},
        }
        for index in range(chance.choice((1, 2, 2, 3, 3, 4)))
    ]


def _survey(
    count: int, number: int, grid: int, members: list[dict[str, Any]], based_on: dict[str, Any], supersedes: str | None = None, area: int | None = None
) -> dict[str, Any]:
    building, unit, room = str(1 + number // 60), str(1 + number // 30 % 2), str(100 * (1 + number % 30 // 2) + 1 + number % 2)
    answers = {
        "household_id": household(number),
        "visit_id": f"visit:{_key(count)}",
        "visit": {"mode": "door", "outcome": "done", "visited_at": (NOON + timedelta(seconds=count)).isoformat() + "+00:00"},
        "address": {"building": building, "unit": unit, "room": room, "ordinal": 1, "household_phone": f"135{MARK}{number % 100:02d}"},
        "members": members,
        "household_needs": {"needs": ["food"], "member_count": len(members), "vulnerable_count": 0, "fever_count": 0},
        "closing": {"position": {"latitude": 29.84, "longitude": 114.32, "altitude": 0, "accuracy": 12.5}, "consent": "yes"},
    }
    return _submission("household_survey", count, grid, answers, based_on, supersedes, area)


def _key(number: int) -> str:
    return f"01JD{number:06d}A{MARK}A00000000"


def _submission(
    form: str, count: int, grid: int, answers: dict[str, Any], based_on: dict[str, Any], supersedes: str | None = None, area: int | None = None
) -> dict[str, Any]:
    device, written = f"d-{MARK}{grid:02d}", NOON + timedelta(seconds=count)
    return {
        "_id": f"submission:{_key(count)}",
        "type": "submission",
        "form": form,
        "version": "1",
        "area": f"g{MARK}{grid if area is None else area}",
        "answers": answers,
        "based_on": based_on,
        "started_at": written.isoformat() + "+00:00",
        "finished_at": written.isoformat() + "+00:00",
        "clock": clock.format(clock.milliseconds(written), 0, device),
        "clock_offset_ms": 0,
        "worker": f"w{MARK}{grid}",
        "device": device,
        "app": "0.1.0",
        "supersedes": supersedes,
        "media": [],
    }


# The other communities, by the store itself


def _copies(store: Store, communities: int, say: Callable[[str], None]) -> None:
    wanted = list(itertools.islice(marks(), communities))
    assert wanted[0] == MARK
    with store.writing() as connection:
        for model in COPIED:
            connection.exec_driver_sql(f"CREATE TABLE first_{table(model).name} AS SELECT * FROM {table(model).name}")  # noqa: S608 our own names
    started = time.monotonic()
    for first in range(1, communities, COPIES_IN_A_TRANSACTION):
        with store.writing() as connection:
            for number in range(first, min(first + COPIES_IN_A_TRANSACTION, communities)):
                for model in COPIED:
                    _copy(connection, model, wanted[number], number, number * DAYS * 86_400 // communities)
        say(f"{min(first + COPIES_IN_A_TRANSACTION, communities) * COMMUNITY_SUBMISSIONS:,} submissions, {time.monotonic() - started:.0f} s")
    with store.writing() as connection:
        for model in COPIED:
            connection.exec_driver_sql(f"DROP TABLE first_{table(model).name}")
    keeper = Keeper(store)
    while keeper.bring_up(datetime.now(UTC).replace(tzinfo=None)):
        pass
    with store.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("ANALYZE" if connection.dialect.name == "sqlite" else "VACUUM ANALYZE")  # as it does by itself within minutes


def _under_streets(store: Store, communities: int) -> None:
    """The communities lie in streets, and these in the districts of a city, as many as it takes."""
    areas = table(Area)
    streets = -(-communities // COMMUNITIES_IN_A_STREET)
    above = [("xianning", None, "city", "咸宁市", "Xianning")]
    above += [(f"d{number:02}", "xianning", "district", f"{number + 1}区", f"District {number + 1}") for number in range(-(-streets // STREETS_IN_A_DISTRICT))]
    above += [(f"s{number:03}", f"d{number // STREETS_IN_A_DISTRICT:02}", "street", f"{number + 1}街道", f"Street {number + 1}") for number in range(streets)]
    with store.writing() as connection:
        for id, parent, level, zh, en in above:
            connection.execute(areas.insert().values(id=id, parent=parent, level=level, place=None, name_zh=zh, name_en=en))
        for number, mark in enumerate(itertools.islice(marks(), communities)):
            connection.execute(areas.update().where(areas.c.id == f"c{mark}").values(parent=f"s{number // COMMUNITIES_IN_A_STREET:03}"))


def _copy(connection: Connection, model: Any, mark: str, number: int, seconds: int) -> None:
    of_sqlite = connection.dialect.name == "sqlite"
    values = []
    columns = [column for column in table(model).columns if column.name != "number"]
    for column in columns:
        name = f'"{column.name}"'
        text = f"replace({name}, '{MARK}', '{mark}')"
        if isinstance(column.type, LargeBinary):
            of_postgresql = f"convert_to(replace(convert_from({name}, 'UTF8'), '{MARK}', '{mark}'), 'UTF8')"
            text = f"CAST(replace(CAST({name} AS TEXT), '{MARK}', '{mark}') AS BLOB)" if of_sqlite else of_postgresql
        elif isinstance(column.type, DateTime) and column.name in ("received_at", "updated_at", "at"):
            text = f"strftime('%Y-%m-%d %H:%M:%f000', {name}, '+{seconds} seconds')" if of_sqlite else f"{name} + interval '{seconds} seconds'"
        elif model is Decision and column.name == "id":
            text = f"{name} || '-{mark}'"
        elif model is Decision and column.name == "clock":  # no two are equal
            later = f"CAST(substr({name}, 1, 13) AS bigint) + {number * 100_000}"
            text = f"printf('%013d', {later}) || substr({name}, 14)" if of_sqlite else f"lpad(CAST({later} AS text), 13, '0') || substr({name}, 14)"
        elif not isinstance(column.type, String):
            text = name
        values.append(text)
    names = ", ".join(f'"{column.name}"' for column in columns)
    order = " ORDER BY number" if model is Submission else ""
    name = table(model).name
    connection.exec_driver_sql(f"INSERT INTO {name} ({names}) SELECT {', '.join(values)} FROM first_{name}{order}")  # noqa: S608 our own names


if __name__ == "__main__":
    print(f"{fill(sys.argv[1], int(sys.argv[2]), print):,} submissions")
