"""The queue, one submission, and deciding about it."""

from __future__ import annotations

import re

import orjson
import pytest

from server.stores import stores
from sync import review
from sync.store.models import AuditEvent, Decision, Outbox, Submission
from tests.server.office.seeded import HELD, HELD_ELSEWHERE, SURVEY, UNKNOWN_FORM, submission

PAGE = f"/submissions/{HELD}"


def listed(answer) -> list[str]:
    assert answer.status_code == 200, answer.text
    return re.findall(r'<th scope="row"><a href="/submissions/(submission:[^"]+)"', answer.text)


def decide(browser, action: str, submission_id: str = HELD, **form: str):
    """Press a button on the submission's page as it is now."""
    page = f"/submissions/{submission_id}"
    seen = re.search(r'name="seen" value="([^"]*)"', browser.get(page).text)
    return browser.post(f"{page}/decision", page=page, **{"action": action, "seen": seen.group(1) if seen else "", **form})


def state_of(app, submission_id: str = HELD) -> str:
    with app.app_context():
        return stores().session.query(Submission).filter_by(id=submission_id).one().state


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({}, [UNKNOWN_FORM, HELD_ELSEWHERE, HELD]),
        ({"order": "oldest"}, [HELD, HELD_ELSEWHERE, UNKNOWN_FORM]),
        ({"rule": "constraint"}, [HELD]),
        ({"rule": "form"}, [UNKNOWN_FORM]),
        ({"form": "household_survey"}, [HELD_ELSEWHERE, HELD]),
        ({"area": "g0411"}, [HELD_ELSEWHERE]),
        ({"worker": "w0003"}, [UNKNOWN_FORM, HELD_ELSEWHERE, HELD]),
        ({"worker": "w9999"}, []),
        ({"state": "accepted"}, [SURVEY]),
        ({"state": "any", "today": "1"}, [UNKNOWN_FORM, HELD_ELSEWHERE, HELD, SURVEY]),
    ],
)
def test_the_queue_is_what_its_address_says(browser, query, found):
    assert listed(browser("admin").get("/submissions", **query)) == found


@pytest.mark.parametrize("query", [{"state": "burnt"}, {"rule": "x"}, {"order": "up"}, {"page": "0"}, {"area": "nowhere"}, {"form": "\0"}])
def test_an_address_that_means_nothing_is_refused(browser, query):
    assert browser("admin").get("/submissions", **query).status_code == 400


def test_the_queue_says_why_by_question_in_the_readers_language(browser):
    assert "体温（℃）：体温应在34到43之间" in browser("admin").get("/submissions").text
    admin = browser("admin2")
    admin.post("/language", page="/", language="en")
    assert "Temperature (℃): Temperature must be from 34 to 43" in admin.get("/submissions").text


def test_a_problem_stands_beside_its_question_and_every_answer_is_shown(browser):
    text = browser("admin").get(PAGE).text
    rows = re.findall(r'<div class="level-\d answer( wrong)?[^"]*".*?<div class="asked">(.*?)</div>.*?<span class="value">(.*?)</span>', text, re.S)
    assert (" wrong", "体温（℃）", "63.8") in rows
    assert ("", "姓名", "何玲利") in rows
    assert "shoe_size" in text and "表单中没有" in text


def test_one_that_cannot_be_accepted_says_why_and_offers_no_accepting(app, browser):
    admin = browser("admin")
    text = admin.get(f"/submissions/{UNKNOWN_FORM}").text
    assert "不能接受：这里没有它的表单" in text
    assert 'value="accept"' not in text
    assert decide(admin, "accept", UNKNOWN_FORM).status_code == 302
    assert state_of(app, UNKNOWN_FORM) == "held"
    assert "未作改动：这里没有它的表单" in admin.get("/").text


def test_a_return_reaches_the_phone_with_the_comment_and_the_notes_by_question(app, browser):
    admin = browser("admin")
    answer = decide(admin, "return", comment="请重新测温", **{"about:/members/0/temperature": "63.8℃不可能", "about:/visit/outcome": "  "})
    assert answer.location == PAGE
    assert state_of(app) == "returned"
    with app.app_context():
        row = stores().session.query(Outbox).filter_by(database="worker-w0003").order_by(Outbox.number.desc()).first()
        receipt = orjson.loads(row.body)
        assert receipt["status"] == "returned"
        assert [(each["path"], each["text"]) for each in receipt["comments"]] == [("", "请重新测温"), ("/members/0/temperature", "63.8℃不可能")]
        assert stores().session.query(AuditEvent).filter_by(action="decide", subject=HELD).count() == 1
    page = admin.get(PAGE).text
    assert "请重新测温" in page and "63.8℃不可能" in page and "王芳" in page
    assert listed(admin.get("/submissions")) == [UNKNOWN_FORM, HELD_ELSEWHERE]


@pytest.mark.parametrize(("action", "state"), [("accept", "accepted"), ("reject", "rejected")])
def test_a_decision_is_undone_from_the_toast(app, browser, action, state):
    admin = browser("admin")
    decide(admin, action)
    assert state_of(app) == state
    toast = admin.get("/").text
    seen = re.search(r'name="seen" value="([^"]+)"', toast)
    assert "撤销" in toast and seen
    admin.post(f"{PAGE}/decision", page="/", action="reopen", seen=seen.group(1))
    assert state_of(app) == "held"
    with app.app_context():
        actions = [each.action for each in stores().session.query(Decision).filter_by(submission=HELD).order_by(Decision.clock)]
        assert actions == [action, "reopen"], "both stay in the history"


def test_a_decision_is_undone_from_the_history_another_day(app, browser):
    decide(browser("admin"), "reject")
    second = browser("admin2")
    assert "撤销上次处理" in second.get(PAGE).text
    decide(second, "reopen")
    assert state_of(app) == "held"


def test_the_second_administrator_is_told_what_the_first_did_and_changes_nothing(app, browser):
    first, second = browser("admin"), browser("admin2")
    second.get(PAGE)
    decide(first, "reject", comment="重复")
    second.post(f"{PAGE}/decision", page=PAGE, action="accept", seen="")
    assert state_of(app) == "rejected"
    assert "未作改动：王芳于" in second.get("/").text


def test_a_return_without_a_word_changes_nothing(app, browser):
    admin = browser("admin")
    decide(admin, "return", comment="   ")
    assert state_of(app) == "held"
    assert "请写明要改什么" in admin.get("/").text


@pytest.mark.parametrize("form", [{"comment": "长" * 2001}, {"about:/visit/outcome": "长" * 2001}])
def test_a_comment_that_is_too_long_changes_nothing_and_is_not_lost(app, browser, form):
    admin = browser("admin")
    mark = admin.mark(PAGE)
    sent = {"csrf_token": mark, "action": "return", "seen": "", **form}
    answer = admin.client.post(f"{PAGE}/decision", data=sent, headers={**admin.headers, "Sec-Fetch-Site": "same-origin"})
    assert (answer.status_code, state_of(app)) == (413, "held")
    assert "2,000" in answer.text and "长" * 2001 in answer.text


def test_a_line_that_ends_counts_once_as_in_the_browser(app, browser):
    decide(browser("admin"), "return", comment="行\r\n" * 999 + "行")
    assert state_of(app) == "returned"


def test_whoever_comes_second_keeps_what_they_had_written(app, browser):
    first, second = browser("admin"), browser("admin2")
    mark = second.mark(PAGE)
    decide(first, "reject")
    sent = {"csrf_token": mark, "action": "return", "seen": "", "comment": "请重新测温"}
    answer = second.client.post(f"{PAGE}/decision", data=sent, headers={**second.headers, "Sec-Fetch-Site": "same-origin"})
    assert (answer.status_code, state_of(app)) == (409, "rejected")
    assert "未作改动：王芳于" in answer.text and "请重新测温" in answer.text


def test_of_two_decisions_at_the_same_moment_the_second_is_refused(app):
    with app.app_context():
        review.decide(stores().store, HELD, "reject", "w0001", seen="")
        with pytest.raises(review.CannotDecide, match="decided"):
            review.decide(stores().store, HELD, "accept", "w0005", seen="")
    assert state_of(app) == "rejected"


@pytest.mark.parametrize("action", ["", "delete", "accept accept", "rejudge"])
def test_an_unknown_decision_changes_nothing(app, browser, action):
    assert decide(browser("admin"), action).status_code == 302
    assert state_of(app) == "held"


def test_a_decision_without_the_mark_of_its_page_is_refused(app, browser):
    admin = browser("admin")
    answer = admin.client.post(f"{PAGE}/decision", data={"action": "reject", "seen": ""}, headers=admin.headers)
    assert answer.status_code == 400
    assert "表单已失效" in answer.text
    assert state_of(app) == "held"


def test_deciding_leads_to_the_next_held_one(browser):
    assert decide(browser("admin"), "reject", UNKNOWN_FORM, then="next").location == f"/submissions/{HELD_ELSEWHERE}"


def test_a_leader_decides_in_their_own_areas_only(app, browser):
    leader = browser("leader")
    decide(leader, "reject")
    assert state_of(app) == "rejected"
    answer = leader.post(f"/submissions/{HELD_ELSEWHERE}/decision", page="/submissions", action="reject", seen="")
    assert answer.status_code == 404
    assert state_of(app, HELD_ELSEWHERE) == "held"


def test_a_submission_that_names_no_area_is_the_administrators(app, browser):
    lost = "submission:01JD3Z8Q5V7M2K4X9T6B1N0CFZ"
    with app.app_context():
        stores().session.add(submission(lost, "held", area=None, worker=None, form=None, version=None, answers=[1, 2], problems=b"[]"))
        stores().session.commit()
    assert browser("admin").get(f"/submissions/{lost}").status_code == 200
    assert lost in listed(browser("admin").get("/submissions"))
    assert browser("leader").get(f"/submissions/{lost}").status_code == 404


@pytest.mark.parametrize("submission_id", ["submission:nobody", "x", "a" * 3000])
def test_an_unknown_submission_is_a_page_that_says_so(browser, submission_id):
    admin = browser("admin")
    assert admin.get(f"/submissions/{submission_id}").status_code == 404
    assert admin.post(f"/submissions/{submission_id}/decision", page="/", action="reject", seen="").status_code == 404


@pytest.mark.parametrize("number", ["0", "99", "-1", "x", "9" * 40])
def test_an_unknown_document_is_not_found(browser, number):
    assert browser("operator").get(f"/operator/documents/{number}").status_code == 404


def test_a_held_answer_of_a_wrong_type_is_shown_as_it_came(browser, app):
    came = {"members": [{"name": "何伶俐", "temperature": "三十七度五"}]}
    read = {"members": [{"name": "何伶俐"}]}
    id = "submission:01JD3Z8Q5V7M2K4X9T6B1N0CFV"
    with app.app_context():
        document = orjson.dumps({"_id": id, "type": "submission", "form": "household_survey", "answers": came})
        stores().session.add(submission(id, "held", answers=read, document=document))
        stores().session.commit()
    assert "三十七度五" in browser("admin").get(f"/submissions/{id}").text


def test_a_correction_that_waits_says_until_when_and_leads_nowhere_until_its_predecessor_is_here(app, browser):
    waits, chain = "submission:01JD3Z8Q5V7M2K4X9T6B1N0CFX", {"path": "/supersedes", "rule": "chain", "message": {"zh": "所更正的提交尚未到达", "en": "…"}}
    with app.app_context():
        stores().session.add(submission(waits, "held", supersedes="submission:01JD3Z8Q5V7M2K4X9T6B1N0CFY", problems=orjson.dumps([chain])))
        stores().session.commit()
    text = browser("admin").get(f"/submissions/{waits}").text
    assert "不必处理" in text and "还没有到" in text
    assert "/submissions/submission:01JD3Z8Q5V7M2K4X9T6B1N0CFY" not in text
