"""A document with the verdict on it, and the row it is kept as."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import orjson

from sync.validate import Accepted, Arrival, Envelope, Held, Ignored, Known, Stray, unexpected, validate

_log = logging.getLogger(__name__)
_PARTS_OF_THE_ENGINE = ("_rev", "_revisions", "_conflicts", "_deleted_conflicts", "_local_seq", "_revs_info")


DIGEST_CHARACTERS = 12


def aside_of(id: str, database: str, document: bytes) -> str:
    """The id that content is kept under when its own is taken by other content."""
    return f"{id}~{hashlib.sha256(database.encode() + b' ' + document).hexdigest()[:DIGEST_CHARACTERS]}"


def judge(arrival: Arrival, known: Known) -> Accepted | Held | Stray | Ignored:
    """`validate`, and a document that makes it fail is held: one never stops the rest."""
    try:
        return validate(arrival, known)
    except Exception:
        _log.exception("judging %s in %s failed; it is held", arrival.document.get("_id"), arrival.database)
        return unexpected(arrival)


@dataclass(frozen=True, slots=True)
class Judged:
    """`id`: what the submission is kept as, another than the document's where that is taken. `kept`: the document as it came, without
    what belongs to the engine; the same content is the same bytes."""

    arrival: Arrival
    revision: str
    verdict: Accepted | Held | Stray | Ignored
    id: str
    kept: bytes

    @classmethod
    def of(cls, arrival: Arrival, revision: str, known: Known, id: str | None = None) -> Judged:
        verdict = judge(arrival, known)
        document = {} if isinstance(verdict, Ignored) else {name: value for name, value in arrival.document.items() if name not in _PARTS_OF_THE_ENGINE}
        return cls(arrival, revision, verdict, id or str(arrival.document.get("_id")), _bytes(document))

    @property
    def is_submission(self) -> bool:
        return isinstance(self.verdict, Accepted | Held)

    def records(self) -> set[str]:
        """The records that it names."""
        return {one.record for one in self.verdict.contributions} if isinstance(self.verdict, Accepted | Held) else set()

    def aside(self) -> str:
        return aside_of(self.id, self.arrival.database, self.kept)

    def mark(self) -> str | None:
        """Its clock, which no other form of its phone has, and a digest of its inbox and of what it says beside its id: equal where the same form
        comes under two ids."""
        verdict = self.verdict
        assert isinstance(verdict, Accepted | Held)
        if verdict.envelope.clock is None:
            return None
        rest = self.kept.replace(b'"_id":"' + str(self.arrival.document.get("_id")).encode() + b'"', b"", 1)
        digest = hashlib.blake2b(self.arrival.database.encode() + b" " + rest, digest_size=6)
        return f"{verdict.envelope.clock}~{digest.hexdigest()}"

    def problems(self) -> bytes:
        return _bytes(list(self.verdict.problems)) if isinstance(self.verdict, Held) else b"[]"

    def row(self) -> dict[str, Any]:
        """A row of `submissions`."""
        verdict = self.verdict
        assert isinstance(verdict, Accepted | Held)
        envelope: Envelope = verdict.envelope
        state = "accepted" if isinstance(verdict, Accepted) else "held"
        return {
            "id": self.id,
            "database": self.arrival.database,
            "revision": self.revision,
            "form": envelope.form,
            "version": envelope.version,
            "area": envelope.area,
            "worker": envelope.worker,
            "device": envelope.device,
            "clock": envelope.clock,
            "finished_at": envelope.finished_at,
            "received_at": self.arrival.received_at,
            "verdict": state,
            "state": state,
            "supersedes": envelope.supersedes,
            "mark": self.mark(),
            "document": self.kept,
            "answers": None if verdict.answers is None else _bytes(verdict.answers),
            "problems": self.problems(),
            "remarks": _bytes(list(verdict.remarks)),
        }

    def stray_row(self) -> dict[str, Any]:
        """A row of `strays`."""
        assert isinstance(self.verdict, Stray)
        return {
            "database": self.arrival.database,
            "document_id": str(self.arrival.document.get("_id")).replace("\0", "\\0"),  # PostgreSQL keeps no NUL in text
            "revision": self.revision,
            "reason": self.verdict.reason,
            "received_at": self.arrival.received_at,
            "document": self.kept,
        }

    def bare(self) -> Judged:
        """For one that could not be kept as judged: the document alone, held."""
        verdict = unexpected(self.arrival)
        nothing: Sequence[None] = (None,) * 8
        return replace(self, verdict=replace(verdict, envelope=Envelope(verdict.envelope.id, *nothing)))


def _bytes(value: Any) -> bytes:
    try:
        return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
    except TypeError:  # an integer beyond 64 bits, half a character
        return json.dumps(value, sort_keys=True, separators=(",", ":"), default=str).encode()
