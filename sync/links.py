"""Which records are one: a function of the set of rulings that stand. Pure.

A *link* says that two records are one; *apart* says that they are not. Of one pair the newest ruling counts. What is linked, directly or through
others, is a cluster; the record with the least id stands for it, so that the order of clicks leaves no trace. Where links and an *apart* contradict
each other (a is b, b is c, a is not c), the *apart* holds and the newest of the links is *refuted*: it joins nothing, and joins again by itself when
the *apart* is undone. Undoing a link restores what was, since nothing was copied.

A worked example: a = b (ruled first), b = c (second). One cluster a b c, called a. Then a ≠ c: the second link is refuted, so a b and c. With
the first link undone as well, b = c contradicts nothing any more: a, and b c.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

LINK, APART, UNDO = "link", "apart", "undo"
ONE, REFUTED = "one", "refuted"


@dataclass(frozen=True, slots=True)
class Pairing:
    """A ruling about two records. `clock`: the office's, unlike any other's."""

    id: str
    action: str
    left: str
    right: str
    clock: str

    @property
    def pair(self) -> tuple[str, str]:
        return (self.left, self.right) if self.left < self.right else (self.right, self.left)


@dataclass(frozen=True, slots=True)
class Linked:
    """`state`: `one`, `apart` or `refuted`; `ruling`: which one says so."""

    state: str
    ruling: str


def standing(undoes: Mapping[str, str | None]) -> set[str]:
    """The rulings that stand: those that no standing ruling takes back. `undoes`: of each ruling, the one that it takes back."""
    taken_back_by: dict[str, list[str]] = {}
    for id, target in undoes.items():
        if target is not None:
            taken_back_by.setdefault(target, []).append(id)
    known: dict[str, bool] = {}
    for first in undoes:
        waiting = [first]
        while waiting:  # a chain of undo, redo, undo … may be longer than Python's stack
            id = waiting[-1]
            by = [each for each in taken_back_by.get(id, ()) if each not in known]
            if by and len(waiting) <= len(undoes):
                waiting += by
                continue
            known[id] = not any(known.get(each, False) for each in taken_back_by.get(id, ()))
            waiting.pop()
    return {id for id, stands in known.items() if stands}


def pairs(rulings: Iterable[Pairing]) -> dict[tuple[str, str], Linked]:
    """What stands about each pair, from the rulings that stand."""
    newest: dict[tuple[str, str], Pairing] = {}
    for each in sorted(rulings, key=lambda each: each.clock):
        newest[each.pair] = each
    found = {pair: Linked(each.action, each.id) for pair, each in newest.items() if each.action == APART}
    root: dict[str, str] = {}
    apart_of: dict[str, set[str]] = {}  # roots that a root must not be joined with
    for lesser, greater in found:
        apart_of.setdefault(lesser, set()).add(greater)
        apart_of.setdefault(greater, set()).add(lesser)
    for each in sorted((each for each in newest.values() if each.action == LINK), key=lambda each: each.clock):
        a, b = _root(root, each.left), _root(root, each.right)
        if b in apart_of.get(a, ()):
            found[each.pair] = Linked(REFUTED, each.id)
            continue
        found[each.pair] = Linked(ONE, each.id)
        if a != b:
            root[b] = a
            for other in apart_of.pop(b, ()):
                apart_of[other].discard(b)
                apart_of[other].add(a)
                apart_of.setdefault(a, set()).add(other)
    return found


def clusters(found: Mapping[tuple[str, str], Linked]) -> dict[str, tuple[str, ...]]:
    """Of each record that is linked to another: all that are one with it, the least first; that one stands for them."""
    root: dict[str, str] = {}
    for (lesser, greater), linked in found.items():
        if linked.state == ONE:
            a, b = _root(root, lesser), _root(root, greater)
            if a != b:
                root[max(a, b)] = min(a, b)
    members: dict[str, list[str]] = {}
    for id in sorted({id for pair, linked in found.items() if linked.state == ONE for id in pair}):
        members.setdefault(_root(root, id), []).append(id)
    return {id: tuple(those) for those in members.values() for id in those}


def _root(root: dict[str, str], id: str) -> str:
    while id in root:
        root[id] = root.get(root[id], root[id])
        id = root[id]
    return id
