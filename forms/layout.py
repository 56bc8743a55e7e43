"""The names and shapes of the generated source: what a row, an answer, a node-set and a piece of code are while a form is compiled.

`Layout` is the only way a name of the form gets into the source: `q_` and ASCII letters.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from forms.places import Place
from forms.questionnaire import Field, Questionnaire

NUMBERS = ("integer", "decimal")
DATES = ("date", "dateTime")
# value type → how a blank answer stands in a row, as Python source; "''" for all others
BLANKS = {"integer": "NAN", "decimal": "NAN", "select_multiple": "()", "rank": "()", "geopoint": "None", "geotrace": "()", "geoshape": "()"}
SEVERAL = ("select_multiple", "rank")
"""A tuple of codes."""
LISTS = (*SEVERAL, "geotrace", "geoshape")
"""Kept as a tuple in a row, written as an array."""


@dataclass(frozen=True)
class Trouble:
    """What is wrong with an expression, as a key of the sentences in forms/words and what to put in."""

    key: str
    detail: str = ""
    level: str = "error"


@dataclass(frozen=True)
class Finding:
    """One trouble and where: the field's path ("" for the form) and the column of the XLSForm it stands in."""

    path: str
    column: str
    trouble: Trouble


class Layout:
    """The names that rows and answers have in the generated source; the only way a form's names get there."""

    def __init__(self, questionnaire: Questionnaire) -> None:
        self.questionnaire = questionnaire
        self._attributes: dict[str, str] = {}
        self._rows: dict[str, str] = {}
        taken: dict[str, set[str]] = {}
        for each in questionnaire.walk():
            self._attributes[each.path] = _unique(each.name, taken.setdefault(self.row_of(each), set()))
            if each.type == "repeat":
                self._rows[each.path] = "row_" + _unique(each.path[1:], taken.setdefault("", set()))
        self.places: dict[str, Place] = self._places()
        """path → place; "" is the root of the answers."""
        self.indexes: dict[tuple[str, str, str], str] = {}
        """(list, key of its items, "text" or "number") → the name that this index has in the source"""
        self.patterns: dict[str, str] = {}
        """A regular expression → its name in the source."""

    def _places(self) -> dict[str, Place]:
        root = Place(self.questionnaire.root, "root")
        places = {"": root}
        for each in self.questionnaire.walk():
            kind = each.type if each.type in ("group", "repeat", "note") else "leaf"
            above = places[each.parent.path if each.parent else ""]
            attribute = self.attribute(each) if kind in ("leaf", "repeat") else ""
            made = places[each.path] = Place(each.name, kind, each.value_type, attribute, len(places), above, path=each.path)
            above.children.append(made)
        # Every XForm ends with it, so a walk through everything meets it; what the phone alone knows of it is blank here.
        meta = places.get("/meta")
        if meta is None:
            meta = Place("meta", "group", order=len(places), above=root)
            root.children.append(meta)
        meta.children.append(Place("instanceID", "note", order=len(places) + 1, above=meta))
        return places

    def attribute(self, each: Field) -> str:
        return f"q_{self._attributes[each.path]}"

    def flag(self, each: Field) -> str:
        return f"r_{self._attributes[each.path]}"

    def row_of(self, each: Field) -> str:
        """The variable that holds the row this field's answer stands in."""
        return self.row(each.repeat)

    def row(self, repeat: Field | None) -> str:
        return "root" if repeat is None else self._rows[repeat.path]

    def class_of(self, repeat: Field | None) -> str:
        return "Root" if repeat is None else self.row(repeat).replace("row_", "Row_", 1)

    def answer(self, each: Field) -> str:
        """The answer as it stands in the source: root.q_outcome."""
        return f"{self.row_of(each)}.{self.attribute(each)}"

    def loop(self, repeat: Field, depth: int) -> str:
        return f"{'    ' * depth}for {self.row(repeat)} in {self.answer(repeat)}:"


def _unique(name: str, taken: set[str]) -> str:
    plain = re.sub(r"[^A-Za-z0-9_]", "_", name)
    unique, number = plain, 2
    while unique in taken:
        unique, number = f"{plain}_{number}", number + 1
    taken.add(unique)
    return unique


def is_given(answer: str, value_type: str) -> str:
    """Python that says whether an answer is not blank."""
    return {"NAN": f"{answer} == {answer}", "None": f"{answer} is not None"}.get(BLANKS.get(value_type, ""), answer)


def is_blank(answer: str, value_type: str) -> str:
    return {"NAN": f"{answer} != {answer}", "None": f"{answer} is None"}.get(BLANKS.get(value_type, ""), f"not {answer}")


def leaves(fields: list[Field]) -> list[Field]:
    """The questions that stand in the same row: through groups, not into repeats."""
    return [leaf for each in fields for leaf in ([each] if each.is_leaf else leaves(each.fields) if each.type == "group" else [])]


def repeats(fields: list[Field]) -> list[Field]:
    """The repeats that hang on the same row."""
    return [found for each in fields for found in ([each] if each.type == "repeat" else repeats(each.fields) if each.type == "group" else [])]


def around(each: Field) -> list[Field]:
    """The repeats around a field, outermost first."""
    chain: list[Field] = []
    repeat = each.repeat
    while repeat is not None:
        chain.insert(0, repeat)
        repeat = repeat.repeat
    return chain


def suffix_of(each: Field) -> str:
    """A field's path from its row on: /fever/fever_since."""
    return each.path.removeprefix(each.repeat.path if each.repeat else "")


@dataclass(frozen=True)
class Nodes:
    """A node-set known at compile time: `rows` is one row's variable, or a list of them where `many`."""

    rows: str
    many: bool = False
    field: Field | None = None
    """None: the root of the answers."""
    chosen: bool = False
    """A predicate has narrowed it, so its first node is meant where one value is asked for."""
    list: str | None = None
    """A secondary instance's items, not answers; `key` is the child meant, None the item itself."""
    key: str | None = None
    level: str = "answers"
    """answers; instance, items: a list of choices or of a file; free: nodes of forms/nodes.py, which `places` tells."""
    places: tuple[Place, ...] = ()


@dataclass(frozen=True)
class Code:
    text: str
    type: str  # text, number, truth, moment, nodes
    nodes: Nodes | None = None
    literal: str | float | None = None
    shown: str = ""
    """How a number is written as text, where that is not as any other."""
    truth: str = ""
    """Whether it is true, where that is not as of any other of its type."""


@dataclass
class Scope:
    layout: Layout
    here: Nodes
    rows: dict[str, str] = field(default_factory=dict)
    """path of a repeat → variable of the instance we stand in."""
    outer: Nodes | None = None
    predicate_on: tuple[str, ...] = ()
    loops: int = 0
    """How many conditions on rows we stand in."""
    position: str | None = None
    size: str | None = None
    this: Field | None = None


def scope_for(layout: Layout, each: Field) -> Scope:
    """The place where a field's own expressions stand: the field itself, inside its instance of every repeat around it."""
    rows: dict[str, str] = {}
    repeat = each.repeat
    while repeat is not None:
        rows[repeat.path] = layout.row(repeat)
        repeat = repeat.repeat
    here = Nodes(layout.row_of(each), field=each)
    if each.type == "repeat":
        # A repeat's own rules stand outside its instances.
        here = Nodes(f"{here.rows}.{layout.attribute(each)}", many=True, field=each)
    return Scope(layout, here, rows, this=each)
