"""Random answers to any form, steered towards its own rules: the numbers, texts and dates that stand in its expressions, and their neighbours.

Each answer is of its question's type, as it would leave a phone; what a phone never sends is tried in test_hostile.py.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import date, timedelta

from hypothesis import strategies as st

from forms.form import Form
from forms.xform import Field

ROWS_MAX = 3
ANSWERED = 6  # of seven questions, or little beyond "required" would ever be met
LETTERS = st.characters(codec="utf-8", categories=("L", "N", "P", "S"), max_codepoint=0x2FFFF)
POINTS = st.builds(
    lambda latitude, longitude, altitude, accuracy: {"latitude": latitude, "longitude": longitude, "altitude": altitude, "accuracy": accuracy},
    *(st.integers(-low, low).map(lambda number: number / 1000) for low in (90_000, 180_000)),
    st.integers(-400, 8000).map(lambda number: number / 2),
    st.integers(0, 400).map(lambda number: number / 4),
).filter(lambda point: point["latitude"] != 0 or point["longitude"] != 0)  # the engine takes 0 0 0 0 for blank: docs/forms.md


def answers_to(form: Form, today: date) -> st.SearchStrategy[dict]:
    return _rows(form.fields, _Literals(form, today))


class _Literals:
    """What the expressions of a form speak of."""

    def __init__(self, form: Form, today: date) -> None:
        written = " ".join(
            text for each in form.questionnaire.walk() for text in (each.relevant, each.required, each.constraint, each.calculate, each.count) if text
        )
        quoted = [one or other for one, other in re.findall(r"'([^']*)'|\"([^\"]*)\"", written)]
        plain = re.sub(r"'[^']*'|\"[^\"]*\"", " ", written)
        numbers = {float(number) for number in re.findall(r"(?<![\w.])\d+(?:\.\d+)?(?![\w.])", plain)}
        numbers |= {float(text) for text in quoted if re.fullmatch(r"\d{1,9}(\.\d{1,4})?", text)}
        self.integers = sorted({int(number) + step for number in numbers if number < 2_000_000_000 for step in (-1, 0, 1)} | {0, 1, 2, -1, 10})
        self.decimals = sorted({round(number + step, 4) for number in numbers if number < 1e12 for step in (-1, -0.1, 0, 0.1, 0.5)} | {0.5, 36.6})
        self.texts = sorted({text for text in quoted if text.isprintable() and text == text.strip() and text} | {"x", "何伶俐"})
        self.lengths = sorted({int(number) + step for number in numbers if number <= 2000 for step in (0, 1)} | {1})
        self.patterns = [pattern for pattern in quoted if re.search(r"[\[\\^$]", pattern) and _is_pattern(pattern)]
        dates = {today + timedelta(days=days) for days in (-15, -14, -13, -1, 0, 1, 13, 14, 15)}
        dates |= {date.fromisoformat(text) for text in quoted if re.fullmatch(r"\d{4}-(0\d|1[0-2])-([01]\d|2[0-8])", text)}
        self.dates = sorted({each + timedelta(days=step) for each in dates for step in (-1, 0, 1)} | {date(2020, 2, 29), date(1999, 12, 31)})

    def text(self) -> st.SearchStrategy[str]:
        filled = st.sampled_from(self.lengths).flatmap(lambda length: st.sampled_from("1x何").map(lambda letter: letter * length))
        digits = st.text("0123456789", min_size=1, max_size=18)
        patterns = [st.from_regex(re.compile(pattern, re.ASCII), fullmatch=True).filter(_is_line) for pattern in self.patterns]
        free = st.text(LETTERS, min_size=1, max_size=12).filter(_is_line)
        return st.one_of(st.sampled_from(self.texts), filled, digits, free, *patterns)

    def date(self) -> st.SearchStrategy[str]:
        return st.sampled_from(self.dates).map(date.isoformat)

    def time(self) -> st.SearchStrategy[str]:
        return st.builds(lambda hour, minute: f"{hour:02}:{minute:02}:00.000+08:00", st.integers(0, 23), st.sampled_from([0, 1, 30, 59]))


def _place(point: dict) -> tuple[float, float]:
    return point["latitude"], point["longitude"]


def _is_pattern(text: str) -> bool:
    try:
        re.compile(text, re.ASCII)
    except re.error:
        return False
    return True


def _is_line(text: str) -> bool:
    """What a text box can hold and XML keeps as it is; the engine writes all text in Unicode's normal form C (docs/forms.md)."""
    fits = text.isprintable() and text == text.strip() and text != "" and unicodedata.is_normalized("NFC", text)
    # A text that looks like a date and is none makes the engine throw; the phone then says so and keeps the answer (docs/forms.md).
    return fits and not re.search(r"\d{4}-\d\d?-\d\d?", text)


def _rows(fields: list[Field], literals: _Literals) -> st.SearchStrategy[dict]:
    columns = {each.name: strategy for each in fields if (strategy := _field(each, literals)) is not None}
    return st.fixed_dictionaries(columns).map(lambda row: {name: value for name, value in row.items() if value is not None})


def _field(each: Field, literals: _Literals) -> st.SearchStrategy | None:
    if each.type == "group":
        return _rows(each.fields, literals)
    if each.type == "repeat":
        return st.lists(_rows(each.fields, literals), min_size=1, max_size=ROWS_MAX)
    if not each.is_leaf or each.type == "calculate" or (each.type == "hidden" and getattr(each, "preload", "")):
        return None
    value = _value(each, literals)
    return st.integers(0, ANSWERED).flatmap(lambda luck: st.none() if luck == 0 else value)


def _value(each: Field, literals: _Literals) -> st.SearchStrategy:
    codes = [choice.value for choice in each.choices or ()]
    if each.range:
        # The engine takes what the slider offers, nothing between.
        start, end, step = (each.range[name] for name in ("start", "end", "step"))
        places = st.integers(0, int((end - start) / step)).map(lambda place: round(start + place * step, 6))
        return places.map(int) if each.value_type == "integer" else places
    match each.value_type:
        case "select_one":
            # The first choice ("done", "none") opens most of a form, so it comes most often.
            return st.sampled_from([*codes[:1] * max(1, len(codes) // 2), *codes]) if codes else st.nothing()
        case "select_multiple":
            return st.lists(st.sampled_from(codes), min_size=1, max_size=3, unique=True) if codes else st.nothing()
        case "rank":
            return st.permutations(codes)
        case "integer":
            return st.sampled_from(literals.integers)
        case "decimal":
            return st.sampled_from([*literals.decimals, *(float(number) for number in literals.integers)])
        case "date":
            return literals.date()
        case "time":
            return literals.time()
        case "dateTime":
            return st.builds(lambda day, time: f"{day}T{time}", literals.date(), literals.time())
        case "geopoint":
            return POINTS
        case "geotrace":
            return st.lists(POINTS, min_size=2, max_size=5)
        case "geoshape":
            return st.lists(POINTS, min_size=3, max_size=5, unique_by=_place).map(lambda points: [*points, points[0]])
        case "image" | "audio" | "video" | "file":
            return st.sampled_from(["one-1.jpg", "two.bin"])
        case "acknowledge":
            return st.just("OK")
    return literals.text()
