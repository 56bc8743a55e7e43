"""The API's description: GET /api/openapi.json for programs, GET /api/ for people. Made from the schemas that check the requests."""

from __future__ import annotations

from html import escape
from typing import Any

import orjson
from apispec import APISpec
from apispec.ext.marshmallow import MarshmallowPlugin
from flask import Blueprint, Flask, Response
from marshmallow import Schema, fields

from server.forms_api import Findings, FormList, TriedAnswers, TriedVerdict
from server.hand_in_api import AskToHandIn, HandedIn, InboxOnly
from server.session_api import Refresh, Session, SignIn

API_VERSION = "1"

blueprint = Blueprint("openapi", __name__, url_prefix="/api")


class Problem(Schema):
    """How every error under /api and /sync is answered."""

    error = fields.String(required=True, metadata={"description": "a code", "example": "unauthorized"})
    reason = fields.String(required=True, metadata={"description": "a sentence"})


def register(app: Flask) -> None:
    app.register_blueprint(blueprint)


@blueprint.get("/openapi.json")
def as_json() -> Response:
    return Response(orjson.dumps(describe(), option=orjson.OPT_INDENT_2), content_type="application/json")


@blueprint.get("/")
def as_page() -> Response:
    """A plain list of what one can ask, for a person who reads; no script."""
    document = describe()
    rows = []
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            answers = ", ".join(f"{status} {escape(answer['description'])}" for status, answer in operation["responses"].items())
            rows.append(f"<tr><td><code>{method.upper()} {escape(path)}</code></td><td>{escape(operation['summary'])}</td><td>{answers}</td></tr>")
    schemas = [
        f"<h3><code>{escape(name)}</code></h3><pre>{escape(orjson.dumps(schema, option=orjson.OPT_INDENT_2).decode())}</pre>"
        for name, schema in document["components"]["schemas"].items()
    ]
    page = (
        '<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>{escape(document['info']['title'])}</title><h1>{escape(document['info']['title'])}</h1><p>{escape(document['info']['description'])}</p>"
        '<p><a href="/api/openapi.json">OpenAPI 3.1 (JSON)</a></p>'
        f"<table><thead><tr><th>Request</th><th>What it does</th><th>Answers</th></tr></thead><tbody>{''.join(rows)}</tbody></table>"
        f"<h2>Shapes</h2>{''.join(schemas)}</html>"
    )
    return Response(page, content_type="text/html; charset=utf-8")


def describe() -> dict[str, Any]:
    """The whole description as an OpenAPI 3.1 document."""
    spec = APISpec(
        title="Doorstep API",
        version=API_VERSION,
        openapi_version="3.1.0",
        info={
            "description": "For phones and other programs. Documents travel under /sync/, which speaks the CouchDB HTTP API with the access token given here."
        },
        plugins=[MarshmallowPlugin()],
    )
    spec.components.security_scheme("token", {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"})
    named = {"SignIn": SignIn, "Refresh": Refresh, "Session": Session, "AskToHandIn": AskToHandIn, "HandedIn": HandedIn, "InboxOnly": InboxOnly}
    named |= {"FormList": FormList, "Findings": Findings, "TriedAnswers": TriedAnswers, "TriedVerdict": TriedVerdict}
    for name, schema in (*named.items(), ("Error", Problem)):
        spec.components.schema(name, schema=schema)
    session = _answer("the session", "Session")
    refused = {"400": _answer("the body is not as it should be", "Error"), "401": _answer("refused", "Error")}
    spec.path(
        "/api/session",
        operations={
            "post": {
                "summary": "Sign a phone in with a name and a password",
                "requestBody": _body("SignIn"),
                "responses": {
                    "200": session,
                    **refused,
                    "403": _answer("not an account for a phone", "Error"),
                    "429": _answer("too many failed tries: see Retry-After", "Error"),
                },
            },
            "delete": {
                "summary": "Sign this phone out",
                "security": [{"token": []}],
                "responses": {"204": {"description": "signed out"}, "401": _answer("refused", "Error")},
            },
        },
    )
    spec.path(
        "/api/session/refresh",
        operations={
            "post": {
                "summary": "A new access token for a refresh token; the old refresh token stays good until the new one is used",
                "requestBody": _body("Refresh"),
                "responses": {"200": session, **refused},
            }
        },
    )
    signed_in = _answer("the phone is signed in: it needs no hand-in", "Error")
    spec.path(
        "/api/session/hand-in",
        operations={
            "post": {
                "summary": "A token for the own inbox alone, for a phone whose refresh was answered with the error `hand_in`",
                "requestBody": _body("AskToHandIn"),
                "responses": {"200": _answer("the token", "InboxOnly"), **refused, "403": signed_in},
            }
        },
    )
    spec.path(
        "/api/session/handed-in",
        operations={
            "post": {
                "summary": "All is handed in; the phone clears itself now, and its refresh token ends",
                "requestBody": _body("HandedIn"),
                "responses": {"204": {"description": "written down"}, **refused, "403": signed_in},
            }
        },
    )
    _describe_forms(spec)
    spec.path(
        "/healthz",
        operations={"get": {"summary": "Whether every part works", "responses": {"200": {"description": "yes"}, "503": {"description": "no; says which"}}}},
    )
    spec.path("/metrics", operations={"get": {"summary": "Figures for Prometheus", "responses": {"200": {"description": "text"}}}})
    return spec.to_dict()


def _describe_forms(spec: APISpec) -> None:
    """Read by a phone's token, the operator's password or a sign-in to the office; checked by administrators and the operator."""
    read = {"401": _answer("refused", "Error"), "404": _answer("there is no such form version", "Error")}
    version = [{"name": name, "in": "path", "required": True, "schema": {"type": "string"}} for name in ("form", "version")]
    token = [{"name": "token", "in": "path", "required": True, "schema": {"type": "string"}, "description": "from the office, good for eight hours"}]
    gone = {"404": _answer("the token is not good (any more)", "Error"), "400": _answer("the form has errors, or the body is not as it should be", "Error")}

    def get(path: str, summary: str, answer: dict[str, Any], others: dict[str, Any], parameters: list[dict[str, Any]]) -> None:
        operation = {"summary": summary, "security": [{"token": []}], "parameters": parameters, "responses": {"200": answer, **others}}
        spec.path(path, operations={"get": operation})

    get("/api/forms", "Every published form version", _answer("the list", "FormList"), {"401": read["401"]}, [])
    get("/api/forms/{form}/{version}", "A form version as the phones have it", _plain("the document", "application/json"), read, version)
    get("/api/forms/{form}/{version}/schema.json", "The JSON Schema of its answers", _plain("the schema", "application/schema+json"), read, version)
    get("/api/forms/{form}/{version}/xform.xml", "Its XForm", _plain("the XForm", "application/xml"), read, version)
    parts = {
        "type": "object",
        "required": ["form"],
        "properties": {
            "form": {"type": "string", "contentMediaType": "application/octet-stream", "description": "the form: .xlsx, .md or .csv"},
            "files": {"type": "array", "items": {"type": "string", "contentMediaType": "application/octet-stream"}, "description": "what it names"},
        },
    }
    spec.path(
        "/api/forms/check",
        operations={
            "post": {
                "summary": "Everything that is wrong with a form's file; nothing is kept",
                "security": [{"token": []}],
                "requestBody": {"required": True, "content": {"multipart/form-data": {"schema": parts}}},
                "responses": {
                    "200": _answer("the findings", "Findings"),
                    "400": _answer("there is no file", "Error"),
                    "401": read["401"],
                    "403": _answer("neither administrator nor operator", "Error"),
                    "413": _answer("the form with its files is too large", "Error"),
                },
            }
        },
    )
    spec.path(
        "/api/forms/try/{token}",
        operations={
            "get": {
                "summary": "The document of a form that is tried out, its files in it",
                "parameters": token,
                "responses": {"200": _plain("the document", "application/json"), **gone},
            }
        },
    )
    spec.path(
        "/api/forms/try/{token}/judge",
        operations={
            "post": {
                "summary": "What the centre would say of these answers; nothing is kept",
                "parameters": token,
                "requestBody": _body("TriedAnswers"),
                "responses": {"200": _answer("the verdict", "TriedVerdict"), **gone},
            }
        },
    )


def _plain(description: str, content_type: str) -> dict[str, Any]:
    return {"description": description, "content": {content_type: {"schema": {}}}}


def _body(schema: str) -> dict[str, Any]:
    return {"required": True, "content": {"application/json": {"schema": {"$ref": f"#/components/schemas/{schema}"}}}}


def _answer(description: str, schema: str) -> dict[str, Any]:
    return {"description": description, "content": {"application/json": {"schema": {"$ref": f"#/components/schemas/{schema}"}}}}
