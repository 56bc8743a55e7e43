"""Publishing says everything at once, with sheet, row and column; what has an error is not published."""

from __future__ import annotations

import ast
import random
from io import BytesIO
from pathlib import Path

import pytest

from forms.check import publishable
from forms.reading import NAMES
from forms.xlsform import compile_xform, read
from tests.examples import examples

CATALOGUE = Path(__file__).parents[2] / "forms" / "catalogue"
SETTINGS = """
| settings |
| | form_title::zh | form_title::en | form_id | version |
| | 试 | Trial | trial | 1 |
"""
GOOD = (
    """
| survey |
| | type | name | label::zh | label::en | relevant |
| | text | a | 甲 | A | |
| | text | b | 乙 | B | ${a} != '' |
"""
    + SETTINGS
)


def places(result) -> list[tuple[str, str, int | None, str]]:
    return [(finding.level, finding.sheet, finding.row, finding.column) for finding in result.findings]


def test_a_form_without_a_finding_is_publishable():
    result = publishable(GOOD, ".md")
    assert (result.findings, result.form.id, result.form.version) == ([], "trial", "1")
    assert result.form.title == {"zh": "试", "en": "Trial"}
    assert "<h:html" in result.xform


def test_everything_that_is_wrong_is_said_at_once():
    result = publishable(
        """
        | survey |
        | | type | name | label::zh | label::en | relevence | relevant | constraint | calculation | save_to |
        | | text | a | 甲 | | | ${b} = 1 | is-nice(.) | | |
        | | integer | b | 乙 | B | | ${a} = 'x' | . > | | person#x |
        | | begin_repeat | r | 圈 | R | | | | | |
        | | text | c | 丙 | C | | | | | |
        | | end_repeat | | | | | | | | |
        | | text | d | 丁 | D | | ${c} = 'x' | regex(., '[') | | |
        | | calculate | e | | | | | | concat(${a}, 'x') | |
        | | calculate | f | | | | | | /data/nowhere | |
        | | calculate | g | | | | | | substr(${a}) | |
        """
        + SETTINGS,
        ".md",
    )
    assert result.form is None and result.xform is None
    assert places(result) == [
        ("error", "survey", 1, "relevence"),
        ("error", "survey", 2, "constraint"),
        ("error", "survey", 2, "relevant"),
        ("error", "survey", 3, "constraint"),
        ("error", "survey", 3, "save_to"),
        ("error", "survey", 7, "relevant"),
        ("error", "survey", 7, "constraint"),
        ("error", "survey", 9, "calculation"),
        ("error", "survey", 10, "calculation"),
        ("warning", "survey", 2, "label::en"),
    ]
    assert all(finding.message["zh"] and finding.message["en"] for finding in result.findings)
    assert any("/a → /b → /a" in finding.message["en"] for finding in result.findings)


def test_what_pyxform_refuses_and_what_we_see_come_together():
    result = publishable(
        """
        | survey |
        | | type | name | label::zh | label::en | relevant | constraint |
        | | text | a | 甲 | A | ${nobody} = 'x' | |
        | | select_one colour | b | 乙 | B | | is-nice(.) |
        """
        + SETTINGS,
        ".md",
    )
    assert ("error", "survey", 2, "relevant") in places(result)
    assert ("error", "survey", 3, "type") in places(result)
    assert ("error", "survey", 3, "constraint") in places(result)
    assert any("nobody" in finding.message["en"] for finding in result.findings)


def test_what_pyxform_stumbles_over_hides_nothing_behind_it():
    result = publishable(
        """
        | survey |
        | | type | name | label::zh | label::en | relevant | constraint | parameters |
        | | text | a | 甲 | A | ${nobody} = 'x' | | |
        | | text | b | 乙 | B | ${c} = 'x' | | |
        | | text | c | 丙 | C | ${b} = 'x' | | |
        | | range | d | 丁 | D | | | start=1 end=10 step=0 |
        | | image | p | 相 | P | | | max-pixels=many |
        | | begin_repeat | r | 圈 | R | | | |
        | | select_one none | e | 戊 | E | | | |
        | | text | f | 己 | F | | | |
        | | end_repeat | | | | | | |
        | | text | g | 庚 | G | ${f} = 'x' | regex(., '[') | |
        """
        + SETTINGS,
        ".md",
    )
    assert [(each.row, each.column, each.key) for each in result.findings] == [
        (2, "relevant", "reference"),
        (3, "relevant", "cycle"),
        (5, "parameters", "pyxform"),
        (6, "parameters", "pyxform"),
        (8, "type", "choice_list"),
        (11, "relevant", "outside_repeat"),
        (11, "constraint", "pattern"),
    ]


JUNK = [
    "", "${", "${a", "}", "begin_group", "end_repeat", "select_one", "select_one ", "rank", "'", '"', "((", "$x", "a b", "中文", "name", "yes", "1", "-", "//",
    "::", "label::", "x" * 300, "${item} and", "selected(", "begin repeat", "calculate", "audit", "range", "start=1", "\x00", "<b>", "&amp;", "null",
    "${last-saved#x}", "csv-external", "select_one_from_file", "select_one_from_file a.csv", "include x", "osm", "{0}", "{",
]  # fmt: skip


@pytest.mark.parametrize("seed", range(examples(30)))
def test_whatever_stands_in_a_cell_is_a_finding_and_never_an_exception(seed):
    luck, lines = random.Random(f"cells {seed}"), (CATALOGUE / "supply_handout.md").read_text().splitlines()
    tables = [number for number, line in enumerate(lines) if line.count("|") > 2]
    for number in luck.sample(tables, luck.randint(1, 4)):
        cells = lines[number].split("|")
        cells[luck.randrange(1, len(cells) - 1)] = f" {luck.choice(JUNK)} "
        lines[number] = "|".join(cells)
    result = publishable("\n".join(lines), ".md")
    assert (result.form is None) == bool(result.errors)
    assert all(each.message["zh"] and each.message["en"] for each in result.findings)


@pytest.mark.parametrize("name", ["household_register", "supply_handout"])
def test_a_slip_in_one_cell_of_a_real_form_is_one_finding(name):
    lines = (CATALOGUE / f"{name}.md").read_text().splitlines()
    first = lines.index("| survey |")
    columns = [cell.strip() for cell in lines[first + 1].split("|")]
    slips = 0
    for at in range(first + 2, lines.index("", first), 4):
        cells = lines[at].split("|")
        for column in ("relevant", "constraint", "calculation"):
            if column in columns and cells[columns.index(column)].strip():
                changed = [*cells[: columns.index(column)], " ${nobody_here} = 1 ", *cells[columns.index(column) + 1 :]]
                found = publishable("\n".join([*lines[:at], "|".join(changed), *lines[at + 1 :]]), ".md").errors
                assert [(each.key, each.row, each.column) for each in found] == [("reference", at - first, column)]
                slips += 1
    assert slips > 0


@pytest.mark.parametrize(
    ("row", "column", "word"),
    [
        ("| | text | a | 甲 | A | ${r}/x = 1 | |", "relevant", "outside"),
        ("| | text | a | 甲 | A | ${r}[/data/r/x = 1] != '' | |", "relevant", "name alone"),
        ("| | text | a | 甲 | A | //y = 1 | |", "relevant", "leads nowhere"),
        ("| | text | a | 甲 | A | q = 1 | |", "relevant", "a question is written ${q}"),
        ("| | text | a | 甲 | A | $x = 1 | |", "relevant", "${name}"),
        ("| | text | a | 甲 | A | ${g} = 'x' | |", "relevant", "group"),
        ("| | text | a | 甲 | A | ${n} = 'x' | |", "relevant", "note"),
        ("| | text | a | 甲 | A | instance('cities')/root/item/name = 'x' | |", "relevant", "no list"),
        ("| | text | a | 甲 | A | selected(${q}) | |", "relevant", "arguments"),
        ("| | text | a | 甲 | A | ${a} = 'x' | |", "relevant", "ring"),
        ("| | text | a | 甲 | A | | person#a |", "save_to", "entities sheet"),
        ("| | text | a | 甲 | A | | thing#a-b |", "save_to", "letters"),
        ("| | text | a | 甲 | A | | thing#taken |", "save_to", "two questions"),
        ("| | background-audio | a | 甲 | A | | |", "type", "not recorded in the background"),
        ("| | select_one_from_file towns.csv | a | 甲 | A | | |", "type", "towns.csv"),
    ],
)
def test_each_kind_of_error_names_its_row_and_column(row, column, word):
    result = publishable(
        f"""
        | survey |
        | | type | name | label::zh | label::en | relevant | save_to |
        {row}
        | | text | id | 编号 | Id | | thing#taken |
        | | note | n | 说明 | Note | | |
        | | text | q | 问 | Q | | |
        | | begin_group | g | 组 | Group | | |
        | | text | inner | 里 | Inner | | |
        | | end_group | | | | | |
        | | begin_repeat | r | 圈 | Ring | | |
        | | integer | x | 数 | X | | |
        | | end_repeat | | | | | |

        | entities |
        | | list_name | entity_id |
        | | thing | ${{id}} |
        """
        + SETTINGS,
        ".md",
    )
    found = [finding for finding in result.findings if finding.level == "error"]
    assert result.form is None
    assert any(finding.column == column and word.lower() in finding.message["en"].lower() for finding in found), found
    assert {finding.row for finding in found} <= ({2, 3} if word == "two questions" else {2})


def test_a_bare_reference_as_a_condition_is_a_warning_and_no_more():
    result = publishable(GOOD.replace("${a} != ''", "${a}"), ".md")
    assert places(result) == [("warning", "survey", 3, "relevant")]
    assert result.form is not None


@pytest.mark.parametrize(("pattern", "levels"), [("^(a+)+$", ["warning"]), ("^[0-9+ -]{7,20}$", []), ("^(ab)+$", []), ("^(a|b{2}c)*$", ["warning"])])
def test_a_pattern_that_repeats_a_repetition_is_warned_of(pattern, levels):
    form = GOOD.replace("| relevant |", "| constraint |").replace("${a} != ''", f"regex(., '{pattern}')".replace("|", chr(92) + "|"))
    assert [finding.level for finding in publishable(form, ".md").findings] == levels


def test_settings_columns_and_lists_are_looked_at_too():
    result = publishable(
        """
        | survey |
        | | type | name | label::zh | label::en | hint::zh | merge | pii | prefill | usual |
        | | select_one k | a | 甲 | A | 提示 | newest | secret | maybe | 2 |

        | choices |
        | | list_name | name | lable::zh | label::en |
        | | k | 1 | 一 | One |

        | settings |
        | | form_id | versoin | audience |
        | | my form | 1 | everyone |
        """,
        ".md",
    )
    assert {
        ("warning", "settings", 2, "form_id"),
        ("warning", "settings", 2, "version"),
        ("error", "settings", 1, "versoin"),
        ("error", "settings", 2, "audience"),
        ("warning", "survey", 1, "hint"),
        ("error", "survey", 2, "merge"),
        ("error", "survey", 2, "pii"),
        ("error", "survey", 2, "prefill"),
        ("error", "survey", 2, "usual"),
        ("error", "choices", 1, "lable::zh"),
    } <= set(places(result))


def test_a_published_version_never_changes():
    published = publishable(GOOD, ".md").form
    assert publishable(GOOD, ".md", [published]).findings == []
    changed = GOOD.replace("| B |", "| Bee |")
    assert places(publishable(changed, ".md", [published])) == [("error", "settings", 2, "version")]
    assert publishable(changed.replace("| trial | 1 |", "| trial | 2 |"), ".md", [published]).form.version == "2"


def test_a_property_of_another_type_in_another_form_is_a_warning():
    form = """
        | survey |
        | | type | name | label::zh | label::en | save_to |
        | | hidden | id | | | |
        | | {0} | age | 年龄 | Age | person#age |

        | entities |
        | | list_name | entity_id |
        | | person | ${{id}} |
        """
    other = publishable(form.format("integer") + SETTINGS, ".md").form
    assert publishable(form.format("decimal") + SETTINGS.replace("trial", "second"), ".md", [other]).findings == []
    assert places(publishable(form.format("text") + SETTINGS.replace("trial", "second"), ".md", [other])) == [("warning", "survey", 3, "save_to")]


@pytest.mark.parametrize(
    ("source", "file_type"),
    [
        (b"", ".md"),
        (b"no table", ".md"),
        (b"PK\x03\x04 junk", ".xlsx"),
        (b"\xff\xfe\x00", ".csv"),
        (b"x", ".exe"),
        (b"x", None),
        (b"|a|b|\n" * 2_000_000, ".md"),
    ],
)
def test_a_file_that_is_no_form_is_one_finding(source, file_type):
    result = publishable(source, file_type)
    assert result.form is None
    assert len(result.errors) >= 1


def test_a_spreadsheet_gives_the_same_form_as_the_table():
    from pyxform.xls2json_backends import md_table_to_workbook

    spreadsheet = BytesIO()
    md_table_to_workbook(GOOD).save(spreadsheet)
    assert compile_xform(read(spreadsheet.getvalue(), ".xlsx")) == compile_xform(read(GOOD, ".md"))


def test_nothing_of_a_form_runs_in_the_generated_source(judge):
    evil = "'); import os; os.abort(); ('"
    form = publishable(
        f"""
        | survey |
        | | type | name | label::zh | label::en | constraint | save_to |
        | | hidden | id | | | | |
        | | text | class | 甲 | A | . != "{evil}" | thing#x |
        | | text | __import__ | 乙 | B | . != '\\' | |
        | | text | 中文-名.称 | 丙 | C | | |
        | | select_one k | pick | 丁 | D | | |

        | choices |
        | | list_name | name | label::zh | label::en |
        | | k | {evil.replace(" ", "")} | 一 | One |

        | entities |
        | | list_name | entity_id |
        | | thing | ${{id}} |
        """
        + SETTINGS,
        ".md",
    ).form
    tree = ast.parse(form.source)
    assert not [node for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom | ast.Global | ast.Lambda)]
    called = {node.func.id for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)}
    assert called <= set(NAMES) | {"len", "float", "type", "list", "no_group", "get", "remark", "problem", "change"} | {
        node.name for node in tree.body if hasattr(node, "name")
    }
    attributes = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    assert attributes <= {"at", "up", "index", "get", "keys", "issuperset", "today", "now"} | {name for name in attributes if name.startswith(("q_", "r_"))}
    assert judge(form, {"id": "thing:1", "class": evil}).problems[0].path == "/class"


def asking(*rows: str, form: str = "second", version: str = "1") -> str:
    table = "\n".join(f"| | {row} |" for row in rows)
    return f"""
| survey |
| | type | name | label::zh | label::en | save_to |
| | hidden | id | | | |
{table}
| | select_one yn | sure | 确定吗 | Sure? | |

| choices |
| | list_name | name | label::zh | label::en |
| | yn | yes | 是 | Yes |
| | yn | no | 否 | No |

| entities |
| | list_name | entity_id |
| | person | ${{id}} |

| settings |
| | form_title::zh | form_title::en | form_id | version |
| | 试 | Trial | {form} | {version} |
"""


@pytest.mark.parametrize(
    ("row", "is_said"),
    [
        ("text | phone_number | 联系电话 | Telephone | ", True),
        ("text | tel | 联 系 电 话： | TELEPHONE | ", True),
        ("text | whom_to_call | 怎么联系 | Whom to call | phone", True),
        ("text | remark | 还有什么 | What else is to be said hear | ", True),
        ("text | phone | 联系电话 | Telephone | ", False),
        ("date | phone_since | 联系电话 | Telephone | ", False),
        ("text | donor_phone | 联系电话 | Telephone | donor_phone", False),
        ("text | dose_2 | 第2针在哪里打的 | Where was dose 2 given | ", False),
        ("note | advice | 联系电话 | Telephone | ", False),
    ],
)
def test_a_question_that_another_form_asks_under_another_name_is_a_warning(row, is_said):
    other = publishable(
        asking(
            "text | phone | 联系电话 | Telephone | phone",
            "text | more | 还有什么要说的 | What else is to be said here | ",
            "text | dose_1 | 第1针在哪里打的 | Where was dose 1 given | ",
            form="first",
        ),
        ".md",
    ).form
    result = publishable(asking(row), ".md", [other])
    assert result.form is not None
    assert [(each.level, each.key, each.row, each.column) for each in result.findings] == ([("warning", "asked_elsewhere", 3, "name")] if is_said else [])
    assert not is_said or "first: " in result.findings[0].message["zh"]
    assert publishable(asking(row, form="first", version="2"), ".md", [other]).form is not None


@pytest.mark.parametrize(
    ("row", "key"),
    [
        ("text | a | 甲 | A | a", None),
        ("text | a | 甲甲 | Aha | a", None),
        ("date | a | 甲 | A | a", "orphan_type"),
        ("text | b | 甲 | A | a", "orphan_renamed"),
        ("text | b | 乙 | B | ", "orphan_removed"),
        ("text | a | 甲 | A | other", "orphan_saved"),
    ],
)
def test_a_change_that_would_orphan_collected_answers_is_a_warning(row, key):
    published = publishable(asking("text | a | 甲 | A | a", form="trial"), ".md").form
    result = publishable(asking(row, form="trial", version="2"), ".md", [published])
    assert result.form is not None
    assert [(each.level, each.key) for each in result.findings] == ([] if key is None else [("warning", key)])
    assert all("(1)" in each.message["en"] for each in result.findings)


def test_a_choice_that_is_gone_is_named():
    published = publishable(asking("select_one yn | a | 甲 | A | ", form="trial"), ".md").form
    changed = asking("select_one yn | a | 甲 | A | ", form="trial", version="2").replace("| | yn | no | 否 | No |\n", "")
    found = publishable(changed, ".md", [published]).findings
    assert [(each.key, each.row, each.column) for each in found] == [("orphan_choice", 3, "type"), ("orphan_choice", 4, "type")]
    assert "/a: no (1)" in found[0].message["en"]
