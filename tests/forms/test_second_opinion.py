"""The same rules asked of somebody else: lxml's XPath over the submission's XML, straight from the binds of the XForm.

It shares nothing with our parser, compiler or functions. Dates are put into its document as days, because plain XPath cannot compare them.
"""

from __future__ import annotations

import math
import re
from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from forms.answers import to_xml
from tests.examples import examples

XF = "{http://www.w3.org/2002/xforms}"
TODAY = (datetime(2026, 2, 3, tzinfo=timezone(timedelta(hours=8))) - datetime(1970, 1, 1, tzinfo=UTC)) / timedelta(days=1)


def text(value: object) -> str:
    if isinstance(value, list):
        return (value[0].text or "") if value else ""
    if isinstance(value, float):
        return str(int(value)) if value == int(value) else repr(value)
    return str(value)


functions = etree.FunctionNamespace(None)
functions["selected"] = lambda _, codes, code: text(code) in text(codes).split()
functions["count-selected"] = lambda _, codes: float(len(text(codes).split()))
functions["regex"] = lambda _, value, pattern: re.search(text(pattern), text(value)) is not None
functions["today"] = lambda _: TODAY
functions["decimal-date-time"] = lambda _, value: float(text(value) or "nan")
functions["format-date"] = lambda _, days, pattern: (datetime(1970, 1, 1) + timedelta(days=float(text(days)) + 1 / 3)).strftime(text(pattern))


def days(value: str) -> str:
    zone = timezone(timedelta(hours=8))
    if "T" in value:
        moment = datetime.fromisoformat(value)
    elif value:
        moment = datetime.combine(date.fromisoformat(value), datetime.min.time(), zone)
    else:
        return ""
    return repr((moment - datetime(1970, 1, 1, tzinfo=UTC)) / timedelta(days=1))


class Opinion:
    def __init__(self, form) -> None:
        self.form = form
        xform = etree.fromstring(form.xform.encode())
        self.binds = {bind.get("nodeset"): bind for bind in xform.iter(f"{XF}bind") if "/meta/" not in bind.get("nodeset", "")}
        self.choices = {each.path: {choice.value for choice in each.choices} for each in form.questionnaire.walk() if each.choices is not None}

    def of(self, answers: dict) -> tuple[set, set]:
        """(path, rule) of the problems, and the paths that are not asked although they were answered."""
        submitted = etree.fromstring(to_xml(self.form, answers))
        for nodeset, bind in self.binds.items():
            if bind.get("type") in ("date", "dateTime"):
                for node in submitted.xpath(nodeset):
                    node.text = days(node.text or "")
        whole = etree.tostring(submitted)
        blank: set[str] = set()
        for _ in range(10):
            document = etree.fromstring(whole)
            where = {document.getroottree().getpath(node): node for node in document.iter()}
            for path in blank:
                for node in [where[path], *where[path].iter()]:
                    node.text = None
            # Rows of a repeat that is not asked are not there at all.
            gone = [where[path] for path in blank if path.split("/")[-1].split("[")[0] in ("members", "people")]
            asked_again = self._irrelevant(document, where)
            if asked_again == blank:
                for node in gone:
                    node.getparent().remove(node)
                break
            blank = asked_again
        else:
            pytest.fail("the relevance of these answers does not settle")
        return self._problems(document, where, blank), {self._path(path, where) for path in blank}

    def _irrelevant(self, document, where) -> set[str]:
        tree = document.getroottree()
        found = set()
        for nodeset, bind in self.binds.items():
            if bind.get("relevant"):
                found |= {tree.getpath(node) for node in document.xpath(nodeset) if not node.xpath(f"boolean({bind.get('relevant')})")}
        return found

    def _problems(self, document, where, blank) -> set:
        problems = set()
        names = {id(node): path for path, node in where.items()}
        for nodeset, bind in self.binds.items():
            for node in document.xpath(nodeset):
                path = names[id(node)]
                if any(path == other or path.startswith(other + "/") for other in blank) or len(node) or bind.get("calculate"):
                    continue
                plain = nodeset.removeprefix("/data")
                if not node.text:
                    if bind.get("required") and node.xpath(f"boolean({bind.get('required')})"):
                        problems.add((self._path(path, where), "required"))
                elif plain in self.choices and not set(node.text.split()) <= self.choices[plain]:
                    problems.add((self._path(path, where), "choice"))
                elif bind.get("constraint") and not node.xpath(f"boolean({bind.get('constraint')})"):
                    problems.add((self._path(path, where), "constraint"))
        return problems

    def _path(self, path: str, where) -> str:
        """/data/members[2]/name → /members/1/name."""
        parts = []
        for part in path.split("/")[2:]:
            name, _, index = part.partition("[")
            parts.append(name)
            if name in ("members", "people"):
                parts.append(str(int(index[:-1]) - 1 if index else 0))
        return "/" + "/".join(parts)


words = st.sampled_from(["1", "12", "13800000001", "x" * 45, "名" * 70, "字" * 501, "何伶俐"])
dates = st.sampled_from(["2026-02-03", "2026-02-03", "2026-02-03", "2026-02-04", "2026-02-02", "1999-12-31", "2030-01-01"])
VALUES = {
    "text": words,
    "image": st.just("a.jpg"),
    "integer": st.sampled_from([0, 1, 9, 10, 1899, 1900, 1975, 2026, 2027]),
    "decimal": st.sampled_from([33.9, 34, 36.6, 37.2, 37.3, 43, 43.1]),
    "date": dates,
    "dateTime": dates.map(lambda day: day + "T00:00:00.000+08:00"),
    "geopoint": st.just({"latitude": 29.84, "longitude": 114.32}),
}


def some(each):
    if each.value_type in ("select_one", "select_multiple"):
        # The first choice ("done", "none") opens most of a form, so it comes most often.
        listed = [choice.value for choice in each.choices or ()]
        codes = st.sampled_from([*[listed[0]] * len(listed), *listed, "no_such_choice"])
        return codes if each.value_type == "select_one" else st.lists(codes, min_size=1, max_size=2, unique=True)
    return VALUES[each.value_type]


def answers_of(fields):
    optional = {}
    for each in fields:
        if each.is_leaf and each.type != "calculate" and not each.name.endswith("_id"):
            # Mostly answered, or little beyond "required" would ever be met.
            optional[each.name] = st.none() | some(each) | some(each) | some(each)
        elif each.type in ("group", "repeat"):
            optional[each.name] = answers_of(each.fields) if each.type == "group" else st.lists(answers_of(each.fields), max_size=3)
    return st.fixed_dictionaries(optional).map(lambda answers: {name: value for name, value in answers.items() if value not in (None, {}, [])})


@pytest.fixture(scope="module")
def opinions(catalogue):
    return {name: Opinion(catalogue[name]) for name in ("household_survey", "quarantine_check")}


@pytest.mark.parametrize("name", ["household_survey", "quarantine_check"])
@settings(max_examples=examples(250), deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_lxml_finds_the_same_problems(catalogue, opinions, judge, name, data):
    answers = data.draw(answers_of(catalogue[name].fields))
    verdict = judge(catalogue[name], answers)
    problems, not_asked = opinions[name].of(answers)
    assert {(problem.path, problem.rule) for problem in verdict.problems} == problems
    left_out = {remark.path for remark in verdict.remarks if remark.rule == "relevant"}
    # What was left out stands in a group or repeat that lxml finds irrelevant, too.
    for path in left_out:
        assert any(path == other or path.startswith(other + "/") or other.startswith(path + "/") for other in not_asked), path


def test_the_second_opinion_can_disagree(catalogue, opinions):
    """It is worth nothing if it nods at everything."""
    problems, _ = opinions["household_survey"].of({"visit": {"outcome": "done"}, "members": [{"name": "甲", "temperature": 50}]})
    assert {("/members/0/temperature", "constraint"), ("/members/0/sex", "required"), ("/members/0/fever/fever_since", "required")} <= problems
    assert not math.isnan(TODAY)
