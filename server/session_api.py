"""Phones sign in, stay signed in and sign out: POST /api/session, POST /api/session/refresh, DELETE /api/session."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime
from typing import Any

import orjson
from flask import Blueprint, Flask, Response, current_app, request
from marshmallow import EXCLUDE, Schema, ValidationError, fields, validate
from sqlalchemy import select

from server.access import CHALLENGE, identify
from server.accounts import PHONE_ROLES, areas_of, now, record_event
from server.ending import Ending, answer_to, end
from server.errors import BadRequest, Forbidden, Unauthorized
from server.keys import household_key, refresh_key
from server.passwords import PASSWORD_LENGTH_MAX, is_password
from server.provision import (
    FORMS_DATABASE,
    WORKER_ROLE,
    area_database,
    area_role,
    inbox_database,
    media_database,
    provide_area,
    provide_forms,
    provide_worker,
    worker_role,
)
from server.refresh_tokens import TOKEN_LENGTH_MAX, device_of, first_token, renew
from server.sign_in_tries import SignInTries
from server.stores import stores
from server.tiles import tiles_for_phones
from server.tokens import sign, signing_key
from sync.store.models import Account, Area, Device

DEVICE = r"d-[0-9a-f]{8}"
SYNC_URL = "/sync/"
BODY_BYTES_MAX = 16 * 1024  # strangers may send it
FORMS_HELD_MAX = 100
NAME_OF_FORM = validate.Regexp(r"^[A-Za-z0-9_.-]{1,64}$")

blueprint = Blueprint("session_api", __name__, url_prefix="/api/session")


def forms_held() -> fields.Dict:
    """Which version of each form this phone opens."""
    held = "the version of each form that this phone opens; kept until the phone says otherwise"
    return fields.Dict(
        keys=fields.String(validate=NAME_OF_FORM),
        values=fields.String(validate=NAME_OF_FORM),
        validate=validate.Length(max=FORMS_HELD_MAX),
        metadata={"description": held, "example": {"household_survey": "3"}},
    )


class SignIn(Schema):
    """Body of a sign-in."""

    class Meta:
        unknown = EXCLUDE

    username = fields.String(required=True, validate=validate.Length(1, 80), metadata={"example": "surveyor1"})
    password = fields.String(required=True, validate=validate.Length(1, PASSWORD_LENGTH_MAX), metadata={"format": "password"})
    device = fields.String(validate=validate.Regexp(f"^{DEVICE}$"), metadata={"description": "the id this phone was given before", "example": "d-7f3a0001"})
    app = fields.String(validate=validate.Length(max=40), metadata={"description": "version of the app", "example": "0.1.0"})
    forms = forms_held()


class Refresh(Schema):
    """Body of a refresh."""

    class Meta:
        unknown = EXCLUDE

    refresh_token = fields.String(required=True, validate=validate.Length(1, TOKEN_LENGTH_MAX))
    app = fields.String(validate=validate.Length(max=40))
    forms = forms_held()


class Name(Schema):
    """A name in both languages."""

    zh = fields.String(required=True)
    en = fields.String(required=True)


class WorkerArea(Schema):
    """An area that the worker answers for. `place`: the area that addresses are told apart in."""

    id = fields.String(required=True, metadata={"example": "g0311"})
    name = fields.Nested(Name, required=True)
    place = fields.String(required=True)


class Worker(Schema):
    """Who signed in."""

    id = fields.String(required=True, metadata={"example": "w0042"})
    name = fields.String(required=True)
    roles = fields.List(fields.String(), required=True, metadata={"example": ["surveyor"]})
    areas = fields.List(fields.Nested(WorkerArea), required=True)


class SyncPlaces(Schema):
    """Where this worker's device syncs."""

    url = fields.String(required=True, metadata={"example": SYNC_URL})
    forms = fields.String(required=True)
    areas = fields.List(fields.String(), required=True)
    inbox = fields.String(required=True)
    media = fields.String(required=True)


class Tiles(Schema):
    """Map pictures of this server."""

    url = fields.String(required=True, metadata={"example": "/tiles/{z}/{x}/{y}.png"})
    zoom_min = fields.Integer(required=True)
    zoom_max = fields.Integer(required=True)
    centre = fields.Dict(keys=fields.String(), values=fields.Float(), required=True, metadata={"example": {"latitude": 29.84, "longitude": 114.32}})


class PhoneSettings(Schema):
    """What the operator has set for phones."""

    photo_position = fields.String(required=True, validate=validate.OneOf(("strip", "keep")), metadata={"description": "do photos keep where they were taken"})
    attachment_bytes_max = fields.Integer(required=True, metadata={"description": "the largest photo, sound, video or file that is taken"})
    tiles = fields.Nested(Tiles, required=True, allow_none=True)


class Session(Schema):
    """What a phone needs to work for the day, and to come back."""

    access_token = fields.String(required=True)
    expires_in = fields.Integer(required=True, metadata={"description": "seconds"})
    refresh_token = fields.String(required=True, metadata={"description": "use it once the next one has arrived; until then the old one stays good"})
    device = fields.String(required=True)
    household_key = fields.String(required=True, metadata={"description": "key of household ids; its UTF-8 bytes are the HMAC key"})
    time = fields.String(required=True, metadata={"format": "date-time", "description": "the server's clock"})
    worker = fields.Nested(Worker, required=True)
    sync = fields.Nested(SyncPlaces, required=True)
    settings = fields.Nested(PhoneSettings, required=True)


def register(app: Flask) -> None:
    app.register_blueprint(blueprint)


@blueprint.before_request
def only_small_bodies() -> None:
    request.max_content_length = min(BODY_BYTES_MAX, current_app.config["MAX_CONTENT_LENGTH"])


@blueprint.post("")
def sign_in() -> Response:
    """Sign a phone in with a name and a password."""
    body = read_body(SignIn())
    session = stores().session
    tries: SignInTries = current_app.extensions["doorstep.sign_in_tries"]
    username, address = body["username"].strip(), request.remote_addr or ""
    tries.check(username, address)
    account = session.scalar(select(Account).where(Account.username == username, Account.active))
    if not is_password(account.password_hash if account else None, body["password"]) or account is None:
        tries.failed(username, address)
        raise Unauthorized("Name or password is incorrect.", headers=CHALLENGE)
    if account.role not in PHONE_ROLES:
        raise Forbidden("This account is not for a phone. Sign in to the office instead.")
    account = stores().writing_session().get_one(Account, account.id)
    device = _device_for(account, body.get("device"))
    token, device.refresh_hash = first_token(device.id)
    _note_what_it_holds(device, body)
    record_event(session, account.id, "signed in on a phone", device.id)
    return _session_for(account, device, token)


@blueprint.post("/refresh")
def refresh() -> Response:
    """A new access token for a refresh token."""
    body = read_body(Refresh())
    key = refresh_key(stores().store)
    session = stores().writing_session()
    shown = body["refresh_token"]
    device = session.get(Device, device_of(shown) or "")
    renewed = renew(key, device.refresh_hash, shown) if device and device.refresh_hash else None
    if device is None or renewed is None or device.revoked_at is not None:
        raise answer_to(device.ending if device else None, proven=renewed is not None)
    account = session.get(Account, device.account)
    if account is None or not account.active or account.role not in PHONE_ROLES:
        raise Unauthorized("This account is closed.", headers=CHALLENGE)
    device.refresh_hash = renewed.keep
    _note_what_it_holds(device, body)
    return _session_for(account, device, renewed.next_token)


@blueprint.delete("")
def sign_out() -> Response:
    """Sign this phone out: its refresh token is good no more, its access token runs out within minutes."""
    identity = identify(request)
    if identity is None or identity.device is None:
        raise Unauthorized("Say which phone: send its access token.", headers=CHALLENGE)
    session = stores().writing_session()
    device = session.get(Device, identity.device)
    if device is None:
        raise Unauthorized("This token is of no phone that is signed in here.", headers=CHALLENGE)
    if device.account == identity.name and device.revoked_at is None:
        end(device, Ending.SIGNED_OUT)
        record_event(session, identity.name, "signed out on a phone", device.id)
        session.commit()
    return Response(status=204)


def read_body(schema: Schema) -> dict[str, Any]:
    try:
        body = orjson.loads(request.get_data(cache=False))
        return schema.load(body)
    except orjson.JSONDecodeError as error:
        raise BadRequest("The body is not valid JSON.") from error
    except ValidationError as error:
        raise BadRequest(f"The body is not as it should be: {orjson.dumps(error.normalized_messages()).decode()}") from error


def _device_for(account: Account, wanted: str | None) -> Device:
    """The row of this phone. A new id when it names none, another's, or one that was revoked: a lost phone's id stays dead."""
    session = stores().session
    device = session.get(Device, wanted) if wanted else None
    if device is not None and device.account == account.id and device.revoked_at is None:
        return device
    device_id = wanted if wanted and device is None else f"d-{secrets.token_hex(4)}"
    device = Device(id=device_id, account=account.id, created_at=now(), last_seen_at=now())
    session.add(device)
    return device


def _note_what_it_holds(device: Device, body: dict[str, Any]) -> None:
    device.app = body.get("app", device.app)
    if "forms" in body:
        device.forms = orjson.dumps(body["forms"], option=orjson.OPT_SORT_KEYS)
    device.last_seen_at = now()


def _session_for(account: Account, device: Device, refresh_token: str) -> Response:
    """Commits first: what is read for the answer holds up nobody who waits to write."""
    settings = stores().settings
    session, databases = stores().session, stores().databases
    session.commit()
    areas = areas_of(session, account.id)
    answer = {
        "access_token": sign(
            signing_key(settings.secret),
            account.id,
            [WORKER_ROLE, worker_role(account.id), *(area_role(area.id) for area in areas)],
            settings.token_seconds,
            device.id,
        ),
        "expires_in": settings.token_seconds,
        "refresh_token": refresh_token,
        "device": device.id,
        "household_key": "",
        "time": datetime.now(UTC).isoformat(timespec="milliseconds"),
        "worker": {"id": account.id, "name": account.name, "roles": [account.role], "areas": [_area(area) for area in areas]},
        "sync": {
            "url": SYNC_URL,
            "forms": FORMS_DATABASE,
            "areas": [area_database(area.id) for area in areas],
            "inbox": inbox_database(account.id),
            "media": media_database(account.id),
        },
        "settings": {
            "photo_position": settings.photo_position,
            "attachment_bytes_max": settings.limits.attachment_bytes_max,
            "tiles": tiles_for_phones(settings.tiles),
        },
    }
    session.rollback()  # all is read
    answer["household_key"] = household_key(stores().store)
    provide_forms(databases)
    provide_worker(databases, answer["worker"]["id"])  # type: ignore[index]
    for area in answer["worker"]["areas"]:  # type: ignore[index]
        provide_area(databases, area["id"])
    return Response(orjson.dumps(answer), content_type="application/json", headers={"Cache-Control": "no-store"})


def _area(area: Area) -> dict[str, Any]:
    return {"id": area.id, "name": {"zh": area.name_zh, "en": area.name_en}, "place": area.place or area.id}
