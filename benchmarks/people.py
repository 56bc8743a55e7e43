"""A labelled set of invented people: families at doors, some of them recorded twice with the slips that people make, and many who only look like one.

A seed gives the same people. `kind` says what happened to a row that stands for somebody who is in the set already: one or several of KINDS.
Nothing comes from sync/linkage; identity numbers and telephone numbers are of regions and prefixes that do not exist.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, replace
from datetime import date, timedelta
from pathlib import Path
from random import Random

from benchmarks import people_names as names
from benchmarks.people_names import FEMALE, MALE

THIS_YEAR = 2022
PEOPLE_OF_A_PLACE = 3_000
KINDS = {
    "name_sound": 14,  # another character of the same sound
    "name_dialect": 9,  # one that sounds the same in a dialect
    "name_reading": 30,  # the other reading of a polyphonic surname (only where there is one)
    "name_look": 9,  # a character misread
    "name_part": 4,  # one character of the given name missing
    "name_swapped": 2,  # the two characters of the given name in the other order
    "name_order": 40,  # the parts of a foreign name in the other order (only where there are parts)
    "nickname": 6,  # 王大爷, 老李, 小芳, written at their own door
    "phone_slip": 12,  # one digit another, or two neighbours swapped
    "phone_other": 8,  # another number of the same person
    "id_slip": 12,
    "birth_year": 8,  # a year more or less
    "birth_digits": 6,  # swapped or mistyped digits of the year
    "birth_calendar": 5,  # the date by the lunar calendar
    "sex_wrong": 1,
    "door_written": 6,  # the same door in another way of writing
}


@dataclass(frozen=True)
class Rates:
    """How careful the people are who write. Shares of all rows, of rows of somebody recorded before, and of what a row says."""

    duplicates: float = 0.08
    nickname_at_first: float = 0.004
    faultless: float = 0.15
    second_slip: float = 0.25
    third_slip: float = 0.2
    has_sex: float = 0.97
    has_date: float = 0.65
    has_year_only: float = 0.28
    has_phone: float = 0.85
    has_id: float = 0.6
    same_door: float = 0.55
    other_door_same_place: float = 0.12
    other_place: float = 0.2  # the rest has no door
    kinds: dict[str, int] = field(default_factory=lambda: dict(KINDS))


USUAL = Rates()
CARELESS = Rates(
    duplicates=0.05,
    faultless=0.05,
    second_slip=0.4,
    third_slip=0.3,
    has_date=0.45,
    has_year_only=0.45,
    has_phone=0.7,
    has_id=0.35,
    same_door=0.45,
    other_door_same_place=0.2,
    other_place=0.25,
    kinds={**KINDS, "name_dialect": 16, "name_look": 14, "nickname": 9, "birth_year": 14, "birth_digits": 10, "phone_slip": 6, "id_slip": 5},
)


@dataclass(frozen=True)
class Row:
    """As in the file that `flask linkage evaluate` reads."""

    id: str
    name: str
    sex: str
    birth_date: str
    phone: str
    id_number: str
    area: str
    building: str
    unit: str
    room: str
    person: str
    kind: str = ""


@dataclass(frozen=True)
class Person:
    """Who somebody really is; rows tell of them more or less."""

    key: str
    name: str
    sex: str
    born: date
    phone: str
    id_number: str
    area: str
    door: tuple[str, str, str]


def rows(count: int, seed: int, rates: Rates = USUAL) -> list[Row]:
    """About `count` rows in the order in which they were written, those of one person far apart."""
    chance = Random(seed)  # noqa: S311 - invented people, no secret
    town = _Town(chance, count)
    people: list[Person] = []
    while len(people) < count * (1 - rates.duplicates):
        people.extend(town.family())
    people = town.namesakes(people)
    found = [_told(chance, person, rates) for person in people]
    found = [
        _nickname(chance, town, person, row) or row if chance.random() < rates.nickname_at_first else row for person, row in zip(people, found, strict=True)
    ]
    while len(found) < count:
        found.append(_again(chance, town, chance.choice(people), rates))
    chance.shuffle(found)
    return [replace(row, id=f"r{number:07d}") for number, row in enumerate(found)]


def true_pairs(found: list[Row]) -> dict[tuple[str, str], str]:
    """{(lesser id, greater id): kinds}: pairs of rows that are one person."""
    by_person: dict[str, list[Row]] = {}
    for row in found:
        by_person.setdefault(row.person, []).append(row)
    pairs = {}
    for same in by_person.values():
        for at, one in enumerate(same):
            for other in same[at + 1 :]:
                pairs[min(one.id, other.id), max(one.id, other.id)] = " ".join(dict.fromkeys(f"{one.kind} {other.kind}".split()))
    return pairs


def write(found: list[Row], path: Path) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(asdict(found[0])))
        writer.writeheader()
        writer.writerows(asdict(row) for row in found)


class _Town:
    """Hands out doors, telephone numbers and identity numbers."""

    def __init__(self, chance: Random, count: int) -> None:
        self.chance = chance
        self.places = [f"c{number:03d}" for number in range(max(2, count // PEOPLE_OF_A_PLACE))]
        self.clans = {place: [names.surname(chance) for _ in range(3)] for place in self.places[::5]}  # villages where most have one of three surnames
        self.doors = {place: self._doors(place) for place in self.places}
        self.key = 0
        self.sequence: dict[tuple[str, str], int] = {}
        self.numbers: set[int] = set()
        self.last_phone = ""

    def _doors(self, place: str) -> Iterator[tuple[str, str, str]]:
        if place in self.clans:
            yield from ((f"{group}组", "", str(house)) for house in range(1, 10_000) for group in range(1, 9))
        yield from ((str(block), str(unit), f"{floor}0{flat}") for block in range(1, 10_000) for unit in (1, 2, 3) for floor in range(1, 8) for flat in (1, 2))

    def phone(self) -> str:
        """Numbers of one town have few beginnings, and neighbours at the counter got neighbouring ones."""
        chance = self.chance
        while True:
            if self.last_phone and chance.random() < 0.02:
                number = int(self.last_phone) + chance.randint(1, 3)
            else:
                number = int(chance.choice(("10012", "10013", "10015", "10018", "10019")) + f"{chance.randrange(40):02d}{chance.randrange(10_000):04d}")
            if number not in self.numbers:
                self.numbers.add(number)
                self.last_phone = str(number)
                return self.last_phone
            self.last_phone = ""

    def id_number(self, born: date, sex: str, region: str) -> str:
        day = f"{born:%Y%m%d}"
        while True:
            sequence = self.sequence[region, day] = self.sequence.get((region, day), self.chance.randrange(0, 300)) + 1
            if sequence % 2 == (sex == MALE):
                return with_check_digit(f"{region}{day}{sequence % 1000:03d}")

    def person(self, name: str, sex: str, born: date, phone: str, area: str, door: tuple[str, str, str]) -> Person:
        self.key += 1
        region = "429901" if self.chance.random() < 0.7 else f"4299{self.chance.randint(2, 30):02d}"
        return Person(f"p{self.key}", name, sex, born, phone, self.id_number(born, sex, region), area, door)

    def family(self) -> list[Person]:
        """A head, perhaps a spouse, children, parents: one door, near names, shared telephones."""
        chance = self.chance
        area = chance.choice(self.places)
        door = next(self.doors[area])
        if chance.random() < 0.006:
            return [self._foreigner(area, door)]
        clan = self.clans.get(area)
        surname = chance.choice(clan) if clan and chance.random() < 0.75 else names.surname(chance)
        head_born = THIS_YEAR - round(min(88, max(23, chance.gauss(47, 15))))
        head_sex = MALE if chance.random() < 0.7 else FEMALE
        phone = self.phone()
        people = [self.person(surname + names.given_name(chance, head_sex, head_born), head_sex, self._day(head_born), phone, area, door)]
        if chance.random() < 0.72:
            sex = FEMALE if head_sex == MALE else MALE
            born = head_born + chance.randint(-4, 5)
            shared = phone if chance.random() < 0.15 else self.phone()
            people.append(self.person(names.surname(chance) + names.given_name(chance, sex, born), sex, self._day(born), shared, area, door))
        father = next((person for person in people if person.sex == MALE), people[0])
        people += self._children(people, father, area, door)
        if THIS_YEAR - head_born < 60 and chance.random() < 0.22:
            born = head_born - chance.randint(21, 33)
            sex = chance.choice((MALE, FEMALE))
            shared = phone if chance.random() < 0.4 else self.phone()
            own = surname if sex == MALE else names.surname(chance)
            people.append(self.person(own + names.given_name(chance, sex, born), sex, self._day(born), shared, area, door))
        return people

    def _children(self, parents: list[Person], father: Person, area: str, door: tuple[str, str, str]) -> list[Person]:
        chance = self.chance
        count = chance.choices((0, 1, 2, 3, 4), (28, 38, 24, 7, 3))[0]
        youngest_parent = max(person.born.year for person in parents)
        born = youngest_parent + chance.randint(20, 32)
        surname = father.name[: 2 if father.name[:2] in names._surnames()[0] else 1]
        shared_character = ""
        found: list[Person] = []
        for number in range(count):
            if born >= THIS_YEAR:
                break
            sex = chance.choice((MALE, FEMALE))
            given = names.given_name(chance, sex, born, shared_character)
            if number == 0 and len(given) == 2 and chance.random() < 0.45:
                shared_character = given[0]
            if found and chance.random() < 0.04:  # 佳丽 and 佳莉
                given = "".join(
                    names.homophone(chance, character) if at == 1 or len(found[-1].name) == 2 else character for at, character in enumerate(found[-1].name[1:])
                )
            elif sex == MALE and father.sex == MALE and chance.random() < 0.04:  # the father's character again, or one that sounds like it
                given = chance.choice((father.name[-1] + given[-1], given[0] + father.name[-1], names.homophone(chance, father.name[-1])))
            while any(person.name == surname + given for person in (*parents, *found)):  # nobody calls two children the same
                given = names.given_name(chance, sex, born, shared_character)
            phone = self.phone() if THIS_YEAR - born > 14 else chance.choice(parents).phone
            twin = bool(found) and chance.random() < 0.04
            day = found[-1].born if twin else self._day(born)
            found.append(self.person(surname + given, sex, day, phone, area, door))
            born += chance.randint(1, 6)
        return [person for person in found if person.born.year < THIS_YEAR]

    def _foreigner(self, area: str, door: tuple[str, str, str]) -> Person:
        parts = self.chance.choice(names.FOREIGN).split()
        one, other = self.chance.sample(parts, 2)
        between = "·" if "\u4e00" <= one[0] <= "\u9fff" else " "
        return self.person(
            f"{one}{between}{other}", self.chance.choice((MALE, FEMALE)), self._day(THIS_YEAR - self.chance.randint(20, 60)), self.phone(), area, door
        )

    def _day(self, year: int) -> date:
        year = min(year, THIS_YEAR)
        if self.chance.random() < 0.04:  # nobody knew the day
            return date(year, 1, 1)
        return date(year, 1, 1) + timedelta(days=self.chance.randrange(365))

    def namesakes(self, people: list[Person]) -> list[Person]:
        """Some have the name, the sex and about the age of somebody else of their place, or of anywhere; some have a stranger's former number."""
        chance = self.chance
        by_place: dict[str, list[Person]] = {}
        for person in people:
            by_place.setdefault(person.area, []).append(person)
        found = []
        for person in people:
            luck = chance.random()
            if luck < 0.006:
                other = chance.choice(by_place[person.area] if luck < 0.003 else people)
                born = other.born.replace(day=1) + timedelta(days=chance.randint(-300, 300))
                person = replace(person, name=other.name, sex=other.sex, born=born, id_number=self.id_number(born, other.sex, "429901"))
            elif luck < 0.010:
                person = replace(person, phone=chance.choice(people).phone)
            elif luck < 0.011:
                person = replace(person, phone="10012345678")
            elif luck < 0.014:  # a child under a parent's number, by some clerk
                person = replace(person, id_number=next(other for other in by_place[person.area] if other.door == person.door).id_number)
            found.append(person)
        return found


def with_check_digit(first_17: str) -> str:
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    return first_17 + "10X98765432"[sum(weight * int(digit) for weight, digit in zip(weights, first_17, strict=True)) % 11]


def _told(chance: Random, person: Person, rates: Rates) -> Row:
    """What one form says of them, without a slip."""
    luck = chance.random()
    birth = f"{person.born:%Y-%m-%d}" if luck < rates.has_date else str(person.born.year) if luck < rates.has_date + rates.has_year_only else ""
    building, unit, room = person.door
    return Row(
        id="",
        name=person.name,
        sex=person.sex if chance.random() < rates.has_sex else "",
        birth_date=birth,
        phone=person.phone if chance.random() < rates.has_phone else "",
        id_number=person.id_number if chance.random() < rates.has_id and THIS_YEAR - person.born.year > 2 else "",
        area=person.area,
        building=building,
        unit=unit,
        room=room,
        person=person.key,
    )


def _again(chance: Random, town: _Town, person: Person, rates: Rates) -> Row:
    """Somebody who is in the set already, by another worker: at their own door, elsewhere, or at no door, with no slip, one, two or three."""
    wanted = 0 if chance.random() < rates.faultless else 1 + (chance.random() < rates.second_slip) + (chance.random() < rates.second_slip * rates.third_slip)
    row = _told(chance, person, rates)
    kinds: list[str] = []
    possible = dict(rates.kinds)
    while possible and len(kinds) < wanted:
        kind = chance.choices(list(possible), list(possible.values()))[0]
        del possible[kind]
        slipped = SLIPS[kind](chance, town, person, row)
        if slipped and slipped != row and not (kind.startswith("name") and slipped.name == row.name):
            row = slipped
            kinds.append(kind)
            if kind.startswith(("name_", "nick")):  # one slip in a name, as a rule
                possible = {each: weight for each, weight in possible.items() if not each.startswith(("name_", "nick")) or chance.random() < 0.15}
    luck = 0.0 if "nickname" in kinds or "door_written" in kinds else chance.random()
    if luck > rates.same_door:
        if luck < rates.same_door + rates.other_door_same_place:
            building, unit, room = next(town.doors[person.area])
            row = replace(row, building=building, unit=unit, room=room)
        elif luck < rates.same_door + rates.other_door_same_place + rates.other_place:
            area = chance.choice(town.places)
            building, unit, room = next(town.doors[area])
            row = replace(row, area=area, building=building, unit=unit, room=room)
        else:
            row = replace(row, area=row.area if chance.random() < 0.5 else "", building="", unit="", room="")
    return replace(row, kind=" ".join(sorted(kinds)) or "faultless")


def _in_given(chance: Random, row: Row, change) -> Row | None:  # type: ignore[no-untyped-def]
    """One character of a name another: a given name's three times in four."""
    if not _is_full(row.name):
        return None
    at = chance.randrange(1, len(row.name)) if chance.random() < 0.8 else 0
    return replace(row, name=row.name[:at] + change(chance, row.name[at]) + row.name[at + 1 :])


def _is_full(name: str) -> bool:
    return len(name) in (2, 3, 4) and all("\u4e00" <= character <= "\u9fff" for character in name)


def _look(chance: Random, town: _Town, person: Person, row: Row) -> Row | None:
    if not _is_full(row.name):
        return None
    at = chance.randrange(1, len(row.name)) if chance.random() < 0.9 else 0
    return replace(row, name=row.name[:at] + names.look_alike(chance, row.name[at]) + row.name[at + 1 :])


def _nickname(chance: Random, town: _Town, person: Person, row: Row) -> Row | None:
    name = row.name
    if not _is_full(name) or len(name) == 4:
        return None
    age = THIS_YEAR - person.born.year
    if age >= 55:
        return replace(row, name=name[0] + chance.choice(("大爷", "爷爷", "师傅", "伯伯") if person.sex == MALE else ("大妈", "奶奶", "婆婆", "阿姨")))
    if age >= 30 and person.sex == MALE:
        return replace(row, name=chance.choice(("老", "小")) + name[0])
    return replace(row, name=chance.choice(("小", "阿")) + name[-1] if chance.random() < 0.6 or len(name) == 2 else name[1:])


def _part(chance: Random, town: _Town, person: Person, row: Row) -> Row | None:
    if len(row.name) != 3 or not _is_full(row.name):
        return None
    return replace(row, name=row.name[0] + row.name[chance.randint(1, 2)])


def _swapped(chance: Random, town: _Town, person: Person, row: Row) -> Row | None:
    return replace(row, name=row.name[0] + row.name[2] + row.name[1]) if len(row.name) == 3 and _is_full(row.name) else None


def _order(chance: Random, town: _Town, person: Person, row: Row) -> Row | None:
    for between in "· ":
        if between in row.name:
            return replace(row, name=between.join(reversed(row.name.split(between))))
    return None


def _slip(chance: Random, digits: str) -> str:
    at = chance.randrange(2, len(digits) - 1)
    if chance.random() < 0.45 and digits[at] != digits[at + 1]:
        return digits[:at] + digits[at + 1] + digits[at] + digits[at + 2 :]
    luck = chance.random()
    if luck < 0.1:
        return digits[:at] + digits[at + 1 :]
    return digits[:at] + chance.choice([digit for digit in "0123456789" if digit != digits[at]]) + digits[at + 1 :]


def _birth_year(chance: Random, town: _Town, person: Person, row: Row) -> Row | None:
    return replace(row, birth_date=str(int(row.birth_date[:4]) + chance.choice((-1, 1))) + row.birth_date[4:]) if row.birth_date else None


def _birth_digits(chance: Random, town: _Town, person: Person, row: Row) -> Row | None:
    year = row.birth_date[:4]
    if not year:
        return None
    swapped = year[:2] + year[3] + year[2]
    if chance.random() < 0.5 and swapped != year and swapped <= str(THIS_YEAR):
        return replace(row, birth_date=swapped + row.birth_date[4:])
    at = chance.choice((2, 3))
    mistyped = year[:at] + chance.choice("0123456789") + year[at + 1 :]
    return replace(row, birth_date=mistyped + row.birth_date[4:]) if "1925" < mistyped <= str(THIS_YEAR) else None


def _birth_calendar(chance: Random, town: _Town, person: Person, row: Row) -> Row | None:
    """By the lunar calendar a date has a lesser month: it comes 19 to 50 days before the one by the sun."""
    if not row.birth_date:
        return None
    lunar = person.born - timedelta(days=chance.randint(19, 50))
    written = f"{lunar:%Y-%m-%d}" if len(row.birth_date) == 10 else str(lunar.year)
    return replace(row, birth_date=written)


def _door_written(chance: Random, town: _Town, person: Person, row: Row) -> Row | None:
    if not row.room or not row.unit:
        return None
    ways = [
        (row.building + "栋", row.unit + "单元", row.room + "室"),
        (row.building + "号楼", row.unit, row.room),
        ("", "", f"{row.building}-{row.unit}-{row.room}"),
        (row.building.zfill(2), row.unit.zfill(2), row.room),
    ]
    building, unit, room = chance.choice(ways)
    return replace(row, building=building, unit=unit, room=room)


SLIPS = {
    "name_sound": lambda chance, town, person, row: _in_given(chance, row, names.homophone),
    "name_dialect": lambda chance, town, person, row: _in_given(chance, row, names.as_a_dialect_hears),
    "name_reading": lambda chance, town, person, row: (
        replace(row, name=names.other_reading(chance, row.name[0]) + row.name[1:]) if row.name[0] in names.POLYPHONIC and _is_full(row.name) else None
    ),
    "name_look": _look,
    "name_part": _part,
    "name_swapped": _swapped,
    "name_order": _order,
    "nickname": _nickname,
    "phone_slip": lambda chance, town, person, row: replace(row, phone=_slip(chance, row.phone)) if row.phone else None,
    "phone_other": lambda chance, town, person, row: replace(row, phone=town.phone()) if row.phone else None,
    "id_slip": lambda chance, town, person, row: replace(row, id_number=_slip(chance, row.id_number)) if row.id_number else None,
    "birth_year": _birth_year,
    "birth_digits": _birth_digits,
    "birth_calendar": _birth_calendar,
    "sex_wrong": lambda chance, town, person, row: replace(row, sex=FEMALE if row.sex == MALE else MALE) if row.sex else None,
    "door_written": _door_written,
}
