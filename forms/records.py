"""Writes which records a submission creates or updates: the sheet `entities` and the column `save_to`."""

from __future__ import annotations

from dataclasses import dataclass

from forms.layout import LISTS, Finding, Layout, Trouble, around, is_given, suffix_of
from forms.xform import EntityDeclaration, Field, Questionnaire


@dataclass(frozen=True)
class Entity:
    kind: str
    repeat: str | None
    id: str
    label: dict[str, str]
    properties: dict[str, str]

    def as_document(self) -> dict:
        return {"kind": self.kind, "repeat": self.repeat, "id": self.id, "label": self.label or None, "properties": self.properties}


class Records:
    def __init__(self, questionnaire: Questionnaire, layout: Layout, findings: list[Finding]) -> None:
        self.questionnaire, self.layout, self.findings = questionnaire, layout, findings
        self.fields: dict[str, Field] = {each.path: each for each in questionnaire.walk()}

    def entity(self, declaration: EntityDeclaration) -> Entity | None:
        name = declaration.id.strip().removeprefix("${").removesuffix("}")
        found = [each for each in self.fields.values() if each.name == name and each.is_leaf]
        if not declaration.id.strip().startswith("${") or len(found) != 1:
            self.findings.append(Finding("", "entity_id", Trouble("entity_id", f"{declaration.kind}: {declaration.id}")))
            return None
        id_field = found[0]
        chain = around(id_field)
        properties: dict[str, str] = {}
        for each in self.fields.values():
            for target in each.save_to:
                kind, mark, property_name = target.partition("#")
                if not mark:
                    kind, property_name = self.questionnaire.entities[0].kind, target
                if kind != declaration.kind:
                    continue
                outside = around(each)
                if outside != chain[: len(outside)]:
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

    def saved_nowhere(self) -> None:
        kinds = {declaration.kind for declaration in self.questionnaire.entities}
        for each in self.fields.values():
            for target in each.save_to:
                kind, mark, _ = target.partition("#")
                if (mark and kind not in kinds) or (not mark and len(kinds) != 1):
                    self.findings.append(Finding(each.path, "save_to", Trouble("save_to_kind", target)))

    def changes(self, entities: list[Entity]) -> list[str]:
        lines = ["", "def changes(root, change):"]
        for entity in entities:
            id_field = self.fields[entity.id]
            chain = around(id_field)
            lines += [self.layout.loop(repeat, depth + 1) for depth, repeat in enumerate(chain)]
            pad = "    " * (len(chain) + 1)
            row = self.layout.row_of(id_field)
            suffix = suffix_of(id_field)
            lines += [f"{pad}if {row}.{self.layout.attribute(id_field)}:", f"{pad}    properties = {{}}"]
            for name, path in entity.properties.items():
                each = self.fields[path]
                value = self.layout.answer(each)
                given = is_given(value, each.value_type)
                written = f"list({value})" if each.value_type in LISTS else value
                lines += [f"{pad}    if {given}:", f"{pad}        properties[{name!r}] = {written}"]
            lines.append(f"{pad}    change({entity.kind!r}, {row}.{self.layout.attribute(id_field)}, {row}.at, {suffix!r}, properties)")
        return [*lines, "    return root"]


def _is_property(name: str) -> bool:
    return name.isidentifier() and name.isascii() and not name.startswith("__") and len(name) <= 64
