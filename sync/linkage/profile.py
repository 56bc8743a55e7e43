"""What linkage compares of a record: its values as published, brought to one way of writing. Pure.

A person's door is its household's, so whoever makes a person's profile hands that in as `surroundings`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from typing import Any, NamedTuple

from sync.linkage import doors, id_numbers, phones
from sync.linkage.births import births_alike
from sync.linkage.names import without_title

KINDS = ("person", "household")
NAME_CHARACTERS_MAX = 60
PHONES_MAX = 4
MEMBERS_MAX = 30
SUBMISSIONS_MAX = 30
BIRTH_YEAR_MIN, BIRTH_YEAR_MAX = 1880, 2100

SEXES = {"1": "1", "2": "2", "男": "1", "女": "2", "m": "1", "f": "2", "male": "1", "female": "2", "男性": "1", "女性": "2"}

_DOTS = re.compile(r"\s*[·•‧・∙⋅･.．]\s*")
_BRACKETS = re.compile(r"[(\[【〔「].*?[)\]】〕」]")
_BLANKS = re.compile(r"\s+")
_BETWEEN_CHINESE = re.compile(r"(?<=[\u3400-\u9fff])\s+(?=[\u3400-\u9fff])")
_SEVERAL = re.compile(r"[/,;、，；|或]")
_AS_FLOAT = re.compile(r"(\d+)\.0", re.ASCII)
_DATE = re.compile(r"(\d{4})(?:[-/.年]?(\d{1,2})(?:[-/.月]?(\d{1,2})日?)?)?[年月]?", re.ASCII)
_TIME = re.compile(r"(?:T|\s+)\d{1,2}:.*$", re.ASCII)
_AROUND_DIVIDERS = re.compile(r"\s*([-/.年月])\s*")


class Profile(NamedTuple):
    """Of a person: `name`, `sex` ("1", "2" or ""), `born` ("", "1975", "1975-03" or "1975-03-02"), `phones`, `id_number`, `household` (its record's id),
    `door` (see doors.py) and `place`, the area that doors are told apart in. Of a household: `phones`, `door`, `place` and the names of its `members`.

    `submissions` that wrote the name: two people whom one worker wrote on one form are two.
    """

    kind: str
    id: str
    name: str = ""
    sex: str = ""
    born: str = ""
    phones: tuple[str, ...] = ()
    id_number: str = ""
    household: str = ""
    place: str = ""
    door: tuple[str, str, str] = ("", "", "")
    ordinal: str = ""
    members: tuple[str, ...] = ()
    submissions: tuple[str, ...] = ()

    def body(self) -> dict[str, Any]:
        """JSON for the store; what is empty is left out."""
        values: dict[str, Any] = {name: getattr(self, name) for name in ("kind", "id", "name", "sex", "born", "id_number", "household", "place", "ordinal")}
        values |= {name: list(getattr(self, name)) for name in ("phones", "members", "submissions")}
        if any(self.door):
            values["door"] = list(self.door)
        return {name: value for name, value in values.items() if value}

    @staticmethod
    def of(body: Mapping[str, Any]) -> Profile:
        """What `body` gave."""
        values: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in body.items()}
        return Profile(**values)

    @property
    def year(self) -> int:
        """0: not known."""
        return int(self.born[:4]) if self.born else 0


def profile(kind: str, id: str, fields: Mapping[str, Mapping[str, Any]], surroundings: Mapping[str, Any] | None = None) -> Profile | None:
    """Of a published record's `fields`; None where linkage has nothing to say: another kind, or a record without a name and without a door.

    `surroundings`: what the record's own fields do not say. Of a person: `place` (id of the area that its doors are told apart in) and its household's
    `building`, `unit`, `room`. Of a household: `place`, and `members`, the names of those who live there. All may be absent.
    """
    if kind not in KINDS:
        return None
    around = surroundings or {}
    values = {name: text for name in fields if (text := _text(fields[name].get("value")))}
    building, unit, room = (values.get(name) or _text(around.get(name)) for name in ("building", "unit", "room"))
    common: dict[str, Any] = {
        "kind": kind,
        "id": id,
        "phones": _phones(fields),
        "place": _text(around.get("place")),
        "door": doors.door(building, unit, room),
        "ordinal": values.get("ordinal", ""),
    }
    if kind == "household":
        members = tuple(sorted({written(name) for name in around.get("members") or () if written(name)}))[:MEMBERS_MAX]
        return Profile(**common, members=members) if any(common["door"]) or common["phones"] else None
    name = written(values.get("name", ""))
    id_number = id_numbers.written(values.get("id_number", ""))
    if not (name or id_number):
        return None
    return Profile(
        **common,
        name=name,
        sex=sex(values.get("sex", "")) or id_numbers.sex(id_number),
        born=_born(values, id_number),
        id_number=id_number,
        household=values.get("household", ""),
        submissions=_submissions(fields),
    )


def written(name: Any) -> str:
    """`何 伶俐（队长）` and 何伶俐女士 are 何伶俐, `阿依古丽•买买提` is 阿依古丽·买买提: one way of writing, the same characters."""
    text = unicodedata.normalize("NFKC", _text(name))[:NAME_CHARACTERS_MAX]
    text = _DOTS.sub("·", _BRACKETS.sub("", text).strip()).strip("· ")
    return without_title(_BETWEEN_CHINESE.sub("", _BLANKS.sub(" ", text)))


def sex(text: str) -> str:
    """ "1" a man, "2" a woman, "" where it does not say."""
    return SEXES.get(unicodedata.normalize("NFKC", text).strip().lower(), "")


def birth(text: str) -> str:
    """`1975`, `1975年`, `1975-03`, `1975-03-02`, `1975/3/2 0:00:00`, `19750302`, `1975年3月2日`, each as far as it goes; "" where it is no such date."""
    found = _DATE.fullmatch(_TIME.sub("", _AROUND_DIVIDERS.sub(r"\1", unicodedata.normalize("NFKC", text).strip())))
    if not found or not BIRTH_YEAR_MIN <= int(found[1]) <= BIRTH_YEAR_MAX:
        return ""
    year, month, day = found[1], int(found[2] or 0), int(found[3] or 0)
    if not 1 <= month <= 12:
        return year
    return f"{year}-{month:02}-{day:02}" if 1 <= day <= 31 else f"{year}-{month:02}"


def _born(values: Mapping[str, str], id_number: str) -> str:
    """The date in an identity number that fits, where what was written is no more than a slip away from it (a parent's number is); otherwise as written."""
    said = birth(values.get("birth_date", "")) or birth(values.get("birth_year", ""))
    by_number = id_numbers.born(id_number)
    return by_number if by_number and births_alike(by_number, said) != "other" else said


def _phones(fields: Mapping[str, Mapping[str, Any]]) -> tuple[str, ...]:
    """Also those that were disputed: somebody was told that number once."""
    found: dict[str, None] = {}
    for name in ("phone", "mobile", "telephone", "household_phone"):
        entry = fields.get(name, {})
        for each in (entry, *entry.get("disputed", ())):
            for one in _SEVERAL.split(_text(each.get("value"))):
                if number := phones.written(one):
                    found[number] = None
    return tuple(found)[:PHONES_MAX]


def _submissions(fields: Mapping[str, Mapping[str, Any]]) -> tuple[str, ...]:
    """Those that wrote the name. Not those that only brought news of somebody whom they had in front of them, twice by mistake perhaps: a temperature."""
    entry = fields.get("name", {})
    found = {str(each.get("submission", "")) for each in (entry, *entry.get("disputed", ()))}
    return tuple(sorted(each for each in found if each.startswith("submission:"))[-SUBMISSIONS_MAX:])


def _text(value: Any) -> str:
    """A whole number that some program made a decimal one (`13971520648.0`) is whole again."""
    text = str(value).strip() if isinstance(value, str | int | float) and not isinstance(value, bool) else ""
    return whole[1] if (whole := _AS_FLOAT.fullmatch(text)) else text
