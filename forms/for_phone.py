"""What the phone's engine lacks or does otherwise, written so that it can; and what cannot be, said at publishing.

    for_phone("pulldata('villages', 'name', 'code', ${code})")   →  instance('villages')/root/item[code = string(${code})]/name
    troubles("count(preceding-sibling::*)")                      →  what to write instead

Each rewriting means the same at the centre as before: one XForm is for both. It happens where the XForm is compiled (forms/xlsform.py), and nowhere else;
the table in docs/forms.md says what was found of @getodk/xforms-engine 0.22, and tests/forms/test_for_phone.py holds it against the engine.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace

from lxml import etree

from forms.functions import FUNCTIONS
from forms.layout import Trouble
from forms.xpath import Binary, Call, Expression, Filter, Negate, Number, Path, Step, Text, XPathError, parse, walk, written

XFORMS = "http://www.w3.org/2002/xforms"
JAVAROSA = "http://openrosa.org/javarosa"
EXPRESSIONS = {
    "bind": ("relevant", "required", "constraint", "calculate", "readonly"),
    "setvalue": ("value",),
    "output": ("value",),
    "itemset": ("nodeset",),
    "repeat": (f"{{{JAVAROSA}}}count",),
}
"""Where expressions stand in an XForm: element → attributes."""
TRUTHS = ("relevant", "required", "constraint", "readonly")
NAME = re.compile(r"[^\W\d][\w.\-]*")
COMPARISONS = ("=", "!=", "<", "<=", ">", ">=")
ALGORITHMS = ("MD5", "SHA-1", "SHA-256", "SHA-384", "SHA-512")
BLANK = Text("")
REWRITTEN_PARTS_MAX = 100
"""Of a call that is written anew: some of it is then there several times, and in each other that would grow without end."""


def rewrite(root: etree._Element) -> None:
    """Every expression of the XForm, in place. What is no expression is left as it is: publishing says so elsewhere."""
    for element in root.iter(*(f"{{{XFORMS}}}{name}" for name in EXPRESSIONS)):
        for attribute in EXPRESSIONS[etree.QName(element).localname]:
            if text := element.get(attribute):
                element.set(attribute, for_phone(text, attribute in TRUTHS))


def for_phone(text: str, is_condition: bool = False) -> str:
    """The expression as the phone is to have it; the same text where there is nothing to do."""
    try:
        parsed = parse(text)
        changed = _Rewriter().expression(parsed, "truth" if is_condition else "text")
    except XPathError:
        return text
    return text if changed == parsed else written(changed)


def troubles(expression: Expression) -> list[Trouble]:
    """What of a rewritten expression the phone's engine still cannot do, or does wrongly."""
    return list(dict.fromkeys(_troubles(expression)))


def _troubles(expression: Expression) -> Iterator[Trouble]:
    for each in walk(expression):
        match each:
            case Binary("|", _, _):
                yield Trouble("phone_union", written(each))
            case Filter():
                yield Trouble("phone_filter", written(each))
            case Call("substring-after", (_, mark)) if not (isinstance(mark, Text) and len(mark.value) == 1):
                yield Trouble("phone_large", "substring-after")
            case Call("format-date" | "format-date-time" as name, (_, Text(pattern))) if "%a" in pattern and pattern != "%a":
                yield Trouble("phone_large", name)
            case Call("digest", (_, Text(algorithm), *_)) if algorithm not in ALGORITHMS:
                yield Trouble("phone_digest", algorithm)
            case Path(_, _, steps):
                for step in steps:
                    if step.axis in ("preceding", "following", "preceding-sibling"):
                        yield Trouble("phone_axis", f"{step.axis}::{step.name}")
                    elif step.name == "node()" and step.axis not in ("self", "parent", "descendant-or-self"):
                        yield Trouble("phone_node", written(each))


class _Rewriter:
    """`want` is what an expression is taken for where it stands: text, number, truth or nodes."""

    def __init__(self) -> None:
        self.predicates = 0

    def expression(self, expression: Expression, want: str) -> Expression:
        match expression:
            case Binary(operator, left, right):
                return self._binary(operator, left, right, want)
            case Negate(operand):
                return Negate(self.expression(operand, "number"))
            case Filter(base, predicates):
                inner = self.expression(base, "nodes")
                conditions = self._conditions(predicates)
                if isinstance(inner, Path) and inner.steps:
                    # A condition on a bracket is passed over by the engine; on the last step it is not, and there it means the same.
                    *steps, last = inner.steps
                    return Path(inner.base, inner.absolute, (*steps, replace(last, predicates=last.predicates + conditions)))
                return Filter(inner, conditions)
            case Path(base, absolute, steps):
                start = None if base is None else self.expression(base, "nodes")
                return Path(start, absolute, tuple(replace(step, predicates=self._conditions(step.predicates)) for step in steps))
            case Call(name, arguments):
                return self._call(name, arguments, want)
        return expression

    def _conditions(self, predicates: tuple[Expression, ...]) -> tuple[Expression, ...]:
        self.predicates += 1
        conditions = tuple(self.expression(each, "number" if _is_number(each) else "truth") for each in predicates)
        self.predicates -= 1
        return conditions

    def _binary(self, operator: str, left: Expression, right: Expression, want: str) -> Expression:
        if operator in ("and", "or"):
            sides = [self.expression(side, "truth") for side in (left, right)]
            if want != "truth":
                # The engine gives the side itself: `1 and 'x'` is 'x' there.
                sides = [side if _is_truth(side) else Call("boolean", (side,)) for side in sides]
            return Binary(operator, *sides)
        if operator in COMPARISONS:
            for at, (union, other) in enumerate(((left, right), (right, left))):
                if isinstance(union, Binary) and union.operator == "|" and not _is_truth(other):
                    each = [Binary(operator, part, other) if at == 0 else Binary(operator, other, part) for part in (union.left, union.right)]
                    return self.expression(Binary("or", *each), want)
            return Binary(operator, self.expression(left, "other"), self.expression(right, "other"))
        if operator == "|":
            if want == "truth":
                return Binary("or", *(Call("boolean", (self.expression(side, "truth"),)) for side in (left, right)))
            return Binary(operator, self.expression(left, "nodes"), self.expression(right, "nodes"))
        return Binary(operator, self.expression(left, "number"), self.expression(right, "number"))

    def _call(self, name: str, arguments: tuple[Expression, ...], want: str) -> Expression:
        if name in ("count", "count-non-empty") and len(arguments) == 1 and (parts := _different(arguments[0])):
            counts: Expression = Call(name, (self.expression(parts[0], "nodes"),))
            for part in parts[1:]:
                counts = Binary("+", counts, Call(name, (self.expression(part, "nodes"),)))
            return counts
        if name in ("min", "max"):
            arguments = tuple(part for argument in arguments for part in _parts(argument))
        if name in ("boolean", "not") and len(arguments) == 1 and len(_parts(arguments[0])) > 1:
            arguments = (self.expression(arguments[0], "truth"),)
        call = Call(name, tuple(self.expression(argument, kind) for argument, kind in zip(arguments, _kinds(name, arguments, want), strict=True)))
        return _CALLS[name](self, call, want) if name in _CALLS and _size(call) <= REWRITTEN_PARTS_MAX else call

    def rebased(self, expression: Expression) -> Expression | None:
        """The same, said from within a condition on something else; None where that cannot be said."""
        match expression:
            case Path(None, False, steps):
                if self.predicates:
                    return None
                steps = steps if steps[:1] != (Step("self", "node()"),) else steps[1:]
                return Path(Call("current", ()), False, steps or (Step("self", "node()"),))
            case Path(None, True, _) | Text() | Number():
                return expression
            case Path(base, absolute, steps) if base is not None:
                start = self.rebased(base)
                return None if start is None else Path(start, absolute, steps)
            case Binary(operator, left, right):
                sides = [self.rebased(side) for side in (left, right)]
                return None if sides[0] is None or sides[1] is None else Binary(operator, sides[0], sides[1])
            case Negate(operand):
                inner = self.rebased(operand)
                return None if inner is None else Negate(inner)
            case Call(name, arguments):
                if name in ("position", "last") or (not arguments and FUNCTIONS.get(name) is not None and FUNCTIONS[name].arguments):
                    return None
                rebased = [self.rebased(argument) for argument in arguments]
                return None if None in rebased else Call(name, tuple(each for each in rebased if each is not None))
        return None


def _pulldata(rewriter: _Rewriter, call: Call, _want: str) -> Expression:
    """The engine puts the value between quotes, so that a quote in an answer breaks it."""
    match call.arguments:
        case (Text(name), Text(wanted), Text(key), value) if (
            NAME.fullmatch(wanted) and NAME.fullmatch(key) and (rebased := rewriter.rebased(value)) is not None
        ):
            condition = Binary("=", Path(None, False, (Step("child", key),)), Call("string", (rebased,)))
            return Path(Call("instance", (Text(name),)), False, (Step("child", "root"), Step("child", "item", (condition,)), Step("child", wanted)))
    return call


def _substring_after(_rewriter: _Rewriter, call: Call, _want: str) -> Expression:
    """The engine leaves out one letter of the mark, however long it is."""
    if len(call.arguments) != 2:
        return call
    text, mark = call.arguments
    if isinstance(mark, Text) and len(mark.value) == 1:
        return call
    start = Binary("+", Call("string-length", (Call("substring-before", (text, mark)),)), Call("string-length", (mark,)))
    return Call("if", (Call("contains", (text, mark)), Call("substr", (text, start)), BLANK))


def _format(_rewriter: _Rewriter, call: Call, _want: str) -> Expression:
    """The engine has no word for Sunday: %a is nothing there."""
    if len(call.arguments) != 2 or not isinstance(call.arguments[1], Text) or "%a" not in call.arguments[1].value:
        return call
    moment, pattern = call.arguments[0], call.arguments[1].value

    def part(text: str) -> Call:
        return Call(call.name, (moment, Text(text)))

    is_sunday = Binary("and", Binary("=", part("%a"), BLANK), Binary("!=", part("%Y"), BLANK))
    weekday = Call("if", (is_sunday, Text("Sun"), part("%a")))
    pieces: list[Expression] = []
    for at, piece in enumerate(pattern.split("%a")):
        pieces += [weekday] if at else []
        pieces += [part(piece)] if piece else []
    return pieces[0] if len(pieces) == 1 else Call("concat", tuple(pieces))


def _date(_rewriter: _Rewriter, call: Call, want: str) -> Expression:
    """As text, what is no date would be "Invalid Date"."""
    if want != "text" or len(call.arguments) != 1 or _is_surely_a_date(call.arguments[0]):
        return call
    return Call("if", (Binary("=", call, call), call, BLANK))


def _distance(_rewriter: _Rewriter, call: Call, _want: str) -> Expression:
    """The engine fails where there is no line yet."""
    paths = [argument for argument in call.arguments if isinstance(argument, Path)]
    if not paths:
        return call
    conditions: list[Expression] = [Binary("=", Call("count-non-empty", (path,)), Call("count", (path,))) for path in paths]
    if len(call.arguments) == 1:
        conditions.append(Binary("or", Call("contains", (paths[0], Text(";"))), Binary(">", Call("count", (paths[0],)), Number(1.0))))
    condition = conditions[0]
    for each in conditions[1:]:
        condition = Binary("and", condition, each)
    return Call("if", (condition, call, BLANK))


_CALLS: dict[str, Callable[[_Rewriter, Call, str], Expression]] = {
    "pulldata": _pulldata,
    "substring-after": _substring_after,
    "format-date": _format,
    "format-date-time": _format,
    "date": _date,
    "date-time": _date,
    "distance": _distance,
}


def _kinds(name: str, arguments: tuple[Expression, ...], want: str) -> list[str]:
    """What each argument is taken for."""
    if name == "if":
        return ["truth", want, want][: len(arguments)] + ["other"] * (len(arguments) - 3)
    if name in ("string", "once", "coalesce", "concat", "join"):
        return ["text"] * len(arguments)
    row = FUNCTIONS.get(name)
    kinds = list(row.arguments) if row is not None else []
    if name == "weighted-checklist":
        return ["number", "number", *("truth" if at % 2 == 0 else "number" for at in range(len(arguments) - 2))][: len(arguments)]
    known = {"text": "text", "number": "number", "truth": "truth", "nodes": "nodes"}
    last = kinds[-1] if kinds else ""
    return [known.get((kinds[at] if at < len(kinds) else last).removeprefix("…"), "other") for at in range(len(arguments))]


def _is_truth(expression: Expression) -> bool:
    match expression:
        case Binary(operator, left, right):
            return operator in COMPARISONS or (operator in ("and", "or") and _is_truth(left) and _is_truth(right))
        case Call("if", (_, chosen, otherwise)):
            return _is_truth(chosen) and _is_truth(otherwise)
        case Call(name, _):
            return name in FUNCTIONS and FUNCTIONS[name].result == "truth"
    return False


def _is_number(expression: Expression) -> bool:
    match expression:
        case Number() | Negate():
            return True
        case Binary(operator, _, _):
            return operator in ("+", "-", "*", "div", "mod")
        case Call(name, _):
            return name in FUNCTIONS and FUNCTIONS[name].result in ("number", "moment")
    return False


def _is_surely_a_date(expression: Expression) -> bool:
    match expression:
        case Call("today" | "now", ()):
            return True
        case Binary("+" | "-", left, Number()):
            return _is_surely_a_date(left)
    return False


def _parts(expression: Expression) -> list[Expression]:
    """The sides of a union."""
    if isinstance(expression, Binary) and expression.operator == "|":
        return [*_parts(expression.left), *_parts(expression.right)]
    return [expression]


def _different(expression: Expression) -> list[Expression] | None:
    """The sides of a union that have no node in common, as far as one can see: plain paths of different names."""
    parts = _parts(expression)
    if len(parts) < 2 or not all(isinstance(part, Path) and part.steps and not _is_wide(part) for part in parts):
        return None
    names = {part.steps[-1].name for part in parts if isinstance(part, Path)}
    return parts if len(names) == len(parts) else None


def _size(expression: Expression) -> int:
    return sum(1 for _ in walk(expression))


def _is_wide(path: Path) -> bool:
    last = path.steps[-1]
    return last.axis != "child" or last.name in ("*", "node()", "text()")
