"""docs/catalogue.md says of each form what the form itself says: its name, its field of work, where it is filled in, what it starts from and what it writes."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from forms.xlsform import FIELDS_OF_WORK

PAGE = (Path(__file__).parents[2] / "docs" / "catalogue.md").read_text()
CATALOGUE = Path(__file__).parents[2] / "forms" / "catalogue"


def rows() -> dict[str, tuple[str, list[str]]]:
    """form → (field of work, cells)"""
    found = {}
    for section in PAGE.split("\n## ")[1:]:
        field = section.partition(" ")[0]
        for line in section.splitlines():
            if field in FIELDS_OF_WORK and line.startswith("| `"):
                cells = [cell.strip() for cell in line.split("|")[1:-1]]
                name, _, title = cells[0].partition(" ")
                found[name.strip("`")] = (field, [title, *cells[1:]])
    return found


def test_the_page_names_every_form_and_no_other():
    assert set(rows()) == {path.stem for path in CATALOGUE.glob("*.md")}


def test_the_fields_of_work_stand_in_the_order_of_the_guideline():
    assert re.findall(r"^## (\w+) · ", PAGE, re.MULTILINE) == list(FIELDS_OF_WORK)


@pytest.mark.parametrize("name", sorted(rows()))
def test_the_page_says_what_the_form_says(catalogue, name):
    form = catalogue[name]
    field, (title, _who, _when, audience, starts_from, writes, feeds) = rows()[name]
    about = form.questionnaire
    assert (field, title, audience) == (about.field_of_work, form.title["zh"], form.audience)
    assert starts_from == (about.starts_from or "") + (" or new" if about.starts_new else "")
    assert [kind for kind in writes.split(", ") if kind] == list(dict.fromkeys(entity.kind for entity in form.entities))
    assert feeds
