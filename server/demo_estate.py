"""The demo's estate: its doors, who lives behind them, and the submissions that tell of them. Pure: chance comes from the caller.

Guihuayuan (Sweet Olive Garden) is invented, at Xianning's scale: 4 buildings with 990 doors.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta, timezone
from random import Random
from typing import Any

from ulid import ULID

from server.demo_people import Person
from sync.clock import advance
from sync.identity import household_id

LOCAL = timezone(timedelta(hours=8))
COMMUNITY = "c0311"
GRIDS = ("g0311", "g0312", "g0313", "g0314")  # one building each
# Units, floors, rooms a floor of each building: 272 + 272 + 216 + 230 = 990 doors.
BUILDINGS = {"1": (4, 17, 4), "2": (4, 17, 4), "3": (3, 18, 4), "4": (2, 23, 5)}
SURVEYORS_OF = {"1": ("w0001", "w0002"), "2": ("w0003", "w0004"), "3": ("w0005", "w0006"), "4": ("w0007", "w0008", "w0009")}
OFFICE = "office"
APP = "0.1.0"


@dataclass(frozen=True)
class Door:
    """An address of the estate, and the id that its first household has."""

    building: str
    unit: str
    room: str
    household: str

    @property
    def grid(self) -> str:
        return GRIDS[int(self.building) - 1]

    @property
    def surveyors(self) -> list[str]:
        """Who answers for it comes first; a building is shared by floors."""
        workers = SURVEYORS_OF[self.building]
        first = int(self.room[:-2]) % len(workers)
        return [*workers[first:], *workers[:first]]


@dataclass(frozen=True)
class Resident:
    """Someone who lives behind a door; `case` and what follows when in quarantine."""

    id: str
    person: Person
    case: str | None = None
    origin: tuple[str, str] | None = None
    returned_on: date | None = None


@dataclass
class Story:
    """The submissions so far, and the version of each record after them, so that a visit knows of the visits before it."""

    now: datetime
    chance: Random
    phones: Iterator[str]
    documents: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    versions: dict[str, dict[str, str]] = field(default_factory=dict)
    clocks: dict[str, str] = field(default_factory=dict)
    events: list[tuple[datetime, Callable[[], None]]] = field(default_factory=list)

    def at(self, day: int, clock: time, minutes: float = 0.0) -> datetime:
        """`day` days from today, local time."""
        return datetime.combine(self.now.date() + timedelta(days=day), clock, LOCAL) + timedelta(seconds=round(minutes * 60))

    def submit(
        self, worker: str, form: str, area: str, filled: dict[str, Any], at: datetime, minutes: float, records: list[str], knows: bool = True, **other: Any
    ) -> None:
        """One submission about these records, at its time. `knows`: whether the phone had what others had written before."""

        def happen() -> None:
            device = device_of(worker)
            clock = self.clocks[device] = advance(device, round(at.timestamp() * 1000), filter(None, [self.clocks.get(device)]))
            document = {
                "_id": f"submission:{ulid(self.chance, at)}",
                "type": "submission",
                "form": form,
                "version": "1",
                "area": area,
                "answers": filled,
                "based_on": {record: dict(self.versions[record]) for record in records if knows and record in self.versions},
                "started_at": (at - timedelta(seconds=round(minutes * 60))).isoformat(),
                "finished_at": at.isoformat(),
                "clock": clock,
                "clock_offset_ms": 0,
                "worker": worker,
                "device": device,
                "app": APP,
                "supersedes": None,
                "media": [],
            }
            for record in records:
                self.versions.setdefault(record, {})[device] = clock
            self.documents.append((worker, {**document, **other}))

        if at <= self.now:
            self.events.append((at, happen))


def all_doors(household_key: bytes) -> list[Door]:
    """Every door of the estate, from the first building's first floor up."""
    doors = []
    for building, (units, floors, rooms) in BUILDINGS.items():
        for unit in range(1, units + 1):
            for floor in range(1, floors + 1):
                for each in range(1, rooms + 1):
                    room = f"{floor}{each:02d}"
                    doors.append(Door(building, str(unit), room, household_id(household_key, COMMUNITY, building, str(unit), room)))
    return doors


def device_of(worker: str) -> str:
    return f"d-de30{0 if worker == OFFICE else int(worker[1:]):04d}"


def ulid(chance: Random, moment: datetime) -> str:
    """A ULID by the seed, not by the machine's chance."""
    return str(ULID(round(moment.timestamp() * 1000).to_bytes(6, "big") + chance.randbytes(10)))
