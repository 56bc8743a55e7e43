"""The forms we ship: each is publishable without a finding, takes a good submission, and each of its rules says no once."""

from __future__ import annotations

import copy
from pathlib import Path

import pytest

from forms.check import publishable
from forms.xlsform import FIELDS_OF_WORK, read
from sync.store.facets import CALL_BACK_STATES

CATALOGUE = Path(__file__).parents[2] / "forms" / "catalogue"
FORMS = sorted(path.stem for path in CATALOGUE.glob("*.md"))

SURVEY = {
    "household_id": "household:k5xw3f2mzq7a4b6c2d3e4f5g6h",
    "visit": {"mode": "door", "outcome": "done", "come_again": "no", "visited_at": "2026-02-03T09:12:50.000+08:00", "attempt": 1},
    "address": {"building": "1", "unit": "2", "room": "311", "ordinal": 1, "household_phone": "0715-8888888"},
    "members": [
        {
            "person_id": "person:01JD3Z8Q5V7M2K4X9T6B1N0C01",
            "name": "何伶俐",
            "sex": "2",
            "birth_year": 1975,
            "relation": "0",
            "phone": "13800000001",
            "kind": "returnee",
            "temperature": 37.5,
            "symptoms": ["fever", "dry_cough"],
            "fever": {"fever_since": "2026-02-02", "saw_doctor": "no", "fever_action": "已报告社区医生"},
            "journey": {"origin_province": "42", "origin_city": "武汉", "returned_on": "2026-01-22", "transport": "train"},
            "health": {"contact_history": "yes", "contact_detail": "1月20日 同乘", "health_code": "yellow", "vulnerable": ["chronic_illness"]},
        },
        {
            "person_id": "person:01JD3Z8Q5V7M2K4X9T6B1N0C02",
            "name": "李强",
            "sex": "1",
            "relation": "1",
            "kind": "resident",
            "temperature": 36.5,
            "symptoms": ["none"],
            "health": {"contact_history": "no", "health_code": "green"},
        },
    ],
    "household_needs": {"needs": ["medicine"], "needs_note": "降压药", "member_count": 2, "vulnerable_count": 1, "fever_count": 1},
    "closing": {"position": {"latitude": 29.84, "longitude": 114.32, "altitude": 31, "accuracy": 6.5}, "door_photo": "door-1.jpg", "consent": "yes"},
}
CHECK = {
    "household_id": "household:k5xw3f2mzq7a4b6c2d3e4f5g6h",
    "check": {"kind": "morning", "mode": "door", "everyone_home": "no"},
    "people": [
        {
            "person_id": "person:01JD3Z8Q5V7M2K4X9T6B1N0C01",
            "case_id": "quarantine_case:01JD3Z8Q5V7M2K4X9T6B1N0C11",
            "name": "何伶俐",
            "at_home": "yes",
            "temperature": 37.3,
            "symptoms": ["fever"],
            "morning_at": "2026-02-03T09:13:00.000+08:00",
            "fever": {"fever_since": "2026-02-03", "fever_reported": "yes"},
        },
        {"person_id": "person:01JD3Z8Q5V7M2K4X9T6B1N0C02", "case_id": "quarantine_case:01JD3Z8Q5V7M2K4X9T6B1N0C12", "name": "李强", "at_home": "no"},
    ],
    "seal": {"seal_state": "broken", "seal_photo": "seal-1.jpg", "seal_note": "出门取快递"},
    "home": {"windows_opened": "yes", "mood": "anxious", "needs": ["food"], "needs_note": "米", "rubbish_collected": "yes", "action_taken": "已劝返"},
}


@pytest.mark.parametrize("name", FORMS)
def test_every_form_of_the_catalogue_is_publishable_beside_all_others_without_a_finding(catalogue, name):
    result = publishable(CATALOGUE / f"{name}.md", catalogue=catalogue.values())
    assert result.findings == []
    assert result.form is not None
    assert result.form.languages == ("zh", "en")


def test_the_catalogue_holds_the_seventeen_forms_and_the_register_of_doors():
    assert set(FORMS) == {
        "household_survey", "quarantine_check", "returnee_registration", "quarantine_release", "checkpoint_entry", "resident_pass", "disinfection_log",
        "premises_inspection", "problem_report", "supply_handout", "donation", "service_request", "duty_log", "spot_check", "test_registration",
        "publicity_log", "transport_trip", "household_register",
    }  # fmt: skip


def test_every_form_stands_in_one_of_the_seven_fields_of_work_and_every_field_has_a_form(catalogue):
    assert {form.questionnaire.field_of_work for form in catalogue.values()} == set(FIELDS_OF_WORK)


@pytest.mark.parametrize("name", FORMS)
def test_a_form_that_a_person_starts_on_the_phone_has_screens_not_loose_questions(catalogue, name):
    """A group is a screen; only what programs fill in and work out stands outside of one."""
    assert {each.type for each in catalogue[name].fields} <= {"group", "repeat", "hidden", "calculate"}


def test_one_fact_has_one_name(catalogue):
    """What two forms ask in the same words has the same name."""
    names: dict[tuple[str, str], set[str]] = {}
    for form in catalogue.values():
        for each in form.questionnaire.walk():
            if each.is_leaf and each.type != "hidden":
                for language, label in each.label.items():
                    names.setdefault((language, label), set()).add(each.name)
    several = {label: found for label, found in names.items() if len(found) > 1}
    assert several == {}


def test_somebody_comes_again_after_the_results_that_the_list_marks(catalogue, judge):
    """The column `again` of the visit results and the form's own calculation say the same."""
    marks = {row.get("name"): row.get("again") for row in read(CATALOGUE / "household_survey.md").choices.rows if row.get("list_name") == "outcome"}
    assert {outcome for outcome, again in marks.items() if again == "yes"} == set(CALL_BACK_STATES)
    for outcome, again in marks.items():
        answers = {"household_id": "household:k", "visit": {"mode": "door", "outcome": outcome}}
        assert judge(catalogue["household_survey"], answers).answers["visit"]["come_again"] == again, outcome


def test_each_visit_is_a_record_of_its_own_with_its_number(catalogue, judge):
    answers = {
        "household_id": "household:k", "visit_id": "visit:01JD3Z8Q5V7M2K4X9T6B1N0C01", "attempt_before": 2,
        "visit": {"mode": "door", "outcome": "nobody_home"}, "address": {"building": "1", "room": "311", "ordinal": 1},
    }  # fmt: skip
    household, visit = judge(catalogue["household_survey"], answers).changes
    assert (household.properties["attempt"], household.properties["come_again"]) == (3, "yes")
    assert (visit.kind, visit.properties["household"], visit.properties["attempt"]) == ("visit", "household:k", 3)
    assert visit.properties["outcome"] == "nobody_home"


@pytest.mark.parametrize(
    ("number", "stands"),
    [
        ("11010519491231002X", True),
        ("11010519491231002x", True),
        ("110105194912310021", False),
        ("110105491231002", False),
        ("E12345678", True),
        ("12345678", True),
        ("1234567", False),
    ],
)
def test_the_last_character_of_an_identity_number_must_fit(catalogue, judge, said, number, stands):
    """GB 11643: the 18th character is worked out from the other 17."""
    problems = said(judge(catalogue["returnee_registration"], {"person": {"id_number": number}}).problems)
    assert (("/person/id_number", "constraint") not in problems) == stands


@pytest.mark.parametrize(
    ("out_at", "in_at", "hours", "minutes"),
    [("09:00", "11:59", 3, 0), ("09:00", "12:00", 3, 0), ("09:00", "12:30", 3, 30), ("22:30", "23:31", 1, 1)],
)
def test_by_how_much_an_outing_was_overrun_is_worked_out(catalogue, judge, out_at, in_at, hours, minutes):
    outing = {"out_at": f"2026-02-03T{out_at}:00+08:00", "in_at": f"2026-02-03T{in_at}:00+08:00"}
    answers = {"validity": {"hours_allowed": hours, "days_between": 2, "status": "valid"}, "outing": outing}
    assert judge(catalogue["resident_pass"], answers).answers["outing"]["overrun_minutes"] == minutes


def test_a_longer_quarantine_keeps_its_former_end_and_a_release_says_released(catalogue, judge):
    longer, released = (
        judge(catalogue["quarantine_release"], {"case_id": "quarantine_case:1", "ends_on_before": "2026-02-03", **more}).changes[0].properties
        for more in (
            {"decision_made": {"decision": "extend"}, "extension": {"ends_on": "2026-02-10", "extension_reason": "同住人发热"}},
            {"decision_made": {"decision": "release"}, "release": {"released_on": "2026-02-03"}},
        )
    )
    assert (longer["ends_on"], longer["ends_on_before"], "status" in longer) == ("2026-02-10", "2026-02-03", False)
    assert (released["status"], released["released_on"], "ends_on" in released) == ("released", "2026-02-03", False)


def test_a_good_survey_and_a_good_check_pass_as_they_are(catalogue, judge):
    for name, answers in (("household_survey", SURVEY), ("quarantine_check", CHECK)):
        verdict = judge(catalogue[name], answers)
        assert (verdict.problems, verdict.remarks) == ((), ())
        if name == "household_survey":
            assert verdict.answers == answers
    morning = {**CHECK["people"][1], "morning_at": "2026-02-03T09:15:02.000+08:00"}
    assert verdict.answers == {**CHECK, "people": [CHECK["people"][0], morning]}


def test_a_survey_writes_its_household_and_its_people(catalogue, judge):
    household, first, second = judge(catalogue["household_survey"], SURVEY).changes
    assert (household.kind, household.id, household.path) == ("household", SURVEY["household_id"], "")
    assert household.properties["phone"] == "0715-8888888"
    assert (household.properties["building"], household.properties["fever_count"], household.properties["needs"]) == ("1", 1, ["medicine"])
    assert (first.path, second.path) == ("/members/0", "/members/1")
    assert (first.properties["name"], first.properties["household"], first.properties["origin_province"]) == ("何伶俐", SURVEY["household_id"], "42")
    assert "origin_province" not in second.properties


def test_nobody_home_is_a_whole_submission_of_a_few_answers(catalogue, judge):
    answers = {"household_id": "household:k", "visit": {"mode": "door", "outcome": "nobody_home"}, "address": {"building": "1", "room": "311", "ordinal": 1}}
    verdict = judge(catalogue["household_survey"], answers)
    assert verdict.problems == ()
    assert [change.kind for change in verdict.changes] == ["household"]


def test_a_check_writes_one_case_for_each_person_with_the_time_of_this_kind_only(catalogue, judge):
    first, second = judge(catalogue["quarantine_check"], CHECK).changes
    assert first.kind == "quarantine_case"
    assert (first.properties["temperature"], first.properties["seal_state"], first.properties["morning_at"]) == (
        37.3,
        "broken",
        "2026-02-03T09:13:00.000+08:00",
    )
    assert first.properties["person"] == CHECK["people"][0]["person_id"]
    assert not {"evening_at", "seal_at", "first_contact_at"} & (first.properties.keys() | second.properties.keys())
    assert "temperature" not in second.properties


def put(answers: dict, path: str, value: object) -> dict:
    """The answers with one of them changed; None takes it away."""
    changed = copy.deepcopy(answers)
    at, parts = changed, path.split("/")[1:]
    for part in parts[:-1]:
        at = at[int(part)] if isinstance(at, list) else at.setdefault(part, {})
    if value is None:
        at.pop(parts[-1])
    else:
        at[parts[-1]] = value
    return changed


@pytest.mark.parametrize(
    ("path", "value", "rule"),
    [
        ("/household_id", None, "required"),
        ("/household_id", "person:x", "constraint"),
        ("/visit/mode", None, "required"),
        ("/visit/mode", "drone", "choice"),
        ("/visit/outcome", "maybe", "choice"),
        ("/address/building", None, "required"),
        ("/address/building", "楼" * 41, "constraint"),
        ("/address/unit", "元" * 41, "constraint"),
        ("/address/room", None, "required"),
        ("/address/room", "室" * 41, "constraint"),
        ("/address/ordinal", None, "required"),
        ("/address/ordinal", 0, "constraint"),
        ("/address/ordinal", 10, "constraint"),
        ("/address/household_phone", "not a phone", "constraint"),
        ("/members/0/person_id", None, "required"),
        ("/members/1/person_id", SURVEY["members"][0]["person_id"], "constraint"),
        ("/members/0/name", None, "required"),
        ("/members/0/name", "名" * 61, "constraint"),
        ("/members/0/sex", None, "required"),
        ("/members/0/sex", "3", "choice"),
        ("/members/0/birth_year", 1899, "constraint"),
        ("/members/0/birth_year", 2027, "constraint"),
        ("/members/0/birth_year", "1975", "type"),
        ("/members/0/relation", None, "required"),
        ("/members/0/relation", "9", "choice"),
        ("/members/0/phone", "12", "constraint"),
        ("/members/0/kind", None, "required"),
        ("/members/0/kind", "ghost", "choice"),
        ("/members/0/temperature", 33.9, "constraint"),
        ("/members/0/temperature", 44, "constraint"),
        ("/members/0/symptoms", ["none", "fever"], "constraint"),
        ("/members/0/symptoms", ["hiccups"], "choice"),
        ("/members/0/fever/fever_since", None, "required"),
        ("/members/0/fever/fever_since", "2026-02-04", "constraint"),
        ("/members/0/fever/saw_doctor", None, "required"),
        ("/members/0/fever/saw_doctor", "perhaps", "choice"),
        ("/members/0/fever/fever_action", "字" * 501, "constraint"),
        ("/members/0/journey/origin_province", None, "required"),
        ("/members/0/journey/origin_province", "00", "choice"),
        ("/members/0/journey/origin_city", "市" * 61, "constraint"),
        ("/members/0/journey/returned_on", None, "required"),
        ("/members/0/journey/returned_on", "2026-02-04", "constraint"),
        ("/members/0/journey/transport", "camel", "choice"),
        ("/members/0/health/contact_history", "perhaps", "choice"),
        ("/members/0/health/contact_detail", None, "required"),
        ("/members/0/health/contact_detail", "字" * 501, "constraint"),
        ("/members/0/health/health_code", "blue", "choice"),
        ("/members/0/health/vulnerable", ["brave"], "choice"),
        ("/household_needs/needs", ["gold"], "choice"),
        ("/household_needs/needs_note", "字" * 501, "constraint"),
        ("/closing/position", {"latitude": 29.8}, "type"),
        ("/closing/door_photo", 7, "type"),
        ("/closing/consent", None, "required"),
        ("/closing/consent", "perhaps", "choice"),
        ("/members", {}, "type"),
        ("/surprise", 1, "unknown"),
    ],
)
def test_each_rule_of_the_survey_says_no_once(catalogue, judge, path, value, rule):
    verdict = judge(catalogue["household_survey"], put(SURVEY, path, value))
    found = [(problem.path, problem.rule) for problem in verdict.problems]
    assert (path, rule) in found
    assert len(found) == 1 or path in ("/visit/outcome", "/members")
    assert all(problem.message["zh"] and problem.message["en"] for problem in verdict.problems)


@pytest.mark.parametrize(
    ("change", "path", "rule"),
    [
        ({"outcome": "call_back"}, "/visit/call_back_at", "required"),
        ({"outcome": "call_back", "call_back_at": "2026-02-02T10:00:00+08:00"}, "/visit/call_back_at", "constraint"),
        ({"outcome": "refused", "outcome_note": "字" * 501}, "/visit/outcome_note", "constraint"),
    ],
)
def test_a_visit_that_was_not_done_has_rules_of_its_own(catalogue, judge, said, change, path, rule):
    answers = {key: SURVEY[key] for key in ("household_id", "address")} | {"visit": {"mode": "door", **change}}
    assert said(judge(catalogue["household_survey"], answers).problems) == [(path, rule)]
    answers["visit"] |= {"call_back_at": "2026-02-03T18:00:00+08:00"} if "call_back_at" in path else {"outcome_note": "对讲机里说不方便"}
    assert judge(catalogue["household_survey"], answers).problems == ()


def test_a_survey_that_is_done_has_at_least_one_person(catalogue, judge, said):
    assert said(judge(catalogue["household_survey"], {**SURVEY, "members": []}).problems) == [("/closing/consent", "constraint")]


@pytest.mark.parametrize(
    ("path", "value", "rule"),
    [
        ("/household_id", None, "required"),
        ("/check/kind", "noon", "choice"),
        ("/check/mode", None, "required"),
        ("/check/mode", "pigeon", "choice"),
        ("/check/everyone_home", "perhaps", "choice"),
        ("/people/0/person_id", None, "required"),
        ("/people/0/case_id", None, "required"),
        ("/people/0/case_id", "person:1", "constraint"),
        ("/people/0/at_home", None, "required"),
        ("/people/0/at_home", "perhaps", "choice"),
        ("/people/0/temperature", None, "required"),
        ("/people/0/temperature", 50, "constraint"),
        ("/people/0/symptoms", ["none", "fever"], "constraint"),
        ("/people/0/symptoms", ["hiccups"], "choice"),
        ("/people/0/fever/fever_since", None, "required"),
        ("/people/0/fever/fever_since", "2026-02-04", "constraint"),
        ("/people/0/fever/fever_reported", None, "required"),
        ("/people/0/fever/fever_reported", "perhaps", "choice"),
        ("/seal/seal_state", "melted", "choice"),
        ("/seal/seal_photo", None, "required"),
        ("/seal/seal_note", None, "required"),
        ("/seal/seal_note", "字" * 501, "constraint"),
        ("/home/windows_opened", "perhaps", "choice"),
        ("/home/mood", "purple", "choice"),
        ("/home/needs", ["gold"], "choice"),
        ("/home/needs_note", "字" * 501, "constraint"),
        ("/home/rubbish_collected", "perhaps", "choice"),
        ("/home/action_taken", "字" * 501, "constraint"),
    ],
)
def test_each_rule_of_the_check_says_no_once(catalogue, judge, said, path, value, rule):
    assert (path, rule) in said(judge(catalogue["quarantine_check"], put(CHECK, path, value)).problems)


def test_a_seal_check_asks_for_the_seal_and_for_no_temperature(catalogue, judge, said):
    seal = {
        "household_id": "household:k",
        "check": {"kind": "seal", "mode": "video", "everyone_home": "yes"},
        "people": [{"person_id": "person:1", "case_id": "quarantine_case:1"}],
    }
    assert said(judge(catalogue["quarantine_check"], seal).problems) == [("/seal/seal_state", "required")]
    verdict = judge(catalogue["quarantine_check"], {**seal, "seal": {"seal_state": "intact"}})
    assert verdict.problems == ()
    assert verdict.changes[0].properties["seal_at"] == "2026-02-03T09:15:02.000+08:00"


@pytest.mark.parametrize("temperature", [37.2, 37.3])
def test_fever_begins_at_37_3(catalogue, judge, said, temperature):
    answers = put(put(SURVEY, "/members/1/temperature", temperature), "/household_needs/fever_count", None)
    asked = [("/members/1/fever/fever_since", "required"), ("/members/1/fever/saw_doctor", "required")]
    assert said(judge(catalogue["household_survey"], answers).problems) == (asked if temperature >= 37.3 else [])


def test_what_must_be_asked_anew_is_never_filled_in(catalogue):
    filled = {each.name for form in catalogue.values() for each in form.questionnaire.walk() if each.prefill}
    assert {"name", "sex", "birth_year", "relation", "phone", "building", "unit", "room"} <= filled
    assert not filled & {"temperature", "symptoms", "outcome", "mode", "kind_of_check", "health_code", "contact_history", "needs", "consent"}


def test_the_form_document_is_whole(catalogue):
    document = catalogue["household_survey"].as_document()
    assert document["_id"] == "form:household_survey:1"
    assert (document["starts_from"], document["languages"], document["title"]["en"]) == ("household", ["zh", "en"], "Household survey")
    members = next(each for each in document["fields"] if each["name"] == "members")
    temperature = next(each for each in members["fields"] if each["name"] == "temperature")
    assert (members["type"], temperature["path"], temperature["label"]) == ("repeat", "/members/temperature", {"zh": "体温（℃）", "en": "Temperature (℃)"})
    needs = next(each for each in document["fields"] if each["name"] == "household_needs")
    assert next(each["label"] for each in needs["fields"] if each["name"] == "fever_count") == {"zh": "发热人数", "en": "People with fever"}
    assert document["fields"][0]["name"] == "household_id" and document["fields"][0]["label"] is None
    person = next(each for each in document["entities"] if each["kind"] == "person")
    assert (person["repeat"], person["id"], person["properties"]["name"]) == ("/members", "/members/person_id", "/members/name")


PERSONAL = {"name", "phone", "id_number", "plate", "pass_number", "door", "position", "responsible_people", "cover_for", "claimed_by", "household_phone"}
NOT_A_PERSON = {"unit_name", "item_name", "premises_name"}


def test_whatever_names_a_person_a_telephone_or_a_place_to_find_them_is_marked(catalogue):
    """So that it can be masked: a table without the marked columns holds nobody's name, number or address."""
    unmarked = [
        f"{form.id}{each.path}"
        for form in catalogue.values()
        for each in form.questionnaire.walk()
        if each.is_leaf and not each.pii and (each.name in PERSONAL or each.value_type == "geopoint" or each.name.endswith(("_name", "_phone")))
        if each.name not in NOT_A_PERSON
    ]
    assert unmarked == []
