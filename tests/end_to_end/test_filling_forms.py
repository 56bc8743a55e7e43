"""Forms filled on the real phone app in real Chromium, against the real server: the quick check, and a phone that dies in mid-form."""

from __future__ import annotations

import contextlib
import hashlib
import struct
import zlib
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import psutil

SURVEY = "household_survey"
CHECK = "quarantine_check"


def png(width: int, height: int) -> bytes:
    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    row = b"\0" + bytes(range(256)) * (width * 3 // 256 + 1)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(row[: width * 3 + 1] * height)) + chunk(b"IEND", b"")


def open_form(page, url: str, form: str, household: str, **known: str) -> None:
    more = "".join(f"&{name}={value}" for name, value in known.items())
    page.goto(f"{url}/app/#/form/{form}?household={household.replace(':', '%3A')}{more}")
    page.wait_for_selector(".form-page .question")


def forward(page) -> None:
    page.locator(".form-bottom .button").nth(1).click()


def household_with_cases(server, number: int) -> str:
    """A door of surveyor1's with this many people in quarantine, today and tomorrow too."""
    area = server.sign_in("surveyor1", "d-00000e2f")["sync"]["areas"][0]
    tomorrow = (datetime.now(ZoneInfo("Asia/Shanghai")).date() + timedelta(days=1)).isoformat()
    ends: dict[str, list[str]] = {}
    for case in server.documents(area, "quarantine_case:").values():
        if "released_on" not in case["fields"]:
            ends.setdefault(case["fields"]["household"]["value"], []).append(case["fields"].get("ends_on", {}).get("value", ""))
    return next(household for household, those in sorted(ends.items()) if len(those) == number and min(those) >= tomorrow)


def test_two_people_are_checked_in_four_taps_without_a_network(shared_server, shared_phone, eventually):
    server, page = shared_server, shared_phone().page
    household = household_with_cases(server, 2)
    before = set(server.documents("worker-w0001", "submission:"))
    page.context.set_offline(True)
    open_form(page, server.url, CHECK, household, kind="morning")

    page.locator(".all-well").click()
    page.get_by_role("button", name="36.5").click()
    page.get_by_role("button", name="36.8").click()
    page.locator(".form-bottom .button--main").click()

    page.get_by_text("已保存到本机").wait_for()
    page.context.set_offline(False)
    (new,) = eventually(lambda: set(server.documents("worker-w0001", "submission:")) - before, 60, "the check arrives by itself")
    receipt = eventually(lambda: server.documents("worker-w0001", new.replace("submission", "receipt")), 60, "the centre answers")
    assert next(iter(receipt.values()))["status"] == "accepted", receipt
    answers = server.documents("worker-w0001", new)[new]["answers"]
    assert [person["temperature"] for person in answers["people"]] == [36.5, 36.8]
    assert [person["symptoms"] for person in answers["people"]] == [["none"], ["none"]]
    assert answers["check"] == {"kind": "morning", "mode": "door", "everyone_home": "yes"}


def kill_browser(profile: Path) -> None:
    """As when the battery is pulled: no page is told."""
    for process in psutil.process_iter(["cmdline"]):
        with contextlib.suppress(psutil.NoSuchProcess):
            if any(str(profile) in argument for argument in process.info["cmdline"] or ()):
                process.kill()


def test_a_phone_that_dies_in_mid_form_resumes_exactly_with_its_photo(shared_server, shared_phone, open_profile, tmp_path):
    server, page = shared_server, shared_phone("dying").page
    page.context.set_offline(True)
    page.goto(f"{server.url}/app/#/form/{SURVEY}")
    page.wait_for_selector(".form-page .question")
    page.get_by_role("radio", name="上门", exact=True).click()
    page.get_by_role("radio", name="完成", exact=True).click()
    forward(page)
    for place, text in enumerate(["3", "1", "502", "2.7"]):  # the fourth must be whole: it is kept as it was typed
        page.locator(".question__box").nth(place).fill(text)
    forward(page)
    page.locator(".roster-row .question__box").fill("李娜")
    forward(page)
    page.locator(".heat__box").fill("38.2")
    page.locator(".form-top .icon-button").last.click()
    page.locator(".outline__page", has_text="位置、照片与确认").click()
    page.locator("input[type=file]").last.set_input_files({"name": "door.png", "mimeType": "image/png", "buffer": png(2400, 1200)})
    page.wait_for_selector(".photo img")
    page.get_by_text("草稿已存").wait_for()
    kill_browser(tmp_path / "profile-dying")

    again = open_profile("dying").pages[0]
    again.set_default_timeout(30_000)
    again.context.set_offline(True)
    again.goto(f"{server.url}/app/")  # from the service worker: there is no network
    again.get_by_text("3栋 1单元 502").first.wait_for()
    again.get_by_text("继续填写").first.click()
    again.wait_for_selector(".photo img")
    assert again.inner_text(".form-page h1") == "位置、照片与确认"

    kept = again.evaluate(
        """async () => {
            const open = indexedDB.open('doorstep/w0001/desk');
            const database = await new Promise((resolve) => (open.onsuccess = () => resolve(open.result)));
            const reading = (store) => database.transaction(store).objectStore(store).getAll();
            const all = (store) => new Promise((resolve) => (reading(store).onsuccess = (event) => resolve(event.target.result)));
            const [draft] = await all('drafts');
            const [media] = await all('media');
            const picture = await createImageBitmap(media.blob);
            const bytes = [...new Uint8Array(await media.blob.arrayBuffer())];
            return { state: draft.state, media: { ...media, blob: null }, bytes, size: [picture.width, picture.height] };
        }"""
    )
    assert kept["size"] == [1600, 800]
    assert kept["media"]["sha256"] == hashlib.sha256(bytes(kept["bytes"])).hexdigest()
    assert kept["media"]["name"] in kept["state"]["xml"]
    assert kept["state"]["refused"] == {"/address/ordinal": {"text": "2.7", "problem": "not_whole"}}
    assert "<temperature>38.2</temperature>" in kept["state"]["xml"]

    forward(again)
    missing = again.locator(".review-row--wrong").all_inner_texts()
    assert any("要填整数" in text for text in missing), missing
    again.locator(".review-row--wrong", has_text="要填整数").click()
    assert again.locator(".question__box").nth(3).input_value() == "2.7"
