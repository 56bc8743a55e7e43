"""Records of another place are changed by a stranger's submission only after a person has looked."""

from datetime import timedelta

import pytest
from sqlalchemy import insert

from sync import review
from sync.identity import household_id
from sync.store.models import Account, Area, Assignment, table
from sync.store.published import HOUSEHOLD_KEY, secret

KEY = b"k" * 32
DOOR = {"building": "1", "room": "311"}
FARAWAY = "g0999"


@pytest.fixture
def centre(new_centre):
    """With a second community, and a worker there."""
    centre = new_centre()
    secret(centre.store, HOUSEHOLD_KEY, lambda: KEY)
    with centre.store.writing() as connection:
        names = {"name_zh": "别处", "name_en": "Elsewhere"}
        connection.execute(insert(table(Area)).values(id=FARAWAY, parent=None, level="grid", place="c09", **names))
        person = {"password_hash": "!", "language": "zh", "active": True, "created_at": centre.time}
        connection.execute(insert(table(Account)).values(id="w0009", username="w0009", name="stranger", role="surveyor", **person))
    assign(centre, "w0009", FARAWAY)
    centre.databases.create("worker-w0009", {})
    centre.databases.create(f"area-{FARAWAY}", {}, writers="server")
    return centre


def assign(centre, worker, area):
    with centre.store.writing() as connection:
        connection.execute(insert(table(Assignment)).values(account=worker, area=area, since=centre.time - timedelta(days=1), until=None))


def home(place):
    return household_id(KEY, place, DOOR["building"], "", DOOR["room"])


def test_a_record_of_another_community_is_not_carried_off_by_whoever_knows_its_id(centre):
    theirs = home("c03")
    centre.take(centre.submission("w0001", answers={"household_id": theirs, "phone": "135"}))
    grab = centre.submission("w0009", area=FARAWAY, answers={"household_id": theirs, "phone": "136"})
    centre.take(grab)
    receipt = centre.receipt(grab)
    assert (receipt["status"], [(each["path"], each["rule"]) for each in receipt["problems"]]) == ("held", [("", "area")])
    assert centre.record(theirs)["fields"]["phone"]["value"] == "135"
    assert centre.record(theirs, FARAWAY) is None
    review.decide(centre.store, grab["_id"], "accept", "admin")
    centre.merge()
    assert centre.record(theirs, FARAWAY)["fields"]["phone"]["value"] == "136", "a person has looked"


def test_who_took_an_id_of_a_door_that_nobody_had_visited_does_not_shut_out_those_who_answer_for_it(centre):
    theirs = home("c03")
    centre.take(centre.submission("w0009", area=FARAWAY, answers={"household_id": theirs}))
    rightful = centre.submission("w0001", answers={"household_id": theirs, **DOOR})
    centre.take(rightful)
    assert centre.receipt(rightful)["status"] == "accepted"
    assert centre.record(theirs)["area"] == "g0311"


def test_who_answers_for_both_places_may_carry_a_record_over(centre):
    moved = centre.submission("w0001", answers={"household_id": home("c03"), "phone": "135"})
    centre.take(moved)
    assign(centre, "w0009", "g0311")
    carried = centre.submission("w0009", area=FARAWAY, answers={"household_id": home("c03"), "phone": "136"})
    centre.take(carried)
    assert centre.receipt(carried)["status"] == "accepted"


@pytest.mark.parametrize("id", ["submission:a/b", "submission:a\0b", "submission:a?b", "submission:a#b"])
def test_an_id_that_no_page_can_have_is_no_submissions(centre, id):
    """Held, it would be in nobody's reach: nobody could look at it or decide."""
    odd = centre.submission(_id=id)
    centre.take(odd, good := centre.submission())
    assert centre.strays() == [(id.replace("\0", "\\0"), "id")]  # the document itself is kept as it came
    assert centre.receipt(good)["status"] == "accepted"
