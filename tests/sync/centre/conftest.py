"""A whole centre in a folder: real store, real sync engine, a real form; and phones that write into the inboxes."""

from __future__ import annotations

import itertools
import re
from datetime import datetime, timedelta
from pathlib import Path

import orjson
import pytest
from sqlalchemy import select

from forms.check import publishable
from sync import clock
from sync.engine import Engine
from sync.engine.wire import read_edit
from sync.pipeline import Pipeline
from sync.store import open_store, upgrade
from sync.store.models import Account, Area, Assignment, Contribution, Outbox, Record, Stray, Submission, table
from sync.store.published import publish_form

FORM = """
| settings |
| | form_title::zh | form_title::en | form_id | version | default_language |
| | 摸排 | Survey | survey | 1 | zh |

| survey |
| | type | name | label::zh | label::en | required | constraint | constraint_message::zh | constraint_message::en | save_to | merge |
| | hidden | household_id | | | yes | | | | person#household | |
| | text | phone | 电话 | Telephone | | | | | household#phone | |
| | text | needs | 需求 | Needs | | | | | household#needs | |
| | integer | masks | 口罩 | Masks | | | | | household#masks | sum |
| | text | building | 栋 | Building | | | | | household#building | |
| | text | room | 室 | Room | | | | | household#room | |
| | begin_repeat | members | 成员 | Members | | | | | | |
| | hidden | person_id | | | yes | | | | | |
| | text | name | 姓名 | Name | yes | | | | person#name | |
| | decimal | temperature | 体温 | Temperature | | . >= 34 and . <= 43 | 体温应在34到43之间 | Temperature must be from 34 to 43 | person#temperature | |
| | end_repeat | | | | | | | | | |

| entities |
| | list_name | entity_id | label::zh | label::en |
| | household | ${household_id} | ${building}栋 ${room} | Building ${building}, room ${room} |
| | person | ${person_id} | ${name} | ${name} |
"""

NOON = datetime(2026, 2, 3, 12, 0)
WORKERS = ("w0001", "w0002", "w0003")
HOUSEHOLD = "household:aaaaaaaaaaaaaaaaaaaaaaaaaa"
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def submission_id(number: int) -> str:
    """`submission:` and a ULID that counts."""
    text = ""
    while number:
        number, digit = divmod(number, 32)
        text = _ALPHABET[digit] + text
    return "submission:01JD3Z" + text.rjust(20, "0")


class Centre:
    def __init__(self, folder: Path, form, store=None, databases=None, url=None):
        url = url or f"sqlite:///{folder}/central.db"
        upgrade(url)
        self.url = url
        self.folder = folder
        self.store = store(open_store(url)) if store else open_store(url)
        self.databases = databases(Engine(folder / "sync")) if databases else Engine(folder / "sync")
        self.time = NOON + timedelta(hours=1)
        self.numbers = itertools.count(1)
        self.form = form
        self.pipeline = self.new_pipeline()

    def new_pipeline(self) -> Pipeline:
        """As after a restart."""
        self.pipeline = Pipeline(self.store, self.databases, now=lambda: self.time)
        return self.pipeline

    def found(self) -> Centre:
        """One community of two grids, three workers on the first, the form published."""
        with self.store.writing() as connection:
            place = {"place": "c03", "name_zh": "社区", "name_en": "Community"}
            connection.execute(table(Area).insert(), [{"id": "c03", "parent": None, "level": "community", **place}])
            connection.execute(table(Area).insert(), [{"id": id, "parent": "c03", "level": "grid", **place} for id in ("g0311", "g0312")])
            person = {"password_hash": "!", "language": "zh", "active": True, "created_at": NOON}
            people = [(worker, "surveyor") for worker in WORKERS] + [("leader", "leader"), ("admin", "administrator")]
            connection.execute(table(Account).insert(), [{"id": id, "username": id, "name": f"name of {id}", "role": role, **person} for id, role in people])
            since = {"since": NOON - timedelta(days=30), "until": None}
            assigned = [*((worker, "g0311") for worker in WORKERS), ("leader", "c03")]
            connection.execute(table(Assignment).insert(), [{"account": account, "area": area, **since} for account, area in assigned])
            self.publish_form(connection)
        for worker in (*WORKERS, "leader", "admin"):
            self.databases.create(f"worker-{worker}", {})
        for name in ("forms", "area-g0311", "area-g0312"):
            self.databases.create(name, {}, writers="server")
        return self

    def publish_form(self, connection, form=None) -> None:
        form = form or self.form
        publish_form(connection, form.as_document(), source=b"", source_type=".md", audience="phone", now=NOON, published_by=None)

    def submission(self, worker="w0001", number=None, seconds=None, answers=None, **changes) -> dict:
        """A submission that keeps every rule, changed as asked; None takes a part away. `seconds` after noon on the phone's clock."""
        number = number or next(self.numbers)
        seconds = number if seconds is None else seconds
        device = changes.get("device") or f"d-{worker}"
        written = NOON + timedelta(seconds=seconds)
        document = {
            "_id": submission_id(number),
            "type": "submission",
            "form": "survey",
            "version": "1",
            "area": "g0311",
            "answers": {"household_id": HOUSEHOLD, **(answers or {})},
            "based_on": {},
            "started_at": "2026-02-03T12:00:00Z",
            "finished_at": (written.isoformat() if 2000 < written.year < 2090 else "2026-02-03T12:00:00") + "+00:00",
            "clock": clock.format(clock.milliseconds(written), 0, device),
            "clock_offset_ms": 0,
            "worker": worker,
            "device": device,
            "app": "0.1.0",
            "supersedes": None,
            "media": [],
        }
        document.update(changes)
        return {name: value for name, value in document.items() if value is not None or name == "supersedes"}

    def put(self, *documents, inbox=None) -> None:
        for document in documents:
            self.databases.publish(inbox or f"worker-{document['worker']}", [document])

    def replicate(self, document, revision) -> None:
        """As replication does: with the revision that the phone gave it. Two of one document are a conflict."""
        edit = read_edit({**document, "_rev": revision}, replicated=True)
        self.databases.open(f"worker-{document['worker']}").write([edit], replicated=True)

    def merge(self) -> None:
        """Until nothing is left to do."""
        for _ in range(1000):
            self.time += timedelta(milliseconds=10)
            if not self.pipeline.run_once():
                return
        raise AssertionError("the pipeline never comes to rest")

    def take(self, *documents, inbox=None) -> None:
        self.put(*documents, inbox=inbox)
        self.merge()

    def receipt(self, document, worker=None) -> dict | None:
        return self.databases.read(f"worker-{worker or document['worker']}", "receipt:" + document["_id"].removeprefix("submission:"))

    def record(self, id=HOUSEHOLD, area="g0311") -> dict | None:
        return self.databases.read(f"area-{area}", id)

    def published(self, area, id) -> bytes | None:
        """What the area's phones get, as the store keeps it."""
        document = self.record(id, area)
        return None if document is None else orjson.dumps({name: value for name, value in document.items() if name != "_rev"}, option=orjson.OPT_SORT_KEYS)

    def value(self, name, id=HOUSEHOLD):
        record = self.record(id)
        return None if record is None or name not in record["fields"] else record["fields"][name]["value"]

    def rows(self, model) -> list:
        with self.store.reading() as connection:
            return [dict(row) for row in connection.execute(select(table(model))).mappings()]

    def states(self) -> dict[str, str]:
        return {row["id"]: row["state"] for row in self.rows(Submission)}

    def strays(self) -> list[tuple[str, str]]:
        return [(row["document_id"], row["reason"]) for row in self.rows(Stray)]

    def everything(self) -> dict:
        """What must be equal after the same submissions, whatever happened on the way: records in store and areas, states, receipts."""
        assert self.rows(Outbox) == []
        published = {}
        for name in self.databases.names():
            for change in self.databases.changes(name, limit=100_000).changes:
                leaf = change.leaves[0]
                if change.id.startswith(("receipt:", "household:", "person:")) and not leaf.deleted:
                    published[name, change.id] = orjson.dumps({k: v for k, v in leaf.document.items() if k not in ("_rev", "at")}, option=orjson.OPT_SORT_KEYS)
        return {
            "records": {row["id"]: row["body"] for row in self.rows(Record)},
            "contributions": {(row["record"], row["submission"], row["path"]): (row["counts"], row["body"]) for row in self.rows(Contribution)},
            "states": self.states(),
            "published": published,
        }

    def close(self) -> None:
        self.store.close()
        self.databases.close()


@pytest.fixture(scope="session")
def form():
    checked = publishable(FORM, ".md")
    assert checked.form is not None, checked.findings
    return checked.form


@pytest.fixture(scope="session")
def form_of_version():
    """The same form under another version."""

    def make(version):
        return publishable(re.sub(r"\| 1 \| zh \|", f"| {version} | zh |", FORM), ".md").form

    return make


@pytest.fixture
def new_centre(tmp_path, form, empty_store):
    """Makes centres on SQLite and on PostgreSQL, each in a folder of its own; the wrappers stand between the pipeline and the real store and databases."""
    made = []

    def make(store=None, databases=None, url=None) -> Centre:
        folder = tmp_path / f"centre{len(made)}"
        folder.mkdir()
        made.append(Centre(folder, form, store, databases, url or empty_store(folder)))
        return made[-1].found()

    yield make
    for each in made:
        each.close()


@pytest.fixture
def centre(new_centre):
    return new_centre()


@pytest.fixture(scope="session")
def open_centre(form):
    """Opens a centre in a folder, on SQLite: a new one, empty, or one that is there."""
    return lambda folder: Centre(folder, form)
