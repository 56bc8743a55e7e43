"""A person's steps: what a surveyor does with a thumb on the phone app, and what someone in the office does with a mouse."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

from playwright.sync_api import BrowserContext, Locator, expect

WORDS = Path(__file__).parent.parent.parent / "server" / "pwa" / "src" / "i18n"
WAIT_MS_MAX = 30_000
SYNC_MS_MAX = 60_000
TOKEN_RUNS_OUT = """async () => {
    const asked = indexedDB.open("doorstep");
    await new Promise((ready) => (asked.onsuccess = ready));
    const store = asked.result.transaction("settings", "readwrite").objectStore("settings");
    const read = store.get("session");
    await new Promise((ready) => (read.onsuccess = ready));
    const write = store.put({ ...read.result, expires_at: 0 }, "session");
    await new Promise((ready) => (write.onsuccess = ready));
    asked.result.close();
    return read.result;
}"""  # the session as it lies on the phone, whose token counts as run out from now on, as it would after a quarter of an hour
PICTURES = os.environ.get("PICTURES")  # a folder that keeps a picture of each screen worth looking at


class Phone:
    """The phone app as one surveyor has it in hand. Words of the app are named by their key (i18n/zh.json), words of forms as they stand on the screen."""

    def __init__(self, context: BrowserContext, url: str, language: str = "zh"):
        self.context = context
        self.page = context.pages[0]
        self.page.set_default_timeout(WAIT_MS_MAX)
        self.url = url
        self.speak(language)

    def speak(self, language: str) -> None:
        self.words = json.loads((WORDS / f"{language}.json").read_text())

    def word(self, key: str) -> str:
        said = self.words
        for step in key.split("."):
            said = said[step]
        return said

    # The app

    def sign_in(self, username: str) -> Phone:
        """Online, once. Afterwards everything is on the phone, the app itself too."""
        self.open()
        self.page.fill("#username", username)
        self.page.fill("#password", "demo")
        self.page.click("button[type=submit]")
        self.page.wait_for_selector(f".top__line:has-text('{self.word('line.synced').split(' ')[0]}')")
        self.page.evaluate("navigator.serviceWorker.ready.then(() => true)")
        return self

    def open(self) -> Phone:
        self.page.goto(f"{self.url}/app/")
        return self

    def lose_network(self) -> None:
        self.context.set_offline(True)

    def find_network(self) -> None:
        self.context.set_offline(False)

    def close(self) -> None:
        self.context.close()

    def tap(self, key: str, **values: object) -> None:
        self.page.get_by_role("button", name=self.filled(key, **values), exact=True).click()

    def filled(self, key: str, **values: object) -> str:
        return re.sub(r"\{\{(\w+)\}\}", lambda found: str(values[found[1]]), self.word(key))

    def tab(self, key: str) -> None:
        self.page.locator(".tabs .tab", has_text=self.word(f"tabs.{key}")).click()

    def look(self, name: str) -> None:
        if PICTURES:
            self.page.wait_for_timeout(250)
            self.page.screenshot(path=f"{PICTURES}/{name}.png")

    # Doors and people

    def open_door_never_visited(self, place: int = 0) -> str:
        self.tab("doors")
        self.page.locator(".door--never").nth(place).click()
        return self.door_shown()

    def search(self, words: str) -> Locator:
        self.tab("doors")
        self.page.locator(".search__input").fill(words)
        return self.page.locator(".list .due")

    def open_door(self, building: str, unit: str, room: str) -> str:
        self.search(room)
        door = f"{building}栋 {unit}单元 {room}"
        self.page.locator(".list .due", has=self.page.locator("strong", has_text=re.compile(f"^{door}$"))).first.click()
        return self.door_shown()

    def door_shown(self) -> str:
        self.page.locator(".thumb .button", has_text=self.word("household.survey")).wait_for()
        return self.page.locator("h1").inner_text()

    def fact(self, label: str) -> Locator:
        return self.page.locator(".fact", has=self.page.locator("dt", has_text=re.compile(f"^{label}$")))

    # Forms

    def start(self, form: str) -> None:
        """From a door: `survey` or `check`."""
        self.page.locator(".thumb .button", has_text=self.word(f"household.{form}")).click()
        self.page.wait_for_selector(".form-page .question")

    def on_page(self, title: str) -> None:
        expect(self.page.locator(".form-page h1, .form-page__person .soft").filter(has_text=title).first).to_be_visible()

    def question(self, label: str) -> Locator:
        return self.page.locator(".form-page .question", has=self.page.locator(".question__label", has_text=re.compile(rf"^\s*{re.escape(label)}")))

    def choose(self, label: str, *choices: str) -> None:
        for choice in choices:
            self.question(label).get_by_text(choice, exact=True).click()

    def type(self, label: str, text: str) -> None:
        self.question(label).locator(".question__box").fill(text)

    def measure(self, label: str, temperature: str) -> None:
        """On the pad: the degree, then the tenth."""
        degree = temperature.split(".")[0]
        card = self.question(label)
        card.get_by_role("group", name=self.word("form.temperature.degrees")).get_by_role("button", name=degree, exact=True).click()
        card.get_by_role("group", name=self.word("form.temperature.tenths")).get_by_role("button", name=temperature, exact=True).click()

    def forward(self) -> None:
        self.page.locator(".form-bottom .button").nth(1).click()

    def add_members(self, *names: str) -> None:
        """The first box is there; Enter makes the next one."""
        for place, name in enumerate(names):
            box = self.page.locator(".roster-row .question__box").nth(place)
            if place or not box.count():
                self.page.locator(".add-row").click()
            box.fill(name)

    def save(self) -> None:
        """Saved on the phone, and it says so."""
        self.tap("form.save")
        expect(self.page.get_by_role("heading", name=self.word("form.saved.title"))).to_be_visible()

    def done(self) -> None:
        self.tap("form.saved.done")
        self.page.wait_for_selector(".tabs")

    # The outbox

    def outbox(self) -> Locator:
        self.tab("outbox")
        return self.lines()

    def lines(self) -> Locator:
        return self.page.locator(".screen .list .due")

    def line(self, door: str, form: str) -> Locator:
        """The newest of this form at this door; what is on its way stands above what is finished."""
        return self.lines().filter(has=self.page.locator(".due__door", has_text=re.compile(f"^{door}$"))).filter(has_text=form).first

    def state(self, state: str) -> re.Pattern[str]:
        return re.compile(re.escape(self.word(f"state.{state}")))

    def needing_work(self, door: str) -> Locator:
        return self.page.locator(".fix", has_text=door)

    def sync(self) -> None:
        self.tab("outbox")
        self.page.locator(".floating--wide .button").click()


class Office:
    """The office's pages in a browser at a desk, in Chinese."""

    def __init__(self, context: BrowserContext, url: str):
        self.page = context.pages[0]
        self.page.set_default_timeout(WAIT_MS_MAX)
        self.url = url

    def sign_in(self, username: str) -> Office:
        self.page.goto(f"{self.url}/sign-in")
        self.page.fill("[name=username]", username)
        self.page.fill("[name=password]", "demo")
        self.page.click("button.main")
        self.page.wait_for_selector("nav.sections")
        return self

    def section(self, name: str) -> None:
        self.page.locator("nav.sections a", has_text=name).click()

    def find(self, section: str, words: str) -> Locator:
        """Types into the section's search; gives the rows found."""
        self.section(section)
        expect(self.page.locator("html.scripted")).to_have_count(1)
        self.page.fill("#search", words)
        self.page.wait_for_url(re.compile(r"[?&]q="))
        return self.page.locator("#list tbody tr")

    def open(self, row: Locator) -> str:
        name = row.locator("th a").inner_text()
        row.locator("th a").click()
        expect(self.page.locator("h1")).to_have_text(name)
        return name

    def follow(self, name: str) -> None:
        self.page.locator(".beside .belongs a", has_text=re.compile(f"^{name}$")).click()
        expect(self.page.locator("h1")).to_have_text(name)

    def fact(self, label: str) -> Locator:
        return self.page.locator(".fact", has=self.page.locator("dt", has_text=re.compile(f"^{re.escape(label)}$")))

    def look(self, name: str) -> None:
        if PICTURES:
            self.page.wait_for_timeout(250)
            self.page.screenshot(path=f"{PICTURES}/{name}.png")
