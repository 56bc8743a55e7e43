"""The examples in forms/README.md are what a form designer copies, so they are tried."""

from __future__ import annotations

import re
from pathlib import Path

from forms.check import publishable
from forms.check.columns import SETTINGS, SURVEY
from forms.check.names import TYPES
from forms.xlsform import OUR_COLUMNS, OUR_SETTINGS
from server.form_commands import forms_group
from server.form_text import counted, findings_lines

README = (Path(__file__).parents[2] / "forms" / "README.md").read_text()
[FORM] = re.findall(r"```markdown\n(.*?)```", README, re.DOTALL)
[FINDINGS] = re.findall(r"```text\n(.*?)```", README, re.DOTALL)


def test_the_first_form_can_be_published_as_it_stands(judge):
    result = publishable(FORM, ".md", name="knocking.md")
    assert result.findings == []
    assert [(problem.path, problem.rule) for problem in judge(result.form, {"home": "yes"}).problems] == [("/people", "required")]


def test_the_findings_shown_are_those_that_are_said():
    broken = FORM.replace("${home} = 'yes'", "${hom} = 'yes'").replace("备注 | Remark | | |", "备注 | Remark | | count(${people} |")
    result = publishable(broken, ".md", name="knocking.md")
    said = [
        f"knocking.md: {counted(result.findings)}",
        *findings_lines(result.findings),
        "knocking.md cannot be published. Mend the errors and check it again.",
    ]
    assert re.sub(r"\x1b\[\d+m", "", "\n".join(said)) + "\n" == FINDINGS


def test_every_column_setting_and_type_of_ours_is_described():
    assert [column for column in (*OUR_COLUMNS, *OUR_SETTINGS) if f"`{column}`" not in README] == []
    assert set(OUR_COLUMNS) <= SURVEY
    assert set(OUR_SETTINGS) <= SETTINGS
    assert [each for each in TYPES if f"`{each}`" not in README] == []


def test_the_command_lines_are_commands():
    assert set(re.findall(r"^forms (\w+)", README, re.MULTILINE)) == set(forms_group.commands)
