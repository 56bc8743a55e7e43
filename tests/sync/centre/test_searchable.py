"""What records are found by is kept beside merging: a search finds the same before it is brought up, while it is, and after it was."""

from datetime import timedelta

import pytest
from sqlalchemy import update

from sync.review import decide
from sync.store import reading
from sync.store.counts import count_all, keep, kept_counts
from sync.store.models import Record, table
from sync.store.reading import RecordQuery
from sync.store.searchable import Keeper, all_grams, grams_of
from tests.sync.centre.conftest import NOON

PEOPLE = {"person:a": "何伶俐 13800000000", "person:b": "何玲利 13800000001", "person:c": "Ömer Çelik", "person:d": "王伟 13800000003"}
SEARCHES = ("伶", "伶俐", "heling", "hl", "hll", "13800", "3800 何", "8", "çel", "王", "nobody", "何 0001")


def took(centre, name, person, **more):
    sent = centre.submission(answers={"members": [{"person_id": person, "name": name}]}, **more)
    centre.take(sent)
    return sent


def finds(centre):
    with centre.store.reading() as connection:
        return {words: reading.records_page(connection, RecordQuery("person", search=words)).rows for words in SEARCHES}


def bring_up(centre, keeper):
    while keeper.bring_up(centre.time + timedelta(hours=1)):
        pass


def test_a_search_finds_the_same_however_far_what_is_found_by_is_brought_up(centre):
    """On both stores; and nothing that was renamed, rejected or came since is missed or found by what it was."""
    keeper = Keeper(centre.store)
    sent = [took(centre, name, person) for person, name in PEOPLE.items()]
    before = finds(centre)
    assert [row["id"] for row in before["伶俐"]] == ["person:a"] and len(before["何 0001"]) == 1
    bring_up(centre, keeper)
    assert finds(centre) == before
    assert keeper.bring_up(centre.time + timedelta(hours=1)) == 0, "and nothing is left to do"
    centre.time += timedelta(minutes=1)
    took(centre, "王伶俐", "person:e")
    took(centre, "王伟明 139", "person:d", based_on={"person:d": {sent[3]["device"]: sent[3]["clock"]}})
    decide(centre.store, sent[1]["_id"], "reject", "leader", "不对", now=lambda: centre.time)
    centre.merge()
    meanwhile = finds(centre)
    assert [row["id"] for row in meanwhile["伶俐"]] == ["person:a", "person:e"]
    assert meanwhile["何 0001"] == []
    bring_up(centre, keeper)
    assert finds(centre) == meanwhile


def test_what_a_clock_that_was_set_back_has_hidden_is_found_by_going_through_all_again(centre):
    keeper = Keeper(centre.store)
    took(centre, "何伶俐", "person:a")
    bring_up(centre, keeper)
    took(centre, "王伶俐", "person:b")
    with centre.store.writing() as connection:
        connection.execute(update(table(Record)).where(table(Record).c.id == "person:b").values(updated_at=NOON - timedelta(days=1)))
    bring_up(centre, keeper)
    assert len(finds(centre)["伶俐"]) == 1
    assert keeper.sweep() > 0
    assert len(finds(centre)["伶俐"]) == 2
    assert keeper.sweep() == 0


def test_more_of_one_moment_than_are_copied_at_once_are_copied_together(centre):
    for number in range(4):
        took(centre, "何伶俐", f"person:{number}")
    bring_up(centre, Keeper(centre.store, at_once=2))
    assert len(finds(centre)["伶俐"]) == 4


@pytest.mark.parametrize("text", ["何伶俐 helingli hll 13800000000", "1栋 2单元 311 1-2-311", "ömer çelik", "a", "李_强"])
def test_whatever_stands_in_a_text_has_grams_that_lead_to_it(text):
    known = set(all_grams(text).split(" "))
    for word in text.split():
        for first in range(len(word)):
            for end in range(first + 1, len(word) + 1):
                assert grams_of(word[first:end]) <= known


def test_numbers_that_are_kept_are_the_numbers_and_say_of_when(centre):
    took(centre, "何伶俐", "person:a")
    with centre.store.writing() as connection:
        counted = count_all(connection, NOON)
        keep(connection, counted)
        kept = kept_counts(connection)
    assert kept is not None and (kept.at, kept.is_kept, counted.is_kept) == (NOON, True, False)
    assert kept.by_area("person") == counted.by_area("person") == {("g0311", None): 1}
    assert kept.submissions_by(("form", "state")) == {("survey", "accepted"): 1}
