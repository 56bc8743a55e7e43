"""One item of the queue, side by side: the values of a dispute, a pair's two records, a held submission; and what became of one that waits no more."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson
from flask_babel import gettext as _

from server.office import facts, languages, media, queue_words, shown, submission_page, typed
from server.office.languages import ngettext
from server.office.questions import Question
from server.office.record_lists import said as said_of
from server.office.rulings import DONE_WORDS, why_not_mine
from server.office.signing import reader
from server.stores import stores
from sync import clock, rulings
from sync.causality import RULING_PREFIX
from sync.store import reading, reading_queue
from sync.store import reading_submissions as read
from sync.store.reading_queue import Item

LAST_IN_FORM = 10_000
ORDER = {False: 0, True: 1, None: 2}
BESIDE_MAX = 6
VALUES_SHOWN_MAX = 24
"""Different answers to one question that stand side by side; a thousand phones may have written as many."""


def panel(item: Item, here: str, following: str) -> dict[str, Any]:
    """What the chosen item's template needs. `here`: the address to come back to; `following`: where to go once it is done."""
    connection = stores().session.connection()
    common = {
        "item": item,
        "words": queue_words.said(item),
        "back": here,
        "following": following,
        "office": reading_queue.office_people(connection),
        "comment_characters_max": submission_page.COMMENT_CHARACTERS_MAX,
    }
    if item.sort == "held":
        row = read.submission(connection, item.id.partition(":")[2], reader().within)
        return {**common, "panel": "office/queue_held.html", **submission_page.parts(row or item.row)}
    if item.sort == "dispute":
        return {**common, "panel": "office/queue_dispute.html", "row": item.row, "settling": settling(item.row)}
    pair = item.row
    ids = [pair["lesser"], pair["greater"]]
    return {
        **common,
        "panel": "office/queue_pair.html",
        "row": pair,
        "hidden": queue_words.hidden(pair),
        "weighed": [(why, *queue_words.WEIGHTS[weight]) for why, weight in queue_words.weighed(pair)],
        "why_not": why_not_mine(ids),
        "sides": [side(pair[each]) for each in ("left", "right")],
        "lines": compared(pair["left"], pair["right"]),
        "last": rulings.last_ruling(connection, *ids),
    }


def subjects(item: Item) -> list[str]:
    """What the reader has seen of whom, for the audit."""
    if item.sort == "pair":
        hidden = queue_words.hidden(item.row)
        return [item.row[side]["id"] for side in ("left", "right") if side != hidden]
    return [item.id.partition(":")[2]]


# A dispute


@dataclass(frozen=True)
class Value:
    """One of the values that were said of a field. `json` is what a button sends; `also`: what else was written with it; `knew`: what its author had seen;
    `alike`: how many others said the same."""

    json: str
    shown: str
    stands: bool
    worker: str | None
    device: str | None
    at: str | None
    form: str | None
    submission: str | None
    area: str | None
    knew: str
    also: tuple[tuple[str, str], ...]
    also_more: int
    alike: int
    file: media.Media | None = None

    @property
    def is_ruling(self) -> bool:
        return (self.submission or "").startswith(RULING_PREFIX)


@dataclass(frozen=True)
class Settling:
    """One disputed field with all that is needed to settle it. `left_out`: how many other values there are."""

    name: str
    words: str
    question: Question | None
    values: tuple[Value, ...]
    left_out: int
    can_type: bool
    how: str
    seen: str
    last: str


def settling(row: Mapping[str, Any]) -> list[Settling]:
    """The disputed fields of a record, to be settled in place."""
    connection = stores().session.connection()
    fields = row["body"].get("fields") or {}
    disputed = facts.disputes(row["kind"], fields, shown.catalogue())
    if not disputed:
        return []
    said = {fact.name: _distinct([fields[fact.name], *fact.others]) for fact in disputed}
    ids = {str(one["submission"]) for those in said.values() for one, _alike in those[:VALUES_SHOWN_MAX] if one.get("submission")}
    wrote = contributed(connection, row, ids)
    seen = orjson.dumps(row["body"].get("version") or {}, option=orjson.OPT_SORT_KEYS).decode()
    last = rulings.last_ruling(connection, row["id"])
    return [
        Settling(
            fact.name,
            shown.property_name(row["kind"], fact.name, fact.form),
            fact.question,
            tuple(_value(row, fact, one, wrote, alike) for one, alike in said[fact.name][:VALUES_SHOWN_MAX]),
            max(0, len(said[fact.name]) - VALUES_SHOWN_MAX),
            typed.can_be_typed(fact.question),
            _what_stands(fact, wrote),
            seen,
            last,
        )
        for fact in disputed
    ]


def _distinct(said: Iterable[Mapping[str, Any]]) -> list[tuple[Mapping[str, Any], int]]:
    """Each value once, as it was said last, and how many others said it."""
    found: dict[bytes, tuple[Mapping[str, Any], int]] = {}
    for one in said:
        key = orjson.dumps(one.get("value"), option=orjson.OPT_SORT_KEYS)
        first, alike = found.get(key, (one, -1))
        found[key] = first, alike + 1
    return list(found.values())


def _what_stands(fact: facts.Fact, wrote: Mapping[str, Mapping[str, Any]]) -> str:
    """Why one of them is shown until someone settles it, by the policy that the newest of the forms had."""
    ids = [str(each) for each in (fact.submission, *(other.get("submission") for other in fact.others))]
    those = [wrote[each] for each in ids if each in wrote and not wrote[each].get("decides")]
    newest = max(those, key=lambda each: str(each.get("effective") or each.get("clock")), default={})
    policy = (newest.get("policies") or {}).get(fact.name)
    if policy == "review":
        return _("The form leaves it to a person: what was said first stands until someone settles it; all are kept.")
    if policy == "earliest":
        return _("Neither knew of the other's answer. What was said first stands until someone settles it; all are kept.")
    return _("Neither knew of the other's answer. The newest stands until someone settles it; all are kept.")


def contributed(connection: Any, row: Mapping[str, Any], ids: set[str]) -> dict[str, dict[str, Any]]:
    """What these submissions said of this record (or of those that are one with it): the body of their contribution."""
    members = {row["id"], *(row["body"].get("members") or ())}
    return {each["submission"]: each for each in reading_queue.contributions_of(connection, members, ids)}


def _value(row: Mapping[str, Any], fact: facts.Fact, said: Mapping[str, Any], wrote: Mapping[str, Mapping[str, Any]], alike: int) -> Value:
    contribution = wrote.get(str(said.get("submission"))) or {}
    form = said.get("form") or contribution.get("form") or None
    fields = row["body"].get("fields") or {}
    also = [
        (shown.property_name(row["kind"], name, form), shown.value(value, shown.catalogue().of_property(row["kind"], name, form)))
        for name, value in sorted((contribution.get("properties") or {}).items())
        if name != fact.name and name not in ("household", "person") and value != (fields.get(name) or {}).get("value")
    ]
    picture = None
    if fact.question is not None and fact.question.type in media.TYPES:
        one = facts.Fact(fact.name, fact.question, said.get("value"), None, None, None, form, said.get("submission"))
        picture = media.of_facts([one]).get(str(said.get("value")))
    return Value(
        orjson.dumps(said.get("value")).decode(),
        shown.value(said.get("value"), fact.question),
        said.get("value") == fact.value,
        said.get("worker"),
        said.get("device"),
        said.get("at"),
        form,
        said.get("submission"),
        contribution.get("area"),
        _knew(contribution),
        tuple(also[:BESIDE_MAX]),
        max(0, len(also) - BESIDE_MAX),
        alike,
        picture,
    )


def _knew(contribution: Mapping[str, Any]) -> str:
    """How much of the record its author had before them."""
    if not contribution:
        return ""
    newest = max(contribution.get("based_on", {}).values(), default="")
    if not newest:
        return _("Had not seen this record before")
    try:
        at = datetime.fromtimestamp(clock.parse(newest).milliseconds / 1000, UTC)
    except (ValueError, OverflowError, OSError):  # a phone may say anything
        return ""
    return _("Had seen the record as of %(when)s", when=languages.moment(at))


# A pair


@dataclass(frozen=True)
class Side:
    """One of two records: where it lies, how much is known of it."""

    id: str
    label: str
    area: str
    household: str | None
    door: str
    made_of: str
    last: str


@dataclass(frozen=True)
class Line:
    """One fact of both records. `same`: None where only one of them has it."""

    words: str
    left: str
    right: str
    same: bool | None
    left_source: str
    right_source: str


def side(row: Mapping[str, Any]) -> Side:
    connection = stores().session.connection()
    door = reading.labels(connection, [row["household"]], None).get(row["household"], "") if row["household"] else ""
    number = row["body"].get("submission_count") or 0
    newest: dict[str, Any] = next(iter(row["body"].get("submissions") or ()), {})
    last = _("%(who)s, %(when)s", who=shown.worker_name(newest.get("worker")), when=languages.moment(newest.get("at"))) if newest else ""
    made_of = ngettext("%(num)s submission", "%(num)s submissions", number)
    return Side(row["id"], row["label"] or row["id"], shown.area_path(row["area"]), row["household"], door, made_of, last)


def compared(left: Mapping[str, Any], right: Mapping[str, Any]) -> list[Line]:
    """Every fact that either has: what differs, what is the same, what only one of them has; each in the order of the form."""
    ours, theirs = (each["body"].get("fields") or {} for each in (left, right))
    found: list[tuple[tuple[int, int, str], Line]] = []
    for name in ours.keys() | theirs.keys():
        if name in ("household", "person"):
            continue
        mine, other = ours.get(name) or {}, theirs.get(name) or {}
        question = shown.catalogue().of_property(left["kind"], name, mine.get("form") or other.get("form"))
        same = None if _blank(mine) or _blank(other) else mine.get("value") == other.get("value")
        if _blank(mine) and _blank(other):
            continue
        words = shown.property_name(left["kind"], name, mine.get("form") or other.get("form"))
        line = Line(words, said_of(dict(left), name), said_of(dict(right), name), same, _source(mine), _source(other))
        found.append(((ORDER[same], question.place if question and question.label else LAST_IN_FORM, name), line))
    return [line for _order, line in sorted(found, key=lambda each: each[0])]


def _blank(held: Mapping[str, Any]) -> bool:
    return held.get("value") in (None, "", [])


def _source(held: Mapping[str, Any]) -> str:
    return f"{shown.worker_name(held.get('worker'))} · {languages.moment(held.get('at'))}" if held else ""


# What became of one that waits no more


def gone(id: str) -> str:
    """Who dealt with it and when, as far as the reader may know."""
    sort, _colon, key = id.partition(":")
    connection = stores().session.connection()
    if sort == "held" and read.submission(connection, key, reader().within):
        decided = read.decisions_about(connection, key)
        return submission_page.sentence(decided[0]) if decided else ""
    if sort == "dispute" and reading.record(connection, key, reader().within):
        return _last_ruling([key])
    if sort == "pair" and why_not_mine(key.split(" ")) == "":
        return _last_ruling(key.split(" "))
    return ""


def _last_ruling(ids: list[str]) -> str:
    row = reading_queue.last_ruling_row(stores().session.connection(), ids)
    if row is None:
        return ""
    did = str(DONE_WORDS.get(row["action"], row["action"]))
    told = _("%(who)s %(did)s on %(when)s", who=shown.worker_name(row["by"]), did=did, when=languages.moment(row["at"]))
    there = reading.record(stores().session.connection(), row["record"], reader().within) if row["action"] == "settle" else None
    if there is None:
        return told
    kind, field = there["kind"], row["field"]
    value = shown.value(orjson.loads(row["value"]), shown.catalogue().of_property(kind, field))
    return _("%(told)s: %(field)s of %(label)s is %(value)s", told=told, field=shown.property_name(kind, field), label=there["label"], value=value)
