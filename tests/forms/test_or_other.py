"""`or_other` in the languages of a form."""

from __future__ import annotations

from forms.form import Form
from forms.xlsform import compile_xform, read

FORM = """
| settings | | | |
|---|---|---|---|
| | form_id | version | default_language |
| | drinks | 1 | zh |

| survey | | | | |
|---|---|---|---|---|
| | type | name | label::zh | label::en |
| | select_one drink or_other | drink | 饮料 | Drink |

| choices | | | | |
|---|---|---|---|---|
| | list_name | name | label::zh | label::en |
| | drink | tea | 茶 | Tea |
"""


def test_the_choice_and_the_question_that_or_other_adds_speak_the_forms_languages():
    form = Form.load(compile_xform(read(FORM, ".md")))
    drink, which = form.as_document()["fields"]
    assert drink["choices"][-1] == {"value": "other", "label": {"zh": "其他", "en": "Other"}}
    assert (which["name"], which["label"]) == ("drink_other", {"zh": "请说明是什么", "en": "Please say which"})


def test_a_choice_that_the_author_called_other_keeps_the_authors_words():
    form = Form.load(compile_xform(read(FORM.replace(" or_other", "").replace("| drink | tea | 茶 | Tea |", "| drink | other | 别的 | Other |"), ".md")))
    (drink,) = form.as_document()["fields"]
    assert drink["choices"] == [{"value": "other", "label": {"zh": "别的", "en": "Other"}}]
