"""What the demo's community does beside surveys and checks: gates, passes, disinfection, shops, problems, supplies, requests, shifts, tests. Pure.

A few submissions of each form, as the accounts of those days tell of them. The chance is its own, so that doors and people stay those of demo_story.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, time, timedelta
from random import Random
from typing import Any

from ulid import ULID

from server.demo_estate import OFFICE, Door, Resident, Story

SEED = 20_200_210
LEADER = "w0010"
GATE = ("w0001", "g0311", "东门卡口")
LORRY, TAXI = "鄂L80K56", "鄂LT0123"

# form, days from today, time, worker, grid, the answers
Told = tuple[str, int, time, str, str, dict[str, Any]]


def tell(story: Story, doors: list[Door], isolated: dict[str, list[Resident]]) -> None:
    """Adds all of it to the story; what lies after its moment is left out there."""
    chance = Random(SEED)  # noqa: S311 the same each time is what we want
    for form, day, clock, worker, grid, answers in _registers(story, doors):
        at = story.at(day, clock)
        story.submit(worker, form, grid, _timed(answers, at), at, 1, [])
    _passes(story, chance, doors)
    _followed(story, chance, doors)
    grids = {door.household: door.grid for door in doors}
    _tests(story, isolated, grids)
    _ends(story, isolated, grids)


def _timed(answers: dict[str, Any], at: datetime) -> dict[str, Any]:
    """Minutes before the moment become times: {"started_at": 30} is half an hour earlier."""
    return {
        name: _timed(value, at)
        if isinstance(value, dict)
        else (at - timedelta(minutes=value)).isoformat()
        if name.endswith("_at") and isinstance(value, int)
        else value
        for name, value in answers.items()
    }


def _registers(story: Story, doors: list[Door]) -> Iterable[Told]:
    worker, grid, gate = GATE
    yesterday = (story.now.date() - timedelta(days=1)).isoformat()
    green = {"health_code": "green", "mask": "yes", "came_from": "community", "outcome": "let_through", "place": gate}
    for number, temperature in enumerate((36.4, 36.6, 36.2, 36.5, 36.8, 36.3)):
        entry = {"direction": "in", "subject": "person", "temperature": temperature, "pass_number": f"{311 + number:06}", **green}
        yield "checkpoint_entry", -1 + number % 2, time(7, 31 + number), worker, grid, {"entry": entry}
    for number in range(3):
        entry = {"direction": "out", "subject": "person", "mask": "yes", "outcome": "let_through", "place": gate}
        yield "checkpoint_entry", -1, time(7, 45 + number), worker, grid, {"entry": entry}
    lorry = {"direction": "in", "subject": "vehicle", "plate": LORRY, "passengers": 1, "temperature": 36.5, **green, "came_from": "city"}
    yield "checkpoint_entry", -1, time(8, 2), worker, grid, {"entry": lorry}
    feverish = {**lorry, "plate": "湘F52301", "temperature": 37.6, "came_from": "elsewhere", "origin_province": "43", "outcome": "escalated"}
    yield "checkpoint_entry", -1, time(8, 9), worker, grid, {"entry": {**feverish, "name": "张师傅", "reason": "37.6，送发热门诊"}}
    yield (
        "checkpoint_entry",
        -1,
        time(8, 15),
        worker,
        grid,
        {
            "entry": {
                **green,
                "direction": "in",
                "subject": "person",
                "temperature": 36.6,
                "came_from": "city",
                "outcome": "turned_back",
                "reason": "探亲，无通行证",
            }
        },
    )

    for day, clock, kind, place, agent, strength in (
        (-2, time(9, 0), "corridor", "1栋全部楼道", "chlorine", 500),
        (-1, time(9, 10), "lift", "2栋电梯", "chlorine", 1000),
        (-1, time(15, 0), "handle", "3栋单元门把手", "alcohol", None),
        (-1, time(17, 30), "sampling_point", "东门采样点", "chlorine", 1000),
        (0, time(7, 20), "rubbish_station", "垃圾站", "chlorine", 1000),
    ):
        done: dict[str, Any] = {"place_kind": kind, "place": place, "agent": agent} | ({"concentration": strength} if strength else {})
        yield "disinfection_log", day, clock, "w0003", "g0312", {"round": done, "times": {"started_at": 35, "ended_at": 2}}

    for way, quantity, topic in (
        ("leaflet", 320, "不聚集、戴口罩、勤通风"),
        ("banner", 6, "早发现早报告"),
        ("loudspeaker", 4, "居家隔离须知"),
        ("message_group", 12, "每日通报"),
    ):
        yield (
            "publicity_log",
            -2,
            time(10, 5 + quantity % 50),
            "w0005",
            "g0313",
            {"action": {"way": way, "quantity": quantity, "topic": topic, "place": "桂花园"}},
        )

    home = doors[3].household
    for item, quantity, measure, recipient in (
        ("gift_pack", 1, "portion", {"recipient_kind": "household"}),
        ("mask", 50, "piece", {"recipient_kind": "post", "place": gate}),
        ("meal", 12, "portion", {"recipient_kind": "post", "place": "3栋值守点"}),
        ("medicine", 2, "box", {"recipient_kind": "person", "name": "吴桂英"}),
        ("alcohol", 6, "bottle", {"recipient_kind": "post", "place": gate}),
    ):
        about = {"household_id": home} if recipient["recipient_kind"] == "household" else {}
        handout = {"item": item, "quantity": quantity, "measure": measure}
        yield "supply_handout", -1, time(11, 10 + quantity % 40), "w0001", "g0311", {**about, "handout": handout, "recipient": recipient}

    for donor, gift in (
        ({"donor_kind": "unit", "unit_name": "市农业局机关党委", "donor_count": 86}, {"gift_kind": "cash", "amount": 25_300, "receipt_number": "017"}),
        ({"donor_kind": "person", "name": "黄丽娟", "party_member": "yes"}, {"gift_kind": "cash", "amount": 500, "receipt_number": "018"}),
        ({"donor_kind": "unit", "unit_name": "桂乡药业", "donor_count": 12}, {"gift_kind": "goods", "item": "mask", "quantity": 2000, "measure": "piece"}),
    ):
        yield "donation", -1, time(14, len(gift)), OFFICE, "g0311", {"donor": donor, "gift": {**gift, "received_on": yesterday}}

    for purpose, origin, to, passengers, plate in (
        ("medical", "桂花园东门", "市中心医院", 2, TAXI),
        ("supplies", "蔬菜批发市场", "桂花园东门", 0, LORRY),
        ("stranded", "咸宁北站", "桂花园东门", 1, TAXI),
    ):
        trip = {"purpose": purpose, "from_place": origin, "to_place": to, "passengers": passengers}
        yield "transport_trip", -1, time(16, 10 + passengers), "w0007", "g0314", {"trip": trip, "drive": {"plate": plate, "departed_at": 40, "arrived_at": 10}}

    for name, whereabouts in (("刘洋", "sealed_in"), ("杨帆", "sealed_in"), ("陈静", "isolating"), ("周磊", "not_reached")):
        until = (story.now.date() + timedelta(days=5)).isoformat()
        record = {"whereabouts": whereabouts, **({"follow_until": until} if whereabouts != "not_reached" else {})}
        check = {"check_subject": "no_work_record", "mode": "phone", "checked_name": name, "unit_name": "市教育局"}
        yield (
            "spot_check",
            -1,
            time(20, len(name) + len(whereabouts)),
            LEADER,
            "g0311",
            {"check": check, "no_record": record, "outcome": {"findings": ["none"]}},
        )
    on_post = {"check_subject": "staff_on_post", "mode": "video", "checked_name": "吴晓燕", "unit_name": "市财政局"}
    staff = {"post": "checkpoint", "place": gate, "on_post": "yes"}
    yield "spot_check", -1, time(21, 0), LEADER, "g0311", {"check": on_post, "staff": staff, "outcome": {"findings": ["no_mask"], "reminder_given": "yes"}}


def _passes(story: Story, chance: Random, doors: list[Door]) -> None:
    valid = {"valid_from": (story.now.date() - timedelta(days=5)).isoformat(), "valid_to": (story.now.date() + timedelta(days=20)).isoformat()}
    for number, holder in enumerate(("何建国", "黄志强", "周小燕", "吴桂英", "刘芳")):
        door, at = doors[number * 37], story.at(-5, time(10, 10 + number))
        vehicle = {"kind": "vehicle", "plate": f"鄂L{chance.randrange(10_000, 99_999)}"} if number == 4 else {"kind": "resident"}
        made = {"pass_number": f"{311 + number:06}", "holder_name": holder, "colour": "light_green", **vehicle}
        rules = {**valid, "hours_allowed": 3, "days_between": 2, "status": "valid"}
        record, about = _id("pass", chance, at), {"household_id": door.household}
        story.submit(OFFICE, "resident_pass", door.grid, {"pass_id": record, **about, "pass": made, "validity": rules}, at, 1, [record])
        if number < 3:  # one of them stayed out too long
            out = story.at(-1, time(9, number))
            back = out + timedelta(minutes=(95, 170, 245)[number])
            outing = {"pass_id": record, **about, "pass": made, "validity": rules, "outing": {"out_at": out.isoformat(), "in_at": back.isoformat()}}
            story.submit(door.surveyors[0], "resident_pass", door.grid, outing, back, 0.5, [record])


def _followed(story: Story, chance: Random, doors: list[Door]) -> None:
    """Premises, problems, requests and shifts: records that a later report goes on with."""
    all_well = dict.fromkeys(("entry_register", "temperatures_taken", "masks_worn", "disinfection_done", "waste_handled"), "yes")
    works = dict.fromkeys(("staggered_meals", "canteen_clean", "dormitory_aired", "isolation_room"), "yes")
    shops: tuple[tuple[str, str, dict[str, Any], dict[str, Any]], ...] = (
        ("便民超市", "small_shop", all_well, {}),
        ("老街理发店", "small_shop", {**all_well, "entry_register": "no"}, {"problems_note": "未登记顾客", "demand": "on_the_spot"}),
        ("桂乡药业", "enterprise", {**all_well, **works, "headcount": 356}, {}),
        (
            "桂乡家园二期工地",
            "building_site",
            {**all_well, **works, "temperatures_taken": "no", "headcount": 64},
            {"problems_note": "门岗没有额温枪", "demand": "by_date", "correct_by": (story.now.date() + timedelta(days=2)).isoformat()},
        ),
    )
    for number, (name, kind, checklist, result) in enumerate(shops):
        at = story.at(-1, time(9, 30 + number * 9))
        record = _id("premises", chance, at)
        answers = {"premises_id": record, "premises": {"premises_name": name, "kind": kind}, "checklist": checklist, "result": result}
        story.submit("w0005", "premises_inspection", "g0313", answers, at, 3, [record])

    for number, (kind, what, place, solution) in enumerate((
        ("prevention", "后门栏杆被拆开，可自由进出", "3栋后门", "已重新焊接并加锁"),
        ("facility", "楼道灯不亮", "2栋1单元", None),
        ("production", "返岗工人的车辆没有通行证", "桂乡药业", None),
        ("supplies", "值守点缺口罩和酒精", "东门卡口", "已送口罩50个、酒精6瓶"),
    )):  # fmt: skip
        at = story.at(-2, time(8, 50 + number))
        record = _id("problem", chance, at)
        problem, workers = {"kind": kind, "description": what, "place": place}, ("w0005", "w0003", "w0005", "w0001")
        grid = {"w0005": "g0313", "w0003": "g0312", "w0001": "g0311"}[workers[number]]
        due = {"due_on": (story.now.date() + timedelta(days=1)).isoformat()}
        story.submit(
            workers[number], "problem_report", grid, {"problem_id": record, "problem": problem, "handling": {"status": "open", **due}}, at, 2, [record]
        )
        if solution:
            handled = {"problem_id": record, "problem": problem, "handling": {"status": "solved", "solution": solution}}
            story.submit(workers[number], "problem_report", grid, handled, story.at(-1, time(15, number)), 1, [record])

    for number, (kind, what, urgency, state) in enumerate((
        ("food", "大米10斤、青菜、鸡蛋一盒", "today", "delivered"),
        ("medicine", "降压药两盒", "now", "claimed"),
        ("parcel", "驿站快递两件", "can_wait", "open"),
        ("rubbish", "请傍晚收垃圾", "today", "open"),
    )):  # fmt: skip
        door, at = doors[5 + number * 11], story.at(-1, time(9, 40 + number * 3))
        record = _id("service_request", chance, at)
        request = {"service_request_id": record, "household_id": door.household, "request": {"kind": kind, "description": what, "urgency": urgency}}
        story.submit(door.surveyors[0], "service_request", door.grid, {**request, "handling": {"status": "open"}}, at, 1, [record])
        if state != "open":
            later = story.at(-1, time(18, 20 + number))
            delivered = {"delivered_at": later.isoformat(), "cost": 63.5} if state == "delivered" else {}
            handled = {**request, "handling": {"status": state, "claimed_by": "王芳", **delivered}}
            story.submit(door.surveyors[0], "service_request", door.grid, handled, later, 0.5, [record])

    for number, (name, post, place) in enumerate((("王芳", "checkpoint", "东门卡口"), ("李志强", "building", "1栋"), ("张敏", "sampling", "东门采样点"))):
        worker, grid = (("w0001", "g0311"), ("w0002", "g0311"), ("w0003", "g0312"))[number]
        for day in (-1, 0):
            begins = story.at(day, time(7, number))
            record = _id("duty_shift", chance, begins)
            shift = {"staff_name": name, "post": post, "place": place}
            came = {"duty_shift_id": record, "shift": shift, "start": {"checked_in_at": begins.isoformat(), "whole_shift": "no"}}
            story.submit(worker, "duty_log", grid, came, begins, 0.5, [record])
            left = begins + timedelta(hours=12)
            went = {**came, "checked_in_at_before": begins.isoformat(), "start": {"checked_in_at": begins.isoformat()}}
            finish = {"checked_out_at": left.isoformat(), "work_done": "测温登记，劝返2人"}
            story.submit(worker, "duty_log", grid, {**went, "finish": finish}, left, 0.5, [record])


def _tests(story: Story, isolated: dict[str, list[Resident]], grids: dict[str, str]) -> None:
    """Those in quarantine in two tubes, one a grid, so that nobody's record goes to another; the results of the first came a day later."""
    for number, (worker, grid, size) in enumerate((("w0001", "g0311", 4), ("w0003", "g0312", 5))):
        people = [
            resident
            for household, several in isolated.items()
            for resident in several
            if grids[household] == grid and resident.returned_on and resident.returned_on < story.now.date() - timedelta(days=3)
        ][:size]
        at = story.at(-2, time(8, 30 + number))
        sampling = {"batch": f"XN{at:%m%d}-07", "tube": f"XN{at:%m%d}07{number:03}", "sampled_at": at.isoformat(), "place": "上门采样"}
        rows = [{"person_id": each.id, "name": each.person.name, "test_result": "pending"} for each in people]
        known = [each.id for each in people]
        story.submit(worker, "test_registration", grid, {"sampling": sampling, "people": rows}, at, 2, known)
        if number == 0:
            result = {"test_result": "negative", "result_on": story.at(-1, time(9, 0)).date().isoformat()}
            tested = [{**row, **result} for row in rows]
            story.submit(worker, "test_registration", grid, {"sampling": sampling, "people": tested}, story.at(-1, time(9, 30)), 1, known)


def _ends(story: Story, isolated: dict[str, list[Resident]], grids: dict[str, str]) -> None:
    """One is released early, with a reason; another stays longer."""
    alone = [(household, people[0]) for number, (household, people) in enumerate(isolated.items()) if len(people) == 1 and number > 17]
    longest = sorted(alone, key=lambda pair: (pair[1].returned_on or story.now.date(), pair[0]))
    for (household, resident), released in zip(longest, (True, False), strict=False):
        assert resident.case is not None and resident.returned_on is not None
        at = story.at(0, time(7, 0))
        ends_on = (resident.returned_on + timedelta(days=14)).isoformat()
        about = {"case_id": resident.case, "person_id": resident.id, "name": resident.person.name, "ends_on_before": ends_on}
        test = {"last_test_on": story.at(-1, time(9, 0)).date().isoformat(), "test_result": "negative"}
        if released:
            day = {"released_on": at.date().isoformat(), "early_reason": "转为健康监测", "certificate_number": "XN-0042", "seal_removed": "yes"}
            answers = {**about, "decision_made": {"decision": "release", "end_reason": "asymptomatic", **test}, "release": day}
        else:
            longer = (resident.returned_on + timedelta(days=21)).isoformat()
            answers = {**about, "decision_made": {"decision": "extend", **test}, "extension": {"ends_on": longer, "extension_reason": "同楼道有人发热"}}
        story.submit(OFFICE, "quarantine_release", grids[household], answers, at, 2, [resident.case])


def _id(kind: str, chance: Random, at: datetime) -> str:
    return f"{kind}:{ULID(round(at.timestamp() * 1000).to_bytes(6, 'big') + chance.randbytes(10))}"
