"""Regular expressions as the phone means them (JavaScript, no flags), in bounded time whatever the pattern and the text.

    found("13800000001", "^1[0-9]{10}$", clock)      # True

A pattern is read by forms/pattern_syntax.py and written anew here for whoever runs it (docs/decisions/0082):
    a line of characters and classes with one repetition, anchored at its start   →  Python's `re`, which then cannot go astray
    everything else without looking around or back                                →  RE2, linear in the text
    what looks around or back                                                     →  forms/backtracking.py, whose steps are counted as work
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache

import re2

from forms.backtracking import search
from forms.moments import Clock
from forms.pattern_syntax import LAST, Back, Choice, Group, Look, Mark, Node, PatternError, Repeated, Row, Set, in_halves, parsed, walk

__all__ = ["PatternError", "compiled", "finder", "found", "is_slow_on_the_phone"]

PATTERNS_KEPT_MAX = 1_000
COUNT_MAX = 1_000
"""RE2 counts no further in {n,m}."""
RE2_BYTES_MAX = 2_000_000
Search = Callable[[str, Clock], bool]


def found(text: str, pattern: str, clock: Clock) -> bool:
    """Whether the pattern is found anywhere in the text; a pattern that is none is found nowhere."""
    try:
        search_in, size = compiled(pattern)
    except PatternError:
        clock.spend(len(pattern))
        return False
    clock.spend(size + (len(text) >> 4))
    return search_in(text if text.isascii() else in_halves(text), clock)


def finder(pattern: str) -> Search:
    """For a pattern that stands in the form. Raises PatternError."""
    search_in, size = compiled(pattern)

    def is_found(text: str, clock: Clock) -> bool:
        clock.spend(size + (len(text) >> 4))
        return search_in(text if text.isascii() else in_halves(text), clock)

    return is_found


def compiled(pattern: str) -> tuple[Search, int]:
    """How it is searched for, and its size: what it cost to make counts as work each time, or the verdict would hang on what was judged before.

    Raises PatternError.
    """
    made = _made(pattern)
    if isinstance(made, PatternError):
        raise PatternError(str(made))
    return made


@lru_cache(maxsize=PATTERNS_KEPT_MAX)
def _made(pattern: str) -> tuple[Search, int] | PatternError:
    """Also what is wrong with a pattern is kept: an answer may be a pattern, and a bad one a hundred times."""
    try:
        return _make(pattern)
    except PatternError as error:
        return error


def _make(pattern: str) -> tuple[Search, int]:
    node = parsed(pattern)
    size = sum(1 for _ in walk(node)) >> 3
    if _is_plain(node):
        plain = re.compile(_written(node, _for_python), re.DOTALL)
        return lambda text, clock: plain.search(text) is not None, 0
    if not any(isinstance(each, Look | Back) for each in walk(node)):
        options = re2.Options()
        options.log_errors, options.max_mem, options.never_capture = False, RE2_BYTES_MAX, True
        try:
            linear = re2.compile(_written(node, _for_re2), options)
        except re2.error:
            pass  # it counts too far for RE2; our own engine says whether it can
        else:
            return lambda text, clock: linear.search(text) is not None, size
    try:
        return search(node)
    except OverflowError:
        raise PatternError("the pattern is too large") from None


def is_slow_on_the_phone(pattern: str) -> bool:
    """A repetition of something that itself varies in length: nothing to us, but the phone goes through every way of taking it apart."""
    without_end = [each.part for each in walk(parsed(pattern)) if isinstance(each, Repeated) and each.most is None]
    return any(isinstance(inner, Choice) or (isinstance(inner, Repeated) and inner.least != inner.most) for part in without_end for inner in walk(part))


# Writing


def _is_plain(node: Node) -> bool:
    """^, then characters and classes, one of them at most repeated a varying number of times: nothing to go astray in."""
    parts = node.parts if isinstance(node, Row) else (node,)
    if not parts or parts[0] != Mark("^"):
        return False
    varying = [each for each in parts if isinstance(each, Repeated) and each.least != each.most]
    inner = [each.part if isinstance(each, Repeated) else each for each in parts[1:]]
    if inner and inner[-1] == Mark("$"):
        inner.pop()
    return len(varying) <= 1 and all(isinstance(each, Set) for each in inner) and all(each.least <= COUNT_MAX for each in parts if isinstance(each, Repeated))


def _for_re2(code: int) -> str:
    return f"\\x{{{code:X}}}"


def _for_python(code: int) -> str:
    return f"\\U{code:08X}"


def _written(node: Node, character: Callable[[int], str]) -> str:
    match node:
        case Set(ranges):
            if not ranges:
                return f"[^{character(0)}-{character(LAST)}]"
            return "[" + "".join(character(start) if start == end else f"{character(start)}-{character(end)}" for start, end in ranges) + "]"
        case Mark(kind):
            return {"^": r"\A", "$": r"\z" if character is _for_re2 else r"\Z"}.get(kind, kind)
        case Row(parts):
            return "".join(_written(part, character) for part in parts)
        case Choice(options):
            return "(?:" + "|".join(_written(option, character) for option in options) + ")"
        case Group(part):
            return f"(?:{_written(part, character)})"
        case Repeated(part, least, most, _):
            if most == 0:
                return ""
            inner = _written(part, character)
            if not inner:
                return ""
            return f"(?:{inner})" + {(0, None): "*", (1, None): "+", (0, 1): "?"}.get((least, most), f"{{{least},{'' if most is None else most}}}")
    raise TypeError(node)
