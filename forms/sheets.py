"""The sheets of a form as they were read: rows by number, cells by the names of forms/headers.py."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from forms import headers

LANGUAGE_DEFAULT = "zh"
HAN = re.compile(r"[\u4e00-\u9fff]")


@dataclass(frozen=True)
class Row:
    number: int
    """As a person counts in a spreadsheet: the header is row 1."""
    cells: dict[str, str]

    def get(self, column: str) -> str:
        return self.cells.get(column, "").strip()


@dataclass(frozen=True)
class Sheet:
    columns: list[str] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)


@dataclass(frozen=True)
class Sheets:
    survey: Sheet
    choices: Sheet
    settings: Sheet
    entities: Sheet
    names: list[str]
    schedule: Sheet = field(default_factory=Sheet)

    def setting(self, column: str) -> str:
        return self.settings.rows[0].get(column) if self.settings.rows else ""

    @property
    def language(self) -> str:
        """The language that the form starts in, and that texts without one are in."""
        if said := self.setting("default_language"):
            return headers.language_code(said)
        texts = [column for sheet in (self.survey, self.choices) for column in sheet.columns if column.partition("::")[0] in headers.TEXTS]
        if "label" in texts:
            bare = [column for column in texts if "::" not in column]
            is_chinese = any(HAN.search(row.get(column)) for sheet in (self.survey, self.choices) for row in sheet.rows for column in bare)
            return LANGUAGE_DEFAULT if is_chinese else headers.UNKNOWN_LANGUAGE
        named = [column.rpartition("::")[2] for column in [*texts, *self.settings.columns] if "::" in column]
        return LANGUAGE_DEFAULT if LANGUAGE_DEFAULT in named or not named else named[0]
