"""A phone that was signed out, an area that was taken away: when that counts, what may still be handed in, and by whom."""

import time
from datetime import timedelta

import pytest
from sqlalchemy import select

from server.accounts import account_by_username, add_account, add_area, assign, deactivate, set_password, unassign
from server.ending import Ending, end
from server.passwords import hash_password
from server.revoked import LOOK_SECONDS
from server.stores import stores
from server.tokens import CLOCK_SKEW_SECONDS_MAX, TOKEN_SECONDS_MAX
from sync.store.models import AuditEvent, Base, Device

PASSWORD = "correct horse"
HASH = hash_password(PASSWORD)
START = 1_770_080_000
DEVICE = "d-7f3a0001"


@pytest.fixture(autouse=True)
def community(app):
    with app.app_context():
        session = stores().writing_session()
        for area in ("g0311", "g0312"):
            add_area(session, area, "grid", area, area, None)
        add_account(session, "wang", "王芳", "surveyor", None).password_hash = HASH
        assign(session, account_by_username(session, "wang"), "g0311", since=account_by_username(session, "wang").created_at - timedelta(days=9_000))
        session.commit()


@pytest.fixture
def at(moved_clock):
    """at(seconds): so long after the phone signed in."""
    return lambda seconds: moved_clock(START + seconds)


@pytest.fixture
def phone(client, at):
    at(0)
    answer = client.post("/api/session", json={"username": "wang", "password": PASSWORD, "device": DEVICE})
    assert answer.status_code == 200, answer.data
    return answer.get_json()


@pytest.fixture
def office(app):
    """office(change): the change as the office makes it."""

    def make(change):
        with app.app_context():
            session = stores().writing_session()
            change(session)
            session.commit()

    return make


def revoke(ending):
    return lambda session: end(session.get_one(Device, DEVICE), ending)


def close_the_account(session):
    deactivate(session, account_by_username(session, "wang"))


def change_the_password(session):
    set_password(session, account_by_username(session, "wang"), "battery staple")


def take_the_area_away(session):
    unassign(session, account_by_username(session, "wang"), "g0311")


def ask(client, token, path="/sync/worker-w0001", method="GET", **sent):
    return client.open(path, method=method, headers={"Authorization": f"Bearer {token}"}, **sent)


def refresh(client, phone):
    return client.post("/api/session/refresh", json={"refresh_token": phone["refresh_token"]})


def hand_in(client, phone):
    return client.post("/api/session/hand-in", json={"refresh_token": phone["refresh_token"]})


def handed_in(client, phone, **counts):
    return client.post("/api/session/handed-in", json={"refresh_token": phone["refresh_token"], **counts})


# When it counts


def test_an_area_taken_away_is_closed_when_the_token_ends_and_not_in_the_next_one(client, phone, office, at):
    at(60)
    office(take_the_area_away)
    at(TOKEN_SECONDS_MAX - 1)
    assert ask(client, phone["access_token"], "/sync/area-g0311").status_code == 200
    at(TOKEN_SECONDS_MAX + CLOCK_SKEW_SECONDS_MAX + 1)
    assert ask(client, phone["access_token"], "/sync/area-g0311").status_code == 401
    newer = refresh(client, phone).get_json()
    assert newer["sync"]["areas"] == []
    assert ask(client, newer["access_token"], "/sync/area-g0311").status_code == 403
    assert ask(client, newer["access_token"]).status_code == 200, "the own inbox stays"


@pytest.mark.parametrize("change", [revoke(Ending.HAND_IN), revoke(Ending.AT_ONCE), close_the_account], ids=["hand in", "at once", "closed account"])
def test_a_revoked_phone_is_refused_within_seconds(client, phone, office, at, change):
    at(60)
    assert ask(client, phone["access_token"]).status_code == 200
    office(change)
    at(60 + LOOK_SECONDS)
    for path in ("/sync/worker-w0001", "/sync/area-g0311", "/sync/forms", "/sync/_session"):
        assert ask(client, phone["access_token"], path).status_code == 401
    assert refresh(client, phone).status_code == 401


def test_a_feed_that_waits_tells_a_revoked_phone_nothing_more(app, client, phone, office, at):
    at(60)
    feed = ask(client, phone["access_token"], "/sync/worker-w0001/_changes?feed=continuous&heartbeat=500", buffered=False)
    rows = iter(feed.response)
    while next(rows).strip(b"\n") != b"":
        pass  # what there was, until it waits
    office(revoke(Ending.AT_ONCE))
    at(60 + LOOK_SECONDS)
    with app.app_context():
        stores().databases.publish("worker-w0001", [{"_id": "secret", "told": "nobody"}])
    assert b"secret" not in b"".join(rows)
    feed.close()


def test_a_revoked_phone_stays_refused_until_its_token_ends_by_itself(client, phone, office, at):
    at(1)
    office(revoke(Ending.HAND_IN))
    for seconds in range(10, 2 * TOKEN_SECONDS_MAX, 60):
        at(seconds)
        assert ask(client, phone["access_token"]).status_code == 401, seconds


def test_other_phones_go_on(client, phone, office, at):
    other = client.post("/api/session", json={"username": "wang", "password": PASSWORD, "device": "d-7f3a0002"}).get_json()
    office(revoke(Ending.AT_ONCE))
    at(LOOK_SECONDS)
    assert ask(client, phone["access_token"]).status_code == 401
    assert ask(client, other["access_token"]).status_code == 200
    assert refresh(client, other).status_code == 200


def test_while_the_central_store_does_not_answer_phones_hand_in_their_work_all_the_same(app, client, phone, at):
    with app.app_context():
        Base.metadata.tables["devices"].drop(stores().session.get_bind())
    at(60)
    assert ask(client, phone["access_token"], "/sync/worker-w0001/submission:1", "PUT", json={}).status_code == 201


# Handing in


def test_a_revoked_phone_hands_in_what_it_has_not_sent_and_reads_no_area(app, client, phone, office, at):
    office(revoke(Ending.HAND_IN))
    at(60)
    refused = refresh(client, phone)
    assert (refused.status_code, refused.get_json()["error"]) == (401, "hand_in")
    granted = hand_in(client, phone).get_json()
    assert granted["sync"] == {"url": "/sync/", "inbox": "worker-w0001", "media": "media-w0001"}
    assert granted["expires_in"] == TOKEN_SECONDS_MAX
    token = granted["access_token"]
    assert ask(client, token, "/sync/worker-w0001/_bulk_docs", "POST", json={"docs": [{"_id": "submission:1"}]}).status_code == 201
    assert ask(client, token, "/sync/media-w0001/media:1", "PUT", json={}).status_code == 201
    assert [ask(client, token, path).status_code for path in ("/sync/area-g0311", "/sync/area-g0312", "/sync/forms", "/sync/_all_dbs")] == [403] * 4
    assert ask(client, token, "/api/session", "DELETE").status_code == 401
    at(60 + TOKEN_SECONDS_MAX + CLOCK_SKEW_SECONDS_MAX + 1)
    assert ask(client, token).status_code == 401
    assert hand_in(client, phone).status_code == 200, "a slow network: it asks again"
    with app.app_context():
        assert stores().session.scalars(select(AuditEvent.subject).where(AuditEvent.action == "phone hands in")).all() == [DEVICE], "told once"


def test_a_phone_that_comes_back_after_months_hands_in_all_the_same(client, phone, office, at):
    office(revoke(Ending.HAND_IN))
    at(200 * 86_400)
    assert ask(client, hand_in(client, phone).get_json()["access_token"]).status_code == 200


def test_after_handing_in_the_phone_is_only_told_to_clear_itself(app, client, phone, office, at):
    office(revoke(Ending.HAND_IN))
    assert handed_in(client, phone, submissions=3, photos=2).status_code == 204
    for asked in (refresh, hand_in, handed_in):
        answer = asked(client, phone)
        assert (answer.status_code, answer.get_json()["error"]) == (401, "wipe")
    with app.app_context():
        event = stores().session.scalar(select(AuditEvent).where(AuditEvent.action.contains("cleared itself")))
        assert (event.account, event.subject, event.detail) == ("w0001", DEVICE, b'{"submissions":3,"photos":2,"drafts":0}')


def test_a_lost_answer_before_the_revocation_costs_nothing(client, phone, office):
    """Its last refresh moved the chain on or did not: either token proves the phone."""
    newer = refresh(client, phone).get_json()
    office(revoke(Ending.HAND_IN))
    assert hand_in(client, phone).status_code == 200
    assert hand_in(client, newer).status_code == 200
    assert hand_in(client, phone).status_code == 200


def test_a_stolen_phone_hands_in_nothing(client, phone, office, at):
    office(revoke(Ending.AT_ONCE))
    for asked in (refresh, hand_in, handed_in):
        answer = asked(client, phone)
        assert (answer.status_code, answer.get_json()["error"]) == (401, "wipe")


def test_the_office_may_change_its_mind_while_the_phone_has_not_come(client, phone, office):
    office(revoke(Ending.HAND_IN))
    office(revoke(Ending.AT_ONCE))
    assert hand_in(client, phone).get_json()["error"] == "wipe"


def test_a_phone_that_turns_out_to_be_stolen_while_it_hands_in_is_refused_within_seconds(client, phone, office, at):
    office(revoke(Ending.HAND_IN))
    token = hand_in(client, phone).get_json()["access_token"]
    assert ask(client, token).status_code == 200
    office(revoke(Ending.AT_ONCE))
    at(60)
    assert ask(client, token).status_code == 401


def test_a_closed_account_hands_in_too(client, phone, office):
    office(close_the_account)
    assert refresh(client, phone).get_json()["error"] == "hand_in"
    assert hand_in(client, phone).status_code == 200
    assert client.post("/api/session", json={"username": "wang", "password": PASSWORD}).status_code == 401


def test_a_new_password_asks_for_a_sign_in_and_clears_nothing(client, phone, office):
    office(change_the_password)
    assert (refresh(client, phone).get_json()["error"], hand_in(client, phone).get_json()["error"]) == ("unauthorized", "unauthorized")
    again = client.post("/api/session", json={"username": "wang", "password": "battery staple", "device": DEVICE}).get_json()
    assert again["device"] == DEVICE


def test_nobody_hands_in_for_a_phone_without_its_token(client, phone, office):
    office(revoke(Ending.HAND_IN))
    device, secret = phone["refresh_token"].split(".")
    for token in (f"{device}.{secret[:-1]}x", f"{device}.x", device, f"{device}.", f"d-00000000.{secret}", "x"):
        for asked in ("hand-in", "handed-in"):
            answer = client.post(f"/api/session/{asked}", json={"refresh_token": token})
            assert (answer.status_code, answer.get_json()["error"]) == (401, "unauthorized"), token
    assert hand_in(client, phone).status_code == 200


def test_a_phone_that_is_signed_in_gets_no_token_to_hand_in_and_is_not_ended(client, phone):
    assert hand_in(client, phone).status_code == 403
    assert handed_in(client, phone).status_code == 403
    assert refresh(client, phone).status_code == 200


@pytest.mark.parametrize("asked", ["hand-in", "handed-in"])
@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"7", b"{}", b'{"refresh_token": 7}', b'{"refresh_token": ""}', b'{"refresh_token": "x", "photos": -1}'])
def test_a_body_that_is_none_is_told_so(client, asked, body):
    answer = client.post(f"/api/session/{asked}", data=body, content_type="application/json")
    bad = asked == "handed-in" or b"photos" not in body
    assert (answer.status_code, answer.get_json()["error"]) == ((400, "bad_request") if bad else (401, "unauthorized"))
    large = client.post(f"/api/session/{asked}", data=b'{"refresh_token": "' + b"x" * 20_000 + b'"}', content_type="application/json")
    assert large.status_code == 413


def test_a_phone_that_signed_out_by_itself_signs_in_again(client, phone, at):
    assert ask(client, phone["access_token"], "/api/session", "DELETE").status_code == 204
    assert refresh(client, phone).get_json()["error"] == "unauthorized"
    at(LOOK_SECONDS)
    assert ask(client, phone["access_token"]).status_code == 401
    assert time.time() == START + LOOK_SECONDS
