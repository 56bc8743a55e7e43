"""Answers as JSON ↔ a submission's XML, both ways and without loss.

The phone does the same in server/pwa/src/forms/answers.ts, held together by the cases in tests/data/answers/.

    to_xml(form, {"visit": {"outcome": "done"}, "members": [{"name": "何伶俐"}]}, instance_id="uuid:…")
    from_xml(form, xml)  →  Submitted(form="household_survey", version="1", answers={…}, instance_id="uuid:…")

Blank and absent are one: both are an empty element in XML and nothing in JSON. A text that does not fit its question's type stays text,
so that the verdict can name it. Elements the form does not know are kept too, for the same reason.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from lxml import etree

from forms.form import Form
from forms.xform import Field
from forms.xlsform import parse_xml

SUBMISSION_BYTES_MAX = 10_000_000
ELEMENT_DEPTH_MAX = 40
GEOPOINT_PARTS = ("latitude", "longitude", "altitude", "accuracy")


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
            meta = etree.SubElement(root, "meta")
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
        else:
            etree.SubElement(element, each.name).text = _lexical(each.value_type, value) or None


def _lexical(value_type: str, value: Any) -> str:
    if value is None or value == "" or value == []:
        return ""
    if value_type == "select_multiple" and isinstance(value, list):
        return " ".join(value)
    if value_type == "geopoint" and isinstance(value, dict):
        parts = [value.get(part) for part in GEOPOINT_PARTS]
        while parts and parts[-1] is None:
            parts.pop()
        return " ".join(_plain_number(part or 0) for part in parts)
    if isinstance(value, bool):
        raise UnwritableAnswers("true and false are no answers")
    if isinstance(value, int | float):
        return _plain_number(value)
    if isinstance(value, str):
        return value
    raise UnwritableAnswers(f"{type(value).__name__} is no answer to a {value_type}")


def _plain_number(value: float) -> str:
    """Without an exponent, which XML Schema's decimal does not know, and so that reading it gives the same number."""
    return format(Decimal(repr(value)), "f")


def _read(element: etree._Element, fields: list[Field], depth: int) -> dict[str, Any]:
    by_name = {each.name: each for each in fields}
    answers: dict[str, Any] = {}
    for child in element:
        name = _name(child)
        if not name or (depth == 0 and name == "meta") or "{http://openrosa.org/javarosa}template" in child.attrib:
            continue
        known = by_name.get(name)
        if known is None:
            if len(child) or child.text:
                answers[name] = _unknown(child, depth)
        elif known.type == "repeat":
            answers.setdefault(name, []).append(_read(child, known.fields, depth + 1))
        elif known.type == "group":
            if inside := _read(child, known.fields, depth + 1):
                answers[name] = inside
        elif (value := _value(known.value_type, child.text or "")) is not None:
            answers[name] = value
    return answers


def _unknown(element: etree._Element, depth: int) -> Any:
    if not len(element) or depth > ELEMENT_DEPTH_MAX:
        return element.text or ""
    return {_name(child): _unknown(child, depth + 1) for child in element if _name(child)}


_INTEGER = re.compile(r"\s*[-+]?\d{1,15}\s*", re.ASCII)
_DECIMAL = re.compile(r"\s*[-+]?(\d+(\.\d*)?|\.\d+)\s*", re.ASCII)


def _value(value_type: str, text: str) -> Any:
    """None when blank; the text itself when it does not fit the type."""
    if text == "":
        return None
    if value_type in ("integer", "decimal"):
        return _number(text)
    if value_type == "select_multiple":
        return text.split() or None
    if value_type == "geopoint":
        parts = [_number(part) for part in text.split()]
        if 2 <= len(parts) <= 4 and not any(isinstance(part, str) for part in parts):
            return dict(zip(GEOPOINT_PARTS, parts, strict=False))
    return text


def _number(text: str) -> Any:
    if _INTEGER.fullmatch(text):
        return int(text)
    if _DECIMAL.fullmatch(text):
        number = float(text)
        return text if number in (float("inf"), float("-inf")) else number
    return text
