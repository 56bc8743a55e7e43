"""What pyxform adds for `or_other`, in the languages of the form: it writes the choice and the question after it in English, whatever the form speaks.

translate(root)   # the choice "Other" → 其他, the question "Specify other." → 请说明是什么, in the Chinese of a form
"""

from __future__ import annotations

from lxml import etree

XFORMS = "http://www.w3.org/2002/xforms"
CHOICE, QUESTION = "Other", "Specify other."
WORDS = {"zh": {CHOICE: "其他", QUESTION: "请说明是什么"}, "en": {CHOICE: "Other", QUESTION: "Please say which"}}


def translate(root: etree._Element) -> None:
    """In place. Languages that WORDS does not have keep pyxform's English."""
    translations = {each.get("lang", ""): each for each in root.iter(f"{{{XFORMS}}}translation")}
    if not translations:
        return
    added = {item.findtext(f"{{{XFORMS}}}itextId") for item in root.iter(f"{{{XFORMS}}}item") if item.findtext(f"{{{XFORMS}}}name") == "other"}
    for language, translation in translations.items():
        for text in translation:
            value = text.find(f"{{{XFORMS}}}value")
            if text.get("id") in added and value is not None and value.text == CHOICE:
                value.text = _in(language, CHOICE)
    for label in root.iter(f"{{{XFORMS}}}label"):
        control = label.getparent()
        path = control.get("ref", "") if control is not None else ""
        if label.text != QUESTION or label.get("ref") or not path.endswith("_other"):
            continue
        for language, translation in translations.items():
            text = etree.SubElement(translation, f"{{{XFORMS}}}text", id=f"{path}:label")
            etree.SubElement(text, f"{{{XFORMS}}}value").text = _in(language, QUESTION)
        label.text = None
        label.set("ref", f"jr:itext('{path}:label')")


def _in(language: str, words: str) -> str:
    return WORDS.get(language.partition("-")[0], {}).get(words, words)
