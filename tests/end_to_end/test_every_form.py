"""Every form of the catalogue, filled in on the real phone app without a network, synced, accepted; and the centre has what was entered."""

from __future__ import annotations

import json
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from tests.end_to_end.filling import Filler, flat, plain, shifted
from tests.end_to_end.test_filling_forms import household_with_cases, png

CATALOGUE = Path(__file__).parents[2] / "forms" / "catalogue"
EXAMPLES = {path.stem: json.loads(path.read_text()) for path in sorted((CATALOGUE / "examples").glob("*.json"))}
EXAMPLES_OF = date(2026, 2, 3)
NEVER_COMPARED = ("geopoint", "image")  # the position is the browser's, the photo's name the phone's

pytestmark = pytest.mark.timeout(600)


def test_every_form_of_the_catalogue_is_filled_without_a_network_and_arrives_as_it_was_entered(shared_server, shared_phone, eventually):
    server, phone = shared_server, shared_phone()
    assert {path.stem for path in CATALOGUE.glob("*.md")} == set(EXAMPLES), "each form of the catalogue has examples"
    published = {document["form"]: document for document in server.documents("forms", "form:").values()}
    documents = {form: published[form] for form in EXAMPLES}
    phone.lose_network()
    entered: dict[str, dict] = {}
    days = (datetime.now(ZoneInfo("Asia/Shanghai")).date() - EXAMPLES_OF).days - 1  # yesterday: whatever the hour is now, it is over
    for form, document in documents.items():
        answers = shifted(next(example["answers"] for example in EXAMPLES[form] if not example["problems"]), days)
        phone.page.goto(f"{server.url}/app/#/form/{form}{start_of(server, document, answers)}")
        phone.page.wait_for_selector(".form-page .question, .form-page .roster-row, .add-row")
        filler = Filler(phone.page, document, answers, phone.word, png(640, 480))
        filler.fill()
        entered[form] = {path: filler.wanted[path] for path in filler.done}
        assert set(filler.wanted) == filler.done, f"{form}: never asked: {sorted(set(filler.wanted) - filler.done)}"
        phone.look(f"every-{form}")
        filler.save()
    before = set(server.documents("worker-w0001", "submission:"))
    phone.find_network()
    arrived = eventually(
        lambda: (
            len(set(server.documents("worker-w0001", "submission:")) - before) == len(entered)
            and (set(server.documents("worker-w0001", "submission:")) - before)
        ),
        90,
        "all arrive by themselves",
    )
    receipts = eventually(
        lambda: (
            len(found := server.documents("worker-w0001", "receipt:")) >= len(arrived)
            and all(name.replace("submission", "receipt") in found for name in arrived)
            and found
        ),
        60,
    )
    submissions = server.documents("worker-w0001", "submission:")
    for name in arrived:
        submission, receipt = submissions[name], receipts[name.replace("submission", "receipt")]
        form = submission["form"]
        assert (form, receipt["status"], receipt["problems"]) == (form, "accepted", []), form
        fields = {each["path"]: each for each in walk(documents[form]["fields"])}
        got = dict(flat(submission["answers"], fields))
        different = {
            path: (value, got.get(path))
            for path, value in entered[form].items()
            if not (got.get(path) == value or (fields[plain(path)]["type"] in NEVER_COMPARED and got.get(path)))
        }
        assert (form, different) == (form, {})


def start_of(server, document: dict, answers: dict) -> str:
    """The record that a form is begun from. A survey begins at a door that nobody knows yet."""
    if document["form"] == "household_survey" or not document["starts_from"]:
        return ""
    if document.get("starts_new") and "household_id" not in answers:
        return ""
    household = household_with_cases(server, 1)
    if document["starts_from"] == "quarantine_case":
        area = server.sign_in("surveyor1", "d-00000e2f")["sync"]["areas"][0]
        cases = server.documents(area, "quarantine_case:").values()
        case = next(case["_id"] for case in cases if case["fields"]["household"]["value"] == household and "released_on" not in case["fields"])
        return f"?record={case.replace(':', '%3A')}"
    return f"?household={household.replace(':', '%3A')}"


def walk(fields: list[dict]):
    for each in fields:
        yield each
        yield from walk(each.get("fields", []))
