"""What speaks for and against two records being one, weighed in bits. Pure and symmetric."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sync.linkage import id_numbers, phones
from sync.linkage.names import name
from sync.linkage.profile import Profile
from sync.linkage.sounds import sound_alike

Reason = tuple[str, dict[str, Any]]
SUGGESTED_BITS_MIN = 0.0


@dataclass(frozen=True, slots=True)
class Comparison:
    """`score` in bits: each more makes it twice as likely that the two are one. `reasons`: keys of words.py with their values, the weightiest first."""

    score: float
    suggested: bool
    reasons: list[Reason]
    certain: bool = False


def compare(left: Profile, right: Profile) -> Comparison:
    """compare(a, b) is compare(b, a), but for the order of the values in the reasons, which follow the lesser id."""
    if (right.id, right.name) < (left.id, left.name):
        left, right = right, left
    if left.kind != right.kind:
        return Comparison(-99.0, False, [])
    score = -20.0
    reasons: list[Reason] = []
    ours, theirs = name(left.name), name(right.name)
    if left.name and right.name:
        if left.name == right.name:
            score += 18
            reasons.append(("name_same", {"name": left.name}))
        elif len(left.name) == len(right.name) and all(
            one == other or sound_alike(one, other, at == 0) for at, (one, other) in enumerate(zip(left.name, right.name, strict=True))
        ):
            score += 14
            reasons.append(("name_sound", {"left": ours.text, "right": theirs.text}))
        else:
            score -= 8
    how, one, _ = phones.agree(left.phones, right.phones)
    if how == "same":
        score += 12
        reasons.append(("phone_same", {"phone": one}))
    if (how := id_numbers.agree(left.id_number, right.id_number)) == "same":
        score += 30
        reasons.append(("id_same", {}))
    elif how == "two":
        score -= 15
    if left.year and right.year:
        score += 5 if left.year == right.year else -6
        if left.year == right.year:
            reasons.append(("born_same_year", {"year": left.year}))
    if left.place and (left.place, left.door) == (right.place, right.door) and left.door[2]:
        score += 8
        reasons.append(("door_same", {"door": "-".join(filter(None, left.door))}))
    if left.sex and right.sex:
        score += 1 if left.sex == right.sex else -6
    return Comparison(round(score, 2), score >= SUGGESTED_BITS_MIN, reasons)
