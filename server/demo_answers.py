"""Answers as surveyors and the office would give them, for the household forms; demo_other_work.py has the others. Pure: chance comes from the caller."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, time, timedelta
from random import Random
from typing import Any, Protocol

from server.demo_people import FEMALE, HEAD, Person, given_name, surname

FEVER_CELSIUS = 37.3
ORIGINS = (
    ("42", "武汉"),
    ("42", "武汉"),
    ("42", "黄石"),
    ("44", "深圳"),
    ("44", "广州"),
    ("31", "上海"),
    ("33", "温州"),
    ("43", "长沙"),
    ("32", "苏州"),
    ("35", "泉州"),
)
TRANSPORT = ("train", "train", "train", "car", "coach", "plane")
NOTES = {
    "nobody_home": ("敲门无人应", "邻居说白天上班", None, None),
    "sealed_or_moved": ("毛坯房，未入住", "已搬走，物业证实", "空置"),
    "call_back": ("要求晚上再来", "老人做不了主，等儿子下班", "在开会"),
    "refused": ("不愿开门", "说已在单位登记", "情绪抵触，请书记上门"),
    "other": ("正在装修，业主不在", "户主住院"),
}
NEEDS_NOTES = {
    "food": "青菜和鸡蛋，放门口",
    "medicine": "降压药一盒",
    "medical_visit": "每周二透析，需车辆",
    "parcel": "驿站快递两件",
    "rubbish": "请傍晚收",
    "psychological": "老人想找人说话",
    "other": "燃气卡充值",
}


class Door(Protocol):
    @property
    def building(self) -> str: ...
    @property
    def unit(self) -> str: ...
    @property
    def room(self) -> str: ...
    @property
    def household(self) -> str: ...


class Resident(Protocol):
    @property
    def id(self) -> str: ...
    @property
    def person(self) -> Person: ...
    @property
    def case(self) -> str | None: ...
    @property
    def origin(self) -> tuple[str, str] | None: ...
    @property
    def returned_on(self) -> Any: ...


def survey(chance: Random, door: Door, people: list[Any], at: datetime, phone: str | None, fever: bool) -> dict[str, Any]:
    """household_survey, done. `fever`: the first of them is unwell."""
    members = [_member(chance, resident, len(people), at, fever and number == 0) for number, resident in enumerate(people)]
    needs = [chance.choice(list(NEEDS_NOTES))] if chance.random() < 0.12 else []
    closing: dict[str, Any] = {"consent": "yes"}
    if chance.random() < 0.4:
        closing["position"] = {
            "latitude": round(29.8412 + int(door.building) * 0.0006, 6),
            "longitude": round(114.3224 + int(door.unit) * 0.0004, 6),
            "altitude": 42.0,
            "accuracy": round(chance.uniform(4, 30), 1),
        }
    return {
        "household_id": door.household,
        "visit": {"mode": "phone" if chance.random() < 0.25 else "door", "outcome": "done", "visited_at": at.isoformat()},
        "address": _address(door, phone),
        "members": members,
        "household_needs": {
            **({"needs": needs, "needs_note": NEEDS_NOTES[needs[0]]} if needs else {}),
            "member_count": len(members),
            "vulnerable_count": sum("vulnerable" in member["health"] for member in members),
            "fever_count": sum(member.get("temperature", 0) >= FEVER_CELSIUS for member in members),
        },
        "closing": closing,
    }


def visit_without_survey(chance: Random, door: Door, outcome: str, at: datetime) -> dict[str, Any]:
    """household_survey where nobody was registered."""
    visit = {"mode": "phone" if outcome == "refused" and chance.random() < 0.5 else "door", "outcome": outcome, "visited_at": at.isoformat()}
    note = chance.choice(NOTES[outcome])
    if outcome == "call_back":
        visit["call_back_at"] = datetime.combine(at.date() + timedelta(days=chance.randint(1, 2)), time(chance.choice((10, 15, 19))), at.tzinfo).isoformat()
    if note is not None:
        visit["outcome_note"] = note
    return {"household_id": door.household, "visit": visit, "address": _address(door, None)}


def returnee(chance: Random, door: Door, resident: Any, phones: Iterator[str], seal_number: str) -> dict[str, Any]:
    """returnee_registration, isolation at home from the day of arrival."""
    person: Person = resident.person
    province, city = resident.origin
    arrived = resident.returned_on
    guarantor_sex = chance.choice(("1", "2"))
    return {
        "household_id": door.household,
        "person_id": resident.id,
        "case_id": resident.case,
        "person": {
            "name": person.name,
            "sex": person.sex,
            "birth_year": person.birth_year,
            **({"phone": person.phone} if person.phone else {}),
            "kind": "returnee",
        },
        "journey": {
            "origin_province": province,
            "origin_city": city,
            "returned_on": arrived.isoformat(),
            "test_result": chance.choices(("negative", "pending", "none"), (8, 1, 1))[0],
        },
        "quarantine": {
            "place": "home",
            "regime": "home_isolation",
            "starts_on": arrived.isoformat(),
            "ends_on": (arrived + timedelta(days=14)).isoformat(),
            "seal_number": seal_number,
        },
        "responsible": {
            "guarantor_name": surname(chance) + given_name(chance, guarantor_sex, 1975),
            "guarantor_phone": next(phones),
            "responsible_people": "社区书记、楼栋长、责任医生",
        },
    }


def check(chance: Random, door: Door, people: list[Any], kind: str, at: datetime, unwell: bool, broken: bool) -> dict[str, Any]:
    """quarantine_check of everyone isolated behind one door. `unwell`: the first has a fever. `broken`: a neighbour rang about the seal."""
    mode = "phone" if broken else "door" if kind == "seal" else chance.choices(("message", "phone", "door", "video"), (6, 3, 2, 1))[0]
    rows = []
    for number, resident in enumerate(people):
        row: dict[str, Any] = {"person_id": resident.id, "case_id": resident.case, "name": resident.person.name, f"{kind}_at": at.isoformat()}
        if kind != "seal":
            has_fever = unwell and number == 0
            row["symptoms"] = ["fever", "dry_cough"] if has_fever else ["none"]
            if kind in ("morning", "evening"):
                row["temperature"] = round(chance.uniform(37.5, 38.2), 1) if has_fever else _temperature(chance)
            if has_fever:
                row["fever"] = {"fever_since": at.date().isoformat(), "fever_reported": "yes"}
        rows.append(row)
    filled: dict[str, Any] = {
        "household_id": door.household,
        "check": {"kind": kind, "mode": mode, "everyone_home": "yes"},
        "people": rows,
        "home": {
            "windows_opened": "yes",
            "mood": chance.choices(("calm", "anxious", "low", "angry"), (85, 9, 4, 2))[0],
            "rubbish_collected": chance.choices(("yes", "no"), (4, 1))[0],
        },
    }
    if kind == "seal" or mode == "door":
        filled["seal"] = {"seal_state": "broken", "seal_note": "邻居来电，封条一角撕开，已通知民警上门"} if broken else {"seal_state": "intact"}
    if chance.random() < 0.1:
        need = chance.choice(("food", "medicine", "parcel"))
        filled["home"] |= {"needs": [need], "needs_note": NEEDS_NOTES[need]}
    if unwell:
        filled["home"]["action_taken"] = "已报告社区医生，安排上门复测"
    return filled


def _address(door: Door, phone: str | None) -> dict[str, Any]:
    return {"building": door.building, "unit": door.unit, "room": door.room, "ordinal": 1, **({"household_phone": phone} if phone else {})}


def _member(chance: Random, resident: Any, household_size: int, at: datetime, fever: bool) -> dict[str, Any]:
    person: Person = resident.person
    age = at.year - person.birth_year
    temperature = round(chance.uniform(37.5, 38.6), 1) if fever else _temperature(chance)
    row: dict[str, Any] = {
        "person_id": resident.id,
        "name": person.name,
        "sex": person.sex,
        "birth_year": person.birth_year,
        "relation": person.relation,
        "kind": "returnee" if resident.origin else "resident",
        "temperature": temperature,
        "symptoms": ["fever", "fatigue"] if fever else ["none"],
        "health": _health(chance, person, age, household_size),
    }
    if person.phone:
        row["phone"] = person.phone
    if fever:
        row["fever"] = {"fever_since": at.date().isoformat(), "saw_doctor": "no", "fever_action": "已报告社区医生，联系发热门诊"}
    if resident.origin:
        province, city = resident.origin
        row["journey"] = {
            "origin_province": province,
            "origin_city": city,
            "returned_on": resident.returned_on.isoformat(),
            "transport": chance.choice(TRANSPORT),
        }
    return row


def _health(chance: Random, person: Person, age: int, household_size: int) -> dict[str, Any]:
    contact = chance.choices(("no", "unknown", "yes"), (960, 32, 8))[0]
    health: dict[str, Any] = {
        "contact_history": contact,
        "health_code": chance.choices(("green", "yellow", "red"), (975, 20, 5))[0] if 6 < age < 80 else "none",
    }
    if contact == "yes":
        health["contact_detail"] = "三天前与确诊病例同乘一趟高铁"
    cares = []
    if age >= 70 and household_size == 1:
        cares.append("elderly_alone")
    if age <= 2:
        cares.append("infant")
    if person.sex == FEMALE and 23 <= age <= 38 and person.relation != HEAD and chance.random() < 0.06:
        cares.append("pregnant")
    if chance.random() < (0.3 if age >= 60 else 0.03):
        cares.append("chronic_illness")
    if chance.random() < 0.015:
        cares.append("disabled")
    if cares:
        health["vulnerable"] = cares
    return health


def _temperature(chance: Random) -> float:
    return round(min(37.1, max(35.9, chance.gauss(36.5, 0.22))), 1)
