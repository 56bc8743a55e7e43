"""What speaks for and against two records being one, weighed in bits. Pure and symmetric.

How it decides
--------------
Each thing that both records say (name, sex, birth, telephone, identity number, door) is put on a level: the same, the same by sound, a slip apart,
different. Each level has a weight in bits (Fellegi and Sunter): how much likelier it is between two records of one person than between records of two.
Bits add up; each bit doubles the odds.

"Records of two" are of two sorts, and what tells one person from two strangers does not tell her from her sister: relatives share a surname, a door,
often a telephone, and the character of their generation. So every weight stands twice in tables/weights.json: against a stranger and against one of the
family. The sums begin at what is known before looking (one stranger in millions is the same person; of those who share what a family shares, one in three), and
the score is **the lesser of the two sums**: suggested is only what neither "two strangers" nor "two of one family" explains.

A worked example: 何伶俐 and 何玲利, both women, both born in 1975, in one community, behind different doors.

                                       against a stranger   against one of the family
    before looking                                -20.0                        -1.0
    surname the same (何, within one community)    +6.0                        +0.5
    given name: sounds the same                    +9.5                        +2.5
    both women                                     +1.0                        +0.8
    born in the same year                          +5.0                        +5.0
    the same community, another door               +3.5                        +0.5
                                                   +5.0                        +8.3      score 5.0: suggested

Born in 1975 and 1978 they would have -2.2 and be two women of one community, perhaps sisters. Behind one door, born in one year, it is 7.5.
Two records that one form lists side by side are two: whoever wrote them down saw two people.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sync.linkage import id_numbers, phones
from sync.linkage.births import births_alike
from sync.linkage.names import name
from sync.linkage.names_alike import Evidence, names_alike
from sync.linkage.profile import Profile
from sync.linkage.tables import table

SUGGESTED_BITS_MIN = 0.0
REASONS_BITS_MIN = 1.5
"""What weighs less, either way, is no reason that a person needs to read."""
OLD_BORN_UNTIL = 1971
"""Who is called 大爷 or 奶奶 was hardly born later. To be moved on every few years: a comparison knows no clock."""
NEVER = -99.0

Reason = tuple[str, dict[str, Any]]

_WEIGHTS = table("weights")


@dataclass(frozen=True, slots=True)
class Comparison:
    """`score` in bits, to two decimals. `reasons`: what speaks for and against, the weightiest first, as keys of sync/words (part `linkage`) with their values,
    `bits` among them; no reason holds a telephone or an identity number. `certain`: one valid identity number and nothing against it."""

    score: float
    suggested: bool
    reasons: list[Reason]
    certain: bool = False


def compare(left: Profile, right: Profile) -> Comparison:
    """compare(a, b) is compare(b, a): `left` in the reasons is of the lesser id."""
    if left.kind != right.kind:
        return Comparison(NEVER, False, [])
    if (right.id, right.name) < (left.id, left.name):
        left, right = right, left
    found = _people(left, right) if left.kind == "person" else _households(left, right)
    stranger, relative = _WEIGHTS["before"][left.kind]
    for evidence in found:
        stranger += evidence.bits[0]
        relative += evidence.bits[1]
    column = 0 if stranger <= relative else 1
    score = round(min(stranger, relative), 2)
    reasons = [(each.key, {**each.values, "bits": round(each.bits[column], 1)}) for each in found if max(map(abs, each.bits)) >= REASONS_BITS_MIN]
    reasons.sort(key=lambda reason: -abs(reason[1]["bits"]))
    suggested = score >= SUGGESTED_BITS_MIN
    certain = suggested and any(each.key == "id_same" for each in found) and all(each.bits[1] > -3 for each in found)
    return Comparison(score, suggested, reasons, certain)


def _people(left: Profile, right: Profile) -> list[Evidence]:
    ours, theirs = name(left.name), name(right.name)
    found = names_alike(ours, theirs, bool(left.place) and left.place == right.place)
    sex, other_sex = left.sex or ours.sex, right.sex or theirs.sex
    if sex and other_sex:
        found.append(_evidence("sex", "same" if sex == other_sex else "other"))
    for piece, other in ((ours, right), (theirs, left)):
        if piece.old and other.year:
            found.append(_evidence("piece", "old" if other.year <= OLD_BORN_UNTIL else "young", {"name": piece.text, "born": other.born}))
    if level := births_alike(left.born, right.born):
        found.append(_evidence("born", level, {"left": left.born, "right": right.born, "year": left.year}))
    if level := phones.agree(left.phones, right.phones):
        found.append(_evidence("phone", level))
    if level := id_numbers.agree(left.id_number, right.id_number):
        found.append(_evidence("id", level))
    if left.place and right.place:
        found.append(_door(left, right))
    if set(left.submissions) & set(right.submissions):
        found.append(Evidence("together", {}, tuple(_WEIGHTS["together"])))
    return found


def _door(left: Profile, right: Profile) -> Evidence:
    if left.place != right.place:
        return _evidence("door", "elsewhere")
    if left.door[2] and left.door == right.door:
        return _evidence("door", "same", {"door": "-".join(part for part in left.door if part)})
    if any(one and other and one != other for one, other in zip(left.door, right.door, strict=True)):
        return _evidence("door", "place")
    building, _, room = (one if one == other else "" for one, other in zip(left.door, right.door, strict=True))
    level = "part" if building and room else "building" if building else "community"
    return _evidence("door", level, {"building": building, "room": room})


def _evidence(of: str, level: str, values: dict[str, Any] | None = None) -> Evidence:
    stranger, relative = _WEIGHTS[of][level]
    return Evidence(f"{of}_{level}", values or {}, (stranger, relative))


def _households(left: Profile, right: Profile) -> list[Evidence]:
    """Two ids behind one door: the door was written in two ways, or somebody counted a second family that is none. Or a family that moved."""
    weights = _WEIGHTS["household"]
    found = []

    def say(key: str, bits: float, **values: Any) -> None:
        found.append(Evidence(f"household_{key}", values, (bits, bits)))

    if left.place and left.place == right.place and left.door[2] and left.door == right.door:
        say("door_same", weights["door_same"], door="-".join(part for part in left.door if part))
        if (left.ordinal or "1") != (right.ordinal or "1"):
            say("ordinal_other", weights["ordinal_other"])
    elif left.door[2] and right.door[2]:
        say("door_other", weights["door_other"])
    if level := phones.agree(left.phones, right.phones):
        say(f"phone_{level}", weights[f"phone_{level}"])
    if left.members and right.members:
        shared = [each for each in left.members if any(_is_one_name(each, other) for other in right.members)]
        count = min(len(shared), sum(any(_is_one_name(each, other) for other in left.members) for each in right.members))
        if count:
            bits = min(weights["members_max"], weights["member_first"] + weights["member_more"] * (count - 1))
            say("members_same", bits, count=count, names="、".join(shared[:3]))
        else:
            say("members_other", weights["members_other"])
    return found


def _is_one_name(left: str, right: str) -> bool:
    return left == right or sum(each.bits[0] for each in names_alike(name(left), name(right))) >= 10
