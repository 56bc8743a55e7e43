"""Space: what no leaf names any more goes, file space comes back, purged documents leave no trace, and crashes leave no files for ever."""

import os
import sqlite3
import time
from contextlib import closing

import pytest

from sync.engine import Engine
from sync.engine.attachments import Upload
from sync.engine.catalogue import Catalogue
from sync.engine.compaction import Compaction
from sync.engine.wire import Arrived, Edit, Stub, read_edit
from sync.revisions import parse_revision

NAME = "media-w0042"
MEGABYTE = 1024 * 1024


@pytest.fixture
def engine(tmp_path):
    engine = Engine(tmp_path / "databases")
    engine.create(NAME, {})
    yield engine
    engine.close()


def put(database, id, photo=None, parent=None):
    """An interactive edit with this photo, or with the one that its parent has."""
    attachments = {"photo": Arrived("image/jpeg", Upload.of(photo)) if isinstance(photo, bytes) else Stub()} if photo else {}
    (revision,) = database.write([Edit(id, (parent,) if parent else (), False, b"{}", attachments)], replicated=False)
    return revision


def photo_of(number):
    return os.urandom(MEGABYTE) + bytes([number])


def keys_in(database):
    with database.reading() as connection:
        return {key for (key,) in connection.execute("SELECT DISTINCT key FROM attachments")}


def size_of(database):
    with closing(sqlite3.connect(database.entry.path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return database.entry.path.stat().st_size


def compact(database):
    run = database.begin_compaction()
    assert run is not None
    run()


def rev(text):
    return parse_revision(text)


# Compaction


def test_compaction_drops_photos_that_no_leaf_names_and_keeps_all_others(engine):
    database = engine.open(NAME)
    shared, replaced, kept = photo_of(1), photo_of(2), photo_of(3)
    put(database, "shared-1", shared)
    second = put(database, "shared-2", shared)
    put(database, "shared-2", parent=second)  # lets go of it; shared-1 still has it
    first = put(database, "replaced", replaced)
    put(database, "replaced", kept, first)
    assert len(keys_in(database)) == 3
    compact(database)
    assert keys_in(database) == {Upload.of(shared).key, Upload.of(kept).key}
    (entry,) = database.get("shared-1").leaves[database.get("shared-1").winner].entries().values()
    assert b"".join(database.attachment(entry)) == shared


def test_compaction_gives_the_disk_its_space_back(engine):
    database = engine.open(NAME)
    for number in range(20):
        put(database, f"media-{number}", photo_of(number))
    before = size_of(database)
    for number in range(1, 20):
        database.write([Edit(f"media-{number}", (database.get(f"media-{number}").winner,), True, b"{}")], replicated=False)
    assert size_of(database) >= before > 20 * MEGABYTE
    compact(database)
    assert size_of(database) < 4 * MEGABYTE
    with database.reading() as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_a_photo_named_again_between_looking_and_deleting_stays(engine):
    """The window is held open by doing what compaction does, with a write in the middle."""
    database = engine.open(NAME)
    photo = photo_of(1)
    revision = put(database, "a", photo)
    put(database, "a", parent=revision)
    real_writing = database._connections.writing
    late = []

    class Meddling:
        """The connections, with a phone that sends the same photo again just before the first deletion."""

        reading = staticmethod(database._connections.reading)
        outside = staticmethod(database._connections.outside)

        @staticmethod
        def writing(path):
            if not late:
                late.append(put(database, "late", photo))
            return real_writing(path)

    compaction = Compaction.begin(database.entry.path)
    compaction.run(Meddling)
    assert late and keys_in(database) == {Upload.of(photo).key}


def test_one_compaction_runs_at_a_time_and_is_told(engine):
    database = engine.open(NAME)
    assert not database.info().compacting
    run = database.begin_compaction()
    assert database.info().compacting and database.begin_compaction() is None
    assert Engine(database.entry.path.parent).open(NAME).info().compacting, "another process sees it too"
    run()
    assert not database.info().compacting


def test_writers_are_served_while_a_compaction_runs(engine):
    database = engine.open(NAME)
    for number in range(40):
        put(database, f"media-{number}", photo_of(number))
        database.write([Edit(f"media-{number}", (database.get(f"media-{number}").winner,), True, b"{}")], replicated=False)
    steps = []
    real_writing = database._connections.writing

    def counted(path):
        steps.append(path)
        return real_writing(path)

    connections = type("Counting", (), {"reading": database._connections.reading, "outside": database._connections.outside, "writing": staticmethod(counted)})
    Compaction.begin(database.entry.path).run(connections)
    assert len(steps) >= 8, "each step is a short transaction of its own"


def test_what_nobody_compacts_is_compacted_when_the_folder_is_tended(engine):
    database = engine.open(NAME)
    for number in range(4):
        put(database, f"media-{number}", photo_of(number))
    first, second = database.get("media-0").winner, database.get("media-1").winner
    assert engine.tend()
    assert len(keys_in(database)) == 4
    database.write([Edit("media-0", (first,), True, b"{}"), Edit("media-1", (second,), True, b"{}")], replicated=False)
    assert engine.tend()
    assert len(keys_in(database)) == 2


def test_a_file_of_an_older_version_gets_its_new_tables_and_is_written_anew_once(tmp_path):
    engine = Engine(tmp_path)
    engine.create(NAME, {})
    path = engine.open(NAME).entry.path
    engine.close()
    from sync.engine.schema import CATALOGUE, DATABASE

    for file, tables, row in ((path, DATABASE, "INSERT INTO state VALUES (0, 0, 0, 1000)"), (tmp_path / "catalogue.sqlite", CATALOGUE, None)):
        row = row or f"INSERT INTO server VALUES ('{'0' * 32}'); INSERT INTO databases VALUES ('{NAME}', '{path.name}', 'abcd1234', '{{}}', 'members', 1)"
        file.unlink()
        with closing(sqlite3.connect(file)) as connection:
            connection.executescript(f"PRAGMA journal_mode=WAL; {tables}; {row}")
    engine = Engine(tmp_path)
    assert engine.uuid == "0" * 32 and engine.open(NAME).entry.life == "abcd1234", "nothing was put back from a copy"
    database = engine.open(NAME)
    for number in range(3):
        put(database, f"media-{number}", photo_of(number))
        database.write([Edit(f"media-{number}", (database.get(f"media-{number}").winner,), True, b"{}")], replicated=False)
    before = size_of(database)
    compact(database)
    assert size_of(database) < before / 2
    engine.close()


# Purging


def test_a_purged_document_leaves_no_trace_in_feed_and_counts(engine):
    database = engine.open(NAME)
    database.write([read_edit({"_id": id, "_rev": "1-a", "n": id}, replicated=True) for id in ("a", "b", "c")], replicated=True)
    before = database.info()
    assert database.purge({"a": [rev("1-a")], "b": [rev("1-zz")], "none": [rev("1-a")]}) == {"a": [rev("1-a")], "b": [], "none": []}
    assert database.get("a") is None
    assert [change.id for change in engine.changes(NAME).changes] == ["b", "c"]
    after = database.info()
    assert (after.live, after.deleted, after.purge_sequence) == (2, 0, 3) and after.sequence > before.sequence
    database.write([read_edit({"_id": "a", "_rev": "1-a", "n": "again"}, replicated=True)], replicated=True)
    assert engine.read(NAME, "a")["n"] == "again", "it may come back, as new"


def test_purging_one_branch_leaves_the_other_and_moves_the_document_in_the_feed(engine):
    database = engine.open(NAME)
    for line in (["c", "a"], ["b", "a"]):
        database.write([read_edit({"_id": "d", "_revisions": {"start": 2, "ids": line}, "is": line[0]}, replicated=True)], replicated=True)
    seen = engine.changes(NAME).last_sequence
    assert database.purge({"d": [rev("2-c"), rev("1-a")]}) == {"d": [rev("2-c")]}, "an inner revision is no leaf"
    assert [[leaf.revision for leaf in change.leaves] for change in engine.changes(NAME, seen).changes] == [["2-b"]]
    assert rev("1-a") in database.get("d").tree and rev("2-c") not in database.get("d").tree


def test_only_the_last_purges_are_remembered(engine):
    database = engine.open(NAME)
    database.keep_purges(2)
    for n in range(4):
        database.purge({f"d{n}": [rev("1-a")]})
    assert database.purges() == [("d2", ["1-a"]), ("d3", ["1-a"])] and database.purges_kept() == 2
    database.keep_purges(1)
    assert database.purges() == [("d3", ["1-a"])]


def test_a_purged_photo_goes_with_the_next_compaction(engine):
    database = engine.open(NAME)
    revision = put(database, "media-1", photo_of(1))
    database.purge({"media-1": [revision]})
    engine.tend()
    assert keys_in(database) == set()


# What crashes leave


class Ended(Exception):
    """The process ended here."""


def test_a_database_whose_deleting_was_cut_short_is_removed_at_the_next_tending(engine):
    database = engine.open(NAME)
    database.write([read_edit({"_id": "a"}, replicated=False)], replicated=False)
    path = database.entry.path

    class CutShort(Catalogue):
        def _remove(self, file):
            raise Ended

    with pytest.raises(Ended):
        CutShort(path.parent, engine._connections).delete(NAME)
    assert path.exists() and engine.names() == []
    assert engine.examine().orphans == {}, "it is known to be leaving"
    assert engine.tend() and not path.exists()


def test_an_empty_file_that_was_never_named_is_removed_and_one_with_documents_is_told(engine):
    database = engine.open(NAME)
    database.write([read_edit({"_id": "a"}, replicated=False)], replicated=False)
    engine.create("empty")
    files = [engine.open(name).entry.path for name in (NAME, "empty")]
    with engine._connections.writing(files[0].parent / "catalogue.sqlite") as connection:
        connection.execute("DELETE FROM databases")
    engine.close()
    half_made = files[0].with_name(".0011.new")
    half_made.touch()
    assert engine.tend() and all(path.exists() for path in [*files, half_made]), "young ones may be about to be named"
    yesterday = time.time() - 86_400
    for path in [*files, half_made]:
        os.utime(path, (yesterday, yesterday))
    assert engine.tend()
    assert [path.exists() for path in [*files, half_made]] == [True, False, False]
    assert engine.examine().orphans == {files[0].name: 1}


def test_a_file_that_is_missing_is_told(engine):
    engine.open(NAME).entry.path.unlink()
    assert engine.examine().missing == [NAME]
