"""Access tokens: ours and good, or refused."""

import json
import time
from base64 import urlsafe_b64encode

import jwt
import pytest

from server.tokens import BadToken, Claims, sign, signing_key, verify

KEY = signing_key("a secret of thirty-two characters or more")
CLAIMS = {"sub": "w0042", "iss": "doorstep", "exp": int(time.time()) + 900, "iat": int(time.time()), "_couchdb.roles": ["worker"]}


def forge(claims: dict, key: bytes = KEY.value, algorithm: str = "HS256", kid: str | None = KEY.id) -> str:
    return jwt.encode(claims, key, algorithm=algorithm, headers={"kid": kid} if kid else {})


def without(name: str) -> dict:
    return {claim: value for claim, value in CLAIMS.items() if claim != name}


def test_what_was_signed_is_read_back():
    token = sign(KEY, "w0042", ["worker", "area:g0311"], 900, "d-7f3a0001")
    assert verify(KEY, token) == Claims("w0042", frozenset({"worker", "area:g0311"}), "d-7f3a0001")


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
        verify(KEY, token)


def test_a_clock_that_is_a_little_off_is_forgiven():
    assert verify(KEY, forge({**CLAIMS, "exp": int(time.time()) - 5})).subject == "w0042"
