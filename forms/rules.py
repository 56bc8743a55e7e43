"""Writes the rules of a form: what is relevant, what is calculated, what is required, allowed and counted.

Relevance and calculations are settled in order of dependency, so that every rule reads what the others have settled; a ring is a finding.
"""

from __future__ import annotations

from dataclasses import dataclass

from forms import for_phone, xpath
from forms.expressions import Writer
from forms.layout import BLANKS, SEVERAL, Finding, Layout, Scope, Trouble, around, is_blank, is_given, leaves, repeats, scope_for, suffix_of
from forms.xform import Field, Questionnaire


@dataclass
class _Rule:
    """One settling step: a field that is relevant on a condition, or calculated."""

    name: str
    """"relevant /visit" or "calculation /visit/visited_at"."""
    field: Field
    lines: list[str]
    needs: set[str]
    crosses: bool
    """Reads other rows than its own, so all of them must be settled first."""
    done: bool = False


class Rules:
    def __init__(self, questionnaire: Questionnaire, layout: Layout, findings: list[Finding]) -> None:
        self.questionnaire, self.layout, self.findings = questionnaire, layout, findings
        self.fixed: dict[str, str] = {}
        self.parsed: dict[str, tuple[xpath.Expression, list[Trouble]]] = {}

    def expression(self, each: Field, column: str, text: str, as_: str = "truth", scope: Scope | None = None) -> tuple[str, Writer]:
        """The expression as Python that gives a truth, a number or a text; what is wrong with it is a finding."""
        writer = Writer(self.layout, fixed=self.fixed)
        try:
            parsed, phones = self._parse(text)
            written = getattr(writer, as_)(parsed, scope or scope_for(self.layout, each))
            writer.troubles += phones
        except xpath.XPathError as error:
            written = ""
            writer.trouble("unparsable", f"{error}: {text}")
        self.findings += [Finding(each.path, column, trouble) for trouble in dict.fromkeys(writer.troubles)]
        if any(trouble.level == "error" for trouble in writer.troubles):
            written = {"truth": "True", "number": "NAN", "text": "''"}[as_]
        return written, writer

    def _parse(self, text: str) -> tuple[xpath.Expression, list[Trouble]]:
        """The expression, and what the phone cannot do of it; a form says the same thing of many questions."""
        if text not in self.parsed:
            expression = xpath.parse(text)
            self.parsed[text] = expression, for_phone.troubles(expression) if "phone" in self.questionnaire.audience.split() else []
        return self.parsed[text]

    # settling

    def settle(self) -> list[str]:
        """The body of settle(root, clock, remark)."""
        self.fixed = {}
        lines = self._settle()
        return [*self._worked_out(), *lines]

    def check(self) -> list[str]:
        """The body of check(root, clock, problem)."""
        self.fixed = {}
        lines = self._check(self.questionnaire.fields, 1)
        return [*self._worked_out(), *lines]

    def _worked_out(self) -> list[str]:
        """What is the same for every row, ahead of a function's body."""
        return [f"    {name} = {text}" for text, name in self.fixed.items()]

    def _settle(self) -> list[str]:
        rules: list[_Rule] = []
        for each in self.questionnaire.walk():
            if each.relevant:
                rules.append(self._relevance(each))
            if each.calculate and each.is_leaf:
                rules.append(self._calculation(each))
        ordered = self._in_order(rules)
        lines: list[str] = []
        open_repeats: list[Field] = []
        for rule in ordered:
            chain = around(rule.field)
            if rule.crosses:
                open_repeats = []
            shared = 0
            while shared < min(len(chain), len(open_repeats)) and chain[shared] is open_repeats[shared]:
                shared += 1
            for depth in range(shared, len(chain)):
                lines.append(self.layout.loop(chain[depth], depth + 1))
            open_repeats = chain
            pad = "    " * (len(chain) + 1)
            lines += [pad + line for line in rule.lines]
        return lines

    def _nearest_condition(self, each: Field | None) -> Field | None:
        """The innermost conditional group around a field, within the same row (rows of an irrelevant repeat are gone anyway)."""
        while each is not None and each.type != "repeat":
            if each.relevant:
                return each
            each = each.parent
        return None

    def _relevance(self, each: Field) -> _Rule:
        condition, writer = self.expression(each, "relevant", each.relevant)
        row, flag = self.layout.row_of(each), self.layout.flag(each)
        above = self._nearest_condition(each.parent)
        if above is not None:
            condition = f"{row}.{self.layout.flag(above)} and {condition}"
        lines = [f"{row}.{flag} = {condition}", f"if not {row}.{flag}:"]
        emptied = [each] if each.is_leaf or each.type == "repeat" else leaves(each.fields) + repeats(each.fields)
        for leaf in emptied:
            name, suffix = self.layout.answer(leaf), suffix_of(leaf)
            blank = "()" if leaf.type == "repeat" else BLANKS.get(leaf.value_type, "''")
            lines += [f"    if {is_given(name, leaf.value_type)}:", f"        {name} = {blank}", f"        remark({row}.at, {suffix!r}, 'relevant')"]
        if not emptied:
            lines.append("    pass")
        return _Rule(f"relevant {each.path}", each, lines, self._needs(each, writer, "relevant"), writer.crosses)

    def _calculation(self, each: Field) -> _Rule:
        as_ = "number" if each.value_type in ("integer", "decimal") else "text"
        calculated, writer = self.expression(each, "calculation", each.calculate, as_)
        row = self.layout.row_of(each)
        name, suffix = self.layout.answer(each), suffix_of(each)
        kind = "calculated_number" if as_ == "number" else "calculated_choices" if each.value_type in SEVERAL else "calculated_text"
        volatile = "random" if "random" in writer.volatile else "pinned" if "pinned" in writer.volatile else ""
        line = f"{name} = {kind}({name}, {calculated}, {row}.at, {suffix!r}, {volatile!r}, remark)"
        if each.value_type == "integer":
            line = line.replace("calculated_number(", "calculated_integer(", 1)
        if each.value_type in ("geopoint", "geotrace", "geoshape"):
            line = line.replace("calculated_text(", "calculated_places(", 1).replace(", remark)", f", remark, {each.value_type!r})")
        above = self._nearest_condition(each)
        lines = [f"if {row}.{self.layout.flag(above)}:", f"    {line}"] if above is not None else [line]
        needs = self._needs(each, writer, "calculation")
        if each.relevant:
            needs.add(f"relevant {each.path}")
        return _Rule(f"calculation {each.path}", each, lines, needs, writer.crosses)

    def _needs(self, each: Field, writer: Writer, column: str) -> set[str]:
        """What must be settled before: everything the expression reads, and whatever decides that those are relevant."""
        needs = set()
        above = each.parent
        while above is not None:
            needs.add(f"relevant {above.path}")
            above = above.parent
        for reference in writer.references.values():
            # once(x) reads its own former value; only that may.
            if reference is each and column == "calculation":
                continue
            read: Field | None = reference
            if reference.calculate:
                needs.add(f"calculation {reference.path}")
            while read is not None:
                needs.add(f"relevant {read.path}")
                read = read.parent
        return needs

    def _in_order(self, rules: list[_Rule]) -> list[_Rule]:
        """Dependencies first, otherwise the order of the form; a ring is a finding."""
        by_name = {rule.name: rule for rule in rules}
        places = {rule.name: place for place, rule in enumerate(rules)}
        ordered: list[_Rule] = []
        waiting: list[str] = []

        def visit(rule: _Rule) -> None:
            if rule.done:
                return
            if rule.name in waiting:
                ring = [name.partition(" ")[2] for name in waiting[waiting.index(rule.name) :]]
                column = rule.name.partition(" ")[0]
                self.findings.append(Finding(rule.field.path, column, Trouble("cycle", " → ".join([*ring, ring[0]]))))
                return
            waiting.append(rule.name)
            for name in sorted(rule.needs & by_name.keys(), key=places.__getitem__):
                visit(by_name[name])
            waiting.pop()
            rule.done = True
            ordered.append(rule)

        for rule in rules:
            visit(rule)
        return ordered

    # checking

    def _check(self, fields: list[Field], depth: int) -> list[str]:
        lines: list[str] = []
        for each in fields:
            pad = "    " * depth
            row = self.layout.row_of(each)
            inner: list[str] = []
            deeper = depth + bool(each.relevant)
            if each.is_leaf:
                inner = self._check_leaf(each, deeper)
            elif each.type == "note":
                inner = self._check_note(each, deeper)
            elif each.type == "group":
                inner = self._check(each.fields, deeper)
            elif each.type == "repeat":
                inner = self._check_repeat(each, deeper)
            if inner and each.relevant:
                lines.append(f"{pad}if {row}.{self.layout.flag(each)}:")
            lines += inner
        return lines

    def _check_repeat(self, each: Field, depth: int) -> list[str]:
        pad, row = "    " * depth, self.layout.row_of(each)
        rows = self.layout.answer(each)
        lines = []
        if each.count:
            expected, _ = self.expression(each, "repeat_count", each.count, "number")
            suffix = suffix_of(each)
            lines += [f"{pad}if len({rows}) != expected_rows({expected}):", f"{pad}    problem({row}.at, {suffix!r}, 'count')"]
        inner = self._check(each.fields, depth + 1)
        return lines + ([self.layout.loop(each, depth), *inner] if inner else [])

    def _check_note(self, each: Field, depth: int) -> list[str]:
        """A required note can never be answered: the usual way to stop a form whose answers contradict each other."""
        if not each.required or each.required == "false()":
            return []
        pad, required = "    " * depth, self.expression(each, "required", each.required)[0]
        said = f"problem({self.layout.row_of(each)}.at, {suffix_of(each)!r}, 'required'{self._values(each, 'required')})"
        return [f"{pad}{said}"] if required == "True" else [f"{pad}if {required}:", f"{pad}    {said}"]

    def _check_leaf(self, each: Field, depth: int) -> list[str]:
        pad, row = "    " * depth, self.layout.row_of(each)
        value = self.layout.answer(each)
        suffix = suffix_of(each)
        say = f"problem({row}.at, {suffix!r}, "
        required = "False"
        if each.required and each.required != "false()":
            required, _ = self.expression(each, "required", each.required)
        # (what is wrong, the problem's rule and what its message needs)
        conditions: list[tuple[str, str]] = []
        if each.value_type in ("select_one", *SEVERAL) and (allowed := self._choices(each)):
            conditions.append((f"{value} not in {allowed}" if each.value_type == "select_one" else f"not {allowed}.issuperset({value})", "'choice'"))
        if each.constraint:
            constraint, _ = self.expression(each, "constraint", each.constraint)
            conditions.append((f"not {constraint}", "'constraint'" + self._values(each, "constraint")))
        if each.value_type == "geoshape":
            conditions.append((f"not is_closed({value})", "'constraint', (), 'shape'"))
        if each.range and each.value_type in ("integer", "decimal"):
            start, end, step = (each.range.get(name) for name in ("start", "end", "step"))
            conditions.append((f"not in_range({value}, {start!r}, {end!r}, {step!r})", "'constraint', (), 'range'"))
        lines = []
        keyword, also = "if", f"{is_given(value, each.value_type)} and "
        if required != "False":
            said = f"{say}'required'{self._values(each, 'required')})"
            lines.append(f"{pad}if {is_blank(value, each.value_type)}:")
            lines += [f"{pad}    {said}"] if required == "True" else [f"{pad}    if {required}:", f"{pad}        {said}"]
            keyword, also = "elif", ""
        # The second is asked only where the first was passed.
        for condition, rule in conditions:
            lines += [f"{pad}{keyword} {also}{condition}:", f"{pad}    {say}{rule})"]
            keyword = "elif"
        return lines

    def _values(self, each: Field, rule: str) -> str:
        """What the references in its message stand for: worked out only where there is a problem."""
        values = each.message_values.get(rule, {})
        texts = [self.expression(each, f"{rule}_message", value, "text")[0] for value in values.values()]
        return f", ({', '.join(texts)},)" if texts else ""

    def _choices(self, each: Field) -> str:
        """The codes that may be chosen, as Python; "" where there is no telling."""
        listed = each.choice_list
        if listed is None or not listed.filtered:
            return f"CHOICES[{each.path!r}]" if each.choices is not None else ""
        writer = Writer(self.layout, fixed=self.fixed)
        scope = scope_for(self.layout, each)
        try:
            parsed, phones = self._parse(listed.nodeset)
            if isinstance(parsed, xpath.Path):
                # The filter's paths start from the question, and so does the way from an item to its code.
                way = xpath.parse(listed.value)
                assert isinstance(way, xpath.Path)
                parsed = xpath.Path(parsed.base, parsed.absolute, parsed.steps + way.steps)
            nodes = writer.write(parsed, scope).nodes
            writer.troubles += phones
        except (xpath.XPathError, AssertionError) as error:
            self.findings.append(Finding(each.path, "choice_filter", Trouble("unparsable", f"{error}: {listed.nodeset}")))
            return "frozenset()"
        code = writer.each_text(nodes, scope) if nodes is not None else ""
        self.findings += [Finding(each.path, "choice_filter", trouble) for trouble in dict.fromkeys(writer.troubles)]
        if nodes is None or any(trouble.level == "error" for trouble in writer.troubles):
            return "frozenset()"
        return code
