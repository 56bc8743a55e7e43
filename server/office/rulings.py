"""What a person rules about records: settle, link, apart, move, undo. One address for all; with `preview` it shows what would change and changes nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from dataclasses import field as part
from typing import Any

import orjson
from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as later
from werkzeug.wrappers import Response

from server.errors import NotFound
from server.known_names import tell_names
from server.office import changes, languages, shown, typed
from server.office.audit import note
from server.office.signing import OFFICE, needs, reader, safe_next
from server.office.toasts import problem, toast
from server.stores import stores
from sync import rulings
from sync.rulings import CannotRule, Ruled
from sync.store import reading, ruling_statements
from sync.store.engine import Store
from sync.trial import preview

ACTIONS = ("settle", "link", "apart", "move", "undo")
SEEN_CHARACTERS_MAX = 100_000
DONE_WORDS = {
    "settle": later("settled a value"),
    "link": later("said that two records are the same"),
    "apart": later("said that two records are not the same"),
    "move": later("moved it to another area"),
    "undo": later("took a ruling back"),
}


@dataclass(frozen=True)
class Asked:
    """What a form asks for."""

    action: str
    record: str = ""
    other: str = ""
    field: str = ""
    value: Any = None
    typed: bool = False
    area: str = ""
    seen: Mapping[str, str] = part(default_factory=dict)
    last: str | None = None
    comment: str = ""
    click: str = ""

    def run(self, store: Store, by: str) -> Ruled:
        """Raises CannotRule."""
        match self.action:
            case "settle":
                return rulings.settle(store, self.record, self.field, self.value, by, self.seen, self.last, self.comment, said=not self.typed)
            case "link":
                return rulings.link(store, self.record, self.other, by, self.last, self.comment)
            case "apart":
                return rulings.apart(store, self.record, self.other, by, self.last, self.comment)
            case "move":
                return rulings.move(store, self.record, self.area, by, self.last, self.comment)
        return rulings.undo(store, self.click, by, self.comment)


class Refused(Exception):
    """Why nothing was changed, as a sentence in the reader's language."""


def join(blueprint: Blueprint) -> None:
    blueprint.add_url_rule("/rulings", "rule", rule, methods=["POST"])


@needs(*OFFICE)
def rule() -> Response | str:
    """Rule, and go on to `next`; where it cannot be, back to `back` with the reason."""
    back = safe_next(request.form.get("back")) or url_for("office.queue")
    previewing = bool(request.form.get("preview"))
    try:
        asked = asked_for()
        check_rights(asked)
        stores().session.rollback()  # this page has read enough
        if previewing:
            return _preview(asked, back)
        ruled = asked.run(stores().store, reader().id)
    except CannotRule as error:
        return _refused(why_not(error), back, previewing)
    except Refused as error:
        return _refused(str(error), back, previewing)
    tell_names(ruled.records)
    note(asked.action, asked.record or asked.click, click=ruled.click, **({"other": asked.other} if asked.other else {}))
    look = url_for("office.record", record_id=asked.record) if asked.record else ""
    toast(done(asked), look, url_for("office.rule"), asked.action == "undo" and not _is_redo(asked), action="undo", click=ruled.click, back=back, next=back)
    return redirect(safe_next(request.form.get("next")) or back)


def asked_for() -> Asked:
    """The form as it came. What a button would choose stands in `preview` when it is only looked at; `choice` names the part that it would set."""
    form = request.form.to_dict()
    if form.get("preview") and form.get("choice") in ("action", "value"):
        form[form["choice"]] = form["preview"]
    action = form.get("action", "")
    if action not in ACTIONS:
        abort(400, _("There is no such action."))
    asked = Asked(
        action=action,
        record=form.get("record", ""),
        other=form.get("other", ""),
        field=form.get("field", ""),
        area=form.get("area", ""),
        seen=_seen(form.get("seen", "")),
        last=form.get("last"),
        comment=typed.comment(form.get("comment", ""))[: rulings.COMMENT_CHARACTERS_MAX],
        click=form.get("click", ""),
    )
    if action != "settle":
        return asked
    if form.get("value", "") in ("", "typed"):
        return replace(asked, value=_typed(asked), typed=True)
    try:
        return replace(asked, value=orjson.loads(form["value"]))  # one of those on the page, or it is refused
    except orjson.JSONDecodeError:
        abort(400, _("This form is no longer good"))


def _seen(text: str) -> dict[str, str]:
    try:
        seen = orjson.loads(text or "{}") if len(text) <= SEEN_CHARACTERS_MAX else None
    except orjson.JSONDecodeError:
        seen = None
    if not isinstance(seen, dict) or not all(isinstance(each, str) for each in seen.values()):
        abort(400, _("This form is no longer good"))
    return seen


def _typed(asked: Asked) -> Any:
    """What was typed, as an answer to the field's question. Raises Refused."""
    row = reading.record(stores().session.connection(), asked.record, reader().within)
    if row is None:
        raise NotFound
    question = question_of(row, asked.field)
    try:
        return typed.read_typed(question, request.form.getlist("typed"))
    except typed.WrongValue as error:
        raise Refused(
            _("This is no value for “%(field)s”: %(wanted)s.", field=name_of(row, asked.field), wanted=str(WANTED.get(error.type, NOT_TYPED)))
        ) from None


WANTED = {
    "text": later("write a text"),
    "integer": later("write a whole number"),
    "decimal": later("write a number"),
    "date": later("write a date like 2026-02-03"),
    "time": later("write a time like 09:12"),
    "select_one": later("choose one of the answers"),
    "select_multiple": later("choose one or more of the answers"),
}
NOT_TYPED = later("choose one of the answers that stand side by side")


def question_of(row: Mapping[str, Any], name: str) -> Any:
    held = (row["body"].get("fields") or {}).get(name) or {}
    return shown.catalogue().of_property(row["kind"], name, held.get("form"))


def name_of(row: Mapping[str, Any], name: str) -> str:
    held = (row["body"].get("fields") or {}).get(name) or {}
    return shown.property_name(row["kind"], name, held.get("form"))


# Rights


def check_rights(asked: Asked) -> None:
    """Leaders rule on what lies in their areas, both records of a pair and both areas of a move; administrators on all. Raises Refused or NotFound."""
    if asked.action == "undo":
        rows = ruling_statements.of_click(stores().session.connection(), asked.click)
        if not rows:
            raise NotFound
        for row in rows:
            _both_mine([each for each in (row["record"], row["other"]) if each])
            left = orjson.loads(row["body"]).get("from")
            if row["action"] == "move" and left and not _mine(left):
                raise Refused(_("It came from %(area)s, which is not yours: an administrator can undo it.", area=shown.area_name(left)))
        return
    _both_mine([each for each in (asked.record, asked.other) if each])
    if asked.action == "move" and asked.area and not _mine(asked.area):
        raise Refused(_("%(area)s is not one of your areas: an administrator can move it there.", area=shown.area_name(asked.area)))
    if asked.action == "move" and asked.area in {area["parent"] for area in shown.areas().values()}:  # no phone holds what would lie there
        raise Refused(_("That area has others below it: choose the one of them that it lies in."))


def _both_mine(ids: list[str]) -> None:
    why = why_not_mine(ids)
    if why is None:
        raise NotFound
    if why:
        raise Refused(why)


def why_not_mine(ids: list[str]) -> str | None:
    """Blank where all these records are the reader's to rule on; a sentence where only some are; None where none is there for them."""
    connection = stores().session.connection()
    areas = {id: row["area"] for id, row in ruling_statements.lying(connection, ids).items()}
    mine = [each for each in ids if each in areas and _mine(areas[each])]
    if not mine:
        return None
    if len(mine) == len(set(ids)):
        return ""
    other = next(each for each in ids if each not in mine)
    if other not in areas:
        return _("The other record is not there any more.")
    return _("One of the two lies in %(area)s, which is not yours: an administrator can decide.", area=shown.area_name(areas[other]))


def _mine(area: str) -> bool:
    within = reader().within
    return within is None or area in within


# Words


def done(asked: Asked) -> str:
    """What was done, as a toast says it."""
    match asked.action:
        case "settle":
            row = reading.record(stores().session.connection(), asked.record, None)
            if row is None:
                return _("Settled.")
            value = shown.short(shown.value(asked.value, question_of(row, asked.field)))
            return _(
                "Settled: %(field)s of %(label)s is %(value)s. The phones see it at their next sync.",
                field=name_of(row, asked.field),
                label=row["label"],
                value=value,
            )
        case "link":
            return _("%(left)s and %(right)s are one record now.", **_labels(asked))
        case "apart":
            return _("%(left)s and %(right)s are not the same; it is not suggested again.", **_labels(asked))
        case "move":
            label = _labels(asked)["left"]
            return _("%(label)s lies in %(area)s now. The phones of both areas are told.", label=label, area=shown.area_name(asked.area))
    return _("Done again: it stands as before it was taken back.") if _is_redo(asked) else _("Taken back: it is as it was before.")


def _is_redo(asked: Asked) -> bool:
    """Whether what is taken back was itself an undo."""
    return any(row["action"] == "undo" for row in ruling_statements.of_click(stores().session.connection(), asked.click))


def _labels(asked: Asked) -> dict[str, str]:
    there = reading.labels(stores().session.connection(), [asked.record, asked.other], None)
    return {"left": there.get(asked.record) or asked.record, "right": there.get(asked.other) or asked.other}


def why_not(error: CannotRule) -> str:
    """A reason of sync/rulings.py as a sentence; with who was first, and when."""
    if error.by and error.at is not None:
        at = languages.moment(error.at)
        match error.reason:
            case "ruled" | "already" | "undone":
                return _(
                    "%(who)s %(did)s on %(when)s. Look again before you decide.", who=error.by, did=str(DONE_WORDS.get(error.action, error.action)), when=at
                )
            case "apart":
                return _(
                    "%(who)s said on %(when)s that these, or records that are one with them, are not the same. Take that back first.", who=error.by, when=at
                )
    return str(REASONS.get(error.reason, error.reason))


REASONS = {
    "missing": later("This record is not there any more."),
    "linked": later("Another record stands for this one since the two were linked. Rule on that one."),
    "ruled": later("Somebody has ruled on it since. Look again before you decide."),
    "kinds": later("These two are not of one kind."),
    "same": later("That is the record itself."),
    "apart": later("Somebody said that these are not the same. Take that back first."),
    "already": later("That stands already."),
    "through": later("They are one through other records. Take one of those links back."),
    "field": later("The record has no such field any more."),
    "computed": later("The form says how this is worked out from all reports; a wrong report is returned or rejected instead."),
    "value": later("This is no value that can be kept."),
    "said": later("That is not one of the answers that stand side by side now. Look again before you decide."),
    "area": later("There is no such area."),
    "here": later("It lies there already."),
    "undone": later("Nothing of it stands any more."),
}


def _refused(why: str, back: str, previewing: bool) -> Response | str:
    if previewing:
        return render_template("office/preview.html", why=why, back=back, fields=(), change=None, address="")
    problem(_("Nothing was changed. %(why)s", why=why))
    return redirect(back)


def _preview(asked: Asked, back: str) -> str:
    found = preview(stores().store, lambda store: asked.run(store, reader().id))
    return render_template(
        "office/preview.html", why="", back=back, address=url_for("office.rule"), fields=changes.to_confirm(request.form), change=changes.told(found)
    )
