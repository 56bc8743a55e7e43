"""The phone app without its server, in real Chromium: what it keeps, what it tells, what it hands in, and what it never wipes."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.end_to_end.walking import TOKEN_RUNS_OUT

pytestmark = pytest.mark.browser
ROOT = Path(__file__).parent.parent.parent


class App:
    """The app of this server."""

    def __init__(self, server):
        self.url = f"{server.url}/app/"

    def open(self, context, screen: str = "/"):
        page = context.pages[0]
        page.set_default_timeout(30_000)
        self.go(page, screen)
        return page

    def go(self, page, screen: str) -> None:
        page.goto(f"{self.url}#{screen}")

    def sign_in(self, context, username: str):
        page = self.open(context)
        page.fill("#username", username)
        page.fill("#password", "demo")
        page.click("button[type=submit]")
        page.wait_for_selector(".top__line:has-text('已同步')")
        page.evaluate("navigator.serviceWorker.ready.then(() => true)")
        return page

    def visit_nobody_home(self, page) -> str:
        """Fills the shortest survey at the first door never visited, and saves it. Gives the door's name."""
        self.go(page, "/doors")
        page.click(".door--never >> nth=0")
        page.wait_for_selector(".thumb")
        door = page.inner_text("h1")
        page.click(".thumb .button--main")
        page.get_by_text("上门").click()
        page.get_by_text("家中无人").click()
        save = page.get_by_role("button", name=re.compile("保存"))
        for _ in range(4):
            page.get_by_role("button", name="下一步").or_(save).first.wait_for()
            if save.count():
                break
            page.get_by_role("button", name="下一步").click()
        save.click()
        page.get_by_text("已保存").first.wait_for()
        return door

    def first_line(self, page) -> str:
        self.go(page, "/outbox")
        page.get_by_role("heading", name="发件箱").wait_for()
        return page.locator(".screen .list .due", has_text=re.compile(r"\S")).first.text_content()  # inner_text of a line below the screen is ""


def test_with_the_server_gone_everything_is_there_and_a_saved_visit_outlives_the_app_until_it_is_accepted(server, open_profile):
    app = App(server)
    context = open_profile("phone")
    page = app.sign_in(context, "surveyor1")
    server.stop()
    context.set_offline(True)

    page.reload()
    page.wait_for_selector(".kind")
    page.wait_for_selector(".top__line:has-text('离线')")
    door = app.visit_nobody_home(page)
    app.go(page, "/doors")
    assert "未发送" in page.text_content(f".door:has(strong:text-is('{door.split()[-1]}')) >> nth=0")
    context.close()

    context = open_profile("phone")
    context.set_offline(True)
    page = app.open(context)
    page.wait_for_selector(".top__line:has-text('1 份待发')")
    assert door in app.first_line(page)
    assert "待发送" in app.first_line(page)
    page.wait_for_selector(".notice:has-text('自动再试')")

    server.start()
    context.set_offline(False)
    page.wait_for_selector(".screen .list .due >> nth=0 >> text=已通过")
    assert door in app.first_line(page)


def test_a_session_ended_by_the_office_keeps_what_is_unsent_and_sends_it_after_signing_in_again(shared_server, open_profile):
    app = App(shared_server)
    context = open_profile("phone")
    page = app.sign_in(context, "surveyor4")
    context.set_offline(True)
    door = app.visit_nobody_home(page)
    page.evaluate(TOKEN_RUNS_OUT)
    context.close()
    subprocess.run(
        [sys.executable, "-m", "flask", "--app", "wsgi", "accounts", "password", "surveyor4", "--password-stdin"],
        input="demo",
        text=True,
        cwd=ROOT,
        env={"PATH": "/usr/bin:/bin", "DOORSTEP_DEMO": "1", "DOORSTEP_DATA": str(shared_server.data)},
        check=True,
    )

    context = open_profile("phone")
    page = app.open(context)
    page.wait_for_selector(".notice:has-text('1 份未发送的登记仍保存在手机上')")
    page.fill("#password", "demo")
    page.click("button[type=submit]")
    app.go(page, "/outbox")
    page.wait_for_selector(".screen .list .due >> nth=0 >> text=已通过")
    assert door in app.first_line(page)


def test_signing_out_wipes_nothing_before_everything_was_handed_in(shared_server, open_profile):
    app = App(shared_server)
    context = open_profile("phone")
    page = app.sign_in(context, "surveyor3")
    context.set_offline(True)
    door = app.visit_nobody_home(page)
    app.go(page, "/me")
    page.click("button:has-text('交回并退出')")
    page.click("button:has-text('发送并退出')")
    page.wait_for_selector(".notice:has-text('没有全部发出去')")
    assert door in app.first_line(page)

    context.set_offline(False)
    page.wait_for_selector(".screen .list .due >> nth=0 >> text=已通过")
    app.go(page, "/me")
    page.click("button:has-text('交回并退出')")
    page.click("button:has-text('发送并退出')")
    page.wait_for_selector("#username")
    assert page.evaluate("indexedDB.databases().then((all) => all.map(({ name }) => name).filter((name) => name.startsWith('_pouch_')))") == []
    app.go(page, "/outbox")
    page.wait_for_selector("#username")
