"""A form version, ready to judge answers: pure, so the same answers at the same moment always get the same verdict.

form = Form.load(xform_xml)
verdict = form.judge({"household_id": "household:…", "visit": {"outcome": "done"}}, Moment(started_at, finished_at))
verdict.problems   # (Problem("/members/0/temperature", "constraint", {"zh": "体温应在34到43之间", "en": "Temperature must be from 34 to 43"}),)
"""

from __future__ import annotations

import builtins
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from forms import reading
from forms.compiler import compile_form
from forms.files import media_type
from forms.functions import FUNCTIONS
from forms.indexes import index_by_number, index_by_text
from forms.layout import Finding
from forms.messages import Message, default
from forms.moments import NAN, Clock, TooMuchWork
from forms.patterns import finder
from forms.records import Entity
from forms.schema import AnswersReader
from forms.xform import Field, Questionnaire, read_xform

PROBLEMS_MAX = 200
ENTITY_ID_CHARACTERS_MAX = 100
MESSAGE_VALUE_CHARACTERS_MAX = 100
"""Of an answer, where a message refers to it."""


@dataclass(frozen=True)
class Moment:
    """When the form was filled, each with its zone; `today()` and `now()` mean `finished_at`."""

    started_at: datetime
    finished_at: datetime


@dataclass(frozen=True)
class Problem:
    path: str
    """A JSON path into the answers: /members/0/temperature; "" is the answers themselves."""
    rule: str
    message: Message = field(compare=False)


@dataclass(frozen=True)
class EntityChange:
    """One record that a submission creates or updates; blank properties are left out."""

    kind: str
    id: str
    path: str
    """The row it comes from: /members/0, "" for the form itself."""
    properties: dict[str, Any]


@dataclass(frozen=True)
class Verdict:
    answers: dict[str, Any]
    """Typed, without what was blank, irrelevant or could not be read."""
    problems: tuple[Problem, ...]
    remarks: tuple[Problem, ...]
    """What was put right and is no reason to hold anything: rules `relevant` (left out) and `calculate` (calculated again)."""
    changes: tuple[EntityChange, ...]


class FormError(Exception):
    """The form has errors that publishing would have refused."""

    def __init__(self, findings: list[Finding]) -> None:
        super().__init__("; ".join(f"{finding.path} {finding.column}: {finding.trouble.key} {finding.trouble.detail}" for finding in findings))
        self.findings = findings


class Form:
    def __init__(self, questionnaire: Questionnaire, xform: str, files: Mapping[str, bytes] | None = None) -> None:
        compiled = compile_form(questionnaire)
        errors = [finding for finding in compiled.findings if finding.trouble.level == "error"]
        if errors:
            raise FormError(errors)
        self.xform = xform
        self.files = [_file_document(name, content) for name, content in sorted((files or {}).items())]
        self.questionnaire = questionnaire
        self.id = questionnaire.id
        self.version = questionnaire.version
        self.title = questionnaire.title
        self.languages = questionnaire.languages
        self.audience = questionnaire.audience
        self.fields = questionnaire.fields
        self.entities: list[Entity] = compiled.entities
        self.schedule = compiled.schedule
        self.source = compiled.source
        self._layout = compiled.layout
        self._messages = {
            (rule, each.path): message
            for each in questionnaire.walk()
            for rule, message in (("constraint", each.constraint_message), ("required", each.required_message))
            if message
        }
        self._message_values = {(rule, each.path): tuple(values) for each in questionnaire.walk() for rule, values in each.message_values.items()}
        names = self._names()
        exec(compile(self.source, f"<form {self.id} {self.version}>", "exec"), names)  # noqa: S102  # our own compiler wrote it: see forms/compiler.py
        self._settle, self._check, self._write, self._changes = names["settle"], names["check"], names["write_root"], names["changes"]
        self._reader = AnswersReader(names["Root"], {page: names[reader] for page, reader in compiled.readers.items()})

    @classmethod
    def load(cls, xform: str | bytes, files: Mapping[str, bytes] | None = None) -> Form:
        """`files`: what the form names beside itself, by name. Raises UnreadableXForm or FormError; a published form raises neither."""
        text = xform.decode() if isinstance(xform, bytes) else xform
        return cls(read_xform(text, files), text, files)

    def _names(self) -> dict[str, Any]:
        labels = {each.path: {choice.value: choice.label for choice in each.choices} for each in self.questionnaire.walk() if each.choices is not None}
        first = self.languages[0]
        return {
            **reading.NAMES,
            "__builtins__": {name: getattr(builtins, name) for name in _BUILTINS},
            "__name__": "form",
            "NAN": NAN,
            "F": {name: row.run for name, row in FUNCTIONS.items() if row.run is not None},
            "CHOICES": {path: frozenset(choices) for path, choices in labels.items()},
            "LISTS": self.questionnaire.lists,
            "PLACES": self._layout.places,
            "TEXTS": {id: text.get(first, "") for id, text in self.questionnaire.texts.items()},
            "pattern": finder,
            "index_by_text": lambda name, key: index_by_text(self.questionnaire.lists[name], key),
            "index_by_number": lambda name, key: index_by_number(self.questionnaire.lists[name], key),
            "choice_name": lambda path, value: labels[path].get(value, {}).get(first, ""),
        }

    def judge(self, answers: object, moment: Moment) -> Verdict:
        """Never raises, whatever the answers are."""
        clock = Clock(moment.finished_at)
        root, wrongs = self._reader.read(answers)
        problems: list[Problem] = []
        remarks: list[Problem] = []
        unreadable = {path for path, _, _ in wrongs}

        def remark(at: str, suffix: str, rule: str) -> None:
            if len(remarks) < PROBLEMS_MAX:
                remarks.append(Problem(at + suffix, rule, default(rule, self.languages)))

        def problem(at: str, suffix: str, rule: str, values: tuple[str, ...] = (), sentence: str = "") -> None:
            path = at + suffix
            # What could not be read counts as blank, and has been said already.
            if (rule == "required" and path in unreadable) or len(problems) > PROBLEMS_MAX:
                return
            problems.append(Problem(path, rule, default(sentence, self.languages) if sentence else self._message(rule, path, values)))

        try:
            self._settle(root, clock, remark)
            self._check(root, clock, problem)
        except TooMuchWork:
            # How far it came is the same each time, but nothing to go by.
            return Verdict(self._write(root), (Problem("", "count", default("too_much_work", self.languages)),), (), ())
        found, problems[:] = problems[:], []
        for path, rule, sentence in wrongs:
            if self._is_asked(root, path):
                problems.append(Problem(path, rule, default(sentence, self.languages)))
            else:
                remarks.append(Problem(path, "relevant", default("relevant", self.languages)))
        problems += found
        changes: list[EntityChange] = []
        seen: set[str] = set()

        def change(kind: str, id: str, at: str, suffix: str, properties: dict[str, Any]) -> None:
            if not id.startswith(f"{kind}:") or not len(kind) + 1 < len(id) <= ENTITY_ID_CHARACTERS_MAX or not id.isprintable() or " " in id:
                problems.append(Problem(at + suffix, "constraint", default("entity_id", self.languages)))
            elif id in seen:
                problems.append(Problem(at + suffix, "constraint", default("entity_twice", self.languages)))
            else:
                seen.add(id)
                changes.append(EntityChange(kind, id, at, properties))

        self._changes(root, change)
        if len(problems) > PROBLEMS_MAX:
            problems[PROBLEMS_MAX - 1 :] = [Problem("", "count", default("more", self.languages))]
        return Verdict(self._write(root), tuple(problems), tuple(remarks[:PROBLEMS_MAX]), tuple(changes))

    def _is_asked(self, root: Any, path: str) -> bool:
        """Whether the question at this path is relevant; what the form does not know is always its business."""
        row, fields = root, self.fields
        rows: list | tuple | None = None
        for part in path.split("/")[1:]:
            if rows is not None:
                if int(part) >= len(rows):
                    return False
                row, rows = rows[int(part)], None
                continue
            each = next((each for each in fields if each.name == part), None)
            if each is None:
                return True
            if each.relevant and not getattr(row, self._layout.flag(each)):
                return False
            fields = each.fields
            if each.type == "repeat":
                rows = getattr(row, self._layout.attribute(each))
        return True

    def _message(self, rule: str, path: str, values: tuple[str, ...]) -> Message:
        """The form's own message with `${name}` filled in, or the default."""
        named = "/".join(part for part in path.split("/") if not part.isdecimal())
        message = self._messages.get((rule, named))
        if message is None or not values:
            return message or default(rule, self.languages)
        shown = dict(zip(self._message_values[rule, named], map(_shortened, values), strict=True))
        return {language: _REFERENCE.sub(lambda found: shown.get(found[1], found[0]), text) for language, text in message.items()}

    def as_document(self, current: bool = True) -> dict[str, Any]:
        """The form version as it stands in the database `forms` (docs/architecture.md)."""
        return {
            "_id": f"form:{self.id}:{self.version}",
            "type": "form",
            "form": self.id,
            "version": self.version,
            "title": self.title,
            "languages": list(self.languages),
            "audience": self.audience,
            "field_of_work": self.questionnaire.field_of_work,
            "xform": self.xform,
            "fields": [_field_document(each) for each in self.fields],
            "entities": [entity.as_document() for entity in self.entities],
            **({"mode": self.questionnaire.mode} if self.questionnaire.mode else {}),
            "starts_from": self.questionnaire.starts_from,
            "starts_new": self.questionnaire.starts_new,
            "current": current,
            **({"files": self.files} if self.files else {}),
            **({"schedule": [slot.as_document() for slot in self.schedule]} if self.schedule else {}),
        }


_BUILTINS = ("any", "bool", "enumerate", "float", "len", "list", "next", "set", "frozenset", "sum", "type", "dict", "__build_class__")


_REFERENCE = re.compile(r"\$\{([^}]*)\}")


def _shortened(value: str) -> str:
    return value if len(value) <= MESSAGE_VALUE_CHARACTERS_MAX else value[: MESSAGE_VALUE_CHARACTERS_MAX - 1] + "…"


def _file_document(name: str, content: bytes) -> dict[str, Any]:
    return {"name": name, "type": media_type(name), "bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}


def _field_document(each: Field) -> dict[str, Any]:
    # A hidden question's label is its name, which only pyxform wants; nobody is shown it.
    label = None if each.type == "hidden" else each.label or None
    document: dict[str, Any] = {"name": each.name, "path": each.path, "type": each.type, "label": label}
    if each.type in ("calculate", "hidden"):
        document["value_type"] = each.value_type
    if each.choice_list is not None and each.choice_list.file:
        document["list"] = each.choice_list.file
    elif each.choices is not None:
        document["choices"] = [{"value": choice.value, "label": choice.label} | ({"media": choice.media} if choice.media else {}) for choice in each.choices]
    if each.type != "hidden" and each.appearance:
        document["appearance"] = each.appearance
    for name in ("hint", "guidance", "media", "parameters", "range", "preload", "pii", "merge", "usual"):
        if getattr(each, name):
            document[name] = getattr(each, name)
    if each.prefill:
        document["prefill"] = True
    if each.keep:
        document["keep"] = True
    if each.type in ("group", "repeat"):
        document["fields"] = [_field_document(child) for child in each.fields]
    return document
