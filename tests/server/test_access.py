"""Who is asking: tokens of devices, the operator's password, and everything that is neither."""

import base64
import time

import jwt
import pytest
from flask import request

from server.access import identify
from server.accounts import account_by_username, add_account, deactivate, set_password
from server.errors import TooManyRequests, Unauthorized
from server.passwords import hash_password
from server.stores import stores
from server.tokens import sign, signing_key

HASH = hash_password("correct horse")


def basic(username: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{username}:{password}".encode()).decode()


@pytest.fixture
def asking(app):
    """identify() for a request with this Authorization header."""
    with app.app_context():
        session = stores().writing_session()
        add_account(session, "operator", "何工", "operator", None).password_hash = HASH
        add_account(session, "admin", "徐明", "administrator", None).password_hash = HASH
        session.commit()

        def ask(header: str | None):
            with app.test_request_context(headers={"Authorization": header} if header else {}):
                return identify(request)

        yield ask


def test_a_devices_token_gives_its_roles(asking, settings):
    token = sign(signing_key(settings.secret), "w0001", ["worker", "area:g0311"], 900, "d-7f3a0001")
    identity = asking(f"Bearer {token}")
    assert (identity.name, identity.roles, identity.device, identity.is_admin) == ("w0001", {"worker", "area:g0311"}, "d-7f3a0001", False)
    assert asking(f"bearer {token}") == identity


@pytest.mark.parametrize(
    "header", [None, "", "Basic", "Bearer", "Bearer ", "Basic: xyz", "Basic %%%", "Basic bm9jb2xvbg==", "Basic /w==", "Digest username=x", "xyz"]
)
def test_a_malformed_header_counts_as_none(asking, header):
    assert asking(header) is None


def test_a_forged_or_expired_token_is_told_so_without_opening_a_password_window(asking, settings):
    key = signing_key(settings.secret)
    forged = sign(signing_key("another secret of thirty-two characters"), "w0001", ["worker"], 900)
    for token in (forged, sign(key, "w0001", ["worker"], 900, now=time.time() - 2000), jwt.encode({}, key.value, headers={"kid": key.id}), "x.y.z"):
        with pytest.raises(Unauthorized) as refused:
            asking(f"Bearer {token}")
        assert refused.value.headers["WWW-Authenticate"].startswith("Bearer")


def test_the_operator_may_everything(asking):
    assert asking(basic("operator", "correct horse")).is_admin


@pytest.mark.parametrize(
    ("username", "password"), [("operator", "wrong"), ("operator", ""), ("nobody", "correct horse"), ("admin", "correct horse"), ("operator", "x" * 5000)]
)
def test_nobody_else_comes_in_by_a_password(asking, username, password):
    with pytest.raises(Unauthorized, match="incorrect"):
        asking(basic(username, password))


def test_a_password_found_right_is_remembered_until_it_is_changed(asking):
    header = basic("operator", "correct horse")
    started = time.process_time()
    asking(header)
    checked = time.process_time()
    for _ in range(50):
        asking(header)
    assert time.process_time() - checked < 25 * (checked - started), "fifty remembered ones cost less than half of fifty argon2 checks"

    session = stores().writing_session()
    set_password(session, account_by_username(session, "operator"), "battery staple")
    session.commit()
    with pytest.raises(Unauthorized):
        asking(header)
    assert asking(basic("operator", "battery staple")).is_admin


def test_a_closed_account_is_out_at_once(asking):
    header = basic("operator", "correct horse")
    asking(header)
    session = stores().writing_session()
    deactivate(session, account_by_username(session, "operator"))
    session.commit()
    with pytest.raises(Unauthorized):
        asking(header)


def test_guessing_the_operators_password_is_stopped(asking, settings):
    session = stores().writing_session()
    set_password(session, account_by_username(session, "operator"), "battery staple")
    session.commit()
    for number in range(settings.sign_in_tries_per_minute):
        with pytest.raises(Unauthorized):
            asking(basic("operator", f"guess {number}"))
    with pytest.raises(TooManyRequests) as stopped:
        asking(basic("operator", "battery staple"))
    assert 0 < int(stopped.value.headers["Retry-After"]) <= 61
