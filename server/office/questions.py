"""The questions of published forms, so that values are shown by question label and choice label in the reader's language."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

Words = Mapping[str, str]  # {"zh": …, "en": …}
CONTAINERS = ("group", "repeat")
UNSEEN = ("note",)


@dataclass(frozen=True)
class Question:
    """One field of a form. `within` holds the labels of the groups around it, the outermost first."""

    name: str
    path: str
    type: str
    label: Words | None
    choices: Mapping[str, Words] = field(default_factory=dict)
    pii: str | None = None
    within: tuple[Words, ...] = ()
    place: int = 0


def questions(fields: Iterable[Mapping[str, Any]]) -> dict[str, Question]:
    """Every answerable question of a form document's `fields`, by path, in the form's order."""
    found: dict[str, Question] = {}
    _walk(fields, (), found)
    return found


def _walk(fields: Iterable[Mapping[str, Any]], within: tuple[Words, ...], found: dict[str, Question]) -> None:
    for each in fields:
        if each["type"] in CONTAINERS:
            _walk(each.get("fields", ()), (*within, label) if (label := words_of(each)) else within, found)
        else:
            found[each["path"]] = question(each, within, len(found))


def words_of(each: Mapping[str, Any]) -> Words | None:
    """A field's own words; one without has its name in their place (hidden and calculated ones)."""
    label = each.get("label") or {}
    return label if any(said and said != each["name"] for said in label.values()) else None


def question(each: Mapping[str, Any], within: tuple[Words, ...] = (), place: int = 0) -> Question:
    label = words_of(each)
    choices = {str(choice["value"]): choice["label"] for choice in each.get("choices") or ()}
    return Question(each["name"], each["path"], each["type"], label, choices, each.get("pii"), within, place)


class Catalogue:
    """Published forms as the office needs them: question by record kind and property, by form and path; titles.

    `documents`: form documents, the one to be believed first (the current version, the newest) first.
    """

    def __init__(self, documents: Iterable[Mapping[str, Any]]) -> None:
        self.titles: dict[str, Words] = {}
        self._of_form: dict[tuple[str, str], dict[str, Question]] = {}
        self._of_property: dict[tuple[str, str, str | None], Question] = {}
        for document in documents:
            form = document["form"]
            asked = self._of_form[form, document["version"]] = questions(document.get("fields") or ())
            self.titles.setdefault(form, document.get("title") or {})
            for entity in document.get("entities") or ():
                for name, path in (entity.get("properties") or {}).items():
                    if path in asked:
                        self._of_property.setdefault((entity["kind"], name, form), asked[path])
                        self._keep_best((entity["kind"], name, None), asked[path])

    def of_property(self, kind: str, name: str, form: str | None = None) -> Question | None:
        """The question that a record's field was asked by; another form's where this one is not known, or calculates the answer without words of its own."""
        asked = self._of_property.get((kind, name, form))
        best = self._of_property.get((kind, name, None))
        if asked is None or best is None:
            return asked or best
        return asked if asked.label and (asked.choices or not best.choices) else best

    def at(self, form: str | None, version: str | None, path: str) -> Question | None:
        """The question of a form version that a problem's path (with indexes: /members/0/name) is about."""
        return self._of_form.get((form or "", version or ""), {}).get("/".join(part for part in path.split("/") if not part.isdigit()))

    def choices_of(self, kind: str, name: str) -> Mapping[str, Words]:
        asked = self.of_property(kind, name)
        return asked.choices if asked else {}

    def _keep_best(self, key: tuple[str, str, str | None], asked: Question) -> None:
        """The first question that has words, and choices where any has."""
        kept = self._of_property.get(key)
        if kept is None or (not kept.label and asked.label) or (not kept.choices and asked.choices):
            self._of_property[key] = asked
