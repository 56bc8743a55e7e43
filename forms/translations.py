"""Texts in every language of a form: where one is missing, another language's stands in.

pyxform writes "-" for a text that a language lacks, and ODK's engine shows it. A person who reads another language's question can still answer it.
"""

from __future__ import annotations

from forms import headers
from forms.sheets import Row, Sheet, Sheets


def in_every_language(sheets: Sheets) -> tuple[Sheet, Sheet]:
    """The sheets survey and choices with every text in every language: the form's first language where one is missing, then whichever there is."""
    named = [column.partition("::")[2] for sheet in (sheets.survey, sheets.choices) for column in sheet.columns if column.partition("::")[0] in headers.TEXTS]
    languages = list(dict.fromkeys(language for language in named if language))
    if not languages:
        return sheets.survey, sheets.choices  # not translated at all
    if "" in named and sheets.language not in languages:
        languages.insert(0, sheets.language)
    return _filled(sheets.survey, languages, sheets.language), _filled(sheets.choices, languages, sheets.language)


def _filled(sheet: Sheet, languages: list[str], first: str) -> Sheet:
    bases = dict.fromkeys(base for column in sheet.columns if (base := column.partition("::")[0]) in headers.TEXTS)
    # Which column holds a language: its own, or for the form's language the bare one.
    columns = {base: {language: _column(sheet, base, language, first) for language in languages} for base in bases}
    rows = []
    for row in sheet.rows:
        cells = dict(row.cells)
        for by_language in columns.values():
            given = {language: row.get(column) for language, column in by_language.items() if row.get(column)}
            text = given.get(first) or next(iter(given.values()), "")
            if text:
                cells |= {column: text for language, column in by_language.items() if language not in given}
        rows.append(Row(row.number, cells))
    return Sheet(list(dict.fromkeys([*sheet.columns, *(column for by_language in columns.values() for column in by_language.values())])), rows)


def _column(sheet: Sheet, base: str, language: str, first: str) -> str:
    named = f"{base}::{language}"
    return base if language == first and base in sheet.columns and named not in sheet.columns else named
