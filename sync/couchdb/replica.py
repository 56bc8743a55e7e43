"""Apache CouchDB as one end of replication (sync.replicate)."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import orjson

from sync.couchdb.administration import GUARD, closed
from sync.couchdb.connection import document_path, segment
from sync.couchdb.databases import CouchDatabases
from sync.couchdb.errors import NOT_FOUND, CouchError
from sync.couchdb.feed import as_text, leaves_of
from sync.databases import START, Leaf
from sync.replicate import Content, Description, Document, Page, Source

PIECE_BYTES = 256 * 1024
GZIP = "gzip"


class CouchReplica:
    """The databases of one CouchDB. The guard is no document here: `writers` says what it says."""

    def __init__(self, databases: CouchDatabases) -> None:
        """Asks CouchDB for its uuid. Raises CouchUnavailable, CouchError."""
        self._databases = databases
        self._connection = databases.connection
        self.uuid: str = self._connection.get("/")["uuid"]

    def names(self) -> list[str]:
        return self._databases.names()

    def describe(self, name: str) -> Description:
        counts = self._connection.get(f"/{segment(name)}")
        guarded = self._databases.administration.is_guarded(name)
        return Description(
            self._databases.security(name),
            "server" if guarded else "members",
            self._connection.get(f"/{segment(name)}/_revs_limit"),
            counts["doc_count"] - guarded,
            counts["doc_del_count"],
        )

    def prepare(self, name: str, described: Description) -> None:
        self._databases.create(name, closed(described.security), described.writers)
        if described.writers == "members" and self._databases.administration.is_guarded(name):
            raise ValueError(f"{name} is there already, for other writers: delete it first")
        self._connection.put(f"/{segment(name)}/_revs_limit", described.revisions_kept)

    def feed(self, name: str, since: str, limit: int) -> Page:
        path, parameters = f"/{segment(name)}/_changes", {"style": "all_docs", "limit": limit}
        try:
            answer = self._connection.get(path, parameters | {"since": since})
        except CouchError as error:
            if since == START or error.status != 400:
                raise
            answer = self._connection.get(path, parameters | {"since": START})
        rows: list[tuple[str, Sequence[str]]] = [(row["id"], list(dict.fromkeys(each["rev"] for each in row["changes"]))) for row in answer["results"]]
        last = as_text(answer["last_seq"])
        if len(rows) == limit and any(id == GUARD for id, _ in rows):  # a page is full, or is the last
            rest = self.feed(name, last, 1)
            rows, last = [*rows, *rest.rows], rest.last_sequence
        return Page([row for row in rows if row[0] != GUARD], last)

    def missing(self, name: str, wanted: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
        answer = self._connection.post(f"/{segment(name)}/_revs_diff", {id: list(revisions) for id, revisions in wanted.items()})
        return {id: found["missing"] for id, found in answer.items()}

    def fetch(self, name: str, wanted: Mapping[str, Sequence[str]]) -> list[Document]:
        asked = [{"id": id, "rev": revision} for id, revisions in wanted.items() for revision in revisions]
        answer = self._connection.post(f"/{segment(name)}/_bulk_get", {"docs": asked}, {"revs": "true"})
        return [each["ok"] for result in answer["results"] for each in result["docs"] if "ok" in each]

    @contextmanager
    def content(self, name: str, document: Document, attachment: str) -> Iterator[Content]:
        path = f"{document_path(name, document['_id'])}/{segment(attachment)}"
        headers = {"Accept": "*/*", "Accept-Encoding": GZIP}
        with self._connection.open("GET", path, {"rev": document["_rev"]}, headers=headers) as answer:
            encoding = answer.headers.get("Content-Encoding")
            yield Content(GZIP if encoding == GZIP else None, answer.raw.stream(PIECE_BYTES, decode_content=False))

    def write(self, name: str, documents: Sequence[Document]) -> None:
        """A request that is too large is cut in halves."""
        try:
            failures = self._connection.post(f"/{segment(name)}/_bulk_docs", {"docs": list(documents), "new_edits": False})
        except CouchError as error:
            if error.status != 413 or len(documents) == 1:
                raise
            middle = len(documents) // 2
            self.write(name, documents[:middle])
            self.write(name, documents[middle:])
            return
        for failure in failures:
            if "error" in failure:
                raise CouchError(f"writing {failure.get('id')} to {name}", 500, failure["error"], failure.get("reason", ""))

    def write_with_attachments(self, name: str, document: Document, source: Source) -> None:
        related = Related(document, source)
        headers = {"Content-Type": f'multipart/related; boundary="{related.boundary}"'}
        with self._connection.open("PUT", document_path(name, document["_id"]), {"new_edits": "false"}, related, headers) as answer:
            answer.content  # noqa: B018 read to the end, so that the connection is kept

    def leaves(self, name: str, ids: Sequence[str]) -> dict[str, list[Leaf]]:
        return leaves_of(self._connection, name, ids) if ids else {}

    def checkpoint(self, name: str, id: str) -> dict[str, Any] | None:
        found = self._local(name, id)
        return found and {member: value for member, value in found.items() if not member.startswith("_")}

    def keep_checkpoint(self, name: str, id: str, checkpoint: dict[str, Any]) -> None:
        found = self._local(name, id)
        self._connection.put(document_path(name, f"_local/{id}"), {**checkpoint, "_rev": found["_rev"]} if found else checkpoint)

    def _local(self, name: str, id: str) -> dict[str, Any] | None:
        try:
            return self._connection.get(document_path(name, f"_local/{id}"))
        except CouchError as error:
            if error.status == 404 and error.code == NOT_FOUND:
                return None
            raise


class Related:
    """A document and its attachments as one multipart/related body, made while it is sent; each time it is sent, from the beginning.

    Lengths are known beforehand from the stubs, so CouchDB is told how much will come.
    """

    def __init__(self, document: Document, source: Source) -> None:
        self.boundary = secrets.token_hex(16)
        self._source = source
        self._stubs: Mapping[str, Mapping[str, Any]] = document["_attachments"]
        entries = {name: _following(stub) for name, stub in self._stubs.items()}
        self._head = b"--%s\r\nContent-Type: application/json\r\n\r\n%s" % (self.boundary.encode(), orjson.dumps({**document, "_attachments": entries}))
        self._end = b"\r\n--%s--" % self.boundary.encode()

    def __len__(self) -> int:
        between = sum(len(self._part(name, stub)) + _kept_bytes(stub) for name, stub in self._stubs.items())
        return len(self._head) + between + len(self._end)

    def __iter__(self) -> Iterator[bytes]:
        yield self._head
        for name, stub in self._stubs.items():
            yield self._part(name, stub)
            with self._source(name) as content:
                yield from content.chunks
        yield self._end

    def _part(self, name: str, stub: Mapping[str, Any]) -> bytes:
        lines = [f"\r\n--{self.boundary}", f"Content-Type: {stub['content_type']}", f"Content-Length: {_kept_bytes(stub)}"]
        if stub.get("encoding"):
            lines.append(f"Content-Encoding: {stub['encoding']}")
        return ("\r\n".join(lines) + "\r\n\r\n").encode()


def _kept_bytes(stub: Mapping[str, Any]) -> int:
    return stub["encoded_length"] if stub.get("encoding") else stub["length"]


def _following(stub: Mapping[str, Any]) -> dict[str, Any]:
    told = {member: stub[member] for member in ("content_type", "revpos", "length", "encoding", "encoded_length") if member in stub}
    return {**told, "follows": True}
