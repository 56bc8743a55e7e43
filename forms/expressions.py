"""Writes one XPath expression as one Python expression over the rows of forms/compiler.py: operators, conversions and functions here, paths in forms/paths.py.

Nothing of a form reaches the source but through `Layout`'s names and `repr` of numbers and texts. What cannot be resolved is a `Trouble`, all of them at once.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from forms import patterns, xpath
from forms.calls import CALLS
from forms.functions import FUNCTIONS
from forms.layout import BLANKS, DATES, NUMBERS, SEVERAL, Code, Layout, Nodes, Scope, Trouble
from forms.paths import Paths
from forms.questionnaire import Field


@dataclass
class Writer(Paths):
    """Writes the expressions of one form; gathers what they refer to and what is wrong with them."""

    layout: Layout
    references: dict[str, Field] = field(default_factory=dict)
    volatile: set[str] = field(default_factory=set)
    troubles: list[Trouble] = field(default_factory=list)
    fixed: dict[str, str] = field(default_factory=dict)
    """Python source that is the same for every row → the name it is kept under, so that it is worked out once."""
    crosses: bool = False
    """It reads a list of rows, so it cannot be settled row by row."""
    _variables: int = 0

    def truth(self, expression: xpath.Expression, scope: Scope) -> str:
        return self.as_truth(self.write(expression, scope))

    def text(self, expression: xpath.Expression, scope: Scope) -> str:
        return self.as_text(self.write(expression, scope))

    def number(self, expression: xpath.Expression, scope: Scope) -> str:
        return self.as_number(self.write(expression, scope))

    def write(self, expression: xpath.Expression, scope: Scope) -> Code:
        match expression:
            case xpath.Number(value):
                return Code(_number_literal(value), "number", literal=value)
            case xpath.Text(value):
                return Code(repr(value), "text", literal=value)
            case xpath.Negate(operand):
                return Code(f"(-{self.number(operand, scope)})", "number")
            case xpath.Binary(operator, left, right):
                return self._binary(operator, left, right, scope)
            case xpath.Path():
                nodes = self.path(expression, scope)
                return Code("", "nodes", nodes) if nodes else Code("''", "text")
            case xpath.Filter(base, predicates):
                code = self.write(base, scope)
                if code.nodes is None:
                    return self.trouble("not_nodes")
                nodes = self.narrow(code.nodes, predicates, scope)
                return Code("", "nodes", nodes)
            case xpath.Call(name, arguments):
                return self._call(name, arguments, scope)
        raise TypeError(expression)

    def trouble(self, key: str, detail: str = "", level: str = "error") -> Code:
        self.troubles.append(Trouble(key, detail, level))
        return Code("''", "text")

    # operators

    def _binary(self, operator: str, left: xpath.Expression, right: xpath.Expression, scope: Scope) -> Code:
        if operator in ("and", "or"):
            # A long row of them is written flat: Python does not read a hundred brackets in each other.
            terms = [right]
            while isinstance(left, xpath.Binary) and left.operator == operator:
                terms.insert(0, left.right)
                left = left.left
            return Code("(" + f" {operator} ".join(self.truth(term, scope) for term in (left, *terms)) + ")", "truth")
        if operator == "*":
            # As floats: whole numbers would grow without end, and a float that is too large is infinite.
            return Code(f"(float({self.number(left, scope)}) * {self.number(right, scope)})", "number")
        if operator in ("+", "-"):
            return Code(f"({self.number(left, scope)} {operator} {self.number(right, scope)})", "number")
        if operator in ("div", "mod"):
            return Code(f"{'divide' if operator == 'div' else 'modulo'}({self.number(left, scope)}, {self.number(right, scope)})", "number")
        if operator == "|":
            return self.union(self.write(left, scope), self.write(right, scope))
        return self._compare({"=": "=="}.get(operator, operator), self.write(left, scope), self.write(right, scope), scope)

    def _compare(self, operator: str, left: Code, right: Code, scope: Scope) -> Code:
        for code in (left, right):
            if code.nodes is not None:
                self._refuse_reference_from_outside(code.nodes)
        if "truth" in (left.type, right.type) and operator in ("==", "!="):
            return Code(f"({self.as_truth(left)} {operator} {self.as_truth(right)})", "truth")
        loops: list[str] = []
        conditions: list[Code] = []
        for code in (left, right):
            if code.nodes is not None and code.nodes.many:
                variable = self.variable()
                rows = f"clock.over({code.nodes.rows})" if loops else self.over(code.nodes.rows, scope)
                loops.append(self._loop(code.nodes, variable, rows))
                conditions.append(Code("", "nodes", replace(code.nodes, rows=variable, many=False)))
            else:
                conditions.append(code)
        compared = self._compare_single(operator, *conditions)
        for code in (left, right):
            if code.nodes is not None and not code.nodes.many and code.nodes.level == "items" and code.nodes.key is not None:
                # A child that this item does not have is no node, so it compares with nothing.
                compared = f"{code.nodes.key!r} in {code.nodes.rows} and {compared}"
        return Code(f"any({compared} {' '.join(loops)})" if loops else f"({compared})", "truth")

    def _loop(self, nodes: Nodes, variable: str, rows: str = "") -> str:
        """Through all nodes; items that have no such child are passed over."""
        loop = f"for {variable} in {rows or nodes.rows}"
        return f"{loop} if {nodes.key!r} in {variable}" if nodes.level == "items" and nodes.key is not None else loop

    def _compare_single(self, operator: str, left: Code, right: Code) -> str:
        if operator in ("==", "!="):
            numeric = ("number", "moment")
            if left.type not in numeric and right.type not in numeric:
                for code, other in ((left, right), (right, left)):
                    if other.literal == "" and code.nodes is not None and (blank := self._blank_test(code.nodes, operator)):
                        return blank
                if same := self._same_numbers(left, right):
                    return same if operator == "==" else f"not ({same})"
                return f"{self.as_text(left)} {operator} {self.as_text(right)}"
            if all(_is_date(code) for code in (left, right)):
                return f"{'' if operator == '==' else 'not '}same_moment({self.as_number(left)}, {self.as_number(right)})"
        return f"{self.as_number(left)} {operator} {self.as_number(right)}"

    def _same_numbers(self, left: Code, right: Code) -> str:
        """Two answers of one type of number are equal as texts where the numbers are, or both are blank; "" where they are none."""
        first, second = left.nodes, right.nodes
        if first is None or second is None or first.field is None or second.field is None:
            return ""
        if first.field.value_type not in NUMBERS or first.field.value_type != second.field.value_type:
            return ""
        one, other = self.value(first), self.value(second)
        return f"{one} == {other} or ({one} != {one} and {other} != {other})"

    def _blank_test(self, nodes: Nodes, operator: str) -> str:
        """`${x} = ''` and `${x} != ''`, without making a text of the answer first; "" where that will not do."""
        if nodes.field is None or not nodes.field.is_leaf:
            return ""
        value = self.value(nodes)
        if nodes.field.value_type in NUMBERS:
            # A blank number is NaN, the one value that does not equal itself.
            return f"{value} != {value}" if operator == "==" else f"{value} == {value}"
        return f"{value} {operator} {BLANKS.get(nodes.field.value_type, repr(''))}"

    # conversions

    def as_truth(self, code: Code) -> str:
        if code.truth:
            return code.truth
        if code.type == "truth":
            return code.text
        if code.type in ("number", "moment"):
            return f"truth_of_number({code.text})"
        if code.type == "text":
            return f"({code.text} != '')"
        nodes = code.nodes
        assert nodes is not None
        if nodes.level == "items" and nodes.key is not None:
            return f"any({nodes.key!r} in {(item := self.variable())} for {item} in {nodes.rows})" if nodes.many else f"({nodes.key!r} in {nodes.rows})"
        if nodes.many:
            return f"bool({nodes.rows})"
        # XPath: a node-set is true when it has a node, whatever is in it.
        self.troubles.append(Trouble("always_true", nodes.field.path if nodes.field else "/", "warning"))
        return "True"

    def as_text(self, code: Code) -> str:
        if code.type == "text":
            return code.text
        if code.type == "number":
            return code.shown or f"text_of_number({code.text})"
        if code.type == "moment":
            return f"text_of_days({code.text}, clock)"
        if code.type == "truth":
            return f"('true' if {code.text} else 'false')"
        return self._of_first(code.nodes, self._text_of, "''")

    def as_number(self, code: Code) -> str:
        if code.type in ("number", "moment"):
            return code.text
        if code.type == "text":
            text = f"number({code.text}, clock)"
            return self._once(replace(code, text=text)).text if code.text.startswith("fixed_") else text
        if code.type == "truth":
            return f"(1.0 if {code.text} else 0.0)"
        return self._of_first(code.nodes, self._number_of, "NAN")

    def _of_first(self, nodes: Nodes | None, convert: Callable[[Nodes], str], otherwise: str) -> str:
        assert nodes is not None
        self._refuse_reference_from_outside(nodes)
        if not nodes.many:
            return convert(nodes)
        variable = self.variable()
        return f"next(({convert(replace(nodes, rows=variable, many=False))} {self._loop(nodes, variable)}), {otherwise})"

    def _refuse_reference_from_outside(self, nodes: Nodes) -> None:
        if nodes.many and not nodes.chosen and nodes.level == "answers":
            self.troubles.append(Trouble("outside_repeat", nodes.field.path if nodes.field else "/"))

    def value(self, nodes: Nodes) -> str:
        assert nodes.field is not None
        return f"{nodes.rows}.{self.layout.attribute(nodes.field)}"

    def _text_of(self, nodes: Nodes) -> str:
        if nodes.level == "free":
            self.refer_to_values(nodes.places)
            return f"text_of_node({nodes.rows})"
        if nodes.level == "items":
            return f"{nodes.rows}.get({nodes.key!r}, '')" if nodes.key is not None else f"''.join({nodes.rows}.values())"
        if nodes.field is None or not nodes.field.is_leaf:
            self.troubles.append(Trouble("group_value", nodes.field.path if nodes.field else "/"))
            return "''"
        value = self.value(nodes)
        if nodes.field.value_type in NUMBERS:
            return f"text_of_{nodes.field.value_type.replace('integer', 'number')}({value})"
        if nodes.field.value_type in SEVERAL:
            return f"' '.join({value})"
        if nodes.field.value_type in ("geopoint", "geotrace", "geoshape"):
            return f"text_of_{nodes.field.value_type.replace('geoshape', 'geotrace')}({value})"
        return value

    def _number_of(self, nodes: Nodes) -> str:
        if nodes.level == "free":
            self.refer_to_values(nodes.places)
            return f"number_of_node({nodes.rows}, clock)"
        if nodes.field is not None and nodes.field.is_leaf:
            if nodes.field.value_type in NUMBERS:
                return self.value(nodes)
            if nodes.field.value_type in DATES:
                return f"days({self.value(nodes)}, clock)"
        return f"number_of_answer({self._text_of(nodes)}, clock)"

    def variable(self) -> str:
        self._variables += 1
        return f"n{self._variables}"

    # functions

    def _call(self, name: str, arguments: tuple[xpath.Expression, ...], scope: Scope) -> Code:
        row = FUNCTIONS.get(name)
        if row is None:
            return self.trouble("function", name)
        variadic = bool(row.arguments) and row.arguments[-1].startswith("…")
        most = len(row.arguments)
        least = most - row.optional - variadic
        if len(arguments) < least or (len(arguments) > most and not variadic):
            return self.trouble("arguments", f"{name}: {least}{'+' if variadic else f'–{most}' if most != least else ''}")
        if row.volatile:
            self.volatile.add(row.volatile)
        if row.run is None:
            return CALLS[name](self, arguments, scope)
        if not arguments and row.arguments:
            arguments = (xpath.Path(None, False, (xpath.Step("self", "node()"),)),)
        if name == "regex" and isinstance(arguments[1], xpath.Text):
            try:
                patterns.compiled(arguments[1].value)
            except patterns.PatternError as error:
                return self.trouble("pattern", f"{arguments[1].value}: {error}")
            if patterns.is_slow_on_the_phone(arguments[1].value):
                self.trouble("pattern_slow", arguments[1].value, "warning")
            name = self.layout.patterns.setdefault(arguments[1].value, f"pattern_{len(self.layout.patterns) + 1}")
            return Code(f"{name}({self.text(arguments[0], scope)}, clock)", "truth")
        if name == "selected" and (found := self._selected(arguments, scope)):
            return found
        convert = {"text": self.text, "number": self.number, "truth": self.truth}
        written = [convert[kind](argument, scope) for kind, argument in zip(row.arguments, arguments, strict=False)]
        if row.needs_clock:
            written.append("clock")
        code = Code(f"F[{name!r}]({', '.join(written)})", row.result)
        return self._once(code) if all(_stands_alone(argument) for argument in arguments) else code

    def _once(self, code: Code) -> Code:
        """What no answer has a part in (the year of today) is worked out before the rows are gone through."""
        return replace(code, text=self.fixed.setdefault(code.text, f"fixed_{len(self.fixed) + 1}"))

    def _selected(self, arguments: tuple[xpath.Expression, ...], scope: Scope) -> Code | None:
        """selected(${symptoms}, 'fever') of one select_multiple is `'fever' in row.q_symptoms`."""
        wanted = arguments[1]
        if not isinstance(wanted, xpath.Text) or not wanted.value.strip() or not isinstance(arguments[0], xpath.Path) or arguments[0].base is not None:
            return None
        if any(step.predicates for step in arguments[0].steps):
            return None
        code = self.write(arguments[0], scope)
        if code.nodes is not None and code.nodes.level == "answers" and not code.nodes.many and code.nodes.field is not None:
            if code.nodes.field.value_type in SEVERAL:
                return Code(f"({wanted.value.strip()!r} in {self.value(code.nodes)})", "truth")
            if code.nodes.field.value_type == "select_one":
                return Code(f"({self.value(code.nodes)} == {wanted.value.strip()!r})", "truth")
        return None

    def each(self, arguments: tuple[xpath.Expression, ...], scope: Scope, convert: Callable[[Code], str]) -> str:
        """All values of all arguments as one list; a node-set gives each of its nodes."""
        parts = []
        for argument in arguments:
            code = self.write(argument, scope)
            if code.nodes is not None and code.nodes.many:
                variable = self.variable()
                value = convert(Code("", "nodes", replace(code.nodes, rows=variable, many=False)))
                parts.append(f"*[{value} {self._loop(code.nodes, variable, self.over(code.nodes.rows, scope))}]")
            else:
                parts.append(convert(code))
        return "[" + ", ".join(parts) + "]"

    def each_text(self, nodes: Nodes, scope: Scope) -> str:
        """The set of the texts of all nodes."""
        variable = self.variable()
        rows = self.over(nodes.rows, scope) if nodes.many else f"({nodes.rows},)"
        return f"{{{self._text_of(replace(nodes, rows=variable, many=False))} {self._loop(nodes, variable, rows)}}}"

    def nodes(self, argument: xpath.Expression, scope: Scope) -> Nodes | None:
        code = self.write(argument, scope)
        if code.nodes is None:
            self.trouble("not_nodes")
        return code.nodes


def _stands_alone(expression: xpath.Expression) -> bool:
    """No answer, row or place has a part in it. A function without arguments means its place, unless it takes none."""
    return not any(
        isinstance(each, xpath.Path) or (isinstance(each, xpath.Call) and not each.arguments and each.name not in ("today", "now", "true", "false", "pi"))
        for each in xpath.walk(expression)
    )


def _is_date(code: Code) -> bool:
    nodes = code.nodes
    return code.type == "moment" or (nodes is not None and nodes.field is not None and nodes.field.value_type in DATES)


def _number_literal(value: float) -> str:
    return repr(float(value)) if value == value and abs(value) != float("inf") else "NAN"
