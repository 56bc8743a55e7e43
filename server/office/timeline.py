"""A record's timeline as its page draws it: events by day, newest first, with what each changed; and the moment that "as of" asks for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from flask import url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as later

from server.office import languages, shown
from server.office.changes import Line
from server.office.facts import LAST
from server.office.languages import ngettext
from server.office.record_lists import TITLES
from server.office.rulings import DONE_WORDS
from server.office.signing import reader
from server.stores import stores
from sync.history import AREA, DECISION, EXPORT, LABEL, LINKED_TO, MEMBERS, RULING, SUBMISSION, VIEW, Change, Event, Page
from sync.lying import LIE_WITH, is_named
from sync.store import reading

LINES_SHOWN_MAX = 6
"""Of what one event changed; the rest is one click away."""

# What a page may show of it: its words, kinds of events, and whether only what changed the record.
SHOWN: dict[str, tuple[Any, tuple[str, ...], bool]] = {
    "": (later("All"), (), False),
    "changes": (later("Changes"), (), True),
    "decisions": (later("Decisions"), (DECISION, RULING), False),
    "looks": (later("Views and exports"), (VIEW, EXPORT), False),
}
DECIDED = {
    "accept": later("accepted a submission"),
    "reject": later("rejected a submission"),
    "return": later("returned a submission to the phone"),
    "reopen": later("took back the decision on a submission"),
    "rejudge": later("judged a submission again"),
    "force": later("let in a correction whose original never came"),
}
ICONS = {
    SUBMISSION: "smartphone",
    VIEW: "eye",
    EXPORT: "download",
    "accept": "circle-check",
    "reject": "circle-x",
    "return": "corner-down-left",
    "reopen": "undo-2",
    "rejudge": "refresh-cw",
    "force": "clock",
    "settle": "git-compare",
    "link": "link",
    "apart": "unlink",
    "move": "move-right",
    "undo": "undo-2",
}


@dataclass(frozen=True)
class Told:
    """One event in words. `link`: what it leads to, with its words; `then`: the address of the record as it was right after it."""

    icon: str
    at: datetime
    who: str
    did: str
    then: str
    link: str = ""
    link_words: str = ""
    badge: str = ""
    now: str = ""
    details: tuple[str, ...] = ()
    comment: str = ""
    happens: tuple[str, ...] = ()
    lines: tuple[Line, ...] = ()
    said: tuple[tuple[str, tuple[Line, ...]], ...] = ()
    later: bool = False


def days(page: Page, row: Mapping[str, Any], past: datetime | None) -> list[tuple[str, list[Told]]]:
    """Events by day, newest first, in the order of the page; what came after `past` is marked."""
    others = {str(each.detail.get("other")) for each in page.events if each.kind == RULING and each.detail.get("other")} | {each.of for each in page.events}
    others |= {str(id) for event in page.events for change in event.changes for id in _ids(change)}
    labels = reading.labels(stores().session.connection(), sorted(others), reader().within)
    found: dict[str, list[Told]] = {}
    for event in page.events:
        found.setdefault(languages.day(_local(event.at).date()), []).append(replace(_told(event, row, labels), later=past is not None and event.at > past))
    return list(found.items())


def _told(event: Event, row: Mapping[str, Any], labels: Mapping[str, str]) -> Told:
    then = url_for("office.record", record_id=row["id"], as_of=moment_text(event.at))
    who = shown.worker_name(event.by) if event.by else _("Someone at the command line")
    match event.kind:
        case "view":
            return Told(ICONS[VIEW], event.at, who, _looked(event), then)
        case "export":
            link = _same_list(event)
            return Told(ICONS[EXPORT], event.at, who, _exported(event), then, link, _("the same list now") if link else "")
        case "ruling":
            did = str(DONE_WORDS.get(event.action, event.action))
            return Told(
                ICONS.get(event.action, "circle"), event.at, who, did, then, comment=str(event.detail.get("comment", "")),
                details=tuple(_about_ruling(event, row, labels)), happens=tuple(_happens(event, labels)), lines=tuple(_lines(event.changes, row, labels)),
            )  # fmt: skip
    detail = event.detail
    form = shown.form_title(detail.get("form"))
    mine = reader().within is None or detail.get("area") in (reader().within or ())
    link = url_for("office.submission", submission_id=event.subject) if mine else ""
    common: dict[str, Any] = {
        "link": link, "happens": tuple(_happens(event, labels)), "lines": tuple(_lines(event.changes, row, labels)), "said": tuple(_said(event, row, labels)),
    }  # fmt: skip
    if event.kind == SUBMISSION:
        badge = event.action if event.action != "accepted" else ""
        now = detail.get("state", "") if detail.get("state") != event.action else ""
        details = [
            *_of_another(event, row, labels),
            _("on phone %(device)s, finished %(when)s", device=detail.get("device") or "—", when=languages.moment(detail.get("finished_at"))),
        ]
        if detail.get("supersedes"):
            details.append(_("corrects an earlier submission"))
        return Told(ICONS[SUBMISSION], event.at, who, _("sent"), then, link_words=form, badge=badge, now=now, details=tuple(details), **common)
    did = str(DECIDED.get(event.action, event.action))
    words = _("%(form)s by %(who)s", form=form, who=shown.worker_name(detail.get("worker")))
    notes = ngettext("%(num)s note beside a question", "%(num)s notes beside questions", len(detail["comments"])) if detail.get("comments") else ""
    details = [*_of_another(event, row, labels), *([notes] if notes else [])]
    return Told(
        ICONS.get(event.action, "circle"), event.at, who, did, then, link_words=words, comment=detail.get("comment", ""), details=tuple(details), **common
    )


def _of_another(event: Event, row: Mapping[str, Any], labels: Mapping[str, str]) -> list[str]:
    return [] if event.of == row["id"] else [_("about %(record)s", record=labels.get(event.of) or _("a record in an area that is not yours"))]


def _looked(event: Event) -> str:
    times = event.detail["times"]
    if event.action == "record":
        return ngettext("looked at this page", "looked at this page %(num)s times that day", times)
    return ngettext("looked at a submission about it", "looked at submissions about it %(num)s times that day", times)


def _exported(event: Event) -> str:
    title = TITLES.get(event.action)
    number = event.detail.get("records", 0)
    if title is None:
        return _("exported %(what)s, with %(number)s records", what=event.action, number=languages.number(number))
    return _("exported the list %(title)s, with %(number)s records", title=str(title), number=languages.number(number))


def _same_list(event: Event) -> str:
    if event.action not in TITLES:
        return ""
    address, query = url_for("office.records", path=event.action), event.detail.get("query", "")
    return f"{address}?{query}" if query else address


def _about_ruling(event: Event, row: Mapping[str, Any], labels: Mapping[str, str]) -> Iterable[str]:
    detail = event.detail
    action = detail.get("action") if event.action == "undo" else ""
    if action:
        yield str(DONE_WORDS.get(str(action), action))
    pair = [id for id in (event.of, detail.get("other")) if id and id != row["id"]]
    if pair:
        yield _("about %(record)s", record=_("; ").join(labels.get(str(id)) or _("a record in an area that is not yours") for id in pair))


def _happens(event: Event, labels: Mapping[str, str]) -> Iterable[str]:
    """Sentences on the whole record."""
    for each in event.changes:
        match each.name:
            case "/label" if each.before is None:
                yield _("The record came into being.")
            case "/label" if each.after is None:
                yield _("Nothing that counts was left of the record.")
            case "/label":
                yield _("It was called %(before)s, and %(after)s from then on.", before=each.before, after=each.after)
            case "/area" if each.before is not None and each.after is not None:
                yield _("It went from %(before)s to %(after)s.", before=shown.area_name(each.before), after=shown.area_name(each.after))
            case "/linked_to":
                yield (
                    _("It stood under %(record)s from then on.", record=labels.get(each.after) or each.after) if each.after else _("It stood for itself again.")
                )
            case "/members":
                yield (
                    _("It was made of %(number)s records from then on.", number=languages.number(len(each.after)))
                    if each.after
                    else _("It was made of itself alone again.")
                )


def _lines(changes: Sequence[Change], row: Mapping[str, Any], labels: Mapping[str, str], again: bool = False) -> Iterable[Line]:
    """Values that are others than before; or, with `again`, those that are the same and were reported anew."""
    linked = any(each.name == LINKED_TO for each in changes)  # its fields stand under another record, or are back
    found = []
    for each in changes:
        if each.name in (LABEL, AREA, LINKED_TO, MEMBERS) or linked:
            continue
        before, after = each.before or {}, each.after or {}
        form = after.get("form") or before.get("form")
        question = shown.catalogue().of_property(row["kind"], each.name, form)
        note = _note(before, after, question)
        old, new = _value(before, question, labels), _value(after, question, labels)
        if (old == new and not note) != again:
            continue
        if old == new:
            old = ""
        found.append((question.place if question else LAST, Line(shown.property_name(row["kind"], each.name, form), old, new, note)))
    return [line for _place, line in sorted(found, key=lambda item: item[0])]


def _note(before: Mapping[str, Any], after: Mapping[str, Any], question: Any) -> str:
    was, is_now = before.get("disputed") or [], after.get("disputed") or []
    if is_now and [each["value"] for each in is_now] != [each["value"] for each in was]:
        said = (_("%(value)s (%(who)s)", value=shown.value(each["value"], question), who=shown.worker_name(each["worker"])) for each in is_now)
        return _("disputed: %(others)s", others=_("; ").join(said))
    return _("no longer disputed") if was and not is_now else ""


def _said(event: Event, row: Mapping[str, Any], labels: Mapping[str, str]) -> Iterable[tuple[str, tuple[Line, ...]]]:
    """What it reported and did not change, by what became of it."""
    again = tuple(_lines(event.changes, row, labels, again=True))
    if again:
        yield _("Reported anew, and the same"), again
    words = {
        "confirms": _("As it stood already"),
        "history": _("Not shown: another value stands"),
        "waits": _("Reported, and did not count"),
    }
    for became, heading in words.items():
        those = [each for each in event.said if each.became == became and each.name not in ("household", "person")]
        if those:
            found = []
            for each in those:
                question = shown.catalogue().of_property(row["kind"], each.name, event.detail.get("form"))
                found.append(Line(shown.property_name(row["kind"], each.name, event.detail.get("form")), "", shown.value(each.value, question)))
            yield heading, tuple(found)


def _value(entry: Mapping[str, Any], question: Any, labels: Mapping[str, str]) -> str:
    value = entry.get("value")
    if _names_record(value):
        return labels.get(str(value)) or _("a record in an area that is not yours")
    return shown.value(value, question) if entry else ""


def _names_record(value: Any) -> bool:
    return any(is_named(value, kind) for kind in LIE_WITH)


def _ids(change: Change) -> Iterable[str]:
    """The records that a change names."""
    for each in (change.before, change.after):
        if change.name in (LINKED_TO, MEMBERS):
            yield from each if isinstance(each, tuple) else [each] if each else []
        elif isinstance(each, Mapping) and _names_record(each.get("value")):
            yield each["value"]


# Moments


class BadMoment(Exception):
    """Why it is none, as a sentence."""


def asked_moment(text: str) -> datetime:
    """The moment in an address, as the store keeps times. In the time of the country unless it names a zone; a minute means all of it. Raises BadMoment."""
    try:
        moment = datetime.fromisoformat(text.strip())
        local = moment if moment.tzinfo else moment.replace(tzinfo=languages.TIME_ZONE)
        if len(text.strip()) <= len("2026-02-03"):
            local += timedelta(days=1, microseconds=-1)
        elif text.count(":") == 1:
            local += timedelta(minutes=1, microseconds=-1)
        asked = local.astimezone(UTC).replace(tzinfo=None)
    except (ValueError, OverflowError):
        raise BadMoment(_("“%(text)s” is no moment. Write it as 2026-02-03T09:15.", text=text[:40])) from None
    if asked > datetime.now(UTC).replace(tzinfo=None) + timedelta(minutes=1):
        raise BadMoment(_("This moment is still to come. The record is shown as it is now."))
    return asked


def moment_text(moment: datetime) -> str:
    """For an address: `2026-02-03T09:15:02.120`, in the time of the country."""
    local = _local(moment).replace(tzinfo=None)
    return local.isoformat(timespec="milliseconds" if local.microsecond % 1000 == 0 else "microseconds")


def _local(moment: datetime) -> datetime:
    return moment.replace(tzinfo=UTC).astimezone(languages.TIME_ZONE)
