"""Photos, sounds, videos and files in the office: shown where they are here, said to be missing where not, handed to those who may see them."""

from __future__ import annotations

import base64
import hashlib
from html import unescape

import orjson
import pytest

from server.stores import stores
from sync.store.models import FormVersion, Submission
from tests.server.office.seeded import NOW, field, record, submission

MEDIA_SUBMISSION = "submission:01JD3Z8Q5V7M2K4X9T6B1N0CFW"
PHOTO, SOUND, PAGE, PAPER = "door-01.jpg", "voice-01.weba", "page-01.html", "paper-01.pdf"
BYTES = {PHOTO: b"\xff\xd8 a photo", SOUND: bytes(range(200)) * 50, PAGE: b"<script>alert(1)</script>", PAPER: b"%PDF-1.7"}
TYPES = {PHOTO: "image/jpeg", SOUND: "audio/webm", PAGE: "text/html", PAPER: "application/pdf"}


def address(name: str) -> str:
    return f"/submissions/{MEDIA_SUBMISSION}/media/{name}"


@pytest.fixture
def office(app, browser):
    """A submission with four files, of which these have arrived."""

    def open_office(*arrived: str, username: str = "admin", damaged: str = "", area: str = "g0311"):
        media = [
            {"question": "/visit/x", "name": name, "type": TYPES[name], "bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
            for name, content in BYTES.items()
        ]
        media[3]["original"] = "五月 名单.pdf"
        document = {"_id": MEDIA_SUBMISSION, "type": "submission", "form": "household_survey", "answers": {"photo": PHOTO}, "media": media}
        answers = {"photo": PHOTO, "sound": SOUND, "page": PAGE, "paper": PAPER}
        with app.app_context():
            session = stores().session
            session.add(submission(MEDIA_SUBMISSION, "accepted", area, answers=answers, document=orjson.dumps(document)))
            session.commit()
            stores().databases.create("media-w0003", {"members": {"names": [], "roles": ["worker:w0003"]}})
            stores().databases.publish("media-w0003", [document_of(name, damaged) for name in arrived])
        return browser(username)

    return open_office


def document_of(name: str, damaged: str) -> dict:
    content = BYTES[name] if name != damaged else b"X" * len(BYTES[name])
    attachment = {"content_type": TYPES[name], "data": base64.b64encode(content).decode()}
    return {"_id": f"media:{name}", "type": "media", "name": name, "submission": MEDIA_SUBMISSION, "_attachments": {name: attachment}}


def test_files_are_shown_and_played_where_their_answers_stand(office):
    page = office(*BYTES).get(f"/submissions/{MEDIA_SUBMISSION}").text
    assert f'<img src="{address(PHOTO)}"' in page
    assert f'<audio class="shown-file" controls preload="none" src="{address(SOUND)}"' in page
    assert "五月 名单.pdf</a>" in unescape(page)
    assert "还没到" not in page


def test_one_that_has_not_arrived_and_one_that_is_not_what_was_announced_say_so(office):
    page = office(PHOTO, SOUND, PAPER, damaged=SOUND).get(f"/submissions/{MEDIA_SUBMISSION}").text
    assert page.count("还没到：文字先到，文件随后从手机传来。") == 1
    assert page.count("收到的内容与手机报的不一致。") == 1


def ranged(browser, wanted: str):
    return browser.client.get(address(SOUND), headers={"Range": wanted})


def test_the_bytes_come_whole_or_a_range_of_them(office):
    admin = office(*BYTES)
    whole = admin.get(address(SOUND))
    assert (whole.status_code, whole.data, whole.content_type) == (200, BYTES[SOUND], "audio/webm")
    assert whole.headers["Content-Disposition"].startswith("inline;")
    part = ranged(admin, "bytes=9990-")
    assert (part.status_code, part.data, part.headers["Content-Range"]) == (206, BYTES[SOUND][9990:], "bytes 9990-9999/10000")
    assert ranged(admin, "bytes=5-9").data == BYTES[SOUND][5:10]
    assert ranged(admin, "bytes=20000-").status_code == 200


@pytest.mark.parametrize("name", [PAGE, PAPER])
def test_what_a_browser_might_run_is_handed_over_as_a_file(office, name):
    answer = office(*BYTES).get(address(name))
    assert (answer.data, answer.content_type) == (BYTES[name], "application/octet-stream")
    assert answer.headers["Content-Disposition"].startswith("attachment;")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"


def test_a_file_keeps_the_name_that_the_person_knew_it_by(office):
    assert office(*BYTES).get(address(PAPER)).headers["Content-Disposition"].endswith("filename*=UTF-8''%E4%BA%94%E6%9C%88%20%E5%90%8D%E5%8D%95.pdf")


@pytest.mark.parametrize("name", ["door-02.jpg", "../../forms", "", "door-01.jpg/x"])
def test_a_file_that_the_submission_does_not_name_is_not_there(office, name):
    assert office(*BYTES).get(address(name)).status_code == 404


def test_who_may_not_see_the_submission_sees_no_file_of_it(office, browser):
    assert office(*BYTES, username="leader", area="g0411").get(address(PHOTO)).status_code == 404
    assert browser("admin2").get(address(PHOTO)).status_code == 200
    assert browser(None).get(address(PHOTO)).status_code == 302
    assert browser("surveyor1").get(address(PHOTO)).status_code == 302


def test_a_held_submission_whose_notes_of_files_are_nonsense_has_a_page(app, browser):
    document = {
        "_id": MEDIA_SUBMISSION,
        "type": "submission",
        "form": "household_survey",
        "answers": {},
        "media": [{"name": 3}, "x", {"name": "a\0b", "type": "", "sha256": "", "bytes": 1}],
    }
    with app.app_context():
        stores().session.add(submission(MEDIA_SUBMISSION, "held", document=orjson.dumps(document), answers=None))
        stores().session.commit()
        assert stores().session.query(Submission).filter_by(id=MEDIA_SUBMISSION).one().state == "held"
    assert browser("admin").get(f"/submissions/{MEDIA_SUBMISSION}").status_code == 200


def test_a_record_shows_the_photo_that_its_form_took(app, office):
    admin = office(PHOTO)
    question = {"name": "photo", "path": "/photo", "type": "image", "label": {"zh": "门牌照片", "en": "Photo of the number"}}
    entity = {"kind": "household", "repeat": None, "id": "/household_id", "label": None, "properties": {"photo": "/photo"}}
    document = {"form": "doors", "version": "1", "title": {"zh": "门牌", "en": "Doors"}, "fields": [question], "entities": [entity]}
    fields = {"photo": field(PHOTO, submission=MEDIA_SUBMISSION, form="doors")}
    with app.app_context():
        session = stores().session
        whole = {"source": b"", "source_type": ".md", "xform": "", "document": orjson.dumps(document), "current": True, "published_at": NOW}
        session.add(FormVersion(form="doors", version="1", audience="phone", **whole))
        session.add(record("household:photographed", "g0311", "3栋 1单元 101", "", fields))
        session.commit()
    page = admin.get("/records/household:photographed").text
    assert f'<img src="{address(PHOTO)}" alt="门牌照片"' in page
