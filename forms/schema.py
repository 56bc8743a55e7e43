"""The marshmallow schema of a form's answers, made once for each form: one field for every top-level entry, with the generated reader inside.

    root, problems = AnswersReader(form).read({"household_id": "household:…", "members": [...]})

A standard nested schema costs ten times as much (design notes: 590 µs for four people), because marshmallow visits every answer.
Here it sees the pages of a form; what is in them is read by plain generated functions.
"""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from itertools import islice
from typing import Any

from marshmallow import RAISE, Schema, ValidationError, fields

from forms import reading

Wrongs = list[tuple[str, str, str]]
"""(path, rule, key of a sentence in forms/messages.py)"""

_root: ContextVar[Any] = ContextVar("root of the answers being read")


class Page(fields.Field):
    """A top-level group, repeat or question. Its error is the list of what is wrong in it, as (path, rule, sentence)."""

    def __init__(self, read: Callable, **more: Any) -> None:
        super().__init__(allow_none=True, **more)
        self.read = read

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: Any) -> None:
        wrongs: Wrongs = []
        self.read(value, _root.get(), lambda at, suffix, rule, sentence: wrongs.append((at + suffix, rule, sentence)))
        if wrongs:
            raise ValidationError(wrongs)  # type: ignore[arg-type]  # any list may be a message; ours is of triples


class AnswersReader:
    def __init__(self, make_root: type, pages: dict[str, Callable]) -> None:
        self.make_root = make_root
        self.pages = list(pages.items())
        self.names = pages.keys()
        meta = type("Meta", (), {"unknown": RAISE})
        self.schema: Schema = type("Answers", (Schema,), {"Meta": meta, **{name: Page(read) for name, read in pages.items()}})()

    def read(self, answers: object) -> tuple[Any, Wrongs]:
        """The root row, always whole, and all that was wrong with the answers."""
        root = self.make_root()
        root.at, root.up, root.index, root.rows = "", None, 0, 0
        given = answers if type(answers) is dict else {}
        if len(given) > len(self.pages) + reading.UNKNOWN_NAMED_MAX:
            # Marshmallow would make an error of each of 50,000 strange names, and we tell of few.
            strange = islice((name for name in given if name not in self.names), reading.UNKNOWN_NAMED_MAX)
            given = {name: given[name] for name in (*self.names & given.keys(), *strange)}
        for name, read in self.pages:
            if given.get(name) is None:
                read(None, root, reading.ignore)
        if type(answers) is not dict:
            return root, [("", "type", "group")]
        token = _root.set(root)
        try:
            self.schema.load(given)
        except ValidationError as error:
            return root, _flat(error.messages)
        finally:
            _root.reset(token)
        return root, []


def _flat(messages: Any) -> Wrongs:
    wrongs: Wrongs = []
    for name, found in messages.items():
        if all(isinstance(each, tuple) for each in found):
            wrongs += found
        elif len(wrongs) < reading.UNKNOWN_NAMED_MAX:
            wrongs.append(("/" + reading.printable(str(name)), "unknown", "unknown"))
    return wrongs
