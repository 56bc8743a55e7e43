"""A disk that remembers what was written and what was synced, so that a test can look at the folder as a power cut would leave it.

SQLite writes through a table of functions, its VFS. While a `RecordedDisk` is in use, the very SQLite that Python has loaded gets a default VFS
of which xOpen, xDelete, xWrite, xTruncate and xSync note what they are asked and then let the real ones do it. What the engine does to names besides
(link, unlink, replace, fsync of the folder) is noted at the `os` module. Nothing is imitated while it runs: the files on the real disk are as always.

`after_power_cut` then makes another folder, of what must have survived at a moment: what was synced by then; of what was written after, any
part, each write whole, torn at its sectors, as bare length with nothing in it, or not at all; of names made or removed since their folder was synced, any too.
"""

from __future__ import annotations

import _sqlite3
import contextlib
import ctypes
import functools
import os
import sqlite3
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from sync.engine.compaction import RUNNING
from sync.engine.lives import MARK

SECTOR_BYTES = 512
SQLITE_IOERR = 10
SURVIVAL = (0.0, 0.1, 0.5, 0.9, 1.0)  # share of unsynced writes that a cut leaves; one of these each time

# What happened, in order


@dataclass(frozen=True, slots=True)
class Written:
    file: int
    offset: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Truncated:
    file: int
    length: int


@dataclass(frozen=True, slots=True)
class Synced:
    file: int


@dataclass(frozen=True, slots=True)
class Named:
    """A name was made for a file, or (`file` is None) removed."""

    name: str
    file: int | None


@dataclass(frozen=True, slots=True)
class FolderSynced:
    pass


Event = Written | Truncated | Synced | Named | FolderSynced


@dataclass
class RecordedDisk:
    """What SQLite and the engine do in this folder (not in folders below) while `recording()` lasts."""

    folder: Path
    events: list[Event] = field(default_factory=list)
    names: dict[str, int] = field(default_factory=dict)
    files: int = 0
    unknown: list[str] = field(default_factory=list)  # what happened besides, that this does not understand

    @property
    def now(self) -> int:
        """A moment, for `after_power_cut`."""
        return len(self.events)

    @contextlib.contextmanager
    def recording(self) -> Iterator[RecordedDisk]:
        with _noting_names(self), _our_vfs():
            _recorders.append(self)
            try:
                yield self
            finally:
                _recorders.remove(self)
        assert not self.unknown, self.unknown

    def after_power_cut(self, moment: int, chance: Random, into: Path) -> Path:
        """The folder as it may look when the power failed at this moment."""
        events = self.events[:moment]
        share = chance.choice(SURVIVAL)
        contents: dict[int, bytearray] = {}
        synced_until = {event.file: index for index, event in enumerate(events) if isinstance(event, Synced)}
        for index, event in enumerate(events):
            if isinstance(event, Written | Truncated):
                content = contents.setdefault(event.file, bytearray())
                if index < synced_until.get(event.file, -1) or share == 1.0:
                    _apply(content, event)
                elif chance.random() < share:
                    _apply_torn(content, event, chance)
        names: dict[str, int | None] = {}
        folder_synced_until = max((index for index, event in enumerate(events) if isinstance(event, FolderSynced)), default=-1)
        for index, event in enumerate(events):
            if isinstance(event, Named) and (index < folder_synced_until or chance.random() < share):
                names[event.name] = event.file
        into.mkdir(parents=True)
        for name, file in names.items():
            if file is not None:
                (into / name).write_bytes(contents.get(file, b""))
        return into

    # What the callbacks call

    def name_of(self, path: str) -> str | None:
        """The file's name, if it lies in the folder. SQLite's shared memory is none: it is made anew after a power cut."""
        folder, name = os.path.split(path)
        return name if folder == str(self.folder) and not name.endswith("-shm") else None

    def opened(self, name: str) -> int:
        if name not in self.names:
            self.files += 1
            self.named(name, self.files)
        return self.names[name]

    def named(self, name: str, file: int | None) -> None:
        if file is None:
            self.names.pop(name, None)
        else:
            self.names[name] = file
        self.events.append(Named(name, file))


def _apply(content: bytearray, event: Written | Truncated) -> None:
    match event:
        case Truncated(_, length):
            del content[length:]
            content.extend(bytes(length - len(content)))
        case Written(_, offset, data):
            _put(content, offset, data)


def _put(content: bytearray, offset: int, data: bytes) -> None:
    if len(content) < offset:
        content.extend(bytes(offset - len(content)))
    content[offset : offset + len(data)] = data


def _apply_torn(content: bytearray, event: Written | Truncated, chance: Random) -> None:
    """Whole, or only some of its sectors, or only the length that it gave the file."""
    how = chance.randrange(4)
    if isinstance(event, Truncated) or how < 2:
        _apply(content, event)
        return
    sectors = range(event.offset - event.offset % SECTOR_BYTES, event.offset + len(event.data), SECTOR_BYTES)
    for sector in sectors if how == 2 else ():
        if chance.random() < 0.5:
            start, end = max(sector, event.offset), min(sector + SECTOR_BYTES, event.offset + len(event.data))
            _put(content, start, event.data[start - event.offset : end - event.offset])
    if how == 3:
        _put(content, max(len(content), event.offset + len(event.data)), b"")


# The names: what the engine does beside SQLite


@contextlib.contextmanager
def _noting_names(disk: RecordedDisk) -> Iterator[None]:
    """Stand in for four functions of the operating system that notes what they did and does it."""
    real = {name: getattr(os, name) for name in ("link", "unlink", "replace", "rename", "fsync")}

    def link(source: Any, target: Any, **more: Any) -> None:
        real["link"](source, target, **more)
        if (name := disk.name_of(os.fspath(target))) is not None:
            disk.named(name, disk.names[Path(source).name])

    def unlink(path: Any, **more: Any) -> None:
        real["unlink"](path, **more)
        if (name := disk.name_of(os.fspath(path))) is not None:
            disk.named(name, None)

    def moved(how: str) -> Any:
        def move(source: Any, target: Any, **more: Any) -> None:
            real[how](source, target, **more)
            if (name := disk.name_of(os.fspath(target))) is not None:
                disk.named(name, disk.names[Path(source).name])
                disk.named(Path(source).name, None)

        return move

    def fsync(descriptor: int) -> None:
        path = os.path.realpath(f"/proc/self/fd/{descriptor}")
        real["fsync"](descriptor)
        if path == str(disk.folder):
            disk.events.append(FolderSynced())
        elif (name := disk.name_of(path)) is not None:
            disk.events.append(Synced(disk.names[name]))

    stand_ins = {"link": link, "unlink": unlink, "replace": moved("replace"), "rename": moved("rename"), "fsync": fsync}
    for name, stand_in in stand_ins.items():
        setattr(os, name, stand_in)
    try:
        yield
    finally:
        for name, function in real.items():
            setattr(os, name, function)


# SQLite's VFS. https://www.sqlite.org/c3ref/vfs.html and https://www.sqlite.org/c3ref/io_methods.html give the shapes.

_Pointer, _Int, _Int64, _Text = ctypes.c_void_p, ctypes.c_int, ctypes.c_int64, ctypes.c_char_p
_Open = ctypes.CFUNCTYPE(_Int, _Pointer, _Pointer, _Pointer, _Int, ctypes.POINTER(_Int))
_Delete = ctypes.CFUNCTYPE(_Int, _Pointer, _Text, _Int)
_Write = ctypes.CFUNCTYPE(_Int, _Pointer, _Pointer, _Int, _Int64)
_Truncate = ctypes.CFUNCTYPE(_Int, _Pointer, _Int64)
_Sync = ctypes.CFUNCTYPE(_Int, _Pointer, _Int)
_OpenDirectory = ctypes.CFUNCTYPE(_Int, _Text, ctypes.POINTER(_Int))
_SetSystemCall = ctypes.CFUNCTYPE(_Int, _Pointer, _Text, _Pointer)
_GetSystemCall = ctypes.CFUNCTYPE(_Pointer, _Pointer, _Text)


class _Vfs(ctypes.Structure):
    _fields_ = (
        *[("iVersion", _Int), ("szOsFile", _Int), ("mxPathname", _Int), ("pNext", _Pointer), ("zName", _Text), ("pAppData", _Pointer)],
        *[("xOpen", _Pointer), ("xDelete", _Pointer)],
        *[(f"as_it_is_{number}", _Pointer) for number in range(11)],  # xAccess … xCurrentTimeInt64
        *[("xSetSystemCall", _Pointer), ("xGetSystemCall", _Pointer), ("xNextSystemCall", _Pointer)],
    )


class _Methods(ctypes.Structure):
    _fields_ = (
        *[("iVersion", _Int), ("xClose", _Pointer), ("xRead", _Pointer), ("xWrite", _Pointer), ("xTruncate", _Pointer), ("xSync", _Pointer)],
        *[(f"as_it_is_{number}", _Pointer) for number in range(13)],  # xFileSize … xUnfetch, shared memory among them
    )


class _File(ctypes.Structure):
    _fields_ = (("pMethods", ctypes.POINTER(_Methods)),)


_recorders: list[RecordedDisk] = []
_open_files: dict[int, tuple[RecordedDisk, int]] = {}  # by the address of SQLite's file: those that are recorded
_kept: list[Any] = []  # what SQLite holds pointers to must never be collected
_methods: dict[int, tuple[_Methods, _Methods]] = {}  # by the address of the real ones: real and ours
_directories_opened: list[str] = []


_sqlite = ctypes.CDLL(getattr(_sqlite3, "__file__", None))  # the symbols of the SQLite that the sqlite3 module itself uses
_sqlite.sqlite3_vfs_find.restype = ctypes.POINTER(_Vfs)


@contextlib.contextmanager
def _our_vfs() -> Iterator[None]:
    """Files opened in this block are opened by our VFS."""
    real, ours = _vfs()
    assert _sqlite.sqlite3_vfs_register(ctypes.byref(ours), 1) == 0
    try:
        yield
    finally:
        assert _sqlite.sqlite3_vfs_register(ctypes.byref(real), 1) == 0


@functools.cache
def _vfs() -> tuple[_Vfs, _Vfs]:
    """The real one and ours, once a process."""
    real = _sqlite.sqlite3_vfs_find(None).contents
    assert real.iVersion >= 3 and real.zName == b"unix", (real.iVersion, real.zName)
    ours = _Vfs()
    ctypes.pointer(ours)[0] = real
    ours.zName = b"recorded"
    real_open, real_delete = _Open(real.xOpen), _Delete(real.xDelete)

    @_Open
    def on_open(_vfs: int, path: int, file: int, flags: int, flags_out: Any) -> int:
        result = real_open(ctypes.addressof(real), path, file, flags, flags_out)
        _open_files.pop(file, None)
        if result == 0 and path:
            with _noted("open"):
                text = os.fsdecode(ctypes.string_at(path))
                for disk in _recorders:
                    if (name := disk.name_of(text)) is not None:
                        _open_files[file] = disk, disk.opened(name)
                        _replace_methods(_File.from_address(file))
        return result

    @_Delete
    def on_delete(_vfs: int, path: bytes, sync_folder: int) -> int:
        result = real_delete(ctypes.addressof(real), path, sync_folder)
        if result == 0:
            with _noted("delete"):
                for disk in _recorders:
                    if (name := disk.name_of(os.fsdecode(path))) is not None:
                        disk.named(name, None)
                _note_folders_synced()
        return result

    get_system_call = _GetSystemCall(real.xGetSystemCall)
    real_open_directory = _OpenDirectory(get_system_call(ctypes.addressof(real), b"openDirectory"))

    @_OpenDirectory
    def on_open_directory(path: bytes, descriptor: Any) -> int:
        """SQLite opens a folder only to sync it; that is done when the call that it does it in returns."""
        if _recorders:
            _directories_opened.append(str(Path(os.fsdecode(path)).parent))
        return real_open_directory(path, descriptor)

    ours.xOpen, ours.xDelete = ctypes.cast(on_open, _Pointer), ctypes.cast(on_delete, _Pointer)
    _kept.extend([real, ours, real_open, real_delete, on_open, on_delete, on_open_directory, real_open_directory])
    assert _SetSystemCall(real.xSetSystemCall)(ctypes.addressof(real), b"openDirectory", ctypes.cast(on_open_directory, _Pointer)) == 0
    sys.addaudithook(_note_what_is_written_besides)
    return real, ours


def _replace_methods(file: _File) -> None:
    address = ctypes.addressof(file.pMethods.contents)
    if address not in _methods:
        real = file.pMethods.contents
        ours = _Methods()
        ctypes.pointer(ours)[0] = real
        real_write, real_truncate, real_sync = _Write(real.xWrite), _Truncate(real.xTruncate), _Sync(real.xSync)

        @_Write
        def on_write(file: int, data: int, amount: int, offset: int) -> int:
            with _noted("write"):
                disk, number = _open_files[file]
                disk.events.append(Written(number, offset, ctypes.string_at(data, amount)))
            return real_write(file, data, amount, offset)

        @_Truncate
        def on_truncate(file: int, length: int) -> int:
            with _noted("truncate"):
                disk, number = _open_files[file]
                disk.events.append(Truncated(number, length))
            return real_truncate(file, length)

        @_Sync
        def on_sync(file: int, flags: int) -> int:
            result = real_sync(file, flags)
            if result == 0:
                with _noted("sync"):
                    disk, number = _open_files[file]
                    disk.events.append(Synced(number))
                    _note_folders_synced()
            return result

        ours.xWrite, ours.xTruncate, ours.xSync = (ctypes.cast(each, _Pointer) for each in (on_write, on_truncate, on_sync))
        _kept.extend([real_write, real_truncate, real_sync, on_write, on_truncate, on_sync])
        _methods[address] = real, ours
    file.pMethods = ctypes.pointer(_methods[address][1])


def _note_folders_synced() -> None:
    for path in _directories_opened:
        for disk in _recorders:
            if path == str(disk.folder):
                disk.events.append(FolderSynced())
    _directories_opened.clear()


@contextlib.contextmanager
def _noted(what: str) -> Iterator[None]:
    """An exception cannot cross SQLite, so it is kept for the end of the recording."""
    try:
        yield
    except Exception as error:
        for disk in _recorders:
            disk.unknown.append(f"{what}: {error!r}")


def _note_what_is_written_besides(event: str, arguments: tuple) -> None:
    """A file of the folder that is opened for writing by other means than SQLite would escape the record."""
    if _recorders and event == "open" and isinstance(arguments[0], str | bytes | os.PathLike) and arguments[2] & (os.O_WRONLY | os.O_RDWR):
        for disk in _recorders:
            name = disk.name_of(os.fsdecode(arguments[0]))
            if name is not None and (name.startswith(MARK) or name.endswith((RUNNING, ".lock"))):
                disk.opened(name)  # an empty file
            elif name is not None:
                disk.unknown.append(f"opened for writing: {arguments[0]!r}")


def integrity(folder: Path) -> list[str]:
    """What SQLite finds wrong with the files of this folder."""
    found = []
    for path in sorted(folder.glob("*.sqlite")):
        with contextlib.closing(sqlite3.connect(path)) as connection:
            try:
                found += [f"{path.name}: {line}" for (line,) in connection.execute("PRAGMA integrity_check") if line != "ok"]
            except sqlite3.DatabaseError as error:
                found.append(f"{path.name}: {error}")
    return found
