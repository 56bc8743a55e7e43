"""A problem is found without a network, solved from its own record, and the office sees it solved; an entry at the gate is counted."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.end_to_end.walking import Office, Phone

WHAT = "4栋车库门锁坏了"
pytestmark = pytest.mark.timeout(300)


def open_from_menu(phone: Phone, words: str, place: int = 0) -> None:
    phone.page.goto(f"{phone.url}/app/#/forms")
    phone.page.locator(".list .due", has_text=words).nth(place).click()


def test_a_problem_is_reported_and_solved_on_one_phone_before_it_finds_a_network(shared_server, shared_phone, open_profile, eventually):
    server, phone = shared_server, shared_phone()
    area = server.sign_in("surveyor1", "d-00000e99")["sync"]["areas"][0]
    phone.lose_network()

    open_from_menu(phone, "问题台账")
    phone.choose("种类", "设施损坏")
    phone.type("问题描述", WHAT)
    phone.forward()
    phone.forward()
    phone.save()
    phone.done()

    open_from_menu(phone, "问题台账", place=1)  # the first is the form, the second the list of its records
    line = phone.page.locator(".list .due", has_text=WHAT)
    expect(line).to_contain_text("待解决")
    expect(line).to_contain_text(phone.word("household.pending"))
    line.click()
    expect(phone.page.locator("h1")).to_have_text(WHAT)
    phone.look("record-problem")
    phone.page.locator(".thumb .button", has_text="问题台账").click()
    expect(phone.question("问题描述").locator(".question__box")).to_have_value(WHAT)
    phone.forward()
    phone.choose("状态", "已解决")
    phone.type("如何解决", "已换锁")
    phone.forward()
    phone.save()
    phone.done()

    open_from_menu(phone, "问题台账", place=1)
    expect(phone.page.locator(".list .due", has_text=WHAT)).to_have_count(0)  # open ones only
    phone.find_network()

    def solved() -> dict | None:
        return next(
            (each for each in server.documents(area, "problem:").values() if each["label"] == WHAT and each["fields"]["status"]["value"] == "solved"), None
        )

    record = eventually(solved, 60, "the problem is merged as solved")
    assert record["submission_count"] == 2
    assert "disputed" not in record["fields"]["status"]

    desk = Office(open_profile("desk", 1440, 900), server.url).sign_in("leader")
    desk.page.goto(f"{server.url}/problems?state=solved")
    expect(desk.page.locator("#list tbody tr", has_text=WHAT)).to_contain_text("已解决")
    desk.page.goto(f"{server.url}/work")
    expect(desk.page.locator("tr", has_text="卡口登记")).to_contain_text("只作台账")
