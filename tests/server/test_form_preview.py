"""What is uploaded is kept for a while, and what phones tell of their forms is read back: in SQLite and in PostgreSQL."""

from datetime import datetime, timedelta

import orjson
import pytest

from server.form_preview import KEPT_BYTES_MAX, KEPT_FORMS_MAX, KEPT_HOURS_MAX, Upload, forget, keep, list_kept, read
from sync.store import open_store, reading_forms, upgrade
from sync.store.counts import count_all
from sync.store.models import Account, Area, Assignment, Device, FormVersion, Submission, table

NOON = datetime(2026, 2, 3, 12)
SOME = Upload("survey.xlsx", ".xlsx", b"PK\x03\x04", {"cities.csv": "name\n咸宁\n".encode(), "door.png": b"\x89PNG"})


class Stores:
    """As much of server.stores as keeping needs."""

    def __init__(self, store):
        self.store = store


@pytest.fixture(params=["sqlite", "postgresql"])
def stores(request, tmp_path):
    url = f"sqlite:///{tmp_path}/central.sqlite" if request.param == "sqlite" else request.getfixturevalue("postgresql")()
    upgrade(url)
    store = open_store(url)
    with store.writing() as connection:
        connection.execute(table(Area).insert().values(id="g1", level="grid", name_zh="一", name_en="1"))
        connection.execute(table(Area).insert().values(id="g2", level="grid", name_zh="二", name_en="2"))
        for number in (1, 2, 3):
            account = {"id": f"w{number}", "username": f"u{number}", "name": f"Worker {number}", "password_hash": "!", "role": "surveyor", "language": "zh"}
            connection.execute(table(Account).insert().values(**account, active=number != 3, created_at=NOON))
    yield Stores(store)
    store.close()


def ids(stores, now=NOON):
    return [each.id for each in list_kept(stores, now)]


def test_an_upload_is_read_back_as_it_was_with_its_files(stores):
    id = keep(stores, "w1", SOME, NOON)
    kept = read(stores, id, NOON)
    assert (kept.account, kept.kept_at, kept.upload) == ("w1", NOON, SOME)
    assert [(each.id, each.name) for each in list_kept(stores, NOON)] == [(id, "survey.xlsx")]


def test_nothing_is_read_after_its_time_and_the_next_upload_takes_it_away(stores):
    id = keep(stores, "w1", SOME, NOON)
    end = NOON + timedelta(hours=KEPT_HOURS_MAX)
    assert read(stores, id, end) is not None
    later = end + timedelta(seconds=1)
    assert read(stores, id, later) is None
    assert ids(stores, later) == []
    keep(stores, "w2", SOME, later)
    assert read(stores, id, NOON) is None


def test_of_one_person_only_the_newest_are_kept_and_others_are_left_alone(stores):
    others = keep(stores, "w2", SOME, NOON - timedelta(minutes=1))
    mine = [keep(stores, "w1", SOME, NOON + timedelta(seconds=number)) for number in range(KEPT_FORMS_MAX + 2)]
    assert ids(stores, NOON) == [*reversed(mine[2:]), others]


def test_of_one_person_only_so_many_bytes_are_kept_but_always_the_newest(stores):
    half = Upload("large.xlsx", ".xlsx", bytes(KEPT_BYTES_MAX // 2))
    first, second, third = (keep(stores, "w1", half, NOON + timedelta(seconds=number)) for number in range(3))
    assert ids(stores) == [third, second]
    whole = keep(stores, "w1", Upload("larger.xlsx", ".xlsx", bytes(KEPT_BYTES_MAX + 1)), NOON + timedelta(seconds=9))
    assert ids(stores) == [whole]
    forget(stores, whole)
    assert ids(stores) == []
    assert read(stores, first, NOON) is None


def test_phones_are_read_with_what_they_told(stores):
    device = {"refresh_hash": None, "created_at": NOON, "revoked_at": None, "ending": None}
    with stores.store.writing() as connection:
        for id, account, seen, forms, more in (
            ("d-1", "w1", NOON, orjson.dumps({"survey": "3"}), {}),
            ("d-2", "w2", NOON + timedelta(hours=1), None, {}),
            ("d-3", "w2", NOON, b"{}", {"revoked_at": NOON}),
            ("d-4", "w3", NOON, b"{}", {}),
        ):
            connection.execute(table(Device).insert().values(**{**device, **more}, id=id, account=account, app="0.1.0", last_seen_at=seen, forms=forms))
        connection.execute(table(Assignment).insert().values(account="w1", area="g1", since=NOON - timedelta(days=9), until=None))
        connection.execute(table(Assignment).insert().values(account="w2", area="g1", since=NOON - timedelta(days=9), until=NOON - timedelta(days=1)))
    with stores.store.reading() as connection:
        everybody = reading_forms.phones(connection, None, NOON)
        assert [(phone.id, phone.name, phone.forms) for phone in everybody] == [("d-2", "Worker 2", None), ("d-1", "Worker 1", {"survey": "3"})]
        assert [phone.id for phone in reading_forms.phones(connection, frozenset({"g1"}), NOON)] == ["d-1"], "those who answer for the area now"
        assert reading_forms.phones(connection, frozenset(), NOON) == []


def test_submissions_are_counted_by_version_and_area(stores):
    version = {"audience": "phone", "source": b"x", "source_type": ".md", "xform": "<x/>", "document": b"{}", "published_by": None}
    with stores.store.writing() as connection:
        for number, (form, of, area) in enumerate((("a", "1", "g1"), ("a", "1", "g2"), ("a", "2", "g1"), ("b", None, None))):
            row = {
                "database": "worker-w1",
                "revision": "1-a",
                "received_at": NOON,
                "verdict": "accepted",
                "state": "accepted",
                "document": b"{}",
                "answers": b"{}",
            }
            row |= {"problems": b"[]", "remarks": b"[]"}
            connection.execute(table(Submission).insert().values(**row, id=f"submission:{number}", form=form, version=of, area=area))
        for of, current, hours in (("1", False, 0), ("2", True, 1)):
            published = NOON + timedelta(hours=hours)
            connection.execute(table(FormVersion).insert().values(**version, form="a", version=of, current=current, published_at=published))
    with stores.store.reading() as connection:
        counts = count_all(connection, NOON)
        assert counts.submissions_by(("form", "version"), None) == {("a", "1"): 2, ("a", "2"): 1, ("b", None): 1}
        assert counts.submissions_by(("form", "version"), frozenset({"g1"})) == {("a", "1"): 1, ("a", "2"): 1}
        assert [(each.version, each.current) for each in reading_forms.versions(connection)] == [("2", True), ("1", False)]
        assert reading_forms.versions(connection, "b") == []
        assert reading_forms.source(connection, "a", "1") == (b"x", ".md", "<x/>")
        assert reading_forms.source(connection, "a", "9") is None
