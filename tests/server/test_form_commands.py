"""The commands for forms: what they find, what they show, and the exit code for programs."""

import json
import re
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import insert, text

from server.form_trying import tried
from server.stores import stores
from sync.store.history_statements import exports
from sync.store.models import Contribution, KeptForm, Submission

CATALOGUE = Path(__file__).parent.parent.parent / "forms" / "catalogue"
NOON = datetime(2026, 2, 3, 12, 0)
TREES = """
| survey |
| | type | name | label::zh | label::en | relevant | choice_filter |
| | select_one yes_no | seen | 看见了吗 | Seen? | | |
| | text | note | 说明 | Note | ${seen} = 'yes' | |
{more}
| choices |
| | list_name | name | label::zh | label::en |
| | yes_no | yes | 是 | Yes |
| | yes_no | no | 否 | No |
| settings |
| | form_title::zh | form_title::en | form_id | version |
| | 树木 | Trees | trees | {version} |
"""


@pytest.fixture
def command(app):
    """Runs a command line; returns its exit code and all that it said."""
    runner = app.test_cli_runner()

    def run(*line: object, **settings: object) -> tuple[int, str]:
        result = runner.invoke(args=[str(part) for part in line], **settings)
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
        return result.exit_code, result.output

    return run


@pytest.fixture
def trees(tmp_path):
    def write(version: str = "1", more: str = "", change: tuple[str, str] = ("", ""), name: str = "trees.md") -> Path:
        file = tmp_path / name
        file.write_text(TREES.replace("{version}", version).replace("{more}", more).replace(*change))
        return file

    return write


def test_forms_are_checked_published_once_and_listed(command, tmp_path):
    good = CATALOGUE / "household_survey.md"
    assert command("forms", "check", good) == (0, "household_survey.md: household_survey version 1 can be published.\n")
    assert "household_survey version 1 published; phones get it" in command("forms", "publish", good)[1]
    assert "published already, unchanged" in command("forms", "publish", good)[1]
    assert "household_survey  1        phone  current" in command("forms", "list")[1]

    changed = tmp_path / "changed.md"
    changed.write_text(good.read_text().replace("Household survey |", "Survey of households |"))
    code, output = command("forms", "publish", changed)
    assert code == 1
    assert "give it a new version" in output


def test_a_form_with_a_mistake_is_told_where_and_none_is_published(command, trees):
    bad = trees(change=("${seen} = 'yes'", "${sen} = 'yes'"))
    code, output = command("forms", "check", bad)
    assert code == 1
    assert output == (
        "trees.md: 1 error\n"
        "  error  survey, row 3, relevant\n"
        "      No question is called so; a slip? sen → seen\n"
        "      没有这个问题，是否写错：sen → seen\n"
        "        ${sen} = 'yes'\n"
        "        ^\n"
        "trees.md cannot be published. Mend the errors and check it again.\n"
    )
    code, output = command("forms", "publish", CATALOGUE / "household_register.md", bad)
    assert (code, "Nothing was published. Mend the errors of trees.md" in output) == (1, True)
    assert command("forms", "list")[1] == "No form is published. Publish one: forms publish FILE\n"


def test_programs_read_json_and_the_exit_code(command, trees):
    code, output = command("forms", "check", trees(), trees(change=("select_one yes_no", "select_one yesno"), name="bad.md"), "--json")
    good, bad = json.loads(output)
    assert code == 1
    assert (good["publishable"], good["form"], good["version"], good["findings"]) == (True, "trees", "1", [])
    assert (bad["publishable"], bad["form"]) == (False, None)
    [found] = [each for each in bad["findings"] if each["level"] == "error"]
    assert (found["sheet"], found["row"], found["column"], found["key"]) == ("survey", 2, "type", "choice_list_near")
    assert found["message"]["zh"].startswith("choices 表里没有这个选项表")

    assert json.loads(command("forms", "publish", trees(), "--json")[1])[0]["new"] is True
    [listed] = json.loads(command("forms", "list", "--json")[1])
    assert (listed["form"], listed["current"], listed["title"]) == ("trees", True, {"zh": "树木", "en": "Trees"})


def test_a_form_is_checked_without_a_store_and_against_the_others_of_one_command(app, command, trees, tmp_path):
    first = trees()
    second = trees(change=("| | text | note | 说明 |", "| | text | remark | 说明 |"), name="second.md")
    second.write_text(second.read_text().replace("| trees |", "| shrubs |"))
    code, output = command("forms", "check", first, second)
    assert (code, "Another form asks this already under another name" in output, "remark (trees: note)" in output) == (0, True, True)
    with app.app_context(), stores().store.writing() as connection:
        connection.execute(text("DROP TABLE form_versions"))
    code, output = command("forms", "check", first)
    assert code == 0
    assert "not compared with the published forms" in output


def test_colour_is_for_terminals_that_want_it(command, trees, monkeypatch):
    bad = trees(change=("${seen}", "${sen}"))
    assert "\x1b[" not in command("forms", "check", bad)[1]
    assert "\x1b[31m" in command("forms", "check", bad, color=True)[1]
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[" not in command("forms", "check", bad, color=True)[1]


def test_a_form_comes_with_its_files(command, trees, tmp_path):
    cities = tmp_path / "cities.csv"
    cities.write_text("name,label\nxn,咸宁\nwh,武汉\n")
    form = trees(more="| | select_one_from_file cities.csv | city | 市 | City | | |")
    code, output = command("forms", "check", form)
    assert (code, "cities.csv" in output) == (1, True)
    assert command("forms", "check", form, "--file", cities)[0] == 0
    code, output = command("forms", "publish", form, CATALOGUE / "household_register.md", "--file", cities)
    assert code == 0, output


def test_a_preview_shows_the_questions_and_where_to_try_them(app, command, trees):
    code, output = command("forms", "preview", trees())
    assert code == 0
    assert "树木 · Trees  (trees 1)" in output
    assert "• seen  select_one  看见了吗 · Seen?" in output
    assert "- yes  是 · Yes" in output
    assert "asked when 何时问: ${seen} = 'yes'" in output
    assert "once there is an administrator" in output

    assert command("accounts", "add", "admin", "--name", "管理员", "--role", "administrator", "--password-stdin", input="correct horse battery\n")[0] == 0
    code, output = command("forms", "preview", trees(), "--server", "https://doorstep.example/")
    token = re.search(r"https://doorstep\.example/app/try/(\S+)", output)
    with app.app_context():
        assert tried(stores(), token[1]).form.id == "trees"
        assert [kept.name for kept in stores().session.query(KeptForm)] == ["trees.md"]
    assert "There is no account nobody." in command("forms", "preview", trees(), "--as", "nobody")[1]
    assert command("forms", "preview", trees(change=("${seen}", "${sen}")))[0] == 1


def test_two_versions_are_compared_and_what_orphans_answers_is_marked(command, trees):
    assert command("forms", "publish", trees())[0] == 0
    changed = trees("2", change=("| | yes_no | no | 否 | No |", "| | yes_no | unsure | 不清楚 | Not sure |"))
    code, output = command("forms", "diff", "trees:1", changed)
    assert code == 0
    assert output.splitlines() == [
        "  choice_added    /seen: new choice unsure",
        "! choice_removed  /seen: choice no is gone",
        "trees 1 → trees 2: 2 differences; 1 leave answers collected before without a place in the new version (they stay with theirs).",
    ]
    assert command("forms", "diff", "trees", changed, "--exit-code")[0] == 1
    assert command("forms", "diff", "trees", "trees:1", "--exit-code") == (0, "trees 1 → trees 1: no differences.\n")
    assert [each["kind"] for each in json.loads(command("forms", "diff", "trees", changed, "--json")[1])] == ["choice_added", "choice_removed"]
    # The same is said before it is published.
    code, output = command("forms", "check", changed)
    assert (code, "warning  survey, row 2, type" in output, "/seen: no (1)" in output) == (0, True, True)


def test_answers_of_all_versions_stand_in_one_report(app, command, trees):
    assert command("forms", "publish", trees())[0] == 0
    assert command("forms", "publish", trees("2", change=("| | text | note | 说明 | Note |", "| | text | remark | 说明 | Remark |")))[0] == 0
    with app.app_context(), stores().store.writing() as connection:
        for number, (version, state, answers) in enumerate(
            [("1", "accepted", {"seen": "yes", "note": "tall"}), ("1", "held", {"seen": "no"}), ("2", "accepted", {"seen": "no", "remark": "none"})]
        ):
            row = {"id": f"submission:{number}", "database": "worker-w0001", "revision": "1-a", "form": "trees", "version": version, "state": state}
            blank = {"verdict": state, "received_at": NOON, "document": b"{}", "problems": b"[]", "remarks": b"[]", "answers": json.dumps(answers).encode()}
            connection.execute(insert(Submission).values(**row, **blank))
        of_tree = {"record": "tree:01JD3Z8Q5V7M2K4X9T6B1N0CFR", "submission": "submission:0", "path": "", "counts": True, "body": b"{}"}
        connection.execute(insert(Contribution).values(**of_tree, dot_device="d-1", dot_clock="1"))
    code, output = command("forms", "answers", "trees")
    with app.app_context(), stores().store.reading() as connection:
        [taken] = exports(connection, "tree:01JD3Z8Q5V7M2K4X9T6B1N0CFR")
        assert (taken["subject"], taken["account"], taken["detail"]["records"]) == ("answers trees", None, 1)
    first, second, summary = output.strip().split("\n")
    assert code == 0
    assert [json.loads(line)["answers"] for line in (first, second)] == [{"seen": "yes"}, {"seen": "no", "remark": "none"}]
    [lost] = json.loads(first)["lost"]
    assert (lost["path"], lost["value"], lost["reason"], lost["message"]["zh"]) == ("/note", "tall", "removed", "新版没有这一项")
    assert summary == "2 accepted, 1 of them mapped to version 2; 1 answers have no place in it."
    assert [json.loads(line)["lost"] for line in command("forms", "answers", "trees:1")[1].split("\n")[:2]] == [
        [],
        [{"path": "/remark", "value": "none", "reason": "removed", "message": lost["message"]}],
    ]
    assert command("forms", "answers", "nothing")[0] == 1


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (("forms", "check", "nothing.md"), "does not exist"),
        (("forms", "diff", "nothing", "trees:9"), "`forms list` shows what is published"),
        (("forms", "publish"), "Missing argument"),
    ],
)
def test_what_cannot_be_done_is_told_in_a_sentence(command, line, said):
    code, output = command(*line)
    assert code != 0
    assert said in output
    assert "Traceback" not in output
