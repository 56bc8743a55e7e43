"""What people say about records, over the real store and engine: settled, one, not the same, moved; and undone."""

from datetime import timedelta

import pytest

from sync import rulings
from sync.recompute import Recomputation
from sync.review import decide
from sync.rulings import CannotRule
from sync.store import reading, ruling_statements
from sync.store.counts import count_all
from sync.store.models import LinkageQueue, Record, RecordLink
from sync.store.reading import RecordQuery

DOOR = "household:aaaaaaaaaaaaaaaaaaaaaaaaaa"
OTHER_DOOR = "household:bbbbbbbbbbbbbbbbbbbbbbbbbb"
A, B, C = (f"person:01JD3Z8Q5V7M2K4X9T6B1N0CF{letter}" for letter in "ABC")


def person(id, name, **more):
    return {"members": [{"person_id": id, "name": name, **more}]}


def disputed(centre):
    """Two phones, neither knowing of the other, write different telephone numbers."""
    centre.take(centre.submission("w0001", answers={"phone": "136"}), centre.submission("w0002", answers={"phone": "137"}))
    assert [each["value"] for each in centre.record()["fields"]["phone"]["disputed"]] == ["136"]
    return centre.record()


def ruled(centre, call, *arguments, **more):
    centre.time += timedelta(seconds=1)
    done = call(centre.store, *arguments, now=lambda: centre.time, **more)
    centre.merge()
    return done


def test_a_settlement_stands_and_its_undo_brings_the_dispute_back_to_the_byte(centre):
    before = disputed(centre)
    done = ruled(centre, rulings.settle, DOOR, "phone", "136", "admin", before["version"])
    entry = centre.record()["fields"]["phone"]
    assert (entry["value"], entry["worker"], entry["device"], entry["settled"], "disputed" in entry) == ("136", "admin", "office", True, False)
    ruled(centre, rulings.undo, done.click, "admin")
    assert {**centre.record(), "_rev": ""} == {**before, "_rev": ""}
    other = ruled(centre, rulings.settle, DOOR, "phone", "138", "admin", before["version"])
    assert centre.value("phone") == "138", "neither of the two was right"
    again = ruled(centre, rulings.undo, other.click, "admin")
    ruled(centre, rulings.undo, again.click, "admin")
    assert centre.value("phone") == "138", "an undo is undone like anything else"


def test_settling_for_the_value_that_stands_is_a_settlement_all_the_same(centre):
    seen = disputed(centre)["version"]
    ruled(centre, rulings.settle, DOOR, "phone", "137", "admin", seen)
    assert "disputed" not in centre.record()["fields"]["phone"]
    with pytest.raises(CannotRule, match="already"):
        ruled(centre, rulings.settle, DOOR, "phone", "137", "admin", centre.record()["version"])


def test_what_came_after_the_administrator_looked_is_disputed_with_the_settlement(centre):
    seen = disputed(centre)["version"]
    centre.take(centre.submission("w0003", answers={"phone": "139"}))
    ruled(centre, rulings.settle, DOOR, "phone", "136", "admin", seen)
    entry = centre.record()["fields"]["phone"]
    assert (entry["value"], [each["value"] for each in entry["disputed"]]) == ("136", ["139"])


def test_a_phone_that_has_seen_the_settlement_may_write_something_else(centre):
    seen = disputed(centre)["version"]
    ruled(centre, rulings.settle, DOOR, "phone", "136", "admin", seen)
    centre.take(centre.submission("w0003", seconds=-900_000_000, answers={"phone": "140"}, based_on={DOOR: centre.record()["version"]}))
    entry = centre.record()["fields"]["phone"]
    assert (entry["value"], "disputed" in entry) == ("140", False), "whatever its clock says"


def test_the_second_administrator_is_told_what_the_first_did_and_changes_nothing(centre):
    seen, last = disputed(centre)["version"], ""
    ruled(centre, rulings.settle, DOOR, "phone", "136", "admin", seen, last=last)
    with pytest.raises(CannotRule, match="ruled") as refused:
        ruled(centre, rulings.settle, DOOR, "phone", "137", "leader", seen, last=last)
    assert (refused.value.by, refused.value.action) == ("name of admin", "settle")
    assert centre.value("phone") == "136"


@pytest.mark.parametrize(
    ("field", "value", "reason"),
    [("telephone", "1", "field"), ("masks", 4, "computed"), ("phone", "", "value"), ("phone", None, "value"), ("phone", "1" * 20_000, "value")],
)
def test_what_cannot_be_settled_is_refused_with_its_reason(centre, field, value, reason):
    centre.take(centre.submission("w0001", answers={"phone": "1", "masks": 2}), centre.submission("w0002", answers={"masks": 3}))
    with pytest.raises(CannotRule, match=reason):
        ruled(centre, rulings.settle, DOOR, field, value, "admin", centre.record()["version"])


def test_an_unknown_record_is_refused(centre):
    for call in (
        lambda: ruled(centre, rulings.settle, OTHER_DOOR, "phone", "1", "admin", {}),
        lambda: ruled(centre, rulings.move, OTHER_DOOR, "g0312", "admin"),
        lambda: ruled(centre, rulings.link, A, B, "admin"),
        lambda: ruled(centre, rulings.undo, "nothing", "admin"),
    ):
        with pytest.raises(CannotRule, match="missing"):
            call()


def two_people(centre):
    centre.take(centre.submission("w0001", answers=person(A, "何伶俐", temperature=36.5)), centre.submission("w0002", answers=person(B, "何玲利")))


def test_two_records_that_are_one_are_one_document_and_unlinking_restores_both_to_the_byte(centre):
    two_people(centre)
    before = centre.everything()
    done = ruled(centre, rulings.link, B, A, "admin")
    one = centre.record(A)
    assert one["members"] == [A, B]
    assert one["fields"]["name"]["value"] == "何玲利"
    assert [each["value"] for each in one["fields"]["name"]["disputed"]] == ["何伶俐"]
    assert one["fields"]["temperature"]["value"] == 36.5
    assert one["submission_count"] == 2
    stub = centre.record(B)
    assert (stub["linked_to"], stub["fields"], stub["version"]) == (A, {}, {"d-w0002": stub["version"]["d-w0002"]})
    ruled(centre, rulings.undo, done.click, "admin")
    assert centre.everything() == before


def test_what_is_written_about_the_one_is_known_to_have_seen_every_member(centre):
    two_people(centre)
    ruled(centre, rulings.link, A, B, "admin")
    one = centre.record(A)
    assert set(one["version"]) == {"d-w0001", f"{B} d-w0002"}
    centre.take(centre.submission("w0003", answers=person(A, "何伶俐"), based_on={A: one["version"]}))
    entry = centre.record(A)["fields"]["name"]
    assert (entry["value"], entry["worker"], "disputed" in entry) == ("何伶俐", "w0003", False)


def test_a_phone_that_does_not_know_of_the_link_goes_on_writing_about_its_own_and_it_goes_into_the_one(centre):
    two_people(centre)
    known = centre.record(B)["version"]
    ruled(centre, rulings.link, A, B, "admin")
    centre.take(centre.submission("w0002", answers=person(B, "何玲丽", temperature=37.0), based_on={B: known}))
    one = centre.record(A)
    assert one["fields"]["temperature"]["value"] == 37.0
    assert (one["fields"]["name"]["value"], [each["value"] for each in one["fields"]["name"]["disputed"]]) == ("何玲丽", ["何伶俐"])


def test_the_same_phone_wrote_both_and_did_not_know_that_they_are_one(centre):
    centre.take(centre.submission("w0001", answers=person(A, "何伶俐")), centre.submission("w0001", answers=person(B, "何玲利")))
    ruled(centre, rulings.link, A, B, "admin")
    entry = centre.record(A)["fields"]["name"]
    assert {entry["value"], *(each["value"] for each in entry["disputed"])} == {"何伶俐", "何玲利"}
    assert entry["device"] == "d-w0001"


def test_chains_and_rings_of_links_are_one_cluster_and_come_apart_link_by_link(centre):
    two_people(centre)
    centre.take(centre.submission("w0003", answers=person(C, "何灵利")))
    before = centre.everything()
    clicks = [ruled(centre, rulings.link, *pair, "admin").click for pair in ((B, C), (A, B), (C, A))]
    assert centre.record(A)["members"] == [A, B, C]
    ruled(centre, rulings.undo, clicks[1], "admin")
    assert centre.record(A)["members"] == [A, B, C], "they hold together the other way round"
    ruled(centre, rulings.undo, clicks[2], "admin")
    assert "members" not in centre.record(A)
    assert centre.record(B)["members"] == [B, C]
    ruled(centre, rulings.undo, clicks[0], "admin")
    assert centre.everything() == before


def test_links_that_contradict_are_refused_and_the_reason_names_who_said_otherwise(centre):
    two_people(centre)
    centre.take(centre.submission("w0003", answers=person(C, "何灵利")))
    ruled(centre, rulings.apart, A, C, "leader")
    ruled(centre, rulings.link, A, B, "admin")
    with pytest.raises(CannotRule, match="apart") as refused:
        ruled(centre, rulings.link, B, C, "admin")
    assert refused.value.by == "name of leader"
    assert centre.record(A)["members"] == [A, B]


def test_a_contradiction_that_an_undo_makes_refutes_the_newest_link_until_it_is_gone(centre):
    two_people(centre)
    centre.take(centre.submission("w0003", answers=person(C, "何灵利")))
    apart = ruled(centre, rulings.apart, A, C, "leader")
    gone = ruled(centre, rulings.undo, apart.click, "leader")
    ruled(centre, rulings.link, A, B, "admin")
    ruled(centre, rulings.link, B, C, "admin")
    back = ruled(centre, rulings.undo, gone.click, "leader")
    assert centre.record(A)["members"] == [A, B]
    assert {row["state"] for row in centre.rows(RecordLink)} == {"one", "apart", "refuted"}
    ruled(centre, rulings.undo, back.click, "leader")
    assert centre.record(A)["members"] == [A, B, C]


@pytest.mark.parametrize(("pair", "reason"), [((A, A), "same"), ((A, DOOR), "kinds"), ((A, C), "missing")])
def test_what_cannot_be_one(centre, pair, reason):
    two_people(centre)
    centre.take(centre.submission("w0001", answers={"phone": "1"}))
    with pytest.raises(CannotRule, match=reason):
        ruled(centre, rulings.link, *pair, "admin")


def test_a_link_that_stands_is_not_made_twice_and_one_through_others_is_undone_where_it_is(centre):
    two_people(centre)
    centre.take(centre.submission("w0003", answers=person(C, "何灵利")))
    ruled(centre, rulings.link, A, B, "admin")
    with pytest.raises(CannotRule, match="already"):
        ruled(centre, rulings.link, B, A, "leader")
    ruled(centre, rulings.link, B, C, "admin")
    with pytest.raises(CannotRule, match="through"):
        ruled(centre, rulings.apart, A, C, "leader")
    ruled(centre, rulings.apart, A, B, "leader")
    assert centre.record(B)["members"] == [B, C], "not the same: the link on that pair gives way"


def test_a_click_is_undone_once(centre):
    two_people(centre)
    done = ruled(centre, rulings.link, A, B, "admin")
    ruled(centre, rulings.undo, done.click, "leader")
    with pytest.raises(CannotRule, match="undone") as refused:
        ruled(centre, rulings.undo, done.click, "admin")
    assert refused.value.by == "name of leader"


def test_a_person_linked_across_areas_is_shown_to_both(centre):
    centre.take(
        centre.submission("w0001", answers=person(A, "何伶俐")),
        centre.submission("leader", area="g0312", answers={**person(B, "何玲利"), "household_id": OTHER_DOOR}),
    )
    ruled(centre, rulings.link, A, B, "admin")
    here, there = centre.record(A), centre.record(A, area="g0312")
    assert {**here, "_rev": ""} == {**there, "_rev": ""}
    assert here["members"] == [A, B]
    assert centre.record(B, area="g0312")["linked_to"] == A
    assert "moved" not in here, "a link moves nobody"


def test_a_household_moves_with_its_people_late_forms_follow_it_and_undo_brings_all_back(centre):
    centre.take(centre.submission("w0001", answers={"phone": "135", **person(A, "何伶俐")}))
    before = centre.everything()
    done = ruled(centre, rulings.move, DOOR, "g0312", "admin")
    trace, moved = centre.record(), centre.record(area="g0312")
    assert (trace["type"], trace["area"], trace["label"]) == ("moved", "g0312", moved["label"])
    assert (moved["area"], moved["moved"]["from"], moved["moved"]["at"]) == ("g0312", ["g0311"], trace["at"])
    assert (centre.record(A)["type"], centre.record(A)["with"], centre.record(A, area="g0312")["label"]) == ("moved", DOOR, "何伶俐")
    late = centre.submission("w0001", answers={"phone": "136", **person(B, "何小龙")})
    centre.take(late)
    assert centre.receipt(late)["status"] == "accepted"
    assert centre.record(area="g0312")["fields"]["phone"]["value"] == "136"
    assert (centre.record(B)["type"], centre.record(B, area="g0312")["label"]) == ("moved", "何小龙")
    assert sum(row["kind"] == "household" for row in centre.rows(Record)) == 1, "nothing is counted twice"
    decide(centre.store, late["_id"], "reject", "admin", now=lambda: centre.time)
    ruled(centre, rulings.undo, done.click, "admin")
    decided = centre.everything()
    assert (decided["records"], decided["published"].keys()) == (before["records"], before["published"].keys() | {("worker-w0001", late_receipt(late))})


def late_receipt(document):
    return "receipt:" + document["_id"].removeprefix("submission:")


def test_someone_who_knew_of_the_move_reports_the_household_elsewhere_and_there_it_lies(centre):
    centre.take(centre.submission("w0001", answers={"phone": "135"}))
    ruled(centre, rulings.move, DOOR, "g0312", "admin")
    centre.take(centre.submission("leader", area="g0311", answers={"phone": "137"}, based_on={DOOR: centre.record(area="g0312")["version"]}))
    assert (centre.record()["type"], centre.record(area="g0312")["type"]) == ("record", "moved")


@pytest.mark.parametrize(("area", "reason"), [("g0311", "here"), ("g9999", "area")])
def test_a_move_to_where_it_lies_or_to_nowhere_is_refused(centre, area, reason):
    centre.take(centre.submission("w0001", answers={"phone": "135"}))
    with pytest.raises(CannotRule, match=reason):
        ruled(centre, rulings.move, DOOR, area, "admin")


def test_a_person_moved_by_themself_lies_there_whatever_their_household_does(centre):
    centre.take(centre.submission("w0001", answers={"phone": "135", **person(A, "何伶俐")}))
    ruled(centre, rulings.move, A, "g0312", "admin")
    assert (centre.record()["type"], centre.record(A)["type"], centre.record(A, area="g0312")["area"]) == ("record", "moved", "g0312")


def test_a_person_belongs_where_their_household_lies_though_it_is_reported_after_them(centre):
    centre.take(centre.submission("leader", area="g0312", answers={"household_id": OTHER_DOOR, **person(A, "何伶俐")}))
    first = centre.record(A, area="g0312")
    assert first["fields"]["household"]["value"] == OTHER_DOOR
    centre.take(centre.submission("w0001", answers={"household_id": OTHER_DOOR, "phone": "1"}))
    assert (centre.record(OTHER_DOOR)["type"], centre.record(A)["type"], centre.record(A, area="g0312")["type"]) == ("record", "record", "moved")


def test_a_preview_shows_what_would_change_and_changes_nothing(centre):
    two_people(centre)
    before = centre.everything()
    changes = rulings.preview(centre.store, lambda store: rulings.link(store, A, B, "admin"))
    assert [(each.record, each.before["label"], each.after["label"]) for each in changes] == [(A, "何伶俐", "何玲利"), (B, "何玲利", "何玲利")]
    assert changes[0].after["members"] == [A, B]
    with pytest.raises(CannotRule, match="same"):
        rulings.preview(centre.store, lambda store: rulings.link(store, A, A, "admin"))
    assert centre.everything() == before
    assert centre.rows(RecordLink) == []


def test_a_settlement_falls_with_the_last_report_and_comes_back_with_it(centre):
    one = centre.submission("w0001", answers={"phone": "135"})
    centre.take(one)
    ruled(centre, rulings.settle, DOOR, "phone", "136", "admin", centre.record()["version"])
    decide(centre.store, one["_id"], "reject", "admin", now=lambda: centre.time)
    centre.merge()
    assert centre.record() is None, "nobody reports this door any more"
    decide(centre.store, one["_id"], "reopen", "admin", now=lambda: centre.time)
    centre.merge()
    assert centre.value("phone") in ("135", "136")


def test_what_changes_is_queued_to_be_compared(centre):
    two_people(centre)
    with centre.store.writing() as connection:
        connection.exec_driver_sql("DELETE FROM linkage_queue")
    centre.take(centre.submission("w0001", answers=person(A, "何伶俐", temperature=36.6)))
    assert {row["record"] for row in centre.rows(LinkageQueue)} <= {A, DOOR}


def test_a_correction_waits_for_what_it_corrects_and_is_let_in_when_it_comes(centre):
    first = centre.submission("w0001", answers={"phone": "135"})
    second = centre.submission("w0001", answers={"phone": "136"}, supersedes=first["_id"])
    centre.take(second)
    receipt = centre.receipt(second)
    assert (receipt["status"], [each["rule"] for each in receipt["problems"]]) == ("held", ["chain"])
    assert centre.record() is None
    centre.take(first)
    assert (centre.receipt(second)["status"], centre.receipt(first)["status"]) == ("accepted", "superseded")
    assert (centre.value("phone"), set(centre.record()["version"])) == ("136", {"d-w0001"}), "as if it had come in order"


def test_after_five_days_a_correction_counts_without_and_says_so(centre):
    second = centre.submission("w0001", answers={"phone": "136"}, supersedes=centre.submission("w0001", number=77)["_id"])
    centre.take(second)
    centre.time += timedelta(days=4, hours=23)
    centre.merge()
    assert centre.receipt(second)["status"] == "held"
    centre.time += timedelta(hours=2)
    centre.merge()
    receipt = centre.receipt(second)
    assert (receipt["status"], receipt["problems"], [each["rule"] for each in receipt["remarks"]]) == ("accepted", [], ["chain"])
    assert centre.value("phone") == "136"
    centre.take(centre.submission("w0001", number=77, answers={"phone": "135"}))
    assert centre.value("phone") == "136", "what comes later is what it corrects"


def test_one_that_stands_for_others_is_shown_where_its_own_household_goes(centre):
    """What it says together with the others may name another household; the phones of its own still have it."""
    first = centre.submission("w0001", answers=person(A, "何伶俐"))
    second = centre.submission("leader", area="g0312", answers={**person(B, "何玲利"), "household_id": OTHER_DOOR, "phone": "1"})
    centre.take(first, second)
    ruled(centre, rulings.link, A, B, "admin")
    assert centre.record(A)["fields"]["household"]["value"] == OTHER_DOOR
    assert (centre.record(A)["area"], centre.record(A, area="g0312")["area"]) == ("g0312", "g0312")
    ruled(centre, rulings.move, DOOR, "g0312", "admin")
    assert centre.record(A)["type"] == "moved", "nobody of it lives here any more"
    assert list(Recomputation(centre.store).check()) == []


def test_the_office_shows_a_linked_record_once_and_to_whoever_answers_for_one_of_its_areas(centre):
    centre.take(
        centre.submission("w0001", answers={"phone": "1", **person(A, "何伶俐")}),
        centre.submission("leader", area="g0312", answers={"household_id": OTHER_DOOR, "phone": "2", **person(B, "何玲利")}),
    )
    ruled(centre, rulings.link, A, B, "admin")
    with centre.store.reading() as connection:
        everywhere = {id: reading.record(connection, id, None) for id in (A, DOOR, OTHER_DOOR)}
        assert {each["id"] for each in reading.linked(connection, everywhere[A], None)} == {OTHER_DOOR}
        assert {each["id"] for each in reading.linked(connection, everywhere[OTHER_DOOR], None)} == {A}
        assert [reading.record(connection, A, frozenset([area])) is not None for area in ("g0311", "g0312", "g9999")] == [True, True, False]
        asked = [RecordQuery("person", within=frozenset(each)) for each in ({"g0311"}, {"g0312"}, {"g0311", "g0312"}, {"g9999"})]
        assert [(reading.record_ids(connection, each), reading.count(connection, each)) for each in asked] == [([A], 1), ([A], 1), ([A], 1), ([], 0)]
        many = frozenset(["g0312", *(f"g1{number:03}" for number in range(reading.FEW_AREAS_MAX))])
        assert reading.record_ids(connection, RecordQuery("person", within=many, search="heling")) == [A]
        assert count_all(connection, centre.time).by_area("person") == {("g0311", None): 1, ("g0312", None): 1}
        assert count_all(connection, centre.time).by_area("person", asked[1].within, asked[1].area) == {("g0312", None): 1}
        assert reading.labels(connection, [A], frozenset({"g0312"})) == {A: everywhere[A]["label"]}


def test_a_list_holds_no_record_that_has_left_and_none_that_is_unlinked(centre):
    centre.take(
        centre.submission("w0001", answers={"phone": "1", **person(A, "何伶俐")}),
        centre.submission("leader", area="g0312", answers={"household_id": OTHER_DOOR, "phone": "2", **person(B, "何玲利")}),
    )

    def listed(area):
        with centre.store.reading() as connection:
            return reading.record_ids(connection, RecordQuery("person", within=frozenset([area])))

    link = ruled(centre, rulings.link, A, B, "admin")
    move = ruled(centre, rulings.move, DOOR, "c03", "admin")
    assert [listed(area) for area in ("g0311", "g0312", "c03")] == [[], [A], [A]], "a trace is no record"
    assert list(Recomputation(centre.store).check()) == []
    with centre.store.writing() as connection:
        ruling_statements.put_shown_also(connection, {A: ["g0311"]})
    assert [(each.what, each.id) for each in Recomputation(centre.store).check()] == [("record", A)]
    list(Recomputation(centre.store).write(lambda: centre.time))
    assert [listed(area) for area in ("g0311", "g0312", "c03")] == [[], [A], [A]]
    ruled(centre, rulings.undo, move.click, "admin")
    ruled(centre, rulings.undo, link.click, "admin")
    assert [listed(area) for area in ("g0311", "g0312", "c03")] == [[A], [B], []]
