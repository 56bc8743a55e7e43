"""Writes the functions that need more than the values of their arguments: rows to count, a place to stand in, a branch not taken.

Each gets the writer of the expression around it, the arguments as they were parsed, and the place; the table at the end is what forms/expressions.py asks.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Protocol

from forms import xpath
from forms.layout import DATES, Code, Layout, Nodes, Scope
from forms.questionnaire import Field

XFORMS = "http://www.w3.org/2002/xforms"
Arguments = tuple[xpath.Expression, ...]


class Writer(Protocol):
    """What a function needs of the writer of the expression it stands in (forms/expressions.py)."""

    layout: Layout
    references: dict[str, Field]
    volatile: set[str]

    def write(self, expression: xpath.Expression, scope: Scope) -> Code: ...
    def truth(self, expression: xpath.Expression, scope: Scope) -> str: ...
    def text(self, expression: xpath.Expression, scope: Scope) -> str: ...
    def number(self, expression: xpath.Expression, scope: Scope) -> str: ...
    def as_truth(self, code: Code) -> str: ...
    def as_text(self, code: Code) -> str: ...
    def as_number(self, code: Code) -> str: ...
    def each(self, arguments: Arguments, scope: Scope, convert: Callable[[Code], str]) -> str: ...
    def nodes(self, argument: xpath.Expression, scope: Scope) -> Nodes | None: ...
    def over(self, rows: str, scope: Scope) -> str: ...
    def step(self, at: Nodes, step: xpath.Step, scope: Scope, path: xpath.Path, is_last: bool) -> Nodes | None: ...
    def variable(self) -> str: ...
    def trouble(self, key: str, detail: str = "", level: str = "error") -> Code: ...


def _true(writer: Writer, _arguments: Arguments, _scope: Scope) -> Code:
    return Code("True", "truth")


def _false(writer: Writer, _arguments: Arguments, _scope: Scope) -> Code:
    return Code("False", "truth")


def _not(writer: Writer, arguments: Arguments, scope: Scope) -> Code:
    return Code(f"(not {writer.truth(arguments[0], scope)})", "truth")


def _boolean(writer: Writer, arguments: Arguments, scope: Scope) -> Code:
    return Code(writer.truth(arguments[0], scope), "truth")


def _if(writer: Writer, arguments: Arguments, scope: Scope) -> Code:
    condition = writer.truth(arguments[0], scope)
    chosen, otherwise = writer.write(arguments[1], scope), writer.write(arguments[2], scope)
    if chosen.type == otherwise.type and chosen.type != "nodes":
        return Code(f"({chosen.text} if {condition} else {otherwise.text})", chosen.type)
    # 0 is false though it is written as a text that is there: the one that was chosen says it.
    true, other_true = (f"({writer.as_text(each)} != '')" if each.type == "nodes" else writer.as_truth(each) for each in (chosen, otherwise))
    text = f"({writer.as_text(chosen)} if {condition} else {writer.as_text(otherwise)})"
    return Code(text, "text", truth=f"({true} if {condition} else {other_true})")


def _coalesce(writer: Writer, arguments: Arguments, scope: Scope) -> Code:
    return Code(f"({writer.text(arguments[0], scope)} or {writer.text(arguments[1], scope)})", "text")


def _once(writer: Writer, arguments: Arguments, scope: Scope) -> Code:
    first = writer.as_text(Code("", "nodes", scope.here)) if scope.this is not None and scope.this.is_leaf else "''"
    return Code(f"({first} or {writer.text(arguments[0], scope)})", "text")


def _checklist(writer: Writer, arguments: Arguments, scope: Scope) -> Code:
    least, most = writer.number(arguments[0], scope), writer.number(arguments[1], scope)
    return Code(f"at_least_at_most({least}, {most}, {writer.each(arguments[2:], scope, _met(writer))})", "truth")


def _met(writer: Writer) -> Callable[[Code], str]:
    """In a checklist each node counts that is not blank."""
    return lambda code: f"({writer.as_text(code)} != '')" if code.type == "nodes" else writer.as_truth(code)


def _weighted_checklist(writer: Writer, arguments: Arguments, scope: Scope) -> Code:
    if len(arguments) % 2:
        return writer.trouble("arguments", "weighted-checklist")
    least, most = writer.number(arguments[0], scope), writer.number(arguments[1], scope)
    pairs = zip(arguments[2::2], arguments[3::2], strict=True)
    each = [f"({writer.each((condition,), scope, _met(writer))}, {writer.each((weight,), scope, writer.as_number)})" for condition, weight in pairs]
    return Code(f"weighed({least}, {most}, [{', '.join(each)}])", "truth")


def _string(writer: Writer, arguments: Arguments, scope: Scope) -> Code:
    return Code(writer.text(arguments[0], scope) if arguments else writer.as_text(Code("", "nodes", scope.here)), "text")


def _number(writer: Writer, arguments: Arguments, scope: Scope) -> Code:
    code = writer.write(arguments[0], scope) if arguments else Code("", "nodes", scope.here)
    if code.type in ("number", "moment"):
        return code
    number = writer.as_number(code)
    # A date's days are told without their fraction, where they are told as text.
    shown = f"text_of_number_function({writer.as_text(code)}, clock)" if code.type in ("text", "nodes") else ""
    return Code(number, "number", shown=shown)


def _concat(writer: Writer, arguments: Arguments, scope: Scope) -> Code:
    return _joined("''", writer.each(arguments, scope, writer.as_text))


def _joined(glue: str, texts: str) -> Code:
    """Rows without number may be joined: their letters count as work."""
    return Code(f"joined({glue}, {texts}, clock)" if "*[" in texts else f"{glue}.join({texts})", "text")


def _join(writer: Writer, arguments: Arguments, scope: Scope) -> Code:
    return _joined(writer.text(arguments[0], scope), writer.each(arguments[1:], scope, writer.as_text))


def _uuid(writer: Writer, _arguments: Arguments, _scope: Scope) -> Code:
    # Only the phone can know it: a form's verdict is a pure function of the answers.
    return Code("''", "text")


def _random(writer: Writer, _arguments: Arguments, _scope: Scope) -> Code:
    return Code("NAN", "number")


def _jr_choice_name(writer: Writer, arguments: Arguments, scope: Scope) -> Code:
    if not isinstance(arguments[1], xpath.Text):
        return writer.trouble("choice_name")
    try:
        nodes = writer.write(xpath.parse(arguments[1].value), scope).nodes
    except xpath.XPathError:
        nodes = None
    if nodes is None or nodes.field is None or nodes.field.choices is None:
        return writer.trouble("choice_name")
    return Code(f"choice_name({nodes.field.path!r}, {writer.text(arguments[0], scope)})", "text")


def _jr_itext(writer: Writer, arguments: Arguments, scope: Scope) -> Code:
    if isinstance(arguments[0], xpath.Text) and arguments[0].value not in writer.layout.questionnaire.texts:
        return writer.trouble("text_missing", arguments[0].value)
    return Code(f"TEXTS.get({writer.text(arguments[0], scope)}, '')", "text")


def _name(writer: Writer, arguments: Arguments, scope: Scope) -> Code:
    nodes = writer.nodes(arguments[0], scope) if arguments else scope.here
    if nodes is None or nodes.level == "instance":
        return writer.trouble("not_nodes")
    if nodes.level == "free":
        return Code(f"name_of_node({nodes.rows if nodes.many else f'[{nodes.rows}]'})", "text")
    name = (nodes.key or "item") if nodes.level == "items" else nodes.field.name if nodes.field else writer.layout.questionnaire.root
    return Code(f"({name!r} if {writer.as_truth(Code('', 'nodes', nodes))} else '')" if nodes.many else repr(name), "text")


def _namespace_uri(writer: Writer, arguments: Arguments, scope: Scope) -> Code:
    name = _name(writer, arguments, scope)
    return Code(f"({XFORMS!r} if {name.text} else '')", "text")


def _lang(writer: Writer, arguments: Arguments, scope: Scope) -> Code:
    """No answer says its language."""
    writer.text(arguments[0], scope)
    return Code("False", "truth")


def _id(writer: Writer, arguments: Arguments, scope: Scope) -> Code:
    """No answer has an XML id."""
    writer.text(arguments[0], scope)
    return Code("", "nodes", Nodes("()", many=True, level="free"))


def _area(writer: Writer, arguments: Arguments, scope: Scope) -> Code:
    return Code(f"area({writer.each(arguments, scope, writer.as_text)})", "number")


def _distance(writer: Writer, arguments: Arguments, scope: Scope) -> Code:
    return Code(f"distance({writer.each(arguments, scope, writer.as_text)})", "number")


def _count(writer: Writer, arguments: Arguments, scope: Scope) -> Code:
    nodes = writer.nodes(arguments[0], scope)
    if nodes is None:
        return Code("0.0", "number")
    if nodes.level == "items" and nodes.key is not None:
        item = writer.variable()
        rows = nodes.rows if nodes.many else f"({nodes.rows},)"
        return Code(f"float(sum({nodes.key!r} in {item} for {item} in {rows}))", "number")
    return Code(f"float(len({nodes.rows}))" if nodes.many else "1.0", "number")


def _count_non_empty(writer: Writer, arguments: Arguments, scope: Scope) -> Code:
    writer.nodes(arguments[0], scope)
    return Code(f"float(sum(text != '' for text in {writer.each(arguments, scope, writer.as_text)}))", "number")


def _sum(writer: Writer, arguments: Arguments, scope: Scope) -> Code:
    writer.nodes(arguments[0], scope)
    return Code(f"total({writer.each(arguments, scope, writer.as_number)})", "number")


def _min(writer: Writer, arguments: Arguments, scope: Scope) -> Code:
    return Code(f"smallest({writer.each(arguments, scope, writer.as_number)})", "number")


def _max(writer: Writer, arguments: Arguments, scope: Scope) -> Code:
    return Code(f"largest({writer.each(arguments, scope, writer.as_number)})", "number")


def _position(writer: Writer, arguments: Arguments, scope: Scope) -> Code:
    if not arguments:
        return Code(scope.position or "1.0", "number")
    nodes = writer.nodes(arguments[0], scope)
    if nodes is None or (nodes.many and not nodes.chosen):
        return writer.trouble("position")
    if nodes.level == "free":
        return Code(f"position_of_node({nodes.rows if nodes.many else f'[{nodes.rows}]'})", "number")
    if nodes.field is None or nodes.field.type != "repeat":
        # Anything but an instance of a repeat stands alone among its siblings of that name.
        return Code("1.0", "number")
    if nodes.many:
        variable = writer.variable()
        return Code(f"next((float({variable}.index + 1) for {variable} in {nodes.rows}), NAN)", "number")
    return Code(f"float({nodes.rows}.index + 1)", "number")


def _last(writer: Writer, _arguments: Arguments, scope: Scope) -> Code:
    return Code(scope.size or "1.0", "number")


def _current(writer: Writer, _arguments: Arguments, scope: Scope) -> Code:
    return Code("", "nodes", scope.outer or scope.here)


def _instance(writer: Writer, arguments: Arguments, scope: Scope) -> Code:
    name = arguments[0].value if isinstance(arguments[0], xpath.Text) else None
    if name is None or name not in writer.layout.questionnaire.lists:
        return writer.trouble("instance", name or "")
    return Code("", "nodes", Nodes("", list=name, level="instance"))


def _pulldata(writer: Writer, arguments: Arguments, scope: Scope) -> Code:
    """pulldata('villages', 'name', 'code', x): of the first item with that code, its name."""
    names = [argument.value if isinstance(argument, xpath.Text) else None for argument in arguments[:3]]
    lists, indexes = writer.layout.questionnaire.lists, writer.layout.indexes
    name, wanted, key = names
    if name is None or wanted is None or key is None:
        return writer.trouble("pulldata")
    if name not in lists:
        return writer.trouble("instance", name)
    for child in (wanted, key):
        if lists[name] and not any(child in item for item in lists[name]):
            return writer.trouble("list_column", f"{name}: {child}")
    index = indexes.setdefault((name, key, "text"), f"index_{len(indexes) + 1}")
    item = writer.variable()
    items = f"{index}.get({writer.text(arguments[3], scope)}, ())"
    return Code(f"next(({item}[{wanted!r}] for {item} in {items} if {wanted!r} in {item}), '')", "text")


def _randomize(writer: Writer, arguments: Arguments, scope: Scope) -> Code:
    nodes = writer.nodes(arguments[0], scope)
    if nodes is None:
        return Code("''", "text")
    rows = nodes.rows if nodes.many else f"({nodes.rows},)"
    if len(arguments) == 1:
        # Only the phone can know the order.
        writer.volatile.add("random")
        return Code("", "nodes", replace(nodes, rows=rows, many=True, chosen=True))
    if nodes.level == "items" and nodes.key is not None:
        item = writer.variable()
        rows = f"[{item} for {item} in {rows} if {nodes.key!r} in {item}]"
    seed = writer.write(arguments[1], scope)
    written = seed.text if seed.type in ("number", "moment") else writer.as_text(seed)
    return Code("", "nodes", replace(nodes, rows=f"shuffled({writer.over(rows, scope)}, {written}, clock)", many=True, chosen=True))


def _indexed_repeat(writer: Writer, arguments: Arguments, scope: Scope) -> Code:
    paths = [path for path in (arguments[0], *arguments[1::2]) if isinstance(path, xpath.Path) and path.absolute]
    if len(arguments) % 2 == 0 or len(paths) != len(arguments) // 2 + 1:
        return writer.trouble("arguments", "indexed-repeat")
    target, repeats = paths[0], paths[1:]
    at = Nodes("root")
    done = 1
    for repeat, index in zip(repeats, arguments[2::2], strict=True):
        if target.steps[: len(repeat.steps)] != repeat.steps:
            return writer.trouble("arguments", "indexed-repeat")
        for step in repeat.steps[done:]:
            following = writer.step(at, step, replace(scope, rows={}), target, is_last=False)
            if following is None:
                return Code("''", "text")
            at = following
        done = len(repeat.steps)
        at = replace(at, rows=f"row_at({at.rows}, {writer.number(index, scope)})", many=True, chosen=True)
    for step in target.steps[done:]:
        following = writer.step(at, step, replace(scope, rows={}), target, is_last=False)
        if following is None:
            return Code("''", "text")
        at = following
    if at.field is not None:
        writer.references[at.field.path] = at.field
    return Code("", "nodes", at)


def _today(writer: Writer, _arguments: Arguments, _scope: Scope) -> Code:
    return Code("clock.today", "moment")


def _now(writer: Writer, _arguments: Arguments, _scope: Scope) -> Code:
    return Code("clock.now", "moment")


def _date(writer: Writer, arguments: Arguments, scope: Scope) -> Code:
    code = writer.write(arguments[0], scope)
    if code.type in ("number", "moment"):
        return Code(code.text if code.type == "moment" else f"to_milliseconds({code.text})", "moment")
    return Code(f"date({writer.as_text(code)}, clock)", "moment")


def _decimal_date_time(writer: Writer, arguments: Arguments, scope: Scope) -> Code:
    code = writer.write(arguments[0], scope)
    if code.type in ("number", "moment"):
        return Code(code.text if code.type == "moment" else f"to_milliseconds({code.text})", "number")
    if code.nodes is not None and not code.nodes.many and code.nodes.field is not None and code.nodes.field.value_type in DATES:
        return Code(writer.as_number(code), "number")
    return Code(f"days({writer.as_text(code)}, clock)", "number")


CALLS: dict[str, Callable[[Writer, Arguments, Scope], Code]] = {
    "true": _true,
    "false": _false,
    "not": _not,
    "boolean": _boolean,
    "if": _if,
    "coalesce": _coalesce,
    "once": _once,
    "checklist": _checklist,
    "weighted-checklist": _weighted_checklist,
    "string": _string,
    "number": _number,
    "concat": _concat,
    "join": _join,
    "uuid": _uuid,
    "random": _random,
    "jr:choice-name": _jr_choice_name,
    "jr:itext": _jr_itext,
    "name": _name,
    "local-name": _name,
    "namespace-uri": _namespace_uri,
    "lang": _lang,
    "id": _id,
    "area": _area,
    "distance": _distance,
    "pulldata": _pulldata,
    "randomize": _randomize,
    "count": _count,
    "count-non-empty": _count_non_empty,
    "sum": _sum,
    "min": _min,
    "max": _max,
    "position": _position,
    "last": _last,
    "current": _current,
    "instance": _instance,
    "indexed-repeat": _indexed_repeat,
    "today": _today,
    "now": _now,
    "date": _date,
    "decimal-date-time": _decimal_date_time,
    "date-time": _date,
}
