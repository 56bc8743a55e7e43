"""An office over a small seeded store: two grids, their people, one held survey with two problems, one dispute."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import orjson
from flask.testing import FlaskClient

from forms.check import publishable
from server.accounts import account_by_username, add_account, add_area, assign
from server.passwords import hash_password
from sync.store.facets import facets
from sync.store.models import Contribution, Device, FormVersion, Outbox, Record, Stray, Submission

CLOCK = "1770080102000-0000-d-7f3a0001"
PASSWORD = "gate-lantern-42"
NOW = datetime.now(UTC).replace(tzinfo=None, microsecond=0)
HOUSEHOLD = "household:abcdefghijklmnopqrstuvwxyz"
NEIGHBOUR = "household:bbbbbbbbbbbbbbbbbbbbbbbbbb"
ELSEWHERE = "household:cccccccccccccccccccccccccc"
PERSON = "person:01JD3Z8Q5V7M2K4X9T6B1N0CFA"
CASE = "quarantine_case:01JD3Z8Q5V7M2K4X9T6B1N0CFC"
SURVEY = "submission:01JD3Z8Q5V7M2K4X9T6B1N0CFR"
HELD = "submission:01JD3Z8Q5V7M2K4X9T6B1N0CFS"
HELD_ELSEWHERE = "submission:01JD3Z8Q5V7M2K4X9T6B1N0CFT"
UNKNOWN_FORM = "submission:01JD3Z8Q5V7M2K4X9T6B1N0CFU"


def days_ago(days: int) -> str:
    return (datetime.now(ZoneInfo("Asia/Shanghai")) - timedelta(days=days)).date().isoformat()


def words(zh: str, en: str) -> dict[str, str]:
    return {"zh": zh, "en": en}


SURVEY_FORM = {
    "_id": "form:household_survey:1",
    "type": "form",
    "form": "household_survey",
    "version": "1",
    "title": words("入户摸排", "Household survey"),
    "languages": ["zh", "en"],
    "current": True,
    "fields": [
        {"name": "household_id", "path": "/household_id", "type": "hidden", "label": words("household_id", "household_id")},
        {
            "name": "visit",
            "path": "/visit",
            "type": "group",
            "label": words("本次走访", "This visit"),
            "fields": [
                {
                    "name": "outcome",
                    "path": "/visit/outcome",
                    "type": "select_one",
                    "label": words("走访结果", "Result of the visit"),
                    "choices": [{"value": "done", "label": words("完成", "Done")}, {"value": "call_back", "label": words("约好再来", "Call back at a time")}],
                }
            ],
        },
        {"name": "household_phone", "path": "/household_phone", "type": "text", "label": words("住户电话", "Household telephone"), "pii": "phone"},
        {
            "name": "members",
            "path": "/members",
            "type": "repeat",
            "label": words("家庭成员", "People who live here"),
            "fields": [
                {"name": "name", "path": "/members/name", "type": "text", "label": words("姓名", "Name"), "pii": "name"},
                {"name": "temperature", "path": "/members/temperature", "type": "decimal", "label": words("体温（℃）", "Temperature (℃)")},
                {
                    "name": "health_code",
                    "path": "/members/health_code",
                    "type": "select_one",
                    "label": words("健康码", "Health code"),
                    "choices": [{"value": "green", "label": words("绿码", "Green")}, {"value": "red", "label": words("红码", "Red")}],
                },
            ],
        },
    ],
    "entities": [
        {"kind": "household", "repeat": None, "id": "/household_id", "properties": {"outcome": "/visit/outcome", "phone": "/household_phone"}},
        {
            "kind": "person",
            "repeat": "/members",
            "id": "/members/person_id",
            "properties": {"name": "/members/name", "temperature": "/members/temperature", "health_code": "/members/health_code"},
        },
    ],
}


SURVEY_SOURCE = """
| settings |
| | form_title::zh | form_title::en | form_id | version | default_language |
| | 入户摸排 | Household survey | household_survey | 1 | zh |

| survey |
| | type | name | label::zh | label::en | pii | relevant | constraint | constraint_message::zh | constraint_message::en | save_to |
| | hidden | household_id | | | | | | | | |
| | begin_group | visit | 本次走访 | This visit | | | | | | |
| | select_one outcome | outcome | 走访结果 | Result of the visit | | | | | | household#outcome |
| | end_group | | | | | | | | | |
| | text | household_phone | 住户电话 | Household telephone | phone | ${outcome} = 'done' | | | | household#phone |
| | begin_repeat | members | 家庭成员 | People who live here | | | | | | |
| | hidden | person_id | | | | | | | | |
| | text | name | 姓名 | Name | name | | | | | person#name |
| | decimal | temperature | 体温（℃） | Temperature (℃) | | | . >= 34 and . <= 43 | 体温应在34到43之间 | Must be from 34 to 43 | person#temperature |
| | select_one code | health_code | 健康码 | Health code | | | | | | person#health_code |
| | end_repeat | | | | | | | | | |

| choices |
| | list_name | name | label::zh | label::en |
| | outcome | done | 完成 | Done |
| | outcome | call_back | 约好再来 | Call back at a time |
| | code | green | 绿码 | Green |
| | code | red | 红码 | Red |

| entities |
| | list_name | entity_id | label::zh | label::en |
| | household | ${household_id} | ${phone} | ${phone} |
| | person | ${person_id} | ${name} | ${name} |
"""


def field(value: object, worker: str = "w0003", submission: str = SURVEY, **more: object) -> dict[str, object]:
    at = "2026-02-03T01:15:02+00:00"
    return {"value": value, "worker": worker, "device": "d-7f3a0001", "at": at, "clock": CLOCK, "submission": submission, "form": "household_survey", **more}


def record(record_id: str, area: str, label: str, search: str, fields: dict, state: str | None = None, disputes: int = 0, **links: str | None) -> Record:
    kind = record_id.split(":")[0]
    body = {"_id": record_id, "type": "record", "kind": kind, "area": area, "label": label, "version": {}, "fields": fields, "search": search}
    columns = {"household": None, "person": None, **links, **facets(label, fields)}
    return Record(
        id=record_id, kind=kind, area=area, label=label, search=search, state=state, disputes=disputes, updated_at=NOW, body=orjson.dumps(body), **columns
    )


def submission(submission_id: str, state: str, area: str | None = "g0311", form: str = "household_survey", **more: object) -> Submission:
    answers = more.pop("answers", {"household_id": HOUSEHOLD, "visit": {"outcome": "done"}})
    document = {"_id": submission_id, "type": "submission", "form": form, "answers": answers}
    columns = {
        "database": "worker-w0003", "revision": "1-a", "version": "1", "worker": "w0003", "device": "d-7f3a0001", "clock": CLOCK, "supersedes": None,
        "finished_at": NOW - timedelta(minutes=5), "received_at": NOW, "document": orjson.dumps(document), "answers": orjson.dumps(answers),
        "problems": b"[]", "remarks": b"[]", "verdict": state, **more,
    }  # fmt: skip
    return Submission(id=submission_id, state=state, area=area, form=form, **columns)


def contribution(record_id: str, properties: dict[str, object], submission: str = SURVEY) -> Contribution:
    """What the survey says of a record."""
    said = {"kind": record_id.partition(":")[0], "form": "household_survey", "worker": "w0003", "device": "d-7f3a0001", "at": "2026-02-03T01:15:02+00:00",
            "clock": CLOCK, "effective": CLOCK, "based_on": {}, "properties": properties, "area": "g0311"}  # fmt: skip
    return Contribution(record=record_id, submission=submission, path="", counts=True, dot_device="d-7f3a0001", dot_clock=CLOCK, body=orjson.dumps(said))


def problem(path: str, rule: str, zh: str, en: str) -> dict[str, object]:
    return {"path": path, "rule": rule, "message": words(zh, en)}


def seed(session) -> None:
    password_hash = hash_password(PASSWORD)  # one for all: each costs a core 50 ms
    add_area(session, "s03", "community", "温泉社区", "Wenquan community", None)
    add_area(session, "g0311", "grid", "一网格", "Grid 1", "s03")
    add_area(session, "g0312", "grid", "二网格", "Grid 2", "s03")
    add_area(session, "s04", "community", "浮山社区", "Fushan community", None)
    add_area(session, "g0411", "grid", "浮山网格", "Fushan grid", "s04")
    for username, name, role in (
        ("admin", "王芳", "administrator"),
        ("leader", "刘洋", "leader"),
        ("surveyor1", "陈静", "surveyor"),
        ("operator", "运维", "operator"),
        ("admin2", "赵敏", "administrator"),
    ):
        add_account(session, username, name, role, None).password_hash = password_hash
    session.flush()
    assign(session, account_by_username(session, "leader"), "s03")
    assign(session, account_by_username(session, "surveyor1"), "g0311")
    session.add(
        FormVersion(
            form="household_survey",
            version="1",
            audience="phone",
            source=SURVEY_SOURCE.encode(),
            source_type=".md",
            xform=publishable(SURVEY_SOURCE, ".md").xform,
            document=orjson.dumps(SURVEY_FORM),
            current=True,
            published_at=NOW,
        )
    )
    other = {"value": "0715-8255311", "worker": "w0002", "device": "d-7f3a0002", "at": "2026-02-03T01:20:00+00:00", "clock": CLOCK, "submission": SURVEY}
    address = {"building": field("1"), "unit": field("2"), "room": field("311")}
    session.add_all([
        record(HOUSEHOLD, "g0311", "1栋 2单元 311", "1栋 2单元 311 何伶俐 helingli hll 0715-8255301",
               {**address, "outcome": field("done"), "phone": field("0715-8255301", disputed=[other])}, "done", 1),
        record(NEIGHBOUR, "g0311", "10栋 1单元 101", "10栋 1单元 101", {"building": field("10")}),
        record(ELSEWHERE, "g0411", "2栋 1单元 202", "2栋 1单元 202", {"building": field("2"), "outcome": field("call_back")}, "call_back"),
        record(PERSON, "g0311", "何伶俐", "何伶俐 helingli hll 13800000001",
               {"name": field("何伶俐"), "temperature": field(38.2), "health_code": field("red")}, household=HOUSEHOLD),
        record(CASE, "g0311", "何伶俐", "何伶俐 helingli hll",
               {"starts_on": field(days_ago(2)), "ends_on": field(days_ago(-12)), "temperature": field(36.5)},
               household=HOUSEHOLD, person=PERSON),
        submission(SURVEY, "accepted"),
        contribution(HOUSEHOLD, {"building": "1", "unit": "2", "room": "311", "outcome": "done", "phone": "0715-8255301"}),
        contribution(PERSON, {"name": "何伶俐", "temperature": 38.2, "health_code": "red", "household": HOUSEHOLD}),
        submission(HELD, "held", answers={"household_id": HOUSEHOLD, "visit": {}, "members": [{"name": "何玲利", "temperature": 63.8, "shoe_size": 38}]},
                   problems=orjson.dumps([problem("/members/0/temperature", "constraint", "体温应在34到43之间", "Temperature must be from 34 to 43"),
                                          problem("/visit/outcome", "required", "必须填写", "This must be answered")])),
        submission(HELD_ELSEWHERE, "held", area="g0411", problems=orjson.dumps([problem("", "area", "该人员不负责此区域", "Not assigned there")])),
        submission(UNKNOWN_FORM, "held", form="fishing_licence", version="9", answers={"boat": "江豚"},
                   problems=orjson.dumps([problem("", "form", "没有这个表单", "There is no such form")])),
        Stray(database="worker-w0003", document_id="note:1", revision="1-b", reason="type", received_at=NOW, document=b'{"_id":"note:1","text":"hello"}'),
        Outbox(database="area-g0311", document_id=HOUSEHOLD, body=b"{}"),
        Device(id="d-7f3a0001", account="w0003", refresh_hash=None, app="0.1.0", created_at=NOW, last_seen_at=NOW, revoked_at=None),
    ])  # fmt: skip
    session.commit()


class Browser:
    """A person's browser: it asks in their language and sends each form with the mark that the page gave it."""

    def __init__(self, client: FlaskClient, language: str):
        self.client = client
        self.headers = {"Accept-Language": language}

    def get(self, path: str, **query: object):
        return self.client.get(path, query_string=query or None, headers=self.headers)

    def post(self, path: str, page: str = "/surveyor", **form: object):
        return self.client.post(path, data={"csrf_token": self.mark(page), **form}, headers=self.headers)

    def mark(self, page: str) -> str:
        text = self.client.get(page, headers=self.headers, follow_redirects=True).text
        return text.partition('name="csrf_token" value="')[2].partition('"')[0]
