"""A register: a form that the phone shows on one screen and begins anew after each saving."""

from forms.check import publishable

GATE = """
| settings |
| | form_title::zh | form_title::en | form_id | version | default_language | mode |
| | 卡口 | Gate | gate | 1 | zh | register |

| survey |
| | type | name | label::zh | label::en | keep |
| | text | post | 岗位 | Post | yes |
| | text | plate | 车牌 | Plate | |
"""


def findings(source: str) -> list[tuple[str, str | None]]:
    return [(finding.message["en"], finding.column) for finding in publishable(source.encode(), ".md").findings]


def test_a_register_and_what_stays_for_the_next_entry_travel_in_the_form():
    form = publishable(GATE.encode(), ".md").form
    assert form is not None
    document = form.as_document()
    assert document["mode"] == "register"
    assert [field.get("keep") for field in document["fields"]] == [True, None]


def test_an_unknown_mode_and_a_keep_that_is_no_yes_are_found():
    assert findings(GATE.replace("| register |", "| fast |")) == [("mode is register or blank: fast", "mode")]
    assert findings(GATE.replace("| yes |", "| ja |")) == [("keep is yes or blank: ja", "keep")]
