"""The queue: what waits and why, side by side, settling, linking, giving to a person, several at once, undo, and who may what."""

from __future__ import annotations

import html
import re

import pytest

from server.stores import stores
from sync.store.models import Record
from tests.server.office.seeded import HELD, HELD_ELSEWHERE, HOUSEHOLD, UNKNOWN_FORM
from tests.server.office.waiting import FAR, LING, LING_TOO, ZHAO, fill

LING_PAIR = f"pair:{LING} {LING_TOO}"
FAR_PAIR = f"pair:{LING} {FAR}"


@pytest.fixture
def full(app):
    fill(app)
    return app


def listed(answer) -> list[str]:
    assert answer.status_code == 200, answer.text
    items = answer.text.partition('class="items"')[2].partition("</ol>")[0]
    found = (re.search(r"[?&]item=([^&]+)", html.unescape(address)) for address in re.findall(r'href="([^"]+)"', items))
    return [re.sub(r"%3A|%20|\+", lambda each: ":" if each.group() == "%3A" else " ", one[1]) for one in found if one]


def press(browser, page: str, button: str, **more: str):
    """Press the button whose value this is on the page, as a browser without scripts does: its form with all it holds."""
    text = browser.get(page).text
    for form in re.findall(r'<form method="post".*?</form>', text, re.S):
        buttons = {html.unescape(value): name for name, value in re.findall(r'<button[^>]* name="(\w+)" value="([^"]*)"', form)}
        if button in buttons:
            action = html.unescape(re.search(r'action="([^"]+)"', form)[1])
            held = {name: html.unescape(value) for name, value in re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', form)}
            return browser.client.post(action, data={**held, buttons[button]: button, **more}, headers=browser.headers)
    raise AssertionError(f"no button {button}")


def undo(browser, page: str):
    """Press Undo in the toast of the page."""
    toast = re.search(r'<form method="post" action="([^"]+)">((?:(?!</form>).)*data-undo.*?)</form>', browser.get(page).text, re.S)
    assert toast, "no toast with an undo"
    held = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', toast[2]))
    return browser.client.post(html.unescape(toast[1]), data={name: html.unescape(value) for name, value in held.items()}, headers=browser.headers)


def field(app, record: str, name: str):
    import orjson

    with app.app_context():
        return orjson.loads(stores().session.get(Record, record).body)["fields"][name]


def test_the_queue_stands_in_order_of_harm(full, browser):
    assert listed(browser("admin").get("/queue")) == [
        f"held:{HELD}",
        f"dispute:{HOUSEHOLD}",
        f"dispute:{ZHAO}",
        f"held:{HELD_ELSEWHERE}",
        f"held:{UNKNOWN_FORM}",
        LING_PAIR,
        FAR_PAIR,
    ]
