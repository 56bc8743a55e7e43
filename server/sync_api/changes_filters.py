"""The filters of the changes feed that need no JavaScript. Each says which leaves of a document it admits."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import orjson

from sync.engine.database import Row
from sync.engine.document import stubs
from sync.engine.errors import BadDocument
from sync.engine.wire import DESIGN
from sync.selector import BadSelector


@dataclass(frozen=True)
class Filter:
    """This one admits everything. `ids`: the only documents that can pass, if that is known beforehand. `needs_bodies`: rows must come with documents."""

    ids: tuple[str, ...] | None = None
    needs_bodies: bool = False

    def passing(self, row: Row, all_leaves: bool) -> list[str]:
        """Those of the row's revisions that pass, the winner first: of all leaves, or of the winner alone. None: the row is left out."""
        return row.leaves if all_leaves else row.leaves[:1]


class Designs(Filter):
    """`_design`: design documents."""

    def passing(self, row: Row, all_leaves: bool) -> list[str]:
        return super().passing(row, all_leaves) if row.id.startswith(DESIGN) else []


@dataclass(frozen=True, kw_only=True)
class Matching(Filter):
    """`_selector`: each leaf is asked for itself, as CouchDB does it, deletions included."""

    test: Callable[[Any], bool]
    needs_bodies: bool = True

    def passing(self, row: Row, all_leaves: bool) -> list[str]:
        found = []
        for revision, kept in row.document.leaves.items() if row.document else ():
            members: dict[str, Any] = {"_id": row.id, "_rev": str(revision), **orjson.loads(kept.body)}
            if kept.deleted:
                members["_deleted"] = True
            if kept.attachments:
                members["_attachments"] = stubs(kept.entries())
            try:
                if self.test(members):
                    found.append(members["_rev"])
            except BadSelector as error:
                raise BadDocument(f"{error}: {row.id[:200]}") from None
            if not all_leaves:
                break
        return found
