"""A surveyor's steps in the form of media and places (tests/data/forms/media_and_place.md), and what of it lies at the centre."""

from __future__ import annotations

import hashlib
import json

import requests
from playwright.sync_api import expect

from tests.end_to_end.walking import Phone

PAGES = ("照片", "录音与文件", "条码", "位置")


def open_form(phone: Phone, page: str) -> None:
    """By its address, and by the list of screens to the one that is wanted."""
    phone.page.goto(f"{phone.url}/app/#/form/media_and_place")
    phone.page.wait_for_selector(".form-page .question")
    turn_to(phone, page)


def turn_to(phone: Phone, page: str) -> None:
    phone.page.get_by_role("button", name=phone.word("form.outline.open")).click()
    phone.page.locator(".outline__page", has_text=page).first.click()
    phone.on_page(page)


def go_on(phone: Phone) -> None:
    """The app is opened anew and the draft taken up again."""
    phone.page.goto("about:blank")
    phone.open()
    phone.page.get_by_text(phone.word("today.go_on")).first.click()
    phone.page.wait_for_selector(".form-page .question")


def kept(phone: Phone) -> None:
    """The draft is on the disk."""
    phone.page.locator(".form-top__kept").wait_for()


def on_the_phone(phone: Phone) -> dict[str, dict]:
    """Every file on the phone's disk, by the name of its question: note, SHA-256 of the bytes as they lie there."""
    found = phone.page.evaluate(
        """async () => {
            const open = indexedDB.open('doorstep/w0001/desk');
            const database = await new Promise((resolve) => (open.onsuccess = () => resolve(open.result)));
            const reading = database.transaction('media').objectStore('media').getAll();
            const all = await new Promise((resolve) => (reading.onsuccess = () => resolve(reading.result)));
            const sum = async (blob) => [...new Uint8Array(await crypto.subtle.digest('SHA-256', await blob.arrayBuffer()))];
            const hex = async (blob) => (await sum(blob)).map((each) => each.toString(16).padStart(2, '0')).join('');
            return Promise.all(all.map(async ({ blob, ...note }) => ({ ...note, hashed: await hex(blob) })));
        }"""
    )
    return {note["name"].rsplit("-", 1)[0]: note for note in found}


def save(phone: Phone) -> None:
    phone.page.get_by_role("button", name=phone.word("form.outline.open")).click()
    phone.page.locator(".outline__page").last.click()
    phone.save()


def arrived(server, before: set[str], eventually) -> dict:
    """The one new submission, once the centre has accepted it."""
    (new,) = eventually(lambda: set(server.documents("worker-w0001", "submission:")) - before, 60, "the form arrives by itself")
    receipt = eventually(lambda: server.documents("worker-w0001", new.replace("submission", "receipt")), 60, "the centre answers")
    (answer,) = receipt.values()
    assert answer["status"] == "accepted", json.dumps(answer, ensure_ascii=False)
    assert answer["remarks"] == [], json.dumps(answer, ensure_ascii=False)
    return server.documents("worker-w0001", new)[new]


def bytes_at_centre(server, submission: dict, name: str, eventually) -> bytes:
    """The bytes of a file as the centre has them; they and their note are what the submission says."""
    (note,) = [each for each in submission["media"] if each["name"] == name]
    document = eventually(lambda: server.documents("media-w0001", f"media:{name}").get(f"media:{name}"), 60, f"{name} arrives by itself")
    assert {each: document[each] for each in ("name", "question", "sha256", "bytes", "submission")} == {
        "name": name, "question": note["question"], "sha256": note["sha256"], "bytes": note["bytes"], "submission": submission["_id"],
    }  # fmt: skip
    answer = requests.get(f"{server.url}/sync/media-w0001/media:{name}/{name}", auth=("operator", "demo"), timeout=60)
    assert answer.status_code == 200, answer.text
    assert answer.headers["Content-Type"].split(";")[0] == note["type"]
    assert (len(answer.content), hashlib.sha256(answer.content).hexdigest()) == (note["bytes"], note["sha256"])
    return answer.content


def sign(phone: Phone, question: str, strokes: int = 2) -> None:
    """Strokes of a finger across the box."""
    canvas = phone.question(question).locator("canvas")
    canvas.hover()  # once it stands still
    box = canvas.bounding_box()
    assert box
    for stroke in range(strokes):
        x, y = box["x"] + box["width"] * (0.2 + 0.25 * stroke), box["y"] + box["height"] * 0.3
        phone.page.mouse.move(x, y)
        phone.page.mouse.down()
        for step in range(1, 9):
            phone.page.mouse.move(x + 6 * step, y + (8 * step if step % 2 else 4 * step))
        phone.page.mouse.up()
    expect(phone.question(question).get_by_role("button", name=phone.word("form.draw.clear"))).to_be_enabled()


def ink(phone: Phone, question: str) -> int:
    """How many pixels of the box are not white."""
    return (
        phone.question(question)
        .locator("canvas")
        .evaluate(
            """(canvas) => {
            const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
            let dark = 0;
            for (let at = 0; at < data.length; at += 4) if (data[at] < 200) dark += 1;
            return dark;
        }"""
        )
    )
