"""What a decision would change, as a page tells it before it is made: fields before and after, areas, links, and whose phones are told."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict

from server.office import languages, shown
from server.office.signing import reader
from server.stores import stores
from sync.store.reading_queue import phones_of
from sync.trial import Change

RECORDS_TOLD_MAX = 12
FIELDS_TOLD_MAX = 12


@dataclass(frozen=True)
class Line:
    """One field of a record before and after. Blank where it has none. `note`: that a dispute begins or ends with it."""

    words: str
    before: str
    after: str
    note: str = ""


@dataclass(frozen=True)
class Told:
    """One record that would be another one. `happens`: sentences on the whole record."""

    record: str
    label: str
    kind: str
    happens: tuple[str, ...]
    lines: tuple[Line, ...]
    more: int


@dataclass(frozen=True)
class WouldChange:
    """All of it. `elsewhere`: records in areas that are not the reader's, which are only counted. `phones`: [(area, names of who works there)]."""

    records: tuple[Told, ...]
    more: int
    elsewhere: int
    phones: tuple[tuple[str, tuple[str, ...]], ...]


def told(found: Iterable[Change]) -> WouldChange:
    within = reader().within
    all_of_them = list(found)
    seen = [each for each in all_of_them if within is None or _area(each) in within]
    areas = sorted({document["area"] for each in all_of_them for document in (each.before, each.after) if document is not None and document.get("area")})
    people = phones_of(stores().session.connection(), areas)
    records = [one for each in seen if (one := _told(each)).happens or one.lines]
    return WouldChange(
        tuple(records[:RECORDS_TOLD_MAX]),
        max(0, len(records) - RECORDS_TOLD_MAX),
        len(all_of_them) - len(seen),
        tuple((shown.area_name(area), tuple(people.get(area, ()))) for area in areas),
    )


def _area(change: Change) -> str | None:
    document = change.after or change.before or {}
    return document.get("area")


def _told(change: Change) -> Told:
    before, after = change.before or {}, change.after or {}
    there = after or before
    happens = []
    if change.before is None:
        happens.append(_("The record comes into being."))
    if change.after is None:
        happens.append(_("The record goes: no accepted submission speaks of it any more."))
    if before and after and before.get("area") != after.get("area"):
        happens.append(_("It goes from %(before)s to %(after)s.", before=shown.area_name(before.get("area")), after=shown.area_name(after.get("area"))))
    if after and after.get("linked_to") != before.get("linked_to"):
        happens.append(_("It stands under the record it is one with.") if after.get("linked_to") else _("It stands for itself."))
    if not after.get("linked_to") and (members := set(after.get("members") or ())) - set(before.get("members") or ()):
        happens.append(_("It is made of %(number)s records together.", number=languages.number(len(members))))
    linked = after.get("linked_to") or before.get("linked_to")  # its fields stand in another's document
    lines = [] if change.after is None or linked else list(_lines(there, before.get("fields") or {}, after.get("fields") or {}))
    return Told(
        change.record,
        str(before.get("label") or after.get("label") or change.record),
        str(shown.KINDS.get(there.get("kind", ""), there.get("kind", ""))),
        tuple(happens),
        tuple(lines[:FIELDS_TOLD_MAX]),
        max(0, len(lines) - FIELDS_TOLD_MAX),
    )


def _lines(there: Mapping[str, Any], before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterable[Line]:
    kind = there.get("kind", "")
    for name in sorted(before.keys() | after.keys()):
        old, new = before.get(name) or {}, after.get(name) or {}
        was, is_now = bool(old.get("disputed")), bool(new.get("disputed"))
        note = "" if was == is_now else _("no longer disputed") if was else _("disputed from then on")
        if old.get("value") != new.get("value") or note:
            form = new.get("form") or old.get("form")
            question = shown.catalogue().of_property(kind, name, form)
            yield Line(shown.property_name(kind, name, form), shown.value(old.get("value"), question), shown.value(new.get("value"), question), note)


def to_confirm(form: MultiDict[str, str]) -> list[tuple[str, str]]:
    """What the form held, to send it again for good: the choice that was looked at stands where its button would have put it."""
    kept = [(name, value) for name, value in form.items(multi=True) if name not in ("preview", "csrf_token", "choice", form.get("choice"))]
    return [*kept, (form["choice"], form["preview"])] if form.get("choice") else kept
