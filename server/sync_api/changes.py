"""The changes feed: all at once (normal), the next news (longpoll), or all news from now on (continuous, eventsource)."""

from __future__ import annotations

from collections.abc import Generator
from itertools import islice

from flask import Response

from server.access import Identity, sign_out_of
from server.pause import Pause
from server.sync_api.answers import answer_bytes
from server.sync_api.asked import Asked
from server.sync_api.changes_asked import Question, read_question
from server.sync_api.changes_forms import FORMS, Form
from server.sync_api.changes_rows import PAGE_ROWS_MAX, Reader
from server.sync_api.permission import Need, may
from server.sync_api.waiting import Patience, kind_of, patience_of, streamed, waiting_answer
from sync.engine import Engine
from sync.engine.database import Database
from sync.engine.errors import DatabaseMissing


def feed(asked: Asked) -> Response:
    """Any kind of feed. What fails, fails before the headers are sent."""
    kind = kind_of(asked)
    question = read_question(asked)
    form = FORMS[kind]()
    if kind == "normal" or question.descending:
        return _all_at_once(asked, question, form)
    pieces = _news(asked, question, form, patience_of(asked))
    begun = []
    for piece in pieces:
        begun.append(piece)
        if isinstance(piece, Pause) or form.stays:
            return waiting_answer(asked, _all_of(begun, pieces), form.content_type)
        if piece != form.opening:
            return streamed(_all_of(begun, pieces), form.content_type)
    return streamed(_all_of(begun, pieces), form.content_type)


def _all_at_once(asked: Asked, question: Question, form: Form) -> Response:
    """Ends at what was the newest when it began: what comes later is the next answer's."""
    reader = Reader(asked.database, question)
    pieces = _pieces(asked, reader, form, asked.database.info().sequence)
    if question.limit is not None and question.limit <= PAGE_ROWS_MAX and not question.show.attachments:
        return answer_bytes(b"".join(pieces).removesuffix(b"\n"))
    return streamed(_all_of(list(islice(pieces, 3)), pieces), form.content_type)


def _pieces(asked: Asked, reader: Reader, form: Form, last: int) -> Generator[bytes, None, None]:
    yield form.opening
    for sequence, pieces in reader.rows(last):
        yield from form.row(asked.database.sequence_text(sequence), pieces)
    yield form.end(asked.database.sequence_text(reader.reached), reader.pending())


def _news(asked: Asked, question: Question, form: Form, patience: Patience) -> Generator[bytes | Pause, None, None]:
    """What there is, then what comes, until there was enough of it, or the time is up, or the reader may not read any more."""
    database, engine, is_signed_out = asked.database, asked.engine, sign_out_of(asked.identity)
    reader = Reader(database, question)
    yield form.opening
    try:
        with database.watch() as watch:
            while _may_still_read(engine, database, asked.identity) and not is_signed_out():
                watch.wait(0)  # what it has heard so far is in what is read now
                told = False
                for sequence, pieces in reader.rows(database.info().sequence):
                    yield from form.row(database.sequence_text(sequence), pieces)
                    told = True
                if reader.is_done if form.stays else told:
                    break
                if told:
                    patience.begin_anew()
                if patience.is_over:
                    break
                yield patience.pause(watch, form.heartbeat)
        yield form.end(database.sequence_text(reader.reached), reader.pending())
    except DatabaseMissing:
        yield form.end(database.sequence_text(reader.reached), 0)  # the feed ends, and the next request says why


def _may_still_read(engine: Engine, database: Database, identity: Identity | None) -> bool:
    """Looked at each time anew: an area may have been taken away, the database deleted and another made in its place."""
    entry = engine.open(database.name).entry
    return entry.life == database.entry.life and may(identity, entry.security, entry.writers) >= Need.READ


def _all_of(begun: list, pieces: Generator) -> Generator:
    yield from begun
    yield from pieces
