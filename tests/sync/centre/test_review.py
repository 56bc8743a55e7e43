"""Corrections, conflicts and people's decisions, from receipt to record and back."""

import pytest

from sync import review
from sync.documents import RECEIPT, RECORD
from sync.review import CannotDecide
from sync.store.models import Decision, Submission

PERSON = "person:01JD3Z8Q5V7M2K4X9T6B1N0CFR"


def hot(centre, **changes):
    """A household where one temperature cannot be."""
    answers = {"phone": "135", "members": [{"person_id": PERSON, "name": "何伶俐", "temperature": 55}]}
    return centre.submission(answers=answers, **changes)


def decide(centre, document, action, comment="", comments=()):
    state = review.decide(centre.store, document["_id"], action, "leader", comment, comments, now=lambda: centre.time)
    centre.merge()
    return state


def test_accepting_a_held_submission_lets_in_what_could_be_read_and_says_so(centre):
    one = hot(centre)
    centre.take(one)
    assert centre.record() is None
    assert decide(centre, one, "accept") == "accepted"
    receipt = centre.receipt(one)
    assert (receipt["status"], receipt["problems"]) == ("accepted", [])
    assert [(remark["path"], remark["rule"]) for remark in receipt["remarks"]] == [("/members/0/temperature", "constraint")]
    assert centre.value("phone") == "135"
    assert centre.record(PERSON)["label"] == "何伶俐"


def test_what_phones_saw_before_a_late_acceptance_was_not_seen_by_them(centre):
    late = hot(centre)
    centre.take(late, centre.submission("w0001", answers={"needs": "food"}))
    version = {centre.record()["_id"]: centre.record()["version"]}
    decide(centre, late, "accept")
    centre.take(centre.submission("w0002", answers={"phone": "136"}, based_on=version))
    phone = centre.record()["fields"]["phone"]
    assert (phone["value"], [other["value"] for other in phone["disputed"]]) == ("136", ["135"])
    seen = {centre.record()["_id"]: centre.record()["version"]}
    centre.take(centre.submission("w0003", answers={"phone": "137"}, based_on=seen))
    assert "disputed" not in centre.record()["fields"]["phone"]


def test_rejecting_takes_a_submission_out_of_its_records_and_reopening_brings_it_back(centre):
    one, two = centre.submission("w0001", answers={"phone": "135"}), centre.submission("w0002", answers={"needs": "food"})
    centre.take(one, two)
    before = centre.record()
    assert decide(centre, one, "reject", "假的") == "rejected"
    assert centre.value("phone") is None
    receipt = centre.receipt(one)
    assert (receipt["status"], receipt["records"]) == ("rejected", [])
    assert [(each["text"], each["by"]) for each in receipt["comments"]] == [("假的", "name of leader")]
    assert decide(centre, one, "reopen") == "accepted"
    assert centre.record()["fields"] == before["fields"]
    assert [row["action"] for row in centre.rows(Decision)] == ["reject", "reopen"]


def test_a_record_without_accepted_submissions_is_gone_from_store_and_phones(centre):
    one = hot(centre)
    centre.take(one)
    decide(centre, one, "accept")
    assert centre.record(PERSON) is not None
    decide(centre, one, "reopen")
    assert (centre.record(), centre.record(PERSON)) == (None, None)
    assert centre.receipt(one)["status"] == "held"


def test_a_returned_submission_comes_back_as_a_correction(centre):
    one = hot(centre)
    centre.take(one)
    decide(centre, one, "return", comments=[{"path": "/members/0/temperature", "text": "请重新测量"}])
    receipt = centre.receipt(one)
    assert (receipt["status"], [(each["path"], each["text"]) for each in receipt["comments"]]) == ("returned", [("/members/0/temperature", "请重新测量")])
    assert receipt["problems"]
    mended = centre.submission(answers={"members": [{"person_id": PERSON, "name": "何伶俐", "temperature": 36.5}]}, supersedes=one["_id"])
    centre.take(mended)
    assert (centre.receipt(one)["status"], centre.receipt(mended)["status"]) == ("superseded", "accepted")
    with pytest.raises(CannotDecide, match="superseded"):
        decide(centre, one, "accept")


def test_rejecting_a_correction_brings_back_what_it_corrected(centre):
    one = centre.submission(answers={"phone": "135"})
    two = centre.submission(answers={"phone": "136"}, supersedes=one["_id"])
    centre.take(one, two)
    assert centre.value("phone") == "136"
    assert centre.record()["submission_count"] == 1
    decide(centre, two, "reject")
    assert centre.value("phone") == "135"
    assert centre.receipt(one)["status"] == "accepted"
    decide(centre, two, "reopen")
    assert centre.value("phone") == "136"


def test_a_held_correction_takes_nothing_out_until_it_is_accepted(centre):
    one = centre.submission(answers={"phone": "135"})
    two = hot(centre, supersedes=one["_id"])
    centre.take(two, one)
    assert (centre.receipt(one)["status"], centre.receipt(two)["status"]) == ("accepted", "held")
    decide(centre, two, "accept")
    assert centre.receipt(one)["status"] == "superseded"


def test_what_arrives_after_its_correction_is_superseded_at_once(centre):
    one = centre.submission(answers={"phone": "135"})
    two = centre.submission(answers={"needs": "food"}, supersedes=one["_id"])
    three = centre.submission(answers={"needs": "parcel"}, supersedes=two["_id"])
    for document in (three, one, two):
        centre.take(document)
    assert [centre.receipt(each)["status"] for each in (one, two, three)] == ["superseded", "superseded", "accepted"]
    assert (centre.value("phone"), centre.value("needs")) == (None, "parcel")


@pytest.mark.parametrize(
    ("changes", "reason"),
    [({"form": "unheard_of"}, "form"), ({"version": "9"}, "version"), ({"area": "g9999"}, "area"), ({"answers": "none"}, "answers"), ({"area": "g0312"}, None)],
)
def test_what_nobody_could_understand_cannot_be_accepted_and_says_why(centre, changes, reason):
    one = {**centre.submission(answers={"phone": "1"}), **changes}
    centre.take(one)
    assert review.why_not_accept(centre.store, one["_id"]) == reason
    if reason is None:
        assert decide(centre, one, "accept") == "accepted"
        return
    with pytest.raises(CannotDecide) as refused:
        decide(centre, one, "accept")
    assert refused.value.reason == reason
    assert refused.value.reason in review.REASONS
    assert decide(centre, one, "reject") == "rejected"
    assert centre.receipt(one)["status"] == "rejected"


def test_there_is_nothing_to_decide_about_what_is_not_there(centre):
    with pytest.raises(CannotDecide, match="missing"):
        review.decide(centre.store, "submission:x", "accept", "leader")
    with pytest.raises(ValueError, match="no such action"):
        review.decide(centre.store, "submission:x", "forget", "leader")


@pytest.mark.parametrize("order", [("1-" + "a" * 32, "1-" + "b" * 32), ("1-" + "b" * 32, "1-" + "a" * 32)], ids=["loser first", "winner first"])
@pytest.mark.parametrize("together", [True, False])
def test_two_contents_under_one_id_are_both_kept_and_the_one_that_phones_show_keeps_the_id(centre, order, together):
    one = centre.submission("w0001", number=5)
    for revision in order:
        centre.replicate({**one, "answers": {**one["answers"], "phone": revision[2]}}, revision)
        if not together:
            centre.merge()
    centre.merge()
    assert centre.value("phone") == "b"
    assert centre.receipt(one)["status"] == "accepted"
    states = centre.states()
    (other,) = [id for id in states if id != one["_id"]]
    assert other.startswith(one["_id"] + "~")
    assert states[other] == "held"
    receipt = centre.databases.read("worker-w0001", "receipt:" + other.removeprefix("submission:"))
    assert [problem["rule"] for problem in receipt["problems"]] == ["conflict"]
    assert review.decide(centre.store, other, "accept", "leader", now=lambda: centre.time) == "accepted"
    centre.merge()
    phone = centre.record()["fields"]["phone"]
    assert {phone["value"], *(each["value"] for each in phone.get("disputed", ()))} == {"a", "b"}


def test_nobody_can_take_the_place_of_anothers_submission(centre):
    mine = centre.submission("w0001", number=5, answers={"phone": "135"})
    copied = centre.submission("w0002", number=5, answers={"phone": "666"})
    stolen = {**mine, "answers": {**mine["answers"], "phone": "777"}}
    centre.take(mine)
    centre.put(copied)
    centre.take(stolen, inbox="worker-w0003")
    assert centre.value("phone") == "135"
    assert sorted(centre.states().values()) == ["accepted", "held", "held"]
    assert {row["database"] for row in centre.rows(Submission)} == {"worker-w0001", "worker-w0002", "worker-w0003"}


def test_what_came_first_into_a_wrong_inbox_gives_way_to_its_owners(centre):
    mine = centre.submission("w0001", number=5, answers={"phone": "135"})
    centre.take(mine, inbox="worker-w0002")
    assert centre.receipt(mine, "w0002")["status"] == "held"
    centre.take(mine)
    assert centre.receipt(mine)["status"] == "accepted"
    assert centre.value("phone") == "135"


def test_published_documents_are_as_described(centre):
    held, one, two = hot(centre), centre.submission("w0002", answers={"phone": "1"}), centre.submission("w0003", answers={"phone": "2"})
    centre.take(held, one, two)
    checked = 0
    for name in centre.databases.names():
        for change in centre.databases.changes(name).changes:
            document = {key: value for key, value in change.leaves[0].document.items() if key != "_rev"}
            schema = {"receipt": RECEIPT, "record": RECORD}.get(document["type"])
            if schema:
                assert schema.validate(document) == {}
                checked += 1
    assert checked == 4
