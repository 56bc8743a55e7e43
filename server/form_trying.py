"""Trying a form out in a browser, nobody signed in: a token names what is tried and is good for some hours. Nothing is saved.

token = try_token(settings, TryPublished("household_survey", "3"))      # or TryKept(id of server/form_preview.py)
judge(tried(stores, token), {"visit": {"outcome": "done"}})
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from itsdangerous import BadData, URLSafeTimedSerializer

from server import form_preview, form_publishing
from server.errors import BadRequest, NotFound
from server.settings import Settings
from server.stores import Stores
from server.tokens import derive_key
from sync.store.published import form_files

if TYPE_CHECKING:
    from forms.form import Form, Verdict

TRY_SECONDS_MAX = 8 * 3600
TOKEN_LENGTH_MAX = 400
PURPOSE = "trying forms"
TIME_ZONE = ZoneInfo("Asia/Shanghai")  # where the forms are filled in: `today()` is a day there


@dataclass(frozen=True)
class TryPublished:
    form: str
    version: str


@dataclass(frozen=True)
class TryKept:
    id: str


@dataclass(frozen=True)
class Tried:
    form: Form
    files: Mapping[str, bytes]
    """What the form names beside itself."""


def try_token(settings: Settings, what: TryPublished | TryKept) -> str:
    """Whoever has it may try this one form, and nothing else."""
    said = ["kept", what.id] if isinstance(what, TryKept) else ["published", what.form, what.version]
    token = _serializer(settings).dumps(said)
    return token.decode() if isinstance(token, bytes) else token


def tried(stores: Stores, token: str) -> Tried:
    """The form that this token is about. NotFound when it is not ours, has run out, or what it was about is gone; BadRequest when the form has errors."""
    what = _read(stores.settings, token)
    if isinstance(what, TryPublished):
        with stores.store.reading() as connection:
            files = form_files(connection, what.form, what.version)
        return Tried(form_publishing.load(stores, what.form, what.version), files)
    kept = form_preview.read(stores, what.id)
    if kept is None:
        raise NotFound("What was uploaded is not kept any more.")
    form = form_publishing.check(stores, kept.upload.source, kept.upload.source_type, kept.upload.files, kept.upload.name).form
    if form is None:
        raise BadRequest("This form has errors: it can be tried when they are mended.")
    return Tried(form, kept.upload.files)


def judge(form: Form, answers: object) -> Verdict:
    """What the centre would say of these answers, had they been sent now."""
    from forms.form import Moment

    now = datetime.now(UTC).astimezone(TIME_ZONE)
    return form.judge(answers, Moment(now, now))


def _read(settings: Settings, token: str) -> TryPublished | TryKept:
    try:
        if len(token) > TOKEN_LENGTH_MAX:
            raise ValueError
        match _serializer(settings).loads(token, max_age=TRY_SECONDS_MAX):
            case ["kept", str(id)]:
                return TryKept(id)
            case ["published", str(form), str(version)]:
                return TryPublished(form, version)
    except (BadData, ValueError, TypeError):
        pass
    raise NotFound("This address is not good any more: open the form from the office again.")


def _serializer(settings: Settings) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(derive_key(settings.secret, PURPOSE), salt="try")
