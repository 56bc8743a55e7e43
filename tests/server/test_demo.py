"""The demo organisation: Xianning's scale, the same each time, true to its own forms, loaded by the real way."""

import re
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from forms.check import publishable
from forms.form import Moment
from server import demo
from server.app import create_app
from server.demo_estate import LOCAL, all_doors
from server.demo_people import PHONE_PREFIX
from server.demo_story import tell
from server.errors import Conflict, Forbidden
from server.settings import read_settings
from server.stores import stores
from sync.store import upgrade
from sync.store.models import Account, Record, Submission

NOW = datetime(2026, 11, 22, 13, 30, tzinfo=LOCAL)
KEY = "a key"
CATALOGUE = Path(__file__).parent.parent.parent / "forms" / "catalogue"


@pytest.fixture(scope="module")
def story():
    return [document for _, document in tell(NOW, KEY)]


@pytest.fixture(scope="module")
def surveys(story):
    return [document for document in story if document["form"] == "household_survey"]


def test_the_same_moment_gives_the_same_story(story):
    assert [document for _, document in tell(NOW, KEY)] == story
    assert len({document["_id"] for document in story}) == len(story)


def test_an_estate_of_990_doors_in_4_buildings_each_with_an_id_of_its_own():
    doors = all_doors(b"key")
    assert len({door.household for door in doors}) == 990
    assert len({(door.building, door.unit, door.room) for door in doors}) == 990
    assert {door.building for door in doors} == {"1", "2", "3", "4"}


def test_66_people_are_in_quarantine_behind_40_doors(story):
    returned = [document["answers"] for document in story if document["form"] == "returnee_registration"]
    assert len({answers["case_id"] for answers in returned}) == 66
    assert len({answers["household_id"] for answers in returned}) == 40
    days = {(NOW.date() - datetime.fromisoformat(answers["quarantine"]["starts_on"]).date()).days for answers in returned}
    assert min(days) >= 1
    assert max(days) <= 13, "all of them are still within their 14 days"


def test_448_doors_were_visited_and_372_people_registered(story, surveys):
    spoilt = {document["_id"] for document in held(story)}
    well = [document["answers"] for document in surveys if document["_id"] not in spoilt]
    assert len({answers["household_id"] for answers in well}) == 448
    outcomes = Counter({answers["household_id"]: answers["visit"]["outcome"] for answers in well}.values())
    assert outcomes == {"done": 186, "nobody_home": 150, "sealed_or_moved": 62, "call_back": 26, "refused": 20, "other": 4}
    assert len({member["person_id"] for answers in well for member in answers.get("members", [])}) == 372


def test_nothing_lies_in_the_future_and_something_is_due_today(story):
    assert all(datetime.fromisoformat(document["finished_at"]) <= NOW for document in story)
    today = [d["answers"]["check"]["kind"] for d in story if d["form"] == "quarantine_check" and d["finished_at"].startswith("2026-11-22")]
    assert {"first_contact", "morning"} <= set(today)
    assert "evening" not in today


@pytest.mark.parametrize("now", [NOW, NOW.replace(hour=0, minute=5), NOW.replace(month=3, day=1), datetime(2028, 2, 29, 23, 59, tzinfo=LOCAL)])
def test_only_what_is_meant_to_break_a_rule_breaks_one(now):
    rules = [rule for _, rule in broken([document for _, document in tell(now, KEY)])]
    assert len(rules) == 3
    assert "constraint" in rules[0] + rules[1] + rules[2]


def test_five_submissions_wait_for_the_office_each_for_a_reason_of_its_own(story):
    assert len(held(story)) == 5


def test_one_woman_is_written_in_two_ways_that_sound_the_same(story, surveys):
    registered = next(d["answers"] for d in story if d["form"] == "returnee_registration" and d["answers"]["person"]["name"] == "何玲利")
    surveyed = next(m for d in surveys for m in d["answers"].get("members", []) if m["name"] == "何伶俐")
    assert surveyed["birth_year"] == registered["person"]["birth_year"]
    assert surveyed["phone"] == registered["person"]["phone"]
    assert surveyed["person_id"] != registered["person_id"]


def test_names_look_real_and_telephone_numbers_are_nobodys(surveys):
    members = [member for document in surveys for member in document["answers"].get("members", [])]
    assert all(re.fullmatch(r"[\u4e00-\u9fff]{2,3}", member["name"]) for member in members)
    assert len({member["name"] for member in members}) > 300
    assert all(re.fullmatch(PHONE_PREFIX + "[0-9]{8}", member["phone"]) for member in members if "phone" in member)
    commonest = [surname for surname, _ in Counter(member["name"][0] for member in members).most_common(12)]
    assert {"王", "李", "张"} & set(commonest)


def test_each_submission_is_the_workers_own_and_clocks_only_go_forward(story):
    last: dict[str, str] = {}
    for document in story:
        assert document["clock"] > last.get(document["device"], "")
        last[document["device"]] = document["clock"]


def test_it_is_loaded_in_demo_mode_only(app):
    with app.app_context(), pytest.raises(Forbidden, match="demo mode"):
        demo.load(stores(), if_empty=False, say=print)


@pytest.fixture
def empty(tmp_path):
    settings = read_settings({"DOORSTEP_DATA": str(tmp_path / "data"), "DOORSTEP_DEMO": "1"})
    upgrade(settings.database_url)
    with create_app(settings).app_context():
        yield stores()


def test_a_store_with_other_people_in_it_is_left_alone(empty):
    from server.accounts import add_account

    session = empty.writing_session()
    add_account(session, "wang", "王芳", "surveyor", None)
    session.commit()
    demo.load(empty, if_empty=True, say=print)
    with pytest.raises(Conflict, match="not empty"):
        demo.load(empty, if_empty=False, say=print)
    assert empty.session.scalar(select(func.count()).select_from(Account)) == 1


def test_it_is_merged_into_records_and_five_are_held_and_a_broken_off_load_is_finished(empty):
    def break_off(line):
        if line.startswith("  1"):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        demo.load(empty, if_empty=True, say=break_off, now=NOW)
    demo.load(empty, if_empty=True, say=print, now=NOW + timedelta(hours=1))

    states = dict(empty.session.execute(select(Submission.state, func.count()).group_by(Submission.state)).all())
    assert states == {"accepted": len(tell(NOW, KEY)) - 5, "held": 5}
    kinds = dict(empty.session.execute(select(Record.kind, func.count()).group_by(Record.kind)).all())
    assert kinds["household"] == 990
    assert kinds["quarantine_case"] == 66
    assert empty.session.scalar(select(func.count()).select_from(Record).where(Record.disputes > 0)) == 3
    assert len(empty.databases.names("area-")) == 4
    inbox = empty.databases.changes("worker-w0001", "0", 1000).changes
    assert sum(change.id.startswith("receipt:") for change in inbox) == sum(change.id.startswith("submission:") for change in inbox)

    demo.load(empty, if_empty=True, say=lambda line: pytest.fail(f"it is loaded already, but said {line}"))


def held(story):
    """Those that the centre will hold: a rule broken, a version or an area that is not theirs."""
    spoilt = {document["_id"] for document, _ in broken(story)}
    areas = {"1": "g0311", "2": "g0312", "3": "g0313", "4": "g0314"}
    return [
        d for d in story if d["_id"] in spoilt or d["version"] != "1" or ("address" in d["answers"] and d["area"] != areas[d["answers"]["address"]["building"]])
    ]


def broken(story):
    """(document, rules that it breaks), by the forms' own judgement."""
    found = []
    for document in story:
        verdict = FORMS[document["form"]].judge(
            document["answers"], Moment(datetime.fromisoformat(document["started_at"]), datetime.fromisoformat(document["finished_at"]))
        )
        if verdict.problems:
            found.append((document, [problem.rule for problem in verdict.problems]))
    return found


FORMS = {form.id: form for form in (publishable(file).form for file in sorted(CATALOGUE.glob("*.md")))}
