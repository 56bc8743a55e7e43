"""Deciding what to publish, apart from any server: whatever is there, what is written makes it say what is wanted, and then nothing is left to write."""

from __future__ import annotations

import hashlib

import orjson
from hypothesis import given, settings
from hypothesis import strategies as st

from sync.couchdb.address import Address
from sync.couchdb.feed import leaf, winning
from sync.couchdb.publishing import to_write
from tests.examples import examples

IDS = st.sampled_from(["a", "b", "receipt:1"])
values = st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=4)
members = st.dictionaries(
    st.sampled_from(["n", "m"]), values | st.lists(values, max_size=2) | st.dictionaries(st.text(max_size=2), values, max_size=2), max_size=2
)


@st.composite
def documents(draw, stored=False):
    document = {"_id": draw(IDS), **({"_deleted": True} if draw(st.booleans()) else draw(members))}
    if stored or draw(st.booleans()):
        document["_rev"] = f"{draw(st.integers(1, 9))}-{draw(st.sampled_from('abc'))}"
    return document


def written(current, edits):
    """What CouchDB makes of the edits: a live winner is extended by naming it, a tombstone by naming nothing; all else is a conflict."""
    after = dict(current)
    for edit in edits:
        found = current.get(edit["_id"])
        is_live = found is not None and not found.get("_deleted")
        assert edit.get("_rev") == (found["_rev"] if is_live else None), "this would be a conflict"
        generation = int(found["_rev"].partition("-")[0]) + 1 if found else 1
        body = {name: value for name, value in edit.items() if name != "_rev"}
        after[edit["_id"]] = {**body, "_rev": f"{generation}-{hashlib.md5(orjson.dumps(body)).hexdigest()}"}
    return after


@settings(max_examples=examples(200), deadline=None)
@given(st.lists(documents(), max_size=4, unique_by=lambda document: document["_id"]), st.lists(documents(stored=True), max_size=4))
def test_after_writing_all_says_what_was_wanted_and_a_second_time_writes_nothing(wanted, stored):
    current = {document["_id"]: document for document in stored}
    after = written(current, to_write(wanted, current))
    for document in wanted:
        found = after.get(document["_id"])
        if document.get("_deleted"):
            assert found is None or found["_deleted"]
        else:
            assert {name: value for name, value in found.items() if name[0] != "_"} == {name: value for name, value in document.items() if name[0] != "_"}
    assert to_write(wanted, after) == []
    untouched = set(after) - {document["_id"] for document in wanted}
    assert all(after[id] == current[id] for id in untouched)


def test_true_is_not_one_and_one_is_not_one_point_nought():
    current = {"a": {"_id": "a", "_rev": "1-a", "n": 1}}
    assert to_write([{"_id": "a", "n": 1}], current) == []
    for other in (True, 1.0, "1", None):
        assert to_write([{"_id": "a", "n": other}], current) == [{"_id": "a", "n": other, "_rev": "1-a"}]


def test_the_winner_is_couchdbs():
    """Live before deleted, then the higher generation as a number, then the greater id by its bytes."""
    leaves = [leaf({"_rev": rev, **({"_deleted": True} if deleted else {})}) for rev, deleted in [("9-z", 0), ("10-a", 0), ("11-a", 1), ("10-B", 0)]]
    assert [each.revision for each in sorted(leaves, key=winning, reverse=True)] == ["10-a", "10-B", "9-z", "11-a"]


@given(st.text(min_size=1, max_size=20), st.text(max_size=20))
def test_whatever_the_password_it_reaches_couchdb_and_no_text(name, password):
    from urllib.parse import quote

    try:
        encoded = [quote(each, safe="") for each in (name, password)]
    except UnicodeEncodeError:  # a lone surrogate is no text
        return
    address = Address(f"https://{encoded[0]}:{encoded[1]}@couch.example:6984/at/")
    assert address.credentials == (name, password)
    assert Address(address.with_credentials).credentials == (name, password)
    assert address.url == "https://couch.example:6984/at"
    assert str(address) == "https://***@couch.example:6984/at"
