"""What the office takes from a phone goes from it, and what the worker had typed arrives first: in real Chromium, against the real server."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.end_to_end.walking import TOKEN_RUNS_OUT, Phone

pytestmark = pytest.mark.browser
ROOT = Path(__file__).parent.parent.parent
WORDS = json.loads((ROOT / "server" / "pwa" / "src" / "i18n" / "zh.json").read_text())
POUCHES = "indexedDB.databases().then((all) => all.map(({ name }) => name).filter((name) => name.startsWith('_pouch_')).sort())"
WHAT_IS_LEFT = """async () => {
    const found = {};
    for (const { name } of await indexedDB.databases()) {
        const asked = indexedDB.open(name);
        await new Promise((ready) => (asked.onsuccess = ready));
        for (const store of asked.result.objectStoreNames) {
            const read = asked.result.transaction(store).objectStore(store).getAll();
            await new Promise((ready) => (read.onsuccess = ready));
            found[`${name} ${store}`] = read.result;
        }
        asked.result.close();
    }
    return JSON.stringify(found);
}"""  # every value of every IndexedDB database of this phone


@pytest.fixture
def server(shared_server):
    return shared_server


@pytest.fixture
def office(server):
    """office("unassign", …): a command as the operator gives it."""

    def command(*words: str) -> None:
        environment = {"PATH": os.environ["PATH"], "DOORSTEP_DEMO": "1", "DOORSTEP_DATA": str(server.data)}
        subprocess.run([sys.executable, "-m", "flask", "--app", "wsgi", *words], cwd=ROOT, env=environment, check=True)

    return command


@pytest.fixture
def phone(server, open_profile):
    return lambda username: Phone(open_profile(username), server.url).sign_in(username)


def submissions(server, session):
    return server.documents(session["sync"]["inbox"], "submission:")


def receipts(server, session):
    return server.documents(session["sync"]["inbox"], "receipt:")


def visit_nobody_home(phone) -> str:
    """The shortest survey, saved at the first door never visited; the door's name."""
    door = phone.open_door_never_visited()
    begin(phone)
    phone.page.get_by_text("家中无人").click()
    while not phone.page.get_by_role("button", name=phone.word("form.save"), exact=True).count():
        phone.forward()
        phone.page.wait_for_selector(".form-bottom .button")
    phone.save()
    phone.done()
    return door


def begin(phone) -> None:
    phone.start("survey")
    phone.page.get_by_text("上门").click()


def leave_a_draft(phone) -> str:
    """A survey begun at the next door, and left."""
    door = phone.open_door_never_visited(place=1)
    begin(phone)
    phone.page.go_back()
    phone.page.wait_for_selector(".thumb")
    return door


def names_of_residents(server, area: str) -> set[str]:
    found = {document["label"] for document in server.documents(f"area-{area}", "person:").values()}
    assert len(found) > 20, "there is something that could be left behind"
    return found


def assert_no_resident_is_left(page, names: set[str]) -> None:
    left = page.evaluate(WHAT_IS_LEFT)
    assert not {name for name in names if name in left}


def test_an_area_taken_away_while_the_phone_holds_unsent_work(server, phone, office, eventually):
    holder = phone("surveyor2")
    page = holder.page
    session = page.evaluate(TOKEN_RUNS_OUT)
    area = session["worker"]["areas"][0]["id"]
    before = set(submissions(server, session))
    residents = names_of_residents(server, area)
    own_words = json.dumps(server.documents(session["sync"]["inbox"]), ensure_ascii=False)  # what the worker wrote stays the worker's
    residents = {name for name in residents if name not in own_words}
    assert residents
    holder.lose_network()
    visited = visit_nobody_home(holder)
    begun = leave_a_draft(holder)
    office("unassign", "surveyor2", area)

    holder.find_network()
    page.reload()  # its token has run out, as after a quarter of an hour
    page.wait_for_selector(f".notice:has-text('{WORDS['taken_away']['gone']}')")
    (arrived,) = eventually(lambda: set(submissions(server, session)) - before, 60, "the form arrived")
    eventually(lambda: f"receipt:{arrived.split(':')[1]}" in receipts(server, session), 60, "it got its receipt")
    handed_in = WORDS["taken_away"]["handed_in"].replace("{{count}}", "1")
    page.wait_for_selector(f".notice:has-text('{handed_in}')")
    page.wait_for_selector(f".notice:has-text('{WORDS['taken_away']['drafts'].replace('{{count}}', '1')}')")
    holder.look("area_taken_away")
    assert not [name for name in page.evaluate(POUCHES) if "area-" in name]
    assert_no_resident_is_left(page, residents)

    # The draft is the worker's: it is finished and sent, and says which door it was
    holder.tab("today")
    page.locator(".draft .button--soft").click()
    page.get_by_text("家中无人").click()
    while not page.get_by_role("button", name=holder.word("form.save"), exact=True).count():
        holder.forward()
        page.wait_for_selector(".form-bottom .button")
    holder.save()
    holder.done()
    (finished,) = eventually(lambda: set(submissions(server, session)) - before - {arrived}, 60, "the finished draft arrived")
    doors = {document["_id"]: document["label"] for document in server.documents(f"area-{area}", "household:").values()}
    sent = submissions(server, session)
    assert doors[sent[arrived]["answers"]["household_id"]] == visited
    assert doors[sent[finished]["answers"]["household_id"]] == begun
    assert sent[finished]["based_on"], "on the versions that it was filled from"

    holder.tab("today")
    holder.tap("taken_away.seen")
    page.wait_for_selector(f".notice:has-text('{WORDS['taken_away']['gone']}')", state="detached")
    office("assign", "surveyor2", area)


def test_a_phone_that_was_signed_out_hands_in_clears_itself_and_says_so(server, phone, office, eventually):
    holder = phone("surveyor3")
    page = holder.page
    session = page.evaluate(TOKEN_RUNS_OUT)
    before = set(submissions(server, session))
    residents = names_of_residents(server, session["worker"]["areas"][0]["id"])
    holder.lose_network()
    visit_nobody_home(holder)
    begun = leave_a_draft(holder)
    office("devices", "revoke", session["device"])

    holder.find_network()
    page.reload()
    page.wait_for_selector("#username")
    farewell = WORDS["farewell"]["handed_in"]
    for name, count in (("submissions", 1), ("photos", 0), ("drafts", 1)):
        farewell = farewell.replace(f"{{{{{name}}}}}", str(count))
    page.wait_for_selector(f".notice:has-text('{farewell}')")
    holder.look("handed_in")
    (arrived,) = set(submissions(server, session)) - before
    (draft,) = [each for each in server.documents(session["sync"]["inbox"], "draft:").values() if each["device"] == session["device"]]
    assert (draft["title"], draft["worker"]) == (begun, session["worker"]["id"])
    eventually(lambda: f"receipt:{arrived.split(':')[1]}" in receipts(server, session), 60, "it got its receipt")
    assert page.evaluate(POUCHES) == []
    assert_no_resident_is_left(page, residents | {session["household_key"], session["refresh_token"], begun})

    page.reload()
    page.fill("#username", "surveyor3")  # the same phone, as a new one
    page.fill("#password", "demo")
    page.click("button[type=submit]")
    page.wait_for_selector(".tabs")
    assert page.evaluate(TOKEN_RUNS_OUT)["device"] != session["device"]


def test_a_stolen_phone_clears_itself_when_it_next_asks(server, phone, office):
    holder = phone("surveyor4")
    page = holder.page
    session = page.evaluate(TOKEN_RUNS_OUT)
    before = set(submissions(server, session))
    residents = names_of_residents(server, session["worker"]["areas"][0]["id"])
    holder.lose_network()
    visit_nobody_home(holder)
    office("devices", "revoke", "--at-once", session["device"])

    holder.find_network()
    page.reload()
    page.wait_for_selector(f".notice:has-text('{WORDS['farewell']['title']}')")
    assert page.evaluate(POUCHES) == []
    assert_no_resident_is_left(page, residents)
    assert set(submissions(server, session)) == before
