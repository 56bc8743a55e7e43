"""Lists that stand in files beside a form: read as the phone's engine reads them, judged by, and refused in a sentence where they are broken."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forms.check import publishable
from forms.files import CELL_CHARACTERS_MAX, FORM_FILE_BYTES_MAX, FORM_FILES_MAX, ITEM_COLUMNS_MAX, ITEMS_MAX, UnreadableFile, read_items
from forms.form import Form, FormError
from forms.xlsform import compile_xform, read
from tests.examples import examples

SETTINGS = "\n| settings |\n| | form_title | form_id | version |\n| | Towns | towns | 1 |\n"
CITIES = "name,label,province\nxn,咸宁,hb\nwh,武汉,hb\ncs,长沙,hn\n".encode()
PLACES = {
    "type": "FeatureCollection",
    "features": [
        {"type": "Feature", "id": "gate", "geometry": {"type": "Point", "coordinates": [114.32, 29.84]}, "properties": {"title": "东门", "height": 2e-5}},
        {"type": "Feature", "geometry": {"type": "LineString", "coordinates": [[1, 2], [3.5, 4]]}, "properties": {"id": 7.0, "lit": True}},
        {"type": "Feature", "geometry": {"type": "Polygon", "coordinates": [[[0, 0], [0, 1], [1, 1], [0, 0]]]}, "properties": {"id": "yard", "none": None}},
    ],
}  # fmt: skip


def survey(*rows: str, columns: str = "type | name | label | choice_filter | calculation | parameters") -> str:
    return "| survey |\n| | " + columns + " |\n" + "\n".join(rows) + "\n" + SETTINGS


def errors(result) -> list[str]:
    return [each.message["en"] for each in result.findings if each.level == "error"]


# Reading


def test_a_csv_is_its_header_and_its_rows():
    assert read_items("cities.csv", CITIES)[0] == {"name": "xn", "label": "咸宁", "province": "hb"}
    assert read_items("a.csv", b'\xef\xbb\xbfname;label\r\na;"x; ""y""\nz"\r\nb\r\n\r\n') == ({"name": "a", "label": 'x; "y"\nz'}, {"name": "b", "label": ""})
    assert read_items("a.CSV", b"name\tlabel\t\na\tA\t\n") == ({"name": "a", "label": "A"},)


def test_an_xml_list_is_its_items():
    xml = "<?xml version='1.0'?><root><!-- towns --><item><name>a</name><label>甲</label></item><item><name>b</name></item></root>".encode()
    assert read_items("towns.xml", xml) == ({"name": "a", "label": "甲"}, {"name": "b"})


def test_geojson_is_its_features_with_their_places_as_geopoint_geotrace_and_geoshape():
    gate, road, yard = read_items("places.geojson", json.dumps(PLACES).encode())
    assert gate == {"geometry": "29.84 114.32 0 0", "id": "gate", "title": "东门", "height": "0.00002"}
    assert road == {"geometry": "2 1 0 0; 4 3.5 0 0", "id": "7", "lit": "true"}
    assert (yard["geometry"], yard["none"]) == ("0 0 0 0; 1 0 0 0; 1 1 0 0; 0 0 0 0", "null")


def a_feature(**changes) -> bytes:
    return json.dumps({**PLACES, "features": [{**PLACES["features"][0], **changes}]}).encode()


@pytest.mark.parametrize(
    ("name", "content", "key"),
    [
        ("a.csv", "姓名,label\n".encode("gb18030"), "file_encoding"),
        ("a.csv", b"\xff\xfen\x00a\x00", "file_encoding"),
        ("a.csv", b"", "file_empty"),
        ("a.csv", b"name,label\n", "file_empty"),
        ("a.csv", b'name,label\na,"b\n', "file_broken"),
        ("a.csv", b"name,label\na,b,c\n", "file_row"),
        ("a.csv", b"name,name\na,b\n", "file_header_twice"),
        ("a.csv", b"name,the label\na,b\n", "file_header"),
        ("a.csv", b"name,<x>\na,b\n", "file_header"),
        ("a.csv", b"name,,label\na,b,c\n", "file_header"),
        ("a.csv", b"name,label\na,\x00\n", "file_characters"),
        ("a.csv", b"name,label\r\na,A\nb,B\r\n", "file_line_ends"),
        ("a.csv", b"name,label\na," + b"x" * (CELL_CHARACTERS_MAX + 1), "file_cell"),
        ("a.csv", ",".join(f"c{n}" for n in range(ITEM_COLUMNS_MAX + 1)).encode() + b"\n1\n", "file_wide"),
        ("a.csv", b"name\n" + b"a\n" * (ITEMS_MAX + 1), "file_long"),
        ("a.csv", b"x" * (FORM_FILE_BYTES_MAX + 1), "file_size"),
        ("a.xml", b"<root><item><name>a</name>", "file_broken"),
        ("a.xml", b"plain", "file_broken"),
        ("a.xml", b'<!DOCTYPE r [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><root><item><name>&b;</name></item></root>', "file_broken"),
        ("a.xml", b'<!DOCTYPE r [<!ENTITY a SYSTEM "file:///etc/passwd">]><root><item><name>&a;</name></item></root>', "file_broken"),
        ("a.xml", b"<root>" + b"<item>" * 5000 + b"</item>" * 5000 + b"</root>", "file_broken"),
        ("a.xml", b"<list><item><name>a</name></item></list>", "file_root"),
        ("a.xml", b"<root><town/></root>", "file_root"),
        ("a.xml", b"<root><item><name><b/></name></item></root>", "file_item"),
        ("a.xml", b"<root><item><name>a</name><name>b</name></item></root>", "file_item"),
        ("a.xml", b"<root/>", "file_empty"),
        ("a.geojson", b"{", "file_broken"),
        ("a.geojson", b"[" * 100_000, "file_broken"),
        ("a.geojson", b"[]", "file_features"),
        ("a.geojson", b'{"type": "Feature"}', "file_features"),
        ("a.geojson", b'{"type": "FeatureCollection", "features": [3]}', "file_feature"),
        ("a.geojson", a_feature(geometry=None), "file_feature"),
        ("a.geojson", a_feature(properties=[]), "file_feature"),
        ("a.geojson", a_feature(properties={"the title": 1}), "file_header"),
        ("a.geojson", a_feature(properties={"title": ["a", "b"]}), "file_feature"),
        ("a.geojson", a_feature(geometry={"type": "MultiPoint", "coordinates": [[1, 2]]}), "file_geometry"),
        ("a.geojson", a_feature(geometry={"type": "Point", "coordinates": [1, 2, 3]}), "file_geometry"),
        ("a.geojson", a_feature(geometry={"type": "Point", "coordinates": ["1", 2]}), "file_geometry"),
        ("a.geojson", a_feature(geometry={"type": "Polygon", "coordinates": [[[1, 2]], [[3, 4]]]}), "file_geometry"),
        ("a.geojson", a_feature(geometry={"type": "LineString", "coordinates": 3}), "file_geometry"),
        ("a.ods", b"", "file_kind"),
    ],
)  # fmt: skip
def test_what_is_no_list_is_said_in_a_sentence(name, content, key):
    with pytest.raises(UnreadableFile) as refusal:
        read_items(name, content)
    assert refusal.value.key == key
    result = publishable(survey(f"| | select_one_from_file {name} | town | Town | | | |"), ".md", files={name: content}) if key != "file_kind" else None
    assert result is None or (result.form is None and any(each.key == key for each in result.findings)), result.findings


@settings(max_examples=examples(200), deadline=None)
@given(st.sampled_from(["csv", "xml", "geojson"]), st.binary(max_size=60) | st.text(max_size=60).map(lambda text: text.encode("utf-8", "surrogatepass")))
def test_whatever_stands_in_a_file_it_is_a_list_or_a_sentence(extension, content):
    try:
        items = read_items(f"a.{extension}", content)
    except UnreadableFile as refusal:
        assert refusal.key.startswith("file_")
    else:
        assert items and all(isinstance(text, str) for item in items for text in item.values())


columns = st.lists(st.from_regex(r"[a-z][a-z0-9_.-]{0,5}", fullmatch=True), min_size=1, max_size=4, unique=True)
cells = st.text(st.characters(exclude_categories=("Cs", "Cc")) | st.sampled_from("\n,;\t\"'"), max_size=6).filter(
    lambda text: not set(text) & {"\ufffe", "\uffff"}
)


@settings(max_examples=examples(100), deadline=None)
@given(data=st.data())
def test_a_list_that_was_written_as_csv_is_read_as_it_was(data):
    import csv
    import io

    header = data.draw(columns)
    rows = data.draw(st.lists(st.fixed_dictionaries(dict.fromkeys(header, cells)), min_size=1, max_size=5))
    rows[-1] = dict.fromkeys(header, "end")  # blank lines at the end are none
    written = io.StringIO()
    writer = csv.DictWriter(written, header, quoting=csv.QUOTE_ALL)
    writer.writeheader()
    writer.writerows(rows)
    assert list(read_items("a.csv", written.getvalue().encode())) == rows


# In a form


def test_a_question_offers_what_its_file_holds(judge, said):
    form = publishable(survey("| | select_one_from_file cities.csv | city | City | | | |"), ".md", files={"cities.csv": CITIES}).form
    assert {choice.value: choice.label["und"] for choice in form.fields[0].choices} == {"xn": "咸宁", "wh": "武汉", "cs": "长沙"}
    assert judge(form, {"city": "xn"}).problems == ()
    assert said(judge(form, {"city": "bj"}).problems) == [("/city", "choice")]


def test_codes_and_labels_may_stand_in_other_columns_and_a_filter_narrows_them(judge, said):
    content = "code,title,province\n1,咸宁,hb\n2,长沙,hn\n".encode()
    rows = (
        "| | text | province | Province | | | |",
        "| | select_multiple_from_file cities.csv | city | City | province = ${province} | | value=code label=title |",
    )
    form = publishable(survey(*rows), ".md", files={"cities.csv": content}).form
    assert judge(form, {"province": "hb", "city": ["1"]}).problems == ()
    assert said(judge(form, {"province": "hb", "city": ["1", "2"]}).problems) == [("/city", "choice")]


def test_a_file_may_be_asked_by_an_expression_alone(judge):
    rows = (
        "| | text | city | City | | | |",
        "| | csv-external | cities | | | | |",
        "| | calculate | province | | | pulldata('cities', 'province', 'name', ${city}) | |",
    )
    form = publishable(survey(*rows), ".md", files={"cities.csv": CITIES}).form
    assert judge(form, {"city": "cs"}).answers == {"city": "cs", "province": "hn"}


def test_geojson_offers_its_titles(judge, said):
    form = publishable(
        survey("| | select_one_from_file places.geojson | place | Place | | | |"), ".md", files={"places.geojson": json.dumps(PLACES).encode()}
    ).form
    assert [choice.value for choice in form.fields[0].choices] == ["gate", "7", "yard"]
    assert judge(form, {"place": "yard"}).problems == ()


@pytest.mark.parametrize(
    ("content", "kind", "words"),
    [
        (b"code,label\na,A\n", "select_one", "no such column: cities.csv: name"),
        (b"name,title\na,A\n", "select_one", "no such column: cities.csv: label"),
        (b"name,label\na,A\n,B\n", "select_one", "no code: cities.csv: name, 2"),
        (b"name,label\na,A\na,B\n", "select_one", "twice in the file: cities.csv: a"),
        (b"name,label\na b,A\n", "select_multiple", "blanks in it: cities.csv: a b"),
    ],
)
def test_a_list_that_nobody_can_choose_from_is_refused(content, kind, words):
    result = publishable(survey(f"| | {kind}_from_file cities.csv | city | City | | | |"), ".md", files={"cities.csv": content})
    assert any(words in error for error in errors(result)), result.findings


def test_a_code_that_stands_twice_is_a_warning_where_a_filter_tells_the_two_apart():
    rows = ("| | text | province | Province | | | |", "| | select_one_from_file cities.csv | city | City | province = ${province} | | |")
    result = publishable(survey(*rows), ".md", files={"cities.csv": b"name,label,province\na,A,x\na,B,y\n"})
    assert result.form is not None
    assert any("twice" in each.message["en"] for each in result.findings)


def test_a_form_without_its_list_is_not_published_and_one_without_a_picture_is_with_a_warning():
    result = publishable(survey("| | select_one_from_file cities.csv | city | City | | | |"), ".md")
    assert (result.form, [(each.row, each.key) for each in result.errors]) == (None, [(2, "file_missing")])
    pictured = survey("| | text | name | Name | door.png |", columns="type | name | label | image")
    result = publishable(pictured, ".md")
    assert result.form is not None and [(each.level, each.row) for each in result.findings if each.key == "file_missing"] == [("warning", 2)]
    assert publishable(pictured, ".md", files={"door.png": b"png"}).findings == []


@pytest.mark.parametrize("name", ["_x.csv", "a b.csv", "../a.csv", "x" * 101 + ".csv", "run.exe", "csv", ""])
def test_a_file_that_nobody_may_name_so_is_refused(name):
    result = publishable(survey("| | text | name | Name | | | |"), ".md", files={name: b"x"})
    assert result.form is None and any(each.key == "file_name" for each in result.findings)


def test_too_many_files_and_one_that_is_not_named_are_said():
    files = {f"p{n}.png": b"x" for n in range(FORM_FILES_MAX + 1)}
    keys = [each.key for each in publishable(survey("| | text | name | Name | | | |"), ".md", files=files).findings]
    assert keys.count("file_count") == 1 and "file_unused" in keys


def test_a_published_form_whose_list_is_gone_says_so_and_does_not_judge_by_nothing():
    xform = compile_xform(read(survey("| | select_one_from_file cities.csv | city | City | | | |"), ".md"))
    with pytest.raises(FormError, match="file_missing"):
        Form.load(xform)
    form = Form.load(xform, {"cities.csv": CITIES})
    field = form.as_document()["fields"][0]
    assert (field["list"], "choices" in field) == ("cities.csv", False)
    assert form.as_document()["files"][0].items() >= {"name": "cities.csv", "type": "text/csv", "bytes": len(CITIES)}.items()


def test_the_choices_may_be_what_was_entered_in_a_repeat(judge, said):
    rows = (
        "| | begin_repeat | people | People | | | |",
        "| | text | name | Name | | | |",
        "| | end_repeat | | | | | |",
        "| | select_one ${name} | head | Head | | | |",
    )
    form = publishable(survey(*rows) + "| choices |\n| | list_name | name | label |\n| | x | a | A |\n", ".md").form
    answers = {"people": [{"name": "甲"}, {"name": "乙"}], "head": "乙"}
    assert judge(form, answers).problems == ()
    assert said(judge(form, answers | {"head": "丙"}).problems) == [("/head", "choice")]
