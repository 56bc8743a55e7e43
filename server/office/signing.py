"""Signing in and out, and who may see which page. `reader()` is the person who looks; `needs(role…)` guards a page."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime
from functools import wraps
from typing import Any, ParamSpec, TypeVar, cast
from urllib.parse import urlsplit

from flask import Blueprint, current_app, flash, redirect, render_template, request, session, url_for
from flask_babel import gettext as _
from flask_login import LoginManager, UserMixin, current_user, login_user, logout_user
from sqlalchemy import or_, select
from werkzeug.wrappers import Response

from server.errors import TooManyRequests, Unauthorized
from server.office.audit import note
from server.office.languages import languages
from server.passwords import PASSWORD_LENGTH_MAX, is_password
from server.stores import stores
from sync.store import reading
from sync.store.models import Account, Assignment

ADMINISTRATOR, LEADER, OPERATOR, SURVEYOR = "administrator", "leader", "operator", "surveyor"
OFFICE = (ADMINISTRATOR, LEADER)
HOMES = {ADMINISTRATOR: "office.overview", LEADER: "office.overview", OPERATOR: "office.operator", SURVEYOR: "office.surveyor"}
USERNAME_LENGTH_MAX = 80

P = ParamSpec("P")
R = TypeVar("R")

manager = LoginManager()
manager.session_protection = "basic"


class Reader(UserMixin):
    """Who looks at the page. `within`: the areas they may see, None for all."""

    def __init__(self, account: Account, within: reading.Areas) -> None:
        self.id = account.id
        self.name = account.name
        self.role = account.role
        self.language = account.language
        self.within = within
        self._mark = _password_mark(account)

    def get_id(self) -> str:
        """A changed password ends every sign-in that was made with the old one."""
        return f"{self.id} {self._mark}"


@manager.user_loader
def load(marked_id: str) -> Reader | None:
    account_id, _space, mark = marked_id.partition(" ")
    account = stores().session.get(Account, account_id)
    if account is None or not account.active or mark != _password_mark(account):
        return None
    return Reader(account, areas_of(account))


def areas_of(account: Account) -> reading.Areas:
    """Every area for an administrator; for the others those assigned now, and all below them."""
    if account.role == ADMINISTRATOR:
        return None
    now = datetime.now(UTC).replace(tzinfo=None)
    of_now = select(Assignment.area).where(Assignment.account == account.id, Assignment.since <= now, or_(Assignment.until.is_(None), Assignment.until > now))
    return below(reading.areas(stores().session.connection()), set(stores().session.scalars(of_now)))


def below(areas: dict[str, dict[str, Any]], roots: set[str]) -> frozenset[str]:
    """The areas of these roots and everything under them."""
    children: dict[str, list[str]] = {}
    for each in areas.values():
        children.setdefault(each["parent"] or "", []).append(each["id"])
    found: set[str] = set()
    waiting = [root for root in roots if root in areas]
    while waiting:
        area = waiting.pop()
        if area not in found:
            found.add(area)
            waiting.extend(children.get(area, ()))
    return frozenset(found)


def reader() -> Reader:
    return cast(Reader, current_user)


def needs(*roles: str) -> Callable[[Callable[P, R]], Callable[P, R | Response]]:
    """Only these roles see the page; someone else who is signed in goes to their own page, anyone else signs in first."""

    def guard(view: Callable[P, R]) -> Callable[P, R | Response]:
        @wraps(view)
        def guarded(*args: P.args, **kwargs: P.kwargs) -> R | Response:
            if not current_user.is_authenticated:
                if request.method != "GET":
                    raise Unauthorized  # its page shows what had been typed
                wanted = request.full_path.rstrip("?")
                answer = redirect(url_for("office.sign_in", next=None if wanted == "/" else wanted))
                if request.headers.get("HX-Request"):  # the whole page goes there, not the part that was asked for
                    answer.headers["HX-Redirect"] = answer.location
                    answer.status_code = 401
                return answer
            if reader().role not in roles:
                if request.method == "GET" and request.path != "/":
                    flash(_("This page is not for your account."), "problem")
                return redirect(home())
            return view(*args, **kwargs)

        return guarded

    return guard


def home() -> str:
    return url_for(HOMES.get(reader().role, "office.surveyor"))


def join(blueprint: Blueprint) -> None:
    blueprint.add_url_rule("/sign-in", "sign_in", sign_in, methods=["GET", "POST"])
    blueprint.add_url_rule("/sign-out", "sign_out", sign_out, methods=["POST"])
    blueprint.add_url_rule("/language", "switch_language", switch_language, methods=["POST"])
    blueprint.add_url_rule("/surveyor", "surveyor", surveyor)


def sign_in() -> Response | str | tuple[str, int]:
    if request.method == "GET":
        return redirect(home()) if current_user.is_authenticated else render_template("office/sign_in.html", username="")
    username, password = request.form.get("username", "").strip(), request.form.get("password", "")
    tries, address = current_app.extensions["doorstep.sign_in_tries"], request.remote_addr or ""
    if not username or not password:
        return _again(username, _("Please fill in both name and password."), 400)
    try:
        tries.check(username, address)
    except TooManyRequests as error:
        seconds = error.headers.get("Retry-After", "60")
        return _again(username, _("Too many tries. Please wait %(seconds)s seconds and try again.", seconds=seconds), 429)
    account = _right(username, password)
    if account is None:
        tries.failed(username, address)
        return _again(username, _("Name or password is wrong."), 401)
    wished = session.get("language")
    session.clear()  # nothing that an earlier visitor of this browser left stays
    if wished:
        session["language"] = wished
    session.permanent = True
    login_user(Reader(account, areas_of(account)))
    note("sign_in", account.id, by=account.id)
    return redirect(safe_next(request.args.get("next")) or home())


def sign_out() -> Response:
    if current_user.is_authenticated:
        note("sign_out", reader().id)
        logout_user()
    session.clear()
    return redirect(url_for("office.sign_in"))


def switch_language() -> Response:
    wished = request.form.get("language", "")
    if wished in languages():
        session["language"] = wished
        if current_user.is_authenticated:
            session_of_store = stores().writing_session()
            session_of_store.get_one(Account, reader().id).language = wished
            session_of_store.commit()
    return redirect(safe_next(request.form.get("next")) or url_for("office.overview"))


@needs(SURVEYOR)
def surveyor() -> str:
    return render_template("office/surveyor.html")


def safe_next(target: str | None) -> str | None:
    """Only a path of this site: never another site, never a path that a browser reads as one."""
    if not target or not target.startswith("/") or target[1:2] in ("/", "\\") or any(ord(each) < 32 for each in target):
        return None
    parts = urlsplit(target)
    return target if not parts.scheme and not parts.netloc else None


def _right(username: str, password: str) -> Account | None:
    if len(username) > USERNAME_LENGTH_MAX or len(password) > PASSWORD_LENGTH_MAX:
        return None
    account = stores().session.scalar(select(Account).where(Account.username == username, Account.active))
    right = is_password(account.password_hash if account else None, password)
    return account if right else None


def _again(username: str, problem: str, status: int) -> tuple[str, int]:
    return render_template("office/sign_in.html", username=username[:USERNAME_LENGTH_MAX], problem=problem), status


def _password_mark(account: Account) -> str:
    return hashlib.sha256(account.password_hash.encode()).hexdigest()[:12]
