"""The phone's engine and the centre see one list in a file: the same rows, the same cells, the same places."""

from __future__ import annotations

import csv
import io
import json
from xml.sax.saxutils import escape

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from forms.answers import to_xml
from forms.check import publishable
from forms.files import read_items
from tests.examples import examples

pytestmark = pytest.mark.property

FORM = """
| survey |
| | type | name | label | calculation | choice_filter |
| | text | asked | Asked | | |
| | select_one_from_file {file} | chosen | Chosen | | {label} != ${{asked}} |
| | calculate | rows | | count(instance('list')/root/item) | |
| | calculate | values | | join('¦', instance('list')/root/item/{value}) | |
| | calculate | labels | | join('¦', instance('list')/root/item/{label}) | |
| | calculate | more | | join('¦', instance('list')/root/item/{more}) | |
| | calculate | pulled | | pulldata('list', '{label}', '{value}', ${{asked}}) | |
| settings |
| | form_title | form_id | version |
| | List | list | 1 |
"""
letters = st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="\ufffe\uffff¦") | st.sampled_from(",;\t|\"'<&\n")
cells = st.text(letters, max_size=5)
codes = st.text(st.characters(categories=("L", "N")), min_size=1, max_size=4)
rows = st.lists(st.tuples(codes, cells, cells), min_size=1, max_size=6, unique_by=lambda row: row[0])
numbers = st.floats(-180, 180, allow_nan=False) | st.integers(-90, 90) | st.sampled_from([1e-5, 1e-7, 0.1 + 0.2, 5e-324])
points = st.tuples(numbers, numbers).map(list)
geometries = st.one_of(
    points.map(lambda point: {"type": "Point", "coordinates": point}),
    st.lists(points, min_size=2, max_size=3).map(lambda line: {"type": "LineString", "coordinates": line}),
    st.lists(points, min_size=3, max_size=4).map(lambda ring: {"type": "Polygon", "coordinates": [ring]}),
)
scalars = cells | st.integers(-(10**15), 10**15) | st.floats(allow_nan=False, allow_infinity=False) | st.booleans() | st.none()


def both_see_the_same(engine, judge, file: str, content: bytes, asked: str, value: str = "name", more: str = "more") -> None:
    label = "title" if file.endswith(".geojson") else "label"
    source = FORM.format(file=file, value=value, label=label, more=more)
    if not file.endswith(".csv"):  # pulldata() is of CSV alone
        source = "\n".join(line for line in source.splitlines() if "pulldata" not in line)
    result = publishable(source, ".md", files={file: content})
    form = result.form
    assert form is not None, (content, result.findings)
    engine.load(form.xform, {file: content})
    there = engine.fill(to_xml(form, {"asked": asked})).nodes
    here = judge(form, {"asked": asked}).answers
    for name in [each.name for each in form.fields if each.type == "calculate"]:
        assert (there[f"/{name}"].text or "") == str(here.get(name, "")), (name, read_items(file, content))


@settings(max_examples=examples(20), deadline=None, suppress_health_check=list(HealthCheck))
@given(rows=rows, delimiter=st.sampled_from(",;\t|"), quoting=st.sampled_from([csv.QUOTE_ALL, csv.QUOTE_MINIMAL]), end=st.sampled_from(["\n", "\r\n"]))
def test_a_csv(engine, judge, rows, delimiter, quoting, end):
    written = io.StringIO(newline="")
    csv.writer(written, delimiter=delimiter, quoting=quoting, lineterminator=end).writerows([("name", "label", "more"), *rows])
    both_see_the_same(engine, judge, "list.csv", written.getvalue().encode(), rows[-1][0])


@settings(max_examples=examples(10), deadline=None, suppress_health_check=list(HealthCheck))
@given(rows=rows)
def test_an_xml_list(engine, judge, rows):
    items = "".join(
        f"<item>{''.join(f'<{name}>{escape(text)}</{name}>' for name, text in zip(('name', 'label', 'more'), row, strict=True))}</item>" for row in rows
    )
    both_see_the_same(engine, judge, "list.xml", f"<root>{items}</root>".encode(), rows[0][0])


@settings(max_examples=examples(20), deadline=None, suppress_health_check=list(HealthCheck))
@given(
    features=st.lists(st.tuples(codes, scalars, geometries), min_size=1, max_size=4, unique_by=lambda row: row[0]), more=st.sampled_from(["geometry", "height"])
)
def test_geojson(engine, judge, features, more):
    collection = {
        "type": "FeatureCollection",
        "features": [
            {"type": "Feature", "id": code, "geometry": geometry, "properties": {"title": f"t{code}", "height": scalar}} for code, scalar, geometry in features
        ],
    }
    both_see_the_same(engine, judge, "list.geojson", json.dumps(collection).encode(), features[0][0], "id", more)
