"""Answers as a tree to walk in: what the generated source uses where a path is not known to the last step when the form is compiled.

    ../*            step(nodes_at((root,), PLACES['/visit']), 'child', None, clock)
    //temperature   every question of that name, in every row
    ${a} | ${b}     in_order([*nodes_at((root,), PLACES['/a']), *nodes_at((root,), PLACES['/b'])])

A place is one question, group or repeat of the form; a node is a place in one row. Such paths are slower than those that forms/paths.py resolves
while it compiles, and are used for nothing else: unions, `//`, `*` and the axes beyond child, parent and self.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from forms.conversions import number_of_answer, text_of_decimal, text_of_geopoint, text_of_geotrace, text_of_number
from forms.moments import NAN, Clock
from forms.places import Place

NODE_STEPS = 4
"""What a node walked over counts as work: as much as four rows that are only gone through."""


class Node:
    __slots__ = ("place", "row")

    def __init__(self, row: Any, place: Place) -> None:
        self.row, self.place = row, place


def nodes_at(rows: Iterable[Any], place: Place) -> list[Node]:
    return [Node(row, place) for row in rows]


def step(nodes: Iterable[Node], axis: str, name: str | None, clock: Clock) -> list[Node]:
    """Each node once, in the order of the form. A name of None is `*`."""
    walk = _AXES[axis]
    found: dict[tuple[int, int], Node] = {}
    for node in nodes:
        looked_at = 0
        for other in walk(node):
            looked_at += 1
            if name is None or other.place.name == name:
                found[id(other.row), other.place.order] = other
        clock.spend(NODE_STEPS * (1 + looked_at))
    return in_order(found.values()) if len(found) > 1 else list(found.values())


def in_order(nodes: Iterable[Node]) -> list[Node]:
    """Each once, as they stand in the form: the union of several paths."""
    return sorted({(id(node.row), node.place.order): node for node in nodes}.values(), key=_order)


def text_of_node(node: Node) -> str:
    """A group is all its answers, one after the other."""
    place = node.place
    if place.kind == "leaf":
        return _TEXTS.get(place.value_type, _as_it_is)(getattr(node.row, place.attribute))
    return "".join(text_of_node(child) for child in _children(node))


def number_of_node(node: Node, clock: Clock) -> float:
    place = node.place
    if place.kind == "leaf" and place.value_type in ("integer", "decimal"):
        return getattr(node.row, place.attribute)
    text = text_of_node(node)
    return number_of_answer(text, clock) if text else NAN


def name_of_node(nodes: list[Node]) -> str:
    return nodes[0].place.name if nodes else ""


def position_of_node(nodes: list[Node]) -> float:
    """Which of its repeat's rows the only one is; whatever is no row stands alone."""
    return NAN if not nodes else float(nodes[0].row.index + 1) if nodes[0].place.kind == "repeat" else 1.0


def _as_it_is(value: str) -> str:
    return value


_TEXTS: dict[str, Callable[[Any], str]] = {
    "integer": text_of_number,
    "decimal": text_of_decimal,
    "select_multiple": " ".join,
    "rank": " ".join,
    "geopoint": text_of_geopoint,
    "geotrace": text_of_geotrace,
    "geoshape": text_of_geotrace,
}


def _order(node: Node) -> tuple[int, ...]:
    """Top to bottom: the place in the form, and the row in each repeat around it."""
    place: Place | None = node.place
    row = node.row
    order: list[int] = [] if node.place.kind == "repeat" else [node.place.order]
    while place is not None:
        if place.kind == "repeat":
            order += [row.index, place.order]
            row = row.up
        place = place.above
    return tuple(reversed(order))


def _children(node: Node) -> Iterator[Node]:
    for place in node.place.children:
        if place.kind == "repeat":
            for row in getattr(node.row, place.attribute):
                yield Node(row, place)
        else:
            yield Node(node.row, place)


def _parent(node: Node) -> Iterator[Node]:
    above = node.place.above
    if above is not None:
        yield Node(node.row.up if node.place.kind == "repeat" else node.row, above)


def _descendants(node: Node) -> Iterator[Node]:
    for child in _children(node):
        yield child
        yield from _descendants(child)


def _ancestors(node: Node) -> Iterator[Node]:
    for above in _parent(node):
        yield above
        yield from _ancestors(above)


def _siblings(node: Node, is_following: bool) -> Iterator[Node]:
    here = _order(node)
    for above in _parent(node):
        for other in _children(above):
            if (_order(other) > here) if is_following else (_order(other) < here):
                yield other


def _beyond(node: Node, is_following: bool) -> Iterator[Node]:
    """What begins after the node's end, or ends before it begins."""
    for place in [node, *_ancestors(node)]:
        for other in _siblings(place, is_following):
            yield other
            yield from _descendants(other)


_AXES: dict[str, Callable[[Node], Iterable[Node]]] = {
    "self": lambda node: (node,),
    "child": _children,
    "parent": _parent,
    "descendant": _descendants,
    "descendant-or-self": lambda node: (node, *_descendants(node)),
    "ancestor": _ancestors,
    "ancestor-or-self": lambda node: (node, *_ancestors(node)),
    "following-sibling": lambda node: _siblings(node, True),
    "preceding-sibling": lambda node: _siblings(node, False),
    "following": lambda node: _beyond(node, True),
    "preceding": lambda node: _beyond(node, False),
}

RUNTIME: dict[str, Callable] = {each.__name__: each for each in (nodes_at, step, in_order, text_of_node, number_of_node, name_of_node, position_of_node)}
