"""Reads a regular expression as JavaScript without flags does: as a tree, or as a sentence on what is wrong with it.

JavaScript sees a character beyond U+FFFF as two. So do we: such halves stand at HALVES, in a pattern as in a text (`in_halves`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

PATTERN_CHARACTERS_MAX = 2_000
PATTERN_DEPTH_MAX = 50
HALVES = 0xF0000 - 0xD800
"""What is added to half a character (U+D800 to U+DFFF): a place nobody uses."""

LAST = 0x10FFFF
Ranges = tuple[tuple[int, int], ...]
DIGITS: Ranges = ((0x30, 0x39),)
WORDS: Ranges = ((0x30, 0x39), (0x41, 0x5A), (0x5F, 0x5F), (0x61, 0x7A))
BLANKS: Ranges = (
    (9, 13), (32, 32), (0xA0, 0xA0), (0x1680, 0x1680), (0x2000, 0x200A), (0x2028, 0x2029), (0x202F, 0x202F), (0x205F, 0x205F), (0x3000, 0x3000),
    (0xFEFF, 0xFEFF),
)  # fmt: skip
LINE_ENDS: Ranges = ((10, 10), (13, 13), (0x2028, 0x2029))


class PatternError(Exception):
    """The pattern is none that the phone could read; one sentence."""


@dataclass(frozen=True)
class Set:
    """One character out of these ranges."""

    ranges: Ranges


@dataclass(frozen=True)
class Mark:
    """^ $ \\b \\B"""

    kind: str


@dataclass(frozen=True)
class Row:
    parts: tuple[Node, ...]


@dataclass(frozen=True)
class Choice:
    options: tuple[Node, ...]


@dataclass(frozen=True)
class Repeated:
    part: Node
    least: int
    most: int | None
    lazy: bool


@dataclass(frozen=True)
class Group:
    part: Node
    number: int
    """0: it keeps nothing."""


@dataclass(frozen=True)
class Look:
    part: Node
    behind: bool
    negative: bool


@dataclass(frozen=True)
class Back:
    """What a group before has found."""

    number: int


Node = Set | Mark | Row | Choice | Repeated | Group | Look | Back


def parsed(pattern: str) -> Node:
    """Raises PatternError."""
    if len(pattern) > PATTERN_CHARACTERS_MAX:
        raise PatternError(f"a pattern has {PATTERN_CHARACTERS_MAX} characters at most")
    return _Reader(pattern).pattern()


def walk(node: Node) -> Iterator[Node]:
    yield node
    match node:
        case Row(parts) | Choice(parts):
            for part in parts:
                yield from walk(part)
        case Repeated(part) | Group(part) | Look(part):
            yield from walk(part)


def in_halves(text: str) -> str:
    if max(text, default="") <= "\ud7ff":
        return text
    units = text.encode("utf-16-le", "surrogatepass")
    codes = (units[at] | units[at + 1] << 8 for at in range(0, len(units), 2))
    return "".join(chr(code + HALVES if 0xD800 <= code <= 0xDFFF else code) for code in codes)


class _Reader:
    def __init__(self, pattern: str) -> None:
        self.text, self.at, self.depth = in_halves(pattern), 0, 0
        self.groups = 0
        self.names: dict[str, int] = {}
        bare = re.sub(r"\\.|\[(?:\\.|[^\]\\])*\]", "", self.text, flags=re.DOTALL)
        self.group_count = len(re.findall(r"\((?!\?)|\(\?<(?![=!])", bare))
        self.has_names = "(?<" in re.sub(r"\(\?<[=!]", "", bare)

    def pattern(self) -> Node:
        node = self.choice()
        if self.at < len(self.text):
            raise PatternError("a ) too many")
        for each in walk(node):
            if isinstance(each, Back) and each.number < 0:
                raise PatternError("a name that no group has")
        if any(isinstance(each, Look) and each.behind for each in walk(node)) and any(isinstance(each, Back) for each in walk(node)):
            raise PatternError("looking behind and back to a group in one pattern")
        return node

    def is_next(self, text: str) -> bool:
        return self.text.startswith(text, self.at)

    def take(self, text: str) -> bool:
        if self.is_next(text):
            self.at += len(text)
            return True
        return False

    def choice(self) -> Node:
        self.depth += 1
        if self.depth > PATTERN_DEPTH_MAX:
            raise PatternError(f"nested deeper than {PATTERN_DEPTH_MAX}")
        options = [self.row()]
        while self.take("|"):
            options.append(self.row())
        self.depth -= 1
        return options[0] if len(options) == 1 else Choice(tuple(options))

    def row(self) -> Node:
        parts: list[Node] = []
        while self.at < len(self.text) and self.text[self.at] not in "|)":
            parts.append(self.repeated())
        return parts[0] if len(parts) == 1 else Row(tuple(parts))

    def repeated(self) -> Node:
        part = self.atom()
        counts = self.counts()
        if counts is None:
            return part
        if isinstance(part, Mark) or (isinstance(part, Look) and part.behind):
            raise PatternError("nothing to repeat")
        lazy = self.take("?")
        if self.counts() is not None:
            raise PatternError("nothing to repeat")
        least, most = counts
        if most is not None and most < least:
            raise PatternError("numbers out of order in {}")
        return Repeated(part, least, most, lazy)

    def counts(self) -> tuple[int, int | None] | None:
        for sign, counts in (("*", (0, None)), ("+", (1, None)), ("?", (0, 1))):
            if self.take(sign):
                return counts
        matched = re.compile(r"\{(\d+)(,(\d*))?\}", re.ASCII).match(self.text, self.at)
        if matched is None:
            return None
        self.at = matched.end()
        least = min(int(matched[1][:9]), 10**6)
        return least, (least if matched[2] is None else min(int(matched[3][:9]), 10**6) if matched[3] else None)

    def atom(self) -> Node:
        letter = self.text[self.at]
        if letter in "*+?" or re.compile(r"\{\d+(,\d*)?\}", re.ASCII).match(self.text, self.at):
            raise PatternError("nothing to repeat")
        self.at += 1
        if letter in "^$":
            return Mark(letter)
        if letter == ".":
            return Set(without(LINE_ENDS))
        if letter == "(":
            return self.group()
        if letter == "[":
            return self.set()
        if letter == "\\":
            return self.escaped()
        return Set(_one(ord(letter)))

    def group(self) -> Node:
        number, look = 0, None
        for start, behind, negative in (("?=", False, False), ("?!", False, True), ("?<=", True, False), ("?<!", True, True)):
            if self.take(start):
                look = (behind, negative)
                break
        else:
            if not self.take("?:"):
                self.groups += 1
                number = self.groups
                if self.is_next("?"):
                    named = re.compile(r"\?<([A-Za-z_$][\w$]*)>").match(self.text, self.at)
                    if named is None or named[1] in self.names:
                        raise PatternError("a group that begins with (? is none that the phone knows")
                    self.names[named[1]] = number
                    self.at = named.end()
        inside = self.choice()
        if not self.take(")"):
            raise PatternError("a ) is missing")
        return Look(inside, *look) if look else Group(inside, number)

    def escaped(self) -> Node:
        if self.at >= len(self.text):
            raise PatternError("\\ at the end")
        if self.text[self.at] in "bB":
            self.at += 1
            return Mark("\\" + self.text[self.at - 1])
        number = re.compile(r"[1-9]\d*", re.ASCII).match(self.text, self.at)
        if number and int(number[0]) <= self.group_count:
            self.at = number.end()
            return Back(int(number[0]))
        if self.has_names and self.take("k"):
            named = re.compile(r"<([A-Za-z_$][\w$]*)>").match(self.text, self.at)
            if named is None or named[1] not in self.names:
                raise PatternError("a name that no group has")
            self.at = named.end()
            return Back(self.names[named[1]])
        ranges = self.escaped_set()
        return Set(ranges)

    def escaped_set(self) -> Ranges:
        """After a backslash: a class or one character."""
        letter = self.text[self.at]
        self.at += 1
        if letter in "dDwWsS":
            ranges = {"d": DIGITS, "w": WORDS, "s": BLANKS}[letter.lower()]
            return ranges if letter.islower() else without(ranges)
        if letter in "tnvfr":
            return _one({"t": 9, "n": 10, "v": 11, "f": 12, "r": 13}[letter])
        for start, digits in (("x", 2), ("u", 4)):
            code = re.compile(rf"[0-9A-Fa-f]{{{digits}}}").match(self.text, self.at)
            if letter == start and code:
                self.at = code.end()
                return _one(int(code[0], 16))
        if letter == "c" and (control := re.compile("[A-Za-z]").match(self.text, self.at)):
            self.at = control.end()
            return _one(ord(control[0]) % 32)
        octal = re.compile("[0-3][0-7]{0,2}|[4-7][0-7]?").match(self.text, self.at - 1)
        if octal:
            self.at = octal.end()
            return _one(int(octal[0], 8))
        return _one(ord(letter))

    def set(self) -> Node:
        negative = self.take("^")
        ranges: list[tuple[int, int]] = []
        while not self.take("]"):
            if self.at >= len(self.text):
                raise PatternError("a ] is missing")
            start = self.set_member()
            if self.is_next("-") and not self.is_next("-]") and self.at + 1 < len(self.text):
                self.at += 1
                end = self.set_member()
                if len(start) == len(end) == 1 and start[0][0] == start[0][1] and end[0][0] == end[0][1]:
                    if end[0][0] < start[0][0]:
                        raise PatternError("a range out of order in []")
                    ranges += _halved(start[0][0], end[0][0])
                else:
                    ranges += [*start, (45, 45), *end]
            else:
                ranges += start
        kept = _sorted(ranges)
        return Set(without(kept) if negative else kept)

    def set_member(self) -> Ranges:
        letter = self.text[self.at]
        self.at += 1
        if letter != "\\":
            return _one(ord(letter))
        if self.at >= len(self.text):
            raise PatternError("\\ at the end")
        if self.take("b"):
            return _one(8)
        return self.escaped_set()


def _one(code: int) -> Ranges:
    code = code + HALVES if 0xD800 <= code <= 0xDFFF else code
    return ((code, code),)


def _halved(start: int, end: int) -> list[tuple[int, int]]:
    """A range of JavaScript's characters as one of ours: its halves stand elsewhere."""
    start, end = (code - HALVES if code >= 0xF0000 else code for code in (start, end))
    pieces = [(start, min(end, 0xD7FF)), (max(start, 0xE000), end)]
    halves = (max(start, 0xD800) + HALVES, min(end, 0xDFFF) + HALVES)
    return [piece for piece in (*pieces, halves) if piece[0] <= piece[1]]


def _sorted(ranges: list[tuple[int, int]]) -> Ranges:
    merged: list[tuple[int, int]] = []
    for start, end in sorted(ranges):
        if merged and start <= merged[-1][1] + 1:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return tuple(merged)


def without(ranges: Ranges) -> Ranges:
    kept, start = [], 0
    for first, last in ranges:
        if start < first:
            kept.append((start, first - 1))
        start = last + 1
    return tuple([*kept, (start, LAST)] if start <= LAST else kept)
