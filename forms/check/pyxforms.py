"""pyxform's own sentences, with the sheet, row and column they name, in every language we speak; English stays as pyxform wrote it.

A sentence is known again by pyxform's own template for it (ErrorCode) or by one of PLAIN below.
"""

from __future__ import annotations

import functools
import re

from forms.check.finding import Finding
from forms.check.translated import Translated
from forms.messages import WORDS, Message

PLAIN = {
    "NO_SURVEY": "You must have a sheet named 'survey'{rest}",
    "NO_SURVEY_2": "You must have a sheet named (case-sensitive): survey.{rest}",
    "NO_CHOICES": "There should be a choices sheet in this xlsform.{rest}",
    "NO_LIST": "[row : {row}] List name not in choices sheet: {list}",
    "NO_TYPE": "[row : {row}] Question with no type.\n{rest}",
    "NO_NAME": "[row : {row}] Question or group with no name.",
    "NO_CALCULATION": "[row : {row}] Missing calculation.",
    "UNKNOWN_TYPE": "Unknown question type '{type}'.",
    "BLANK_IN_CODE": "Choice names with spaces cannot be added to multiple choice selects. See [{code}] in [{list}]",
    "SKIPPED": "[row : {row}] Row without name, text, or label is being skipped:\n{rest}",
    "OR_OTHER_FILTER": "[row : {row}] Choice filter not supported with or_other.",
    "TABLE_LIST_FILTER": "[row : {row}] Choice filter not supported for table-list appearance.",
    "OR_OTHER_TEXTS": "This form uses or_other and translations, which is not recommended.{rest}",
    "AUDIT_NAME": "[row : {row}] Audits must always be named 'audit.' The name column should be left blank.",
    "DISABLED": "[row : {row}] The 'disabled' column header is not part of the current spec.{rest}",
    "OLD_METADATA": "[row : {row}] {type} is no longer supported on most devices.{rest}",
    "NO_LABEL": "[row : {row}] Repeat has no label: {rest}",
    "WHOLE_PARAMETER": "{prefix}Parameter {name} must have an integer value.",
    "SEED": "Parameters must include randomize=true to use a seed.",
    "FILE_ENDING": "[row : {row}] File name for '{type} {file}' should end with one of the supported file extensions: {endings}",
    "ROOT_NAME": "{prefix}There is no survey element named '{name}'.",
    "SEVERAL": "{prefix}There are multiple survey elements named '{name}'.",
    "DEFAULT_LANGUAGE": "The default_language should have the language code.{rest}",
    "TWO_HEADERS": "Duplicate column header: {header}",
    "INCLUDE": "This section has not been included.{rest}",
    "NO_EXTERNAL": "There should be an external_choices sheet in this xlsform.{rest}",
    "TWO_FILES": "The same instance id will be generated for different external instance source URIs.{rest}",
    "FAILS": "{error}Error: {rest}",
}
_NOISE = (
    "machine-readable",  # our own codes of languages
    "has no label",
    "max-pixels",  # photos are made small on the phone, whatever the form says
    "Choices should have a label",  # we name them all at once
    "is missing the",  # likewise, translations
)


_COVERED = {
    "external_choices": {"select_external"},
    "unhashable type": {"column_languages"},
    "are different names for the same column": {"column_near"},
    "Choice names with spaces": {"choice_blank"},
    "There should be a choices sheet": {"choice_list", "choice_list_near"},
    "Unknown question type": {"type", "type_near"},
}


def finding_of(text: str, level: str) -> Finding:
    row = re.search(r"\[row : (\d+)\]", text)
    sheet = re.search(r"'(survey|choices|settings|entities)' sheet|sheet: '(survey|choices|settings|entities)'", text)
    column = re.search(r"the '([\w:]+)' value", text)
    return Finding(
        level,
        next((name for name in (sheet.groups() if sheet else ()) if name), "survey"),
        int(row.group(1)) if row else 1 if "header" in text.lower() else None,
        column.group(1) if column else "",
        _message(text.strip()),
        key="pyxform",
    )


def is_covered(found: Finding, keys: set[str]) -> bool:
    """Whether one of our own findings says the same: these name no row, so that the row cannot tell."""
    return any(mark in found.message["en"] and keys & ours for mark, ours in _COVERED.items())


def is_noise(warning: str) -> bool:
    return any(each in warning for each in _NOISE)


@functools.cache
def _sentences() -> Translated:
    from pyxform.errors import ErrorCode

    return Translated(WORDS / "pyxform", {**{code.name: code.value.msg for code in ErrorCode}, **PLAIN})


def _message(text: str) -> Message:
    return _sentences().message(text, re.sub(r"\[row : \d+\]\s*", "", text).strip())
