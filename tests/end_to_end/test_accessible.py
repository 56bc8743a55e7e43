"""Every screen of the phone app and of its forms can be read aloud, seen in the sun and at night, and scaled to twice its size: axe finds nothing serious."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from urllib.parse import quote
from zoneinfo import ZoneInfo

import pytest

from tests.end_to_end.filling import Filler, shifted
from tests.end_to_end.test_every_form import EXAMPLES, EXAMPLES_OF, start_of
from tests.end_to_end.test_filling_forms import household_with_cases, png
from tests.end_to_end.walking import Phone

AXE = Path(__file__).parents[1] / "clients" / "node_modules" / "axe-core" / "axe.min.js"
SERIOUS = ("serious", "critical")
QUICK = ("household_survey", "quarantine_check", "checkpoint_entry")

# One run of axe by light, one of its contrasts by night; then twice the size of text, and what sticks out to the right of the screen.
LOOK = """async (serious) => {
    const found = [];
    const run = async (when, options) => {
        const { violations } = await axe.run(document, { resultTypes: ['violations'], ...options });
        for (const { id, impact, nodes } of violations)
            for (const { target, failureSummary } of serious.includes(impact) ? nodes : [])
                found.push(`${when} ${id}: ${target.join(' ')} ${failureSummary.split('\\n')[1] ?? ''}`);
    };
    await run('by light', {});
    window.doorstepTakesNight && await window.doorstepTakesNight(true);
    await new Promise((painted) => requestAnimationFrame(() => setTimeout(painted, 50)));
    await run('by night', { runOnly: { type: 'rule', values: ['color-contrast'] } });
    window.doorstepTakesNight && await window.doorstepTakesNight(false);
    document.documentElement.style.fontSize = '200%';
    const page = document.documentElement;
    if (page.scrollWidth > page.clientWidth) {
        const wide = [...document.querySelectorAll('#app *')].filter((each) => each.getBoundingClientRect().right > page.clientWidth + 1);
        found.push(`at 200 %: ${page.scrollWidth} px wide; ${wide.slice(-3).map((each) => each.className || each.tagName).join(', ')}`);
    }
    document.documentElement.style.fontSize = '';
    return found;
}"""


class Reader(Filler):
    """Looks at each screen of a form once it is filled in."""

    def __init__(self, *arguments) -> None:
        super().__init__(*arguments)
        self.found: list[str] = []

    def _this_screen(self) -> None:
        super()._this_screen()
        heading = self.page.locator("h1").first.inner_text()
        self.found += [f"{heading}: {each}" for each in look(self.page)]


def look(page) -> list[str]:
    if not page.evaluate("typeof axe === 'object'"):
        page.evaluate(AXE.read_text())
    return page.evaluate(LOOK, list(SERIOUS))


@pytest.fixture
def phone(shared_phone) -> Phone:
    phone = shared_phone()
    page = phone.page
    page.expose_function("doorstepTakesNight", lambda on: page.emulate_media(color_scheme="dark" if on else "light", reduced_motion="reduce"))
    page.emulate_media(reduced_motion="reduce")
    return phone


def screens(server) -> Iterator[str]:
    household = household_with_cases(server, 1)
    area = server.sign_in("surveyor1", "d-00000e2f")["sync"]["areas"][0]
    person = next(iter(server.documents(area, "person:")))
    submission = next(iter(server.documents("worker-w0001", "submission:")))
    yield from ("/", "/doors", "/forms", "/outbox", "/me", "/records/problem", "/records/quarantine_case")
    yield f"/household/{quote(household, safe='')}"
    yield f"/person/{quote(person, safe='')}"
    yield f"/submission/{quote(submission, safe='')}"


def test_every_screen_of_the_app_is_accessible(shared_server, phone):
    found = []
    for screen in screens(shared_server):
        phone.page.goto(f"{phone.url}/app/#{screen}")
        phone.page.locator("main h1, main h2, .floating").first.wait_for()
        phone.page.wait_for_timeout(300)
        found += [f"{screen}: {each}" for each in look(phone.page)]
    assert found == []


def read_forms(server, phone: Phone, names) -> list[str]:
    documents = {document["form"]: document for document in server.documents("forms", "form:").values()}
    days = (datetime.now(ZoneInfo("Asia/Shanghai")).date() - EXAMPLES_OF).days - 1
    found = []
    for form in names:
        document = documents[form]
        answers = shifted(next(example["answers"] for example in EXAMPLES[form] if not example["problems"]), days)
        phone.page.goto(f"{server.url}/app/#/form/{form}{start_of(server, document, answers)}")
        phone.page.wait_for_selector(".form-page .question, .form-page .roster-row, .add-row")
        reader = Reader(phone.page, document, answers, phone.word, png(64, 48))
        reader.fill()
        if not reader.is_register:
            phone.page.locator(".form-top .icon-button").last.click()
            phone.page.wait_for_selector(".outline")
            reader.found += [f"outline: {each}" for each in look(phone.page)]
            phone.page.keyboard.press("Escape")
            phone.page.locator(".outline").wait_for(state="detached")
            phone.page.wait_for_timeout(300)  # the sheet's own step in the browser's history is taken back
        found += [f"{form}: {each}" for each in reader.found]
    return found


@pytest.mark.timeout(300)
def test_forms_are_accessible_page_by_page(shared_server, phone):
    assert read_forms(shared_server, phone, QUICK) == []


@pytest.mark.property
@pytest.mark.timeout(900)
def test_every_form_of_the_catalogue_is_accessible_page_by_page(shared_server, phone):
    assert read_forms(shared_server, phone, [form for form in EXAMPLES if form not in QUICK]) == []
