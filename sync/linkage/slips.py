"""Slips of the finger and of the ear in digits. Pure."""

from __future__ import annotations


def one_slip(left: str, right: str) -> bool:
    """One character another, one too many or too few, or two neighbours swapped."""
    if left == right:
        return False
    if len(left) == len(right):
        different = [at for at, (one, other) in enumerate(zip(left, right, strict=True)) if one != other]
        if len(different) == 1:
            return True
        if len(different) != 2:
            return False
        first, second = different
        return second == first + 1 and left[first] == right[second] and left[second] == right[first]
    short, long = sorted((left, right), key=len)
    if len(long) - len(short) != 1:
        return False
    at = next((at for at, (one, other) in enumerate(zip(short, long, strict=False)) if one != other), len(short))
    return short[at:] == long[at + 1 :]
