"""Photos, sounds, videos and files of submissions: whether they are here, whether they are what the phone had, and their bytes for a browser.

A file comes after its submission, into `media-<worker>`. Who may read the submission may see them, and nobody else.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain
from typing import Any, Literal
from urllib.parse import quote

from flask import Blueprint, Response, request, url_for
from flask_babel import gettext as _

from server.errors import NotFound
from server.office.audit import note
from server.office.facts import Fact
from server.office.signing import OFFICE, needs, reader
from server.provision import media_database
from server.stores import stores
from sync.store import reading_submissions as read
from sync.validate import INBOX_PREFIX

Kind = Literal["image", "audio", "video", "file"]
State = Literal["here", "missing", "damaged"]

TYPES = frozenset({"image", "audio", "video", "file"})  # of questions
# What a browser may show in the page. Anything else is handed over as a file: an HTML page or an SVG of a stranger must not run here.
SHOWN = {
    "image": ("image/jpeg", "image/png", "image/webp", "image/gif"),
    "audio": ("audio/webm", "audio/mp4", "audio/mpeg", "audio/ogg", "audio/wav", "audio/x-wav", "audio/aac", "audio/3gpp", "audio/amr", "audio/flac"),
    "video": ("video/mp4", "video/webm", "video/ogg", "video/quicktime", "video/3gpp"),
}
KINDS: dict[str, Kind] = {type: kind for kind, types in SHOWN.items() for type in types}  # type: ignore[misc]
FILES_SHOWN_MAX = 200  # of one submission, as the wire has it
CHECKED_MAX = 10_000  # answers that a process remembers; a file's bytes never change
NOT_IN_A_NAME = re.compile(r"[\x00-\x1f\x7f/\\]")


@dataclass(frozen=True)
class Media:
    """One file of a submission, as a page shows it."""

    name: str
    kind: Kind
    state: State
    bytes: int
    original: str
    address: str

    @property
    def size(self) -> str:
        return f"{max(1, round(self.bytes / 1000))} kB" if self.bytes < 1_000_000 else f"{self.bytes / 1_000_000:.1f} MB"


def join(blueprint: Blueprint) -> None:
    blueprint.add_url_rule("/submissions/<submission_id>/media/<path:name>", "media", media)


def of_submission(row: Mapping[str, Any]) -> dict[str, Media]:
    """The files that a submission names, by name."""
    return {each["name"]: _media(row, each) for each in _notes(row)[:FILES_SHOWN_MAX]}


def of_facts(facts: Iterable[Fact]) -> dict[str, Media]:
    """The files that a record's facts name, of submissions that the reader may see."""
    found: dict[str, Media] = {}
    for fact in facts:
        if fact.question is None or fact.question.type not in TYPES or not fact.submission or not isinstance(fact.value, str):
            continue
        row = read.submission(stores().session.connection(), fact.submission, reader().within)
        if row is not None:
            found |= {each["name"]: _media(row, each) for each in _notes(row) if each["name"] == fact.value}
    return found


@needs(*OFFICE)
def media(submission_id: str, name: str) -> Response:
    """The bytes, whole or a range of them, for img, audio, video and for keeping."""
    row = read.submission(stores().session.connection(), submission_id, reader().within)
    said = next((each for each in _notes(row) if each["name"] == name), None) if row is not None else None
    if row is None or said is None:
        raise NotFound
    database, id = _place(row, name)
    stub = _stub(database, id, name)
    if stub is None:
        raise NotFound(_("The file has not arrived from the phone."))
    length = int(stub["length"])
    kind = KINDS.get(said.get("type", ""), "file")
    asked = request.range.range_for_length(length) if request.range is not None else None
    start, stop = asked or (0, length)
    chunks = stores().databases.attachment(database, id, name, start, stop)
    try:
        first = next(chunks, b"")
    except LookupError:
        raise NotFound(_("The file has not arrived from the phone.")) from None
    if start == 0:
        note("view media", submission_id, name=name)
    response = Response(chain([first], chunks), 206 if asked else 200, content_type=said["type"] if kind != "file" else "application/octet-stream")
    response.content_length = stop - start
    if asked:
        response.headers["Content-Range"] = f"bytes {start}-{stop - 1}/{length}"
    response.headers["Accept-Ranges"] = "bytes"
    shown_name = NOT_IN_A_NAME.sub("_", str(said.get("original") or name))
    response.headers["Content-Disposition"] = f"{'attachment' if kind == 'file' else 'inline'}; filename*=UTF-8''{quote(shown_name, safe='')}"
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response


def _media(row: Mapping[str, Any], said: Mapping[str, Any]) -> Media:
    database, id = _place(row, said["name"])
    stub = _stub(database, id, said["name"])
    state: State = "missing" if stub is None else "here" if _is_whole(database, id, said, stub) else "damaged"
    address = url_for("office.media", submission_id=row["id"], name=said["name"])
    return Media(said["name"], KINDS.get(said.get("type", ""), "file"), state, said["bytes"], str(said.get("original") or ""), address)


def _notes(row: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Held submissions can be anything: what is no note of a file is left out."""
    named = row["document"].get("media") if isinstance(row["document"], dict) else None
    return [each for each in named if _is_note(each)] if isinstance(named, list) else []


def _is_note(each: Any) -> bool:
    return isinstance(each, dict) and all(isinstance(each.get(part), str) for part in ("name", "type", "sha256")) and type(each.get("bytes")) is int


def _place(row: Mapping[str, Any], name: str) -> tuple[str, str]:
    """The database of the one whose inbox the submission came into, whatever it says itself."""
    return media_database(row["database"].removeprefix(INBOX_PREFIX)), f"media:{name}"


def _stub(database: str, id: str, name: str) -> Mapping[str, Any] | None:
    try:
        document = stores().databases.read(database, id)
    except (LookupError, ValueError):  # no such database, or an id that cannot be one
        return None
    return ((document or {}).get("_attachments") or {}).get(name)


def _is_whole(database: str, id: str, said: Mapping[str, Any], stub: Mapping[str, Any]) -> bool:
    """Whether the bytes are those that the phone counted and summed when the answer was given."""
    return stub["length"] == said["bytes"] and _sha256(database, id, said["name"], stub["digest"]) == said["sha256"]


@lru_cache(maxsize=CHECKED_MAX)
def _sha256(database: str, id: str, name: str, _digest: str) -> str:
    """Read once a process: the digest names the content."""
    sums = hashlib.sha256()
    for piece in stores().databases.attachment(database, id, name):
        sums.update(piece)
    return sums.hexdigest()
