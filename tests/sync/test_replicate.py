"""Moving a database from engine to engine: every leaf, deletion and attachment arrives, however often it is begun and broken off."""

from __future__ import annotations

import base64
import contextlib
import gzip
import itertools

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sync.databases import START
from sync.engine import Engine
from sync.engine.errors import TooLarge
from sync.engine.limits import Limits
from sync.engine.replica import EmbeddedReplica
from sync.engine.wire import read_edit
from sync.replicate import FEED_ROWS_MAX, LEAVES_AT_ONCE_MAX, compare, replicate
from tests.examples import examples

NAME = "worker-w0042"
SECURITY = {"admins": {"names": [], "roles": ["_admin"]}, "members": {"names": [], "roles": ["worker:w0042"]}}
numbers = itertools.count()


class Stopped(Exception):
    pass


class StopsAt:
    """A replica whose nth call breaks off, as a killed process does: nothing of it is done, or all of it."""

    def __init__(self, replica, calls, afterwards=False):
        self._replica, self._left, self._afterwards = replica, calls, afterwards

    def __getattr__(self, name):
        found = getattr(self._replica, name)
        if not callable(found):
            return found

        def call(*arguments):
            self._left -= 1
            if self._left == 0 and not self._afterwards:
                raise Stopped
            result = found(*arguments)
            if self._left == 0:
                raise Stopped
            return result

        return call


@pytest.fixture
def engine(tmp_path):
    """Makes engines, each in a folder of its own."""
    with contextlib.ExitStack() as opened:

        def make(limits=None) -> Engine:
            made = Engine(tmp_path / f"engine{next(numbers)}", limits or Limits())
            opened.callback(made.close)
            return made

        yield make


def push(engine, *documents, name=NAME):
    engine.open(name).write([read_edit(document, replicated=True) for document in documents], replicated=True)


def move(source, target, name=NAME):
    target.prepare(name, source.describe(name))
    return [refused for step in replicate(source, target, name) for refused in step.refused]


def differences(source, target, name=NAME):
    return [refused for step in compare(source, target, name) for refused in step.refused]


@st.composite
def replicated(draw):
    """A revision is named by its way: `3-aba` comes from `2-ab`, that from `1-a`."""
    way = draw(st.text("ab", min_size=1, max_size=4))
    path = [way[:length] for length in range(len(way), 0, -1)]
    document = {"_id": draw(st.sampled_from(["x", "y", "ü/"])), "_revisions": {"start": len(way), "ids": path}, "n": draw(st.integers(0, 3))}
    if draw(st.booleans()):
        document["_deleted"] = True
    if draw(st.booleans()):
        content = draw(st.sampled_from([b"", b"photo", b"x" * 300_000]))
        document["_attachments"] = {"p": {"content_type": "image/jpeg", "data": base64.b64encode(content).decode()}}
    return document


@settings(max_examples=examples(25), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(first=st.lists(replicated(), max_size=8), later=st.lists(replicated(), max_size=4), stops=st.integers(1, 12), afterwards=st.booleans())
def test_any_trees_arrive_whole_however_often_it_is_broken_off(engine, first, later, stops, afterwards):
    one, two = engine(), engine()
    one.create(NAME, SECURITY)
    push(one, *first)
    source, target = EmbeddedReplica(one), EmbeddedReplica(two)
    target.prepare(NAME, source.describe(NAME))
    with contextlib.suppress(Stopped):
        list(replicate(source, StopsAt(target, stops, afterwards), NAME))
    push(one, *later)
    assert move(source, target) == [] and differences(source, target) == []
    for change, moved in zip(sorted(one.changes(NAME).changes, key=id_of), sorted(two.changes(NAME).changes, key=id_of), strict=True):
        assert [(leaf.revision, leaf.deleted, leaf.document) for leaf in change.leaves] == [
            (leaf.revision, leaf.deleted, leaf.document) for leaf in moved.leaves
        ]


def id_of(change):
    return change.id


def test_a_history_that_became_known_after_its_leaf_was_copied_is_named_and_mended_by_copying_anew(engine):
    """Replication never sends a leaf twice, so the target does not learn that one of its leaves has been the ancestor of another."""
    one, two = engine(), engine()
    one.create(NAME, SECURITY)
    push(one, {"_id": "x", "_rev": "1-a"}, {"_id": "x", "_rev": "3-c"})
    source, target = EmbeddedReplica(one), EmbeddedReplica(two)
    move(source, target)
    push(one, {"_id": "x", "_revisions": {"start": 3, "ids": ["c", "b", "a"]}})
    move(source, target)
    assert [(each.id, each.reason) for each in differences(source, target)] == [("x", "1-a is there besides")]
    two.delete(NAME)
    move(source, target)
    assert differences(source, target) == []


def test_what_is_there_is_not_sent_again_and_a_run_goes_on_where_the_last_one_ended(engine):
    one, two = engine(), engine()
    one.create(NAME, SECURITY)
    one.publish(NAME, [{"_id": f"d{number}"} for number in range(FEED_ROWS_MAX + 200)])
    source, target = EmbeddedReplica(one), EmbeddedReplica(two)
    target.prepare(NAME, source.describe(NAME))
    calls = 3 + FEED_ROWS_MAX // LEAVES_AT_ONCE_MAX  # the checkpoint, the first page, a little of the second
    with pytest.raises(Stopped):
        list(replicate(source, StopsAt(target, calls + 2), NAME))
    steps = list(replicate(source, target, NAME))
    assert (steps[0].documents, steps[0].earlier) == (FEED_ROWS_MAX, True)
    assert sum(step.documents for step in steps) == FEED_ROWS_MAX + 200
    assert 0 < sum(step.revisions for step in steps) <= 200
    assert sum(step.revisions for step in replicate(source, target, NAME)) == 0


def test_a_target_made_anew_is_filled_anew(engine):
    one, two = engine(), engine()
    one.create(NAME, SECURITY)
    one.publish(NAME, [{"_id": "a"}])
    source, target = EmbeddedReplica(one), EmbeddedReplica(two)
    move(source, target)
    two.delete(NAME)
    move(source, target)
    assert two.read(NAME, "a")


def test_security_writers_and_the_number_of_revisions_kept_come_along(engine):
    one, two = engine(), engine()
    one.create("area-g0311", SECURITY, writers="server")
    one.open("area-g0311").keep_revisions(7)
    two.create("area-g0311", {"members": {"roles": ["someone"]}}, writers="server")
    source, target = EmbeddedReplica(one), EmbeddedReplica(two)
    move(source, target, "area-g0311")
    assert source.describe("area-g0311") == target.describe("area-g0311")
    assert target.describe("area-g0311").security == SECURITY and target.describe("area-g0311").writers == "server"


def test_a_document_that_the_target_refuses_is_named_and_holds_up_no_other(engine):
    one, two = engine(), engine(Limits(document_bytes_max=2_000))
    one.create(NAME, SECURITY)
    push(one, {"_id": "small", "_rev": "1-a"}, {"_id": "big", "_rev": "1-a", "text": "x" * 3_000}, {"_id": "z", "_rev": "1-a"})
    source, target = EmbeddedReplica(one), EmbeddedReplica(two)
    for _ in range(2):  # also when it is tried again: it is not taken for done
        (refused,) = move(source, target)
        assert (refused.database, refused.id) == (NAME, "big") and refused.reason == str(TooLarge("big"))
    assert two.read(NAME, "small") and two.read(NAME, "z")
    assert [(each.id, each.reason) for each in differences(source, target)] == [("big", "1-a is missing")]


def test_what_is_not_the_same_is_named(engine):
    one, two = engine(), engine()
    photo = {"p": {"content_type": "image/jpeg", "data": base64.b64encode(b"1").decode()}}
    for each in (one, two):
        each.create(NAME, SECURITY)
        push(each, {"_id": "same", "_rev": "1-a", "n": 1.5, "_attachments": photo})
    push(
        one,
        {"_id": "body", "_rev": "1-a", "n": 1},
        {"_id": "gone", "_rev": "1-a"},
        {"_id": "leaf", "_rev": "1-a"},
        {"_id": "bytes", "_rev": "1-a", "_attachments": photo},
    )
    other = {"p": {"content_type": "image/jpeg", "data": base64.b64encode(b"2").decode()}}
    push(
        two, {"_id": "body", "_rev": "1-a", "n": True}, {"_id": "gone", "_rev": "1-a", "_deleted": True}, {"_id": "bytes", "_rev": "1-a", "_attachments": other}
    )
    push(two, {"_id": "leaf", "_rev": "1-a"}, {"_id": "leaf", "_rev": "1-b"}, {"_id": "more", "_rev": "1-a"})
    found = {each.id: each.reason for each in differences(EmbeddedReplica(one), EmbeddedReplica(two))}
    assert found == {
        "body": "1-a says something else",
        "gone": "1-a is deleted in one only",
        "leaf": "1-b is there besides",
        "bytes": "1-a has other bytes in p",
        "more": "is in the target only",
    }


def test_a_zero_without_its_sign_is_the_same_and_a_whole_zero_or_false_is_not(engine):
    one, two = engine(), engine()
    for each, zero in ((one, -0.0), (two, 0.0)):
        each.create(NAME, SECURITY)
        push(each, {"_id": "zero", "_rev": "1-a", "n": [{"a": zero}]})
    push(one, {"_id": "whole", "_rev": "1-a", "n": [-0.0]}, {"_id": "false", "_rev": "1-a", "n": 0.0})
    push(two, {"_id": "whole", "_rev": "1-a", "n": [0]}, {"_id": "false", "_rev": "1-a", "n": False})
    assert {each.id for each in differences(EmbeddedReplica(one), EmbeddedReplica(two))} == {"whole", "false"}


def test_attachments_that_are_kept_compressed_in_one_engine_only_are_the_same(engine):
    one, two = engine(), engine()
    text = b"the same words " * 1_000
    for each, encoding in ((one, None), (two, "gzip")):
        each.create(NAME, SECURITY)
        database = each.open(NAME)
        with database.spool() as spool:
            upload = spool.take("t", [text if encoding is None else gzip.compress(text)], encoding)
            document = {"_id": "a", "_rev": "1-a", "_attachments": {"t": {"content_type": "text/plain", "follows": True}}}
            database.write([read_edit(document, replicated=True, following={"t": upload})], replicated=True)
    source, target = EmbeddedReplica(one), EmbeddedReplica(two)
    digests = [replica.leaves(NAME, ["a"])["a"][0].document["_attachments"]["t"]["digest"] for replica in (source, target)]
    assert digests[0] != digests[1]
    assert differences(source, target) == []
    third = EmbeddedReplica(engine())
    assert move(target, third) == [] and differences(target, third) == []
    assert third.leaves(NAME, ["a"]) == target.leaves(NAME, ["a"]), "compressed stays compressed"


def test_sequences_of_another_engine_begin_anew(engine):
    one = engine()
    one.create(NAME, SECURITY)
    one.publish(NAME, [{"_id": "a"}])
    for since in (START, "41-g1AAAACbeJzLYWBgYMpgTmHgz8tPSTV0MDQy1zMAQsMckEQ", "nonsense"):
        assert EmbeddedReplica(one).feed(NAME, since, 10).rows[0][0] == "a"
