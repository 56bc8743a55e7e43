"""Parses the XPath of a form into a tree; knows nothing of forms.

    parse("${temperature} >= 37.3") is not XPath; pyxform has already written parse("../temperature >= 37.3"):
    Binary(">=", Path(None, False, (Step("parent", "node()"), Step("child", "temperature"))), Number(37.3))

The grammar is XPath 1.0 without variables. `written` is the way back: an expression as text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

EXPRESSION_CHARACTERS_MAX = 20_000
EXPRESSION_DEPTH_MAX = 40
OPERATORS_IN_A_ROW_MAX = 150


@dataclass(frozen=True)
class Number:
    value: float


@dataclass(frozen=True)
class Text:
    value: str


@dataclass(frozen=True)
class Step:
    axis: str
    name: str
    predicates: tuple[Expression, ...] = ()


@dataclass(frozen=True)
class Path:
    """`base` is the expression the steps start from (`instance('x')`, `current()`, a parenthesis), None for the context node or the root."""

    base: Expression | None
    absolute: bool
    steps: tuple[Step, ...]


@dataclass(frozen=True)
class Filter:
    """`(expression)[predicate]`."""

    base: Expression
    predicates: tuple[Expression, ...]


@dataclass(frozen=True)
class Call:
    name: str
    arguments: tuple[Expression, ...]


@dataclass(frozen=True)
class Binary:
    operator: str
    left: Expression
    right: Expression


@dataclass(frozen=True)
class Negate:
    operand: Expression


Expression = Number | Text | Path | Filter | Call | Binary | Negate


class XPathError(Exception):
    """The text is no expression; says where."""

    def __init__(self, reason: str, position: int) -> None:
        super().__init__(f"{reason} (character {position + 1})")
        self.reason = reason
        self.position = position


def parse(text: str) -> Expression:
    if len(text) > EXPRESSION_CHARACTERS_MAX:
        raise XPathError(f"an expression has {EXPRESSION_CHARACTERS_MAX} characters at most", 0)
    parser = _Parser(list(_tokens(text)))
    expression = parser.expression()
    parser.expect("end")
    return expression


def walk(expression: Expression) -> Iterator[Expression]:
    """The expression and everything in it."""
    yield expression
    children: tuple[Expression, ...] = ()
    match expression:
        case Path(base, _, steps):
            children = ((base,) if base else ()) + tuple(predicate for step in steps for predicate in step.predicates)
        case Filter(base, predicates):
            children = (base, *predicates)
        case Call(_, arguments):
            children = arguments
        case Binary(_, left, right):
            children = (left, right)
        case Negate(operand):
            children = (operand,)
    for child in children:
        yield from walk(child)


def written(expression: Expression) -> str:
    """The expression as text again; parsed, it is the same."""
    match expression:
        case Number(value):
            text = repr(value)
            return format(Decimal(text), "f").removesuffix(".0") if "e" in text or text.endswith(".0") else text
        case Text(value):
            return f'"{value}"' if "'" in value else f"'{value}'"
        case Negate(operand):
            return f"-{_bracketed(operand, _UNARY)}"
        case Binary(operator, left, right):
            level = _level(expression)
            sign = f" {operator} "
            # Of two operators of one level the left one is first, so only the right side needs its brackets.
            return f"{_bracketed(left, level)}{sign}{_bracketed(right, level + 1)}"
        case Call(name, arguments):
            return f"{name}({', '.join(map(written, arguments))})"
        case Filter(base, predicates):
            return _bracketed(base, _PRIMARY) + "".join(f"[{written(each)}]" for each in predicates)
        case Path(base, absolute, steps):
            start = "" if base is None else written(base) if isinstance(base, Filter) else _bracketed(base, _PRIMARY)
            return start + ("/" if absolute or (base is not None and steps) else "") + _written_steps(steps)
    raise TypeError(expression)


_UNARY, _UNION, _PATH, _PRIMARY = range(6, 10)


def _level(expression: Expression) -> int:
    """How tightly it holds together."""
    match expression:
        case Binary("|", _, _):
            return _UNION
        case Binary(operator, _, _):
            return next(level for level, operators in enumerate(_LEVELS) if operator in operators)
        case Negate():
            return _UNARY
        case Path() | Filter():
            return _PATH
    return _PRIMARY


def _bracketed(expression: Expression, least: int) -> str:
    text = written(expression)
    return text if _level(expression) >= least else f"({text})"


def _written_steps(steps: tuple[Step, ...]) -> str:
    parts = []
    for step in steps:
        if step == Step("descendant-or-self", "node()"):
            parts.append("")
            continue
        name = {("self", "node()"): ".", ("parent", "node()"): ".."}.get((step.axis, step.name))
        name = name or {"child": "", "attribute": "@"}.get(step.axis, f"{step.axis}::") + step.name
        parts.append(name + "".join(f"[{written(each)}]" for each in step.predicates))
    return "/".join(parts)


@dataclass(frozen=True)
class _Token:
    kind: str  # number, text, name, operator, symbol, end
    value: str
    position: int


_NAME = r"[^\W\d][\w.\-]*"
_TOKEN = re.compile(
    rf"\s*(?:(?P<number>\d+(?:\.\d*)?|\.\d+)|(?P<text>\"[^\"]*\"|'[^']*')|(?P<name>{_NAME}(?::(?!:)(?:{_NAME}|\*))?)|(?P<symbol>//|::|\.\.|<=|>=|!=|[()\[\].@,/|+\-=<>*$]))"
)
_OPERATOR_NAMES = {"and", "or", "div", "mod"}
# After one of these (or at the start) a `*` or `and` is a name, otherwise an operator: XPath 1.0, 3.7.
_BEFORE_OPERAND = {"(", "[", ",", "@", "::", "/", "//", "|", "+", "-", "=", "!=", "<", "<=", ">", ">=", "*"}


def _tokens(text: str) -> Iterator[_Token]:
    position, previous = 0, None
    while position < len(text):
        matched = _TOKEN.match(text, position)
        if matched is None:
            if text[position:].strip() == "":
                break
            offset = len(text[position:]) - len(text[position:].lstrip())
            raise XPathError(f"{text[position + offset]!r} does not belong here", position + offset)
        kind = group = matched.lastgroup or ""
        value = matched.group(group)
        operand_due = previous is None or previous.kind == "operator" or (previous.kind == "symbol" and previous.value in _BEFORE_OPERAND)
        if not operand_due and (value == "*" or (kind == "name" and value in _OPERATOR_NAMES)):
            kind = "operator"
        previous = _Token(kind, value, matched.start(group))
        yield previous
        position = matched.end()
    yield _Token("end", "", len(text))


_LEVELS = (("or",), ("and",), ("=", "!="), ("<", "<=", ">", ">="), ("+", "-"), ("*", "div", "mod"))


class _Parser:
    def __init__(self, tokens: list[_Token]) -> None:
        self.tokens = tokens
        self.at = 0
        self.depth = 0

    @property
    def token(self) -> _Token:
        return self.tokens[self.at]

    def next(self) -> _Token:
        token = self.token
        self.at += token.kind != "end"
        return token

    def is_symbol(self, *values: str) -> bool:
        return self.token.kind == "symbol" and self.token.value in values

    def expect(self, kind: str, value: str = "") -> _Token:
        token = self.next()
        if token.kind != kind or (value and token.value != value):
            found = "the end" if token.kind == "end" else repr(token.value)
            raise XPathError(f"{value or kind} expected, {found} found", token.position)
        return token

    def expression(self, level: int = 0) -> Expression:
        if level == 0:
            self.depth += 1
            if self.depth > EXPRESSION_DEPTH_MAX:
                raise XPathError(f"nested deeper than {EXPRESSION_DEPTH_MAX}", self.token.position)
        if level == len(_LEVELS):
            return self.unary()
        left = self.expression(level + 1)
        operators = 0
        while self.token.kind in ("operator", "symbol") and self.token.value in _LEVELS[level]:
            operators += 1
            if operators > OPERATORS_IN_A_ROW_MAX:
                raise XPathError(f"more than {OPERATORS_IN_A_ROW_MAX} operators in a row", self.token.position)
            operator = self.next().value
            left = Binary(operator, left, self.expression(level + 1))
        if level == 0:
            self.depth -= 1
        return left

    def unary(self) -> Expression:
        negations = 0
        while self.is_symbol("-"):
            self.next()
            negations += 1
        operand = self.union()
        # Two negations still make a number of what they stand before.
        for _ in range(min(negations, 2 - negations % 2)):
            operand = Negate(operand)
        return operand

    def union(self) -> Expression:
        left = self.path()
        paths = 0
        while self.is_symbol("|"):
            paths += 1
            if paths > OPERATORS_IN_A_ROW_MAX:
                raise XPathError(f"more than {OPERATORS_IN_A_ROW_MAX} operators in a row", self.token.position)
            self.next()
            left = Binary("|", left, self.path())
        return left

    def path(self) -> Expression:
        token = self.token
        if token.kind in ("number", "text") or self.is_symbol("(", "$") or self.is_function_call():
            base = self.primary()
            predicates = self.predicates()
            if predicates:
                base = Filter(base, predicates)
            if not self.is_symbol("/", "//"):
                return base
            steps: list[Step] = []
            self.more_steps(steps)
            return Path(base, False, tuple(steps))
        steps = []
        absolute = self.is_symbol("/", "//")
        if absolute:
            if self.next().value == "//":
                steps.append(Step("descendant-or-self", "node()"))
            elif not self.at_step():
                return Path(None, True, ())
        steps.append(self.step())
        self.more_steps(steps)
        return Path(None, absolute, tuple(steps))

    def more_steps(self, steps: list[Step]) -> None:
        while self.is_symbol("/", "//"):
            if self.next().value == "//":
                steps.append(Step("descendant-or-self", "node()"))
            steps.append(self.step())

    def at_step(self) -> bool:
        return self.token.kind == "name" or self.is_symbol(".", "..", "@", "*")

    def is_function_call(self) -> bool:
        following = self.tokens[min(self.at + 1, len(self.tokens) - 1)]
        return (
            self.token.kind == "name"
            and following.kind == "symbol"
            and following.value == "("
            and self.token.value not in ("node", "text", "comment", "processing-instruction")
        )

    def step(self) -> Step:
        if self.is_symbol("."):
            self.next()
            return Step("self", "node()", self.predicates())
        if self.is_symbol(".."):
            self.next()
            return Step("parent", "node()", self.predicates())
        axis = "child"
        if self.is_symbol("@"):
            self.next()
            axis = "attribute"
        elif self.token.kind == "name" and self.tokens[self.at + 1].value == "::" and self.tokens[self.at + 1].kind == "symbol":
            axis = self.next().value
            self.next()
        if self.is_symbol("*"):
            self.next()
            name = "*"
        else:
            name = self.expect("name").value
            if self.is_symbol("(") and name in ("node", "text", "comment", "processing-instruction"):
                self.next()
                self.expect("symbol", ")")
                name += "()"
        return Step(axis, name, self.predicates())

    def predicates(self) -> tuple[Expression, ...]:
        found = []
        while self.is_symbol("["):
            self.next()
            found.append(self.expression())
            self.expect("symbol", "]")
        return tuple(found)

    def primary(self) -> Expression:
        token = self.next()
        if token.kind == "number":
            return Number(float(token.value))
        if token.kind == "text":
            return Text(token.value[1:-1])
        if token.value == "$":
            raise XPathError("variables are not supported", token.position)
        if token.value == "(":
            inner = self.expression()
            self.expect("symbol", ")")
            return inner
        self.expect("symbol", "(")
        arguments: list[Expression] = []
        while not self.is_symbol(")"):
            arguments.append(self.expression())
            if not self.is_symbol(","):
                break
            self.next()
        self.expect("symbol", ")")
        return Call(token.value, tuple(arguments))
