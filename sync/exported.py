"""Which records an export had, kept so that "who took this one away" is answered at once. Pure.

An export names its filter, and what the filter found has changed since. So each export keeps a mark of every record that it had: 8 bytes, from a
digest of the record's id, sorted into DRAWERS by the digest. To ask about a record is to look into its drawer of each export: with
500 exports of 10,000 records each that is 160 kB. 8 bytes tell any two of a million records apart, but once in ten billion such exports.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable

DRAWERS = 256  # by the first byte
MARK_BYTES = 8


def drawer_and_mark(record: str) -> tuple[int, bytes]:
    digest = hashlib.sha256(record.encode()).digest()
    return digest[0], digest[1 : 1 + MARK_BYTES]


def drawers(records: Iterable[str]) -> dict[int, bytes]:
    """The marks of these records, one after the other, by drawer."""
    found: defaultdict[int, set[bytes]] = defaultdict(set)
    for each in records:
        drawer, mark = drawer_and_mark(each)
        found[drawer].add(mark)
    return {drawer: b"".join(sorted(marks)) for drawer, marks in found.items()}


def holds(marks: bytes, mark: bytes) -> bool:
    """Whether a mark is among these."""
    at = marks.find(mark)
    while at >= 0 and at % MARK_BYTES:  # the end of one and the beginning of the next may look like it
        at = marks.find(mark, at + 1)
    return at >= 0
