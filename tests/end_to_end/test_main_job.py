"""The main job, once and wholly, on real parts: filled without a network, synced by itself, merged, reviewed in the office, answered on the phone."""

from __future__ import annotations

import re

import pytest
import requests
from playwright.sync_api import Locator, expect

from sync.identity import household_id
from tests.end_to_end.walking import SYNC_MS_MAX, Office, Phone

pytestmark = pytest.mark.browser

SURVEY = "入户摸排"
CHECK = "隔离随访"


def begin_survey(phone: Phone) -> None:
    phone.choose("走访方式", "上门")
    phone.choose("走访结果", "完成")
    phone.forward()
    phone.on_page("门牌")


def describe(phone: Phone, name: str, sex: str, born: str, relation: str, temperature: str, *symptoms: str) -> None:
    """One member's first screen."""
    phone.on_page(name)
    phone.choose("性别", sex)
    phone.type("出生年份", born)
    phone.choose("与户主关系", relation)
    phone.choose("人员类别", "常住")
    phone.measure("体温", temperature)
    phone.choose("症状", *symptoms)


def end_survey(phone: Phone) -> None:
    phone.on_page("这一家需要什么")
    phone.forward()
    phone.choose("已告知用途并征得同意", "是")
    phone.forward()
    phone.on_page("检查并保存")


def test_two_surveys_and_a_check_filled_without_server_or_network_reach_the_records_by_themselves(server, phone, office):
    fang = phone("wang fang").sign_in("surveyor1")
    fang.look("a01-today")
    server.stop()
    fang.lose_network()

    # A family of two at a door that nobody has answered before; the daughter has fever.
    family = fang.open_door_never_visited()
    fang.look("a02-door")
    fang.start("survey")
    fang.look("a03-visit")
    begin_survey(fang)
    fang.look("a04-address")
    fang.type("住户电话", "13907150001")
    fang.forward()
    fang.add_members("赵国强", "赵小雨")
    fang.look("a05-names")
    fang.forward()
    describe(fang, "赵国强", "男", "1968", "本人或户主", "36.6", "无症状")
    fang.look("a06-member")
    fang.forward()
    fang.choose("健康码", "绿码")
    fang.forward()
    describe(fang, "赵小雨", "女", "1996", "女", "38.6", "发热", "干咳")
    fang.look("a07-fever")
    fang.forward()
    fang.on_page("发热追问")
    fang.look("a08-fever-questions")
    fang.choose("从哪天开始发热", "昨天")
    fang.choose("是否已就医", "否")
    fang.type("对发热采取的措施", "已报告社区医生")
    fang.forward()
    fang.choose("健康码", "黄码")
    fang.forward()
    end_survey(fang)
    fang.look("a09-review")
    fang.save()
    expect(fang.page.get_by_text(fang.word("form.saved.waiting"))).to_be_visible()
    fang.look("a10-saved")
    fang.done()

    # A door that the register does not know.
    fang.tab("doors")
    fang.tap("doors.new")
    begin_survey(fang)
    fang.type("栋", "1")
    fang.type("单元", "9")
    fang.type("室", "101")
    fang.forward()
    fang.add_members("欧阳静")
    fang.forward()
    describe(fang, "欧阳静", "女", "1950", "本人或户主", "36.4", "无症状")
    fang.forward()
    fang.choose("需要特别照顾", "独居老人")
    fang.forward()
    end_survey(fang)
    fang.save()
    expect(fang.page.get_by_text(fang.word("form.saved.waiting"))).to_be_visible()
    fang.done()

    # And the morning's temperature of the woman in quarantine.
    fang.search("何玲利").first.click()
    fang.page.locator(".screen--record .due", has_text=fang.word("person.lives_at")).click()
    her_door = fang.door_shown()
    fang.look("a11-quarantine-door")
    fang.start("check")
    fang.choose("随访项目", "早间体温")
    fang.choose("方式", "上门")
    fang.choose("隔离人员是否都在家", "是")
    fang.forward()
    fang.measure("体温", "37.1")
    fang.choose("症状", "无症状")
    fang.look("a12-check")
    fang.forward()
    fang.choose("封条状态", "完好")
    fang.forward()
    fang.choose("情绪", "平稳")
    fang.forward()
    fang.look("a13-check-review")
    fang.save()
    expect(fang.page.get_by_text(fang.word("form.saved.waiting"))).to_be_visible()
    fang.close()

    # The app is opened again: no server, no network, and all three wait.
    fang = phone("wang fang")
    fang.lose_network()
    fang.open()
    expect(fang.page.locator(".top__line")).to_contain_text(fang.filled("line.waiting", count=3))
    lines = fang.outbox()
    saved = [fang.line(family, SURVEY), fang.line("1栋 9单元 101", SURVEY), fang.line(her_door, CHECK)]
    for line in saved:
        expect(line).to_contain_text(fang.state("waiting"))
    fang.look("a14-three-waiting")

    # The server and the network are there again. Nobody touches the phone.
    server.start()
    fang.find_network()
    for line in saved:
        expect(line).to_contain_text(fang.state("accepted"), timeout=SYNC_MS_MAX)
    for state in ("waiting", "sent"):
        expect(lines.filter(has_text=fang.state(state))).to_have_count(0)
    fang.look("a15-accepted")
    fang.open_door("1", "9", "101")
    fang.look("a16-door-afterwards")

    desk = office()
    desk.look("b01-overview")
    desk.open(desk.find("住户", "13907150001"))
    expect(desk.page.locator("h1")).to_have_text(family)
    expect(desk.fact("住户电话").locator(".value")).to_have_text("13907150001")
    expect(desk.fact("住户电话").locator(".source summary")).to_contain_text("王芳")
    expect(desk.page.locator(".timeline").first).to_contain_text(SURVEY)
    desk.look("b02-household")
    desk.follow("赵小雨")
    expect(desk.page.locator(".title")).to_contain_text("38.6 ℃ 发热")
    expect(desk.fact("体温（℃）").locator(".value")).to_have_text("38.6")
    expect(desk.fact("体温（℃）").locator(".source summary")).to_contain_text("王芳")
    expect(desk.fact("对发热采取的措施").locator(".value")).to_have_text("已报告社区医生")
    desk.look("b03-person")
    desk.open(desk.find("人员", "赵国强"))
    expect(desk.fact("出生年份").locator(".value")).to_have_text("1968")
    desk.open(desk.find("人员", "欧阳静"))
    expect(desk.page.locator(".beside")).to_contain_text("1栋 9单元 101")
    desk.open(desk.find("隔离", "何玲利"))
    expect(desk.fact("体温（℃）").locator(".value")).to_have_text("37.1")
    expect(desk.fact("体温（℃）").locator(".source summary")).to_contain_text("王芳")
    desk.look("b04-case")


def survey_again(phone: Phone, door: tuple[str, str, str], household_phone: str, question: str, answer: str) -> None:
    """At a door of one known person: another telephone for the household, and another answer about the person. All else is filled in."""
    phone.open_door(*door)
    phone.start("survey")
    begin_survey(phone)
    phone.type("住户电话", household_phone)
    phone.forward()
    phone.on_page("家庭成员")
    phone.forward()
    phone.type(question, answer)
    phone.forward()
    phone.on_page("接触史与健康")
    phone.forward()
    end_survey(phone)
    phone.save()
    phone.done()


def in_queue(desk: Office, sort: str, words: str) -> None:
    """Opens the item of the queue that has these words."""
    desk.section("待办")
    desk.page.locator("nav.tabs a", has_text=sort).click()
    desk.page.locator(".queue-list .item", has_text=words).locator("a").first.click()
    expect(desk.page.locator(".queue-item h2").first).to_contain_text(words)


def side(desk: Office, value: str) -> Locator:
    return desk.page.locator(".settle .side", has_text=value)


def told(desk: Office) -> Locator:
    return desk.page.locator(".toast.done").last


def door_of_one_person(server) -> tuple[tuple[str, str, str], str]:
    """A surveyed door of the first grid: where it is, and the name of the only person there."""
    records = server.documents("area-g0311")
    people: dict[str, list[dict]] = {}
    for record in records.values():
        if record.get("kind") == "person":
            people.setdefault(record["fields"]["household"]["value"], []).append(record["fields"])
    for household, there in sorted(people.items()):
        fields = records[household]["fields"]
        if len(there) == 1 and "phone" in fields and "disputed" not in fields["phone"] and there[0]["kind"]["value"] == "resident":
            return tuple(fields[part]["value"] for part in ("building", "unit", "room")), there[0]["name"]["value"]
    raise AssertionError("the demo has no such door")


def test_two_phones_disagree_offline_nothing_is_lost_and_the_office_settles_undoes_and_settles_otherwise(server, phone, office):
    door, name = door_of_one_person(server)
    fang, qiang = phone("wang fang").sign_in("surveyor1"), phone("li zhiqiang").sign_in("surveyor2")
    for one in (fang, qiang):
        one.lose_network()
    survey_again(fang, door, "13900000001", "电话", "13911110001")
    survey_again(qiang, door, "13900000002", "出生年份", "1966")
    for one in (fang, qiang):
        one.outbox()
        one.find_network()
    for one in (fang, qiang):
        expect(one.lines().first).to_contain_text(one.state("accepted"), timeout=SYNC_MS_MAX)

    desk = office()
    desk.open(desk.find("住户", "13900000002"))
    sides = desk.page.locator(".settle .side")
    expect(sides).to_have_count(2)
    expect(sides.filter(has_text="当前采用")).to_contain_text(re.compile("13900000002.*李志强", re.DOTALL))
    expect(sides.filter(has_text="另一个答案")).to_contain_text(re.compile("13900000001.*王芳", re.DOTALL))
    desk.look("c01-disputed-household")
    desk.follow(name)
    expect(desk.page.locator(".settle")).to_have_count(0)
    expect(desk.fact("电话").locator(".value")).to_have_text("13911110001")
    expect(desk.fact("电话").locator(".source summary")).to_contain_text("王芳")
    expect(desk.fact("出生年份").locator(".value")).to_have_text("1966")
    expect(desk.fact("出生年份").locator(".source summary")).to_contain_text("李志强")
    desk.look("c02-person-of-both")

    fang.sync()
    fang.open_door(*door)
    expect(fang.page.locator(".notice", has_text=fang.word("household.disputed"))).to_contain_text("住户电话：13900000002 / 13900000001")
    expect(fang.fact("住户电话")).to_contain_text("13900000002")
    expect(fang.fact("住户电话")).to_contain_text(fang.word("household.disputed"))
    expect(fang.fact("住户电话")).to_contain_text(fang.filled("household.said", name="王芳", value="13900000001"))
    fang.fact("住户电话").scroll_into_view_if_needed()
    fang.look("c03-disputed-on-the-phone")

    label = "{}栋 {}单元 {}".format(*door)
    in_queue(desk, "填写不一致", label)
    desk.look("c04-dispute-in-the-queue")
    side(desk, "13900000001").get_by_role("button", name="以此为准").click()
    expect(told(desk)).to_contain_text("撤销")
    desk.page.locator(".toast [data-undo]").click()
    in_queue(desk, "填写不一致", label)  # it is there again
    side(desk, "13900000002").get_by_role("button", name="以此为准").click()
    expect(told(desk)).to_be_visible()
    desk.open(desk.find("住户", "13900000002"))
    expect(desk.page.locator(".settle")).to_have_count(0)
    expect(desk.fact("住户电话").locator(".value")).to_have_text("13900000002")
    desk.look("c05-settled-otherwise")
    fang.sync()
    fang.open_door(*door)
    expect(fang.fact("住户电话")).not_to_contain_text(fang.word("household.disputed"))
    expect(fang.page.locator(".written", has_text="13900000002")).to_contain_text("办公室已定")
    fang.look("c06-settled-on-the-phone")


def replicate(server, session: dict, document: dict) -> None:
    """As PouchDB does: the document with a revision of its own making."""
    answer = requests.post(
        f"{server.url}/sync/{session['sync']['inbox']}/_bulk_docs",
        json={"docs": [{**document, "_rev": "1-5c41", "_revisions": {"start": 1, "ids": ["5c41"]}}], "new_edits": False},
        headers={"Authorization": f"Bearer {session['access_token']}"},
        timeout=30,
    )
    assert (answer.status_code, answer.json()) == (201, [])


def test_a_survey_that_breaks_a_rule_is_held_and_mended_on_the_surveyors_phone(server, phone, eventually):
    min_ = phone("zhang min").sign_in("surveyor3")
    min_.outbox()
    session = server.sign_in("surveyor3", "d-00005c41")
    area = session["worker"]["areas"][0]
    door = {"building": "2", "unit": "3", "room": "1503"}
    replicate(
        server,
        session,
        {
            "_id": "submission:01KGH00000000000000000005C",
            "type": "submission",
            "form": "household_survey",
            "version": "1",
            "area": area["id"],
            "answers": {
                "household_id": household_id(session["household_key"].encode(), area["place"], **door, ordinal=1),
                "visit": {"mode": "door", "outcome": "done", "visited_at": "2026-02-03T09:15:02+08:00"},
                "address": {**door, "ordinal": 1},
                "members": [
                    {
                        "person_id": "person:01KGP00000000000000000005C",
                        "name": "孙大海",
                        "sex": "1",
                        "relation": "0",
                        "kind": "resident",
                        "temperature": 99.9,
                        "fever": {"fever_since": "2026-02-03", "saw_doctor": "no"},
                    }
                ],
                "household_needs": {"member_count": 1, "vulnerable_count": 0, "fever_count": 1},
                "closing": {"consent": "yes"},
            },
            "based_on": {},
            "started_at": "2026-02-03T09:12:44+08:00",
            "finished_at": "2026-02-03T09:15:02+08:00",
            "clock": "1770081302000-0000-d-00005c41",
            "clock_offset_ms": 0,
            "worker": session["worker"]["id"],
            "device": "d-00005c41",
            "app": "0.1.0",
            "supersedes": None,
            "media": [],
        },
    )
    receipts = eventually(lambda: server.documents("worker-w0003", "receipt:01KGH00000000000000000005C"), 30, "a receipt")
    receipt = receipts["receipt:01KGH00000000000000000005C"]
    assert receipt["status"] == "held"
    assert [(problem["path"], problem["rule"]) for problem in receipt["problems"]] == [("/members/0/temperature", "constraint")]

    min_.sync()
    held = min_.needing_work("2栋 3单元 1503")
    expect(held).to_contain_text(min_.state("needs_fixing"))
    expect(held).to_contain_text("体温应在34到43之间")
    min_.look("d01-needs-fixing")

    held.get_by_role("button", name=min_.word("outbox.fix")).click()
    expect(min_.question("体温")).to_be_in_viewport()
    expect(min_.question("体温")).to_contain_text("体温应在34到43之间")
    min_.look("d02-fixing-opens-on-the-question")
    min_.question("体温").locator(".heat__box").fill("36.9")
    min_.page.get_by_role("button", name=min_.word("form.outline.open"), exact=True).click()
    min_.page.locator(".outline__page", has_text=min_.word("form.review.title")).click()
    min_.look("d03-mended-review")
    min_.save()
    min_.done()
    min_.tab("outbox")
    lines = min_.lines().filter(has_text="2栋 3单元 1503")
    expect(lines.filter(has_text=min_.state("accepted"))).to_have_count(1, timeout=SYNC_MS_MAX)
    expect(lines.filter(has_text=min_.state("superseded"))).to_have_count(1, timeout=SYNC_MS_MAX)
    expect(min_.needing_work("2栋 3单元 1503")).to_have_count(0)
    min_.look("d04-corrected")
    statuses = {
        each["status"] for each in server.documents("worker-w0003", "receipt:").values() if each["submission"] == "submission:01KGH00000000000000000005C"
    }
    assert statuses == {"superseded"}


def test_the_same_job_in_english(shared_phone):
    wang = shared_phone()
    wang.tab("me")
    wang.page.get_by_role("button", name="English").click()
    wang.speak("en")
    wang.look("f01-me")
    wang.lose_network()
    door = wang.open_door_never_visited(1)
    wang.look("f02-door")
    wang.start("survey")
    wang.choose("How", "At the door")
    wang.choose("Result of the visit", "Done")
    wang.forward()
    wang.look("f03-address")
    wang.forward()
    wang.add_members("John Smith")
    wang.forward()
    wang.choose("Sex", "Male")
    wang.choose("Relation to the head", "Head")
    wang.choose("Resident, returnee or visitor", "Visitor")
    wang.measure("Temperature", "37.0")
    wang.choose("Symptoms", "None")
    wang.look("f04-member")
    wang.forward()
    wang.on_page("Return or arrival from elsewhere")
    wang.question("From which province").locator(".picker").click()
    wang.page.locator("dialog .sheet__row", has_text="Shanghai").first.click()
    wang.choose("Date of arrival", "Today")
    wang.look("f05-arrival")
    wang.forward()
    wang.forward()
    wang.forward()
    wang.choose("Told what it is for, and agreed", "Yes")
    wang.forward()
    wang.look("f06-review")
    wang.save()
    wang.done()
    wang.outbox()
    line = wang.line(door, "Household survey")
    expect(line).to_contain_text(wang.state("waiting"))
    wang.find_network()
    expect(line).to_contain_text(wang.state("accepted"), timeout=SYNC_MS_MAX)
    wang.look("f07-accepted")
