"""The few errors of our own, and the one table that says how each is answered: JSON to devices, a page to people."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from html import escape

import orjson
from flask import Flask, Response, current_app, request
from sqlalchemy.exc import OperationalError
from werkzeug.exceptions import HTTPException

from sync.couchdb.errors import CouchError, CouchUnavailable

JSON_PATHS = ("/api", "/sync", "/healthz")
REFUSAL_PAGE = "doorstep.refusal_page"
"""Of app.extensions: what makes the page that a person is shown, `page(answer, reason, headers)`. The office puts it there."""


class DoorstepError(Exception):
    """Base of our errors. `reason` is a sentence for whoever sent the request."""

    def __init__(self, reason: str = "", *, headers: dict[str, str] | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.headers = headers or {}


class BadRequest(DoorstepError):
    """The request cannot be understood."""


class Unauthorized(DoorstepError):
    """Nobody is signed in, or the sign-in is no good."""


class HandIn(Unauthorized):
    """The office signed this phone out: it hands in what it has not sent, then wipes itself."""


class Wipe(Unauthorized):
    """This phone holds nothing that is wanted: it wipes itself."""


class Forbidden(DoorstepError):
    """Signed in, but not allowed to."""


class NotFound(DoorstepError):
    """There is no such thing."""


class Conflict(DoorstepError):
    """Someone else changed it first."""


class TooLarge(DoorstepError):
    """The body or the document is over its limit."""


class TooManyRequests(DoorstepError):
    """Tried too often; `headers` says when to come back."""


class Unavailable(DoorstepError):
    """A part that is needed does not answer just now."""


class StoreFull(DoorstepError):
    """The disk is full: nothing was written, the sender keeps what it has."""


@dataclass(frozen=True)
class Answer:
    """How an error is answered: HTTP status, code in JSON, heading on a page."""

    status: int
    code: str
    zh: str
    en: str


ANSWERS: dict[type[DoorstepError], Answer] = {
    BadRequest: Answer(400, "bad_request", "请求无法识别", "This request cannot be understood"),
    HandIn: Answer(401, "hand_in", "请交回后退出", "Hand in and sign out"),
    Wipe: Answer(401, "wipe", "本机已退出", "This phone was signed out"),
    Unauthorized: Answer(401, "unauthorized", "请先登录", "Please sign in"),
    Forbidden: Answer(403, "forbidden", "没有权限", "You may not do this"),
    NotFound: Answer(404, "not_found", "没有找到", "There is no such page"),
    Conflict: Answer(409, "conflict", "已被他人修改", "Someone else changed it first"),
    TooLarge: Answer(413, "too_large", "内容过大", "This is too large"),
    TooManyRequests: Answer(429, "too_many_requests", "尝试过于频繁", "Too many tries"),
    Unavailable: Answer(503, "unavailable", "暂时无法使用", "Not available just now"),
    StoreFull: Answer(507, "insufficient_storage", "存储空间已满", "The disk is full"),
}
BROKEN = Answer(500, "internal_server_error", "系统出错", "Something broke here")
UPDATING = Answer(503, "updating", "服务器正在升级", "The server is being updated")
"""Told by server/updating.py, before this app is there."""
OF_STATUS = {answer.status: answer for answer in ANSWERS.values()} | {
    405: Answer(405, "method_not_allowed", "不支持的操作", "This cannot be done here"),
    412: Answer(412, "precondition_failed", "条件不符", "A condition was not met"),
    415: Answer(415, "bad_content_type", "内容类型不符", "This kind of content is not taken"),
}


def answer_errors(app: Flask) -> None:
    """Answer every error of this app: ours by the table, HTTP's own by status, the rest as 500 with a line in the log."""

    @app.errorhandler(DoorstepError)
    def ours(error: DoorstepError) -> Response:
        return render(answer_for(error), error.reason, error.headers)

    @app.errorhandler(HTTPException)
    def of_http(error: HTTPException) -> Response:
        if error.response is not None or error.code is None or error.code < 400:
            return error.get_response()  # type: ignore[return-value]
        answer = OF_STATUS.get(error.code) or Answer(error.code, (error.name or "error").lower().replace(" ", "_"), error.name, error.name)
        headers = {name: value for name, value in error.get_headers() if name.lower() not in {"content-type", "content-length"}}
        said = error.description if wants_json(request.path) or error.description != type(error).description else ""  # the library's own words say little
        return render(answer, said or "", headers)

    def full() -> Response:
        current_app.logger.error("the disk is full: %s %s was refused", request.method, request.path)
        return render(ANSWERS[StoreFull], "The disk is full. Nothing was written; keep what you have and try again later.", {})

    @app.errorhandler(OperationalError)
    def of_store(error: OperationalError) -> Response:
        if is_disk_full(error):
            return full()
        current_app.logger.exception("the central store failed")
        return render(ANSWERS[Unavailable], "The central store does not answer.", {"Retry-After": "5"})

    @app.errorhandler(CouchUnavailable)
    @app.errorhandler(CouchError)
    def of_couchdb(error: Exception) -> Response:
        current_app.logger.error("%s %s: %s", request.method, request.path, error)
        return render(ANSWERS[Unavailable], "The sync engine does not answer.", {"Retry-After": "5"})

    @app.errorhandler(Exception)
    def of_anything(error: Exception) -> Response:
        if is_disk_full(error):
            return full()
        current_app.logger.exception("%s %s failed", request.method, request.path)
        return render(BROKEN, "Something broke here. It has been written down.", {})


def answer_for(error: DoorstepError) -> Answer:
    """The table's row for this error, or for the nearest class that it is a kind of."""
    for kind in type(error).__mro__:
        if kind in ANSWERS:
            return ANSWERS[kind]
    return BROKEN


def is_disk_full(error: BaseException) -> bool:
    """Whether SQLite, PostgreSQL or the system says that there is no room left."""
    text = str(error).lower()
    return "disk is full" in text or "no space left on device" in text or getattr(error, "errno", None) == 28


def render(answer: Answer, reason: str, headers: dict[str, str]) -> Response:
    """JSON in CouchDB's shape under /api, /sync and /healthz; elsewhere the office's page, and a plain one where that cannot be made."""
    if wants_json(request.path):
        body = orjson.dumps({"error": answer.code, "reason": reason or answer.en}) + b"\n"
        return Response(body, answer.status, {**headers, "Cache-Control": "no-store"}, content_type="application/json")
    page: Callable[[Answer, str, dict[str, str]], Response] | None = current_app.extensions.get(REFUSAL_PAGE)
    if page is not None:
        try:
            return page(answer, reason, headers)
        except Exception:  # what broke the request may break its page too
            current_app.logger.exception("the page of an error failed")
    return Response(_page(answer, reason), answer.status, {**headers, "Cache-Control": "no-store"}, content_type="text/html; charset=utf-8")


def wants_json(path: str) -> bool:
    return any(path == start or path.startswith(start + "/") for start in JSON_PATHS)


def _page(answer: Answer, reason: str) -> str:
    chinese_first = request.accept_languages.best_match(["zh", "en"], "zh") == "zh"
    first, second = (answer.zh, answer.en) if chinese_first else (answer.en, answer.zh)
    return (
        f'<!doctype html><html lang="{"zh-CN" if chinese_first else "en"}"><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width"><title>{answer.status} {escape(first)}</title>'
        f'<h1>{escape(first)}</h1><p lang="{"en" if chinese_first else "zh-CN"}">{escape(second)}</p>'
        f'<p><small>{answer.status} {escape(reason)}</small></p><p><a href="/">Doorstep</a></p></html>'
    )
