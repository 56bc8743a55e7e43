"""What waits in the office's queue of a test: disputes, pairs that may be one, people of two grids. Made as the merge worker makes it, from contributions."""

from __future__ import annotations

from datetime import datetime, timedelta

import orjson
from flask import Flask

from server.stores import stores
from sync import clock
from sync.causality import Contribution
from sync.ledger import Ledger
from sync.store.models import Contribution as ContributionRow
from sync.store.models import Submission, Suggestion
from tests.server.office.seeded import NOW, problem, submission

DOOR = "household:dddddddddddddddddddddddddd"
OTHER_DOOR = "household:eeeeeeeeeeeeeeeeeeeeeeeeee"
LING = "person:01JD3Z8Q5V7M2K4X9T6B1N0D01"
LING_TOO = "person:01JD3Z8Q5V7M2K4X9T6B1N0D02"
ZHAO = "person:01JD3Z8Q5V7M2K4X9T6B1N0D03"
FAR = "person:01JD3Z8Q5V7M2K4X9T6B1N0D04"
NOON = datetime(2026, 2, 3, 4, 0)


def submission_id(number: int) -> str:
    return f"submission:01JD3Z8Q5V7M2K4X9T6B2{number:05d}"


def says(
    app: Flask, record: str, number: int, area: str = "g0311", device: str = "", knew: dict[str, str] | None = None, policy: str = "", **properties: object
) -> None:
    """An accepted submission says this of a record. Nobody knew of anybody, unless `knew` says so. `policy`: of its form, for all of these."""
    at = NOON + timedelta(minutes=number)
    device = device or f"d-7f3b{number:04d}"
    text = clock.format(clock.milliseconds(at), 0, device)
    one = Contribution(
        record=record, kind=record.partition(":")[0], submission=submission_id(number), path="", form="household_survey", worker="w0003", device=device,
        at=clock.wire(at), clock=text, effective=text, dot=(device, text), based_on=knew or {}, properties=properties, area=area,
        policies=dict.fromkeys(properties, policy) if policy else {},
    )  # fmt: skip
    with app.app_context():
        session = stores().session
        if session.query(Submission).filter_by(id=one.submission).first() is None:
            session.add(submission(one.submission, "accepted", area=area, answers={}))
            session.commit()
        session.remove()
        with stores().store.writing() as connection:
            ledger = Ledger(connection, NOW)
            ledger.contribute([one], counts=True)
            ledger.close()


def suggest(app: Flask, left: str, right: str, score: float = 12.5, reasons: object = ()) -> None:
    lesser, greater = sorted((left, right))
    with app.app_context():
        stores().session.add(Suggestion(lesser=lesser, greater=greater, kind="person", score=score, reasons=orjson.dumps(list(reasons)), since=NOW))
        stores().session.commit()


def fill(app: Flask) -> None:
    """A dispute about a telephone, one about a health code, a pair in one grid, a pair across communities, a held form about a temperature."""
    says(app, DOOR, 1, building="3", unit="1", room="502")
    says(app, OTHER_DOOR, 2, area="g0312", building="4", unit="1", room="101")
    says(app, LING, 3, name="何伶俐", phone="13800000001", sex="2", birth_year=1975, household=DOOR)
    says(app, LING_TOO, 4, name="何玲利", phone="13800000001", sex="2", birth_year=1957, household=DOOR)
    says(app, ZHAO, 5, area="g0312", name="赵敏", phone="13900000001", household=OTHER_DOOR)
    says(app, ZHAO, 6, area="g0312", name="赵敏", phone="13900000002", needs="medicine", household=OTHER_DOOR)
    says(app, FAR, 7, area="g0411", name="何伶莉", phone="13800000001")
    sound, phone = ["given_sound", {"left": "伶俐", "right": "玲利", "bits": 7.0}], ["phone_same", {"bits": 9.5}]
    suggest(app, LING, LING_TOO, 14.0, [sound, phone, ["born_other", {"left": "1975", "right": "1957", "bits": -2.0}]])
    suggest(app, LING, FAR, 9.0, [["given_sound", {"left": "伶俐", "right": "伶莉", "bits": 7.0}]])


def hold(app: Flask, *numbers: int, about: str = "") -> list[str]:
    """Held submissions of one form, all with the same problem; `about`: a record that they speak of."""
    ids = [submission_id(900 + number) for number in numbers]
    why = orjson.dumps([problem("/visit/outcome", "required", "必须填写", "This must be answered")])
    speaks = [ContributionRow(record=about, submission=id, path="", counts=False, dot_device="d-1", dot_clock="1", body=b"{}") for id in ids if about]
    with app.app_context():
        stores().session.add_all([*(submission(id, "held", problems=why) for id in ids), *speaks])
        stores().session.commit()
    return ids
