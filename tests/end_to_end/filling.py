"""Fills any form on the real phone app with given answers, as a thumb would: screen by screen, question by question, whatever its type.

Filler(page, form_document, answers, words).fill()   # from the first screen to the list of what is missing
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import Any

from playwright.sync_api import Locator, Page, expect

SCREENS_MAX = 80
PHOTO = {"mimeType": "image/png", "name": "photo.png"}


class Filler:
    """`done` are the paths (with indexes) that were filled in; `form` is the form version's document."""

    def __init__(self, page: Page, form: dict, answers: dict, word: Callable[[str], str], photo: bytes) -> None:
        self.page, self.word, self.photo = page, word, photo
        self.fields = {each["path"]: each for each in _walk(form["fields"])}
        self.wanted = {path: value for path, value in flat(answers, self.fields) if self._is_asked(path)}
        self.done: set[str] = set()

    @property
    def is_register(self) -> bool:
        """One screen that is there again at once."""
        return self.page.locator(".form-screen--register").count() > 0

    def fill(self) -> None:
        if self.is_register:
            return self._this_screen()
        for _ in range(SCREENS_MAX):
            self._this_screen()
            key = self.page.locator(".form-page").get_attribute("data-page")
            if key == "#review":
                return
            self.page.locator(".form-bottom .button").nth(1).click()
            expect(self.page.locator(".form-page")).not_to_have_attribute("data-page", key or "")
        raise AssertionError("the form has no end")

    def save(self) -> None:
        """Saved on the phone, and it says so."""
        key = "form.register.save" if self.is_register else "form.save"
        self.page.get_by_role("button", name=self.word(key), exact=True).click()
        if self.is_register:
            expect(self.page.locator(".form-top__kept")).to_be_visible()
        else:
            expect(self.page.get_by_role("heading", name=self.word("form.saved.title"))).to_be_visible()

    def _is_asked(self, path: str) -> bool:
        return self.fields[plain(path)]["type"] not in ("hidden", "calculate", "note")

    def _this_screen(self) -> None:
        self._add_rows()
        while cards := [path for path in self._shown() if path in self.wanted and path not in self.done]:
            self._answer(cards[0])

    def _shown(self) -> list[str]:
        return self.page.locator(".form-page [data-path]").evaluate_all("cards => cards.map(card => card.dataset.path)")

    def _add_rows(self) -> None:
        """On a screen of rows, as many as there are answers for."""
        if not self.page.locator(".add-row").count():
            return
        for path, each in self.fields.items():
            shown = [card for card in self._shown() if plain(card).startswith(f"{path}/")]
            if each["type"] != "repeat" or not (shown or len([p for p, e in self.fields.items() if e["type"] == "repeat"]) == 1):
                continue
            rows = {int(wanted.removeprefix(f"{path}/").split("/")[0]) for wanted in self.wanted if wanted.startswith(f"{path}/")}
            there = len({card.removeprefix(f"{path}/").split("/")[0] for card in shown})
            for _ in range(there, len(rows)):
                self.page.locator(".add-row").click()

    def _card(self, path: str) -> Locator:
        return self.page.locator(f'.form-page [data-path="{path}"]')

    def _answer(self, path: str) -> None:
        each, value, card = self.fields[plain(path)], self.wanted[path], self._card(path)
        self.done.add(path)
        change = card.locator(".folded button")
        if change.count():
            change.click()
        match each["type"]:
            case "select_one" | "select_multiple":
                self._choose(card, each, value if isinstance(value, list) else [value])
            case "geopoint":
                card.locator("button").first.click()
                expect(card.locator(".kept-thing")).to_be_visible()
            case "image":
                card.locator("input[type=file]").last.set_input_files({**PHOTO, "buffer": self.photo})
                expect(card.locator(".photo img")).to_be_visible()
            case "acknowledge":
                card.locator("button, input").first.click()
            case "date":
                card.locator("input[type=date]").fill(value)
                card.locator("input[type=date]").dispatch_event("change")
            case "dateTime":
                card.locator("input[type=datetime-local]").fill(value[:16])
                card.locator("input[type=datetime-local]").dispatch_event("change")
            case "time":
                card.locator("input[type=time]").fill(value[:5])
                card.locator("input[type=time]").dispatch_event("change")
            case _:
                box = card.locator(".heat__box, .question__box")
                box.fill(str(value))
                box.blur()

    def _choose(self, card: Locator, each: dict, codes: list[str]) -> None:
        labels = {choice["value"]: choice["label"].get("zh") or choice["value"] for choice in each["choices"]}
        if card.locator("select").count():
            card.locator("select").select_option(codes[0])
        elif card.locator(".picker").count():
            card.locator(".picker").click()
            for code in codes:
                self.page.locator("dialog .sheet__row", has=self.page.get_by_text(labels[code], exact=True)).first.click()
            if each["type"] == "select_multiple":
                self.page.locator("dialog .button--main").click()
        else:
            for choice in each["choices"]:
                button = card.locator("[role=radio], [role=checkbox]").filter(has=self.page.get_by_text(labels[choice["value"]], exact=True))
                wanted = choice["value"] in codes
                is_on = button.count() > 0 and button.first.get_attribute("aria-checked") == "true"
                # One of several is taken back by a tap; the one of a select_one by tapping another.
                if button.count() and wanted != is_on and (wanted or each["type"] == "select_multiple"):
                    button.first.click()


def _walk(fields: list[dict]) -> Iterator[dict]:
    for each in fields:
        yield each
        yield from _walk(each.get("fields", []))


def flat(answers: dict, fields: dict[str, dict], at: str = "") -> Iterator[tuple[str, Any]]:
    """(path with indexes, answer) of every answer, in the order of the answers."""
    for name, value in answers.items():
        path = f"{at}/{name}"
        kind = fields[plain(path)]["type"]
        if kind == "group":
            yield from flat(value, fields, path)
        elif kind == "repeat":
            for index, row in enumerate(value):
                yield from flat(row, fields, f"{path}/{index}")
        else:
            yield path, value


def plain(path: str) -> str:
    return "/" + "/".join(part for part in path.split("/")[1:] if not part.isdecimal())


def shifted(value: Any, days: int) -> Any:
    """The same answers on another day: every date of the examples' year moves by so many days."""
    if isinstance(value, dict):
        return {name: shifted(inside, days) for name, inside in value.items()}
    if isinstance(value, list):
        return [shifted(inside, days) for inside in value]
    if isinstance(value, str) and value[:4] in ("2025", "2026") and value[4:5] == "-" and len(value) >= 10:
        return (date.fromisoformat(value[:10]) + timedelta(days=days)).isoformat() + value[10:]
    return value
