"""A person is found by a whole identity number or telephone, which stands in no address; only by whoever may see them."""

from __future__ import annotations

import orjson

from server.office.find import keys_of
from server.stores import stores
from sync.linkage.keys import keys
from sync.linkage.profile import Profile
from sync.store.models import AuditEvent, LinkageKey
from tests.server.office.seeded import ELSEWHERE, HOUSEHOLD, PERSON

NUMBER = "422301197503020025"


def known(app, record: str, **profile: object) -> None:
    """What linkage keeps of a record."""
    with app.app_context():
        kept = keys(Profile(kind=record.partition(":")[0], id=record, **profile))
        stores().session.add_all(LinkageKey(key=key, record=record) for key in kept)
        stores().session.commit()


def test_numbers_are_looked_up_as_linkage_wrote_them():
    assert keys_of("422301 19750302 0025") == [f"i {NUMBER}"]
    assert keys_of("422301750302002") == ["i 422301197503020025"], "one of before 1999"
    assert keys_of("+86 138-0000-0001") == keys_of("13800000001") == ["p 13800000001"]
    assert keys_of("0715-8255301") == ["p 07158255301"]
    assert keys_of("何伶俐") == keys_of("422301") == keys_of("") == []


def test_a_person_is_found_by_the_identity_number_and_it_is_written_down_without_it(app, browser):
    known(app, PERSON, id_number=NUMBER)
    answer = browser("admin").post("/find", page="/people", number=NUMBER)
    assert answer.location == f"/records/{PERSON}"
    with app.app_context():
        event = stores().session.query(AuditEvent).filter_by(action="find").one()
        assert orjson.loads(event.detail) == {"found": [PERSON]}
        assert NUMBER not in event.subject


def test_of_several_with_one_telephone_all_are_shown(app, browser):
    known(app, PERSON, phones=("13800000001",))
    known(app, HOUSEHOLD, phones=("13800000001",))
    text = browser("admin").post("/find", page="/people", number="138 0000 0001").text
    assert f"/records/{PERSON}" in text and f"/records/{HOUSEHOLD}" in text


def test_a_leader_finds_nobody_of_other_areas_and_a_surveyor_nobody(app, browser):
    known(app, ELSEWHERE, phones=("13800000009",))
    leader = browser("leader")
    assert leader.post("/find", page="/people", number="13800000009").location == "/people"
    assert "没有人是这个号码" in leader.get("/people").text
    assert browser("surveyor1").post("/find", number="13800000009").location == "/surveyor"


def test_a_telephone_that_was_written_otherwise_is_offered_to_be_looked_for(app, browser):
    known(app, PERSON, phones=("13800000001",))
    text = browser("admin").get("/people", q="+86-138-0000-0001").text
    assert 'name="number" value="+86-138-0000-0001"' in text
