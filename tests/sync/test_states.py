"""What became of a submission, as a function of verdict, decisions and corrections."""

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.documents import RECEIPT
from sync.states import Decided, Link, base_state, receipt, superseded

AT = datetime(2026, 2, 3, 12)


def decided(*actions, comment="", comments=()):
    return [Decided(action, comment, comments, "李书记", AT, f"177012000{number}000-0000-office") for number, action in enumerate(actions)]


@pytest.mark.parametrize(
    ("verdict", "actions", "state"),
    [
        ("accepted", [], "accepted"),
        ("held", [], "held"),
        ("held", ["accept"], "accepted"),
        ("held", ["return"], "returned"),
        ("accepted", ["reject"], "rejected"),
        ("accepted", ["reject", "reopen"], "accepted"),
        ("held", ["accept", "reopen"], "held"),
        ("held", ["return", "accept", "reject"], "rejected"),
        ("held", ["reject", "rejudge"], "rejected"),
        ("accepted", ["rejudge"], "accepted"),
    ],
)
def test_the_last_decision_stands_and_reopening_takes_it_back(verdict, actions, state):
    assert base_state(verdict, decided(*actions)) == state


def link(id, supersedes=None, base="accepted", worker="w0001"):
    return Link(id, worker, supersedes, base, f"17701200000{id}-0000-d")


@pytest.mark.parametrize(
    ("links", "out"),
    [
        ([link("01"), link("02", "01")], {"01"}),
        ([link("01"), link("02", "01"), link("03", "02")], {"01", "02"}),
        ([link("01"), link("02", "01", "held")], set()),
        ([link("01"), link("02", "01", "held"), link("03", "02")], {"01", "02"}),
        ([link("01"), link("02", "01", "rejected"), link("03", "02", "held")], set()),
        ([link("01"), link("02", "01", worker="w0002")], set()),
        ([link("02", "01"), link("03", "02")], {"02"}),
        ([link("01", "01")], set()),
        ([link("01", "02"), link("02", "01")], {"01"}),
        ([link("01", "03"), link("02", "01"), link("03", "02")], {"01", "02"}),
    ],
    ids=[
        "one",
        "a chain",
        "a held correction",
        "a held one in between",
        "none accepted",
        "another worker's",
        "the first is missing",
        "itself",
        "a circle of two",
        "of three",
    ],
)
def test_an_accepted_correction_takes_out_what_it_corrects(links, out):
    assert superseded(links) == superseded(links[::-1]) == out


@given(st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6), st.sampled_from(["accepted", "held"])), max_size=7, unique_by=lambda each: each[0]))
def test_corrections_never_take_out_the_last_accepted_one(chosen):
    links = [link(f"0{id}", f"0{supersedes}", base) for id, supersedes, base in chosen]
    accepted = {each.id for each in links if each.base == "accepted"}
    assert not accepted or accepted - superseded(links)


PROBLEM = {"path": "/temperature", "rule": "constraint", "message": {"zh": "体温应在34到43之间", "en": "Temperature must be from 34 to 43"}}


def made(state, decisions=()):
    dots = [("person:1", "d-1", "1770120000000-0000-d-1"), ("household:a", "d-1", "1770120000000-0000-d-1")]
    return receipt("submission:01JD3Z00000000000000000001", state, AT, "1770120000000-0000-d-1", [PROBLEM], [], dots, decisions)


def test_a_receipt_tells_problems_while_they_are_to_be_mended_and_remarks_once_accepted():
    assert (made("held")["problems"], made("held")["remarks"], made("held")["records"]) == ([PROBLEM], [], [])
    assert (made("accepted")["problems"], made("accepted")["remarks"]) == ([], [PROBLEM])
    assert [each["id"] for each in made("accepted")["records"]] == ["household:a", "person:1"]
    assert made("superseded")["problems"] == []


def test_comments_reach_the_phone_until_the_submission_is_reopened():
    comments = [{"path": "/temperature", "text": "请重新测量"}]
    returned = made("returned", decided("return", comment="见备注", comments=comments))
    assert [(each["path"], each["text"], each["by"]) for each in returned["comments"]] == [("", "见备注", "李书记"), ("/temperature", "请重新测量", "李书记")]
    assert made("held", decided("return", comment="x") + decided("reopen"))["comments"] == []


@pytest.mark.parametrize("state", ["accepted", "held", "returned", "rejected", "superseded"])
def test_every_receipt_is_as_published(state):
    assert RECEIPT.validate(made(state, decided("return", comment="x", comments=[{"path": "/a", "text": "b"}]))) == {}
