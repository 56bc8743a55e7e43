"""Writes one XPath expression as one Python expression over the rows of forms/compiler.py.

Every path is resolved here, once, for the place it stands in:

    ../temperature  in members    →  row_members.q_temperature
    /data/visit/outcome           →  root.q_outcome
    /data/members  (count of it)  →  root.q_members, a list of rows
    /data/members[temperature >= 37.3]  →  [n1 for n1 in root.q_members if n1.q_temperature >= 37.3]

An absolute path that goes through a repeat means the instance the expression stands in; relative steps (`../../members`) mean all of them.
Nothing of a form reaches the source but through `Layout`'s names and `repr` of numbers and texts. What cannot be resolved is a `Trouble`, all of them at once.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from forms import functions, xpath
from forms.functions import FUNCTIONS
from forms.xform import Field, Questionnaire

NUMBERS = ("integer", "decimal")
DATES = ("date", "dateTime")
# value type → how a blank answer stands in a row, as Python source; "''" for all others
BLANKS = {"integer": "NAN", "decimal": "NAN", "select_multiple": "()", "geopoint": "None"}


@dataclass(frozen=True)
class Trouble:
    """What is wrong with an expression, as a key of forms/check.py's sentences and what to put in."""

    key: str
    detail: str = ""
    level: str = "error"


class Layout:
    """The names that rows and answers have in the generated source; the only way a form's names get there."""

    def __init__(self, questionnaire: Questionnaire) -> None:
        self.questionnaire = questionnaire
        self._attributes: dict[str, str] = {}
        self._taken: dict[str, set[str]] = {}
        for each in questionnaire.walk():
            self._name(each)

    def _name(self, each: Field) -> None:
        taken = self._taken.setdefault(self.row_of(each), set())
        plain = re.sub(r"[^A-Za-z0-9_]", "_", each.name)
        name, number = plain, 2
        while name in taken:
            name, number = f"{plain}_{number}", number + 1
        taken.add(name)
        self._attributes[each.path] = name

    def attribute(self, each: Field) -> str:
        return f"q_{self._attributes[each.path]}"

    def flag(self, each: Field) -> str:
        return f"r_{self._attributes[each.path]}"

    def row_of(self, each: Field) -> str:
        """The variable that holds the row this field's answer stands in."""
        return self.row(each.repeat)

    def row(self, repeat: Field | None) -> str:
        return "root" if repeat is None else "row" + re.sub(r"[^A-Za-z0-9_]", "_", repeat.path.replace("/", "_"))


@dataclass(frozen=True)
class Nodes:
    """A node-set known at compile time: `rows` is one row's variable, or a list of them where `many`."""

    rows: str
    many: bool = False
    field: Field | None = None
    """None: the root of the answers."""
    chosen: bool = False
    """A predicate has narrowed it, so its first node is meant where one value is asked for."""
    list: str | None = None
    """A secondary instance's items, not answers; `key` is the child meant, None the item itself."""
    key: str | None = None
    level: str = "answers"  # answers, instance, items


@dataclass(frozen=True)
class Code:
    text: str
    type: str  # text, number, truth, moment, nodes
    nodes: Nodes | None = None
    literal: str | float | None = None


@dataclass
class Scope:
    layout: Layout
    here: Nodes
    rows: dict[str, str] = field(default_factory=dict)
    """path of a repeat → variable of the instance we stand in."""
    outer: Nodes | None = None
    predicate_on: tuple[str, ...] = ()
    position: str | None = None
    size: str | None = None
    this: Field | None = None


def scope_for(layout: Layout, each: Field) -> Scope:
    """The place where a field's own expressions stand: the field itself, inside its instance of every repeat around it."""
    rows: dict[str, str] = {}
    repeat = each.repeat
    while repeat is not None:
        rows[repeat.path] = layout.row(repeat)
        repeat = repeat.repeat
    here = Nodes(layout.row_of(each), field=each)
    if each.type == "repeat":
        # A repeat's own rules stand outside its instances.
        here = Nodes(f"{here.rows}.{layout.attribute(each)}", many=True, field=each)
    return Scope(layout, here, rows, this=each)


@dataclass
class Writer:
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
                nodes = self._path(expression, scope)
                return Code("", "nodes", nodes) if nodes else Code("''", "text")
            case xpath.Filter(base, predicates):
                code = self.write(base, scope)
                if code.nodes is None:
                    return self._trouble("not_nodes")
                nodes = self._narrow(code.nodes, predicates, scope)
                return Code("", "nodes", nodes)
            case xpath.Call(name, arguments):
                return self._call(name, arguments, scope)
        raise TypeError(expression)

    def _trouble(self, key: str, detail: str = "", level: str = "error") -> Code:
        self.troubles.append(Trouble(key, detail, level))
        return Code("''", "text")

    # operators

    def _binary(self, operator: str, left: xpath.Expression, right: xpath.Expression, scope: Scope) -> Code:
        if operator in ("and", "or"):
            return Code(f"({self.truth(left, scope)} {operator} {self.truth(right, scope)})", "truth")
        if operator == "*":
            # As floats: whole numbers would grow without end, and a float that is too large is infinite.
            return Code(f"(float({self.number(left, scope)}) * {self.number(right, scope)})", "number")
        if operator in ("+", "-"):
            return Code(f"({self.number(left, scope)} {operator} {self.number(right, scope)})", "number")
        if operator in ("div", "mod"):
            return Code(f"{'divide' if operator == 'div' else 'modulo'}({self.number(left, scope)}, {self.number(right, scope)})", "number")
        if operator == "|":
            return self._trouble("union")
        return self._compare({"=": "=="}.get(operator, operator), self.write(left, scope), self.write(right, scope))

    def _compare(self, operator: str, left: Code, right: Code) -> Code:
        for code in (left, right):
            if code.nodes is not None:
                self._refuse_reference_from_outside(code.nodes)
        if "truth" in (left.type, right.type) and operator in ("==", "!="):
            return Code(f"({self.as_truth(left)} {operator} {self.as_truth(right)})", "truth")
        loops, conditions = [], []
        for code in (left, right):
            if code.nodes is not None and code.nodes.many:
                variable = self._variable()
                loops.append(f"for {variable} in {code.nodes.rows}")
                conditions.append(Code("", "nodes", replace(code.nodes, rows=variable, many=False)))
            else:
                conditions.append(code)
        compared = self._compare_single(operator, *conditions)
        return Code(f"any({compared} {' '.join(loops)})" if loops else f"({compared})", "truth")

    def _compare_single(self, operator: str, left: Code, right: Code) -> str:
        if operator in ("==", "!="):
            numeric = ("number", "moment")
            if left.type not in numeric and right.type not in numeric:
                for code, other in ((left, right), (right, left)):
                    if other.literal == "" and code.nodes is not None and (blank := self._blank_test(code.nodes, operator)):
                        return blank
                return f"{self.as_text(left)} {operator} {self.as_text(right)}"
        return f"{self.as_number(left)} {operator} {self.as_number(right)}"

    def _blank_test(self, nodes: Nodes, operator: str) -> str:
        """`${x} = ''` and `${x} != ''`, without making a text of the answer first; "" where that will not do."""
        if nodes.field is None or not nodes.field.is_leaf:
            return ""
        value = self._value(nodes)
        if nodes.field.value_type in NUMBERS:
            # A blank number is NaN, the one value that does not equal itself.
            return f"{value} != {value}" if operator == "==" else f"{value} == {value}"
        return f"{value} {operator} {BLANKS.get(nodes.field.value_type, repr(''))}"

    # conversions

    def as_truth(self, code: Code) -> str:
        if code.type == "truth":
            return code.text
        if code.type in ("number", "moment"):
            return f"truth_of_number({code.text})"
        if code.type == "text":
            return f"({code.text} != '')"
        nodes = code.nodes
        assert nodes is not None
        if nodes.many:
            return f"bool({nodes.rows})"
        # XPath: a node-set is true when it has a node, whatever is in it.
        self.troubles.append(Trouble("always_true", nodes.field.path if nodes.field else "/", "warning"))
        return "True"

    def as_text(self, code: Code) -> str:
        if code.type == "text":
            return code.text
        if code.type == "number":
            return f"text_of_number({code.text})"
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
        variable = self._variable()
        return f"next(({convert(replace(nodes, rows=variable, many=False))} for {variable} in {nodes.rows}), {otherwise})"

    def _refuse_reference_from_outside(self, nodes: Nodes) -> None:
        if nodes.many and not nodes.chosen and nodes.level == "answers":
            self.troubles.append(Trouble("outside_repeat", nodes.field.path if nodes.field else "/"))

    def _value(self, nodes: Nodes) -> str:
        assert nodes.field is not None
        return f"{nodes.rows}.{self.layout.attribute(nodes.field)}"

    def _text_of(self, nodes: Nodes) -> str:
        if nodes.level == "items":
            return f"{nodes.rows}.get({nodes.key or ''!r}, '')"
        if nodes.field is None or not nodes.field.is_leaf:
            self.troubles.append(Trouble("group_value", nodes.field.path if nodes.field else "/"))
            return "''"
        value = self._value(nodes)
        if nodes.field.value_type in NUMBERS:
            return f"text_of_number({value})"
        if nodes.field.value_type == "select_multiple":
            return f"' '.join({value})"
        if nodes.field.value_type == "geopoint":
            return f"text_of_geopoint({value})"
        return value

    def _number_of(self, nodes: Nodes) -> str:
        if nodes.field is not None and nodes.field.is_leaf:
            if nodes.field.value_type in NUMBERS:
                return self._value(nodes)
            if nodes.field.value_type in DATES:
                return f"days({self._value(nodes)}, clock)"
        return f"number({self._text_of(nodes)}, clock)"

    def _variable(self) -> str:
        self._variables += 1
        return f"n{self._variables}"

    # paths

    def _path(self, path: xpath.Path, scope: Scope) -> Nodes | None:
        steps = path.steps
        if path.base is not None:
            base = self.write(path.base, scope)
            if base.nodes is None:
                self._trouble("not_nodes")
                return None
            at = base.nodes
        elif path.absolute:
            root = self.layout.questionnaire.root
            if not steps or steps[0].axis != "child" or steps[0].name != root or steps[0].predicates:
                self._trouble("unresolved", _written(path))
                return None
            at, steps = Nodes("root"), steps[1:]
        else:
            at = scope.here
        for index, step in enumerate(steps):
            following = self._step(at, step, scope, path, is_last=index == len(steps) - 1)
            if following is None:
                return None
            at = following
        if at.level == "answers" and at.field is not None:
            if at.field.type == "note":
                self._trouble("note_value", at.field.path)
                return None
            self.references[at.field.path] = at.field
        return at

    def _step(self, at: Nodes, step: xpath.Step, scope: Scope, path: xpath.Path, is_last: bool) -> Nodes | None:
        if at.level != "answers":
            return self._step_in_list(at, step, scope, path)
        if step.axis == "self" and step.name == "node()":
            return self._narrow(at, step.predicates, scope) if step.predicates else at
        if step.axis == "parent" and step.name == "node()" and not step.predicates:
            return self._parent(at, path)
        if step.axis == "child" and step.name not in ("*", "node()", "text()"):
            return self._child(at, step, scope, path, is_last)
        self._trouble("axis", _written(path))
        return None

    def _parent(self, at: Nodes, path: xpath.Path) -> Nodes | None:
        if at.field is None:
            self._trouble("unresolved", _written(path))
            return None
        above = at.field.parent
        if at.field.type != "repeat":
            return replace(at, field=above)
        if at.many:
            if at.rows == f"{self.layout.row_of(at.field)}.{self.layout.attribute(at.field)}":
                return Nodes(self.layout.row_of(at.field), field=above)
            variable = self._variable()
            return replace(at, field=above, rows=f"distinct({variable}.up for {variable} in {at.rows})")
        return Nodes(f"{at.rows}.up", field=above)

    def _child(self, at: Nodes, step: xpath.Step, scope: Scope, path: xpath.Path, is_last: bool) -> Nodes | None:
        children = self.layout.questionnaire.fields if at.field is None else at.field.fields
        child = next((each for each in children if each.name == step.name), None)
        if child is None:
            self._trouble("unresolved", _written(path))
            return None
        if child.type != "repeat":
            found = replace(at, field=child)
            return self._narrow(found, step.predicates, scope) if step.predicates else found
        if path.absolute and not step.predicates and not is_last and child.path in scope.rows:
            return Nodes(scope.rows[child.path], field=child)
        if path.absolute and child.path in scope.predicate_on:
            self._trouble("predicate_absolute", _written(path))
            return None
        self.crosses = True
        attribute = self.layout.attribute(child)
        if not at.many:
            inside = Nodes(f"{at.rows}.{attribute}", many=True, field=child)
            return self._narrow(inside, step.predicates, scope)
        outer, inner = self._variable(), self._variable()
        each = self._narrow(Nodes(f"{outer}.{attribute}", many=True, field=child), step.predicates, scope)
        return replace(at, rows=f"[{inner} for {outer} in {at.rows} for {inner} in {each.rows}]", many=True, field=child, chosen=at.chosen or each.chosen)

    def _step_in_list(self, at: Nodes, step: xpath.Step, scope: Scope, path: xpath.Path) -> Nodes | None:
        if step.axis == "self" and step.name == "node()" and not step.predicates:
            return at
        if step.axis == "child" and at.level == "instance" and step.name == "root" and not step.predicates and at.key is None:
            return replace(at, key="root")
        if step.axis == "child" and at.level == "instance" and step.name == "item" and at.key == "root":
            items = Nodes(f"LISTS[{at.list!r}]", many=True, list=at.list, level="items")
            return self._narrow(items, step.predicates, scope)
        if step.axis == "child" and at.level == "items" and at.key is None and not step.predicates and step.name not in ("*", "node()", "text()"):
            known = {key for item in self.layout.questionnaire.lists.get(at.list or "", ()) for key in item}
            if step.name in known:
                return replace(at, key=step.name)
        self._trouble("unresolved", _written(path))
        return None

    def _narrow(self, at: Nodes, predicates: tuple[xpath.Expression, ...], scope: Scope) -> Nodes:
        for predicate in predicates:
            variable, position = self._variable(), self._variable()
            rows = at.rows if at.many else f"({at.rows},)"
            inner = replace(
                scope,
                here=replace(at, rows=variable, many=False),
                outer=scope.outer or scope.here,
                position=f"float({position})",
                size=f"float(len({rows}))",
                predicate_on=(*scope.predicate_on, at.field.path) if at.field is not None and at.field.type == "repeat" else scope.predicate_on,
            )
            code = self.write(predicate, inner)
            condition = f"{code.text} == {position}" if code.type == "number" else self.as_truth(code)
            counted = f"for {position}, {variable} in enumerate({rows}, 1)" if re.search(rf"\b{position}\b", condition) else f"for {variable} in {rows}"
            at = replace(at, rows=f"[{variable} {counted} if {condition}]", many=True, chosen=True)
        return at

    # functions

    def _call(self, name: str, arguments: tuple[xpath.Expression, ...], scope: Scope) -> Code:
        row = FUNCTIONS.get(name)
        if row is None:
            return self._trouble("function", name)
        variadic = bool(row.arguments) and row.arguments[-1].startswith("…")
        most = len(row.arguments)
        least = most - row.optional - variadic
        if len(arguments) < least or (len(arguments) > most and not variadic):
            return self._trouble("arguments", f"{name}: {least}{'+' if variadic else f'–{most}' if most != least else ''}")
        if row.volatile:
            self.volatile.add(row.volatile)
        if row.run is None:
            return getattr(self, "_call_" + name.replace("-", "_").replace(":", "_"))(arguments, scope)
        if not arguments and row.arguments:
            arguments = (xpath.Path(None, False, (xpath.Step("self", "node()"),)),)
        if name == "regex" and isinstance(arguments[1], xpath.Text):
            try:
                functions.pattern_of(arguments[1].value)
            except re.error as error:
                return self._trouble("pattern", f"{arguments[1].value}: {error}")
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
        code = self.write(arguments[0], scope)
        wanted = arguments[1]
        if isinstance(wanted, xpath.Text) and code.nodes is not None and not code.nodes.many and code.nodes.field is not None:
            if code.nodes.field.value_type == "select_multiple":
                return Code(f"({wanted.value.strip()!r} in {self._value(code.nodes)})", "truth")
            if code.nodes.field.value_type == "select_one":
                return Code(f"({self._value(code.nodes)} == {wanted.value.strip()!r})", "truth")
        return None

    def _each(self, arguments: tuple[xpath.Expression, ...], scope: Scope, convert: Callable[[Code], str]) -> str:
        """All values of all arguments as one list; a node-set gives each of its nodes."""
        parts = []
        for argument in arguments:
            code = self.write(argument, scope)
            if code.nodes is not None and code.nodes.many:
                variable = self._variable()
                value = convert(Code("", "nodes", replace(code.nodes, rows=variable, many=False)))
                parts.append(f"*[{value} for {variable} in {code.nodes.rows}]")
            else:
                parts.append(convert(code))
        return "[" + ", ".join(parts) + "]"

    def _nodes(self, argument: xpath.Expression, scope: Scope) -> Nodes | None:
        code = self.write(argument, scope)
        if code.nodes is None:
            self._trouble("not_nodes")
        return code.nodes

    def _call_true(self, _arguments, _scope) -> Code:
        return Code("True", "truth")

    def _call_false(self, _arguments, _scope) -> Code:
        return Code("False", "truth")

    def _call_not(self, arguments, scope) -> Code:
        return Code(f"(not {self.truth(arguments[0], scope)})", "truth")

    def _call_boolean(self, arguments, scope) -> Code:
        return Code(self.truth(arguments[0], scope), "truth")

    def _call_if(self, arguments, scope) -> Code:
        condition = self.truth(arguments[0], scope)
        chosen, otherwise = self.write(arguments[1], scope), self.write(arguments[2], scope)
        if chosen.type == otherwise.type and chosen.type != "nodes":
            return Code(f"({chosen.text} if {condition} else {otherwise.text})", chosen.type)
        return Code(f"({self.as_text(chosen)} if {condition} else {self.as_text(otherwise)})", "text")

    def _call_coalesce(self, arguments, scope) -> Code:
        return Code(f"({self.text(arguments[0], scope)} or {self.text(arguments[1], scope)})", "text")

    def _call_once(self, arguments, scope) -> Code:
        first = self.as_text(Code("", "nodes", scope.here)) if scope.this is not None and scope.this.is_leaf else "''"
        return Code(f"({first} or {self.text(arguments[0], scope)})", "text")

    def _call_checklist(self, arguments, scope) -> Code:
        least, most = self.number(arguments[0], scope), self.number(arguments[1], scope)
        met = "[" + ", ".join(self.truth(argument, scope) for argument in arguments[2:]) + "]"
        return Code(f"at_least_at_most({least}, {most}, sum({met}))", "truth")

    def _call_weighted_checklist(self, arguments, scope) -> Code:
        if len(arguments) % 2:
            return self._trouble("arguments", "weighted-checklist")
        least, most = self.number(arguments[0], scope), self.number(arguments[1], scope)
        pairs = zip(arguments[2::2], arguments[3::2], strict=True)
        met = "[" + ", ".join(f"{self.number(weight, scope)} if {self.truth(condition, scope)} else 0.0" for condition, weight in pairs) + "]"
        return Code(f"at_least_at_most({least}, {most}, sum({met}))", "truth")

    def _call_string(self, arguments, scope) -> Code:
        return Code(self.text(arguments[0], scope) if arguments else self.as_text(Code("", "nodes", scope.here)), "text")

    def _call_number(self, arguments, scope) -> Code:
        return Code(self.number(arguments[0], scope) if arguments else self.as_number(Code("", "nodes", scope.here)), "number")

    def _call_concat(self, arguments, scope) -> Code:
        return Code(f"''.join({self._each(arguments, scope, self.as_text)})", "text")

    def _call_join(self, arguments, scope) -> Code:
        return Code(f"{self.text(arguments[0], scope)}.join({self._each(arguments[1:], scope, self.as_text)})", "text")

    def _call_uuid(self, _arguments, _scope) -> Code:
        # Only the phone can know it: a form's verdict is a pure function of the answers.
        return Code("''", "text")

    def _call_random(self, _arguments, _scope) -> Code:
        return Code("NAN", "number")

    def _call_jr_choice_name(self, arguments, scope) -> Code:
        if not isinstance(arguments[1], xpath.Text):
            return self._trouble("choice_name")
        try:
            nodes = self.write(xpath.parse(arguments[1].value), scope).nodes
        except xpath.XPathError:
            nodes = None
        if nodes is None or nodes.field is None or nodes.field.choices is None:
            return self._trouble("choice_name")
        return Code(f"choice_name({nodes.field.path!r}, {self.text(arguments[0], scope)})", "text")

    def _call_count(self, arguments, scope) -> Code:
        nodes = self._nodes(arguments[0], scope)
        if nodes is None:
            return Code("0.0", "number")
        return Code(f"float(len({nodes.rows}))" if nodes.many else "1.0", "number")

    def _call_count_non_empty(self, arguments, scope) -> Code:
        self._nodes(arguments[0], scope)
        return Code(f"float(sum(text != '' for text in {self._each(arguments, scope, self.as_text)}))", "number")

    def _call_sum(self, arguments, scope) -> Code:
        self._nodes(arguments[0], scope)
        return Code(f"total({self._each(arguments, scope, self.as_number)})", "number")

    def _call_min(self, arguments, scope) -> Code:
        return Code(f"smallest({self._each(arguments, scope, self.as_number)})", "number")

    def _call_max(self, arguments, scope) -> Code:
        return Code(f"largest({self._each(arguments, scope, self.as_number)})", "number")

    def _call_position(self, arguments, scope) -> Code:
        if not arguments:
            return Code(scope.position or "1.0", "number")
        nodes = self._nodes(arguments[0], scope)
        if nodes is None or (nodes.many and not nodes.chosen):
            return self._trouble("position")
        if nodes.field is None or nodes.field.type != "repeat":
            # Anything but an instance of a repeat stands alone among its siblings of that name.
            return Code("1.0", "number")
        if nodes.many:
            variable = self._variable()
            return Code(f"next((float({variable}.index + 1) for {variable} in {nodes.rows}), NAN)", "number")
        return Code(f"float({nodes.rows}.index + 1)", "number")

    def _call_last(self, _arguments, scope) -> Code:
        return Code(scope.size or "1.0", "number")

    def _call_current(self, _arguments, scope) -> Code:
        return Code("", "nodes", scope.outer or scope.here)

    def _call_instance(self, arguments, scope) -> Code:
        name = arguments[0].value if isinstance(arguments[0], xpath.Text) else None
        if name is None or name not in self.layout.questionnaire.lists:
            return self._trouble("instance", name or "")
        return Code("", "nodes", Nodes("", list=name, level="instance"))

    def _call_indexed_repeat(self, arguments, scope) -> Code:
        if len(arguments) % 2 == 0 or not all(isinstance(path, xpath.Path) and path.absolute for path in (arguments[0], *arguments[1::2])):
            return self._trouble("arguments", "indexed-repeat")
        target: xpath.Path = arguments[0]
        at = Nodes("root")
        done = 1
        for repeat, index in zip(arguments[1::2], arguments[2::2], strict=True):
            if target.steps[: len(repeat.steps)] != repeat.steps:
                return self._trouble("arguments", "indexed-repeat")
            for step in repeat.steps[done:]:
                following = self._step(at, step, replace(scope, rows={}), target, is_last=False)
                if following is None:
                    return Code("''", "text")
                at = following
            done = len(repeat.steps)
            at = replace(at, rows=f"row_at({at.rows}, {self.number(index, scope)})", many=True, chosen=True)
        for step in target.steps[done:]:
            following = self._step(at, step, replace(scope, rows={}), target, is_last=False)
            if following is None:
                return Code("''", "text")
            at = following
        if at.field is not None:
            self.references[at.field.path] = at.field
        return Code("", "nodes", at)

    def _call_today(self, _arguments, _scope) -> Code:
        return Code("clock.today", "moment")

    def _call_now(self, _arguments, _scope) -> Code:
        return Code("clock.now", "moment")

    def _call_date(self, arguments, scope) -> Code:
        code = self.write(arguments[0], scope)
        if code.type in ("number", "moment"):
            return Code(code.text, "moment")
        return Code(f"date({self.as_text(code)}, clock)", "moment")

    _call_date_time = _call_date

    def _call_decimal_date_time(self, arguments, scope) -> Code:
        code = self.write(arguments[0], scope)
        if code.type in ("number", "moment"):
            return Code(code.text, "number")
        if code.nodes is not None and not code.nodes.many and code.nodes.field is not None and code.nodes.field.value_type in DATES:
            return Code(self.as_number(code), "number")
        return Code(f"days({self.as_text(code)}, clock)", "number")


def _stands_alone(expression: xpath.Expression) -> bool:
    """No answer, row or place has a part in it. A function without arguments means its place, unless it takes none."""
    return not any(
        isinstance(each, xpath.Path) or (isinstance(each, xpath.Call) and not each.arguments and each.name not in ("today", "now", "true", "false", "pi"))
        for each in xpath.walk(expression)
    )


def _number_literal(value: float) -> str:
    return repr(float(value)) if value == value and abs(value) != float("inf") else "NAN"


def _written(path: xpath.Path) -> str:
    """A path as its author would know it, for a finding."""
    parts = [{"self": ".", "parent": ".."}.get(step.axis, step.name) if step.axis != "attribute" else f"@{step.name}" for step in path.steps]
    return ("/" if path.absolute else "") + "/".join(parts)
