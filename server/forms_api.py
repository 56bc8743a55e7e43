"""Forms for programs: GET /api/forms and each version's document, JSON Schema and XForm; checking a file; trying a form out."""

from __future__ import annotations

import base64
from pathlib import PurePath
from typing import Any

import orjson
from flask import Blueprint, Flask, Response, current_app, request
from flask_login import current_user
from marshmallow import EXCLUDE, Schema, fields

from forms.files import FORM_FILES_MAX, media_type
from server import form_publishing
from server.access import CHALLENGE, comes_from_another_site, identify
from server.errors import BadRequest, Forbidden, NotFound, Unauthorized
from server.form_trying import judge, tried
from server.stores import stores
from sync.store import reading, reading_forms
from sync.store.published import published_forms

CHECK_BYTES_MAX = 32 * 1024 * 1024
JUDGE_BYTES_MAX = 4 * 1024 * 1024

blueprint = Blueprint("forms_api", __name__, url_prefix="/api/forms")


class FormSummary(Schema):
    """A published form version."""

    form = fields.String(required=True, metadata={"example": "household_survey"})
    version = fields.String(required=True, metadata={"example": "3"})
    title = fields.Dict(keys=fields.String(), values=fields.String(), required=True, metadata={"description": "by language"})
    audience = fields.String(required=True, metadata={"description": "`phone`, `office` or both"})
    current = fields.Boolean(required=True)
    published_at = fields.DateTime(required=True)
    url = fields.String(required=True, metadata={"description": "of its document; with /schema.json and /xform.xml behind it of those"})


class FormList(Schema):
    """Every published version; the current one of each form first."""

    forms = fields.List(fields.Nested(FormSummary), required=True)


class Finding(Schema):
    """One thing that is wrong with a form, or worth a look."""

    level = fields.String(required=True, metadata={"description": "`error`: it cannot be published; `warning`: worth a look"})
    sheet = fields.String(required=True, metadata={"example": "survey"})
    row = fields.Integer(required=True, allow_none=True, metadata={"description": "as in a spreadsheet: the header is row 1"})
    column = fields.String(required=True, metadata={"example": "relevant"})
    message = fields.Dict(keys=fields.String(), values=fields.String(), required=True, metadata={"description": "by language"})
    excerpt = fields.String(required=True, metadata={"description": "of an expression: itself, and below it a caret under the place; may be empty"})
    key = fields.String(required=True, metadata={"description": "which kind of finding it is", "example": "reference"})


class Findings(Schema):
    """What the publish check says of a file."""

    publishable = fields.Boolean(required=True)
    form = fields.String(required=True, allow_none=True)
    version = fields.String(required=True, allow_none=True)
    findings = fields.List(fields.Nested(Finding), required=True)


class TriedAnswers(Schema):
    """Answers to a form that is tried out, as a submission holds them."""

    class Meta:
        unknown = EXCLUDE

    answers = fields.Dict(keys=fields.String(), required=True)


class VerdictProblem(Schema):
    """What is wrong with an answer, or was put right."""

    path = fields.String(required=True, metadata={"example": "/members/0/temperature"})
    rule = fields.String(required=True, metadata={"example": "constraint"})
    message = fields.Dict(keys=fields.String(), values=fields.String(), required=True, metadata={"description": "by language"})


class TriedVerdict(Schema):
    """What the centre would say of these answers. Nothing was kept."""

    accepted = fields.Boolean(required=True)
    problems = fields.List(fields.Nested(VerdictProblem), required=True)
    remarks = fields.List(fields.Nested(VerdictProblem), required=True)
    changes = fields.List(fields.Dict(), required=True, metadata={"description": "records that they would create or update: kind, id, path, properties"})


def register(app: Flask) -> None:
    app.register_blueprint(blueprint)


@blueprint.before_request
def only_small_bodies() -> None:
    most = CHECK_BYTES_MAX if request.endpoint == "forms_api.check" and request.method == "POST" and _may_check() else JUDGE_BYTES_MAX
    request.max_content_length = min(most, current_app.config["MAX_CONTENT_LENGTH"])


@blueprint.get("")
def list_forms() -> Response:
    """Every published version."""
    _reader()
    found = [
        {
            "form": each.form,
            "version": each.version,
            "title": each.title,
            "audience": each.audience,
            "current": each.current,
            "published_at": f"{each.published_at.isoformat(timespec='seconds')}Z",
            "url": f"/api/forms/{each.form}/{each.version}",
        }
        for each in published_forms(stores().session.connection())
    ]
    return as_json({"forms": found})


@blueprint.get("/<form>/<version>")
def document(form: str, version: str) -> Response:
    """The form version as the phones have it."""
    _reader()
    found = reading.form_document(stores().session.connection(), form, version)
    if found is None:
        raise NotFound("There is no such form version.")
    return as_json(found)


@blueprint.get("/<form>/<version>/schema.json")
def json_schema_of(form: str, version: str) -> Response:
    """The JSON Schema of the answers."""
    from forms.json_schema import json_schema

    _reader()
    return as_json(json_schema(form_publishing.load(stores(), form, version)), "application/schema+json")


@blueprint.get("/<form>/<version>/xform.xml")
def xform_of(form: str, version: str) -> Response:
    """The XForm that the phone's engine reads."""
    _reader()
    found = reading_forms.source(stores().session.connection(), form, version)
    if found is None:
        raise NotFound("There is no such form version.")
    name = f"{form}-{version}.xml"
    return Response(found[2], content_type="application/xml; charset=utf-8", headers={"Content-Disposition": f'attachment; filename="{name}"', **NOT_KEPT})


@blueprint.post("/check")
def check() -> Response:
    """Everything that is wrong with a form's file. Nothing is kept."""
    if not _may_check():
        raise Forbidden("Only administrators and the operator check forms.")
    form = request.files.get("form")
    if form is None or not form.filename:
        raise BadRequest("Send the form's file as the part `form` of a multipart body, and its files as parts `files`.")
    brought = [each for each in request.files.getlist("files") if each.filename][: FORM_FILES_MAX + 1]  # one too many is a finding
    files = {form_publishing.without_folders(each.filename or ""): each.stream.read() for each in brought}
    checked = form_publishing.check(stores(), form.stream.read(), PurePath(form.filename).suffix.lower(), files, form.filename)
    ready = checked.form
    return as_json(
        {
            "publishable": ready is not None,
            "form": ready.id if ready else None,
            "version": ready.version if ready else None,
            "findings": [{name: getattr(each, name) for name in ("level", "sheet", "row", "column", "message", "excerpt", "key")} for each in checked.findings],
        }
    )


@blueprint.get("/try/<token>")
def try_document(token: str) -> Response:
    """The document of a form that is tried out, with its files in it; whoever has the token may."""
    found = tried(stores(), token)
    files = {name: {"content_type": media_type(name), "data": base64.b64encode(content).decode()} for name, content in found.files.items()}
    return as_json({**found.form.as_document(), **({"_attachments": files} if files else {})})


@blueprint.post("/try/<token>/judge")
def try_judge(token: str) -> Response:
    """What the centre would say of these answers. Nothing is kept."""
    try:
        body = orjson.loads(request.get_data(cache=False))
    except orjson.JSONDecodeError as error:
        raise BadRequest("The body is not valid JSON.") from error
    if not isinstance(body, dict) or "answers" not in body:
        raise BadRequest('Send {"answers": …}.')
    verdict = judge(tried(stores(), token).form, body["answers"])

    def said(problems: Any) -> list[dict[str, Any]]:
        return [{"path": each.path, "rule": each.rule, "message": each.message} for each in problems]

    changes = [{"kind": each.kind, "id": each.id, "path": each.path, "properties": each.properties} for each in verdict.changes]
    return as_json({"accepted": not verdict.problems, "problems": said(verdict.problems), "remarks": said(verdict.remarks), "changes": changes})


NOT_KEPT = {"Cache-Control": "no-store"}


def as_json(body: Any, content_type: str = "application/json") -> Response:
    return Response(orjson.dumps(body, option=orjson.OPT_NON_STR_KEYS), content_type=content_type, headers=NOT_KEPT)


def _reader() -> None:
    """A phone that is signed in, the operator, or someone of the office by the cookie."""
    if identify(request) is not None or _role() in ("administrator", "leader", "operator"):
        return
    raise Unauthorized("Sign in first.", headers=CHALLENGE)


def _may_check() -> bool:
    """The operator by password, or an administrator or operator by the office's cookie, asking from our own pages."""
    identity = identify(request)
    if identity is not None:
        return identity.is_admin
    role = _role()
    if role is None:
        raise Unauthorized("Sign in first.", headers=CHALLENGE)
    if comes_from_another_site(request):
        raise Forbidden("A sign-in to the office counts only for requests that come from this site.")
    return role in ("administrator", "operator")


def _role() -> str | None:
    return current_user.role if current_user.is_authenticated else None
