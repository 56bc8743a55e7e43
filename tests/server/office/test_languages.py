"""Every word of the office is there in every language, and dates are written as people write them."""

from __future__ import annotations

from datetime import datetime

import pytest
from babel.messages.pofile import read_po

from server.office import languages
from server.office.shown import DECISIONS, RULES, SUBMISSION_STATES
from server.office.submission_page import HINDRANCES
from server.office.translate import TRANSLATIONS, gather, untranslated
from sync.review import ACTIONS, REASONS
from sync.store.reading_submissions import RULES as KNOWN_RULES
from sync.store.reading_submissions import STATES

FILES = sorted(TRANSLATIONS.glob("*/LC_MESSAGES/*.po"))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.parent.parent.name)
def test_every_word_is_translated(file, tmp_path):
    with gather(tmp_path).open("rb") as words, file.open("rb") as translated:
        asked = {message.id for message in read_po(words) if message.id}
        known = {message.id for message in read_po(translated) if message.id}
    assert len(asked) > 200
    assert asked - known == set(), "run: python -m server.office.translate"
    assert untranslated(file) == []


def test_every_state_rule_decision_and_reason_has_words():
    assert set(SUBMISSION_STATES) == set(STATES)
    assert set(RULES) == set(KNOWN_RULES)
    assert set(ACTIONS) <= set(DECISIONS)
    assert set(REASONS) == set(HINDRANCES)


@pytest.mark.parametrize(
    ("language", "at", "written"),
    [
        ("zh", datetime(languages.now().year, 2, 3, 1, 12), "2月3日 09:12"),
        ("zh", datetime(2019, 12, 31, 23, 5), "2020年1月1日 07:05"),
        ("en", datetime(languages.now().year, 2, 3, 1, 12), "3 Feb 09:12"),
        ("zh", "2019-02-03T09:12:44+08:00", "2019年2月3日 09:12"),
        ("zh", "yesterday", "—"),
        ("zh", None, "—"),
    ],
)
def test_a_moment_is_written_in_local_time_as_people_write_it(app, language, at, written):
    with app.test_request_context(headers={"Accept-Language": language}):
        assert languages.moment(at) == written


@pytest.mark.parametrize(("at", "written"), [("2019-02-03", "2019年2月3日"), ("no day", "no day"), (None, "—")])
def test_a_day_is_written_as_people_write_it(app, at, written):
    with app.test_request_context(headers={"Accept-Language": "zh"}):
        assert languages.day(at) == written


@pytest.mark.parametrize(("count", "written"), [(0, "0"), (999, "999"), (1000, "1,000"), (624_000, "624,000"), ("5,000+", "5,000+")])
@pytest.mark.parametrize("language", ["zh", "en"])
def test_how_many_is_written_with_separators(app, language, count, written):
    with app.test_request_context(headers={"Accept-Language": language}):
        assert languages.number(count) == written


def test_a_number_inside_a_sentence_has_them_too(app):
    page = "{{ ngettext('%(num)s submission', '%(num)s submissions', 12345) }} {{ ngettext('%(num)s dispute', '%(num)s disputes', 1) }}"
    with app.test_request_context(headers={"Accept-Language": "en"}):
        assert app.jinja_env.from_string(page).render() == "12,345 submissions 1 dispute"


def test_pages_of_a_long_list_have_them_and_their_addresses_have_none(app):
    page = {"first": 1201, "last": 1250, "total": 624000, "number": 1025, "pages": 12480, "more": False}
    with app.test_request_context("/people", headers={"Accept-Language": "en"}):
        text = app.jinja_env.from_string('{% from "office/parts.html" import pager with context %}{{ pager(page) }}').render(page=page)
    assert "1,201–1,250 of 624,000" in text and "Page 1,025 of 12,480" in text
    assert "page=1024" in text and "page=1026" in text
