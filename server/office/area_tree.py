"""Which areas are offered and summed up on a page. A city has thousands: what fits is shown, the rest opens from what it lies in. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from sync.store.facets import natural

OFFERED_MAX = 300
ROWS_MAX = 100

Tree = Mapping[str, Mapping[str, Any]]


def children_of(areas: Tree, seen: Collection[str]) -> dict[str | None, list[str]]:
    """Each area that the reader may see under the one that it lies in, None where they may not see that."""
    lying_in: dict[str | None, list[str]] = {}
    for each in seen:
        parent = areas[each]["parent"]
        lying_in.setdefault(parent if parent in seen else None, []).append(each)
    return lying_in


def offered(areas: Tree, seen: Collection[str], chosen: str | None, most: int = OFFERED_MAX) -> list[tuple[str, int]]:
    """(area, how deep it lies) as the tree stands: all of them, or the upper levels that fit in `most`, with what lies in the chosen one and the way to it."""
    lying_in = children_of(areas, seen)
    opened = set(seen)
    if len(seen) > most:
        opened, level, number = set(), lying_in.get(None, []), 0
        while level and number + len(level) <= most:
            number += len(level)
            below = [child for each in level for child in lying_in.get(each, ())]
            if number + len(below) <= most:
                opened.update(level)
            level = below
        way = chosen
        while way is not None and way in seen and way not in opened:
            opened.add(way)
            way = areas[way]["parent"]
    choices: list[tuple[str, int]] = []

    def add(within: str | None, depth: int) -> None:
        for each in sorted(lying_in.get(within, ()), key=natural)[:most]:
            choices.append((each, depth))
            if each in opened:
                add(each, depth + 1)

    add(None, 0)
    if chosen in seen and all(each != chosen for each, _depth in choices):
        choices.append((str(chosen), 0))
    return choices


def summed(areas: Tree, seen: Collection[str], chosen: str | None, counted: Collection[str], most: int = ROWS_MAX) -> dict[str, str]:
    """Each area that has something counted → the area whose row it is summed up in: itself where so many rows fit, else one above it, the lowest level that
    fits; of those below the chosen one, what lies right in it at least."""
    ways = {each: _way(areas, seen, each, chosen) for each in counted}
    deepest = max((len(way) for way in ways.values()), default=0)
    for depth in range(deepest, 0, -1):
        rows = {each: way[min(depth, len(way)) - 1] for each, way in ways.items()}
        if depth == 1 or len(set(rows.values())) <= most:
            return rows
    return {}


def _way(areas: Tree, seen: Collection[str], area: str, chosen: str | None) -> list[str]:
    """From the top, or from right below the chosen one, down to the area; itself alone where it is the chosen one."""
    way = [area]
    while area != chosen and area in areas:
        parent = areas[area]["parent"]
        if parent not in seen or parent == chosen or parent in way:
            break
        way.insert(0, parent)
        area = parent
    return way
