"""Attachments' bytes in the engine: whatever comes in whatever chunks is kept, found under its key, and read back part by part."""

import base64
import gzip
import hashlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sync.engine import Engine
from sync.engine.attachments import PART_BYTES, Spool, Upload, base64_of, gunzipped
from sync.engine.errors import BadDocument, DocumentMissing, StorageFull, TooLarge
from sync.engine.limits import Limits
from sync.engine.wire import Arrived, Edit
from sync.revisions import Revision
from tests.examples import examples

EVERYBODY = {"members": {"roles": ["worker"]}}
FILM = b"".join(number.to_bytes(4) for number in range(3 * PART_BYTES // 4)) + b"the end"  # four parts, no two alike
GZIPPED = gzip.compress(FILM)


@pytest.fixture
def database(tmp_path):
    engine = Engine(tmp_path)
    engine.create("db", EVERYBODY)
    yield engine.open("db")
    engine.close()


def written(database, id, upload):
    """How the leaf of a new document names this attachment."""
    (revision,) = database.write([Edit(id, (), False, b"{}", {"a": Arrived("x/y", upload)})], replicated=False)
    return database.get(id).leaves[revision].entries()["a"]


def parts_kept(database):
    with database.reading() as connection:
        return connection.execute("SELECT count(*) FROM attachments").fetchone()[0]


def cut(content, sizes):
    for size in sizes:
        yield content[:size]
        content = content[size:]
    yield content


def test_a_film_is_kept_in_parts_and_once(database):
    with database.spool() as spool:
        first, second = spool.take("a", cut(FILM, [1, 70_000, 300_000])), spool.take("b", [b"another"])
        entry = written(database, "one", first)
        assert b"".join(database.attachment(written(database, "two", second))) == b"another"
    again = written(database, "three", Upload.of(FILM))
    assert entry == again == {**entry, "length": len(FILM), "digest": "md5-" + base64.b64encode(hashlib.md5(FILM).digest()).decode()}
    assert [len(part) for part in database.attachment(entry)] == [PART_BYTES, PART_BYTES, PART_BYTES, 7]
    assert b"".join(database.attachment(entry)) == FILM and parts_kept(database) == 5


def test_no_bytes_are_an_attachment_too(database):
    entry = written(database, "one", Upload.of(b""))
    assert b"".join(database.attachment(entry)) == b"" and parts_kept(database) == 1


@pytest.mark.parametrize(("start", "stop"), [(0, 1), (PART_BYTES - 1, PART_BYTES + 1), (PART_BYTES, 2 * PART_BYTES), (5, len(FILM)), (len(FILM), len(FILM))])
def test_a_range_is_read_without_the_rest(database, start, stop):
    entry = written(database, "one", Upload.of(FILM))
    assert b"".join(database.attachment_range(entry["key"], start, stop)) == FILM[start:stop]


def test_what_is_not_there_any_more_is_missing_also_in_the_middle(database):
    chunks = database.attachment(written(database, "one", Upload.of(FILM)))
    next(chunks)
    database.write([Edit("one", (database.get("one").winner,), True, b"{}")], replicated=False)
    database.begin_compaction()()
    with pytest.raises(DocumentMissing):
        next(chunks)


@settings(max_examples=examples(50), deadline=None)
@given(st.binary(max_size=200), st.lists(st.integers(0, 50), max_size=20))
def test_gzip_in_any_chunks_is_uncompressed_the_same(content, sizes):
    twice = gzip.compress(content) + gzip.compress(b"more")
    assert b"".join(gunzipped(cut(twice, sizes))) == content + b"more"
    assert b"".join(gunzipped(cut(GZIPPED, sizes))) == FILM


@settings(max_examples=examples(50), deadline=None)
@given(st.binary(max_size=100), st.lists(st.integers(0, 9), max_size=20))
def test_base64_of_chunks_is_that_of_the_whole(content, sizes):
    assert b"".join(base64_of(cut(content, sizes))) == base64.b64encode(content)


def test_gzip_that_would_fill_the_memory_is_refused_early(tmp_path):
    bomb = gzip.compress(bytes(50_000_000))
    taken = []

    def chunks():
        for start in range(0, len(bomb), 1000):
            taken.append(start)
            yield bomb[start : start + 1000]

    with Spool(tmp_path, Limits(attachment_bytes_max=100_000)) as spool, pytest.raises(TooLarge):
        spool.take("a", chunks(), "gzip")
    assert len(taken) == 1


def test_an_attachment_is_whole_or_the_document_is_not_written(database):
    class Broken(Exception):
        pass

    def parts():
        yield FILM[:PART_BYTES]
        raise Broken

    whole = Upload.of(FILM)
    broken = Upload(whole.key, whole.digest, whole.length, whole.kept_bytes, None, parts)
    with pytest.raises(Broken):
        database.write([Edit("one", (Revision(1, "a"),), False, b"{}", {"a": Arrived("x/y", broken)})], replicated=True)
    assert database.get("one") is None and parts_kept(database) == 0


def test_an_attachment_that_finds_the_disk_full_leaves_nothing_and_may_come_again(database):
    with database._connections.writing(database.entry.path) as connection:  # the same connection serves the next write
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count={pages + 80}")
    edit = Edit("one", (Revision(1, "a"),), False, b"{}", {"a": Arrived("x/y", Upload.of(FILM))})
    with pytest.raises(StorageFull):
        database.write([edit], replicated=True)
    assert database.get("one") is None and parts_kept(database) == 0
    assert database.write([edit], replicated=True) == [Revision(1, "a")], "there is room again"
    assert b"".join(database.attachment(database.get("one").leaves[Revision(1, "a")].entries()["a"])) == FILM


def test_half_a_gzip_is_refused(tmp_path):
    with Spool(tmp_path, Limits()) as spool, pytest.raises(BadDocument):
        spool.take("a", [gzip.compress(FILM)[:-5]], "gzip")
