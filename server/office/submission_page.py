"""One submission's page: its answers by question, what is wrong beside each, what was decided, and deciding."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as later
from werkzeug.wrappers import Response

from server.errors import Conflict, NotFound, TooLarge
from server.known_names import tell_names
from server.office import answers, changes, languages, media, shown, typed
from server.office.audit import note
from server.office.signing import OFFICE, needs, reader, safe_next
from server.office.submission_lists import reasons
from server.office.toasts import toast
from server.stores import stores
from sync import review
from sync.states import FORCED_AFTER
from sync.store import reading
from sync.store import reading_submissions as read
from sync.trial import preview

COMMENT_CHARACTERS_MAX = 2_000
COMMENTS_MAX = 100
COMMENT_PREFIX = "about:"
# What may be decided in which state; the decision itself has the last word (sync/review.py).
POSSIBLE = {"held": ("accept", "return", "reject"), "accepted": ("return", "reject")}
UNDOABLE = ("accepted", "returned", "rejected")
# Why a decision cannot be taken: the reasons of sync/review.py in words.
HINDRANCES = {
    "missing": later("this submission is not there any more"),
    "form": later("its form is not known here, so nobody can tell what the answers mean; it is judged again by itself once the form is published"),
    "version": later(
        "its form version is not known here, so nobody can tell what the answers mean; it is judged again by itself once the version is published"
    ),
    "worker": later("the surveyor it names is not known here"),
    "area": later("the area it names is not known here, so its records would belong nowhere"),
    "answers": later("its answers cannot be read"),
    "superseded": later("a correction of it counts already"),
    "duplicate": later("the same form is here under another id, and that one counts"),
    "decided": later("it has changed meanwhile"),
}


def join(blueprint: Blueprint) -> None:
    blueprint.add_url_rule("/submissions/<submission_id>", "submission", submission)
    blueprint.add_url_rule("/submissions/<submission_id>/decision", "decide", decide, methods=["POST"])


def _answers_to_show(row: Mapping[str, Any]) -> Any:
    """What counts in the records once it is accepted; until then what came, since an answer of the wrong type is what the reader must see."""
    if row["state"] == "accepted" and row["answers"] is not None:
        return row["answers"]
    return row["document"].get("answers") if isinstance(row["document"], dict) else None


@needs(*OFFICE)
def submission(submission_id: str) -> str:
    page = render_template("office/submission.html", **parts(_row(submission_id)))
    note("view", submission_id)
    return page


def parts(row: Mapping[str, Any]) -> dict[str, Any]:
    """What the templates need to show one submission and to decide about it (submission_parts.html)."""
    connection, submission_id = stores().session.connection(), row["id"]
    document = shown.form_document(row["form"], row["version"])
    decided = read.decisions_about(connection, submission_id)
    made = read.records_of(connection, submission_id)
    seen, there = reading.labels(connection, made, reader().within), reading.labels(connection, made, None)
    return {
        "row": row,
        "sheet": answers.sheet((document or {}).get("fields") or (), _answers_to_show(row), row["problems"], row["remarks"]),
        "files": media.of_submission(row),
        "form_known": document is not None,
        "decided": decided,
        "seen": decided[0]["id"] if decided else "",
        "comments": comments_by_path(decided),
        "corrects": read.submission(connection, row["supersedes"], reader().within) if row["supersedes"] else None,
        "waits_until": row["received_at"] + FORCED_AFTER if row["state"] == "held" and {each["rule"] for each in row["problems"]} == {"chain"} else None,
        "records": [(each, "seen" if each in seen else "elsewhere" if each in there else "not yet", seen.get(each)) for each in made],
        "corrections": read.superseded_by(connection, submission_id),
        "possible": possible(row, decided),
        "hindrance": hindrance(row),
        "reasons": reasons(row),
        "prefix": COMMENT_PREFIX,
        "comment_characters_max": COMMENT_CHARACTERS_MAX,
    }


@needs(*OFFICE)
def decide(submission_id: str) -> Response | str:
    """Decide, unless someone else did while this page was open; then they see that instead. With `preview`, only show what would change."""
    row = _row(submission_id)
    if request.form.get("preview"):
        return _preview(row)
    action = request.form.get("action", "")
    here = safe_next(request.form.get("back")) or url_for("office.submission", submission_id=submission_id)
    decided, seen = read.decisions_about(stores().session.connection(), submission_id), request.form.get("seen", "")
    comment, comments = typed.comment(request.form.get("comment", "")), _comments()
    has_written = bool(comment or comments)
    if seen != (decided[0]["id"] if decided else ""):
        return _refused(_since(decided), here, has_written)
    if action == "accept" and (why := hindrance(row)):
        return _refused(_("Nothing was changed: %(why)s.", why=why), here, has_written)
    if action not in possible(row, decided):
        return _refused(_("This cannot be done: the submission is %(state)s now.", state=shown.state_word(row["state"])), here, has_written)
    if action == "return" and not comment and not comments:
        flash(_("Say what is to be put right: a comment, or a note beside a question. Nothing was changed."), "problem")
        return redirect(here)
    if len(comment) > COMMENT_CHARACTERS_MAX or any(len(each["text"]) > COMMENT_CHARACTERS_MAX for each in comments):
        raise TooLarge(too_long())
    stores().session.rollback()  # this page has read enough
    try:
        review.decide(stores().store, submission_id, cast(review.Action, action), reader().id, comment, comments, seen=seen)
    except review.CannotDecide as error:
        if error.reason == "decided":  # by somebody who was quicker by a moment
            return _refused(_since(read.decisions_about(stores().session.connection(), submission_id)), here, has_written)
        return _refused(_("Nothing was changed: %(why)s.", why=str(HINDRANCES.get(error.reason, error.reason))), here, has_written)
    tell_names(read.records_of(stores().session.connection(), submission_id))
    note("decide", submission_id, decision=action)
    done(submission_id, action, row)
    if onward := safe_next(request.form.get("next")):
        return redirect(onward)
    following = read.next_held(stores().session.connection(), read.SubmissionQuery(within=reader().within, state="held"), row["number"])
    stay = action == "reopen" or not following or request.form.get("then") != "next"
    return redirect(here if stay else url_for("office.submission", submission_id=following))


def _refused(why: str, here: str, has_written: bool) -> Response:
    """Back to the page with the reason; where something had been written, to a page that shows it once more."""
    if has_written:
        raise Conflict(why)
    flash(why, "problem")
    return redirect(here)


def _since(decided: list[dict[str, Any]]) -> str:
    what = sentence(decided[0]) if decided else str(HINDRANCES["decided"])
    return _("Nothing was changed: %(what)s. Look again before you decide.", what=what)


def too_long() -> str:
    return _("A comment can have %(most)s characters at most. Nothing was changed.", most=languages.number(COMMENT_CHARACTERS_MAX))


def _preview(row: Mapping[str, Any]) -> str:
    action, back = request.form["preview"], safe_next(request.form.get("back")) or url_for("office.submission", submission_id=row["id"])
    if action not in review.ACTIONS:
        abort(400, _("There is no such action."))
    stores().session.rollback()
    fields = changes.to_confirm(request.form)
    try:
        found = preview(stores().store, lambda store: review.decide(store, row["id"], cast(review.Action, action), reader().id))
    except review.CannotDecide as error:
        return render_template("office/preview.html", why=str(HINDRANCES.get(error.reason, error.reason)), back=back, fields=(), change=None, address="")
    address = url_for("office.decide", submission_id=row["id"])
    return render_template("office/preview.html", why="", back=back, address=address, fields=fields, change=changes.told(found))


def possible(row: Mapping[str, Any], decided: list[dict[str, Any]]) -> tuple[str, ...]:
    """What a person may decide now; the last decision can be undone."""
    actions = tuple(each for each in POSSIBLE.get(row["state"], ()) if not (each == "accept" and hindrance(row)))
    undoable = bool(decided) and decided[0]["action"] in review.ACTIONS and decided[0]["action"] != "reopen" and row["state"] in UNDOABLE
    return (*actions, "reopen") if undoable else actions


def hindrance(row: Mapping[str, Any]) -> str:
    """Why it cannot be accepted, as a sentence; blank when it can."""
    reason = review.why_not_accept(stores().store, row["id"])
    return str(HINDRANCES.get(reason, reason)) if reason else ""


def sentence(decision: dict[str, Any]) -> str:
    """王芳 had it accepted, 2月3日 09:12"""
    action = str(shown.DECISIONS.get(decision["action"], decision["action"]))
    return _("%(who)s %(did)s it on %(when)s", who=shown.worker_name(decision["by"]), did=action, when=languages.moment(decision["at"]))


def comments_by_path(decided: list[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for decision in decided:
        for each in decision["comments"]:
            found.setdefault(str(each.get("path", "")), []).append({**each, "by": decision["by"], "at": decision["at"]})
    return found


def _comments() -> list[dict[str, str]]:
    said = [(name.removeprefix(COMMENT_PREFIX), typed.comment(text)) for name, text in request.form.items() if name.startswith(COMMENT_PREFIX)]
    return [{"path": path, "text": text} for path, text in said if text][:COMMENTS_MAX]


def done(submission_id: str, action: str, row: Mapping[str, Any]) -> None:
    """Say what was done, with what undoes it."""
    who = shown.worker_name(row["worker"])
    words = {
        "accept": _("Accepted. It counts in the records now; %(who)s is told.", who=who),
        "return": _("Returned. Your comments go to %(who)s's phone.", who=who),
        "reject": _("Rejected. It stays kept, but no record is made of it; %(who)s is told.", who=who),
        "reopen": _("Reopened: it is as it was before the decision."),
    }[action]
    look = url_for("office.submission", submission_id=submission_id)
    latest = read.decisions_about(stores().session.connection(), submission_id)
    if not latest or action == "reopen":
        return toast(words, look)
    back = safe_next(request.form.get("back")) or ""
    toast(words, look, url_for("office.decide", submission_id=submission_id), action="reopen", seen=latest[0]["id"], back=back, next=back)


def _row(submission_id: str) -> dict[str, Any]:
    row = read.submission(stores().session.connection(), submission_id, reader().within)
    if row is None:
        raise NotFound
    return row
