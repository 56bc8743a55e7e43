"""What is done to items of the queue beside deciding one: giving them to a person, deciding several at once, and taking that back with one click."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import orjson
from flask import Blueprint, abort, redirect, request, url_for
from flask_babel import gettext as _
from sqlalchemy import delete
from werkzeug.wrappers import Response

from server.errors import NotFound, TooLarge
from server.known_names import tell_names
from server.office import queue_words, rulings, submission_page
from server.office.audit import note
from server.office.languages import ngettext
from server.office.signing import ADMINISTRATOR, OFFICE, areas_of, needs, reader, safe_next
from server.office.toasts import problem, toast
from server.office.typed import comment as comment_of
from server.stores import stores
from sync import review
from sync import rulings as ruling
from sync.clock import utc_now
from sync.rulings import CannotRule
from sync.store import reading_queue as reading
from sync.store import reading_submissions, ruling_statements, statements
from sync.store.models import Account, AuditEvent, QueueAssignment, table
from sync.store.reading_queue import Item

SEVERAL_MAX = reading.QUEUE_ROWS
SEVERAL = "decide several"  # of audit events: `detail` has what undoes them
DECISIONS = ("accept", "return", "reject")
PAIRINGS = ("link", "apart")
KEEP = "keep"  # of disputes: what stands is settled


def join(blueprint: Blueprint) -> None:
    blueprint.add_url_rule("/queue/assign", "assign", assign, methods=["POST"])
    blueprint.add_url_rule("/queue/several", "decide_several", decide_several, methods=["POST"])
    blueprint.add_url_rule("/queue/undo", "undo_several", undo_several, methods=["POST"])


# Who looks after it


@needs(*OFFICE)
def assign() -> Response:
    """Give items to an account ("" takes them from whoever has them)."""
    back = _back()
    items, account = _chosen(), request.form.get("account", "")
    person = stores().session.get(Account, account) if account else None
    if account and (person is None or not person.active or person.role not in OFFICE):
        abort(400, _("There is no such person in the office."))
    if person is not None and not all(_may_see(person, each) for each in items):
        problem(_("%(who)s may not see everything that you chose. Nothing was changed.", who=person.name))
        return redirect(back)
    stores().session.rollback()
    assignments = table(QueueAssignment)
    ids = [each.id for each in items]
    with stores().store.writing() as connection:
        if person is None:
            connection.execute(delete(assignments).where(assignments.c.item.in_(ids)))
        else:
            rows = [{"item": id, "account": account, "by": reader().id, "at": utc_now()} for id in ids]
            statements.put(connection, assignments, rows, ("item",))
    note("assign", ids[0] if len(ids) == 1 else f"{len(ids)} items", account=account, items=ids)
    number = len(ids)
    if person is None:
        toast(ngettext("It is nobody's now.", "%(num)s are nobody's now.", number))
    elif person.id == reader().id:
        toast(ngettext("It is yours now.", "%(num)s are yours now.", number))
    else:
        toast(_("%(who)s looks after %(number)s now.", who=person.name, number=number))
    return redirect(back)


def _may_see(person: Account, item: Item) -> bool:
    within = areas_of(person) if person.role != ADMINISTRATOR else None
    if within is None:
        return True
    if item.sort == "pair":
        return any(item.row[side]["area"] in within for side in ("left", "right"))
    return item.row["area"] in within


def _chosen() -> list[Item]:
    """The items that the form names, those that still wait and the reader may see."""
    ids = list(dict.fromkeys(request.form.getlist("items")))[:SEVERAL_MAX]
    connection = stores().session.connection()
    items = [item for id in ids if (item := reading.queue_item(connection, id, reader().within)) is not None]
    if not items:
        if not ids:
            problem(_("Choose something first."))
            abort(redirect(_back()))
        raise NotFound
    return items


def _back() -> str:
    return safe_next(request.form.get("back")) or url_for("office.queue")


# Several at once


@needs(*OFFICE)
def decide_several() -> Response:
    """One decision on several items of one sort; each by itself, so that one that cannot be decided does not stop the others."""
    back, action, comment = _back(), request.form.get("action", ""), comment_of(request.form.get("comment", ""))
    items = _chosen()
    sort = items[0].sort
    if any(each.sort != sort for each in items):
        problem(_("Choose items of one sort. Nothing was changed."))
        return redirect(back)
    if action not in {"held": DECISIONS, "pair": PAIRINGS, "dispute": (KEEP,)}[sort]:
        abort(400, _("There is no such action."))
    if action == "return" and not comment:
        problem(_("Say what is to be put right: a comment, or a note beside a question. Nothing was changed."))
        return redirect(back)
    if len(comment) > submission_page.COMMENT_CHARACTERS_MAX:
        raise TooLarge(submission_page.too_long())
    titles = {each.id: queue_words.said(each).title for each in items}
    pairs_not_mine = {each.id: rulings.why_not_mine([each.row["lesser"], each.row["greater"]]) for each in items if each.sort == "pair"}
    stores().session.rollback()
    clicks: list[str] = []
    touched: set[str] = set()
    decided: dict[str, str] = {}
    refused: list[str] = []
    for item in items:
        try:
            if pairs_not_mine.get(item.id):
                refused.append(f"{titles[item.id]}: {pairs_not_mine[item.id]}")
            elif sort == "held":
                decided[item.row["id"]] = _decide(item.row["id"], action, comment)
            elif sort == "pair":
                rule = ruling.link if action == "link" else ruling.apart
                ruled = rule(stores().store, item.row["lesser"], item.row["greater"], reader().id, comment=comment)
                clicks.append(ruled.click)
                touched.update(ruled.records)
            else:
                clicks += _keep(item, comment)
                touched.add(item.row["id"])
        except CannotRule as error:
            refused.append(f"{titles[item.id]}: {rulings.why_not(error)}")
        except review.CannotDecide as error:
            refused.append(f"{titles[item.id]}: {submission_page.HINDRANCES.get(error.reason, error.reason)}")
    touched.update(id for each in decided for id in reading_submissions.records_of(stores().session.connection(), each))
    tell_names(touched)
    event = _note_several(action, sort, clicks, decided)
    if clicks or decided:
        number = len(items) - len(refused)
        toast(_done(action, number), undo=url_for("office.undo_several"), event=str(event), back=back)
    if refused:
        problem(_("%(number)s were not changed. %(why)s", number=len(refused), why=_("; ").join(refused[:3])))
    return redirect(back)


def _decide(submission: str, action: str, comment: str) -> str:
    """The decision's id."""
    review.decide(stores().store, submission, cast(review.Action, action), reader().id, comment)
    with stores().store.reading() as connection:
        return str(reading_submissions.decisions_about(connection, submission)[0]["id"])


def _keep(item: Item, comment: str) -> list[str]:
    """Settle every disputed field on the value that stands."""
    clicks = []
    for name, held in sorted(item.row["body"]["fields"].items()):
        if held.get("disputed"):
            seen = item.row["body"].get("version") or {}
            clicks.append(ruling.settle(stores().store, item.row["id"], name, held["value"], reader().id, seen, comment=comment).click)
    return clicks


def _note_several(action: str, sort: str, clicks: list[str], decided: dict[str, str]) -> int:
    """Written down for the audit; its number is what undoes it."""
    session = stores().writing_session()
    detail = {"action": action, "sort": sort, "clicks": clicks, "decided": decided}
    event = AuditEvent(at=utc_now(), account=reader().id, action=SEVERAL, subject=f"{len(clicks) + len(decided)} {sort}", detail=orjson.dumps(detail))
    session.add(event)
    session.flush()
    number = event.number
    session.commit()
    return number


def _done(action: str, number: int) -> str:
    words: dict[str, Callable[[], str]] = {
        "accept": lambda: ngettext("%(num)s accepted.", "%(num)s accepted.", number),
        "return": lambda: ngettext("%(num)s returned with your comment.", "%(num)s returned with your comment.", number),
        "reject": lambda: ngettext("%(num)s rejected.", "%(num)s rejected.", number),
        "link": lambda: ngettext("%(num)s pair is one record now.", "%(num)s pairs are one record each now.", number),
        "apart": lambda: ngettext(
            "%(num)s pair is not the same; it is not suggested again.", "%(num)s pairs are not the same; they are not suggested again.", number
        ),
        KEEP: lambda: ngettext("%(num)s record keeps what stands.", "%(num)s records keep what stands.", number),
    }
    return words[action]()


@needs(*OFFICE)
def undo_several() -> Response:
    """Take back what one click did to several, except where somebody has decided since."""
    back = _back()
    detail = _event(request.form.get("event", ""))
    connection = stores().session.connection()
    decided: dict[str, str] = detail["decided"]
    mine = {id for id in decided if reading_submissions.submission(connection, id, reader().within)}
    newest = {id: reading_submissions.decisions_about(connection, id)[0] for id in mine}
    rows = {click: ruling_statements.of_click(connection, click) for click in detail["clicks"]}
    allowed = [click for click, those in rows.items() if not any(rulings.why_not_mine([row["record"], *filter(None, [row["other"]])]) != "" for row in those)]
    stores().session.rollback()
    done, left = 0, []
    for id in sorted(mine):
        if newest[id]["id"] != decided[id]:
            left.append(submission_page.sentence(newest[id]))
            continue
        try:
            review.decide(stores().store, id, "reopen", reader().id)
            done += 1
        except review.CannotDecide as error:
            left.append(str(submission_page.HINDRANCES.get(error.reason, error.reason)))
    for click in reversed(allowed):
        try:
            ruling.undo(stores().store, click, reader().id)
            done += 1
        except CannotRule as error:
            left.append(rulings.why_not(error))
    note("undo several", request.form.get("event", ""), undone=done, left=len(left))
    if done:
        toast(ngettext("Taken back: %(num)s is as it was before.", "Taken back: %(num)s are as they were before.", done))
    if left:
        problem(_("%(number)s were not changed. %(why)s", number=len(left), why=_("; ").join(dict.fromkeys(left))))
    return redirect(back)


def _event(number: str) -> dict[str, Any]:
    row = stores().session.get(AuditEvent, int(number)) if number.isdigit() and len(number) < 19 else None
    if row is None or row.action != SEVERAL:
        raise NotFound
    return cast(dict[str, Any], orjson.loads(row.detail))
