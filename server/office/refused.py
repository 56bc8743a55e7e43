"""Every refused request that comes as a page: what happened, what to do next, a way back, and what had been typed, so that nobody types it twice."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Flask, Response, current_app, g, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as later
from flask_login import AnonymousUserMixin, current_user
from werkzeug.exceptions import HTTPException

from server.errors import REFUSAL_PAGE, Answer
from server.office import languages, shown, signing
from server.office.sessions import is_of_a_device

OURS_FROM = 500  # from here on it is nothing that the person did, and reasons speak to programs
TYPED = ("comment", "typed")
TYPED_PREFIX = "about:"
TYPED_CHARACTERS_MAX = 20_000

# What happened, and what to do next.
WORDS = {
    400: (
        later(
            "What this address or form asks for is not known here. A link may have been cut short, or the page may be older than a change. Nothing was changed."
        ),
        later("Go back, load that page again and try once more."),
    ),
    401: (
        later("You are not signed in any more: too long a time passed without use, or your password was changed. Nothing was changed."),
        later("Sign in; you come back to where you were."),
    ),
    403: (later("Your account may not do this. Nothing was changed."), later("If it belongs to your work, ask an administrator.")),
    404: (
        later("Nothing that you may see stands at this address. It may be gone, lie in an area that is not yours, or be misspelt."),
        later("Go back, or look for it in the lists."),
    ),
    405: (later("This address does not take what was sent to it. Nothing was changed."), later("Go back and use the buttons of the page.")),
    409: (
        later("Somebody else changed it while you had it open. Nothing of yours was changed."),
        later("Go back, load the page again, and look before you decide."),
    ),
    413: (later("What was sent is larger than what is taken here. Nothing was changed."), later("Shorten the text, or choose smaller files.")),
    429: (later("There were too many tries in a short time."), later("Wait a minute, then try again.")),
    500: (
        later("It was not your doing, and it has been written down here with its time. What you sent may not have been kept."),
        later("Look whether it is there before you do it again. If it happens twice, tell the operator the time."),
    ),
    503: (
        later("A part that is needed does not answer just now. What you sent may not have been kept."),
        later("Wait a moment and load the page again. If it lasts, tell the operator."),
    ),
    507: (later("The server's disk is full. Nothing was changed."), later("Tell the operator; nothing can be kept until there is room again.")),
}


def set_up(app: Flask) -> None:
    app.extensions[REFUSAL_PAGE] = page


def page(answer: Answer, reason: str, headers: dict[str, str]) -> Response:
    """The page of a refused request; `reason`: a sentence for whoever sent it, if there is one."""
    signed_in = _know_who()
    if signed_in and request.headers.get("HX-Request") and request.method == "GET":
        headers = {**headers, "HX-Redirect": request.full_path.rstrip("?")}  # a part of a page cannot tell it: the whole page does
    of_office = request.blueprint == "office" and answer.status < OURS_FROM
    happened, following = WORDS.get(answer.status) or WORDS[OURS_FROM if answer.status >= OURS_FROM else 400]
    if answer.status == 429 and headers.get("Retry-After", "").isdigit():
        following = _("Wait %(seconds)s seconds, then try again.", seconds=headers["Retry-After"])
    if of_office and reason and answer.status in (400, 409, 413):  # the view has said it more exactly
        happened = ""
    back, without = _back(), request.path if answer.status == 400 and request.method == "GET" and request.args else ""
    text = render_template(
        "office/error.html",
        status=answer.status,
        title=shown.text({"zh": answer.zh, "en": answer.en}),
        reason=reason if of_office else "",
        happened=happened,
        following="" if without else following,
        at=languages.now() if answer.status >= OURS_FROM else None,
        typed=_typed(),
        back=back,
        without=without,
        to_sign_in=url_for("office.sign_in", next=back or None) if not signed_in and not _of_a_phone() else "",
        of_a_phone=_of_a_phone(),
    )
    return Response(text, answer.status, {**headers, "Cache-Control": "no-store"}, content_type="text/html; charset=utf-8")


def _know_who() -> bool:
    """Whether somebody is signed in. Where the store does not answer, that cannot be told, and the page is a stranger's."""
    if _of_a_phone():
        g._login_user = AnonymousUserMixin()
    try:
        return bool(current_user.is_authenticated)
    except Exception:
        current_app.logger.warning("nobody could be told apart on the page of an error")
        g._login_user = AnonymousUserMixin()
        return False


def _of_a_phone() -> bool:
    """Phones' addresses have no cookie of the office: no account, no switch of languages."""
    return is_of_a_device(request.path)


def _back() -> str:
    """The page that this came from, where it is one of this site and not this one."""
    asked = urlsplit(request.referrer or "")
    if asked.netloc != request.host:
        return ""
    came = asked.path + (f"?{asked.query}" if asked.query else "")
    here = request.full_path.rstrip("?") if request.method == "GET" else ""
    return "" if came == here or asked.path == url_for("office.sign_in") else signing.safe_next(came) or ""


def _typed() -> list[str]:
    """What a person had written into the form, to be copied. Only what this site's own page sent: no stranger puts words here."""
    if request.method != "POST" or not _is_of_this_site():
        return []
    try:
        said = [text.strip() for name, text in request.form.items(multi=True) if name in TYPED or name.startswith(TYPED_PREFIX)]
    except HTTPException:  # too large to be read
        return []
    return [text[:TYPED_CHARACTERS_MAX] for text in said if text]


def _is_of_this_site() -> bool:
    site = request.headers.get("Sec-Fetch-Site")
    return site == "same-origin" if site else urlsplit(request.headers.get("Origin", "")).netloc == request.host
