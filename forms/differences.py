"""What changed between two versions of a form, and what that means for answers given before.

    differences(old, new)             # [Difference("choice_removed", "/visit/outcome", was="refused"), …]
    forward(old, new, answers)        # (answers as the new version keeps them, [Lost("/visit/mood", "calm", "removed")])

A submission is judged by its own version for ever. Reports want one table over all of them, so answers of an older version are mapped to the newer one: a
question is the same when it stands at the same path, or when it alone has that name in both versions and only its group changed. A new name is a new
question; that it was probably meant as the same one is said as a guess and never acted on. What cannot be mapped is listed with its reason: every answer is
in one of the two.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from forms.form import Form
from forms.layout import around
from forms.messages import WORDS, Message, spoken
from forms.questionnaire import Field

RULES = ("relevant", "required", "constraint", "calculate", "count", "default", "readonly")
TEXTS = ("label", "hint", "guidance", "constraint_message", "required_message")
OURS = ("pii", "merge", "prefill", "usual", "appearance")
KINDS = ("added", "removed", "renamed", "moved", "type", "structure", "saved", "choice_added", "choice_removed", "texts", "rules", "ours", "title", "languages")

_REASONS = spoken(WORDS, "lost")
_SENTENCES = spoken(WORDS, "differences")


@dataclass(frozen=True)
class Difference:
    kind: str
    """One of KINDS."""
    path: str
    """In the new version; of what was removed, in the old one. "" is the form itself."""
    was: str = ""
    now: str = ""
    orphans: bool = False
    """Whether answers collected before have no place in the new version, or another meaning there."""

    @property
    def message(self) -> Message:
        return {language: text.format(path=self.path or "/", was=self.was, now=self.now) for language, text in _SENTENCES[self.kind].items()}


@dataclass(frozen=True)
class Lost:
    """An answer that the newer version has no place for."""

    path: str
    """As in the older answers: /members/0/mood"""
    value: Any
    reason: str
    """removed, type, choice, repeat, unknown"""

    @property
    def message(self) -> Message:
        return _REASONS[self.reason]


def differences(old: Form, new: Form) -> list[Difference]:
    """In the order of the new form, then what is gone."""
    pairs = _Pairs(old, new)
    found = list(_of_form(old, new))
    added = [each for each in pairs.new.values() if each.path not in pairs.back]
    removed = [each for each in pairs.old.values() if each.path not in pairs.forth]
    renamed = _renamed(removed, added)
    for each in pairs.new.values():
        if each.path in pairs.back:
            found += _of_field(pairs.back[each.path], each, pairs)
        elif each.path in renamed:
            was = renamed[each.path]
            found.append(Difference("renamed", each.path, was.path, each.path, orphans=_keeps(was)))
        else:
            found.append(Difference("added", each.path, now=each.type))
    gone = {was.path for was in renamed.values()}
    found += [Difference("removed", each.path, was=each.type, orphans=_keeps(each)) for each in removed if each.path not in gone]
    return found


def forward(old: Form, new: Form, answers: dict[str, Any]) -> tuple[dict[str, Any], list[Lost]]:
    """Answers to `old` as answers to `new`. Nothing vanishes; the answers given are not changed."""
    walk = _Forward(_Pairs(old, new))
    walk.group(old.fields, answers, "", ())
    return walk.mapped, walk.lost


def _of_form(old: Form, new: Form) -> Iterator[Difference]:
    for language in dict.fromkeys([*old.title, *new.title]):
        if old.title.get(language) != new.title.get(language):
            yield Difference("title", "", old.title.get(language, ""), new.title.get(language, ""))
    if set(old.languages) != set(new.languages):
        yield Difference("languages", "", " ".join(old.languages), " ".join(new.languages))


def _of_field(was: Field, now: Field, pairs: _Pairs) -> Iterator[Difference]:
    if was.path != now.path and _around_names(was) != _around_names(now) and pairs.is_moved(was, now):
        yield Difference("moved", now.path, was.path, now.path)
    if not was.is_leaf or not now.is_leaf:
        if was.type != now.type:
            yield Difference("structure", now.path, was.type, now.type, orphans=True)
    else:
        if was.value_type != now.value_type:
            yield Difference("type", now.path, was.value_type, now.value_type, orphans=(was.value_type, now.value_type) not in _WITHOUT_LOSS)
        if not pairs.same_rows(was, now):
            yield Difference("structure", now.path, _standing(was), _standing(now), orphans=True)
    if was.save_to != now.save_to:
        yield Difference("saved", now.path, " ".join(was.save_to), " ".join(now.save_to), orphans=bool(was.save_to))
    yield from _of_choices(was, now)
    for name in TEXTS:
        yield from _texts(now.path, getattr(was, name), getattr(now, name))
    for name in RULES:
        if getattr(was, name) != getattr(now, name):
            yield Difference("rules", now.path, f"{name}: {getattr(was, name)}", f"{name}: {getattr(now, name)}")
    for name in OURS:
        if getattr(was, name) != getattr(now, name):
            yield Difference("ours", now.path, f"{name}: {getattr(was, name)}", f"{name}: {getattr(now, name)}")


def _of_choices(was: Field, now: Field) -> Iterator[Difference]:
    if was.choices is None or now.choices is None:
        return
    labels, now_labels = ({choice.value: choice.label for choice in each.choices or ()} for each in (was, now))
    for code in now_labels:
        if code not in labels:
            yield Difference("choice_added", now.path, now=code)
    for code, label in labels.items():
        if code not in now_labels:
            yield Difference("choice_removed", now.path, was=code, orphans=True)
        else:
            yield from _texts(f"{now.path}#{code}", label, now_labels[code])


def _texts(path: str, was: Message, now: Message) -> Iterator[Difference]:
    for language in dict.fromkeys([*was, *now]):
        if was.get(language) != now.get(language):
            yield Difference("texts", path, was.get(language, ""), now.get(language, ""))


def _keeps(each: Field) -> bool:
    return bool(each.value_type) or each.type == "repeat"


def _renamed(removed: list[Field], added: list[Field]) -> dict[str, Field]:
    """New path → the old field that was probably given a new name: of its type, with its words or saved to its property."""
    guesses: dict[str, Field] = {}
    left = [each for each in removed if each.is_leaf]
    for now in added:
        for was in left:
            alike = plain(was.label) & plain(now.label) or (was.save_to and set(was.save_to) & set(now.save_to))
            if now.is_leaf and was.value_type == now.value_type and alike:
                guesses[now.path] = was
                left = [each for each in left if each is not was]
                break
    return guesses


def plain(texts: Message) -> set[str]:
    """Each language's text without what does not tell questions apart: case, width, blanks and signs."""
    return {text for each in texts.values() if (text := "".join(letter for letter in unicodedata.normalize("NFKC", each).casefold() if letter.isalnum()))}


def _around_names(each: Field) -> str:
    return each.path.rpartition("/")[0]


def _standing(each: Field) -> str:
    return each.repeat.path if each.repeat else "/"


class _Pairs:
    """Which field of the old version is which of the new one."""

    def __init__(self, old: Form, new: Form) -> None:
        self.old = {each.path: each for each in old.questionnaire.walk()}
        self.new = {each.path: each for each in new.questionnaire.walk()}
        self.forth: dict[str, Field] = {path: self.new[path] for path in self.old if path in self.new}
        names, new_names = (Counter(each.name for each in fields.values()) for fields in (self.old, self.new))
        by_name = {each.name: each for each in self.new.values()}
        taken = {each.path for each in self.forth.values()}
        for path, each in self.old.items():
            if path in self.forth or names[each.name] != 1 or new_names[each.name] != 1:
                continue
            if (to := by_name[each.name]).path not in taken:
                self.forth[path] = to
        self._followaround()
        self.back = {to.path: self.old[path] for path, to in self.forth.items()}

    def _followaround(self) -> None:
        """A repeat under another name is the same one where all of its questions that are still there stand in that one."""
        taken = {each.path for each in self.forth.values()}
        there: dict[str, dict[str, Field]] = {}
        for path, to in self.forth.items():
            before, after = around(self.old[path]), around(to)
            for one, other in zip(before, after, strict=False) if len(before) == len(after) else ():
                if one.path not in self.forth and other.path not in taken:
                    there.setdefault(one.path, {})[other.path] = other
        # Two repeats that became one would have their rows in each other's places.
        claimed = Counter(target for found in there.values() for target in found)
        for path, found in there.items():
            if len(found) == 1 and claimed[next(iter(found))] == 1:
                self.forth[path] = next(iter(found.values()))

    def same_rows(self, was: Field, now: Field) -> bool:
        """Whether they stand in the same repeats, so that each row has its row."""
        before, after = around(was), around(now)
        return len(before) == len(after) and all(self.forth.get(one.path) is other and other.type == "repeat" for one, other in zip(before, after, strict=True))

    def is_moved(self, was: Field, now: Field) -> bool:
        """Its own group changed, not only the name of one further up."""
        above, new_above = was.parent, now.parent
        if above is None or new_above is None:
            return above is not new_above
        return self.forth.get(above.path) is not new_above


class _Forward:
    def __init__(self, pairs: _Pairs) -> None:
        self.pairs = pairs
        self.mapped: dict[str, Any] = {}
        self.lost: list[Lost] = []

    def group(self, fields: list[Field], answers: dict[str, Any], at: str, rows: tuple[int, ...]) -> None:
        by_name = {each.name: each for each in fields}
        for name, value in answers.items():
            each, path = by_name.get(name), f"{at}/{name}"
            if each is None:
                self.lost.append(Lost(path, value, "unknown"))
            elif each.type == "group" and isinstance(value, dict):
                self.container(each, value, path, rows, {})
                self.group(each.fields, value, path, rows)
            elif each.type == "repeat" and isinstance(value, list) and all(isinstance(row, dict) for row in value):
                self.container(each, value, path, rows, [{} for _ in value])
                for number, row in enumerate(value):
                    self.group(each.fields, row, f"{path}/{number}", (*rows, number))
            elif each.is_leaf:
                self.answer(each, value, path, rows)
            else:
                self.lost.append(Lost(path, value, "unknown"))

    def container(self, each: Field, value: Any, path: str, rows: tuple[int, ...], blank: Any) -> None:
        """A group or repeat that the new version has too stands there even when nothing is in it."""
        to = self.pairs.forth.get(each.path)
        if to is not None and to.type == each.type and self.pairs.same_rows(each, to):
            self.place(to, blank, rows)
        elif not value or (each.type == "repeat" and not all(value)):
            # Rows without an answer are listed too; what is in the others is listed one by one.
            self.lost.append(Lost(path, value, "removed" if to is None else "repeat"))

    def answer(self, each: Field, value: Any, path: str, rows: tuple[int, ...]) -> None:
        to = self.pairs.forth.get(each.path)
        if to is None:
            self.lost.append(Lost(path, value, "removed"))
        elif not to.is_leaf:
            self.lost.append(Lost(path, value, "type"))
        elif not self.pairs.same_rows(each, to):
            self.lost.append(Lost(path, value, "repeat"))
        else:
            kept, rest, reason = _converted(each, to, value)
            if kept is not None or value is None:
                self.place(to, kept, rows)
            if reason:
                self.lost.append(Lost(path, rest, reason))

    def place(self, to: Field, value: Any, rows: tuple[int, ...]) -> None:
        at: Any = self.mapped
        parts: list[Field] = []
        left = list(rows)
        above: Field | None = to
        while above is not None:
            parts.insert(0, above)
            above = above.parent
        for part in parts[:-1]:
            if part.type == "repeat":
                at = at.setdefault(part.name, [])
                number = left.pop(0)
                at.extend({} for _ in range(number + 1 - len(at)))
                at = at[number]
            else:
                at = at.setdefault(part.name, {})
        if value == {} or to.type == "repeat":
            at.setdefault(to.name, value)
            if isinstance(value, list):
                at[to.name].extend({} for _ in range(len(value) - len(at[to.name])))
        else:
            at[to.name] = value


def _converted(was: Field, now: Field, value: Any) -> tuple[Any, Any, str]:
    """(what the new type keeps or None, what it cannot keep, why)"""
    if value is None:
        return None, None, ""
    if was.value_type != now.value_type:
        convert = _WITHOUT_LOSS.get((was.value_type, now.value_type)) or _WHERE_IT_FITS.get((was.value_type, now.value_type))
        try:
            converted = convert(value) if convert else None
        except (TypeError, ValueError):
            converted = None
        if converted is None:
            return None, value, "type"
        value = converted
    codes = None if now.choices is None else {choice.value for choice in now.choices}
    if codes is None:
        return value, None, ""
    if isinstance(value, list):
        kept, rest = [code for code in value if code in codes], [code for code in value if code not in codes]
        return (kept if kept or not rest else None), rest, "choice" if rest else ""
    return (value, None, "") if value in codes else (None, value, "choice")


def _number_as_text(value: Any) -> str:
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _several(value: Any) -> list[Any]:
    return [value]


def _only(value: Any) -> Any:
    return value[0] if isinstance(value, list) and len(value) == 1 else None


def _whole(value: Any) -> Any:
    return int(value) if isinstance(value, int | float) and not isinstance(value, bool) and value == int(value) else None


def _same(value: Any) -> Any:
    return value


_WITHOUT_LOSS: dict[tuple[str, str], Callable[[Any], Any]] = {
    ("integer", "decimal"): _same,
    ("integer", "text"): _number_as_text,
    ("decimal", "text"): _number_as_text,
    ("select_one", "text"): _same,
    ("select_one", "select_multiple"): _several,
    ("barcode", "text"): _same,
    ("text", "barcode"): _same,
    ("date", "text"): _same,
    ("time", "text"): _same,
    ("dateTime", "text"): _same,
    ("acknowledge", "text"): _same,
    ("image", "file"): _same,
    ("audio", "file"): _same,
    ("video", "file"): _same,
    ("rank", "select_multiple"): _same,
}
_WHERE_IT_FITS: dict[tuple[str, str], Callable[[Any], Any]] = {
    ("decimal", "integer"): _whole,
    ("select_multiple", "select_one"): _only,
    ("text", "select_one"): _same,
}
