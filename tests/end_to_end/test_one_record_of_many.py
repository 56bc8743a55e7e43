"""What people say about records, on real parts: two that are one, a household that moves, a survey that is returned and comes back."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.end_to_end.test_main_job import door_of_one_person, in_queue, survey_again, told
from tests.end_to_end.walking import SYNC_MS_MAX

pytestmark = pytest.mark.browser

FANGS_AREA = "area-g0311"
OTHER_AREA = "area-g0312"


def of_kind(server, area: str, kind: str) -> dict[str, dict]:
    return {id: each for id, each in server.documents(area).items() if each.get("kind") == kind and each.get("type") == "record"}


def test_two_names_that_sound_the_same_are_suggested_linked_and_unlinked(server, phone, office, eventually):
    fang = phone("wang fang").sign_in("surveyor1")
    desk = office()
    in_queue(desk, "疑似重复", "何伶俐")
    expect(desk.page.locator(".queue-item")).to_contain_text("名读音相同")
    expect(desk.page.locator(".queue-item")).to_contain_text("电话相同")
    desk.look("m05-pair")
    one, other = sorted(id for id, each in of_kind(server, FANGS_AREA, "person").items() if each["label"] in ("何伶俐", "何玲利"))
    before = {id: server.documents(FANGS_AREA)[id] for id in (one, other)}
    desk.page.locator(".pair-decision button[name=action][value=link]").click()
    expect(told(desk)).to_contain_text("撤销", timeout=15_000)
    eventually(lambda: server.documents(FANGS_AREA)[other].get("linked_to") == one, 15, "the one stands for both")
    assert server.documents(FANGS_AREA)[one]["members"] == [one, other]
    fang.sync()
    fang.look("m06-linked-on-the-phone")

    desk.page.goto(f"{server.url}/records/{one}")
    desk.look("m07-the-one")
    desk.page.get_by_role("button", name="取消关联").click()
    expect(told(desk)).to_be_visible()
    restored = lambda: {id: {k: v for k, v in server.documents(FANGS_AREA)[id].items() if k != "_rev"} for id in (one, other)}  # noqa: E731
    eventually(lambda: restored() == {id: {k: v for k, v in each.items() if k != "_rev"} for id, each in before.items()}, 15, "both are what they were")


def test_a_household_moves_both_workers_are_told_and_a_late_survey_follows_it(server, phone, office, eventually):
    door, name = door_of_one_person(server)
    label = f"{door[0]}栋 {door[1]}单元 {door[2]}"
    household = next(id for id, each in of_kind(server, FANGS_AREA, "household").items() if each["label"] == label)
    fang, min_ = phone("wang fang").sign_in("surveyor1"), phone("the other grid").sign_in("surveyor3")
    fang.lose_network()
    survey_again(fang, door, "13900000009", "电话", "13911110009")

    desk = office()
    desk.open(desk.find("住户", label))
    desk.page.locator(".moving select").select_option("g0312")
    desk.look("m08-moving")
    desk.page.locator(".moving").get_by_role("button", name="迁移").click()
    expect(told(desk)).to_contain_text("撤销")
    eventually(lambda: server.documents(FANGS_AREA)[household]["type"] == "moved", 15, "the old area is told")

    fang.outbox()
    fang.find_network()
    expect(fang.lines().first).to_contain_text(fang.state("accepted"), timeout=SYNC_MS_MAX)
    moved = eventually(lambda: server.documents(OTHER_AREA).get(household), 15, "it is where it moved to")
    assert moved["fields"]["phone"]["value"] == "13900000009"
    assert [each["label"] for each in of_kind(server, OTHER_AREA, "person").values() if each["fields"].get("household", {}).get("value") == household] == [name]
    assert household not in of_kind(server, FANGS_AREA, "household")
    fang.tab("today")
    expect(fang.page.locator(".notice", has_text=label)).to_contain_text("已转到")
    fang.look("m09-moved-away")
    min_.sync()
    min_.tab("today")
    expect(min_.page.locator(".notice", has_text=label)).to_contain_text("转来")
    min_.look("m10-moved-here")


def test_a_survey_returned_with_two_comments_comes_back_and_is_accepted(server, phone, office, eventually):
    fang = phone("wang fang").sign_in("surveyor1")
    fang.open_door("1", "2", "602")
    who = fang.page.locator(".due", has_text="邓宇")
    expect(who).to_contain_text(fang.word("household.undecided"))  # the centre has it: nobody is told that it was not sent
    expect(who).not_to_contain_text(fang.word("household.pending"))
    fang.outbox()
    held = fang.page.locator(".fix")  # the demo's: 45.2 ℃
    expect(held).to_have_count(1)
    desk = office()
    in_queue(desk, "待处理提交", "1栋 2单元 602")
    for answer, words in (("45.2", "请重新量体温。"), ("住户电话", "少了一位数吗？")):
        about = desk.page.locator(".answer", has_text=answer).locator(".about")
        about.locator("summary").click()
        about.locator("textarea").fill(words)
    desk.page.fill("#decision [name=comment]", "请向住户核实后再交。")
    desk.look("m11-returning")
    desk.page.locator("#decision").get_by_role("button", name="退回手机").click()
    expect(told(desk)).to_contain_text("王芳")
    eventually(lambda: "returned" in {each["status"] for each in server.documents("worker-w0001", "receipt:").values()}, 30, "the receipt of the return")

    fang.sync()
    expect(held).to_contain_text(fang.state("returned"))
    for words in ("请向住户核实后再交。", "请重新量体温。", "少了一位数吗？"):
        expect(held).to_contain_text(words)
    held.locator(".fix__head").click()
    office_said = fang.page.locator(".screen--record .notice")
    expect(office_said.first).to_contain_text("请向住户核实后再交。")  # before what the rules say
    expect(office_said.first).to_contain_text("徐明")
    expect(office_said.filter(has_text="请重新量体温。")).to_contain_text("体温")
    fang.look("m11-what-the-office-said")
    fang.page.reload()  # the app was killed here: what was answered stands there again
    expect(fang.page.locator(".screen--record .facts").first).to_contain_text("走访方式")
    fang.page.go_back()
    held.get_by_role("button", name=fang.word("outbox.fix")).click()
    fang.look("m12-returned-form")
    fang.page.get_by_role("button", name=fang.word("form.outline.open"), exact=True).click()
    fang.page.locator(".outline__page", has_text="门牌").click()
    expect(fang.question("住户电话")).to_contain_text("少了一位数吗？")
    fang.type("住户电话", "13900000045")
    fang.page.get_by_role("button", name=fang.word("form.outline.open"), exact=True).click()
    fang.page.locator(".outline__page", has_text="邓宇").first.click()
    expect(fang.question("体温")).to_contain_text("请重新量体温。")
    fang.question("体温").locator(".heat__box").fill("36.8")
    fang.page.get_by_role("button", name=fang.word("form.outline.open"), exact=True).click()
    fang.page.locator(".outline__page", has_text=fang.word("form.review.title")).click()
    fang.look("m13-put-right")
    fang.save()
    fang.done()
    fang.tab("outbox")
    lines = fang.lines().filter(has_text="1栋 2单元 602")
    expect(lines.filter(has_text=fang.state("accepted"))).not_to_have_count(0, timeout=SYNC_MS_MAX)
    expect(held).to_have_count(0)
    fang.look("m14-accepted")
    desk.open(desk.find("住户", "13900000045"))
    desk.look("m15-approved")

    # She sees for herself that the number is wrong, and corrects what was accepted.
    fang.line("1栋 2单元 602", "入户摸排").click()
    fang.tap("submission.correct")
    expect(fang.page.locator(".notice", has_text=fang.word("form.office.correcting"))).to_be_visible()
    fang.page.get_by_role("button", name=fang.word("form.outline.open"), exact=True).click()
    fang.page.locator(".outline__page", has_text="门牌").click()
    fang.type("住户电话", "13900000046")
    fang.page.get_by_role("button", name=fang.word("form.outline.open"), exact=True).click()
    fang.page.locator(".outline__page", has_text=fang.word("form.review.title")).click()
    fang.save()
    expect(fang.page.locator(".form-end__state")).to_contain_text(fang.state("accepted"), timeout=SYNC_MS_MAX)
    fang.done()
    expect(fang.page.locator(".screen--record")).to_contain_text(fang.state("superseded"))
    desk.open(desk.find("住户", "13900000046"))
