"""Signing in, and who sees which page."""

from __future__ import annotations

import pytest

from server.office.signing import safe_next
from server.stores import stores
from sync.store.models import Account, AuditEvent
from tests.server.office.seeded import CASE, ELSEWHERE, HELD, HELD_ELSEWHERE, HOUSEHOLD, PASSWORD

OFFICE_PAGES = ["/", "/households", "/people", "/cases", "/households.csv", f"/records/{HOUSEHOLD}", "/submissions", "/submissions.csv", f"/submissions/{HELD}"]
OPERATOR_PAGES = ["/operator", "/operator/documents/1"]


@pytest.mark.parametrize("path", [*OFFICE_PAGES, *OPERATOR_PAGES, "/surveyor"])
def test_a_stranger_is_asked_to_sign_in_and_comes_back_to_the_page(browser, path):
    answer = browser(None).get(path)
    assert answer.status_code == 302
    assert answer.location.startswith("/sign-in")
    assert path == "/" or path.replace("/", "%2F").replace(":", "%3A") in answer.location.replace("/", "%2F").replace(":", "%3A")


@pytest.mark.parametrize("path", [*OFFICE_PAGES, *OPERATOR_PAGES])
def test_an_administrator_sees_every_page(browser, path):
    assert browser("admin").get(path).status_code == 200


@pytest.mark.parametrize("path", OFFICE_PAGES)
def test_a_leader_sees_the_office(browser, path):
    assert browser("leader").get(path).status_code == 200


def test_a_leader_sees_only_the_areas_below_those_assigned(browser):
    leader = browser("leader")
    assert "2栋 1单元 202" not in leader.get("/households").text
    assert "1栋 2单元 311" in leader.get("/households").text
    assert leader.get(f"/records/{ELSEWHERE}").status_code == 404
    assert leader.get(f"/submissions/{HELD_ELSEWHERE}").status_code == 404
    assert leader.get("/households", area="g0411").status_code == 400
    assert "浮山" not in leader.get("/submissions").text
    assert leader.post(f"/submissions/{HELD_ELSEWHERE}/decision", page="/submissions", action="reject", seen="").status_code == 404
    assert "2栋 1单元 202" not in leader.get("/households.csv").text


@pytest.mark.parametrize("path", [*OFFICE_PAGES])
def test_the_operator_sees_no_resident(browser, path):
    answer = browser("operator").get(path)
    assert answer.status_code == 302
    assert answer.location == "/operator"


def test_the_operator_and_the_administrator_see_the_operators_page_and_the_leader_does_not(browser):
    for username in ("operator", "admin"):
        text = browser(username).get("/operator").text
        assert "note:1" in text and "d-7f3a0001" in text
    assert browser("leader").get("/operator").location == "/"


def test_a_surveyor_is_shown_the_way_to_the_phone_app(browser):
    surveyor = browser("surveyor1")
    assert surveyor.get("/").location == "/surveyor"
    assert 'href="/app/"' in surveyor.get("/surveyor").text


@pytest.mark.parametrize(("username", "password", "status"), [("admin", "wrong", 401), ("nobody", PASSWORD, 401), ("", "", 400), ("admin", "x" * 5000, 401)])
def test_a_wrong_name_or_password_is_told_without_saying_which(browser, username, password, status):
    stranger = browser(None)
    answer = stranger.post("/sign-in", page="/sign-in", username=username, password=password)
    assert answer.status_code == status
    assert ("账号或密码不正确" in answer.text) == (status == 401)
    assert stranger.get("/").status_code == 302


def test_too_many_failed_sign_ins_must_wait_even_with_the_right_password(browser):
    stranger = browser(None)
    for _try in range(10):
        assert stranger.post("/sign-in", page="/sign-in", username="admin", password="wrong").status_code == 401
    answer = stranger.post("/sign-in", page="/sign-in", username="admin", password=PASSWORD)
    assert answer.status_code == 429
    assert "秒后再试" in answer.text


def test_signing_in_without_the_mark_of_the_page_is_refused(app):
    answer = app.test_client().post("/sign-in", data={"username": "admin", "password": PASSWORD})
    assert answer.status_code in (302, 400)
    assert app.test_client().get("/").status_code == 302


def test_signing_in_leaves_nothing_of_an_earlier_visitor(app, browser):
    stranger = browser(None)
    with stranger.client.session_transaction() as session:
        session["planted"] = "by an earlier visitor"
    stranger.post("/sign-in", page="/sign-in", username="admin", password=PASSWORD)
    with stranger.client.session_transaction() as session:
        assert "planted" not in session
        assert session["_user_id"]


def test_a_closed_account_and_a_changed_password_end_the_sign_in_at_once(app, browser):
    admin, leader = browser("admin"), browser("leader")
    with app.app_context():
        session = stores().session
        session.query(Account).filter_by(username="leader").one().active = False
        session.query(Account).filter_by(username="admin").one().password_hash = "another"
        session.commit()
    assert admin.get("/").location.startswith("/sign-in")
    assert leader.get("/").location.startswith("/sign-in")


def test_signing_out_ends_it(browser):
    admin = browser("admin")
    assert admin.post("/sign-out", page="/").status_code == 302
    assert admin.get("/").location.startswith("/sign-in")


@pytest.mark.parametrize(
    ("target", "safe"),
    [
        ("/households?q=311", True),
        ("//evil.example/", False),
        ("/\\evil.example", False),
        ("https://evil.example/", False),
        ("javascript:alert(1)", False),
        ("/\nhttps://evil.example", False),
        ("", False),
        (None, False),
    ],
)
def test_the_page_to_come_back_to_is_on_this_site(target, safe):
    assert safe_next(target) == (target if safe else None)


def test_the_way_back_leads_to_the_page_that_was_asked_for(browser):
    stranger = browser(None)
    answer = stranger.client.post(
        "/sign-in?next=/cases", data={"csrf_token": stranger.mark("/sign-in"), "username": "admin", "password": PASSWORD}, headers=stranger.headers
    )
    assert answer.location == "/cases"


def test_the_language_is_the_browsers_then_the_accounts_then_the_switchs(browser):
    assert "Sign in to the office" in browser(None, "en").get("/sign-in").text
    assert "登录管理后台" in browser(None, "fr").get("/sign-in").text
    admin = browser("admin", "en")  # the account says Chinese
    assert "概览" in admin.get("/").text
    admin.post("/language", page="/", language="en", next="/cases")
    assert "Overview" in admin.get("/").text
    assert "Overview" in browser("admin", "zh").get("/").text, "the account remembers"


def test_looking_at_a_record_is_written_down(app, browser):
    browser("leader").get(f"/records/{CASE}")
    with app.app_context():
        event = stores().session.query(AuditEvent).filter_by(action="view").one()
        assert (event.account, event.subject) == ("w0002", CASE)


def test_pages_hold_no_inline_script_or_style_and_are_not_kept_by_caches(browser):
    admin = browser("admin")
    for path in ("/", "/households", f"/records/{HOUSEHOLD}", f"/submissions/{HELD}", "/queue", "/operator"):
        answer = admin.get(path)
        assert "style=" not in answer.text and "<style" not in answer.text and "onclick" not in answer.text
        assert answer.text.count("<script") == answer.text.count('<script src="/office-static/') >= 2
        assert answer.headers["Cache-Control"] == "no-store"
        policy = answer.headers["Content-Security-Policy"]
        assert "script-src 'self';" in policy and "unsafe" not in policy


@pytest.mark.parametrize(("asked_for", "sets_a_cookie"), [("document", True), ("empty", False), ("image", False)])
def test_what_a_page_asks_for_beside_itself_takes_no_toast_away(app, browser, asked_for, sets_a_cookie):
    browser = browser("admin")
    browser.get("/queue")
    answer = browser.client.get("/queue", headers={"Sec-Fetch-Dest": asked_for})
    assert (answer.status_code, "Set-Cookie" in answer.headers) == (200, sets_a_cookie)
