"""Writes a form as Python source: read the answers into rows, settle relevance and calculations, check every rule, write answers and record changes.

The source is a module of plain functions over rows (`root.q_outcome`, `row_members.q_temperature`), kept readable because people read it on the form's page.
It is made of this module's own templates, the names that expressions.Layout gives, and `repr` of texts and numbers, so nothing of a form can run.

    Root, row classes      one class a repeat; a blank is "" (text), NaN (number), () (select_multiple), None (geopoint)
    read_…(raw, …)         JSON → row: types, unknown questions
    settle(root, …)        in order of dependency: is it relevant? what is it calculated to be? An irrelevant answer is blank for everyone else
    check(root, …)         in order of the form: required, choice, constraint, count
    write_…(row)           row → answers, blanks left out
    changes(root, …)       the records this submission creates or updates
"""

from __future__ import annotations

from dataclasses import dataclass

from forms import xpath
from forms.expressions import BLANKS, Layout, Scope, Trouble, Writer, scope_for
from forms.xform import EntityDeclaration, Field, Questionnaire


@dataclass(frozen=True)
class Finding:
    """One trouble and where: the field's path ("" for the form) and the column of the XLSForm it stands in."""

    path: str
    column: str
    trouble: Trouble


@dataclass(frozen=True)
class Entity:
    kind: str
    repeat: str | None
    id: str
    label: dict[str, str]
    properties: dict[str, str]

    def as_document(self) -> dict:
        return {"kind": self.kind, "repeat": self.repeat, "id": self.id, "label": self.label or None, "properties": self.properties}


@dataclass
class Compiled:
    source: str
    layout: Layout
    readers: dict[str, str]
    """top-level name of the answers → the function that reads it"""
    entities: list[Entity]
    findings: list[Finding]


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


def compile_form(questionnaire: Questionnaire) -> Compiled:
    return _Compiler(questionnaire).compile()


class _Compiler:
    def __init__(self, questionnaire: Questionnaire) -> None:
        self.questionnaire = questionnaire
        self.layout = Layout(questionnaire)
        self.findings: list[Finding] = []
        self.fixed: dict[str, str] = {}
        self.fields = {each.path: each for each in questionnaire.walk()}

    def compile(self) -> Compiled:
        for path, what in self.questionnaire.unsupported:
            self.findings.append(Finding(path, "type", Trouble("unsupported", what)))
        for path, expression in self.questionnaire.dynamic_defaults.items():
            if path in self.fields:
                self._expression(self.fields[path], "default", expression)
        entities = [entity for declaration in self.questionnaire.entities if (entity := self._entity(declaration))]
        self._saved_nowhere()
        self.fixed = {}
        settle = self._settle()
        settle = [*self._worked_out(), *settle]
        self.fixed = {}
        check = self._check(None, self.questionnaire.fields, 1)
        check = [*self._worked_out(), *check]
        lines = [f'"""{_plain(self.questionnaire.id)} version {_plain(self.questionnaire.version)}: written by forms/compiler.py, not by hand."""', ""]
        for repeat in [None, *(each for each in self.fields.values() if each.type == "repeat")]:
            lines += self._row_class(repeat)
        for page in self.questionnaire.fields:
            lines += self._read_page(page)
        for each in self.fields.values():
            if each.type == "repeat":
                lines += self._read_repeat(each)
        lines += ["", "def settle(root, clock, remark):", *settle, "    return root", ""]
        lines += ["", "def check(root, clock, problem):", *check, "    return root", ""]
        for repeat in [*reversed([each for each in self.fields.values() if each.type == "repeat"]), None]:
            lines += self._write(repeat)
        lines += self._changes(entities)
        readers = {page.name: self._page_reader(page) for page in self.questionnaire.fields}
        return Compiled("\n".join(lines) + "\n", self.layout, readers, entities, self.findings)

    def _worked_out(self) -> list[str]:
        """What is the same for every row, ahead of a function's body."""
        return [f"    {name} = {text}" for text, name in self.fixed.items()]

    # expressions

    def _expression(self, each: Field, column: str, text: str, as_: str = "truth", scope: Scope | None = None) -> tuple[str, Writer]:
        writer = Writer(self.layout, fixed=self.fixed)
        written = {"truth": "True", "number": "NAN", "text": "''"}[as_]
        try:
            parsed = xpath.parse(text)
        except xpath.XPathError as error:
            self.findings.append(Finding(each.path, column, Trouble("unparsable", f"{error}: {text}")))
            return written, writer
        written = getattr(writer, as_)(parsed, scope or scope_for(self.layout, each))
        self.findings += [Finding(each.path, column, trouble) for trouble in dict.fromkeys(writer.troubles)]
        return (written if not any(trouble.level == "error" for trouble in writer.troubles) else {"truth": "True", "number": "NAN", "text": "''"}[as_]), writer

    # rows and reading

    def _leaves(self, fields: list[Field]) -> list[Field]:
        """The leaves that stand in the same row: through groups, not into repeats."""
        found = []
        for each in fields:
            if each.is_leaf:
                found.append(each)
            elif each.type == "group":
                found += self._leaves(each.fields)
        return found

    def _repeats(self, fields: list[Field]) -> list[Field]:
        found = []
        for each in fields:
            if each.type == "repeat":
                found.append(each)
            elif each.type == "group":
                found += self._repeats(each.fields)
        return found

    def _conditional(self, fields: list[Field]) -> list[Field]:
        """The fields of one row that have a relevance of their own."""
        found = []
        for each in fields:
            if each.relevant:
                found.append(each)
            if each.type == "group":
                found += self._conditional(each.fields)
        return found

    def _class(self, repeat: Field | None) -> str:
        return self.layout.row(repeat).replace("row_", "Row_", 1) if repeat else "Root"

    def _row_class(self, repeat: Field | None) -> list[str]:
        fields = repeat.fields if repeat else self.questionnaire.fields
        slots = ["at", "up", "index"]
        slots += [self.layout.attribute(each) for each in self._leaves(fields) + self._repeats(fields)]
        slots += [self.layout.flag(each) for each in self._conditional(fields)]
        return [
            "",
            f"class {self._class(repeat)}:",
            f'    """{_plain(repeat.path if repeat else "/")}"""',
            "",
            f"    __slots__ = ({', '.join(map(repr, slots))},)",
            "",
        ]

    def _read_page(self, page: Field) -> list[str]:
        """One function for each top-level entry of the answers, so that marshmallow can call it."""
        return ["", f"def {self._page_reader(page)}(value, root, wrong):", *self._read(page, "value", "root", "''", 1), ""]

    def _page_reader(self, page: Field) -> str:
        return f"read_page_{self.layout.attribute(page).removeprefix('q_')}"

    def _read_repeat(self, repeat: Field) -> list[str]:
        row = self.layout.row(repeat)
        lines = [
            "",
            f"def read_{row}(raw, up, at, index, wrong):",
            f"    row = {self._class(repeat)}()",
            "    row.at = at",
            "    row.up = up",
            "    row.index = index",
        ]
        lines += ["    if type(raw) is not dict:", "        raw = no_group(raw, at, wrong)", "    get = raw.get"]
        for child in repeat.fields:
            lines += self._read(child, f"get({child.name!r})", "row", "at", 1)
        lines += self._unknown("raw", repeat.fields, "at", "''", 1)
        return [*lines, "    return row", ""]

    def _read(self, each: Field, value: str, row: str, at: str, depth: int) -> list[str]:
        pad = "    " * depth
        attribute = self.layout.attribute(each)
        suffix = each.path.removeprefix(each.repeat.path if each.repeat else "")
        if each.type == "note":
            return [f"{pad}no_answer({value}, {at}, {suffix!r}, wrong)"]
        if each.is_leaf:
            reader = {"select_one": "one_line", "image": "one_line"}.get(each.value_type, each.value_type)
            told = "wrong"
            if each.type == "calculate":
                # Whatever was sent, it is calculated again.
                told = "ignore"
                reader = "calculated_number" if each.value_type in ("integer", "decimal") else reader
            return [f"{pad}{row}.{attribute} = read_{reader}({value}, {at}, {suffix!r}, {told})"]
        if each.type == "repeat":
            return [f"{pad}{row}.{attribute} = read_rows({value}, {row}, {at}, {suffix!r}, read_{self.layout.row(each)}, wrong)"]
        group = f"g_{attribute.removeprefix('q_')}"
        lines = [f"{pad}{group} = {value}", f"{pad}if type({group}) is not dict:", f"{pad}    {group} = no_group({group}, {_joined(at, repr(suffix))}, wrong)"]
        for child in each.fields:
            lines += self._read(child, f"{group}.get({child.name!r})", row, at, depth)
        return lines + self._unknown(group, each.fields, at, repr(suffix), depth)

    def _unknown(self, raw: str, fields: list[Field], at: str, suffix: str, depth: int) -> list[str]:
        names = ", ".join(repr(each.name) for each in fields) or "()"
        known = f"{{{names}}}" if fields else "set()"
        return [f"{'    ' * depth}if not {raw}.keys() <= {known}:", f"{'    ' * depth}    unknown({raw}, {known}, {_joined(at, suffix)}, wrong)"]

    # settling

    def _settle(self) -> list[str]:
        rules: list[_Rule] = []
        for each in self.fields.values():
            if each.relevant:
                rules.append(self._relevance(each))
            if each.calculate and each.is_leaf:
                rules.append(self._calculation(each))
        ordered = self._in_order(rules)
        lines: list[str] = []
        open_repeats: list[Field] = []
        for rule in ordered:
            chain = self._chain(rule.field)
            if rule.crosses:
                open_repeats = []
            shared = 0
            while shared < min(len(chain), len(open_repeats)) and chain[shared] is open_repeats[shared]:
                shared += 1
            for depth in range(shared, len(chain)):
                lines.append(self._loop(chain[depth], depth + 1))
            open_repeats = chain
            pad = "    " * (len(chain) + 1)
            lines += [pad + line for line in rule.lines]
        return lines

    def _chain(self, each: Field) -> list[Field]:
        """The repeats around a field, outermost first."""
        chain: list[Field] = []
        repeat = each.repeat
        while repeat is not None:
            chain.insert(0, repeat)
            repeat = repeat.repeat
        return chain

    def _loop(self, repeat: Field, depth: int) -> str:
        return f"{'    ' * depth}for {self.layout.row(repeat)} in {self.layout.row_of(repeat)}.{self.layout.attribute(repeat)}:"

    def _nearest_condition(self, each: Field | None) -> Field | None:
        """The innermost conditional group around a field, within the same row (rows of an irrelevant repeat are gone anyway)."""
        while each is not None and each.type != "repeat":
            if each.relevant:
                return each
            each = each.parent
        return None

    def _relevance(self, each: Field) -> _Rule:
        condition, writer = self._expression(each, "relevant", each.relevant)
        row, flag = self.layout.row_of(each), self.layout.flag(each)
        above = self._nearest_condition(each.parent)
        if above is not None:
            condition = f"{row}.{self.layout.flag(above)} and {condition}"
        lines = [f"{row}.{flag} = {condition}", f"if not {row}.{flag}:"]
        emptied = [each] if each.is_leaf or each.type == "repeat" else self._leaves(each.fields) + self._repeats(each.fields)
        for leaf in emptied:
            name, suffix = f"{row}.{self.layout.attribute(leaf)}", leaf.path.removeprefix(leaf.repeat.path if leaf.repeat else "")
            blank = "()" if leaf.type == "repeat" else BLANKS.get(leaf.value_type, "''")
            given = f"{name} == {name}" if blank == "NAN" else f"{name} is not None" if blank == "None" else name
            lines += [f"    if {given}:", f"        {name} = {blank}", f"        remark({row}.at, {suffix!r}, 'relevant')"]
        if not emptied:
            lines.append("    pass")
        return _Rule(f"relevant {each.path}", each, lines, self._needs(each, writer, "relevant"), writer.crosses)

    def _calculation(self, each: Field) -> _Rule:
        as_ = "number" if each.value_type in ("integer", "decimal") else "text"
        calculated, writer = self._expression(each, "calculation", each.calculate, as_)
        row = self.layout.row_of(each)
        name, suffix = f"{row}.{self.layout.attribute(each)}", each.path.removeprefix(each.repeat.path if each.repeat else "")
        kind = "calculated_number" if as_ == "number" else "calculated_choices" if each.value_type == "select_multiple" else "calculated_text"
        volatile = "random" if "random" in writer.volatile else "pinned" if "pinned" in writer.volatile else ""
        line = f"{name} = {kind}({name}, {calculated}, {row}.at, {suffix!r}, {volatile!r}, remark)"
        if each.value_type == "integer":
            line = line.replace("calculated_number(", "calculated_integer(", 1)
        if each.value_type == "geopoint":
            self.findings.append(Finding(each.path, "calculation", Trouble("unsupported", "geopoint")))
            line = "pass"
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
            inside = list(reference.walk()) if reference.type in ("group", "repeat") and column == "relevant" and reference is each else []
            for child in inside:
                needs.add(f"relevant {child.path}")
            if reference.calculate:
                needs.add(f"calculation {reference.path}")
            while read is not None:
                needs.add(f"relevant {read.path}")
                read = read.parent
        return needs

    def _in_order(self, rules: list[_Rule]) -> list[_Rule]:
        """Dependencies first, otherwise the order of the form; a ring is a finding."""
        by_name = {rule.name: rule for rule in rules}
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
            for name, other in by_name.items():
                if name in rule.needs:
                    visit(other)
            waiting.pop()
            rule.done = True
            ordered.append(rule)

        for rule in rules:
            visit(rule)
        return ordered

    # checking

    def _check(self, repeat: Field | None, fields: list[Field], depth: int) -> list[str]:
        lines: list[str] = []
        for each in fields:
            pad = "    " * depth
            row = self.layout.row_of(each)
            inner: list[str] = []
            deeper = depth + bool(each.relevant)
            if each.is_leaf:
                inner = self._check_leaf(each, deeper)
            elif each.type == "group":
                inner = self._check(repeat, each.fields, deeper)
            elif each.type == "repeat":
                inner = self._check_repeat(each, deeper)
            if inner and each.relevant:
                lines.append(f"{pad}if {row}.{self.layout.flag(each)}:")
            lines += inner
        return lines

    def _check_repeat(self, each: Field, depth: int) -> list[str]:
        pad, row = "    " * depth, self.layout.row_of(each)
        rows = f"{row}.{self.layout.attribute(each)}"
        lines = []
        if each.count:
            expected, _ = self._expression(each, "repeat_count", each.count, "number")
            suffix = each.path.removeprefix(each.repeat.path if each.repeat else "")
            lines += [f"{pad}if len({rows}) != expected_rows({expected}):", f"{pad}    problem({row}.at, {suffix!r}, 'count')"]
        inner = self._check(each, each.fields, depth + 1)
        return lines + ([self._loop(each, depth), *inner] if inner else [])

    def _check_leaf(self, each: Field, depth: int) -> list[str]:
        pad, row = "    " * depth, self.layout.row_of(each)
        value = f"{row}.{self.layout.attribute(each)}"
        suffix = each.path.removeprefix(each.repeat.path if each.repeat else "")
        say = f"problem({row}.at, {suffix!r}, "
        required = "False"
        if each.required and each.required != "false()":
            required, _ = self._expression(each, "required", each.required)
        conditions: list[tuple[str, str]] = []
        if each.value_type in ("select_one", "select_multiple") and each.choices is not None:
            allowed = self._choices(each)
            conditions.append((f"{value} not in {allowed}" if each.value_type == "select_one" else f"not {allowed}.issuperset({value})", "choice"))
        if each.constraint:
            constraint, _ = self._expression(each, "constraint", each.constraint)
            conditions.append((f"not {constraint}", "constraint"))
        blank = {"NAN": f"{value} != {value}", "None": f"{value} is None"}.get(BLANKS.get(each.value_type, ""), f"not {value}")
        lines = []
        if required != "False":
            lines.append(f"{pad}if {blank}:")
            if required == "True":
                lines.append(f"{pad}    {say}'required')")
            else:
                lines += [f"{pad}    if {required}:", f"{pad}        {say}'required')"]
        elif conditions:
            given = {"NAN": f"{value} == {value}", "None": f"{value} is not None"}.get(BLANKS.get(each.value_type, ""), value)
            condition, rule = conditions.pop(0)
            lines += [f"{pad}if {given} and {condition}:", f"{pad}    {say}{rule!r})"]
            if conditions:
                # The second is asked only where the first was passed, or the answer is blank and it does not matter.
                condition, rule = conditions.pop(0)
                lines += [f"{pad}elif {given} and {condition}:", f"{pad}    {say}{rule!r})"]
            return lines
        for condition, rule in conditions:
            lines += [f"{pad}elif {condition}:", f"{pad}    {say}{rule!r})"]
        return lines

    def _choices(self, each: Field) -> str:
        assert each.choices is not None
        if each.choice_list is None or not each.choice_list.filtered:
            return f"CHOICES[{each.path!r}]"
        writer = Writer(self.layout, fixed=self.fixed)
        scope = scope_for(self.layout, each)
        try:
            nodes = writer.write(xpath.parse(each.choice_list.nodeset), scope).nodes
        except xpath.XPathError as error:
            self.findings.append(Finding(each.path, "choice_filter", Trouble("unparsable", f"{error}: {each.choice_list.nodeset}")))
            return "frozenset()"
        self.findings += [Finding(each.path, "choice_filter", trouble) for trouble in dict.fromkeys(writer.troubles)]
        if nodes is None or writer.troubles:
            return "frozenset()"
        return f"{{item.get({each.choice_list.value!r}, '') for item in {nodes.rows}}}"

    # writing

    def _write(self, repeat: Field | None) -> list[str]:
        row = "row" if repeat else "root"
        fields = repeat.fields if repeat else self.questionnaire.fields
        name = self.layout.row(repeat)
        return ["", f"def write_{name}({row}):", "    out = {}", *self._write_fields(fields, row, "out", 1), "    return out", ""]

    def _write_fields(self, fields: list[Field], row: str, out: str, depth: int) -> list[str]:
        pad = "    " * depth
        lines: list[str] = []
        for each in fields:
            value = f"{row}.{self.layout.attribute(each)}" if each.type != "note" else ""
            if each.is_leaf:
                given = {"NAN": f"{value} == {value}", "None": f"{value} is not None"}.get(BLANKS.get(each.value_type, ""), value)
                written = f"list({value})" if each.value_type == "select_multiple" else value
                lines += [f"{pad}if {given}:", f"{pad}    {out}[{each.name!r}] = {written}"]
            elif each.type == "repeat":
                lines += [f"{pad}if {value}:", f"{pad}    {out}[{each.name!r}] = [write_{self.layout.row(each)}(each) for each in {value}]"]
            elif each.type == "group" and each.fields:
                group = f"{out}_{self.layout.attribute(each).removeprefix('q_')}"
                lines += [
                    f"{pad}{group} = {{}}",
                    *self._write_fields(each.fields, row, group, depth),
                    f"{pad}if {group}:",
                    f"{pad}    {out}[{each.name!r}] = {group}",
                ]
        return lines

    # records

    def _entity(self, declaration: EntityDeclaration) -> Entity | None:
        name = declaration.id.strip().removeprefix("${").removesuffix("}")
        found = [each for each in self.fields.values() if each.name == name and each.is_leaf]
        if not declaration.id.strip().startswith("${") or len(found) != 1:
            self.findings.append(Finding("", "entity_id", Trouble("entity_id", f"{declaration.kind}: {declaration.id}")))
            return None
        id_field = found[0]
        chain = self._chain(id_field)
        properties: dict[str, str] = {}
        for each in self.fields.values():
            for target in each.save_to:
                kind, mark, property_name = target.partition("#")
                if not mark:
                    kind, property_name = self.questionnaire.entities[0].kind, target
                if kind != declaration.kind:
                    continue
                around = self._chain(each)
                if around != chain[: len(around)]:
                    self.findings.append(Finding(each.path, "save_to", Trouble("save_to_scope", target)))
                elif property_name in properties:
                    self.findings.append(Finding(each.path, "save_to", Trouble("save_to_twice", target)))
                elif not each.is_leaf:
                    self.findings.append(Finding(each.path, "save_to", Trouble("save_to_group", target)))
                elif not _is_property(property_name):
                    self.findings.append(Finding(each.path, "save_to", Trouble("save_to_name", target)))
                else:
                    properties[property_name] = each.path
        return Entity(declaration.kind, chain[-1].path if chain else None, id_field.path, declaration.label, properties)

    def _saved_nowhere(self) -> None:
        kinds = {declaration.kind for declaration in self.questionnaire.entities}
        for each in self.fields.values():
            for target in each.save_to:
                kind, mark, _ = target.partition("#")
                if (mark and kind not in kinds) or (not mark and len(kinds) != 1):
                    self.findings.append(Finding(each.path, "save_to", Trouble("save_to_kind", target)))

    def _changes(self, entities: list[Entity]) -> list[str]:
        lines = ["", "def changes(root, change):"]
        for entity in entities:
            id_field = self.fields[entity.id]
            chain = self._chain(id_field)
            lines += [self._loop(repeat, depth + 1) for depth, repeat in enumerate(chain)]
            pad = "    " * (len(chain) + 1)
            row = self.layout.row_of(id_field)
            suffix = id_field.path.removeprefix(id_field.repeat.path if id_field.repeat else "")
            lines += [f"{pad}if {row}.{self.layout.attribute(id_field)}:", f"{pad}    properties = {{}}"]
            for name, path in entity.properties.items():
                each = self.fields[path]
                value = f"{self.layout.row_of(each)}.{self.layout.attribute(each)}"
                given = {"NAN": f"{value} == {value}", "None": f"{value} is not None"}.get(BLANKS.get(each.value_type, ""), value)
                written = f"list({value})" if each.value_type == "select_multiple" else value
                lines += [f"{pad}    if {given}:", f"{pad}        properties[{name!r}] = {written}"]
            lines.append(f"{pad}    change({entity.kind!r}, {row}.{self.layout.attribute(id_field)}, {row}.at, {suffix!r}, properties)")
        return [*lines, "    return root"]


def _joined(at: str, suffix: str) -> str:
    """Two pieces of Python that are text, as one; without adding an empty text."""
    return suffix if at == "''" else at if suffix == "''" else f"{at} + {suffix}"


def _is_property(name: str) -> bool:
    return name.isidentifier() and name.isascii() and not name.startswith("__") and len(name) <= 64


def _plain(text: str) -> str:
    """A name for a docstring or comment: nothing that could end one."""
    return "".join(letter for letter in text if letter.isalnum() or letter in "_-./ ")
