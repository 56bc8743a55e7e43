"""From a phone's inbox to records and receipts."""

from datetime import timedelta

import orjson
import pytest

from forms.check import publishable
from sync.review import CannotDecide, decide
from sync.store.models import Assignment, Record, Submission, table
from tests.sync.centre.conftest import submission_id


def problems(receipt):
    return [(problem["path"], problem["rule"]) for problem in receipt["problems"]]


def test_a_good_submission_becomes_records_and_an_accepted_receipt(centre, household="household:aaaaaaaaaaaaaaaaaaaaaaaaaa"):
    members = [{"person_id": "person:01JD3Z8Q5V7M2K4X9T6B1N0CFR", "name": "何伶俐", "temperature": 36.6}]
    one = centre.submission(answers={"building": "1", "room": "311", "members": members})
    centre.take(one)
    receipt = centre.receipt(one)
    assert (receipt["status"], receipt["problems"], receipt["submission"]) == ("accepted", [], one["_id"])
    version = {one["device"]: one["clock"]}
    assert receipt["records"] == [{"id": household, "version": version}, {"id": members[0]["person_id"], "version": version}]
    assert receipt["clock"] == one["clock"]
    record = centre.record()
    assert (record["label"], record["version"], record["submission_count"]) == ("1栋 311", version, 1)
    person = centre.record(members[0]["person_id"])
    assert person["label"] == "何伶俐"
    assert person["fields"]["household"]["value"] == household
    row = next(row for row in centre.rows(Record) if row["kind"] == "person")
    assert (row["household"], row["label"], row["temperature"], row["area"]) == (household, "何伶俐", 36.6, "g0311")
    assert orjson.loads(centre.rows(Submission)[0]["document"]) == one


def test_different_fields_both_survive_and_two_values_of_one_field_are_both_kept(centre):
    first = centre.submission("w0001", answers={"phone": "135", "needs": "food"})
    centre.take(first)
    version = {"household:aaaaaaaaaaaaaaaaaaaaaaaaaa": centre.record()["version"]}
    centre.take(
        centre.submission("w0002", answers={"phone": "136"}, based_on=version),
        centre.submission("w0003", answers={"phone": "137", "needs": "medicine"}, based_on=version),
        centre.submission("w0001", answers={"building": "1", "phone": "135"}, based_on=version, device="d-another"),
    )
    fields = centre.record()["fields"]
    assert fields["needs"]["value"] == "medicine"
    assert fields["building"]["value"] == "1"
    assert fields["phone"]["value"] == "137"
    assert [(other["value"], other["worker"]) for other in fields["phone"]["disputed"]] == [("136", "w0002")]
    assert next(row["disputes"] for row in centre.rows(Record)) == 1


def test_a_policy_of_the_form_settles_its_field(centre):
    centre.take(centre.submission("w0001", answers={"masks": 5}), centre.submission("w0002", answers={"masks": 10}))
    assert centre.value("masks") == 15


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"form": "unheard_of"}, [("/form", "form")]),
        ({"version": "9"}, [("/version", "version")]),
        ({"area": "g9999"}, [("/area", "area")]),
        ({"area": "g0312"}, [("/area", "area")]),
        ({"clock": "now"}, [("/clock", "envelope")]),
        ({"clock": "1770080102000-0000-d-another"}, [("/clock", "envelope")]),
        ({"device": "office", "clock": "1770120001000-0000-office"}, [("/device", "envelope")]),
        ({"finished_at": "2026-02-03T12:00:00"}, [("/finished_at", "envelope")]),
        ({"finished_at": "0001-01-01T00:00:00+14:00"}, [("/finished_at", "envelope")]),
        ({"answers": [1]}, [("/answers", "envelope")]),
        ({"based_on": {"household:x": {"d-1": 7}}}, [("/based_on", "envelope")]),
        ({"device": None, "started_at": None}, [("/device", "envelope"), ("/started_at", "envelope")]),
        ({"media": [{"question": "/photo"}]}, [(f"/media/0/{name}", "envelope") for name in ("bytes", "name", "sha256", "type")]),
        ({"supersedes": "that one"}, [("/supersedes", "envelope")]),
        ({"_id": "submission:1"}, [("/_id", "envelope")]),
        ({"form": "unheard_of", "area": "g9999", "clock": 7}, [("/clock", "envelope"), ("/form", "form"), ("/area", "area")]),
        ({"answers": {"household_id": "household:aaaaaaaaaaaaaaaaaaaaaaaaaa", "masks": "many", "beds": 3}}, [("/masks", "type"), ("/beds", "unknown")]),
        (
            {"answers": {"household_id": "household:b", "members": [{"person_id": "person:1", "name": "何", "temperature": 55}]}, "area": "g9999"},
            [("/area", "area"), ("/members/0/temperature", "constraint")],
        ),
        ({"answers": {}}, [("/household_id", "required")]),
        ({"answers": {"household_id": "elsewhere"}}, [("/household_id", "constraint")]),
    ],
    ids=str,
)
def test_what_is_wrong_holds_it_with_every_problem_at_once(centre, changes, expected):
    one = {**centre.submission(), **changes}
    one = {name: value for name, value in one.items() if value is not None or name == "supersedes"}
    centre.take(one)
    receipt = centre.receipt(one)
    assert receipt["status"] == "held"
    assert sorted(problems(receipt)) == sorted(expected)
    assert all(problem["message"]["zh"] and problem["message"]["en"] for problem in receipt["problems"])
    assert centre.record() is None
    assert orjson.loads(centre.rows(Submission)[0]["document"]) == one


def test_an_unknown_worker_and_another_workers_paper_are_held(centre):
    centre.databases.create("worker-w9999", {})
    unknown = centre.submission("w9999")
    anothers = centre.submission("w0001")
    centre.put(unknown)
    centre.take(anothers, inbox="worker-w0002")
    assert problems(centre.receipt(unknown)) == [("/worker", "worker")]
    assert problems(centre.receipt(anothers, "w0002")) == [("/worker", "worker")]


def test_a_leader_answers_for_the_grids_below_and_an_administrator_for_all(centre):
    by_leader, by_admin = centre.submission("leader", area="g0312"), centre.submission("admin", area="g0312", answers={"phone": "1"})
    centre.take(by_leader, by_admin)
    assert centre.receipt(by_leader)["status"] == centre.receipt(by_admin)["status"] == "accepted"


def test_late_work_of_someone_who_was_assigned_then_is_accepted(centre):
    with centre.store.writing() as connection:
        connection.execute(table(Assignment).update().where(table(Assignment).c.account == "w0001").values(until=centre.time - timedelta(minutes=55)))
    centre.time += timedelta(days=7)
    in_time, too_late = centre.submission("w0001", seconds=60), centre.submission("w0001", seconds=600)
    centre.take(in_time, too_late)
    assert centre.receipt(in_time)["status"] == "accepted"
    assert problems(centre.receipt(too_late)) == [("/area", "area")]


def test_what_is_no_submission_is_kept_and_listed(centre):
    centre.take({"_id": "holiday", "photo": "…"}, {"_id": "submission:x", "type": "diary"}, {"_id": "note:1", "type": "submission"}, inbox="worker-w0001")
    centre.take({"_id": "receipt:1", "type": "receipt", "status": "accepted"}, inbox="worker-w0001")
    assert sorted(centre.strays()) == [("holiday", "type"), ("note:1", "id"), ("submission:x", "type")]
    assert centre.states() == {}


def test_one_bad_document_never_stops_the_rest(centre):
    good = [centre.submission(answers={"phone": str(number)}) for number in range(3)]
    deep = orjson.loads("[" * 150 + "]" * 150)
    centre.take(good[0], centre.submission(answers={"phone": deep}), good[1], centre.submission(answers={"members": {"a": deep}}), good[2])
    assert [centre.receipt(one)["status"] for one in good] == ["accepted"] * 3
    assert sorted(centre.states().values()) == ["accepted"] * 3 + ["held"] * 2


def test_a_document_that_makes_judging_fail_is_held_and_named_in_the_log(centre, caplog):
    class Failing:
        def judge(self, answers, moment):
            raise RecursionError("deep inside")

        def as_document(self):
            return centre.form.as_document()

    from sync.pipeline import Pipeline

    centre.pipeline = Pipeline(centre.store, centre.databases, lambda xform: Failing(), now=lambda: centre.time)
    one = centre.submission()
    centre.take(one)
    assert problems(centre.receipt(one)) == [("", "envelope")]
    assert centre.rows(Submission)[0]["worker"] == "w0001"
    assert one["_id"] in caplog.text


@pytest.mark.parametrize("seconds", [(4_070_908_800 - 1_770_000_000), -1_770_000_000], ids=["2099", "1970"])
def test_a_phone_in_2099_or_1970_hides_nothing(centre, seconds):
    wrong = centre.submission("w0001", answers={"phone": "wrong clock"}, seconds=seconds)
    centre.take(wrong)
    assert centre.receipt(wrong)["status"] == "accepted"
    unaware = centre.submission("w0002", answers={"phone": "unaware"}, seconds=30)
    centre.take(unaware)
    phone = centre.record()["fields"]["phone"]
    assert {phone["value"], *(other["value"] for other in phone["disputed"])} == {"wrong clock", "unaware"}
    assert phone["clock"] < "1770123661000"
    record = centre.record()
    aware = centre.submission("w0003", answers={"phone": "aware"}, seconds=90, based_on={record["_id"]: record["version"]})
    centre.take(aware)
    assert centre.value("phone") == "aware"
    assert "disputed" not in centre.record()["fields"]["phone"]


def test_a_record_moves_to_the_area_of_its_latest_submission(centre):
    centre.take(centre.submission("w0001", answers={"phone": "135"}))
    assert centre.record() is not None
    centre.take(centre.submission("leader", area="g0312", answers={"phone": "136"}))
    assert (centre.record()["type"], centre.record()["area"]) == ("moved", "g0312"), "whoever looks for it here is told"
    assert centre.record(area="g0312")["submission_count"] == 2


def test_an_inbox_made_later_is_found_and_reading_again_changes_nothing(centre):
    centre.take(centre.submission("w0001", answers={"phone": "1"}))
    before = centre.everything()
    with centre.store.writing() as connection:
        connection.exec_driver_sql("UPDATE checkpoints SET sequence = '0'")
    centre.new_pipeline()
    centre.merge()
    assert centre.everything() == before


def test_what_was_held_for_an_unknown_form_area_or_assignment_is_judged_again_when_it_is_known(centre, form_of_version):
    newer = centre.submission("w0001", version="2", answers={"phone": "1"})
    elsewhere = centre.submission("w0002", area="g0312", answers={"needs": "2"})
    centre.take(newer, elsewhere)
    assert set(centre.states().values()) == {"held"}
    with centre.store.writing() as connection:
        centre.publish_form(connection, form_of_version("2"))
        connection.execute(table(Assignment).insert().values(account="w0002", area="g0312", since=centre.time - timedelta(days=1), until=None))
    centre.merge()
    assert [centre.receipt(one)["status"] for one in (newer, elsewhere)] == ["accepted"] * 2
    assert "office" in centre.record(area="g0312")["version"]


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0)])
def test_one_form_under_three_ids_counts_once_whichever_comes_first(centre, order):
    first = centre.submission("w0001", answers={"phone": "135", "masks": 5})
    copies = [first, {**first, "_id": submission_id(800)}, {**first, "_id": submission_id(801)}]
    for place in order:
        centre.take(copies[place], copies[place])
    assert [centre.receipt(each)["status"] for each in copies] == ["accepted", "duplicate", "duplicate"]
    assert (centre.value("masks"), centre.record()["submission_count"]) == (5, 1)
    with pytest.raises(CannotDecide, match="duplicate"):
        decide(centre.store, copies[1]["_id"], "accept", "admin")
    corrected = centre.submission("w0001", answers={"phone": "135", "masks": 7}, supersedes=copies[2]["_id"])
    centre.take(corrected)
    assert (centre.receipt(first)["status"], centre.value("masks")) == ("superseded", 7), "whichever of them the phone took for its own"


def test_the_same_words_another_time_are_another_form(centre):
    answers = {"phone": "135", "masks": 5}
    centre.take(centre.submission("w0001", answers=answers), centre.submission("w0001", answers=answers))
    assert (centre.value("masks"), set(centre.states().values())) == (10, {"accepted"})


def test_nobody_puts_anothers_form_out_of_force_by_sending_it_under_a_lesser_id(centre):
    rightful = centre.submission("w0001", number=500, answers={"phone": "135"})
    centre.take({**rightful, "_id": submission_id(400)}, inbox="worker-w0002")
    centre.take(rightful)
    assert (centre.receipt(rightful)["status"], centre.value("phone")) == ("accepted", "135")


def test_a_version_that_never_existed_has_seen_nothing(centre):
    ghost = {
        "household:aaaaaaaaaaaaaaaaaaaaaaaaaa": {"d-ghost": "4070908800000-0000-d-ghost"},
        "household:" + "z" * 26: {"d-w0001": "1770120000000-0000-d-w0001"},
    }
    one, other = centre.submission("w0001", answers={"phone": "135"}), centre.submission("w0002", answers={"phone": "136"}, based_on=ghost)
    centre.take(one, other)
    assert centre.receipt(other)["status"] == "accepted"
    assert [each["value"] for each in centre.record()["fields"]["phone"]["disputed"]] == ["135"]
    assert "d-ghost" not in centre.record()["version"]


def test_a_person_of_a_household_that_nobody_has_reported_lies_where_the_form_came_from(centre):
    person = "person:01JD3Z8Q5V7M2K4X9T6B1N0CFR"
    centre.take(
        centre.submission("leader", area="g0312", answers={"household_id": "household:" + "z" * 26, "members": [{"person_id": person, "name": "何伶俐"}]})
    )
    assert centre.record(person, area="g0312")["area"] == "g0312"


LIST_WITH_A_KEY = """
| settings |
| | form_title::zh | form_title::en | form_id | version | default_language |
| | 需求 | Needs | needs | 1 | zh |

| survey |
| | type | name | label::zh | label::en | required | calculation | save_to | merge |
| | hidden | household_id | | | yes | | need#household | |
| | begin_repeat | needs | 需求 | Needs | | | | |
| | text | code | 代码 | Code | yes | | need#code | |
| | integer | quantity | 数量 | Quantity | | | need#quantity | max |
| | calculate | need_id | | | | concat('need:', digest(concat(${household_id}, ' ', ${code}), 'SHA-256', 'hex')) | | |
| | end_repeat | | | | | | | |

| entities |
| | list_name | entity_id | label::zh | label::en |
| | need | ${need_id} | ${code} | ${code} |
"""


def test_rows_without_an_id_meet_by_the_key_that_the_form_declares(centre):
    with centre.store.writing() as connection:
        centre.publish_form(connection, publishable(LIST_WITH_A_KEY, ".md").form)
    for worker, rows in (("w0001", [("milk", 2), ("rice", 1)]), ("w0002", [("rice", 5)])):
        needs = [{"code": code, "quantity": quantity} for code, quantity in rows]
        centre.take(centre.submission(worker, form="needs", answers={"needs": needs}))
    found = {row["label"]: orjson.loads(row["body"])["fields"]["quantity"]["value"] for row in centre.rows(Record) if row["kind"] == "need"}
    assert found == {"milk": 2, "rice": 5}
