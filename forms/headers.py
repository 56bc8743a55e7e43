"""What the columns of other people's forms are called here: one name for each, whichever way XLSForm lets it be written.

    column("survey", "Relevance")              # relevant
    column("survey", "label::Français (fr)")   # label::fr
    column("survey", "media::image::English")  # image::en
    column("choices", "list name")             # list_name

ODK, Kobo and twelve years of XLSForm have several names for one column and write languages as they like; everything after this page knows one.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable

TEXTS = ("label", "hint", "guidance_hint", "constraint_message", "required_message", "image", "audio", "video", "big-image")
"""Columns that may be in several languages."""
UNKNOWN_LANGUAGE = "und"
"""As BCP 47 says it, of a form that does not name its language."""

_SURVEY = {
    "relevance": "relevant",
    "calculate": "calculation",
    "readonly": "read_only",
    "caption": "label",
    "command": "type",
    "tag": "name",
    "value": "name",
    "count": "repeat_count",
    "jr:count": "repeat_count",
    "constraining_message": "constraint_message",
    "constraint_msg": "constraint_message",
    "constraint-msg": "constraint_message",
    "constraint-message": "constraint_message",
    "required-message": "required_message",
    "requiredmsg": "required_message",
    "required_msg": "required_message",
    "guidance": "guidance_hint",
    "save": "save_to",
    "choicefilter": "choice_filter",
}
_BINDS = {
    "relevant": "relevant",
    "required": "required",
    "constraint": "constraint",
    "calculate": "calculation",
    "readonly": "read_only",
    "jr:constraintmsg": "constraint_message",
    "jr:requiredmsg": "required_message",
}
ALIASES: dict[str, dict[str, str]] = {
    "survey": _SURVEY,
    "choices": {"caption": "label", "value": "name"},
    "settings": {
        "title": "form_title",
        "set_form_title": "form_title",
        "id_string": "form_id",
        "set_form_id": "form_id",
    },
    "entities": {"dataset": "list_name"},
}


def column(sheet: str, header: str, colons: str = "::") -> str:
    """`colons`: what divides a column from its language; very old forms have one colon."""
    if header.strip().lower() in _SURVEY and sheet == "survey":
        return _SURVEY[header.strip().lower()]
    parts = [part.strip() for part in header.split(colons if colons in header else "::")]
    base = "_".join(parts[0].split()).lower()
    if sheet == "survey" and base in ("bind", "control", "body", "media") and len(parts) > 1:
        inner = parts[1].lower()
        if base == "media" and inner in TEXTS:
            parts, base = parts[1:], inner
        elif base == "bind" and inner in _BINDS:
            parts, base = parts[1:], _BINDS[inner]
        elif base in ("control", "body") and inner == "appearance":
            parts, base = parts[1:], "appearance"
        elif base in ("control", "body") and inner == "jr:count":
            parts, base = parts[1:], "repeat_count"
    if sheet == "choices" and base == "media" and len(parts) > 1 and parts[1].lower() in TEXTS:
        parts, base = parts[1:], parts[1].lower()
    base = ALIASES.get(sheet, {}).get(base, base)
    if base in TEXTS or (sheet == "settings" and base == "form_title"):
        return "::".join([base, *(language_code(part) for part in parts[1:])])
    if sheet == "choices" and base not in ("list_name", "name"):
        return header.strip()  # a condition in choice_filter names this column as it is written
    if len(parts) > 1:
        return "::".join([base if base in ("bind", "control", "body", "instance") else parts[0], *parts[1:]])
    return base if re.fullmatch(r"[a-z0-9_:.\-]+", base) else header.strip()


def columns(sheet: str, headers: Iterable[str]) -> dict[str, str]:
    """Each header as written → its name here. Of two headers with one name, the second keeps what was written."""
    headers = list(headers)
    colons = ":" if sheet in ("survey", "choices") and not any("::" in header for header in headers) and any(_is_old(header) for header in headers) else "::"
    names: dict[str, str] = {}
    for header in headers:
        name = column(sheet, header, colons)
        names[header] = name if name not in names.values() else header
    return names


def _is_old(header: str) -> bool:
    base, colon, language = header.partition(":")
    return bool(colon and language.strip()) and "_".join(base.split()).lower() in (*TEXTS, "media", "bind", "control")


def language_code(language: str) -> str:
    """`中文 (zh)` → `zh`, `Français` → `fr`, `English (UK)` → `en`, and what no list knows with what a code may have: `Língua X` → `Língua-X`."""
    language = language.strip()
    named = re.search(r"\(\s*([A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{2,8})*)\s*\)\s*$", language)
    if named:
        code = named.group(1).replace("_", "-")
        # "English (UK)" names a country, not a language; "English (en)" names the language.
        return (_named(language[: named.start()]) if code.isupper() else None) or code
    if re.fullmatch(r"[A-Za-z]{2}(?:[-_][A-Za-z0-9]{2,8})*", language):
        return language.replace("_", "-")
    return _named(language) or re.sub(r"[^\w.]+", "-", language).strip("-") or UNKNOWN_LANGUAGE


def _named(language: str) -> str | None:
    """The code of a language by its English or Chinese name, then by its own."""
    name = language.strip().lower()
    return _names().get(name) or _own_names().get(name)


@functools.cache
def _names() -> dict[str, str]:
    from babel import Locale

    names = {"chinese": "zh", "汉语": "zh", "普通话": "zh", "mandarin": "zh", "kiswahili": "sw"}
    for locale in ("en", "zh"):
        for code, name in Locale.parse(locale).languages.items():
            if re.fullmatch(r"[a-z]{2,3}", code):
                names.setdefault(name.lower(), code)
    return names


@functools.cache
def _own_names() -> dict[str, str]:
    """Reads every language's own file, two seconds; only where no other list knew the name."""
    from babel import Locale
    from babel.localedata import locale_identifiers

    return {name.lower(): code for code in locale_identifiers() if "_" not in code and (name := Locale.parse(code).get_language_name(code))}
