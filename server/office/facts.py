"""A record's fields as groups of facts, in the order of the form that asked them. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from server.office.questions import Catalogue, Question, Words

LAST = 10_000


@dataclass(frozen=True)
class Fact:
    """One field of a record: what it says, who said it, and what else was said of it at the same time."""

    name: str
    question: Question | None
    value: Any
    worker: str | None
    device: str | None
    at: str | None
    form: str | None
    submission: str | None
    others: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True)
class Group:
    """Facts that a form asks together. No words: `asked` ones stand in no group of their form, the others no question stands for."""

    words: Words | None
    facts: tuple[Fact, ...]
    asked: bool = True


def groups(kind: str, fields: Mapping[str, Mapping[str, Any]], catalogue: Catalogue, hidden: tuple[str, ...] = ()) -> list[Group]:
    """The facts grouped as their form groups them; facts that a form only calculates come last."""
    found: dict[str, list[tuple[int, Fact]]] = {}
    words_of: dict[str, Words | None] = {}
    for name, held in fields.items():
        if name in hidden or held.get("value") in (None, "", []):
            continue
        question = catalogue.of_property(kind, name, held.get("form"))
        words = question.within[-1] if question and question.label and question.within else None
        key = next(iter(words.values()), "") if words else "asked" if question and question.label else ""
        words_of[key] = words
        found.setdefault(key, []).append((question.place if question else LAST, _fact(name, question, held)))
    ordered = sorted(found.items(), key=lambda item: (item[0] == "", min(place for place, _fact in item[1])))
    return [Group(words_of[key], tuple(each for _place, each in sorted(items, key=lambda item: (item[0], item[1].name))), key != "") for key, items in ordered]


def disputes(kind: str, fields: Mapping[str, Mapping[str, Any]], catalogue: Catalogue) -> list[Fact]:
    """The facts that two people saw differently without knowing of each other."""
    return [_fact(name, catalogue.of_property(kind, name, held.get("form")), held) for name, held in sorted(fields.items()) if held.get("disputed")]


def _fact(name: str, question: Question | None, held: Mapping[str, Any]) -> Fact:
    return Fact(
        name=name,
        question=question,
        value=held.get("value"),
        worker=held.get("worker"),
        device=held.get("device"),
        at=held.get("at"),
        form=held.get("form"),
        submission=held.get("submission"),
        others=tuple(held.get("disputed") or ()),
    )
