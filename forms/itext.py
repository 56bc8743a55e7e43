"""The texts of an XForm in every language: what `jr:itext('id')` says, its media and guidance, and the references that stand in it."""

from __future__ import annotations

import re

from lxml import etree

from forms.messages import Message
from forms.questionnaire import Media
from forms.xlsform import NAMESPACE, XFORMS

MEDIA_KINDS = ("image", "big-image", "audio", "video")


class Texts:
    def __init__(self, model: etree._Element) -> None:
        self.outputs: dict[str, dict[str, str]] = {}
        """id of a text → the references in it: name → XPath"""
        self.by_language: dict[str, dict[str, str]] = {}
        self.others: dict[str, dict[str, dict[str, str]]] = {}
        """language → id → form (image, audio, guidance …) → text"""
        for translation in model.iter(f"{{{XFORMS}}}translation"):
            language = translation.get("lang", "")
            texts, forms = self.by_language.setdefault(language, {}), self.others.setdefault(language, {})
            for text in translation.iter(f"{{{XFORMS}}}text"):
                for value in text.iter(f"{{{XFORMS}}}value"):
                    if value.get("form") is None:
                        texts.setdefault(text.get("id", ""), _template(value, self.outputs.setdefault(text.get("id", ""), {})))
                    else:
                        forms.setdefault(text.get("id", ""), {})[value.get("form", "")] = _template(value)
        # A form without translations says in which language it is by its title's.
        self.languages = tuple(self.by_language) or tuple(title.get("lang", "") for title in model.iter(f"{{{NAMESPACE}}}title")) or ("zh",)

    def all(self) -> dict[str, Message]:
        """Every text by its id."""
        return {id: self.text(f"jr:itext('{id}')") for id in dict.fromkeys(id for texts in self.by_language.values() for id in texts)}

    def text(self, reference: str) -> Message:
        """`jr:itext('id')` in every language, anything else as it stands in every language."""
        id = _id(reference)
        if id is None:
            return dict.fromkeys(self.languages, reference) if reference else {}
        return _given({language: self.by_language.get(language, {}).get(id, "") for language in self.languages})

    def form(self, reference: str, form: str) -> Message:
        id = _id(reference)
        return _given({language: self.others.get(language, {}).get(id, {}).get(form, "") for language in self.languages}) if id is not None else {}

    def media(self, reference: str) -> Media:
        found = {kind: self.form(reference, kind) for kind in MEDIA_KINDS} if reference else {}
        return {kind: {language: name.rsplit("/", 1)[-1] for language, name in names.items()} for kind, names in found.items() if names}

    def of(self, element: etree._Element | None, name: str) -> Message:
        """The text of a control's `label` or `hint`."""
        child = None if element is None else element.find(f"{{{XFORMS}}}{name}")
        if child is None:
            return {}
        return self.text(child.get("ref", "")) if child.get("ref") else self.text(_template(child))

    def values(self, reference: str) -> dict[str, str]:
        """The references in a text: name → XPath."""
        return self.outputs.get(_id(reference) or "") or {}


def reference(element: etree._Element | None, name: str) -> str:
    child = None if element is None else element.find(f"{{{XFORMS}}}{name}")
    return "" if child is None else child.get("ref", "")


def _id(reference: str) -> str | None:
    matched = re.fullmatch(r"\s*jr:itext\(\s*'([^']*)'\s*\)\s*", reference)
    return None if matched is None else matched.group(1)


def _given(texts: Message) -> Message:
    """Without what is blank; pyxform writes `-` for a translation that is missing."""
    return {language: text for language, text in texts.items() if text and text != "-"}


def _template(element: etree._Element, outputs: dict[str, str] | None = None) -> str:
    """Text with `<output value=" ../name "/>` written back as `${name}`; what the name means is put into `outputs`."""
    outputs = {} if outputs is None else outputs
    parts = [element.text or ""]
    for child in element:
        if isinstance(child.tag, str) and etree.QName(child).localname == "output":
            value = child.get("value", "").strip()
            name = value.rsplit("/", 1)[-1]
            # Two questions of one name in one text: the second goes by its whole path.
            name = name if outputs.setdefault(name, value) == value else value
            outputs[name] = value
            parts.append("${" + name + "}")
        parts.append(child.tail or "")
    return "".join(parts).strip()
