"""Runs a pattern that looks around or back, one step at a time, each counted as work: it ends, and at the same step on every machine.

The pattern becomes a program of small instructions; where two ways lead on, one waits on a stack. Without looking back to a group, a place in the program
and a place in the text decide together what follows, so no such pair is tried twice, and the time is bounded by program times text.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from typing import Any

from forms.moments import Clock
from forms.pattern_syntax import Node

PROGRAM_STEPS_MAX = 20_000
TRIED_AT_ONCE = 1_000

Program = list[tuple[Any, ...]]
_WORD = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_")


def search(node: Node) -> tuple[Callable[[str, Clock], bool], int]:
    """How it is searched for, and the length of the program. Raises OverflowError where that would be more than PROGRAM_STEPS_MAX."""
    writer = _Writer()
    program = writer.program(node)
    size = PROGRAM_STEPS_MAX - writer.left[0]
    backs = _looks_back(program)

    def run(text: str, clock: Clock) -> bool:
        tried: set[tuple[int, int]] | None = None if backs else set()
        return any(_matches(program, text, start, None, tried, clock) is not None for start in range(len(text) + 1))

    return run, size


class _Writer:
    def __init__(self, left: list[int] | None = None) -> None:
        self.steps: Program = []
        self.loops = 0
        self.left = [PROGRAM_STEPS_MAX] if left is None else left
        """How many steps may still be written, in this program and those within it."""

    def program(self, node: Node) -> Program:
        self.write(node)
        self.steps.append(("found",))
        return self.steps

    def add(self, *step: Any) -> int:
        self.steps.append(step)
        self.left[0] -= 1
        if self.left[0] < 0:
            raise OverflowError
        return len(self.steps) - 1

    def write(self, node: Node) -> None:
        kind = type(node).__name__
        getattr(self, f"_{kind.lower()}")(node)

    def _set(self, node: Any) -> None:
        self.add("set", [start for start, _ in node.ranges], [end for _, end in node.ranges])

    def _mark(self, node: Any) -> None:
        self.add("mark", node.kind)

    def _row(self, node: Any) -> None:
        for part in node.parts:
            self.write(part)

    def _choice(self, node: Any) -> None:
        ends = []
        for option in node.options[:-1]:
            split = self.add("split", 0, 0)
            self.write(option)
            ends.append(self.add("jump", 0))
            self.steps[split] = ("split", split + 1, len(self.steps))
        self.write(node.options[-1])
        for end in ends:
            self.steps[end] = ("jump", len(self.steps))

    def _group(self, node: Any) -> None:
        if node.number:
            self.add("save", 2 * node.number)
        self.write(node.part)
        if node.number:
            self.add("save", 2 * node.number + 1)

    def _look(self, node: Any) -> None:
        inner = _Writer(self.left)
        lengths = _lengths(node.part) if node.behind else (0, 0)
        self.add("look", inner.program(node.part), node.behind, node.negative, lengths)

    def _back(self, node: Any) -> None:
        self.add("back", node.number)

    def _repeated(self, node: Any) -> None:
        for _ in range(node.least):
            self.write(node.part)
        if node.most is None:
            split = self.add("split", 0, 0)
            self.loops += 1
            self.add("enter", -self.loops)
            self.write(node.part)
            self.add("again", -self.loops)
            self.add("jump", split)
            self._splits([split], node.lazy)
        else:
            splits = []
            for _ in range(node.most - node.least):
                splits.append(self.add("split", 0, 0))
                self.write(node.part)
            self._splits(splits, node.lazy)

    def _splits(self, splits: list[int], lazy: bool) -> None:
        for split in splits:
            ways = (split + 1, len(self.steps))
            self.steps[split] = ("split", *(ways[::-1] if lazy else ways))


def _looks_back(program: Program) -> bool:
    return any(step[0] == "back" or (step[0] == "look" and _looks_back(step[1])) for step in program)


def _lengths(node: Any) -> tuple[int, int | None]:
    """How many characters it takes, at least and at most."""
    match type(node).__name__:
        case "Set":
            return 1, 1
        case "Row":
            each = [_lengths(part) for part in node.parts]
            return sum(least for least, _ in each), None if any(most is None for _, most in each) else sum(most or 0 for _, most in each)
        case "Choice":
            each = [_lengths(part) for part in node.options]
            return min(least for least, _ in each), None if any(most is None for _, most in each) else max(most or 0 for _, most in each)
        case "Group":
            return _lengths(node.part)
        case "Repeated":
            least, most = _lengths(node.part)
            return least * node.least, 0 if most == 0 else None if most is None or node.most is None else most * node.most
    return 0, 0


def _matches(program: Program, text: str, start: int, end: int | None, tried: set[tuple[int, int]] | None, clock: Clock, saved=()) -> tuple | None:
    """What the groups have kept where the program is found at `start` (and ends at `end`, where that is given); None where it is not."""
    waiting: list[tuple[int, int, tuple]] = [(0, start, saved)]
    steps = 0
    while waiting:
        at, place, kept = waiting.pop()
        while True:
            steps += 1
            if steps % TRIED_AT_ONCE == 0:
                clock.spend(TRIED_AT_ONCE)
            if tried is not None:
                if (at, place) in tried:
                    break
                tried.add((at, place))
            step = program[at]
            kind = step[0]
            if kind == "set":
                if place >= len(text):
                    break
                code = ord(text[place])
                found = bisect_right(step[1], code) - 1
                if found < 0 or code > step[2][found]:
                    break
                place += 1
            elif kind == "split":
                waiting.append((step[2], place, kept))
                at = step[1]
                continue
            elif kind == "jump":
                at = step[1]
                continue
            elif kind == "mark":
                if not _is_at(step[1], text, place):
                    break
            elif kind in ("save", "enter"):
                kept = _keep(kept, step[1], place)
            elif kind == "again":
                if dict(kept).get(step[1]) == place:  # a round that took nothing is none
                    break
            elif kind == "back":
                known = dict(kept)
                piece = text[known.get(2 * step[1], 0) : known.get(2 * step[1] + 1, 0)]
                if not text.startswith(piece, place):
                    break
                place += len(piece)
            elif kind == "look":
                inside = _looked(step, text, place, kept, clock)
                if (inside is None) != step[3]:
                    break
                kept = kept if inside is None else inside
            elif kind == "found":
                if end is None or place == end:
                    clock.spend(steps % TRIED_AT_ONCE)
                    return kept
                break
            at += 1
    clock.spend(steps % TRIED_AT_ONCE)
    return None


def _looked(step: tuple, text: str, place: int, kept: tuple, clock: Clock) -> tuple | None:
    _, program, behind, _, (least, most) = step
    tried: set[tuple[int, int]] | None = None if _looks_back(program) else set()
    if not behind:
        return _matches(program, text, place, None, tried, clock, kept)
    for start in range(place - least, (0 if most is None else max(0, place - most)) - 1, -1):
        found = _matches(program, text, start, place, tried, clock, kept)
        if found is not None:
            return found
    return None


def _keep(kept: tuple, name: int, place: int) -> tuple:
    return (*(pair for pair in kept if pair[0] != name), (name, place))


def _is_at(kind: str, text: str, place: int) -> bool:
    if kind == "^":
        return place == 0
    if kind == "$":
        return place == len(text)
    edge = (place > 0 and text[place - 1] in _WORD) != (place < len(text) and text[place] in _WORD)
    return edge == (kind == "\\b")
