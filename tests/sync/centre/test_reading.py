"""What the office reads is the same from SQLite and from PostgreSQL: every list, filter, order, count and search, over the same day's work."""

from dataclasses import replace
from datetime import timedelta

import pytest

from sync.review import decide
from sync.store import reading, reading_forms, reading_operator, reading_submissions
from sync.store.counts import count_all
from sync.store.reading import ORDERS, RecordQuery
from sync.store.reading_submissions import SubmissionQuery
from tests.sync.centre.conftest import HOUSEHOLD, NOON

SEEN = frozenset({"g0311"})
NAMES = ("何伶俐", "何玲利", "Ömer Çelik", "Ali", "ali", "张 三", "欧阳娜娜", "李_强", "50%", "Élodie", "zoe", "Zoé", "吕布", "100", "20", "3")


@pytest.fixture
def empty_store():
    """Both stores stand side by side here."""
    return None


@pytest.fixture
def both(new_centre, migrated_file, postgresql_server, tmp_path):
    lent = postgresql_server.migrated()
    made = [new_centre(url=url) for url in (migrated_file.copy(tmp_path / "sqlite"), lent)]
    for centre in made:
        days_work(centre)
    yield made
    postgresql_server.take_back(lent)


def days_work(centre):
    sent = []
    for number, name in enumerate(NAMES):
        door = f"household:{'abcdefgh'[number % 8] * 26}"
        members = [{"person_id": f"person:{number:026}", "name": name, "temperature": 36 + number / 10}]
        answers = {"household_id": door, "building": str(1 + number % 3), "room": str(number * 7), "phone": f"1380000{number:04}", "members": members}
        sent.append(centre.submission(("w0001", "w0002")[number % 2], answers=answers, area=("g0311", "g0312")[number == 15]))
    sent.append(centre.submission(answers={"members": [{"person_id": "person:x", "name": "何", "temperature": 55}]}))
    sent.append(centre.submission("w0002", answers={"household_id": "household:" + "a" * 26, "phone": "1"}, supersedes=sent[1]["_id"]))
    for each in sent:
        centre.take(each)
    centre.databases.publish("worker-w0001", [{"_id": "holiday"}, {"_id": "日记", "type": "note"}])
    decide(centre.store, sent[3]["_id"], "reject", "leader", "不对", now=lambda: centre.time)
    centre.merge()


RECORDS = [
    *(RecordQuery(kind, order=order) for kind in ("household", "person") for order in ORDERS),
    *(RecordQuery("person", search=words) for words in ("何", "helingli", "hll", "13800000001", "ALI", "é", "50%", "_", "ömer", "张 三", "1-", "zz")),
    *(RecordQuery("household", building=building) for building in ("1", "3", "9")),
    RecordQuery("household", within=SEEN),
    RecordQuery("household", area=frozenset({"g0312"})),
    RecordQuery("household", disputed=True),
    RecordQuery("person", fever=True),
    RecordQuery("person", page=7),
    RecordQuery("visit", state="none"),
    RecordQuery("household", state="again"),
    RecordQuery("quarantine_case", running_on="2026-02-03"),
    RecordQuery("quarantine_case", over_by="2026-02-03"),
]
SUBMISSIONS = [
    SubmissionQuery(),
    SubmissionQuery(oldest_first=True),
    *(SubmissionQuery(state=state) for state in ("held", "accepted", "superseded", "rejected")),
    *(SubmissionQuery(rule=rule, state="held") for rule in ("constraint", "chain", "area")),
    SubmissionQuery(within=SEEN, worker="w0002"),
    SubmissionQuery(area=frozenset({"g0312"}), form="survey"),
    SubmissionQuery(since=NOON + timedelta(hours=1, seconds=1)),
]


def all_that_is_read(connection):
    """name → what is read. Numbers count from 1 in both; moments are the centre's own."""
    read = {}
    counts = count_all(connection, NOON)
    for query in RECORDS:
        page = reading.records_page(connection, query)
        read[f"{query} page"] = (page.total, page.number, page.first, page.last, page.rows)
        read[f"{query} ids"] = ids = reading.record_ids(connection, query)
        read[f"{query} all"] = list(reading.records_all(connection, ids))
        read[f"{query} count"] = reading.count(connection, query)
        read[f"{query} counts"] = counts.by_state(query.kind, query.within), counts.by_area(query.kind, query.area), counts.buildings(query.kind)
    for id in (HOUSEHOLD, f"person:{0:026}", "person:nobody"):
        for within in (None, SEEN, frozenset({"g0312"})):
            read[f"record {id} {within}"] = found = reading.record(connection, id, within)
            read[f"linked {id} {within}"] = reading.linked(connection, found, within) if found else None
    read["labels"] = reading.labels(connection, [HOUSEHOLD, f"person:{0:026}"], SEEN)
    read |= {name: getattr(reading, name)(connection) for name in ("areas", "account_names", "form_versions", "received_last")}
    read["form"] = reading.form_document(connection, "survey", "1")
    for query in SUBMISSIONS:
        page = reading_submissions.submissions_page(connection, query)
        read[f"{query} page"] = (page.total, page.rows)
        read[f"{query} all"] = list(reading_submissions.submissions_all(connection, query))
        read[f"{query} count"] = reading_submissions.count(connection, query)
        read[f"{query} forms"] = reading_submissions.counts_by_form(connection, query)
        read[f"{query} workers"] = reading_submissions.workers_in(connection, (query.within, query.area), 300)
        read[f"{query} next"] = reading_submissions.next_held(connection, replace(query, state="held"), 0)
    for row in reading_submissions.submissions_page(connection, SubmissionQuery()).rows:
        id = row["id"]
        read[f"submission {id}"] = reading_submissions.submission(connection, id, None)
        read[f"decisions {id}"] = [{**each, "id": ""} for each in reading_submissions.decisions_about(connection, id)]
        read[f"records of {id}"] = sorted(reading_submissions.records_of(connection, id))
        read[f"superseded by {id}"] = reading_submissions.superseded_by(connection, id)
    read["states"] = counts.submissions_by(("state",)), counts.submissions_by(("state",), SEEN)
    read["versions"] = reading_forms.versions(connection), reading_forms.versions(connection, "survey")
    read["source"] = reading_forms.source(connection, "survey", "1")
    read["submission counts"] = counts.submissions_by(("form", "version")), counts.submissions_by(("form", "version"), SEEN)
    read["phones"] = reading_forms.phones(connection, None, NOON)
    read["strays"] = [{**row, "received_at": ""} for row in reading_operator.strays_page(connection, 1).rows]
    read["stray"] = reading_operator.stray(connection, 1) is not None, reading_operator.stray(connection, 99)
    read["outbox"] = reading_operator.outbox_length(connection), reading_operator.devices(connection)
    read["checkpoints"] = [row["database"] for row in reading_operator.checkpoints(connection)]
    return read


def test_everything_that_is_read_is_the_same(both):
    found = []
    for centre in both:
        with centre.store.reading() as connection:
            found.append(all_that_is_read(connection))
    on_sqlite, on_postgresql = found
    assert on_sqlite.keys() == on_postgresql.keys()
    for name, read in on_sqlite.items():
        assert on_postgresql[name] == read, name
    assert sum(bool(read) for read in on_sqlite.values()) > 200
