"""Files that were put back from a copy are recognised, so that nobody goes on reading at a place that means something else now."""

import os
import shutil
import sqlite3
import subprocess
from contextlib import closing

import pytest

from sync.databases import START
from sync.engine import Engine
from sync.engine.connections import Connections
from sync.engine.errors import StorageFull
from sync.engine.lives import settle_in
from sync.engine.wire import read_edit

NAME = "area-g0311"


class Server:
    """An engine that can be stopped, copied and started again. `since` is what a client remembers."""

    def __init__(self, folder):
        self.folder = folder
        self.engine = Engine(folder)

    def start(self, folder=None):
        self.folder = folder or self.folder
        self.engine = Engine(self.folder)

    def stop(self):
        self.engine.close()

    def write(self, *ids, name=NAME):
        self.engine.create(name, {})
        self.engine.open(name).write([read_edit({"_id": id}, replicated=False) for id in ids], replicated=False)

    def sequence(self, name=NAME):
        return self.engine.changes(name).last_sequence

    def seen_after(self, since, name=NAME):
        """As over HTTP, where a client cannot be trusted to prove anything."""
        database = self.engine.open(name)
        return [row.id for row in database.changes(database.sequence_after(since), database.info().sequence, 100)]

    def path(self, name=NAME):
        return self.engine.open(name).entry.path


@pytest.fixture
def server(tmp_path):
    server = Server(tmp_path / "databases")
    server.write("a", "b")
    server.write("x", name="worker-w0042")
    yield server
    server.stop()


def copied(folder, to):
    subprocess.run(["cp", "-a", str(folder), str(to)], check=True)
    return to


def grown_past(server, since):
    """After a restore the database grows again, past what the client has seen: now its place looks sound."""
    server.write("c", "d", "e", "f")
    assert int(server.sequence().partition("-")[0]) > int(since.partition("-")[0])


# What must change nothing


def test_starting_again_changes_neither_uuid_nor_places(server):
    uuid, since = server.engine.uuid, server.sequence()
    for _ in range(3):
        server.stop()
        server.start()
        assert server.engine.uuid == uuid and server.seen_after(since) == []
    server.write("c")
    assert server.seen_after(since) == ["c"]


def test_many_processes_that_start_and_tend_at_once_are_no_copies(server):
    uuid = server.engine.uuid
    others = [Engine(server.folder) for _ in range(4)]
    assert all(engine.tend() for engine in others)
    server.stop()
    server.start()
    assert {engine.uuid for engine in others} == {uuid} == {server.engine.uuid}


def test_a_renamed_folder_is_no_copy(server, tmp_path):
    uuid, since = server.engine.uuid, server.sequence()
    server.stop()
    server.folder.rename(tmp_path / "elsewhere")
    server.start(tmp_path / "elsewhere")
    assert server.engine.uuid == uuid and server.seen_after(since) == []


def test_a_process_that_ends_without_a_word_leaves_no_false_alarm(server):
    """The mark that it was about to name is there, and the catalogue names the former one."""
    uuid = server.engine.uuid
    (server.folder / "here-0123456789abcdef").touch()
    server.stop()
    server.start()
    assert server.engine.uuid == uuid


class FullDisk(Connections):
    def writing(self, path):
        raise StorageFull


def test_a_full_disk_keeps_nobody_from_reading_unless_the_folder_is_a_copy(server, tmp_path):
    """No mark can be left then. A copy must not be read as if it were none, so it waits for room."""
    server.stop()
    catalogue = server.folder / "catalogue.sqlite"
    assert settle_in(catalogue, FullDisk()) is False
    copy = copied(server.folder, tmp_path / "copy")
    with pytest.raises(StorageFull):
        settle_in(copy / "catalogue.sqlite", FullDisk())
    server.start()
    assert server.engine.names() == [NAME, "worker-w0042"]


# What must be noticed


def test_a_folder_put_back_as_a_whole_begins_a_new_life(server, tmp_path):
    server.stop()
    backup = copied(server.folder, tmp_path / "backup")
    server.start()
    server.write("lost-1", "lost-2")
    uuid, since = server.engine.uuid, server.sequence()
    server.stop()
    shutil.rmtree(server.folder)
    copied(backup, server.folder)
    server.start()
    grown_past(server, since)
    assert server.engine.uuid != uuid, "PouchDB's checkpoints hold no more"
    assert server.seen_after(since) == ["a", "b", "c", "d", "e", "f"], "any other place means: from the start"


def test_a_folder_overlaid_in_place_with_older_files_begins_a_new_life(server, tmp_path):
    """`cp` over what is there: every file keeps its inode."""
    server.stop()
    backup = copied(server.folder, tmp_path / "backup")
    server.start()
    server.write("lost")
    uuid, since = server.engine.uuid, server.sequence()
    inode = server.path().stat().st_ino
    server.stop()
    subprocess.run(["cp", "-a", *[str(path) for path in backup.iterdir()], str(server.folder)], check=True)
    server.start()
    grown_past(server, since)
    assert server.path().stat().st_ino == inode
    assert server.engine.uuid != uuid and "c" in server.seen_after(since)


def test_a_copy_made_by_sqlite_itself_of_each_database_begins_a_new_life(server, tmp_path):
    """The mark is no SQLite file, so such a backup lacks it; the one that is there is younger than the catalogue."""
    server.stop()
    backup = tmp_path / "backup"
    backup.mkdir()
    for path in server.folder.glob("*.sqlite"):
        with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(backup / path.name)) as target:
            source.backup(target)
    server.start()
    server.write("lost")
    uuid, since = server.engine.uuid, server.sequence()
    server.stop()
    for path in backup.iterdir():
        (server.folder / path.name).write_bytes(path.read_bytes())
    server.start()
    grown_past(server, since)
    assert server.engine.uuid != uuid and "c" in server.seen_after(since)


def test_one_database_put_back_by_itself_begins_a_new_life_and_the_others_go_on(server, tmp_path):
    server.stop()
    backup = copied(server.folder, tmp_path / "backup")
    server.start()
    server.write("lost")
    since, other_since, file = server.sequence(), server.sequence("worker-w0042"), server.path().name
    server.stop()
    copied(backup / file, server.folder / "arriving").rename(server.folder / file)  # as rsync does it
    server.start()
    grown_past(server, since)
    assert server.seen_after(since) == ["a", "b", "c", "d", "e", "f"]
    assert server.seen_after(other_since, "worker-w0042") == []


@pytest.mark.parametrize("how", ["overwritten", "removed and copied back"])
def test_one_database_put_back_in_place_is_noticed_when_the_folder_was_tended_since_the_copy(server, tmp_path, how):
    """The merge worker tends it when it ends, so it was. A file that is removed and copied back may get the same inode again."""
    server.stop()
    backup = copied(server.folder, tmp_path / "backup")
    server.start()
    server.write("lost")
    since, path = server.sequence(), server.path()
    server.engine.tend(compacting=False)
    server.stop()
    if how == "removed and copied back":
        path.unlink()
    path.write_bytes((backup / path.name).read_bytes())
    server.start()
    grown_past(server, since)
    assert "c" in server.seen_after(since)


def test_the_merge_workers_own_place_beyond_the_end_proves_that_all_has_gone_back(server):
    """What a disk set back as a whole looks like: only the central store, which lies elsewhere, knows better."""
    server.write("y", name="worker-w0042")
    beyond = f"{9}-{server.engine.open('worker-w0042').entry.life}"
    uuid, since = server.engine.uuid, server.sequence()
    batch = server.engine.changes("worker-w0042", beyond)
    assert [change.id for change in batch.changes] == ["x", "y"], "the merge worker starts anew"
    assert server.engine.uuid != uuid and server.seen_after(since) == ["a", "b"]
    assert server.engine.changes("worker-w0042", batch.last_sequence).changes == []


def test_a_clients_place_beyond_the_end_starts_this_client_anew_and_nobody_else(server):
    uuid, since = server.engine.uuid, server.sequence()
    beyond = f"{9}-{server.engine.open(NAME).entry.life}"
    assert server.seen_after(beyond) == ["a", "b"]
    assert server.engine.uuid == uuid and server.seen_after(since) == [], "or any phone could make all others compare again"


def test_the_operator_may_say_that_all_was_put_back(server):
    uuid, since = server.engine.uuid, server.sequence()
    server.engine.begin_anew()
    assert server.engine.uuid != uuid and server.seen_after(since) == ["a", "b"]
    uuid, since = server.engine.uuid, server.sequence()
    server.stop()
    server.start()
    assert server.engine.uuid == uuid and server.seen_after(since) == [], "once"


def test_places_of_before_are_never_taken_for_places_of_now(server):
    server.engine.begin_anew()
    assert server.engine.open(NAME).sequence_after(START) == 0
    assert not server.engine.open(NAME).is_beyond("999-deadbeef")


def test_marks_do_not_heap_up(server):
    for _ in range(3):
        server.stop()
        server.start()
    assert len(list(server.folder.glob("here-*"))) == 1
    old = server.folder / "here-00"
    old.touch()
    os.utime(old, (1, 1))
    server.engine.tend()
    assert not old.exists()
