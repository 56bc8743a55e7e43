"""The same rules by way of lxml: a form's binds as XPath over the submission's XML, straight from the XForm.

Another opinion for tests/forms/test_second_opinion.py, and what benchmarks/validation.py measures ours against. It shares nothing with our parser,
compiler or functions. Dates are put into its document as days, because plain XPath cannot compare them.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta, timezone
from functools import cache

from lxml import etree

from forms.answers import to_xml
from forms.form import Form

XF = "{http://www.w3.org/2002/xforms}"
TODAY = (datetime(2026, 2, 3, tzinfo=timezone(timedelta(hours=8))) - datetime(1970, 1, 1, tzinfo=UTC)) / timedelta(days=1)
ROUNDS_MAX = 10


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


@cache
def xpath(expression: str) -> etree.XPath:
    return etree.XPath(expression)


class Opinion:
    def __init__(self, form: Form) -> None:
        self.form = form
        xform = etree.fromstring(form.xform.encode())
        self.binds = {bind.get("nodeset"): bind for bind in xform.iter(f"{XF}bind") if "/meta/" not in bind.get("nodeset", "")}
        self.choices = {each.path: {choice.value for choice in each.choices} for each in form.questionnaire.walk() if each.choices is not None}
        self.repeats = {each.name for each in form.questionnaire.walk() if each.type == "repeat"}

    def of(self, answers: dict) -> tuple[set, set]:
        """(path, rule) of the problems, and the paths that are not asked although they were answered."""
        submitted = etree.fromstring(to_xml(self.form, answers))
        for nodeset, bind in self.binds.items():
            if bind.get("type") in ("date", "dateTime"):
                for node in xpath(nodeset)(submitted):
                    node.text = days(node.text or "")
        whole = etree.tostring(submitted)
        blank: set[str] = set()
        for _ in range(ROUNDS_MAX):
            document = etree.fromstring(whole)
            where = {document.getroottree().getpath(node): node for node in document.iter()}
            for path in blank:
                for node in [where[path], *where[path].iter()]:
                    node.text = None
            # Rows of a repeat that is not asked are not there at all.
            gone = [where[path] for path in blank if path.split("/")[-1].split("[")[0] in self.repeats]
            asked_again = self._irrelevant(document)
            if asked_again == blank:
                for node in gone:
                    node.getparent().remove(node)
                break
            blank = asked_again
        else:
            raise RuntimeError("the relevance of these answers does not settle")
        return self._problems(document, where, blank), {self._path(path) for path in blank}

    def _irrelevant(self, document) -> set[str]:
        tree = document.getroottree()
        found = set()
        for nodeset, bind in self.binds.items():
            if bind.get("relevant"):
                is_asked = xpath(f"boolean({bind.get('relevant')})")
                found |= {tree.getpath(node) for node in xpath(nodeset)(document) if not is_asked(node)}
        return found

    def _problems(self, document, where, blank) -> set:
        problems = set()
        names = {id(node): path for path, node in where.items()}
        for nodeset, bind in self.binds.items():
            for node in xpath(nodeset)(document):
                path = names[id(node)]
                if any(path == other or path.startswith(other + "/") for other in blank) or len(node) or bind.get("calculate"):
                    continue
                plain = nodeset.removeprefix("/data")
                if not node.text:
                    if bind.get("required") and xpath(f"boolean({bind.get('required')})")(node):
                        problems.add((self._path(path), "required"))
                elif plain in self.choices and not set(node.text.split()) <= self.choices[plain]:
                    problems.add((self._path(path), "choice"))
                elif bind.get("constraint") and not xpath(f"boolean({bind.get('constraint')})")(node):
                    problems.add((self._path(path), "constraint"))
        return problems

    def _path(self, path: str) -> str:
        """/data/members[2]/name → /members/1/name."""
        parts = []
        for part in path.split("/")[2:]:
            name, _, index = part.partition("[")
            parts.append(name)
            if name in self.repeats:
                parts.append(str(int(index[:-1]) - 1 if index else 0))
        return "/" + "/".join(parts)
