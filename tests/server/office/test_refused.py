"""A refused request gets a page of the house: in the reader's language, what happened, what to do next, a way back, and what had been typed."""

from __future__ import annotations

from sqlalchemy.exc import OperationalError

from server.errors import Conflict, Forbidden, StoreFull, TooLarge, TooManyRequests
from server.office.refused import WORDS
from tests.server.office.seeded import HELD

SAME_SITE = {"Sec-Fetch-Site": "same-origin"}


def is_of_the_house(text: str) -> bool:
    return 'class="panel refused"' in text and "office.css" in text


REFUSED = [
    ("GET", "/nowhere", 404, "您能看到的内容"),
    ("GET", "/records/person:nobody", 404, "您能看到的内容"),
    ("GET", "/people?area=g9999", 400, "没有这个区域"),
    ("GET", "/people?page=0", 400, "没有这一页"),
    ("GET", "/people?q=%00", 400, "这个地址或表单"),
    ("DELETE", "/queue", 405, "这个地址不接受"),
    ("GET", "/static/nothing.css", 404, "您能看到的内容"),
]
ERRORS = [Forbidden(), Conflict(), TooLarge(), TooManyRequests(headers={"Retry-After": "7"}), StoreFull(), KeyError("secret_key")]


def test_it_says_what_happened_in_the_readers_language(browser):
    admin = browser("admin")
    for method, path, status, says in REFUSED:
        answer = admin.client.open(path, method=method, headers=admin.headers)
        assert (answer.status_code, is_of_the_house(answer.text), says in answer.text) == (status, True, True), path
        assert "The browser" not in answer.text and "The requested URL" not in answer.text, path


def test_every_kind_of_error_has_its_page_in_both_languages(app, browser):
    def view(number):
        raise ERRORS[number]

    app.add_url_rule("/odd/<int:number>", "odd", view)
    for language in ("zh", "en"):
        pages = [browser(None, language).get(f"/odd/{number}").text for number in range(len(ERRORS))]
        assert all(is_of_the_house(text) and "secret_key" not in text for text in pages)
        assert {"您" in text or "请" in text for text in pages} == {language == "zh"}
        assert ("7 秒" if language == "zh" else "7 seconds") in pages[3]


def test_every_answer_of_a_status_that_people_meet_has_words():
    assert {400, 401, 403, 404, 405, 409, 413, 429, 500, 503, 507} <= WORDS.keys()


def test_a_store_that_does_not_answer_has_a_page_though_nobody_can_be_told_apart(app, browser):
    from server.office import signing

    def away(*_):
        raise OperationalError("SELECT", {}, Exception("connection refused"))

    admin = browser("admin")
    app.login_manager.user_loader(away)
    answer = admin.get("/queue")
    app.login_manager.user_loader(signing.load)
    assert answer.status_code == 503
    assert is_of_the_house(answer.text)
    assert "暂时没有响应" in answer.text


def test_the_way_back_is_the_page_before_and_never_another_site(browser):
    admin = browser("admin")
    there = admin.client.get("/nowhere", headers={**admin.headers, "Referer": "http://localhost/people?q=hll"})
    elsewhere = admin.client.get("/nowhere", headers={**admin.headers, "Referer": "https://evil.example/people"})
    assert 'href="/people?q=hll"' in there.text
    assert "evil.example" not in elsewhere.text
    assert 'href="/people"' in admin.get("/people", area="g9999").text, "the list without what it does not know"


def test_what_was_typed_is_not_lost_when_the_sign_in_is_over(browser, app):
    admin = browser("admin")
    mark = admin.mark(f"/submissions/{HELD}")
    form = {"csrf_token": mark, "action": "return", "seen": "", "comment": "体温请<重测>", "about:/visit/outcome": "没有填"}
    came = {"Referer": f"http://localhost/queue?item=held:{HELD}", **admin.headers, **SAME_SITE}
    admin.client.delete_cookie("session")
    answer = admin.client.post(f"/submissions/{HELD}/decision", data=form, headers=came)
    assert answer.status_code == 401
    assert "体温请&lt;重测&gt;" in answer.text and "没有填" in answer.text
    assert f"/sign-in?next=/queue?item%3Dheld:{HELD}" in answer.text


def test_words_that_another_site_sends_are_not_shown_as_if_one_had_written_them(browser):
    stranger = browser(None)
    headers = {**stranger.headers, "Sec-Fetch-Site": "cross-site"}
    answer = stranger.client.post(f"/submissions/{HELD}/decision", data={"comment": "call this number"}, headers=headers)
    assert answer.status_code == 401
    assert "call this number" not in answer.text


def test_a_part_of_a_page_that_is_refused_leads_the_whole_page_there(browser):
    admin, stranger = browser("admin"), browser(None)
    refused = admin.client.get("/people?area=g9999", headers={**admin.headers, "HX-Request": "true"})
    signed_out = stranger.client.get("/people?q=hll", headers={**stranger.headers, "HX-Request": "true"})
    assert refused.headers["HX-Redirect"] == "/people?area=g9999"
    assert signed_out.headers["HX-Redirect"] == "/sign-in?next=/people?q%3Dhll"


def test_a_phones_address_has_no_account_on_its_page(browser):
    text = browser("admin").get("/app/nothing.css").text
    assert is_of_the_house(text)
    assert "csrf_token" not in text and 'href="/app/"' in text
