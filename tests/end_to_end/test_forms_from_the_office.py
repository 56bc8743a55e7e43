"""A form's way in real Chromium: brought to the office with a mistake in it, mended, tried as on the phone, published; and a phone has it."""

from __future__ import annotations

import io
import re

import openpyxl
import pytest
from playwright.sync_api import expect

from tests.end_to_end.walking import Phone

pytestmark = pytest.mark.browser
WAIT_MS_MAX = 30_000


def workbook(constraint: str) -> dict:
    """The visitor register as its author saves it; its temperature has this constraint."""
    book = openpyxl.Workbook()
    survey = book.active
    survey.title = "survey"
    survey.append(["type", "name", "label::zh", "label::en", "required", "constraint", "constraint_message::zh", "constraint_message::en"])
    survey.append(["text", "who", "来访人姓名", "Name of the visitor", "yes"])
    survey.append(["decimal", "temp", "来访人体温", "Temperature of the visitor", None, constraint, "体温应在34到43之间", "Must be from 34 to 43"])
    settings = book.create_sheet("settings")
    settings.append(["form_title::zh", "form_title::en", "form_id", "version", "default_language"])
    settings.append(["访客登记", "Visitor register", "visitors", "1", "zh"])
    buffer = io.BytesIO()
    book.save(buffer)
    return {"name": "visitors.xlsx", "mimeType": "application/octet-stream", "buffer": buffer.getvalue()}


def office(open_profile, server):
    page = open_profile("office", width=1440, height=900).pages[0]
    page.set_default_timeout(WAIT_MS_MAX)
    page.goto(f"{server.url}/sign-in")
    page.fill("[name=username]", "admin")
    page.fill("[name=password]", "demo")
    page.click("button.main")
    page.wait_for_url(f"{server.url}/")
    return page


def test_a_form_is_brought_mended_tried_and_published_and_a_phone_has_it(server, open_profile, eventually):
    phone = Phone(open_profile("phone"), server.url).sign_in("surveyor1")
    page = office(open_profile, server)

    # Brought with a mistake: it is said where it stands in the sheet
    page.goto(f"{server.url}/forms")
    page.locator("details.bring summary").click()
    page.set_input_files("details.bring [name=form]", workbook(". >= 34 and (. <= 43"))
    page.locator("details.bring button").click()
    wrong = page.locator("td.error")
    expect(wrong).to_have_count(1)
    expect(wrong).to_contain_text(". >= 34 and (. <= 43")
    expect(page.locator("pre.caret")).to_contain_text("^")
    expect(page.get_by_role("button", name="发布到手机")).to_have_count(0)

    # Mended
    page.set_input_files("[name=form]", workbook(". >= 34 and . <= 43"))
    page.get_by_role("button", name="重新检查").click()
    expect(page.locator(".badge.good", has_text="可以发布")).to_be_visible()

    # Tried as the phone shows it: a wrong answer is refused there, a good one is judged by the centre, and nothing is kept
    with page.context.expect_page() as opened:
        page.locator("a", has_text="像手机上一样试填").click()
    form = opened.value.frame_locator("iframe.phone")
    form.get_by_label("来访人姓名").fill("何伶俐")
    form.get_by_label("来访人体温").fill("36.5")
    form.get_by_role("button", name=phone.word("form.to_review")).click()
    form.get_by_role("button", name=phone.word("form.save"), exact=True).click()
    expect(form.locator("#verdict")).to_contain_text(phone.word("try.accepted"))
    expect(form.locator(".fact__value").first).to_have_text("何伶俐")
    assert not [each for each in server.documents("forms") if "visitors" in each], "nothing is published by trying"
    opened.value.close()

    # Published: the phone has it within a sync, opens it, and tells so
    page.get_by_role("button", name="发布到手机").click()
    expect(page.get_by_role("heading", name="访客登记")).to_be_visible()
    expect(page.locator("#phones")).to_contain_text("部还没有这个表单")
    eventually(lambda: "form:visitors:1" in server.documents("forms"), 30, "the form is published")

    phone.page.reload()
    phone.page.goto(f"{server.url}/app/#/form/visitors")
    expect(phone.page.get_by_label("来访人姓名")).to_be_visible(timeout=WAIT_MS_MAX)

    def told() -> bool:
        page.reload()
        return re.search(r"\d+ 部手机中 1 部已有第 1 版", page.locator("#phones").inner_text()) is not None

    eventually(told, 30, "the office shows that the phone has it")
    page.locator("#phones details summary").click()
    expect(page.locator("#phones tr", has_text="王芳")).not_to_have_count(0)
