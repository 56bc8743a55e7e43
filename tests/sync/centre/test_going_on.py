"""A record that is visited again and again is what all its submissions make, and those before are not read again."""

import pytest
from sqlalchemy import event

from sync import review, rulings
from sync.recompute import Recomputation
from sync.store.models import Record
from tests.sync.centre.conftest import HOUSEHOLD

IN_TURN = "abcabcab"


def row(centre, id=HOUSEHOLD):
    return next(each for each in centre.rows(Record) if each["id"] == id)


def called_on(centre, count, first=1, **changes):
    """Forms of one phone, each after the one before."""
    return [centre.submission(number=number, answers={"phone": IN_TURN[number % 8], **changes}) for number in range(first, first + count)]


def assert_as_recomputed(centre):
    assert list(Recomputation(centre.store).check()) == []


def reads_of_contributions(centre, act):
    asked = []

    def note(_connection, _cursor, words, *_):
        if words.startswith("SELECT") and "FROM contributions" in words:
            asked.append(words)

    event.listen(centre.store.engine, "before_cursor_execute", note)
    act()
    event.remove(centre.store.engine, "before_cursor_execute", note)
    return asked


@pytest.mark.parametrize("at_once", [False, True], ids=["one by one", "all at once"])
def test_eight_visits_are_eight_visits(new_centre, at_once):
    centre = new_centre()
    documents = called_on(centre, 8)
    if at_once:
        centre.take(*documents)
    else:
        for each in documents:
            centre.take(each)
    record = centre.record()
    assert record["submission_count"] == 8 and len(record["submissions"]) == 8
    assert centre.value("phone") == IN_TURN[0]
    assert record["fields"]["phone"]["submission"] == documents[-1]["_id"]
    assert row(centre)["onward"]
    assert_as_recomputed(centre)


def test_from_the_fifth_visit_on_those_before_are_not_read(new_centre):
    centre = new_centre()
    for each in called_on(centre, 4):
        centre.take(each)
    fifth, sixth = called_on(centre, 2, first=5)
    assert reads_of_contributions(centre, lambda: centre.take(fifth)) == []
    assert reads_of_contributions(centre, lambda: centre.take(sixth)) == []
    assert centre.record()["submission_count"] == 6


def test_somebody_who_had_not_seen_them_disputes_as_ever_and_later_ones_are_merged_from_all(new_centre):
    centre = new_centre()
    centre.take(*called_on(centre, 5))
    centre.take(centre.submission("w0002", number=20, answers={"phone": "elsewhere"}))
    assert [each["value"] for each in centre.record()["fields"]["phone"]["disputed"]] == [IN_TURN[5]]
    assert row(centre)["onward"] is None
    centre.take(*called_on(centre, 1, first=30))
    assert centre.record()["submission_count"] == 7
    assert_as_recomputed(centre)


def test_a_decision_or_a_ruling_between_two_visits_is_not_lost(new_centre):
    centre = new_centre()
    documents = called_on(centre, 6)
    centre.take(*documents[:5])
    review.decide(centre.store, documents[4]["_id"], "reject", "admin", now=lambda: centre.time)
    centre.take(documents[5])
    assert centre.record()["submission_count"] == 5
    rulings.settle(centre.store, HOUSEHOLD, "phone", "settled", "admin", centre.record()["version"], now=lambda: centre.time)
    centre.merge()
    assert centre.value("phone") == "settled" and row(centre)["onward"] is None
    centre.take(*called_on(centre, 1, first=40))
    assert centre.record()["submission_count"] == 6
    assert_as_recomputed(centre)


def test_a_correction_in_the_same_batch_takes_out_what_it_corrects(new_centre):
    centre = new_centre()
    documents = called_on(centre, 5)
    centre.take(*documents)
    correction = centre.submission(number=50, answers={"phone": "right"}, supersedes=documents[4]["_id"])
    centre.take(*called_on(centre, 1, first=45), correction)
    assert centre.record()["submission_count"] == 6 and centre.value("phone") == "right"
    assert_as_recomputed(centre)


def test_what_is_kept_beside_a_record_is_checked_too(new_centre):
    centre = new_centre()
    centre.take(*called_on(centre, 5))
    before = row(centre)["onward"]
    with centre.store.writing() as connection:
        connection.exec_driver_sql("UPDATE records SET onward = " + ("'{}'" if connection.dialect.name == "sqlite" else "'{}'::bytea"))
    assert [each.id for each in Recomputation(centre.store).check()] == [HOUSEHOLD]
    list(Recomputation(centre.store).write(lambda: centre.time))
    assert row(centre)["onward"] == before
