"""Answers as JSON ↔ a submission's XML, both ways and without loss.

The phone does the same in server/pwa/src/forms/answers.ts, held together by the cases in tests/data/answers/.

    to_xml(form, {"visit": {"outcome": "done"}, "members": [{"name": "何伶俐"}]}, instance_id="uuid:…")
    from_xml(form, xml)  →  Submitted(form="household_survey", version="1", answers={…}, instance_id="uuid:…")

Blank and absent are one: both are an empty element in XML and nothing in JSON. A text that does not fit its question's type stays text,
so that the verdict can name it. Elements the form does not know are kept too, for the same reason.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from lxml import etree

from forms.form import Form
from forms.questionnaire import Field
from forms.value_types import VALUE_TYPES
from forms.xlsform import parse_xml

SUBMISSION_BYTES_MAX = 10_000_000
ELEMENT_DEPTH_MAX = 40


@dataclass(frozen=True)
class Submitted:
    form: str
    version: str
    answers: dict[str, Any]
    instance_id: str = ""
    deprecated_id: str = ""


class UnwritableAnswers(Exception):
    """The answers are not of the form's shape or hold what XML cannot; judge them first."""


class UnreadableSubmission(Exception):
    """The XML is no submission; one sentence."""


def to_xml(form: Form, answers: dict[str, Any], instance_id: str = "", deprecated_id: str = "") -> str:
    root = etree.Element(form.questionnaire.root, id=form.id, version=form.version)
    try:
        _write(root, answers, form.fields)
        if instance_id or deprecated_id:
            meta = root.find("meta")
            meta = etree.SubElement(root, "meta") if meta is None else meta
            for name, value in (("instanceID", instance_id), ("deprecatedID", deprecated_id)):
                if value:
                    etree.SubElement(meta, name).text = value
    except (ValueError, TypeError, AttributeError) as error:
        raise UnwritableAnswers(str(error)) from error
    return etree.tostring(root, encoding="unicode")


def from_xml(form: Form, xml: str | bytes) -> Submitted:
    if len(xml) > SUBMISSION_BYTES_MAX:
        raise UnreadableSubmission(f"a submission has {SUBMISSION_BYTES_MAX} bytes at most")
    try:
        root = parse_xml(xml)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise UnreadableSubmission(f"no XML: {error}") from error
    meta = next((child for child in root if _name(child) == "meta"), None)
    ids = {} if meta is None else {_name(child): child.text or "" for child in meta}
    answers = _read(root, form.fields, 0)
    return Submitted(root.get("id", ""), root.get("version", ""), answers, ids.get("instanceID", ""), ids.get("deprecatedID", ""))


def _name(element: etree._Element) -> str:
    return etree.QName(element).localname if isinstance(element.tag, str) else ""


def _write(element: etree._Element, answers: dict[str, Any], fields: list[Field]) -> None:
    extra = answers.keys() - {each.name for each in fields}
    if extra:
        raise UnwritableAnswers(f"the form has no {sorted(extra)[0]!r}")
    for each in fields:
        value = answers.get(each.name)
        if each.type == "repeat":
            for row in value or ():
                _write(etree.SubElement(element, each.name), row, each.fields)
        elif each.type == "group":
            _write(etree.SubElement(element, each.name), value or {}, each.fields)
        elif value is None or value == "" or value == [] or not each.is_leaf:
            if not each.is_leaf and value:
                raise UnwritableAnswers(f"{each.name} has no answer")
            etree.SubElement(element, each.name)
        else:
            etree.SubElement(element, each.name).text = VALUE_TYPES[each.value_type].write(value) or None


def _read(element: etree._Element, fields: list[Field], depth: int) -> dict[str, Any]:
    by_name = {each.name: each for each in fields}
    answers: dict[str, Any] = {}
    for child in element:
        name = _name(child)
        if not name or "{http://openrosa.org/javarosa}template" in child.attrib:
            continue
        known = by_name.get(name)
        if depth == 0 and name == "meta":
            # The ids of an instance are no answers, nor is what another client notes beside them.
            inside = _read(child, known.fields, 1) if known is not None else {}
            if asked := {each.name: inside[each.name] for each in (known.fields if known is not None else ()) if each.name in inside}:
                answers[name] = asked
        elif known is None:
            if len(child) or child.text:
                answers[name] = _unknown(child, depth)
        elif known.type == "repeat":
            answers.setdefault(name, []).append(_read(child, known.fields, depth + 1))
        elif known.type == "group":
            if inside := _read(child, known.fields, depth + 1):
                answers[name] = inside
        elif (value := VALUE_TYPES[known.value_type or "text"].parse(child.text or "")) is not None:
            answers[name] = value
    return answers


def _unknown(element: etree._Element, depth: int) -> Any:
    if not len(element) or depth > ELEMENT_DEPTH_MAX:
        return element.text or ""
    return {_name(child): _unknown(child, depth + 1) for child in element if _name(child)}
