"""The office at `/`: what administrators, team leaders and the operator see. `register(app)` puts it into the app."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

from flask import Blueprint, Flask, Response, current_app, flash, redirect, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from flask_wtf.csrf import CSRFError, CSRFProtect
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.wrappers import Response as AnyResponse

from server.errors import ANSWERS, BadRequest, TooLarge, Unauthorized, render
from server.office import (
    find,
    form_lists,
    form_page,
    languages,
    media,
    new_forms,
    operator,
    overview,
    queue,
    queue_actions,
    record_lists,
    record_page,
    refused,
    rulings,
    sessions,
    shown,
    signing,
    submission_lists,
    submission_page,
    work,
)

STATIC = Path(__file__).parent / "static"
YEAR_SECONDS = 365 * 24 * 3600
BODY_BYTES_MAX = 1024 * 1024  # a page of comments; strangers may send it

blueprint = Blueprint("office", __name__, template_folder="templates", static_folder="static", static_url_path="/office-static")
csrf = CSRFProtect()
PAGES = (
    signing,
    overview,
    queue,
    queue_actions,
    rulings,
    record_lists,
    record_page,
    find,
    submission_lists,
    submission_page,
    media,
    work,
    form_lists,
    form_page,
    new_forms,
    operator,
)
for page in PAGES:
    page.join(blueprint)


def register(app: Flask) -> None:
    """Join the app: pages, sign-in, languages, and a CSRF check on the office's own forms only (devices send tokens instead)."""
    app.config.setdefault("WTF_CSRF_CHECK_DEFAULT", False)
    app.config.setdefault("WTF_CSRF_TIME_LIMIT", None)
    app.session_interface = sessions.OfficeSessions()
    csrf.init_app(app)
    signing.manager.init_app(app)
    languages.set_up(app)
    shown.set_up(app)
    refused.set_up(app)
    app.jinja_env.globals["asset"] = asset
    app.register_blueprint(blueprint)


@cache
def _mark(name: str) -> str:
    file = STATIC / name
    return hashlib.sha256(file.read_bytes()).hexdigest()[:10] if file.is_file() else "missing"


def asset(name: str) -> str:
    """A static file's address with a mark of its content, so that browsers may keep it for a year."""
    return url_for("office.static", filename=name, v=_mark(name))


@blueprint.before_request
def check_request() -> None:
    """Forms carry the mark of the page they came from. A NUL stands in no text of ours, and databases take it for an end or an error."""
    request.max_content_length = min(_body_bytes_max(), current_app.config["MAX_CONTENT_LENGTH"])
    if any("\0" in text for text in (request.path, *request.args.values(), *request.form.values())):
        raise BadRequest
    csrf.protect()


def _body_bytes_max() -> int:
    """A form with its files is larger than anything else that is sent here; nobody but administrators sends one."""
    may_upload = request.endpoint == "office.upload_form" and current_user.is_authenticated and current_user.role == signing.ADMINISTRATOR
    return new_forms.UPLOAD_BYTES_MAX if may_upload else BODY_BYTES_MAX


@blueprint.after_request
def caching(response: Response) -> Response:
    if request.endpoint == "office.static":
        if "v" in request.args and response.status_code == 200:
            response.headers["Cache-Control"] = f"public, max-age={YEAR_SECONDS}, immutable"
    else:
        response.headers["Cache-Control"] = "no-store"  # names and phones: not for a shared computer's cache
        response.headers["Vary"] = "Cookie, Accept-Language, HX-Request"
    return response


@blueprint.errorhandler(CSRFError)
def stale_form(_error: CSRFError) -> AnyResponse:
    """The page was open for longer than its sign-in, or cookies were deleted. What was typed is shown again."""
    if current_user.is_authenticated:
        return render(ANSWERS[BadRequest], _("This form is no longer good: the page had been open too long, or you signed in anew since."), {})
    if request.endpoint == "office.sign_out":
        return redirect(url_for("office.sign_in"))
    if request.endpoint in ("office.sign_in", "office.switch_language"):
        flash(_("The page had been open too long. Please sign in again."), "problem")
        return redirect(url_for("office.sign_in", next=request.args.get("next")))
    return render(ANSWERS[Unauthorized], "", {})


@blueprint.errorhandler(RequestEntityTooLarge)
def too_large(_error: RequestEntityTooLarge) -> AnyResponse:
    of_form = request.endpoint == "office.upload_form"
    reason = _("A form with its files has %(most)s MB at most.", most=new_forms.UPLOAD_BYTES_MAX >> 20) if of_form else ""
    return render(ANSWERS[TooLarge], reason, {})
