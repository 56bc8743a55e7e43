"""The JSON Schema (2020-12) of a form's answers, for whoever sends or reads them with tools of their own.

    json_schema(form)["properties"]["members"]["items"]["properties"]["temperature"]
    →  {"title": "体温", "anyOf": [{"$ref": "#/$defs/decimal"}, {"$ref": "#/$defs/blank"}], "x-label": {"zh": "体温", "en": "Temperature"}}

It says what the types say (forms/value_types.py, where the reader has them from too), which choices there are where no filter and no file decides,
and what must be there in any case. What depends on other answers only the verdict knows.
"""

from __future__ import annotations

from typing import Any

from forms.form import Form
from forms.messages import Message
from forms.questionnaire import Field
from forms.reading import REPEAT_ROWS_MAX
from forms.value_types import VALUE_TYPES

DIALECT = "https://json-schema.org/draft/2020-12/schema"
BLANK = {"$ref": "#/$defs/blank"}
CHOICES_LISTED_MAX = 1_000
"""More are not written out."""


def json_schema(form: Form, language: str = "") -> dict[str, Any]:
    """Titles in this language, the form's first unless it is one of them; every language's under `x-label`."""
    return _Writer(form, language).schema()


class _Writer:
    def __init__(self, form: Form, language: str) -> None:
        self.form = form
        self.language = language if language in form.languages else form.languages[0]

    def schema(self) -> dict[str, Any]:
        types = {each.value_type for each in self.form.questionnaire.walk() if each.is_leaf}
        return {
            "$schema": DIALECT,
            "$id": f"urn:doorstep:form:{self.form.id}:{self.form.version}",
            **self._said("title", self.form.title),
            **self._object(self.form.fields, True),
            "$defs": {
                "blank": {"description": "as if it were not there", "enum": [None, ""]},
                **{name: VALUE_TYPES[name].schema for name in VALUE_TYPES if name in types},
            },
        }

    def _object(self, fields: list[Field], is_asked: bool) -> dict[str, Any]:
        """`is_asked`: whether what is around these fields is relevant in any case."""
        required = [each.name for each in fields if is_asked and _must_be(each)]
        properties = {each.name: self._property(each, is_asked) for each in fields}
        return {"type": "object", "properties": properties, "additionalProperties": False} | ({"required": required} if required else {})

    def _property(self, each: Field, is_asked: bool) -> dict[str, Any]:
        must = is_asked and _must_be(each)
        inside = is_asked and not each.relevant
        if each.type == "repeat":
            row = self._object(each.fields, inside)
            kind = {"type": "array", "items": row if row.get("required") else {"anyOf": [row, BLANK]}, "maxItems": REPEAT_ROWS_MAX}
        elif each.type == "group":
            kind = self._object(each.fields, inside)
        elif each.is_leaf:
            kind = self._answer(each)
            if must and VALUE_TYPES[each.value_type].schema.get("type") == "array":
                kind = {**kind, "minItems": 1}
        else:
            return {**self._about(each), **BLANK}
        return {**self._about(each), **(kind if must else {"anyOf": [kind, BLANK]})}

    def _answer(self, each: Field) -> dict[str, Any]:
        given = {"$ref": f"#/$defs/{each.value_type}"}
        codes = list(dict.fromkeys(choice.value for choice in each.choices or ())) if _are_all_choices(each) else []
        if not codes or len(codes) > CHOICES_LISTED_MAX:
            return given
        if each.value_type == "select_one":
            return {"enum": codes}
        return {**given, "items": {"enum": codes}}

    def _about(self, each: Field) -> dict[str, Any]:
        about = self._said("title", {} if each.type == "hidden" else each.label) | self._said("description", each.hint)
        if each.type == "calculate" or each.preload:
            about["readOnly"] = True
        labels = {choice.value: choice.label for choice in each.choices or () if choice.label} if _are_all_choices(each) else {}
        if labels and len(labels) <= CHOICES_LISTED_MAX:
            about["x-choices"] = labels
        return about

    def _said(self, keyword: str, text: Message) -> dict[str, Any]:
        if not text:
            return {}
        return {keyword: text.get(self.language) or next(iter(text.values())), {"title": "x-label", "description": "x-hint"}[keyword]: text}


def _must_be(each: Field) -> bool:
    """Whether there must be something here whenever what is around it is relevant."""
    if each.relevant:
        return False
    if each.type == "group":
        return any(_must_be(child) for child in each.fields)
    return each.is_leaf and each.required == "true()" and each.type != "calculate"


def _are_all_choices(each: Field) -> bool:
    return (
        each.choices is not None
        and each.value_type in ("select_one", "select_multiple", "rank")
        and (each.choice_list is None or not (each.choice_list.filtered or each.choice_list.file))
    )
