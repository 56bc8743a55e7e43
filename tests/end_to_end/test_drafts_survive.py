"""A form never loses an answer: the renderer dies, the disk is full, an expression throws; and a register that is written hundreds of times."""

from __future__ import annotations

import contextlib
import shutil

import pytest
from playwright.sync_api import Error, expect

from tests.end_to_end.test_filling_forms import png
from tests.end_to_end.walking import Phone

SURVEY, GATE = "household_survey", "checkpoint_entry"

THROWING = """
| settings |
| | form_title::zh | form_title::en | form_id | version | default_language |
| | 会出错的表 | A form that throws | throwing | 1 | zh |

| survey |
| | type | name | label::zh | label::en | calculation |
| | text | word | 词 | Word | |
| | text | pattern | 式 | Pattern | |
| | calculate | found | | | if(${pattern} = '', '', regex(${word}, ${pattern})) |
"""

# Everything that the desk holds, as it lies on the disk.
DESK = """async () => {
    const open = indexedDB.open('doorstep/w0001/desk');
    const database = await new Promise((resolve) => (open.onsuccess = () => resolve(open.result)));
    const reading = database.transaction('drafts').objectStore('drafts').getAll();
    const drafts = await new Promise((resolve) => (reading.onsuccess = () => resolve(reading.result)));
    database.close();
    return drafts;
}"""

# The browser's own answer to a full disk; a quota that one sets for it is asked for only now and then.
DISK_IS = """(full) => {
    window.put ??= IDBObjectStore.prototype.put;
    IDBObjectStore.prototype.put = full ? () => { throw new DOMException('no room is left', 'QuotaExceededError'); } : window.put;
}"""


@pytest.fixture
def phone(shared_phone) -> Phone:
    phone = shared_phone()
    phone.lose_network()
    return phone


def open_form(phone: Phone, form: str) -> None:
    phone.page.goto(f"{phone.url}/app/#/form/{form}")
    phone.page.wait_for_selector(".form-page .question")


def forward(phone: Phone) -> None:
    phone.page.locator(".form-bottom .button").nth(1).click()


def crash(phone: Phone) -> None:
    """The process that shows the page ends at once, as when the system wants its memory; no event tells the page. The same phone goes on in a new one.

    By the browser's own address for that: killing the processes by number also met the browser's spare one, and it then opened no page any more.
    """
    with contextlib.suppress(Error):
        phone.page.goto("chrome://crash", timeout=10_000)
    phone.page = phone.context.new_page()
    phone.page.set_default_timeout(30_000)
    for _ in range(5):
        # The app's service worker may have died with the page; the browser starts it again, now and then only when asked once more.
        with contextlib.suppress(Error):
            phone.page.goto(f"{phone.url}/app/", timeout=15_000)
            phone.page.wait_for_selector(".tabs", timeout=15_000)
            return
    raise AssertionError("the app does not start again")


def test_what_was_answered_before_the_renderer_dies_is_all_there(phone):
    page = phone.page
    open_form(phone, SURVEY)
    page.get_by_role("radio", name="上门", exact=True).click()
    page.get_by_role("radio", name="完成", exact=True).click()
    forward(phone)
    for place, text in enumerate(["3", "1", "502"]):
        page.locator(".question__box").nth(place).fill(text)
    forward(phone)
    page.locator(".roster-row .question__box").fill("李娜")
    page.locator(".form-top .icon-button").last.click()
    page.locator(".outline__page", has_text="位置、照片与确认").click()
    page.locator("input[type=file]").last.set_input_files({"name": "door.png", "mimeType": "image/png", "buffer": png(64, 48)})
    page.wait_for_selector(".photo img")
    # The outcome changes by a slip: everyone who was written down is not asked for any more, and must not be lost.
    page.locator(".form-top .icon-button").last.click()
    page.locator(".outline__page", has_text="本次走访").click()
    page.get_by_role("radio", name="拒绝", exact=True).click()
    page.locator("textarea, .question__box").last.press_sequentially("门口有人说不方便", delay=30)
    page.wait_for_timeout(300)  # what the benchmark measures: an answer is on the disk by now
    crash(phone)

    page = phone.page
    page.get_by_text("继续填写").first.click()
    page.wait_for_selector(".form-page .question")
    assert page.inner_text(".form-page h1") == "本次走访"
    assert page.get_by_role("radio", name="拒绝", exact=True).get_attribute("aria-checked") == "true"
    assert page.locator("textarea, .question__box").last.input_value() == "门口有人说不方便"
    page.get_by_role("radio", name="完成", exact=True).click()
    page.locator(".form-top .icon-button").last.click()
    page.locator(".outline__page", has_text="李娜").first.wait_for()
    page.locator(".outline__page", has_text="位置、照片与确认").click()
    page.wait_for_selector(".photo img")


def test_a_full_disk_is_said_and_the_answer_stays_on_the_screen(phone):
    page = phone.page
    open_form(phone, SURVEY)
    page.evaluate(DISK_IS, True)
    page.get_by_role("radio", name="上门", exact=True).click()
    page.get_by_text("手机存储满了").wait_for()
    assert page.get_by_role("radio", name="上门", exact=True).get_attribute("aria-checked") == "true"
    # The first tap on leaving says it again; the form stays.
    page.locator(".form-top .icon-button").first.click()
    expect(page.locator(".form-page .question").first).to_be_visible()
    page.evaluate(DISK_IS, False)
    page.get_by_text("草稿已存").wait_for()
    expect(page.get_by_text("手机存储满了")).to_have_count(0)
    (draft,) = page.evaluate(DESK)
    assert "<mode>door</mode>" in draft["state"]["xml"]


def test_the_app_opens_on_a_full_disk_and_shows_what_it_holds(shared_server, signed_in, open_profile, tmp_path):
    shutil.copytree(signed_in, tmp_path / "profile-full", ignore=shutil.ignore_patterns("Singleton*"))
    phone = Phone(open_profile("full"), shared_server.url)
    room = {"origin": shared_server.url, "quotaSize": 1000}
    phone.context.new_cdp_session(phone.page).send("Storage.overrideQuotaForOrigin", room)
    phone.lose_network()
    phone.open()
    phone.search("1304").first.click()
    expect(phone.page.locator(".screen--record .facts, .screen--record .history").first).to_be_visible()  # read from the database itself
    phone.page.locator(".thumb .button", has_text=phone.word("household.survey")).click()
    phone.page.get_by_role("radio", name="上门", exact=True).click()
    phone.page.get_by_text("手机存储满了").wait_for()  # it is full indeed


def test_an_expression_that_throws_is_told_and_the_form_goes_on(shared_server, shared_phone, tmp_path):
    form = tmp_path / "throwing.md"
    form.write_text(THROWING)
    shared_server.publish(form)
    phone = shared_phone()
    open_form(phone, "throwing")
    phone.lose_network()
    page = phone.page
    page.locator(".question__box").nth(0).fill("abc")
    page.locator(".question__box").nth(1).fill("(")
    page.locator(".question__box").nth(0).click()  # the box is left: the form is opened anew as it stands
    page.get_by_text("没能记下这个答案").wait_for()
    assert [page.locator(".question__box").nth(place).input_value() for place in (0, 1)] == ["abc", "("]
    page.locator(".question__box").nth(1).fill("b")
    expect(page.get_by_text("没能记下这个答案")).to_have_count(0)
    page.get_by_text("草稿已存").wait_for()
    (draft,) = page.evaluate(DESK)
    assert "<found>true</found>" in draft["state"]["xml"]


def test_a_register_is_saved_by_one_tap_and_the_last_entry_can_be_changed(shared_server, phone, eventually):
    server = shared_server
    before = set(server.documents("worker-w0001", "submission:"))
    open_form(phone, GATE)
    page = phone.page
    page.get_by_role("radio", name="出", exact=True).click()
    save = page.locator(".form-bottom .button--main")
    save.click()
    page.locator(".form-top__kept").wait_for()
    # The direction stays; nothing else does.
    assert page.get_by_role("radio", name="出", exact=True).get_attribute("aria-checked") == "true"
    page.get_by_role("radio", name="进", exact=True).click()
    page.get_by_role("button", name="36.6").click()
    save.click()
    page.get_by_role("button", name="36.6").wait_for()
    page.locator(".form-bottom__take-back").click()
    page.get_by_role("radio", name="黄码", exact=True).click()
    save.click()
    page.locator(".form-top__kept").wait_for()
    page.wait_for_timeout(500)
    assert page.evaluate(DESK) == []
    phone.find_network()
    new = eventually(lambda: len(found := set(server.documents("worker-w0001", "submission:")) - before) == 3 and found, 60, "the entries arrive by themselves")
    sent = [document for name, document in server.documents("worker-w0001", "submission:").items() if name in new]
    superseding = [document for document in sent if document["supersedes"]]
    assert len(superseding) == 1 and superseding[0]["supersedes"] in new
    assert superseding[0]["answers"]["entry"]["health_code"] == "yellow"
    assert sorted(document["answers"]["entry"]["direction"] for document in sent) == ["in", "in", "out"]
