"""Revision trees exactly as CouchDB grows them: merging, the winner, conflicts, stemming, and what an edit may extend.

Why a tree
----------
A document can be edited in two places that cannot see each other. Neither edit is wrong, so neither may vanish. Each edit therefore names
the revision that it was made from, and a document is the tree of all these: its *leaves*, revisions that nobody has edited further, are what
counts now. One leaf is the normal case. Several that are not deleted are a *conflict*: every machine shows the same one of them, the
*winner*, and keeps the others until someone settles the matter (by extending one and deleting the rest).

A revision is written `GENERATION-ID`: `3-c1` is the third edit in its line, and `c1` tells it from other third edits. The id is any text;
whoever made the edit chose it. Two revisions are the same if both parts are.

Worked example
--------------
A record is made at the centre (`1-a`) and pulled by two phones. One writes `2-b`; the other `2-c`, and then `3-d`:

        1-a ─┬─ 2-b                 leaves 3-d and 2-b, the winner is 3-d, in conflict with 2-b
             └─ 2-c ── 3-d

Replication never sends a tree; it sends one leaf with its line of ancestors, newest first: `[3-d, 2-c, 1-a]`. The receiver *merges* that path:
what it knows already stays, the rest is grafted on. Merging is the union of two sets of "child comes from parent", so it does
not matter in which order paths arrive, how often, or on which machine: the same paths give the same tree, hence the same winner.

Deleting is an edit too: `4-e` on `3-d`, marked deleted (a *tombstone*). Then `2-b` wins, because a leaf that lives comes before any that
is deleted. A second tombstone on `2-b` deletes the document. Writing it anew extends the winning tombstone, so generations never go back.

Histories would grow for ever, so they are *stemmed*: of each leaf's line only the newest generations are kept. A tree may then have several
roots, and a path that arrives may have nothing in common with it:

        (gap) 6-q                   after [7-r, 6-q, 5-p] arrives, and 5-p was a leaf of the other piece,
        4-o ── 5-p                  both pieces are one line again: 4-o ── 5-p ── 6-q ── 7-r

The winner, by CouchDB's rule: leaves that live before deleted ones; then the higher generation, as a number (`10-a` beats `9-z`); then the
higher id, byte by byte. No clock is asked, so a wrong one can do no harm.

A path whose newest revision is known may still close a gap: its ancestors are taken in, as CouchDB does, since otherwise the order of arrival
would decide what the tree looks like.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import NamedTuple

REVISIONS_KEPT = 1000  # generations kept of each leaf's line, as CouchDB's default; `_revs_limit` sets it per database
GENERATION_MAX = 2**53 - 1  # the largest whole number that every JSON reader keeps exactly


class Revision(NamedTuple):
    """`GENERATION-ID`. Compares by generation as a number, then by id as bytes (the order of code points is that of UTF-8)."""

    generation: int
    id: str

    def __str__(self) -> str:
        return f"{self.generation}-{self.id}"


class NotARevision(ValueError):
    """The text is not `N-` with a whole number N above zero, and whatever follows."""


class Refused(Exception):
    """An edit that extends no leaf: someone else was first."""


def parse_revision(text: object) -> Revision:
    """Read `N-xxx`. CouchDB takes `1-` too, and so do we: the id is any text. Raises NotARevision."""
    if isinstance(text, str):
        generation, dash, id = text.partition("-")
        if dash and generation.isascii() and generation.isdigit() and len(generation) <= 16 and 0 < int(generation) <= GENERATION_MAX:
            return Revision(int(generation), id)
    raise NotARevision(text)


@dataclass(frozen=True, slots=True)
class Tree:
    """All known revisions of one document.

    `parents` has every revision as a key. A root has none; more than one parent happens only when two writers made up the same id.
    `deleted` are the leaves that are tombstones.
    """

    parents: Mapping[Revision, frozenset[Revision]] = field(default_factory=dict)
    deleted: frozenset[Revision] = frozenset()
    _leaves: list[tuple[Revision, ...]] = field(default_factory=list, init=False, repr=False, compare=False)  # found once, when first asked for

    def __contains__(self, revision: object) -> bool:
        return revision in self.parents


EMPTY = Tree()
ROOT: frozenset[Revision] = frozenset()


# What a tree says


def leaves(tree: Tree) -> list[Revision]:
    """Revisions that no other comes from, best first: the first is the winner."""
    if not tree._leaves:
        inner = {parent for parents in tree.parents.values() for parent in parents}
        found = sorted((revision for revision in tree.parents if revision not in inner), key=lambda leaf: rank(leaf, leaf in tree.deleted), reverse=True)
        tree._leaves.append(tuple(found))
    return list(tree._leaves[0])


def rank(leaf: Revision, deleted: bool) -> tuple[bool, int, str]:
    """The leaf with the highest rank wins."""
    return (not deleted, leaf.generation, leaf.id)


def winner(tree: Tree) -> Revision:
    """The leaf that every machine shows. The tree must not be empty."""
    return leaves(tree)[0]


def conflicts(tree: Tree) -> list[Revision]:
    """The other leaves that live, best first."""
    return [leaf for leaf in leaves(tree)[1:] if leaf not in tree.deleted]


def deleted_conflicts(tree: Tree) -> list[Revision]:
    """The other leaves that are tombstones, best first."""
    return [leaf for leaf in leaves(tree)[1:] if leaf in tree.deleted]


def history(tree: Tree, revision: Revision) -> list[Revision]:
    """The revision and its ancestors, newest first, as far as they are known."""
    line = [revision]
    while parents := tree.parents[line[-1]]:
        line.append(max(parents))
    return line


def leaves_below(tree: Tree, revision: Revision) -> list[Revision]:
    """Leaves that come from this revision (itself, if it is one), best first; none if it is unknown."""
    if revision not in tree:
        return []
    return [leaf for leaf in leaves(tree) if leaf.generation >= revision.generation and revision in _ancestors(tree, leaf, revision.generation)]


def missing(tree: Tree, revisions: Iterable[Revision]) -> list[Revision]:
    """Those that the tree does not hold anywhere, inner ones counting as held."""
    return [revision for revision in revisions if revision not in tree.parents]


def possible_ancestors(tree: Tree, unknown: Sequence[Revision]) -> list[Revision]:
    """Leaves that one of the unknown revisions might come from: of a generation below the highest of them."""
    highest = max((revision.generation for revision in unknown), default=0)
    return [leaf for leaf in leaves(tree) if leaf.generation < highest]


# How a tree grows


def merge(tree: Tree, path: Sequence[Revision], deleted: bool = False) -> Tree:
    """Take in a replicated revision with its ancestors, newest first and one generation apart. The same object when nothing is new."""
    if path[-1] in tree.parents and all(parent in tree.parents.get(child, ROOT) for child, parent in pairwise(path)):
        return tree
    parents = dict(tree.parents)
    for child, parent in pairwise(path):
        if child.generation != parent.generation + 1:
            raise ValueError(f"{parent} cannot be the parent of {child}")
        parents[child] = parents.get(child, ROOT) | {parent}
    parents.setdefault(path[-1], ROOT)
    tombstones = tree.deleted.difference(path[1:])
    return Tree(parents, tombstones | {path[0]} if deleted and path[0] not in tree.parents else tombstones)


def edit_extends(tree: Tree, based_on: Revision | None, deleted: bool) -> Revision | None:
    """The revision that an interactive edit becomes a child of; None for the first of a document. Raises Refused.

    An edit names the leaf that it was made from. A deleted document is written anew by naming none.
    """
    known = leaves(tree)
    if not known:
        if based_on is not None:
            raise Refused
        return None
    if known[0] in tree.deleted:
        if based_on is not None or deleted:
            raise Refused
        return known[0]
    if based_on is None or based_on not in known:
        raise Refused
    return based_on


def new_revision(parent: Revision | None, deleted: bool, body: bytes, attachments: bytes = b"") -> Revision:
    """The revision of an edit made here. Equal edits of equal parents get equal revisions, so a repeated one is recognised.

    `body` and `attachments` are JSON with sorted members.
    """
    digest = hashlib.md5(usedforsecurity=False)
    for part in (b"deleted" if deleted else b"", str(parent or "").encode(), body, attachments):
        digest.update(b"%d:" % len(part) + part)
    return Revision(parent.generation + 1 if parent else 1, digest.hexdigest())


def stem(tree: Tree, limit: int) -> Tree:
    """Keep of each leaf's line the newest `limit` generations. A shared stretch is as long as the leaf that needs most of it.

    The same object when nothing is dropped.
    """
    known = leaves(tree)
    if all(leaf.generation <= limit for leaf in known) or len(tree.parents) <= limit:
        return tree  # no line can be longer
    kept: dict[Revision, frozenset[Revision]] = {}
    for leaf in known:
        oldest = leaf.generation - limit + 1
        for revision in _ancestors(tree, leaf, oldest):
            kept[revision] = kept.get(revision, ROOT) | {parent for parent in tree.parents[revision] if parent.generation >= oldest}
    return tree if kept == tree.parents else Tree(kept, tree.deleted)


def without_leaves(tree: Tree, leaving: Iterable[Revision]) -> Tree:
    """The tree as if these leaves had never been, nor what only they come from. What is no leaf stays."""
    going = frozenset(leaving).intersection(leaves(tree))
    kept = {revision for leaf in leaves(tree) if leaf not in going for revision in _ancestors(tree, leaf)}
    return Tree({revision: parents for revision, parents in tree.parents.items() if revision in kept}, tree.deleted - going)


# How a tree is kept: `[[generation, deleted, id, parent's id, its parent's id, …], …]`, a line for each leaf up to the first one told already.


def as_lines(tree: Tree) -> list[list]:
    """The tree as plain JSON, best leaf first. A tree of one line reads like CouchDB's `_revisions`."""
    lines: list[list] = []
    told: set[Revision] = set()
    for leaf in leaves(tree):
        starts: list[tuple[Revision, Revision | None]] = [(leaf, parent) for parent in sorted(tree.parents[leaf])] or [(leaf, None)]
        while starts:
            child, parent = starts.pop()
            line = [child.generation, child in tree.deleted, child.id]
            told.add(child)
            while parent is not None:
                line.append(parent.id)
                if parent in told:
                    break
                told.add(parent)
                further = sorted(tree.parents[parent])
                starts += [(parent, other) for other in further[:-1]]
                parent = further[-1] if further else None
            lines.append(line)
    return lines


def from_lines(lines: Sequence[Sequence]) -> Tree:
    """The tree that `as_lines` told."""
    parents: dict[Revision, frozenset[Revision]] = {}
    deleted = set()
    for generation, is_deleted, *ids in lines:
        line = [Revision(generation - age, id) for age, id in enumerate(ids)]
        for child, parent in pairwise(line):
            parents[child] = parents.get(child, ROOT) | {parent}
        parents.setdefault(line[-1], ROOT)
        if is_deleted:
            deleted.add(line[0])
    return Tree(parents, frozenset(deleted))


def _ancestors(tree: Tree, revision: Revision, oldest: int = 1) -> set[Revision]:
    """The revision and all it comes from, down to this generation."""
    found: set[Revision] = set()
    ahead = [revision]
    while ahead:
        one = ahead.pop()
        if one.generation >= oldest and one not in found:
            found.add(one)
            ahead += tree.parents.get(one, ROOT)
    return found
