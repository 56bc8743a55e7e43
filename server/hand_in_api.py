"""A phone that the office signed out hands in what it has not sent: POST /api/session/hand-in, POST /api/session/handed-in.

Which phones may, and why in this way: server/ending.py and docs/decisions/0079.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import orjson
from flask import Blueprint, Flask, Response
from marshmallow import EXCLUDE, Schema, fields, validate

from server.accounts import now, record_event
from server.ending import Ending, answer_to, end
from server.errors import Forbidden
from server.keys import refresh_key
from server.provision import inbox_database, media_database, provide_worker, worker_role
from server.refresh_tokens import TOKEN_LENGTH_MAX, device_of, renew
from server.revoked import handing_in
from server.session_api import SYNC_URL, only_small_bodies, read_body
from server.stores import stores
from server.tokens import sign, signing_key
from sync.store.models import Device

COUNT_MAX = 1_000_000

blueprint = Blueprint("hand_in_api", __name__, url_prefix="/api/session")
blueprint.before_request(only_small_bodies)


class AskToHandIn(Schema):
    """The phone's refresh token, as it last had it."""

    class Meta:
        unknown = EXCLUDE

    refresh_token = fields.String(required=True, validate=validate.Length(1, TOKEN_LENGTH_MAX))


class HandedIn(AskToHandIn):
    """What the phone has handed in, by its own count; it holds nothing any more that the server has not."""

    submissions = fields.Integer(load_default=0, validate=validate.Range(0, COUNT_MAX))
    photos = fields.Integer(load_default=0, validate=validate.Range(0, COUNT_MAX))
    drafts = fields.Integer(load_default=0, validate=validate.Range(0, COUNT_MAX))


class InboxPlaces(Schema):
    """Where the phone puts it."""

    url = fields.String(required=True, metadata={"example": SYNC_URL})
    inbox = fields.String(required=True, metadata={"example": "worker-w0042"})
    media = fields.String(required=True, metadata={"example": "media-w0042"})


class InboxOnly(Schema):
    """A token for the worker's own inbox and photos and for nothing else; asked again when it has ended."""

    access_token = fields.String(required=True)
    expires_in = fields.Integer(required=True, metadata={"description": "seconds"})
    time = fields.String(required=True, metadata={"format": "date-time", "description": "the server's clock"})
    sync = fields.Nested(InboxPlaces, required=True)


def register(app: Flask) -> None:
    app.register_blueprint(blueprint)


@blueprint.post("/hand-in")
def hand_in() -> Response:
    """A token to hand in with, for a phone that the office signed out and that may still hand in."""
    device = _proven(read_body(AskToHandIn())["refresh_token"])
    settings, session = stores().settings, stores().session
    account = device.account
    answer: dict[str, Any] = {
        "access_token": sign(signing_key(settings.secret), account, [worker_role(account)], settings.token_seconds, handing_in(device.id)),
        "expires_in": settings.token_seconds,
        "time": datetime.now(UTC).isoformat(timespec="milliseconds"),
        "sync": {"url": SYNC_URL, "inbox": inbox_database(account), "media": media_database(account)},
    }
    if device.revoked_at is not None and device.last_seen_at <= device.revoked_at:  # once, however often it tries
        record_event(session, account, "phone hands in", device.id)
    device.last_seen_at = now()
    session.commit()
    provide_worker(stores().databases, account)
    return Response(orjson.dumps(answer), content_type="application/json", headers={"Cache-Control": "no-store"})


@blueprint.post("/handed-in")
def handed_in() -> Response:
    """The phone says that all is handed in and clears itself now. From then on its refresh token is good for nothing."""
    body = read_body(HandedIn())
    device = _proven(body.pop("refresh_token"))
    session = stores().session
    end(device, Ending.HANDED_IN)
    device.last_seen_at = now()
    record_event(session, device.account, "phone handed in and cleared itself", device.id, **body)
    session.commit()
    return Response(status=204)


def _proven(shown: str) -> Device:
    """The device of this refresh token, when it may hand in. Begins a writing session."""
    key = refresh_key(stores().store)
    session = stores().writing_session()
    device = session.get(Device, device_of(shown) or "")
    proven = device is not None and device.refresh_hash is not None and renew(key, device.refresh_hash, shown) is not None
    if device is not None and proven and device.revoked_at is None:
        raise Forbidden("This phone is signed in: it sends its work as always.")
    if device is None or not proven or device.ending != Ending.HAND_IN:
        raise answer_to(device.ending if device else None, proven)
    return device
