"""A submission's answers as rows to show: every question by its label, problems and remarks beside it. Pure.

Held answers can be anything: a list where a text belongs, questions that the form does not have. Everything that came is shown,
and every problem stands somewhere: beside its question, else beside the group or repeat around it, else on top.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from server.office.questions import CONTAINERS, UNSEEN, Question, Words, question, words_of

NOT_ASKED = ("hidden", "calculate")
NAMING = "name"  # the kind of personal answer that says whose row of a repeat it is
DEPTH_MAX = 20
ENTRIES_SHOWN_MAX = 500


@dataclass
class Row:
    """kind: "group", "entry" (one of a repeat; `number` from 1, `value` whose it is), "answer", or "extra" (a question that the form does not have)."""

    kind: str
    path: str
    depth: int
    words: Words | None = None
    name: str = ""
    number: int = 0
    question: Question | None = None
    value: Any = None
    problems: list[Mapping[str, Any]] = field(default_factory=list)
    remarks: list[Mapping[str, Any]] = field(default_factory=list)


@dataclass(frozen=True)
class Sheet:
    """`above`: problems and remarks that concern the whole submission. `unseen`: fields that nobody is asked, kept apart from the answers."""

    rows: list[Row]
    unseen: list[Row]
    above: list[Mapping[str, Any]]
    remarks_above: list[Mapping[str, Any]]


def sheet(fields: Iterable[Mapping[str, Any]], answers: Any, problems: Iterable[Mapping[str, Any]], remarks: Iterable[Mapping[str, Any]]) -> Sheet:
    """`fields`: of the form document; none when the form is not known, then the answers stand as they came."""
    problems, remarks = list(problems), list(remarks)
    rows: list[Row] = []
    asked_about = {str(each.get("path") or "") for each in (*problems, *remarks)}
    _walk(list(fields), answers if isinstance(answers, Mapping) else {}, "", 0, rows, asked_about)
    if answers is not None and not isinstance(answers, Mapping):
        rows.append(Row("extra", "/", 0, name="/", value=answers))
    places = {row.path: row for row in rows}
    above, remarks_above = _put(problems, places, "problems"), _put(remarks, places, "remarks")
    return Sheet([row for row in rows if not _is_unseen(row)], [row for row in rows if _is_unseen(row)], above, remarks_above)


def _is_unseen(row: Row) -> bool:
    """Hidden and calculated fields, unless something is wrong with them."""
    return row.kind == "answer" and row.question is not None and row.question.type in NOT_ASKED and not row.problems and not row.remarks


def _walk(fields: list[Mapping[str, Any]], answers: Mapping[str, Any], path: str, depth: int, rows: list[Row], asked_about: set[str]) -> None:
    known = set()
    for each in fields:
        name, here = each["name"], f"{path}/{each['name']}"
        known.add(name)
        answer = answers.get(name)
        if each["type"] in UNSEEN:
            continue
        if each["type"] in CONTAINERS:
            _container(each, answer, here, depth, rows, asked_about)
        elif name in answers or here in asked_about:
            rows.append(Row("answer", here, depth, words_of(each), name, question=question(each), value=answer))
    for name in answers:
        if name not in known:
            rows.append(Row("extra", f"{path}/{name}", depth, name=str(name), value=answers[name]))


def _container(each: Mapping[str, Any], answer: Any, here: str, depth: int, rows: list[Row], asked_about: set[str]) -> None:
    entries = answer if each["type"] == "repeat" else [answer]
    about = any(place == here or place.startswith(here + "/") for place in asked_about)
    if answer is None and not about:
        return
    if each["type"] == "group" and answer is None:
        entries = [{}]
    rows.append(Row("group", here, depth, words_of(each), each["name"]))
    if not isinstance(entries, list) or depth >= DEPTH_MAX:
        rows.append(Row("extra", f"{here}/", depth + 1, name=each["name"], value=answer))
        return
    for index, entry in enumerate(entries[:ENTRIES_SHOWN_MAX]):
        place, below = (f"{here}/{index}", depth + 1) if each["type"] == "repeat" else (here, depth + 1)
        if each["type"] == "repeat":
            rows.append(Row("entry", place, below, words_of(each), each["name"], number=index + 1, value=_whose(each, entry)))
        if isinstance(entry, Mapping):
            _walk(list(each.get("fields") or ()), entry, place, below, rows, asked_about)
        elif entry is not None:
            rows.append(Row("extra", f"{place}/", below, name=each["name"], value=entry))


def _whose(repeat: Mapping[str, Any], entry: Any) -> str:
    """The name that an entry of a repeat is about, where the form has one."""
    named = next((each["name"] for each in repeat.get("fields") or () if each.get("pii") == NAMING), None)
    name = entry.get(named) if isinstance(entry, Mapping) else None
    return name if isinstance(name, str) else ""


def _put(notes: list[Mapping[str, Any]], places: Mapping[str, Row], where: str) -> list[Mapping[str, Any]]:
    """Each note beside the nearest row at or above its path; returns those with none."""
    left = []
    for each in notes:
        path = str(each.get("path") or "")
        while path and path not in places:
            path = path.rpartition("/")[0]
        if path:
            getattr(places[path], where).append(each)
        else:
            left.append(each)
    return left
