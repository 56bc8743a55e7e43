"""While a person's name is typed the phone offers who it may be, without a network, and the survey goes on from the record that it knows."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, expect

from tests.end_to_end.walking import Phone

pytestmark = pytest.mark.browser

TARGET_PIXELS_MIN = 48


def card(phone: Phone) -> Locator:
    return phone.page.get_by_role("region", name=phone.word("form.likely.title"))


def someone(phone: Phone, name: str) -> Locator:
    return card(phone).locator(".likely__one", has=phone.page.locator("strong", has_text=name))


def test_a_woman_who_is_registered_elsewhere_is_found_by_the_sound_of_her_name_and_stays_one_person(shared_server, shared_phone, eventually):
    people = shared_server.documents("area-g0311", "person:")
    her = next(person for person in people.values() if person["label"] == "何伶俐")
    phone = shared_phone()
    before = set(shared_server.documents("worker-w0001", "submission:"))
    phone.lose_network()
    phone.open_door_never_visited()
    phone.start("survey")
    phone.choose("走访方式", "上门")
    phone.choose("走访结果", "完成")
    phone.forward()
    phone.forward()

    # The letters that an input method is still putting together are no name.
    box = phone.page.locator(".roster-row .question__box").first
    if not box.count():
        phone.page.locator(".add-row").click()
    box.click()
    keys = phone.context.new_cdp_session(phone.page)
    keys.send("Input.imeSetComposition", {"text": "何", "selectionStart": 1, "selectionEnd": 1})
    keys.send("Input.imeSetComposition", {"text": "何ling'li", "selectionStart": 8, "selectionEnd": 8})
    expect(box).to_have_value("何ling'li")
    phone.page.wait_for_timeout(300)
    expect(card(phone)).to_have_count(0)
    keys.send("Input.insertText", {"text": "何玲利"})
    expect(someone(phone, "何伶俐")).to_contain_text(phone.word("form.likely.why.sound"))
    expect(someone(phone, "何伶俐")).to_contain_text("1栋 2单元 402")
    expect(phone.page.locator(".roster-row [role=status]")).to_contain_text("何伶俐")
    expect(box).to_be_focused()
    for button in card(phone).get_by_role("button").all():
        assert button.bounding_box()["height"] >= TARGET_PIXELS_MIN
    phone.look("l01-likely")

    # Nobody of them: the card stays away until the name is another one.
    phone.tap("form.likely.none_of_them")
    expect(card(phone)).to_have_count(0)
    box.fill("何玲")
    box.fill("何玲利")
    phone.page.wait_for_timeout(300)
    expect(card(phone)).to_have_count(0)
    phone.page.locator(".roster-row .icon-button").first.click()
    phone.page.locator(".add-row").click()

    # It is she; no; it is she.
    box.fill("何玲利")
    someone(phone, "何伶俐").tap()
    expect(box).to_have_value("何伶俐")
    phone.look("l02-taken")
    phone.page.locator(".toast").get_by_role("button", name=phone.word("form.undo")).click()
    expect(box).to_have_value("何玲利")
    someone(phone, "何伶俐").tap()
    expect(phone.page.locator(".likely-taken")).to_contain_text("1栋 2单元 402")
    phone.forward()

    # What is known is there, what she was to the others behind her former door is not.
    phone.on_page("何伶俐")
    expect(phone.question("出生年份").locator(".question__box")).to_have_value("1975")
    expect(phone.question("与户主关系").locator("input:checked")).to_have_count(0)
    phone.choose("与户主关系", "本人或户主")
    phone.forward()
    phone.on_page("从外地返回或来访")
    phone.forward()
    phone.forward()
    phone.on_page("这一家需要什么")
    phone.forward()
    phone.choose("已告知用途并征得同意", "是")
    phone.forward()
    phone.save()
    phone.done()
    phone.find_network()

    def sent() -> dict | None:
        found = shared_server.documents("worker-w0001", "submission:")
        return next((found[id] for id in found.keys() - before), None)

    submission = eventually(sent, 60, "the survey is at the centre")
    assert [(member["person_id"], member["name"]) for member in submission["answers"]["members"]] == [(her["_id"], "何伶俐")]
    assert submission["based_on"][her["_id"]] == her["version"]
    eventually(
        lambda: shared_server.documents("area-g0311", "person:")[her["_id"]]["fields"]["household"]["value"] == submission["answers"]["household_id"],
        60,
        "she belongs to the door where she was found",
    )
    assert len(shared_server.documents("area-g0311", "person:")) == len(people)
