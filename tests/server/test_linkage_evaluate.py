"""`linkage evaluate PEOPLE.csv --pairs OUT.csv`: what it reads, writes and says, also of bad files."""

import csv
import os
import runpy
import sys
from pathlib import Path

import pytest

from server.linkage_file import UnfitFile, candidate_pairs, read, whole_or_not
from sync.linkage import KEY_RECORDS_MAX, Profile

HEAD = "id,name,sex,birth_date,phone,id_number,area,building,unit,room"
LINGLI = "1,何伶俐,女,1975/3/2,139 7152 0648,,g0311,1栋,2单元,311"
BY_SOUND = "2,何玲利,F,19750302,13971520648.0,4.21202E+17,g0311,1,2,311室"
FANG = "3,王芳,2,1988,13871520000,,g0311,1,2,312"


@pytest.fixture
def evaluate(app, tmp_path):
    def run(content, *options):
        people, pairs = tmp_path / "people.csv", tmp_path / "pairs.csv"
        people.write_bytes(content if isinstance(content, bytes) else "\n".join(content).encode())
        result = app.test_cli_runner().invoke(args=["linkage", "evaluate", str(people), "--pairs", str(pairs), *options])
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
        with pairs.open(encoding="utf-8", newline="") if pairs.exists() else people.open(encoding="latin-1") as file:
            rows = list(csv.DictReader(file)) if pairs.exists() else []
        return result.exit_code, result.output, rows

    return run


def test_a_pair_is_written_with_its_reasons_in_words(evaluate):
    code, said, rows = evaluate([HEAD, LINGLI, BY_SOUND, FANG])
    assert (code, [(row["left"], row["right"], row["suggested"]) for row in rows]) == (0, [("1", "2", "1")])
    assert float(rows[0]["score"]) > 5 and "名读音相同（伶俐／玲利）" in rows[0]["why"]
    assert said.startswith("3 rows, ") and "1 suggested" in said


def test_the_reasons_may_be_in_english(evaluate):
    assert "The given names sound the same" in evaluate([HEAD, LINGLI, BY_SOUND], "--language", "en")[2][0]["why"]


def test_with_the_truth_it_says_how_many_were_found_by_how_they_differ(evaluate):
    _, said, _ = evaluate([HEAD + ",person", LINGLI + ",a", BY_SOUND + ",a", FANG + ",b"])
    assert [line.split() for line in said.splitlines()[1:4]] == [
        ["kind", "true", "pairs", "found", "recall", "precision"],
        ["all", "1", "1", "1.000", "1.000"],
        ["name_sound", "1", "1", "1.000"],
    ]


def test_kinds_may_stand_in_the_file(evaluate):
    _, said, _ = evaluate([HEAD + ",person,kind", LINGLI + ",a,", BY_SOUND + ",a,dictated", FANG + ",b,"])
    assert "dictated" in said and "name_sound" not in said


def test_columns_may_come_in_any_order_and_be_left_out(evaluate):
    code, _, rows = evaluate(["phone,name,id,remark", "13971520648,何伶俐,1,x", "13971520648,何玲利,2,y"])
    assert (code, [row["suggested"] for row in rows]) == (0, ["1"])


def test_a_file_as_excel_saves_it_in_china_is_read(evaluate):
    assert len(evaluate("\r\n".join([HEAD, LINGLI, BY_SOUND]).encode("gbk"))[2]) == 1
    assert len(evaluate("\r\n".join([HEAD, LINGLI, BY_SOUND]).encode("utf-8-sig"))[2]) == 1
    assert len(evaluate("\r\n".join([HEAD, LINGLI, BY_SOUND]).encode("utf-16"))[2]) == 1


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (["name,sex", "何伶俐,2"], "people.csv has no column id. Its first line has: name, sex."),
        (["id|name", "1|何伶俐"], "people.csv has no column id. Its first line has: id|name."),
        (["id,name,name", "1,何伶俐,王芳"], "people.csv has the column name twice: which of them counts?"),
        (
            ["id,name,area", "1,何伶俐,东关,3组"],
            "people.csv, line 2: there are 4 values for 3 columns. One that has a comma in it needs quotation marks around it.",
        ),
        (["id,name", "1,何伶俐", '2,"王芳', "3,王强"], "line 3: this is no line of a CSV file (unexpected end of data). A quotation mark opens there"),
        (["id,name,person", *(f"{number},何伶俐,a" for number in range(501))], "The column person has the same value in 501 rows"),
        (["id,name", "1,何伶俐", "1,王芳"], "people.csv, line 3: the id 1 stands in line 2 too. Each id may stand once."),
        (["id,name", ",何伶俐"], "people.csv, line 2: there is no id. Each person needs one."),
        (["id,remark", "1,x"], "people.csv has a column id and nothing to compare."),
        ([HEAD], "people.csv has a head and nobody below it."),
        ([""], "people.csv has no column id."),
        ("id,name\n1,何伶俐\n".encode() + b"2,\xff\xfe\xfa\x81\n", "people.csv is written neither in UTF-8 nor in GBK: line 3 cannot be read."),
        (b"\xff\xfei\x00d\x00,", "people.csv is written neither in UTF-8 nor in GBK"),
        (b"PK\x03\x04\x00\x00", "people.csv is no text: it may be an Excel workbook. Save it as CSV UTF-8."),
        (["id,name", "1," + "何" * 20_000], "people.csv, line 2: this is no line of a CSV file (field larger than field limit (10000))."),
    ],
)
def test_a_bad_file_gets_a_sentence(tmp_path, content, sentence):
    people = tmp_path / "people.csv"
    people.write_bytes(content if isinstance(content, bytes) else "\n".join(content).encode())
    with pytest.raises(UnfitFile) as refused:
        read(people)
    assert sentence in str(refused.value)


@pytest.mark.parametrize("divider", [";", "\t"])
def test_a_file_may_be_divided_by_semicolons_or_tabs(evaluate, divider):
    assert len(evaluate([line.replace(",", divider) for line in (HEAD, LINGLI, BY_SOUND)])[2]) == 1


def test_what_is_not_understood_is_said_with_the_line_of_the_first(evaluate):
    _, said, rows = evaluate(["id,name,birth_date,sex", "1,何伶俐,1975/3/2 0:00:00,２", "2,何玲利,1975年3月2日,?", "3,王芳,2/3/1975,女", "4,,long ago,"])
    assert [(row["left"], row["right"]) for row in rows] == [("1", "2")]
    assert said.splitlines()[1:] == [
        "sex: 1 value not understood and taken for no answer, the first in line 3.",
        "birth_date: 1 value not understood and taken for no answer, the first in line 4.",
    ]


def test_it_needs_no_settings(monkeypatch, tmp_path):
    people, pairs = tmp_path / "people.csv", tmp_path / "pairs.csv"
    people.write_text("\n".join([HEAD, LINGLI, BY_SOUND]), encoding="utf-8")
    for setting in [name for name in os.environ if name.startswith("DOORSTEP_")]:
        monkeypatch.delenv(setting)
    command = ["linkage", "evaluate", str(people), "--pairs", str(pairs)]
    monkeypatch.setattr(sys, "argv", ["flask", *command])
    app = runpy.run_path(str(Path(__file__).parents[2] / "wsgi.py"))["app"]
    assert app.test_cli_runner().invoke(args=command).exit_code == 0
    assert pairs.read_text(encoding="utf-8").splitlines()[1].startswith("1,2,")
    monkeypatch.setattr(sys, "argv", ["flask", "linkage", "status"])
    with pytest.raises(SystemExit, match="Doorstep cannot start"):
        runpy.run_path(str(Path(__file__).parents[2] / "wsgi.py"))


def test_without_areas_it_says_that_doors_were_not_compared(evaluate):
    assert "No row has an area, so doors were not compared" in evaluate(["id,name,room", "1,何伶俐,311"])[1]


def test_the_pairs_never_take_the_place_of_the_people(app, tmp_path):
    people = tmp_path / "people.csv"
    people.write_text("\n".join([HEAD, LINGLI]), encoding="utf-8")
    said = app.test_cli_runner().invoke(args=["linkage", "evaluate", str(people), "--pairs", str(tmp_path / "." / "people.csv")])
    assert (said.exit_code, people.read_text(encoding="utf-8")) == (1, "\n".join([HEAD, LINGLI])) and "is the file of people itself" in said.output


def test_what_stops_in_the_middle_leaves_the_pairs_of_before(tmp_path):
    pairs = tmp_path / "pairs.csv"
    pairs.write_text("of before", encoding="utf-8")
    with pytest.raises(KeyboardInterrupt), whole_or_not(pairs) as file:
        file.write("left,right")
        raise KeyboardInterrupt
    assert [(path.name, path.read_text(encoding="utf-8")) for path in tmp_path.iterdir()] == [("pairs.csv", "of before")]


def test_a_bad_file_ends_the_command_without_a_traceback(evaluate):
    assert evaluate(["id,name", "1,何伶俐", "1,王芳"]) == (1, "Error: people.csv, line 3: the id 1 stands in line 2 too. Each id may stand once.\n", [])


def test_a_file_of_a_gigabyte_is_refused_at_once(tmp_path):
    big = tmp_path / "big.csv"
    with big.open("wb") as file:
        file.truncate(1_000_000_000)  # holes: takes no room on the disk
    with pytest.raises(UnfitFile, match=r"big.csv has 1,000 MB; at most 256 MB \(about two million people\) are compared at once."):
        read(big)


def test_a_place_that_cannot_be_written_gets_a_sentence(app, tmp_path):
    people = tmp_path / "people.csv"
    people.write_text("\n".join([HEAD, LINGLI]), encoding="utf-8")
    said = app.test_cli_runner().invoke(args=["linkage", "evaluate", str(people), "--pairs", str(tmp_path / "none" / "out.csv")]).output
    assert "No such file or directory" in said


def test_a_number_that_everybody_has_is_no_reason_to_compare():
    crowd = [Profile("person", str(number), phones=("075500000001",)) for number in range(KEY_RECORDS_MAX + 1)]
    assert list(candidate_pairs(crowd)) == []
    assert len(list(candidate_pairs(crowd[:3]))) == 3
