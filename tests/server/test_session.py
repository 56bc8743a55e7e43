"""A phone signs in, stays signed in and signs out."""

import time
from datetime import timedelta

import pytest
from sqlalchemy import select

from server.accounts import account_by_username, add_account, add_area, assign, deactivate, now, set_password, unassign
from server.passwords import hash_password
from server.stores import stores
from server.tokens import signing_keys, verify
from sync.store.models import Device

PASSWORD = "correct horse"
HASH = hash_password(PASSWORD)
PEOPLE = [("wang", "王芳", "surveyor"), ("zheng", "郑红梅", "leader"), ("admin", "徐明", "administrator"), ("operator", "何工", "operator")]
NO_BODIES = [b"", b"{", b"[]", b"7", b'{"username": "wang"}', b'{"username": 7, "password": "x"}', b'{"username":"wang","password":"x","device":"mine"}']


@pytest.fixture(autouse=True)
def community(app):
    """One community with two grids: wang in the first, the leader over both, an administrator, an operator."""
    with app.app_context():
        session = stores().writing_session()
        add_area(session, "c0311", "community", "桂花园社区", "Sweet Olive Garden", None)
        add_area(session, "g0311", "grid", "第一网格", "Grid 1", "c0311")
        add_area(session, "g0312", "grid", "第二网格", "Grid 2", "c0311")
        for username, name, role in (
            ("wang", "王芳", "surveyor"),
            ("zheng", "郑红梅", "leader"),
            ("admin", "徐明", "administrator"),
            ("operator", "何工", "operator"),
        ):
            add_account(session, username, name, role, None).password_hash = HASH
        assign(session, account_by_username(session, "wang"), "g0311")
        assign(session, account_by_username(session, "zheng"), "c0311")
        session.commit()
        yield


def sign_in(client, username="wang", password=PASSWORD, **more):
    return client.post("/api/session", json={"username": username, "password": password, **more})


def refresh(client, token):
    return client.post("/api/session/refresh", json={"refresh_token": token})


def held_by(device):
    stores().session.expire_all()
    return stores().session.get(Device, device).forms


def test_a_phone_tells_which_form_versions_it_opens_when_it_signs_in_and_with_each_refresh(client):
    body = sign_in(client, app="0.1.0").get_json()
    assert held_by(body["device"]) is None, "an app that does not tell"
    body = sign_in(client, device=body["device"], forms={}).get_json()
    assert held_by(body["device"]) == b"{}"
    told = {"refresh_token": body["refresh_token"], "app": "0.2.0", "forms": {"household_survey": "3", "checkpoint_entry": "1"}}
    assert client.post("/api/session/refresh", json=told).status_code == 200
    assert held_by(body["device"]) == b'{"checkpoint_entry":"1","household_survey":"3"}'
    again = refresh(client, client.post("/api/session/refresh", json=told).get_json()["refresh_token"])
    assert again.status_code == 200
    assert held_by(body["device"]) == b'{"checkpoint_entry":"1","household_survey":"3"}', "what is not told again stays"


@pytest.mark.parametrize(
    "forms",
    ["household_survey", ["household_survey"], {"household_survey": 3}, {"../x": "1"}, {"x": "1" * 65}, {"": "1"}, {f"form{n}": "1" for n in range(101)}],
)
def test_what_a_phone_tells_of_its_forms_is_small_and_plain(client, forms):
    assert sign_in(client, forms=forms).status_code == 400


def test_signing_in_gives_all_that_a_phone_needs(client, settings):
    answer = sign_in(client, app="0.1.0")
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    body = answer.get_json()
    assert body["worker"] == {
        "id": "w0001",
        "name": "王芳",
        "roles": ["surveyor"],
        "areas": [{"id": "g0311", "name": {"zh": "第一网格", "en": "Grid 1"}, "place": "c0311"}],
    }
    assert body["sync"] == {"url": "/sync/", "forms": "forms", "areas": ["area-g0311"], "inbox": "worker-w0001", "media": "media-w0001"}
    assert body["expires_in"] == settings.token_seconds
    claims = verify(signing_keys(settings.secret, time.time()), body["access_token"])
    assert (claims.subject, claims.roles, claims.device) == ("w0001", {"worker", "worker:w0001", "area:g0311"}, body["device"])
    assert len(body["household_key"]) == 64
    assert sign_in(client).get_json()["household_key"] == body["household_key"]


def test_the_databases_are_there_and_closed_to_others_from_the_first_sign_in_on(client):
    sign_in(client)
    databases = stores().databases
    assert databases.names() == ["area-g0311", "forms", "media-w0001", "worker-w0001"]
    assert databases.security("worker-w0001") == {"admins": {"names": [], "roles": ["_admin"]}, "members": {"names": [], "roles": ["worker:w0001"]}}
    assert databases.security("area-g0311")["members"]["roles"] == ["area:g0311"]


def test_a_leader_holds_the_grids_below_the_community(client):
    body = sign_in(client, "zheng").get_json()
    assert body["sync"]["areas"] == ["area-g0311", "area-g0312"]
    assert [area["id"] for area in body["worker"]["areas"]] == ["g0311", "g0312"]


def test_another_assignment_counts_from_the_next_refresh_on(client):
    body = sign_in(client).get_json()
    session = stores().writing_session()
    wang = account_by_username(session, "wang")
    unassign(session, wang, "g0311")
    assign(session, wang, "g0312")
    session.commit()
    assert refresh(client, body["refresh_token"]).get_json()["sync"]["areas"] == ["area-g0312"]


def test_an_assignment_that_begins_tomorrow_does_not_count_today(client):
    session = stores().writing_session()
    assign(session, account_by_username(session, "wang"), "g0312", now() + timedelta(days=1))
    session.commit()
    assert sign_in(client).get_json()["sync"]["areas"] == ["area-g0311"]


@pytest.mark.parametrize(("username", "password"), [("wang", "wrong"), ("nobody", PASSWORD), ("WANG", PASSWORD), ("wang\x00", PASSWORD)])
def test_a_wrong_name_and_a_wrong_password_are_told_alike(client, username, password):
    answer = sign_in(client, username, password)
    assert answer.status_code == 401
    assert answer.get_json() == {"error": "unauthorized", "reason": "Name or password is incorrect."}
    assert "Basic" not in answer.headers["WWW-Authenticate"]


@pytest.mark.parametrize("username", ["admin", "operator"])
def test_only_those_who_may_hold_a_phone_sign_in_on_one(client, username):
    answer = sign_in(client, username)
    assert (answer.status_code, answer.get_json()["error"]) == (403, "forbidden")


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b"7", b'{"username": "wang"}', b'{"username": 7, "password": "x"}', b'{"username":"wang","password":"x","device":"mine"}']
)
def test_a_body_that_is_none_is_told_so(client, body):
    answer = client.post("/api/session", data=body, content_type="application/json")
    assert (answer.status_code, answer.get_json()["error"]) == (400, "bad_request")


def test_too_many_wrong_passwords_are_stopped_and_the_right_one_too(client, settings):
    for number in range(settings.sign_in_tries_per_minute):
        assert sign_in(client, password=f"guess {number}").status_code == 401
    stopped = sign_in(client)
    assert (stopped.status_code, stopped.get_json()["error"]) == (429, "too_many_requests")
    assert int(stopped.headers["Retry-After"]) > 0
    assert sign_in(client, "zheng").status_code == 200


def test_a_lost_answer_to_a_refresh_costs_nothing(client):
    first = sign_in(client).get_json()["refresh_token"]
    lost = refresh(client, first).get_json()["refresh_token"]
    again = refresh(client, first).get_json()["refresh_token"]
    assert again == lost
    assert refresh(client, again).status_code == 200
    assert refresh(client, first).status_code == 401, "the new one was used, so the old one is dead"


def test_refreshing_says_the_same_as_signing_in(client):
    signed_in = sign_in(client, app="0.1.0").get_json()
    refreshed = refresh(client, signed_in["refresh_token"]).get_json()
    differ = {"access_token", "refresh_token", "time"}
    assert {name: value for name, value in refreshed.items() if name not in differ} == {name: value for name, value in signed_in.items() if name not in differ}


@pytest.mark.parametrize("token", ["x", "d-00000000.x", "d-00000000", ".", "ü.ü"])
def test_a_token_that_is_none_is_refused(client, token):
    assert refresh(client, token).status_code == 401


def test_signing_out_ends_the_refresh_token(client):
    body = sign_in(client).get_json()
    assert client.delete("/api/session", headers={"Authorization": f"Bearer {body['access_token']}"}).status_code == 204
    assert refresh(client, body["refresh_token"]).status_code == 401
    assert client.delete("/api/session").status_code == 401


@pytest.mark.parametrize("change", [deactivate, lambda session, account: set_password(session, account, "battery staple")])
def test_a_closed_account_and_a_new_password_end_every_phone(client, change):
    body = sign_in(client).get_json()
    session = stores().writing_session()
    change(session, account_by_username(session, "wang"))
    session.commit()
    assert refresh(client, body["refresh_token"]).status_code == 401


def test_a_phone_keeps_its_id_and_never_gets_anothers(client):
    mine = sign_in(client, device="d-7f3a0001").get_json()["device"]
    assert mine == "d-7f3a0001"
    assert sign_in(client, device=mine).get_json()["device"] == mine
    others = sign_in(client, "zheng", device=mine).get_json()["device"]
    assert others != mine
    assert set(stores().session.scalars(select(Device.id))) == {mine, others}


def test_a_phone_handed_to_a_colleague_stays_signed_in_for_the_first_one_too(client):
    first = sign_in(client, device="d-7f3a0001").get_json()
    sign_in(client, "zheng", device="d-7f3a0001")
    assert refresh(client, first["refresh_token"]).status_code == 200
