"""What is to be done when: the slots of a form's sheet `schedule`, and which of them are due for a record at a moment. Pure.

    due(form.schedule, {"starts_on": "2026-02-01", "ends_on": "2026-02-15", "morning_at": "2026-02-03T08:50:00+08:00"}, now, zone)
    →  [Due(morning, "2026-02-02", …, "missed"), Due(morning, "2026-02-03", …, "done"), Due(evening, "2026-02-03", …, "later")]

A slot is a window of each day between two dates of the record: the morning temperature of a quarantine, from 06:00 until 12:00. What was not done in its
window is late for `grace_minutes`, then missed. Each slot of each day stands for itself, so a missed one never blocks the next (design notes, field lists).

The phone does the same in server/pwa/src/data/schedule.ts, held together by the cases in tests/data/schedule.json.

Worked example. A late evening slot, from 20:00 until 23:00 with two hours of grace, may be done until 01:00 of the next day: a check at 00:30 on 4 February
is then the evening of 3 February. A record holds the newest time of each check only; so of days before that one nothing is known, and nothing is said,
while of days after it all is known: had there been a check, it would be the newest. Whoever knows all times (the centre) gives them all, as a list.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, tzinfo
from typing import Any

from forms.layout import Finding, Trouble
from forms.messages import Message
from forms.questionnaire import Questionnaire, SlotDeclaration
from forms.records import Entity

DAY_MINUTES = 24 * 60
PAST_DAYS_MAX = 60
"""Of slots longer ago nothing is said."""
SLOTS_MAX = 24
STATES = ("later", "now", "late", "missed", "done")


@dataclass(frozen=True)
class Slot:
    name: str
    kind: str
    """Of which records: quarantine_case."""
    done_at: str
    """The property that holds when it was done."""
    from_minute: int
    """Of the day, on the clock on the wall."""
    until_minute: int
    grace_minutes: int = 0
    starts: str = ""
    """The property with the first day; "" for no first day."""
    ends: str = ""
    """The property with the last day, which counts."""
    label: Message = field(default_factory=dict, compare=False)
    answers: dict[str, str] = field(default_factory=dict, compare=False)
    """Answers that a form begun for this slot starts with: path of the question → code."""

    def as_document(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "label": self.label,
            "kind": self.kind,
            "field": self.done_at,
            "set": self.answers,
            "from": as_time(self.from_minute),
            "until": as_time(self.until_minute),
            "grace_minutes": self.grace_minutes,
            "starts": self.starts,
            "ends": self.ends,
        }


@dataclass(frozen=True)
class Due:
    slot: Slot
    day: str
    window_from: str
    """As clocks on the wall show it: 2026-02-03T06:00"""
    window_until: str
    state: str
    """later: not yet; now; late: past its window; missed: past its grace too; done"""


def due(slots: Iterable[Slot], record_fields: Mapping[str, Any], now: datetime, zone: tzinfo) -> list[Due]:
    """Today's slots, and those of days before of which it is known that they were done or missed; by day, then by hour.

    `record_fields`: values by property; for a slot's `field` the newest time, or a list of all times. `now` is aware; days are those of `zone`.
    """
    here = now.astimezone(zone)
    today, minute = here.date(), here.hour * 60 + here.minute
    found = []
    for slot in slots:
        first, last = _day(record_fields.get(slot.starts)), _day(record_fields.get(slot.ends))
        given = record_fields.get(slot.done_at)
        times = given if isinstance(given, list) else [given]
        done = {day for each in times if (day := _day_of(slot, each, zone)) is not None}
        # Without a first day there is no telling since when it should have been done.
        earliest = max(first, today - timedelta(days=PAST_DAYS_MAX)) if first is not None else today
        day = earliest
        while day <= (today if last is None else min(today, last)):
            state = "done" if day in done else _state(slot, (today - day).days * DAY_MINUTES + minute)
            if day == today or state != "missed" or isinstance(given, list) or not done or day > max(done):
                found.append(Due(slot, day.isoformat(), _moment(day, slot.from_minute), _moment(day, slot.until_minute), state))
            day += timedelta(days=1)
    return sorted(found, key=lambda each: (each.day, each.slot.from_minute))


def _state(slot: Slot, minute: int) -> str:
    """`minute` since the beginning of the slot's day."""
    if minute < slot.from_minute:
        return "later"
    if minute < slot.until_minute:
        return "now"
    return "late" if minute < slot.until_minute + slot.grace_minutes else "missed"


def _day_of(slot: Slot, value: object, zone: tzinfo) -> date | None:
    """The day whose slot was done then: the day itself, or, after midnight, the day before while its grace lasts."""
    if not isinstance(value, str):
        return None
    if len(value) == 10:
        return _day(value)
    try:
        moment = datetime.fromisoformat(value if _MOMENT.fullmatch(value) else "")
    except ValueError:
        return None
    here = moment.astimezone(zone)
    minute = here.hour * 60 + here.minute
    return here.date() - timedelta(days=1) if minute + DAY_MINUTES < slot.until_minute + slot.grace_minutes else here.date()


def _day(value: object) -> date | None:
    if not isinstance(value, str):
        return None
    try:
        return date.fromisoformat(value[:10] if _DAY.fullmatch(value[:10]) else "")
    except ValueError:
        return None


_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,6})?)?(?:Z|[-+]\d{2}:\d{2})", re.ASCII)


def _moment(day: date, minute: int) -> str:
    return f"{(day + timedelta(days=minute // DAY_MINUTES)).isoformat()}T{as_time(minute % DAY_MINUTES)}"


def as_time(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


# Reading the sheet

_TIME = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)(?::00)?|(24):(00)", re.ASCII)
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,63}")


def read_slots(questionnaire: Questionnaire, entities: list[Entity]) -> tuple[list[Slot], list[Finding]]:
    """The form's slots; what is wrong has the path `slot 0` for the first row of the sheet, and its column there."""
    slots: list[Slot] = []
    findings: list[Finding] = []
    for number, declared in enumerate(questionnaire.schedule):
        reading = _Reading(questionnaire, entities, declared, number)
        if declared.name in {slot.name for slot in slots}:
            reading.wrong("name", "slot_twice", declared.name)
        slots.append(reading.slot())
        findings += reading.findings
    if len(slots) > SLOTS_MAX:
        findings.append(Finding(f"slot {SLOTS_MAX}", "name", Trouble("slots_many", str(len(slots)))))
    return slots, findings


class _Reading:
    def __init__(self, questionnaire: Questionnaire, entities: list[Entity], declared: SlotDeclaration, number: int) -> None:
        self.questionnaire, self.entities, self.declared, self.number = questionnaire, entities, declared, number
        self.findings: list[Finding] = []

    def wrong(self, column: str, key: str, detail: str) -> None:
        self.findings.append(Finding(f"slot {self.number}", column, Trouble(key, detail)))

    def slot(self) -> Slot:
        declared = self.declared
        if not _NAME.fullmatch(declared.name):
            self.wrong("name", "slot_name", declared.name)
        start, end = self._minute("from", declared.from_time), self._minute("until", declared.until_time)
        grace = int(declared.grace_minutes) if declared.grace_minutes.isdecimal() and len(declared.grace_minutes) < 6 else 0
        if declared.grace_minutes and str(grace) != declared.grace_minutes:
            self.wrong("grace_minutes", "slot_grace", declared.grace_minutes)
        if start >= end:
            self.wrong("until", "slot_window", f"{declared.from_time} – {declared.until_time}")
        elif end + grace > start + DAY_MINUTES:
            self.wrong("grace_minutes", "slot_overlap", declared.grace_minutes)
        kind = self._kind()
        for column, name in (("starts", declared.starts), ("ends", declared.ends)):
            # Which days they are, another form may say: the order of quarantine, not the check.
            if name and not _NAME.fullmatch(name):
                self.wrong(column, "slot_property", name)
        return Slot(declared.name, kind, declared.field, start, end, grace, declared.starts, declared.ends, declared.label, self._set())

    def _minute(self, column: str, text: str) -> int:
        matched = _TIME.fullmatch(text)
        if matched is None or (column == "from" and matched.group(3)):
            self.wrong(column, "slot_time", text)
            return 0 if column == "from" else DAY_MINUTES
        hour, minute = [part for part in matched.groups() if part is not None]
        return int(hour) * 60 + int(minute)

    def _kind(self) -> str:
        kinds = [entity.kind for entity in self.entities]
        kind = self.declared.kind or (kinds[0] if len(kinds) == 1 else "")
        if kind not in kinds:
            self.wrong("kind", "slot_kind", kind)
            return kind
        properties = next(entity.properties for entity in self.entities if entity.kind == kind)
        path = properties.get(self.declared.field)
        types = {each.path: each.value_type for each in self.questionnaire.walk()}
        if path is None or types.get(path) not in ("dateTime", "date"):
            self.wrong("field", "slot_field", f"{kind}#{self.declared.field}")
        return kind

    def _set(self) -> dict[str, str]:
        """`kind=morning mode=phone`"""
        found = {}
        for part in re.sub(r"\s*=\s*", "=", self.declared.set).split():
            name, _, value = part.partition("=")
            name, value = name.removeprefix("${").removesuffix("}"), value.strip("'\"")
            fields = [each for each in self.questionnaire.walk() if each.name == name and each.is_leaf and each.repeat is None]
            if len(fields) != 1:
                self.wrong("set", "slot_question", name)
            elif not value or (fields[0].choices is not None and value not in {choice.value for choice in fields[0].choices}):
                self.wrong("set", "slot_choice", part)
            else:
                found[fields[0].path] = value
        return found
