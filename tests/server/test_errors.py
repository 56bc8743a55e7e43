"""One table answers every error."""

import errno
import sqlite3

import pytest
from sqlalchemy.exc import OperationalError

from server.errors import ANSWERS, BROKEN, REFUSAL_PAGE, DoorstepError, Forbidden, StoreFull, answer_for

DISK_FULL = [
    OSError(errno.ENOSPC, "No space left on device"),
    sqlite3.OperationalError("database or disk is full"),
    OperationalError("INSERT", {}, sqlite3.OperationalError("database or disk is full")),
]


def failing(app, path: str, error: Exception):
    """The answer at a path whose view raises this."""

    def view():
        raise error

    app.add_url_rule(path, path.replace("/", "_"), view)
    return app.test_client().get(path)


@pytest.mark.parametrize("error", DISK_FULL)
def test_a_full_disk_is_507_so_that_the_sender_keeps_what_it_has(app, error):
    answer = failing(app, "/api/full", error)
    assert (answer.status_code, answer.get_json()["error"]) == (507, "insufficient_storage")


def test_what_nobody_foresaw_is_500_and_tells_nothing_of_the_inside(app):
    answer = failing(app, "/api/broken", KeyError("secret_key"))
    assert (answer.status_code, answer.get_json()) == (500, {"error": "internal_server_error", "reason": "Something broke here. It has been written down."})


def test_a_store_that_is_away_is_503_with_a_time_to_come_back(app):
    answer = failing(app, "/api/away", OperationalError("SELECT", {}, Exception("connection refused")))
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")


def test_a_kind_of_error_is_answered_as_its_kind():
    class NotYourArea(Forbidden):
        pass

    assert answer_for(NotYourArea()) is ANSWERS[Forbidden]
    assert answer_for(DoorstepError()) is BROKEN
    assert {answer.status for answer in ANSWERS.values()} == {400, 401, 403, 404, 409, 413, 429, 503, 507}
    assert ANSWERS[StoreFull].status == 507


def test_a_page_is_in_the_readers_language(app):
    chinese = app.test_client().get("/nowhere", headers={"Accept-Language": "zh-CN"}).get_data(as_text=True)
    english = app.test_client().get("/nowhere", headers={"Accept-Language": "en"}).get_data(as_text=True)
    assert "没有找到" in chinese and "There is no such page" not in chinese
    assert "There is no such page" in english and "没有找到" not in english


def test_a_page_that_breaks_too_is_a_plain_one_in_both_languages(app):
    def broken(*_):
        raise KeyError("the page's own template")

    app.extensions[REFUSAL_PAGE] = broken
    text = app.test_client().get("/nowhere", headers={"Accept-Language": "en"}).get_data(as_text=True)
    assert text.index("There is no such page") < text.index("没有找到")
    assert "template" not in text


def test_a_page_shows_what_was_sent_as_text(app):
    assert "<script>" not in failing(app, "/odd", Forbidden("<script>alert(1)</script>")).get_data(as_text=True)
