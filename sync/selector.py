"""Mango selectors: which documents a JSON question admits, as Apache CouchDB 3.5 decides it for `_changes?filter=_selector`. Pure.

A selector is an object of conditions, all of which must hold. A condition is a field and what is asked of it:

    {"type": "submission", "answers.visit.outcome": {"$in": ["done", "refused"]}, "started_at": {"$gte": "2026-02-01"}}

A field is a name or a dotted path; a number in a path is a place in an array (`members.0.name`); a dot or `$` that belongs to a name is written
`\\.` or `\\$`. An object inside an object goes down a path too: `{"visit": {"outcome": "done"}}` is `{"visit.outcome": "done"}`. Any value that is no
object asks for equality; so does the empty object, except as the whole selector, where it admits everything.

    $eq $ne $lt $lte $gte $gt   compare with any value, in the order below
    $exists true|false          whether the field is there, null included
    $type "…"                   null boolean number string array object
    $in $nin [values]           equal to one, or none; of an array: one of its elements, or none of them
    $all [values]               an array that has them all (no array has all of none); `[[1, 2]]` also admits the array [1, 2] itself
    $size 3                     an array of so many elements
    $mod [divisor, remainder]   a whole number; the remainder has the number's sign
    $regex "…"                  found anywhere in a string
    $beginsWith "…"             a string's beginning
    $elemMatch $allMatch {…}    a selector or condition that some, or each, element of an array meets (of an empty array: neither)
    $keyMapMatch {…}            a condition that some name in an object meets
    $and $or $nor [selectors]   $not {selector}; at the top or below a field. `$and`, `$or` and `$nor` of nothing
                                always hold, below `$not` too

A condition on a field that is not there does not hold, and neither does its negation: `{"$not": {"a": 1}}` and `{"a": {"$ne": 1}}` say the same, and
want an `a`. `$exists` alone tells of what is missing, and only where the path does not run into a number, a text or an array's end. (Among the elements
of an array it is otherwise: there `$not` holds whenever its selector does not.)

Values of different types are in CouchDB's order: null, false, true, numbers, strings, arrays, objects; arrays and objects go element by element, an
object's members in the order in which they were written. Strings are compared by code points, where CouchDB asks ICU (there, "a" < "B").

`$regex` is run by RE2, whose time grows with the length of the text and nothing else, so that no pattern can hold up the server. It has no
back-references and no look-around: a pattern with them is refused, with the operator's name, and never misread.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

import re2

DEPTH_MAX = 50  # levels of a selector
VALUES_MAX = 10_000  # in a selector, its literals included
FIELD_LENGTH_MAX = 10_000
PATTERNS_MAX = 50
ELEMENT_TESTS_MAX = 5_000_000  # of one document: conditions on elements, times the values that it holds; some seconds
PATTERN_LENGTH_MAX = 1_000
PATTERN_BYTES_MAX = 1 << 20  # of memory that a compiled pattern may take

Test = Callable[[Any], bool]

_NOT_THERE = object()
_NO_WAY = object()  # the path runs into something that has no fields
_DOT = re.compile(r"(?<!\\)\.")


class BadSelector(ValueError):
    """The selector is malformed; the text names what is wrong with it."""


def compile_selector(selector: object) -> Test:
    """The question as a function of a document. Raises BadSelector."""
    if not isinstance(selector, dict):
        raise BadSelector("Selector error: expected a JSON object")
    weight = _check_size(selector)
    if not selector:
        return lambda _: True
    for name in selector:
        if name in CONDITIONS or name == "$exists":
            raise BadSelector(f"Selector error: the condition {name} stands without a field")
    test = _compile(selector, (), False)
    return _limited(test, weight) if weight else test


def compare(one: Any, other: Any) -> int:
    """Below, at or above zero, as `one` comes before, with or after `other`."""
    rank, other_rank = _rank(one), _rank(other)
    if rank != other_rank:
        return rank - other_rank
    if isinstance(one, list):
        return next((order for order in map(compare, one, other) if order), len(one) - len(other))
    if isinstance(one, dict):
        pairs = zip(one.items(), other.items(), strict=False)
        return next((order for mine, its in pairs if (order := compare(mine[0], its[0]) or compare(mine[1], its[1]))), len(one) - len(other))
    return 0 if rank < _NUMBER else (one > other) - (one < other)


_NUMBER, _STRING, _ARRAY, _OBJECT = 3, 4, 5, 6


def _rank(value: Any) -> int:
    match value:
        case None:
            return 0
        case bool():
            return 1 + value
        case int() | float():
            return _NUMBER
        case str():
            return _STRING
        case list():
            return _ARRAY
    return _OBJECT


# From a selector to a test. `path` leads from the document to what is tested. A negation is carried down to the conditions, as CouchDB does it, except
# in the selector of an `element`.


def _compile(selector: Any, path: tuple[str, ...], negated: bool, element: bool = False) -> Test:
    if not isinstance(selector, dict) or not selector:
        return _at(path, "$eq", selector, negated)
    if len(selector) > 1:
        return _all_or_any([_compile({name: argument}, path, negated, element) for name, argument in selector.items()], every=not negated)
    [(name, argument)] = selector.items()
    match name:
        case "$and" | "$or" | "$nor":
            if not isinstance(argument, list):
                raise _bad(name, argument)
            if not argument:
                return lambda _: True
            if element and name == "$nor":
                return _not(_compile({"$or": argument}, path, False, element))
            inner = negated != (name == "$nor")
            return _all_or_any([_compile(each, path, inner, element) for each in argument], every=(name != "$and") == inner)
        case "$not":
            if not isinstance(argument, dict):
                raise _bad(name, argument)
            return _not(_compile(argument, path, False, element)) if element else _compile(argument, path, not negated)
        case "$exists":
            return _is_there(path, argument, negated)
        case _ if name in CONDITIONS:
            return _at(path, name, argument, negated)
        case _ if name.startswith("$"):
            raise BadSelector(f"Selector error: invalid operator: {name[:100]}")
    return _compile(argument, path + _steps(name), negated, element)


def _all_or_any(tests: list[Test], every: bool) -> Test:
    return (lambda value: all(test(value) for test in tests)) if every else (lambda value: any(test(value) for test in tests))


def _not(test: Test) -> Test:
    return lambda value: not test(value)


def _steps(field: str) -> tuple[str, ...]:
    steps = _DOT.split(field) if len(field) <= FIELD_LENGTH_MAX else [""]
    if "" in steps:
        raise BadSelector(f"Selector error: invalid field name: {field[:100]!r}")
    return tuple(step.replace("\\", "") for step in steps)


def _at(path: tuple[str, ...], name: str, argument: Any, negated: bool) -> Test:
    """A condition on what lies at this path."""
    test = CONDITIONS[name](name, argument)

    def holds(value: Any) -> bool:
        found = _find(value, path)
        return found is not _NOT_THERE and found is not _NO_WAY and test(found) != negated

    return holds


def _is_there(path: tuple[str, ...], argument: Any, negated: bool) -> Test:
    if not isinstance(argument, bool):
        raise _bad("$exists", argument)
    wanted = argument != negated
    return lambda value: (found := _find(value, path)) is not _NO_WAY and (found is not _NOT_THERE) == wanted


def _find(value: Any, path: tuple[str, ...]) -> Any:
    for step in path:
        if isinstance(value, dict):
            if step not in value:
                return _NOT_THERE
            value = value[step]
        elif isinstance(value, list) and step.isascii() and step.isdigit() and len(step) < 10 and int(step) < len(value):
            value = value[int(step)]
        else:
            return _NO_WAY
    return value


# Conditions: each makes a test of a value that is there, from the operator's name and argument


def _comparison(name: str, argument: Any) -> Test:
    match name:
        case "$eq":
            return lambda value: compare(value, argument) == 0
        case "$ne":
            return lambda value: compare(value, argument) != 0
        case "$lt":
            return lambda value: compare(value, argument) < 0
        case "$lte":
            return lambda value: compare(value, argument) <= 0
        case "$gt":
            return lambda value: compare(value, argument) > 0
    return lambda value: compare(value, argument) >= 0


def _mark(value: Any) -> Any:
    """Two values that compare as equal have the same mark, which a set can hold: a list of a thousand ids costs no more than one."""
    match value:
        case bool():
            return ("boolean", value)  # in Python, True is 1
        case list():
            return ("array", *map(_mark, value))
        case dict():
            return ("object", *((name, _mark(each)) for name, each in value.items()))
    return value


def _membership(name: str, argument: Any) -> Test:
    if not isinstance(argument, list):
        raise _bad(name, argument)
    wanted = frozenset(map(_mark, argument))

    def is_in(value: Any) -> bool:
        return any(_mark(each) in wanted for each in (value if isinstance(value, list) else [value]))

    return is_in if name == "$in" else lambda value: not is_in(value)


def _has_all(name: str, argument: Any) -> Test:
    if not isinstance(argument, list):
        raise _bad(name, argument)
    wanted = frozenset(map(_mark, argument))

    def test(value: Any) -> bool:
        if not isinstance(value, list) or not argument:
            return False
        if len(argument) == 1 and isinstance(argument[0], list) and compare(value, argument[0]) == 0:
            return True
        return wanted.issubset(map(_mark, value))

    return test


def _is_of_type(name: str, argument: Any) -> Test:
    if not isinstance(argument, str):
        raise _bad(name, argument)
    ranks = {"null": (0,), "boolean": (1, 2), "number": (_NUMBER,), "string": (_STRING,), "array": (_ARRAY,), "object": (_OBJECT,)}.get(argument, ())
    return lambda value: _rank(value) in ranks


def _has_size(name: str, argument: Any) -> Test:
    if not _is_whole(argument) or argument < 0:
        raise _bad(name, argument)
    return lambda value: isinstance(value, list) and len(value) == argument


def _has_remainder(name: str, argument: Any) -> Test:
    if not isinstance(argument, list) or len(argument) != 2 or not all(_is_whole(each) for each in argument) or argument[0] == 0:
        raise _bad(name, argument)
    divisor, remainder = argument
    return lambda value: _is_whole(value) and (abs(value) % abs(divisor)) * (-1 if value < 0 else 1) == remainder


def _matches_pattern(name: str, argument: Any) -> Test:
    if not isinstance(argument, str) or len(argument) > PATTERN_LENGTH_MAX:
        raise _bad(name, argument)
    options = re2.Options()
    options.log_errors = False
    options.max_mem = PATTERN_BYTES_MAX
    try:
        pattern = re2.compile(argument, options=options)
    except re2.error:
        raise _bad(name, argument) from None
    return lambda value: isinstance(value, str) and pattern.search(value) is not None


def _begins_with(name: str, argument: Any) -> Test:
    if not isinstance(argument, str):
        raise _bad(name, argument)
    return lambda value: isinstance(value, str) and value.startswith(argument)


def _elements_match(name: str, argument: Any) -> Test:
    """A condition on the elements of an array, or on the names in an object."""
    if not isinstance(argument, dict):
        raise _bad(name, argument)
    test = _compile(argument, (), False, element=True)
    if name == "$keyMapMatch":
        return lambda value: isinstance(value, dict) and any(test(each) for each in value)
    if name == "$elemMatch":
        return lambda value: isinstance(value, list) and any(test(each) for each in value)
    return lambda value: isinstance(value, list) and bool(value) and all(test(each) for each in value)


ELEMENT_OPERATORS = frozenset({"$elemMatch", "$allMatch", "$keyMapMatch"})
CONDITIONS: Mapping[str, Callable[[str, Any], Test]] = {
    "$lt": _comparison,
    "$lte": _comparison,
    "$eq": _comparison,
    "$ne": _comparison,
    "$gte": _comparison,
    "$gt": _comparison,
    "$type": _is_of_type,
    "$in": _membership,
    "$nin": _membership,
    "$size": _has_size,
    "$mod": _has_remainder,
    "$regex": _matches_pattern,
    "$beginsWith": _begins_with,
    "$all": _has_all,
    "$elemMatch": _elements_match,
    "$allMatch": _elements_match,
    "$keyMapMatch": _elements_match,
}


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _bad(name: str, argument: Any) -> BadSelector:
    return BadSelector(f"Selector error: bad argument for operator {name}: {str(argument)[:200]}")


def _check_size(selector: dict[str, Any]) -> int:
    """How many values stand below operators on elements, which are asked of each element. Raises BadSelector.

    What is deeper or larger than any honest question would cost too much for each document.
    """
    count, weight, patterns = 0, 0, 0
    level: list[tuple[Any, bool]] = [(selector, False)]
    for _ in range(DEPTH_MAX):
        inner: list[tuple[Any, bool]] = []
        for value, of_elements in level:
            if isinstance(value, dict):
                inner.extend((each, of_elements or name in ELEMENT_OPERATORS) for name, each in value.items())
                patterns += "$regex" in value
            elif isinstance(value, list):
                inner.extend((each, of_elements) for each in value)
        count += len(inner)
        weight += sum(of_elements for _, of_elements in inner)
        if count > VALUES_MAX:
            raise BadSelector(f"Selector error: more than {VALUES_MAX} values")
        if patterns > PATTERNS_MAX:
            raise BadSelector(f"Selector error: more than {PATTERNS_MAX} $regex")
        if not inner:
            return weight
        level = inner
    raise BadSelector(f"Selector error: more than {DEPTH_MAX} levels")


def _limited(test: Test, weight: int) -> Test:
    """The same test, which raises BadSelector of a document with too many elements for it."""

    def limited(document: Any) -> bool:
        if weight * _values_in(document) > ELEMENT_TESTS_MAX:
            raise BadSelector("Selector error: a document has too many elements for so many conditions on each")
        return test(document)

    return limited


def _values_in(value: Any) -> int:
    count, level = 0, [value]
    while level:
        inner: list[Any] = []
        for each in level:
            if isinstance(each, dict):
                inner.extend(each.values())
            elif isinstance(each, list):
                inner.extend(each)
        count += len(inner)
        level = inner
    return count
