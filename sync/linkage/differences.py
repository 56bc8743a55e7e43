"""In what two records of one person differ, by kind: so that a measurement can say which slips are found and which are not. Pure."""

from __future__ import annotations

from sync.linkage import id_numbers, phones
from sync.linkage.births import births_alike
from sync.linkage.names import name
from sync.linkage.names_alike import names_alike
from sync.linkage.profile import Profile

_OF_NAME = {
    "sound": "name_sound",
    "dialect": "name_dialect",
    "look": "name_look",
    "swapped": "name_swapped",
    "part": "name_part",
    "half": "name_other",
    "other": "name_other",
}
_OF_PIECE = {"given_only", "surname_only", "nickname", "nickname_other", "piece_surname_other"}
_OF_BIRTH = {
    "year_slip": "birth_year",
    "year_slip_same_day": "birth_year",
    "digits": "birth_digits",
    "digits_same_day": "birth_digits",
    "calendar": "birth_calendar",
}


def differences(left: Profile, right: Profile) -> list[str]:
    """Such as ["name_sound", "phone_slip"]; ["none"] where all that both say is the same."""
    found = _of_names(left, right)
    if left.sex and right.sex and left.sex != right.sex:
        found.append("sex_other")
    birth = births_alike(left.born, right.born)
    if birth not in ("", "day", "year"):
        found.append(_OF_BIRTH.get(birth, "birth_other"))
    phone, number = phones.agree(left.phones, right.phones), id_numbers.agree(left.id_number, right.id_number)
    found += [f"phone_{phone}"] if phone in ("slip", "other") else []
    found += ["id_slip" if number == "slip" else "id_other"] if number in ("slip", "other", "two") else []
    return found or ["none"]


def _of_names(left: Profile, right: Profile) -> list[str]:
    found: dict[str, None] = {}
    for evidence in names_alike(name(left.name), name(right.name)):
        part, _, level = evidence.key.partition("_")
        if evidence.key in _OF_PIECE:
            found["nickname"] = None
        elif part in ("surname", "given") and level != "same":
            found[_OF_NAME[level]] = None
        elif part == "name" and level != "same":
            found["name_order" if level == "order" else "name_other"] = None
    return list(found)
