"""Forms on an old phone: the built app in real Chromium with its processor throttled four times, every figure beside its aim.

Opening is from the tap to the first question painted; an answer from the tap or the key to the next painted frame; a draft from the answer
to the completed transaction (durability "strict"). Medians, with the 95th percentile where an aim is about it.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import requests

from benchmarks.report import percentile, table, verdict
from benchmarks.servers import ROOT, free_port

THROTTLE = 4
RUNS = int(os.environ.get("BENCHMARK_RUNS", "7"))
PEOPLE = 20
START_SECONDS_MAX = 120
SURVEY = "household_survey"
BIG = "big_form"
REGISTER = "checkpoint_entry"
ENTRIES = int(os.environ.get("BENCHMARK_ENTRIES", "300"))
ENTRIES_BEFORE = 50  # what grows once, has grown
QUESTIONS = 300

# Puts into the page what measures it: from inside, because a message to it takes longer than what is measured.
WATCH = """
(() => {
  const painted = () => new Promise((done) => requestAnimationFrame(() => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => done(performance.now());
    port2.postMessage(0);
  }));
  const shown = (selector) => new Promise((done) => {
    const look = () => document.querySelector(selector) && (watcher.disconnect(), painted().then(done), true);
    const watcher = new MutationObserver(look);
    watcher.observe(document, { childList: true, subtree: true });
    look();
  });
  const answers = [];
  const drafts = [];
  let last = 0;
  for (const type of ['click', 'input'])
    addEventListener(type, (event) => {
      if (!event.target.closest?.('.question, .roster-row')) return;
      last = event.timeStamp;
      const at = event.timeStamp;
      painted().then((now) => answers.push(now - at));
    }, { capture: true });
  const relaxed = IDBDatabase.prototype.transaction;
  IDBDatabase.prototype.transaction = function (names, mode, options) {
    const transaction = relaxed.call(this, names, mode, options);
    if (mode === 'readwrite' && [names].flat().includes('drafts')) {
      const from = last;
      transaction.addEventListener('complete', () => from && drafts.push(performance.now() - from));
    }
    return transaction;
  };
  window.measuring = {
    open: async (hash, selector) => { const from = performance.now(); location.hash = hash; return (await shown(selector)) - from; },
    shown,
    answers: () => answers.splice(0),
    drafts: () => drafts.splice(0),
  };
})();
"""


# One entry as a thumb writes it: the tenth of the temperature, then save; until the next entry is painted. Gives milliseconds from the tap on save.
WRITE_ENTRIES = """async (count) => {
  const painted = () => new Promise((done) => requestAnimationFrame(() => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => done(performance.now());
    port2.postMessage(0);
  }));
  const until = async (is) => { while (!is()) await new Promise((later) => setTimeout(later, 5)); };
  const took = [];
  for (let entry = 0; entry < count; entry++) {
    await until(() => document.querySelector('.heat__pad:not(.heat__pad--degrees) .heat__key'));
    const box = document.querySelector('.heat__box');
    document.querySelectorAll('.heat__pad:not(.heat__pad--degrees) .heat__key')[entry % 7].click();
    await painted();
    const from = performance.now();
    document.querySelector('.form-bottom .button--main').click();
    await until(() => !box.isConnected && document.querySelector('.heat__box'));
    took.push((await painted()) - from);
  }
  return took;
}"""


def big_form(questions: int = QUESTIONS) -> str:
    """A form with so many questions: groups of ten, two repeats, one nested, rules between neighbours, a calculation a group."""
    head = "| | type | name | label::zh | label::en | relevant | constraint | constraint_message::zh | constraint_message::en | calculation | required |"
    rows: list[str] = []

    def row(type: str, name: str = "", label: str = "", relevant: str = "", constraint: str = "", calculation: str = "", required: str = "") -> None:
        zh, en = (f"{label}（问）", f"{label} asked") if label else ("", "")
        said = ("不合规则", "Against the rule") if constraint else ("", "")
        rows.append(f"| | {type} | {name} | {zh} | {en} | {relevant} | {constraint} | {said[0]} | {said[1]} | {calculation} | {required} |")

    def ten(group: int, start: int) -> None:
        kinds = ["select_one yes_no", "integer", "text", "select_multiple signs", "decimal", "date", "select_one grade", "text", "integer", "select_one yes_no"]
        for place, kind in enumerate(kinds):
            name = f"q{start + place}"
            relevant = f"${{q{start}}} != 'no'" if place in (3, 7) else ""
            constraint = ". >= 0 and . <= 1000" if kind in ("integer", "decimal") else ""
            row(kind, name, f"{start + place}", relevant, constraint, required="yes" if place == 0 else "")
        row("calculate", f"sum{group}", calculation=f"coalesce(${{q{start + 1}}}, 0) + coalesce(${{q{start + 8}}}, 0)")

    for group in range(questions // 10):
        at = group * 10
        if group == 8:
            row("begin_repeat", "rooms", "Rooms")
        if group == 9:
            row("begin_repeat", "beds", "Beds")
        row("begin_group", f"g{group}", f"Group {group}")
        ten(group, at)
        row("end_group")
        if group == 9:
            row("end_repeat")
            row("end_repeat")
    choices = ["| | yes_no | yes | 是 | Yes |", "| | yes_no | no | 否 | No |"]
    choices += [f"| | signs | s{n} | 症状{n} | Sign {n} |" for n in range(8)] + [f"| | grade | c{n} | 等级{n} | Grade {n} |" for n in range(6)]
    return "\n".join(
        [
            "| settings |",
            "| | form_title::zh | form_title::en | form_id | version | default_language | audience |",
            f"| | 三百题 | Three hundred questions | {BIG} | 1 | zh | phone |",
            "",
            "| survey |",
            head,
            *rows,
            "",
            "| choices |",
            "| | list_name | name | label::zh | label::en |",
            *choices,
            "",
        ]
    )


@contextmanager
def product(folder: Path) -> Iterator[str]:
    """The supervised server with the demo organisation and the big form, on a free port."""
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("DOORSTEP_")},
        "DOORSTEP_DEMO": "1",
        "DOORSTEP_DATA": str(folder / "data"),
    }
    environment["DOORSTEP_PORT"] = str(free_port())
    url = f"http://127.0.0.1:{environment['DOORSTEP_PORT']}"
    flask = [sys.executable, "-m", "flask", "--app", "wsgi"]
    with (folder / "log").open("ab") as log:
        process = subprocess.Popen([*flask, "serve"], cwd=ROOT, env=environment, stdout=log, stderr=log, stdin=subprocess.DEVNULL)
    try:
        until = time.monotonic() + START_SECONDS_MAX
        while True:
            try:
                if requests.get(f"{url}/healthz", timeout=5).ok:
                    break
            except requests.RequestException:
                pass
            if process.poll() is not None or time.monotonic() > until:
                sys.exit(f"The server did not start: {(folder / 'log').read_text()[-2000:]}")
            time.sleep(0.2)
        form = folder / "big_form.md"
        form.write_text(big_form())
        subprocess.run([*flask, "forms", "publish", str(form)], cwd=ROOT, env=environment, check=True, stdout=subprocess.DEVNULL)
        yield url
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)


class Phone:
    """A page of the app on which surveyor1 has signed in and everything was downloaded."""

    def __init__(self, page: Any, url: str):
        self.page, self.url = page, url
        page.set_default_timeout(60_000)
        page.add_init_script(WATCH)
        page.goto(f"{url}/app/")
        page.fill("#username", "surveyor1")
        page.fill("#password", "demo")
        page.click("button[type=submit]")
        page.wait_for_selector(".top__line:has-text('已同步')")
        page.evaluate("navigator.serviceWorker.ready.then(() => true)")
        time.sleep(2)
        self.devtools = page.context.new_cdp_session(page)

    def throttle(self, rate: int) -> None:
        self.devtools.send("Emulation.setCPUThrottlingRate", {"rate": rate})

    def start(self, hash: str, selector: str) -> float:
        """From the navigation to this part painted, from the service worker's cache."""
        self.page.goto("about:blank")
        self.page.goto(f"{self.url}/app/#{hash}", wait_until="commit")
        return float(self.page.evaluate(f"measuring.shown({json.dumps(selector)})"))

    def tap(self, hash: str, selector: str = ".form-page .question, .form-page .roster-row") -> float:
        return float(self.page.evaluate(f"measuring.open({json.dumps(hash)}, {json.dumps(selector)})"))

    def is_idle(self, seconds: float = 4) -> None:
        """As after reading the list for a moment: what warms up by itself has had its time."""
        self.page.wait_for_timeout(seconds * 1000)

    def clear_drafts(self) -> None:
        self.page.evaluate(
            """async () => {
                const open = indexedDB.open('doorstep/w0001/desk');
                const database = await new Promise((resolve) => (open.onsuccess = () => resolve(open.result)));
                const transaction = database.transaction('drafts', 'readwrite');
                transaction.objectStore('drafts').clear();
                await new Promise((resolve) => (transaction.oncomplete = resolve));
                database.close();
            }"""
        )

    def heap_megabytes(self) -> float:
        self.devtools.send("HeapProfiler.collectGarbage")
        return float(self.devtools.send("Runtime.getHeapUsage")["usedSize"]) / 1e6

    def forward(self) -> None:
        self.page.locator(".form-bottom .button").nth(1).click()

    def write_people(self, count: int) -> None:
        """A survey that is done, with so many names and what is asked of each."""
        page = self.page
        page.get_by_role("radio", name="上门", exact=True).click()
        page.get_by_role("radio", name="完成", exact=True).click()
        self.forward()
        boxes = page.locator(".question__box")
        boxes.nth(0).fill("3")
        boxes.nth(2).fill("502")
        self.forward()
        for number in range(count):
            if page.locator(".roster-row").count() <= number:
                page.locator(".add-row").click()
            box = page.locator(".roster-row .question__box").nth(number)
            box.press_sequentially(f"何{number}")
        page.locator(".roster-row__on").first.click()
        for number in range(count):
            page.get_by_role("radio", name="女", exact=True).first.click()
            page.locator(".form-page .question__box").first.press_sequentially("1975")
            page.get_by_role("button", name="36.6").first.click()
            # On to the next person's first page.
            while page.locator(".form-page__person h1").inner_text() == f"何{number}" and number < count - 1:
                self.forward()
                page.wait_for_timeout(30)
        page.get_by_text("草稿已存").wait_for()

    def answer_everything_here(self) -> None:
        page = self.page
        choices = page.locator(".form-page [role=radio], .form-page [role=checkbox]")
        boxes = page.locator(".form-page input.question__box[type=text]")
        for number in range(12):
            if number < choices.count():
                choices.nth(number).click()
                page.wait_for_timeout(120)
        for number in range(5):
            if number < boxes.count():
                boxes.nth(number).press_sequentially("37", delay=120)


def measure(url: str, folder: Path, chromium: str) -> list[tuple[str, list[float], str, float]]:
    from playwright.sync_api import sync_playwright

    figures: list[tuple[str, list[float], str, float]] = []
    with sync_playwright() as playwright:
        arguments = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
        context = playwright.chromium.launch_persistent_context(
            str(folder / "profile"),
            executable_path=chromium,
            args=arguments,
            viewport={"width": 390, "height": 844},
            locale="zh-CN",
            timezone_id="Asia/Shanghai",
            has_touch=True,
        )
        phone = Phone(context.pages[0], url)
        page = phone.page
        phone.throttle(THROTTLE)

        figures.append(("list of doors, warm start", [phone.start("/doors", ".house .door") for _ in range(RUNS)], "median", 500))
        figures.append(("today, warm start", [phone.start("/", ".due, .empty") for _ in range(RUNS)], "median", 500))

        for name, form, aim in (("household survey", SURVEY, 1500), ("300 questions", BIG, 3000)):
            taps = []
            for _ in range(RUNS):
                phone.start("/doors", ".house .door")
                phone.is_idle()
                taps.append(phone.tap(f"/form/{form}"))
            figures.append((f"{name}: opened by a tap", taps, "median", aim))
            figures.append((f"{name}: the app started with it", [phone.start(f"/form/{form}", ".form-page .question") for _ in range(RUNS)], "median", 0))
            phone.answer_everything_here()
            phone.forward()
            phone.answer_everything_here()
            page.wait_for_timeout(500)
            figures.append((f"{name}: an answer painted", page.evaluate("measuring.answers()"), "p95", 60))
            figures.append((f"{name}: the draft on the disk", page.evaluate("measuring.drafts()"), "max", 300))
            phone.clear_drafts()

        phone.throttle(1)
        phone.start(f"/form/{SURVEY}", ".form-page .question")
        phone.write_people(PEOPLE)
        draft = page.evaluate(
            """async () => {
                const open = indexedDB.open('doorstep/w0001/desk');
                const database = await new Promise((resolve) => (open.onsuccess = () => resolve(open.result)));
                const reading = database.transaction('drafts').objectStore('drafts').getAllKeys();
                const keys = await new Promise((resolve) => (reading.onsuccess = () => resolve(reading.result)));
                database.close();
                return keys[0];
            }"""
        )
        page.evaluate("measuring.answers(), measuring.drafts()")
        phone.throttle(THROTTLE)
        phone.answer_everything_here()
        page.wait_for_timeout(800)
        figures.append((f"{PEOPLE} people: an answer painted", page.evaluate("measuring.answers()"), "p95", 60))
        figures.append((f"{PEOPLE} people: the draft on the disk", page.evaluate("measuring.drafts()"), "max", 300))
        taps = []
        for _ in range(RUNS):
            phone.start("/doors", ".house .door")
            phone.is_idle()
            taps.append(phone.tap(f"/form/{SURVEY}?draft={draft}"))
        figures.append((f"{PEOPLE} people: restored by a tap", taps, "median", 2000))
        starts = [phone.start(f"/form/{SURVEY}?draft={draft}", ".form-page .question") for _ in range(RUNS)]
        figures.append((f"{PEOPLE} people: the app started with it", starts, "median", 0))
        phone.start(f"/form/{REGISTER}", ".form-page .question")
        page.context.set_offline(True)
        page.evaluate(WRITE_ENTRIES, ENTRIES_BEFORE)
        before = phone.heap_megabytes()
        began = time.monotonic()
        figures.append(("register: from save to the next entry", page.evaluate(WRITE_ENTRIES, ENTRIES), "p95", 1000))
        minutes = (time.monotonic() - began) / 60
        print(f"register: {ENTRIES / minutes:,.0f} entries a minute; {before:.1f} MB before, {phone.heap_megabytes():.1f} MB after {ENTRIES} more entries")
        context.close()
    return figures


def main() -> None:
    chromium = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, ["chromium", "chromium-browser", "google-chrome"])), None)
    if chromium is None:
        sys.exit("No Chromium: see tests/end_to_end/provide_chromium.sh")
    with tempfile.TemporaryDirectory() as name, product(Path(name)) as url:
        figures = measure(url, Path(name), chromium)
    rows = []
    for what, values, which, aim in figures:
        reached = {"median": statistics.median(values), "p95": percentile(values, 95), "max": max(values)}[which]
        aims = f"{which} < {aim:,.0f}" if aim else ""
        rows.append(
            (
                what,
                str(len(values)),
                f"{statistics.median(values):,.0f}",
                f"{percentile(values, 95):,.0f}",
                f"{max(values):,.0f}",
                aims,
                verdict(reached < aim) if aim else "",
            )
        )
    table(f"Forms on a phone, processor throttled {THROTTLE} times, milliseconds", ("", "runs", "median", "p95", "max", "aim", ""), rows)


if __name__ == "__main__":
    main()
