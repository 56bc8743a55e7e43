"""The office in real Chromium: the page's own policy refuses nothing, typing searches, keys walk, nothing scrolls sideways; also without scripts."""

from __future__ import annotations

import os
import re
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect
from werkzeug.serving import make_server

from tests.server.office.seeded import HELD, HOUSEHOLD, PASSWORD, PERSON

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("office-browser")]
PAGES = [
    "/",
    "/households",
    "/people",
    "/cases",
    f"/records/{HOUSEHOLD}",
    f"/records/{PERSON}",
    "/queue",
    f"/queue?sort=dispute&item=dispute:{HOUSEHOLD}",
    f"/queue?sort=held&item=held:{HELD}",
    "/submissions",
    f"/submissions/{HELD}",
    "/operator",
    "/forms",
    "/forms/household_survey/1",
    "/nowhere",
]
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update"]


@pytest.fixture(scope="module")
def chromium(playwright) -> Iterator[Browser]:
    path = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, ["chromium", "chromium-browser", "google-chrome"])), None)
    assert path, "No Chromium: see tests/end_to_end/provide_chromium.sh"
    browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
    yield browser
    browser.close()


@pytest.fixture
def address(app) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()


@pytest.fixture
def sign_in(chromium: Browser, address: str) -> Iterator[Callable[..., Page]]:
    """sign_in(**options) is a page of a fresh browser profile in which the administrator has signed in."""
    with ExitStack() as opened:

        def sign_in(**options: Any) -> Page:
            context = opened.enter_context(chromium.new_context(locale="zh-CN", base_url=address, **options))
            page = context.new_page()
            page.goto("/sign-in")
            page.fill("[name=username]", "admin")
            page.fill("[name=password]", PASSWORD)
            page.click("button.main")
            page.wait_for_url(f"{address}/")
            return page

        yield sign_in


def ready(page: Page, path: str) -> None:
    """The page with its scripts at work."""
    page.goto(path)
    expect(page.locator("html.scripted")).to_have_count(1)
    page.wait_for_load_state("networkidle")


@pytest.mark.parametrize(("width", "height", "scheme"), [(390, 844, "dark"), (1440, 900, "light")])
def test_every_page_fits_its_screen_and_breaks_no_rule_of_its_policy(sign_in, width, height, scheme):
    page = sign_in(viewport={"width": width, "height": height}, color_scheme=scheme)
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text) if message.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    for path in PAGES:
        page.goto(path)
        page.wait_for_load_state("networkidle")
        assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0, path
    assert [each for each in said if "404" not in each] == []


def test_typing_narrows_the_list_and_the_address_and_the_export_follow(sign_in, address):
    page = sign_in()
    ready(page, "/households")
    page.keyboard.press("/")
    page.keyboard.type("hll")
    expect(page.locator("#list tbody tr")).to_have_count(1)
    expect(page).to_have_url(re.compile(r"q=hll"))
    expect(page.locator("a[data-export]")).to_have_attribute("href", re.compile(r"q=hll"))
    page.select_option("select[name=state]", "none")
    expect(page.locator("#list .empty")).to_be_visible()
    page.go_back()
    expect(page.locator("#list tbody tr")).to_have_count(1)


def test_j_and_k_walk_the_list_and_enter_opens(sign_in, address):
    page = sign_in()
    ready(page, "/households")
    for key in "jjk":
        page.keyboard.press(key)
    expect(page.locator("tr.at th")).to_have_text("1栋 2单元 311")
    page.keyboard.press("Enter")
    page.wait_for_url(f"{address}/records/{HOUSEHOLD}")


def test_searching_and_deciding_work_without_scripts(sign_in, address):
    page = sign_in(java_script_enabled=False)
    page.goto("/households")
    page.fill("#search", "hll")
    page.click("form.filters button")
    assert page.locator("#list tbody tr").count() == 1
    page.goto(f"/submissions/{HELD}")
    page.locator("div.answer", has_text="体温").locator("summary").click()
    page.locator("div.answer", has_text="体温").locator("textarea").fill("请重新测温")
    page.uncheck("input[name=then]")
    page.click("button[value=return]")
    assert page.locator(".title .badge").inner_text() == "已退回"
    page.click(".toast button")
    assert page.locator(".title .badge").inner_text() == "待处理"


def test_what_was_written_is_there_again_after_signing_in_anew_and_gone_once_it_was_sent(sign_in):
    page = sign_in()
    ready(page, f"/queue?item=held:{HELD}")
    comment, note = page.locator("#decision textarea[name=comment]"), page.locator("textarea[name='about:/members/0/temperature']")
    comment.fill("请重新测温")
    page.locator("div.answer", has_text="体温").locator("summary").click()
    note.fill("63.8？")
    page.context.clear_cookies()
    page.keyboard.press("Escape")
    page.keyboard.press("r")
    expect(page.locator("#refused textarea").last).to_have_value("请重新测温")
    page.click("#refused .main")
    page.fill("[name=username]", "admin")
    page.fill("[name=password]", PASSWORD)
    page.click("button.main")
    expect(comment).to_have_value("请重新测温")
    expect(note).to_be_visible()
    page.click("button[value=return]")
    expect(page.locator(".toast.done")).to_contain_text("已退回")
    assert page.evaluate("Object.keys(sessionStorage).filter((key) => key.startsWith('doorstep draft'))") == []


def test_in_the_queue_one_key_decides_another_undoes_and_none_fires_while_typing(sign_in, address):
    page = sign_in()
    ready(page, "/queue?sort=held")
    title = page.locator(".item-head h2")
    expect(page.locator(".items .at")).to_contain_text("体温应在34到43之间")
    page.keyboard.press("r")
    expect(page.locator("#decision textarea[name=comment]")).to_be_focused()  # a return needs a word
    page.keyboard.type("axu请重新测温")
    expect(page.locator("#decision textarea[name=comment]")).to_have_value("axu请重新测温")
    page.keyboard.press("Escape")
    page.keyboard.press("r")
    expect(page.locator(".toast.done")).to_contain_text("已退回")
    expect(page.locator(".items .at")).to_contain_text("浮山网格")  # the next one came by itself
    page.keyboard.press("u")
    expect(page.locator(".items .at")).to_contain_text("体温应在34到43之间")  # back at what was undone
    page.keyboard.press("m")
    expect(page.locator(".items .at")).to_contain_text("王芳")
    page.keyboard.press("?")
    expect(page.locator("dialog#keys")).to_be_visible()
    page.keyboard.press("x")
    expect(title).to_have_text("入户摸排")  # not while the keys are shown
    page.keyboard.press("Escape")
    page.check("[data-all]")
    expect(page.locator("[data-several]")).to_be_visible()
