"""Writes a form as Python source: read the answers into rows, settle relevance and calculations, check every rule, write answers and record changes.

The source is a module of plain functions over rows (`root.q_outcome`, `row_members.q_temperature`), kept readable because people read it on the form's page.
It is made of our own templates (rows.py, rules.py, records.py, expressions.py, calls.py), the names that layout.Layout gives, and `repr` of texts and numbers,
so nothing of a form can run.

    Root, row classes      one class a repeat; a blank is "" (text), NaN (number), () (select_multiple), None (geopoint)
    read_…(raw, …)         JSON → row: types, unknown questions
    settle(root, …)        in order of dependency: is it relevant? what is it calculated to be? An irrelevant answer is blank for everyone else
    check(root, …)         in order of the form: required, choice, constraint, count
    write_…(row)           row → answers, blanks left out
    changes(root, …)       the records this submission creates or updates
"""

from __future__ import annotations

from dataclasses import dataclass

from forms.layout import Finding, Layout, Trouble
from forms.records import Entity, Records
from forms.rows import Rows, plain
from forms.rules import Rules
from forms.schedule import Slot, read_slots
from forms.xform import Questionnaire


@dataclass
class Compiled:
    source: str
    layout: Layout
    readers: dict[str, str]
    """top-level name of the answers → the function that reads it"""
    entities: list[Entity]
    findings: list[Finding]
    schedule: list[Slot]


def compile_form(questionnaire: Questionnaire) -> Compiled:
    layout = Layout(questionnaire)
    findings = [Finding(each.path, each.column, Trouble(each.key, each.detail, each.level)) for each in questionnaire.refused]
    rules, rows, records = Rules(questionnaire, layout, findings), Rows(questionnaire, layout), Records(questionnaire, layout, findings)
    fields = {each.path: each for each in questionnaire.walk()}
    for path, expression in questionnaire.dynamic_defaults.items():
        if path in fields:
            rules.expression(fields[path], "default", expression)
    entities = [entity for declaration in questionnaire.entities if (entity := records.entity(declaration))]
    records.saved_nowhere()
    repeats = [each for each in fields.values() if each.type == "repeat"]
    heading = [f'"""{plain(questionnaire.id)} version {plain(questionnaire.version)}: written by forms/compiler.py, not by hand."""', ""]
    lines: list[str] = []
    for repeat in (None, *repeats):
        lines += rows.row_class(repeat)
    for page in questionnaire.fields:
        lines += rows.read_page(page)
    for repeat in repeats:
        lines += rows.read_repeat(repeat)
    lines += ["", "def settle(root, clock, remark):", *rules.settle(), "    return root", ""]
    lines += ["", "def check(root, clock, problem):", *rules.check(), "    return root", ""]
    for repeat in (*reversed(repeats), None):
        lines += rows.write(repeat)
    lines += records.changes(entities)
    # Made once for each form: a condition on a list of thousands is then a look into a table.
    heading += [f"{name} = index_by_{kind}({list_name!r}, {key!r})" for (list_name, key, kind), name in layout.indexes.items()]
    heading += [f"{name} = pattern({text!r})" for text, name in layout.patterns.items()]
    lines = heading + lines
    readers = {page.name: rows.page_reader(page) for page in questionnaire.fields}
    slots, wrong = read_slots(questionnaire, entities)
    return Compiled("\n".join(lines) + "\n", layout, readers, entities, findings + wrong, slots)
