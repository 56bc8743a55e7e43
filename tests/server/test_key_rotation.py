"""Keys are changed and nobody is signed out: the server itself, restarted with another secret or carried into another period."""

import re
import time

import pytest

from server.accounts import account_by_username, add_account, add_area, assign
from server.app import create_app
from server.passwords import hash_password
from server.settings import read_settings
from server.stores import db, stores
from server.tokens import KEY_PERIOD_SECONDS
from sync.store.models import Base

OLD, NEW = "the secret of the first year, long enough", "the secret of the second year, long enough"
PASSWORD = "correct horse"
HASH = hash_password(PASSWORD)
BORDER = 700 * KEY_PERIOD_SECONDS


@pytest.fixture
def restarted(tmp_path):
    """restarted(secret, before): a client of the server, started anew over the same data with these secrets."""

    def start(secret, before=""):
        environment = {"DOORSTEP_DATA": str(tmp_path), "DOORSTEP_SECRET": secret, "DOORSTEP_SECRET_BEFORE": before}
        return create_app(read_settings(environment)).test_client()

    app = create_app(read_settings({"DOORSTEP_DATA": str(tmp_path), "DOORSTEP_SECRET": OLD}))
    with app.app_context():
        Base.metadata.create_all(db.engine)
        session = stores().writing_session()
        add_area(session, "g0311", "grid", "第一网格", "Grid 1", None)
        for username, role in (("wang", "surveyor"), ("admin", "administrator")):
            add_account(session, username, username, role, None).password_hash = HASH
        assign(session, account_by_username(session, "wang"), "g0311")
        session.commit()
    return start


def sign_in(client):
    answer = client.post("/api/session", json={"username": "wang", "password": PASSWORD})
    assert answer.status_code == 200, answer.data
    return answer.get_json()


def refresh(client, token):
    return client.post("/api/session/refresh", json={"refresh_token": token})


def status(client, phone, path="/sync/area-g0311"):
    return client.get(path, headers={"Authorization": f"Bearer {phone['access_token']}"}).status_code


def sign_in_to_the_office(client):
    mark = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', client.get("/sign-in").text)[1]
    answer = client.post("/sign-in", data={"username": "admin", "password": PASSWORD, "csrf_token": mark}, headers={"Referer": "https://localhost/"})
    assert answer.status_code == 302, answer.text


def test_a_phone_and_the_office_go_on_over_a_change_of_the_secret(restarted):
    """With the former secret given, nothing at all is to be noticed."""
    client = restarted(OLD)
    phone = sign_in(client)
    phone = refresh(client, phone["refresh_token"]).get_json()
    sign_in_to_the_office(client)
    cookies = client._cookies

    client = restarted(NEW, before=OLD)
    client._cookies = cookies
    assert status(client, phone) == 200
    assert client.get("/households").status_code == 200
    newer = refresh(client, phone["refresh_token"]).get_json()
    assert newer["household_key"] == phone["household_key"]

    client = restarted(NEW)  # some days later the former one is taken out
    assert status(client, newer) == 200
    assert status(client, phone) == 401


@pytest.mark.parametrize("refreshed", [0, 1, 2])
def test_without_the_former_secret_a_phone_gets_a_new_token_by_itself(restarted, refreshed):
    """After a leak: all access tokens are dead at once, no phone has to sign in."""
    client = restarted(OLD)
    phone = sign_in(client)
    for _ in range(refreshed):
        phone = refresh(client, phone["refresh_token"]).get_json()

    client = restarted(NEW)
    assert status(client, phone) == 401
    newer = refresh(client, phone["refresh_token"]).get_json()
    assert status(client, newer) == 200
    assert newer["household_key"] == phone["household_key"], "another key would give every door another id"
    assert refresh(client, newer["refresh_token"]).status_code == 200


def test_a_phone_works_through_the_end_of_a_period(restarted, moved_clock):
    client = restarted(OLD)
    moved_clock(BORDER - 600)
    phone = sign_in(client)
    moved_clock(BORDER + 299)
    assert status(client, phone) == 200, "in its last 15 minutes, signed with the key of the period before"
    newer = refresh(client, phone["refresh_token"]).get_json()
    moved_clock(BORDER + 331)
    assert status(client, phone) == 401, "870 seconds, and 30 that clocks may differ"
    assert status(client, newer) == 200


def test_a_phone_that_lay_in_a_drawer_for_a_year_comes_back(restarted, moved_clock):
    client = restarted(OLD)
    moved_clock(BORDER)
    phone = sign_in(client)
    moved_clock(BORDER + 365 * 86_400)
    assert status(client, phone) == 401
    assert status(client, refresh(client, phone["refresh_token"]).get_json()) == 200


def test_two_machines_whose_clocks_stand_on_both_sides_of_the_border_take_each_others_tokens(restarted, moved_clock):
    client = restarted(OLD)
    moved_clock(BORDER + 20)
    ahead = sign_in(client)
    moved_clock(BORDER - 9)
    assert status(client, ahead) == 200
    behind = sign_in(client)
    moved_clock(BORDER + 20)
    assert status(client, behind) == 200


def test_the_standing_clock_of_these_tests_is_the_servers_clock(moved_clock):
    moved_clock(BORDER)
    assert time.time() == BORDER
