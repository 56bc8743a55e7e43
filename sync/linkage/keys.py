"""The keys under which a record is found again: records that share none are never compared. Pure, and of this record alone.

A key must be rare: of a million people, a few tens may share it, never "everyone called Wang". So what is common (a surname, a syllable)
stands in a key only together with what divides further (a birth date, a place, digits of a number).
"""

from __future__ import annotations

from itertools import islice, product

from sync.linkage.names import Name, name, syllables
from sync.linkage.pinyin import spelled
from sync.linkage.profile import Profile
from sync.linkage.sounds import folded, readings

KEYS_MAX = 40
KEY_RECORDS_MAX = 2_000
"""Whoever looks candidates up leaves out a key that more records share than this: it is a default value (a helpline's number, a dormitory), no evidence."""
SOUNDS_MAX = 4


def keys(profile: Profile) -> set[str]:
    """At most `KEYS_MAX`, each at most 120 characters."""
    found: dict[str, None] = {}
    door = "-".join(profile.door)
    if profile.place and profile.door[2]:
        found[f"d {profile.place} {door}"] = None
    for phone in profile.phones:
        found[of_phone(phone)] = None
    if profile.kind == "household":
        return {key[:120] for key in found}
    for key in (*_of_id_number(profile.id_number), *_of_name(profile)):
        found[key] = None
    return {key[:120] for key in islice(found, KEYS_MAX)}


def of_phone(phone: str) -> str:
    """`phone` as in Profile.phones."""
    return f"p {phone}"


def of_whole_id_number(number: str) -> str:
    """`number` as in Profile.id_number."""
    return f"i {number}"


def _of_id_number(number: str) -> list[str]:
    """The whole, and of a resident number parts such that a slip in another part leaves one whole. Not region and date: neighbours of one age share them, and
    whoever has a slip in the last digits is found by the date."""
    if len(number) < 17:
        return [of_whole_id_number(number)] if number else []
    region, year, day, last = number[:6], number[6:10], number[10:14], number[14:17]
    return [of_whole_id_number(number), f"ib {year}{day}{last}", f"ic {region}{day}{last}"]


def _date_in(number: str) -> str:
    """Of a number that has a slip too: where nobody wrote the date it stands in for it, to be found by."""
    return f"{number[6:10]}-{number[10:12]}-{number[12:14]}" if len(number) == 18 and number[6:14].isdigit() else ""


def _of_name(profile: Profile) -> list[str]:
    taken = name(profile.name)
    year = profile.year
    years = [str(year // 2), f"{(year + 1) // 2}+"] if year else []
    day = profile.born[5:] if len(profile.born) == 10 else ""
    if taken.shape == "other":
        heard_as = [tuple(folded(each) for each in syllables) for syllables in islice(spelled(profile.name), SOUNDS_MAX)]
        whole = " ".join(taken.parts)
        found = [f"n {whole} {each}" for each in (*years, day, profile.place) if each]
        return [*found, *_of_sounds(profile, heard_as, years, day)] if heard_as else found
    if taken.shape != "full" or len(profile.name) > 5:
        return _of_piece(profile, taken, day)
    heard = syllables(profile.name)
    found = _of_sounds(profile, list(islice(product(*heard), SOUNDS_MAX)), years, day)
    if born := profile.born if day else _date_in(profile.id_number):
        found.append(f"c {born} {heard[-1][0]}")  # a surname misread, or left out
    return found


def _of_piece(profile: Profile, taken: Name, day: str) -> list[str]:
    """老李 is found by a date or the end of a telephone with Li, 阿强 by a date with qiang."""
    found = [f"b {profile.born} {profile.sex}"] if day and profile.name else []
    if taken.shape == "surname":
        first = folded(readings(taken.surname[0], surname=len(taken.surname) == 1)[0])
        found += [f"b {profile.born} {first}"] if day else []
        found += [f"q {phone[-4:]} {first}" for phone in profile.phones]
    if taken.shape == "given" and day:
        found.append(f"c {profile.born} {folded(readings(taken.given[-1])[0])}")
    return found


def _of_sounds(profile: Profile, heard_as: list[tuple[str, ...]], years: list[str], day: str) -> list[str]:
    """Of the syllables, the surname's first, that a name may be heard as: the likeliest before the others."""
    sounds = ["".join((each[0], *sorted(each[1:]))) for each in heard_as]  # 伶俐 and 俐伶 are one
    found = [f"n {sound} {each}" for sound in sounds for each in (*years, day, profile.place) if each]
    first = heard_as[0][0]
    if born := profile.born if day else _date_in(profile.id_number):
        found.append(f"b {born} {first}")
    for phone in profile.phones:
        found += [f"q {phone[-4:]} {first}", f"n {sounds[0]} {phone[:-5]}"]
    return found
