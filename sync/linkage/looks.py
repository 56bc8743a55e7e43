"""Characters that are taken for one another when read: those that share their telling part (伶 玲), or are a few strokes apart (未 末). Pure.

The table is our own, of characters that stand in names: docs/decisions/0101-look-alike-characters.md.
"""

from __future__ import annotations

from sync.linkage.tables import table


def look_alike(left: str, right: str) -> bool:
    return bool(_GROUPS.get(left, _NONE) & _GROUPS.get(right, _NONE))


_NONE: frozenset[int] = frozenset()


def _groups() -> dict[str, frozenset[int]]:
    """The numbers of the groups that a character stands in."""
    looks = table("looks")
    groups = " ".join([*looks["share_a_part"], *looks["few_strokes_apart"]]).split()
    found: dict[str, set[int]] = {}
    for number, group in enumerate(groups):
        for character in group:
            found.setdefault(character, set()).add(number)
    return {character: frozenset(numbers) for character, numbers in found.items()}


_GROUPS = _groups()
