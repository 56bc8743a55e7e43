"""The hybrid logical clock: a time that sorts after everything its phone had seen, however wrong the phone's own clock is.

As text `"%013d-%04x-%s" % (milliseconds since 1970, counter, device)`, compared as text. A phone advances it past every
clock in the records and receipts that it has seen. The centre caps it at the time of first receipt plus a minute, so that
a phone set to 2099 cannot stand above the others for ever. The cases that Python and TypeScript share: tests/data/clock.json.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import NamedTuple

CLOCK_AHEAD_MS_MAX = 60_000
"""How far a phone's clock may run ahead of the centre's before it is capped."""
COUNTER_MAX = 0xFFFF
MILLISECONDS_MAX = 9_999_999_999_999

_CLOCK = re.compile(r"([0-9]{13})-([0-9a-f]{4})-([A-Za-z0-9][A-Za-z0-9._-]{0,79})", re.ASCII)


class Clock(NamedTuple):
    milliseconds: int
    counter: int
    device: str


def format(milliseconds: int, counter: int, device: str) -> str:
    """The clock as text; its order as text is its order in time."""
    return f"{milliseconds:013d}-{counter:04x}-{device}"


def parse(text: object) -> Clock:
    """The parts of a clock. ValueError for anything that is none."""
    match = _CLOCK.fullmatch(text) if isinstance(text, str) else None
    if match is None:
        raise ValueError(f"not a clock: {text!r:.80}")
    return Clock(int(match[1]), int(match[2], 16), match[3])


def advance(device: str, now_ms: int, seen: Iterable[str]) -> str:
    """The next clock of `device`: later than `now_ms` allows and than every clock in `seen` (its own last one is among them)."""
    milliseconds, counter = now_ms, -1
    for text in seen:
        clock = parse(text)
        if (clock.milliseconds, clock.counter) > (milliseconds, counter):
            milliseconds, counter = clock.milliseconds, clock.counter
    counter += 1
    if counter > COUNTER_MAX:
        milliseconds, counter = milliseconds + 1, 0
    return format(milliseconds, counter, device)


def cap(text: str, received_ms: int) -> str:
    """The effective clock: `text` with its milliseconds at most a minute after the submission first arrived."""
    clock = parse(text)
    latest = received_ms + CLOCK_AHEAD_MS_MAX
    return text if clock.milliseconds <= latest else format(latest, clock.counter, clock.device)


def utc_now() -> datetime:
    """Now, in UTC, without a zone, as the store keeps times; whole milliseconds."""
    now = datetime.now(UTC).replace(tzinfo=None)
    return now.replace(microsecond=now.microsecond // 1000 * 1000)


def milliseconds(moment: datetime) -> int:
    """Milliseconds since 1970 of a UTC time without a zone (or of any time with one)."""
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return round(aware.timestamp() * 1000)


def wire(moment: datetime) -> str:
    """A stored time as documents carry it: `2026-02-03T01:15:02.120Z`."""
    return moment.isoformat(timespec="milliseconds") + "Z"
