"""Writes how answers become rows and rows answers: a class for each repeat, a reader for each page and repeat, a writer for each row."""

from __future__ import annotations

from forms.layout import LISTS, Layout, is_given, leaves, repeats, suffix_of
from forms.value_types import VALUE_TYPES
from forms.xform import Field, Questionnaire


class Rows:
    def __init__(self, questionnaire: Questionnaire, layout: Layout) -> None:
        self.questionnaire, self.layout = questionnaire, layout

    def row_class(self, repeat: Field | None) -> list[str]:
        fields = repeat.fields if repeat else self.questionnaire.fields
        slots = ["at", "up", "index", *([] if repeat else ["rows"])]
        slots += [self.layout.attribute(each) for each in leaves(fields) + repeats(fields)]
        slots += [self.layout.flag(each) for each in conditional(fields)]
        return [
            "",
            f"class {self.layout.class_of(repeat)}:",
            f'    """{plain(repeat.path if repeat else "/")}"""',
            "",
            f"    __slots__ = ({', '.join(map(repr, slots))},)",
            "",
        ]

    def read_page(self, page: Field) -> list[str]:
        """One function for each top-level entry of the answers, so that marshmallow can call it."""
        return ["", f"def {self.page_reader(page)}(value, root, wrong):", *self._read(page, "value", "root", "''", 1), ""]

    def page_reader(self, page: Field) -> str:
        return f"read_page_{self.layout.attribute(page).removeprefix('q_')}"

    def read_repeat(self, repeat: Field) -> list[str]:
        row = self.layout.row(repeat)
        lines = [
            "",
            f"def read_{row}(raw, up, at, index, wrong):",
            f"    row = {self.layout.class_of(repeat)}()",
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
        suffix = suffix_of(each)
        if each.type == "note":
            return [f"{pad}no_answer({value}, {at}, {suffix!r}, wrong)"]
        if each.is_leaf:
            reader = VALUE_TYPES[each.value_type].reader
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

    def write(self, repeat: Field | None) -> list[str]:
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
                given = is_given(value, each.value_type)
                written = f"list({value})" if each.value_type in LISTS else value
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


def conditional(fields: list[Field]) -> list[Field]:
    """The fields of one row that have a relevance of their own."""
    found = []
    for each in fields:
        if each.relevant:
            found.append(each)
        if each.type == "group":
            found += conditional(each.fields)
    return found


def _joined(at: str, suffix: str) -> str:
    """Two pieces of Python that are text, as one; without adding an empty text."""
    return suffix if at == "''" else at if suffix == "''" else f"{at} + {suffix}"


def plain(text: str) -> str:
    """A name for a docstring or comment: nothing that could end one."""
    return "".join(letter for letter in text if letter.isalnum() or letter in "_-./ ")
