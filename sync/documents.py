"""The wire's documents as marshmallow schemas: what any program must write to be understood, and what the centre writes back.

`json_schemas()` gives the same as JSON Schema. Fields that a newer app adds are kept with the document and not judged.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple

from marshmallow import EXCLUDE, Schema, ValidationError, fields, validate

from sync import clock

ID_CHARACTERS_MAX = 120
TEXT_CHARACTERS_MAX = 400
MEDIA_MAX = 200
BASED_ON_RECORDS_MAX = 1_000
BASED_ON_DEVICES_MAX = 1_000
SUBMISSION_PREFIX = "submission:"
RECEIPT_PREFIX = "receipt:"
STATES = ("accepted", "held", "returned", "rejected", "superseded", "duplicate")

_ULID = r"[0-7][0-9A-HJKMNP-TV-Z]{25}"
SUBMISSION_ID = re.compile(rf"{SUBMISSION_PREFIX}{_ULID}", re.ASCII)
RECORD_ID = re.compile(r"[a-z][a-z0-9_]{0,39}:[0-9A-Za-z]{1,64}", re.ASCII)


class Fault(NamedTuple):
    """Something wrong with the envelope: at which path, and the key of its words in sync/messages.py."""

    path: str
    message: str


class SubmissionId(fields.String):
    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        if not isinstance(value, str) or not SUBMISSION_ID.fullmatch(value):
            raise ValidationError("submission_id")
        return value


class ZonedTime(fields.Field):
    """`2026-02-03T09:15:02+08:00` as a datetime with its zone."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> datetime:
        try:
            moment = datetime.fromisoformat(value) if isinstance(value, str) and len(value) <= 40 else None
            if moment is not None and moment.utcoffset() is not None:
                moment.astimezone(UTC)
                return moment
        except (ValueError, OverflowError):
            pass
        raise ValidationError("time")


class ClockText(fields.Field):
    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        try:
            clock.parse(value)
        except ValueError:
            raise ValidationError("clock") from None
        return value


class Versions(fields.Field):
    """`based_on`: record id → device → clock."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> dict[str, dict[str, str]]:
        if not isinstance(value, dict):
            raise ValidationError("object")
        if len(value) > BASED_ON_RECORDS_MAX or any(isinstance(each, dict) and len(each) > BASED_ON_DEVICES_MAX for each in value.values()):
            raise ValidationError("too_long")
        for version in value.values():
            if not isinstance(version, dict):
                raise ValidationError("object")
            for text in version.values():
                try:
                    clock.parse(text)
                except ValueError:
                    raise ValidationError("clock") from None
        return value


class MediaSchema(Schema):
    """A photo that the submission names; it comes by itself, in `media-<id>`."""

    class Meta:
        unknown = EXCLUDE

    question = fields.String(required=True, validate=validate.Length(1, TEXT_CHARACTERS_MAX))
    name = fields.String(required=True, validate=validate.Length(1, TEXT_CHARACTERS_MAX))
    type = fields.String(required=True, validate=validate.Length(1, ID_CHARACTERS_MAX))
    bytes = fields.Integer(required=True, strict=True, validate=validate.Range(0))
    sha256 = fields.String(required=True, validate=validate.Regexp(r"[0-9a-f]{64}\Z"))


class SubmissionSchema(Schema):
    """A filled form, from a phone into its worker's database. Never changed afterwards."""

    class Meta:
        unknown = EXCLUDE

    id = SubmissionId(required=True, data_key="_id")
    type = fields.String(required=True, validate=validate.Equal("submission"))
    form = fields.String(required=True, validate=validate.Length(1, ID_CHARACTERS_MAX))
    version = fields.String(required=True, validate=validate.Length(1, 40))
    area = fields.String(required=True, validate=validate.Length(1, 40))
    answers = fields.Dict(required=True)
    based_on = Versions(required=True)
    started_at = ZonedTime(required=True)
    finished_at = ZonedTime(required=True)
    clock = ClockText(required=True)
    clock_offset_ms = fields.Integer(strict=True, load_default=0)
    worker = fields.String(required=True, validate=validate.Length(1, 40))
    device = fields.String(required=True, validate=validate.Length(1, 80))
    app = fields.String(load_default="", validate=validate.Length(max=40))
    supersedes = SubmissionId(load_default=None, allow_none=True)
    media = fields.List(fields.Nested(MediaSchema), load_default=list, validate=validate.Length(max=MEDIA_MAX))


class MessageSchema(Schema):
    zh = fields.String(required=True)
    en = fields.String(required=True)


class ProblemSchema(Schema):
    path = fields.String(required=True)
    rule = fields.String(required=True)
    message = fields.Nested(MessageSchema, required=True)


class RecordVersionSchema(Schema):
    id = fields.String(required=True)
    version = fields.Dict(keys=fields.String(), values=ClockText(), required=True)


class CommentSchema(Schema):
    path = fields.String(required=True)
    text = fields.String(required=True)
    by = fields.String(required=True)
    at = fields.String(required=True)


class ReceiptSchema(Schema):
    """What became of a submission, from the centre into the worker's database. One each; it changes when the state does."""

    id = fields.String(required=True, data_key="_id")
    type = fields.String(required=True, validate=validate.Equal("receipt"))
    submission = fields.String(required=True)
    at = fields.String(required=True)
    status = fields.String(required=True, validate=validate.OneOf(STATES))
    problems = fields.List(fields.Nested(ProblemSchema), required=True)
    remarks = fields.List(fields.Nested(ProblemSchema), required=True)
    records = fields.List(fields.Nested(RecordVersionSchema), required=True)
    comments = fields.List(fields.Nested(CommentSchema), required=True)
    clock = ClockText(required=True)


class DisputedSchema(Schema):
    value = fields.Raw(required=True)
    worker = fields.String(required=True)
    device = fields.String(required=True)
    at = fields.String(required=True)
    clock = ClockText(required=True)
    submission = fields.String(required=True)


class EntrySchema(DisputedSchema):
    form = fields.String(required=True)
    settled = fields.Boolean()
    disputed = fields.List(fields.Nested(DisputedSchema))


class RecordSubmissionSchema(Schema):
    id = fields.String(required=True)
    form = fields.String(required=True)
    worker = fields.String(required=True)
    at = fields.String(required=True)


class MovedFromSchema(Schema):
    """Where a record was before, and when it moved (`at`) or with which record it did (`with`)."""

    from_ = fields.List(fields.String(), required=True, data_key="from")
    at = fields.String()
    with_ = fields.String(data_key="with")


class RecordSchema(Schema):
    """A merged record, from the centre into its area's database. `members`: the ids it stands for; `linked_to`: the one that stands for it."""

    id = fields.String(required=True, data_key="_id")
    type = fields.String(required=True, validate=validate.Equal("record"))
    kind = fields.String(required=True)
    area = fields.String(required=True)
    label = fields.String(required=True)
    version = fields.Dict(keys=fields.String(), values=ClockText(), required=True)
    fields_ = fields.Dict(keys=fields.String(), values=fields.Nested(EntrySchema), required=True, data_key="fields")
    search = fields.String(required=True)
    submissions = fields.List(fields.Nested(RecordSubmissionSchema), required=True)
    submission_count = fields.Integer(required=True, strict=True)
    members = fields.List(fields.String())
    linked_to = fields.String()
    moved = fields.Nested(MovedFromSchema)


class MovedSchema(Schema):
    """What stays in an area that a record has left. `area`: where it lies now."""

    id = fields.String(required=True, data_key="_id")
    type = fields.String(required=True, validate=validate.Equal("moved"))
    kind = fields.String(required=True)
    label = fields.String(required=True)
    area = fields.String(required=True)
    at = fields.String()
    with_ = fields.String(data_key="with")


SUBMISSION, RECEIPT, RECORD = SubmissionSchema(), ReceiptSchema(), RecordSchema()


def read_envelope(document: Mapping[str, Any]) -> tuple[dict[str, Any], list[Fault]]:
    """The parts of a submission that can be read (times as datetimes), and a fault for each that cannot."""
    try:
        return SUBMISSION.load(document), []
    except ValidationError as error:
        faults = [Fault(f"/{path}", message) for path, message in _flat(error.normalized_messages())]
        readable = error.valid_data if isinstance(error.valid_data, dict) else {}
        return readable, sorted(set(faults))


def json_schemas() -> dict[str, Any]:
    """JSON Schema (as OpenAPI 3.1 has it) of the documents, by name."""
    from apispec import APISpec
    from apispec.ext.marshmallow import MarshmallowPlugin

    spec = APISpec(title="Doorstep documents", version="1", openapi_version="3.1.0", plugins=[MarshmallowPlugin()])
    for name, schema in (("Submission", SubmissionSchema), ("Receipt", ReceiptSchema), ("Record", RecordSchema), ("Moved", MovedSchema)):
        spec.components.schema(name, schema=schema)
    return spec.to_dict()["components"]["schemas"]


_MESSAGES = {
    "submission_id": "submission_id",
    "time": "time",
    "clock": "clock",
    "object": "object",
    "too_long": "too_long",
    "Missing data for required field.": "missing",
    "Field may not be null.": "missing",
}


def _flat(messages: Any, path: str = "") -> list[tuple[str, str]]:
    """marshmallow's nested messages as (path, key of our words)."""
    if isinstance(messages, dict):
        return [each for key, below in messages.items() for each in _flat(below, f"{path}/{key}" if path else str(key))]
    if isinstance(messages, list):
        return [each for below in messages for each in _flat(below, path)]
    return [(path, _MESSAGES.get(str(messages), "wrong"))]
