"""What happened in the demo's community during the last two weeks, as submissions. Pure: the same `now` gives the same documents.

The estate Guihuayuan (Sweet Olive Garden) is invented, at Xianning's scale: 4 buildings with 990 doors, 448 of them visited, 66 people in home
quarantine behind 40 doors. Times are relative to `now` and nothing lies after it: on any day some checks are done and the others are due.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, time, timedelta
from itertools import zip_longest
from random import Random
from typing import Any

from server import demo_answers as answers
from server import demo_other_work
from server.demo_estate import BUILDINGS, GRIDS, LOCAL, OFFICE, Door, Resident, Story, all_doors, ulid
from server.demo_people import FEMALE, HEAD, Person, family, phone_numbers

SEED = 20_200_203
DONE = 186
NOT_DONE = {"nobody_home": 150, "sealed_or_moved": 62, "call_back": 26, "refused": 20, "other": 4}  # with DONE: 448 doors
SURVEYED_PEOPLE = 372
ISOLATED_BEHIND_A_DOOR = [1] * 20 + [2] * 14 + [3] * 6  # 66 people behind 40 doors
ISOLATED_AND_SURVEYED = 25
SURVEY_DAYS = 6
CHECK_DAYS = 3
CHECKS = (("first_contact", time(8, 0)), ("morning", time(8, 40)), ("seal", time(16, 0)), ("evening", time(18, 0)))
CHECKS_MISSED = 0.08
WITH_FEVER = (3, 17)  # of the doors in quarantine, yesterday evening
WITH_BROKEN_SEAL = (8,)  # yesterday
DISPUTES = 3
HER_DOOR = ("1", "2", "402")  # where 何伶俐 lives


def tell(now: datetime, household_key: str) -> list[tuple[str, dict[str, Any]]]:
    """All submissions as (worker, document), in the order in which they were filled. `now` has a zone."""
    chance = Random(SEED)  # noqa: S311 the same people each time is what we want
    story = Story(now.astimezone(LOCAL).replace(microsecond=0), chance, phone_numbers(chance))
    doors = all_doors(household_key.encode())
    shuffled = _shuffled(chance, doors)
    isolated = {door.household: people for door, people in zip(shuffled, _isolated(story), strict=False)}
    _register(story, doors)
    for number, door in enumerate(shuffled[: len(isolated)]):
        _returned(story, door, isolated[door.household])
        _checked(story, door, isolated[door.household], unwell=number in WITH_FEVER, broken=number in WITH_BROKEN_SEAL)
    surveyed = shuffled[:ISOLATED_AND_SURVEYED] + shuffled[len(isolated) : len(isolated) + DONE - ISOLATED_AND_SURVEYED]
    _surveyed(story, surveyed, isolated)
    outcomes = [outcome for outcome, number in NOT_DONE.items() for _ in range(number)]
    chance.shuffle(outcomes)
    rest = shuffled[len(isolated) + DONE - ISOLATED_AND_SURVEYED :]
    for door, outcome in zip(rest, outcomes, strict=False):
        _not_done(story, door, outcome)
    for worker, spoil in SPOILT.items():
        spoil(story, next(door for door in rest[len(outcomes) :] if door.surveyors[0] == worker))
    demo_other_work.tell(story, doors, isolated)
    for _, happen in sorted(story.events, key=lambda event: event[0]):
        happen()
    return story.documents


def _shuffled(chance: Random, doors: list[Door]) -> list[Door]:
    """By chance, but the buildings take turns, so that each surveyor has as much to follow; HER_DOOR comes first."""
    of_building = {building: [door for door in doors if door.building == building] for building in BUILDINGS}
    for several in of_building.values():
        chance.shuffle(several)
    turns = [door for several in zip_longest(*of_building.values()) for door in several if door is not None]
    hers = next(door for door in turns if (door.building, door.unit, door.room) == HER_DOOR)
    return [hers, *(door for door in turns if door is not hers)]


# The office


def _register(story: Story, doors: list[Door]) -> None:
    for number, door in enumerate(doors):
        filled = {"household_id": door.household, "address": {"building": door.building, "unit": door.unit, "room": door.room, "ordinal": 1}}
        story.submit(OFFICE, "household_register", door.grid, filled, story.at(-15, time(9, 0), number / 30), 0, [door.household])


def _isolated(story: Story) -> Iterator[list[Resident]]:
    """Those in quarantine, door by door. The first is the woman whose name one account of those days writes in two ways."""
    for number, size in enumerate(ISOLATED_BEHIND_A_DOOR):
        people = family(story.chance, size, story.now.year, story.phones)
        if number == 0:
            people = [Person("何玲利", FEMALE, 1975, HEAD, next(story.phones))]
        arrived = story.now.date() - timedelta(days=story.chance.randint(1, 12))
        origin = story.chance.choice(answers.ORIGINS)
        moment = datetime.combine(arrived, time(12), LOCAL)
        yield [Resident(f"person:{ulid(story.chance, moment)}", person, f"quarantine_case:{ulid(story.chance, moment)}", origin, arrived) for person in people]


def _returned(story: Story, door: Door, people: list[Resident]) -> None:
    for number, resident in enumerate(people):
        assert resident.returned_on is not None and resident.case is not None
        days_ago = (story.now.date() - resident.returned_on).days
        at = story.at(-days_ago, time(10, 0), story.chance.uniform(0, 300) + number)
        filled = answers.returnee(story.chance, door, resident, story.phones, seal_number=f"XN{door.building}{door.unit}{int(door.room):04d}")
        story.submit(OFFICE, "returnee_registration", door.grid, filled, at, 2, [resident.id, resident.case, door.household])


# The surveyors


def _surveyed(story: Story, doors: list[Door], isolated: dict[str, list[Resident]]) -> None:
    """Full surveys; sizes are drawn so that SURVEYED_PEOPLE are registered in all."""
    sizes = [max(len(isolated.get(door.household, [])), story.chance.choices((1, 2, 3, 4, 5), (32, 34, 22, 9, 3))[0]) for door in doors]
    least = [max(1, len(isolated.get(door.household, []))) for door in doors]
    while (difference := SURVEYED_PEOPLE - sum(sizes)) != 0:
        one = story.chance.randrange(1, len(doors))
        if difference > 0 and sizes[one] < 6:
            sizes[one] += 1
        elif difference < 0 and sizes[one] > least[one]:
            sizes[one] -= 1
    feverish = set(story.chance.sample(range(len(doors)), 3))
    for number, (door, size) in enumerate(zip(doors, sizes, strict=True)):
        returned = [resident.returned_on for resident in isolated.get(door.household, []) if resident.returned_on is not None]
        at = _visit_time(story, min(((story.now.date() - day).days for day in returned), default=SURVEY_DAYS))
        people = _residents(story, isolated.get(door.household, []), size, at)
        if number == 0:  # at the door she spells her name differently, and the surveyor writes her down as someone new
            she = people[0]
            people[0] = Resident(f"person:{ulid(story.chance, at)}", replace(she.person, name="何伶俐"), None, she.origin, she.returned_on)
        disputed = ISOLATED_AND_SURVEYED <= number < ISOLATED_AND_SURVEYED + DISPUTES
        phone = people[0].person.phone or (next(story.phones) if disputed else None)
        filled = answers.survey(story.chance, door, people, at, phone, fever=number in feverish) | {"visit_id": _visit(door, at)}
        records = [door.household, *(resident.id for resident in people)]
        story.submit(door.surveyors[0], "household_survey", door.grid, filled, at, 2 + 1.5 * len(people), records)
        if disputed:
            # The colleague called too, offline, and heard another telephone number: both values stay until someone settles it.
            other = answers.survey(story.chance, door, people, at + timedelta(minutes=40), next(story.phones), fever=False)
            other["visit_id"] = _visit(door, at + timedelta(minutes=40))
            story.submit(door.surveyors[1], "household_survey", door.grid, other, at + timedelta(minutes=40), 4, records, knows=False)


def _residents(story: Story, isolated: list[Resident], size: int, at: datetime) -> list[Resident]:
    people = family(story.chance, size, story.now.year, story.phones)
    others = [Resident(f"person:{ulid(story.chance, at)}", person) for person in people[len(isolated) :]]
    return [*isolated, *others]


def _not_done(story: Story, door: Door, outcome: str) -> None:
    at = _visit_time(story, 2 if outcome == "call_back" else SURVEY_DAYS)
    filled = answers.visit_without_survey(story.chance, door, outcome, at) | {"visit_id": _visit(door, at)}
    story.submit(door.surveyors[0], "household_survey", door.grid, filled, at, 1, [door.household])


def _visit(door: Door, at: datetime) -> str:
    """The id of this visit; by a chance of its own, so that the rest of the story stays as it is."""
    return f"visit:{ulid(Random(f'{door.household} {at}'), at)}"  # noqa: S311


def _checked(story: Story, door: Door, people: list[Resident], unwell: bool, broken: bool) -> None:
    """The checks of the last days and of today so far; some were missed."""
    assert people[0].returned_on is not None
    first_day = (people[0].returned_on - story.now.date()).days
    for day in range(max(1 - CHECK_DAYS, first_day), 1):
        for kind, begins in CHECKS:
            at = story.at(day, begins, story.chance.uniform(0, 75))
            missed = story.chance.random() < CHECKS_MISSED
            yesterday = day == -1
            filled = answers.check(
                story.chance, door, people, kind, at, unwell=unwell and yesterday and kind == "evening", broken=broken and yesterday and kind == "seal"
            )
            if not missed:
                records = [resident.case for resident in people if resident.case is not None]
                story.submit(door.surveyors[0], "quarantine_check", door.grid, filled, at, 1.5, records)


def _visit_time(story: Story, days_ago_max: int = SURVEY_DAYS) -> datetime:
    return story.at(-story.chance.randint(1, min(SURVEY_DAYS, days_ago_max)), time(9, 0), story.chance.uniform(0, 540))


# What the rules hold: other programs write submissions too, and old phones


def _spoilt(story: Story, door: Door, change: Callable[[dict[str, Any]], None], **other: Any) -> None:
    at = story.at(-1, time(15, 0), story.chance.uniform(0, 120))
    people = _residents(story, [], 2, at)
    filled = answers.survey(story.chance, door, people, at, next(story.phones), fever=False)
    change(filled)
    records = [door.household, *(resident.id for resident in people)]
    story.submit(door.surveyors[0], "household_survey", other.pop("area", door.grid), filled, at, 4, records, **other)
    for record in records:
        story.versions.setdefault(record, {})


def _impossible_temperature(story: Story, door: Door) -> None:
    _spoilt(story, door, lambda filled: filled["members"][0].update(temperature=45.2))


def _no_consent(story: Story, door: Door) -> None:
    _spoilt(story, door, lambda filled: filled["closing"].pop("consent"))


def _unknown_version(story: Story, door: Door) -> None:
    _spoilt(story, door, lambda filled: None, version="0", app="0.0.9")


def _elsewhere(story: Story, door: Door) -> None:
    _spoilt(story, door, lambda filled: None, area=GRIDS[int(door.building) % len(GRIDS)])


def _year_in_words(story: Story, door: Door) -> None:
    _spoilt(story, door, lambda filled: filled["members"][0].update(birth_year="七五年"))


SPOILT: dict[str, Callable[[Story, Door], None]] = {
    "w0001": _impossible_temperature,
    "w0003": _no_consent,
    "w0005": _unknown_version,
    "w0007": _elsewhere,
    "w0009": _year_in_words,
}
