"""Access tokens: ours and good, or refused."""

import json
import time
from base64 import urlsafe_b64encode

import jwt
import pytest

from server.tokens import CLOCK_SKEW_SECONDS_MAX, KEY_PERIOD_SECONDS, BadToken, Claims, sign, signing_key, signing_keys, verify

SECRET = "a secret of thirty-two characters or more"
KEYS = signing_keys(SECRET, time.time())
KEY = KEYS.current
CLAIMS = {"sub": "w0042", "iss": "doorstep", "exp": int(time.time()) + 900, "iat": int(time.time()), "_couchdb.roles": ["worker"]}


def forge(claims: dict, key: bytes = KEY.value, algorithm: str = "HS256", kid: str | None = KEY.id) -> str:
    return jwt.encode(claims, key, algorithm=algorithm, headers={"kid": kid} if kid else {})


def without(name: str) -> dict:
    return {claim: value for claim, value in CLAIMS.items() if claim != name}


def test_what_was_signed_is_read_back():
    now = time.time()
    token = sign(KEY, "w0042", ["worker", "area:g0311"], 900, "d-7f3a0001", now)
    assert verify(KEYS, token) == Claims("w0042", frozenset({"worker", "area:g0311"}), "d-7f3a0001", int(now) + 900)


def test_it_is_what_couchdb_reads_too():
    token = sign(KEY, "w0042", ["worker:w0042", "worker"], 900, now=1_770_080_000.5)
    claims = jwt.decode(token, options={"verify_signature": False})
    assert claims == {"sub": "w0042", "iss": "doorstep", "iat": 1_770_080_000, "exp": 1_770_080_900, "_couchdb.roles": ["worker", "worker:w0042"]}
    assert jwt.get_unverified_header(token) == {"alg": "HS256", "typ": "JWT", "kid": KEY.id}


def test_full_power_is_never_signed():
    with pytest.raises(ValueError, match="underscore"):
        sign(KEY, "operator", ["_admin"], 900)


def none_algorithm() -> str:
    head = urlsafe_b64encode(json.dumps({"alg": "none", "kid": KEY.id}).encode()).rstrip(b"=").decode()
    body = urlsafe_b64encode(json.dumps(CLAIMS).encode()).rstrip(b"=").decode()
    return f"{head}.{body}."


@pytest.mark.parametrize(
    "token",
    [
        pytest.param("", id="nothing"),
        pytest.param("abc", id="not a token"),
        pytest.param("a.b.c", id="three parts of nothing"),
        pytest.param(forge({**CLAIMS, "exp": int(time.time()) - 60}), id="expired"),
        pytest.param(forge({**CLAIMS, "exp": "tomorrow"}), id="expiry is no number"),
        pytest.param(forge(without("exp")), id="no expiry"),
        pytest.param(forge(without("sub")), id="nobody"),
        pytest.param(forge(without("iss")), id="no issuer"),
        pytest.param(forge({**CLAIMS, "iss": "someone else"}), id="another issuer"),
        pytest.param(forge(without("_couchdb.roles")), id="no roles"),
        pytest.param(forge({**CLAIMS, "_couchdb.roles": "worker"}), id="roles are no list"),
        pytest.param(forge({**CLAIMS, "_couchdb.roles": ["worker", 7]}), id="a role is no text"),
        pytest.param(forge({**CLAIMS, "_couchdb.roles": ["_admin"]}), id="full power"),
        pytest.param(forge(CLAIMS, key=b"another key of thirty-two bytes or more"), id="another key under our name"),
        pytest.param(forge(CLAIMS, key=signing_key("y" * 32).value, kid=signing_key("y" * 32).id), id="another key under its own name"),
        pytest.param(forge(CLAIMS, kid=None), id="no key named"),
        pytest.param(forge(CLAIMS, algorithm="HS512"), id="another algorithm"),
        pytest.param(none_algorithm(), id="no signature"),
        pytest.param(forge(CLAIMS)[:-4] + "AAAA", id="changed signature"),
        pytest.param(forge({**CLAIMS, "more": "x" * 9000}), id="too long"),
    ],
)
def test_a_bad_token_is_refused(token):
    with pytest.raises(BadToken):
        verify(KEYS, token)


def test_a_clock_that_is_a_little_off_is_forgiven():
    assert verify(KEYS, forge({**CLAIMS, "exp": int(time.time()) - 5})).subject == "w0042"


# Another key every 30 days

BORDER = 700 * KEY_PERIOD_SECONDS  # one period ends here, the next begins
BEFORE = "the secret that we had before this one"


def test_each_period_has_a_key_of_its_own_which_the_secret_and_the_time_alone_decide():
    key = signing_key(SECRET, BORDER)
    assert signing_key(SECRET, BORDER + KEY_PERIOD_SECONDS - 0.001) == key
    assert signing_key(SECRET, BORDER - 0.001) != key != signing_key(SECRET, BORDER + KEY_PERIOD_SECONDS)
    assert signing_key(BEFORE, BORDER) != key
    assert len(key.value) == 32 and len(key.id) == 16


def test_a_key_is_accepted_a_whole_period_before_it_signs_and_a_whole_one_after():
    key = signing_key(SECRET, BORDER)
    accepted = [days for days in range(-61, 122) if key in signing_keys(SECRET, BORDER + days * 86_400).accepted]
    assert accepted == list(range(-30, 60))


@pytest.mark.parametrize(
    ("signed_at", "shown_at"),
    [
        pytest.param(BORDER - 1, BORDER + 898, id="signed in the last second of a period, shown in its own last second"),
        pytest.param(BORDER - 880, BORDER, id="in its last half minute at the border"),
        pytest.param(BORDER + 15, BORDER - 10, id="signed by a machine that is 25 s ahead, in the next period already"),
        pytest.param(BORDER, BORDER - 1, id="signed at the border, shown just before it"),
    ],
)
def test_nobody_is_signed_out_when_one_key_follows_another(signed_at, shown_at, moved_clock):
    moved_clock(signed_at)
    token = sign(signing_key(SECRET), "w0042", ["worker"], 900)
    moved_clock(shown_at)
    assert verify(signing_keys(SECRET, time.time()), token).subject == "w0042"


def test_a_token_of_two_periods_ago_is_refused_even_if_it_said_that_it_were_good(moved_clock):
    moved_clock(BORDER - 1)
    token = sign(signing_key(SECRET), "w0042", ["worker"], 90 * 86_400)
    moved_clock(BORDER + KEY_PERIOD_SECONDS)
    with pytest.raises(BadToken, match="not ours"):
        verify(signing_keys(SECRET, time.time()), token)


def test_what_the_former_secret_signed_is_good_while_it_is_given_and_nothing_new_is_signed_with_it():
    now = time.time()
    old = sign(signing_key(BEFORE), "w0042", ["worker"], 900)
    both = signing_keys(SECRET, now, BEFORE)
    assert verify(both, old).subject == "w0042"
    assert both.current == signing_keys(SECRET, now).current
    assert len(both.accepted) == 6
    with pytest.raises(BadToken, match="not ours"):
        verify(signing_keys(SECRET, now), old)


def test_a_token_that_was_good_a_moment_ago_is_judged_by_the_clock_again():
    token = sign(KEYS.current, "w0042", ["worker"], 1, now=time.time() - CLOCK_SKEW_SECONDS_MAX)
    assert verify(KEYS, token).subject == "w0042"
    time.sleep(2)
    with pytest.raises(BadToken, match="expired"):
        verify(KEYS, token)
