"""What a request wants of the changes feed: read from its URL, headers and body."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from server.sync_api.asked import Asked, NotImplementedHere
from server.sync_api.changes_filters import Designs, Filter, Matching
from server.sync_api.rendering import Shown
from sync.engine.errors import BadDocument, DocumentMissing, TooLarge
from sync.engine.wire import DESIGN
from sync.selector import BadSelector, compile_selector

SEQUENCE_INTERVAL_MAX = 1_000_000
NO_JAVASCRIPT = "There is no JavaScript on this server: use filter=_selector, _doc_ids or _design, or follow the whole feed and choose yourself."


@dataclass(frozen=True, slots=True)
class Question:
    """What of the feed is wanted. `sequence_interval`: one row in so many carries its sequence."""

    after: int
    limit: int | None
    descending: bool
    all_leaves: bool
    bodies: bool
    show: Shown
    filter: Filter
    sequence_interval: int


def read_question(asked: Asked) -> Question:
    """Raises the errors of a malformed question."""
    members = asked.members(empty={}) if asked.request.method == "POST" else {}
    descending = asked.flag("descending")
    since = asked.request.headers.get("Last-Event-ID") or asked.text("since")
    return Question(
        after=0 if since is None or descending else asked.database.sequence_after(since),
        limit=asked.whole("limit"),
        descending=descending,
        all_leaves=asked.text("style") == "all_docs",
        bodies=asked.flag("include_docs"),
        show=Shown(conflicts=asked.flag("conflicts"), attachments=asked.flag("attachments"), encoding_info=asked.flag("att_encoding_info")),
        filter=_filter(asked, members),
        sequence_interval=min(asked.whole("seq_interval") or 1, SEQUENCE_INTERVAL_MAX),
    )


def _filter(asked: Asked, members: dict[str, Any]) -> Filter:
    name = asked.text("filter")
    match name:
        case None | "":
            return Filter()
        case "_doc_ids":
            return Filter(ids=_ids(asked, members.get("doc_ids", asked.json("doc_ids")[1])))  # these are looked up, the rest of the feed is not read
        case "_design":
            return Designs()
        case "_selector":
            return _matching(members)
        case "_view":
            name = asked.text("view")
            if not name:
                raise BadDocument("`view` filter parameter is not provided.")
        case _ if name.startswith("_"):
            raise BadDocument("unknown builtin filter name")
    raise _no_function(asked, name)


def _ids(asked: Asked, ids: Any) -> tuple[str, ...]:
    if not isinstance(ids, list) or not all(isinstance(id, str) for id in ids):
        raise BadDocument("`doc_ids` filter parameter is not a list of doc ids.")
    if len(ids) > asked.limits.batch_documents_max:
        raise TooLarge(f"At most {asked.limits.batch_documents_max} ids in one request")
    return tuple(dict.fromkeys(ids))


def _matching(members: dict[str, Any]) -> Filter:
    if "selector" not in members:
        raise BadDocument("Selector must be specified in POST payload")
    try:
        return Matching(test=compile_selector(members["selector"]))
    except BadSelector as error:
        raise BadDocument(str(error)) from None


def _no_function(asked: Asked, name: str) -> Exception:
    """A function of a design document: 404 where there is no such document, as CouchDB says, and otherwise what to use instead."""
    parts = name.split("/")
    if len(parts) != 2 or not all(parts):
        return BadDocument("filter parameter must be of the form `designname/filtername`")
    document = asked.database.get(DESIGN + parts[0])
    if document is None or document.deleted:
        return DocumentMissing("missing" if document is None else "deleted")
    return NotImplementedHere(NO_JAVASCRIPT)
