"""A record's history on its page, the record as of a moment, and who looked at it or took it away."""

from __future__ import annotations

import re
from datetime import timedelta

import orjson
import pytest

from server.stores import stores
from sync import review
from sync.store.models import AuditEvent, Record
from tests.server.office.seeded import ELSEWHERE, HOUSEHOLD, NOW, PERSON, SURVEY, contribution, submission

AGAIN = "submission:01JD3Z8Q5V7M2K4X9T6B1N0CFV"
HOUR_LATER = "1770083702000-0000-d-7f3a0001"


@pytest.fixture
def visited_again(app):
    """A second survey of the household, an hour after the first: the telephone is another one, the rest is as it was."""
    with app.app_context():
        session = stores().session
        said = contribution(HOUSEHOLD, {"outcome": "done", "phone": "0715-8255399"}, AGAIN)
        body = {**orjson.loads(said.body), "clock": HOUR_LATER, "effective": HOUR_LATER}
        said.body, said.dot_clock = orjson.dumps(body), HOUR_LATER
        session.add_all([submission(AGAIN, "accepted", received_at=NOW + timedelta(seconds=1), clock=HOUR_LATER), said])
        session.commit()


def history(answer) -> str:
    """The words of the history alone."""
    assert answer.status_code == 200, answer.text
    part = answer.text.partition('id="events"')[2].partition("</section>")[0]
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", part.partition(">")[2]))


def test_each_event_says_who_did_what_and_what_it_changed(browser, visited_again):
    text = history(browser("admin").get(f"/records/{HOUSEHOLD}"))
    assert "陈静 上报 入户摸排" in text
    assert "住户电话 0715-8255301 → 0715-8255399" in text
    assert "建立档案。" in text
    assert text.index("0715-8255399") < text.index("建立档案")
    english = browser("admin2")
    english.post("/language", language="en")
    assert "Household telephone 0715-8255301 → 0715-8255399" in history(english.get(f"/records/{HOUSEHOLD}"))


def test_what_was_reported_and_changed_nothing_is_told_too(browser, visited_again):
    assert re.search(r"再次上报，内容相同 1 |与原有一致 1 ", history(browser("admin").get(f"/records/{HOUSEHOLD}")))


def test_a_rejected_submission_stays_in_the_history_and_the_record_falls_back(app, browser, visited_again):
    with app.app_context():
        review.decide(stores().store, AGAIN, "reject", "w0001", "号码是旧的")
    text = history(browser("admin").get(f"/records/{HOUSEHOLD}"))
    assert "王芳 否决了上报： 陈静填报的入户摸排" in text and "号码是旧的" in text
    assert "住户电话 0715-8255399 → 0715-8255301" in text
    assert "现在： 已否决" in text


def test_the_record_as_of_a_moment_is_marked_and_leads_back(browser, visited_again):
    admin = browser("admin")
    then = re.findall(r'class="then" href="([^"]+)"', admin.get(f"/records/{HOUSEHOLD}").text)[-1]
    page = admin.get(then).text
    assert "这是档案在" in page and "回到现在" in page
    facts = page.partition('class="facts"')[2].partition('class="beside"')[0]
    assert "0715-8255301" in facts and "0715-8255399" not in facts
    assert f'href="/records/{HOUSEHOLD}"' in page.partition("回到现在")[0]
    assert "以此为准" not in page and "迁移" not in page  # nobody rules on the past
    assert '<li class="later">' in page


def test_steps_lead_from_event_to_event_and_the_last_one_to_now(browser, visited_again):
    admin = browser("admin")
    before = re.search(r'rel="prev" href="([^"]+)"', admin.get(f"/records/{HOUSEHOLD}").text)[1]
    page = admin.get(before).text
    assert "0715-8255301" in page.partition('class="facts"')[2].partition('class="beside"')[0]
    assert 'rel="prev"' not in page and 'rel="next"' not in page  # the first event; what follows is now


BAD_MOMENTS = [
    ("gestern", "不是有效的时间"),
    ("2026-13-45T99:00", "不是有效的时间"),
    ("0001-01-01T00:00+23:00", "不是有效的时间"),
    ("<script>", "不是有效的时间"),
    ("9999-01-01T00:00", "还没有到"),
    ("1999-01-01T00:00", "那时还没有这条档案"),
]


def test_a_moment_that_cannot_be_shown_gets_a_sentence_and_the_record_as_it_is(browser):
    admin = browser("admin")
    for moment, sentence in BAD_MOMENTS:
        answer = admin.get(f"/records/{HOUSEHOLD}", as_of=moment)
        assert answer.status_code == 400
        assert sentence in answer.text and "0715-8255301" in answer.text, moment
        assert "<script>" not in answer.text.partition("<main")[2]


def test_views_are_told_once_a_person_and_day(browser):
    admin = browser("admin")
    for _ in range(3):
        admin.get(f"/records/{HOUSEHOLD}")
    admin.get(f"/submissions/{SURVEY}")
    text = history(browser("leader").get(f"/records/{HOUSEHOLD}", show="looks"))
    assert "王芳 当天查看本页3次" in text
    assert "王芳 当天查看有关上报1次" in text
    assert "上报 入户摸排" not in text


def test_an_export_is_told_to_those_records_that_it_had_and_to_no_others(app, browser):
    admin = browser("admin")
    admin.get("/households.csv", area="s03", q="何伶俐").get_data()
    assert "王芳 导出了住户名册，含1条档案" in history(admin.get(f"/records/{HOUSEHOLD}", show="looks"))
    assert "导出" not in history(admin.get(f"/records/{ELSEWHERE}", show="looks"))
    assert "/households?area=s03" in admin.get(f"/records/{HOUSEHOLD}").text
    with app.app_context():
        stores().session.delete(stores().session.get_one(Record, PERSON))
        stores().session.commit()
    assert "导出" not in history(admin.get(f"/records/{PERSON}", show="looks"))


def test_looking_at_the_past_and_fetching_more_is_a_view_like_any_other(app, browser, visited_again):
    admin = browser("admin")
    admin.get(f"/records/{HOUSEHOLD}/timeline")
    admin.get(f"/records/{HOUSEHOLD}", as_of=(NOW + timedelta(hours=8)).isoformat())
    with app.app_context():
        events = stores().session.query(AuditEvent).filter_by(action="view", subject=HOUSEHOLD).all()
        assert len(events) == 2 and b"as_of" in events[1].detail


def test_a_leader_sees_no_history_of_other_areas(browser):
    leader = browser("leader")
    for path in (f"/records/{ELSEWHERE}", f"/records/{ELSEWHERE}/timeline", f"/records/{ELSEWHERE}?as_of=2026-02-03T12:00"):
        assert leader.get(path).status_code == 404


def test_a_part_of_the_history_that_is_none_is_refused(browser):
    admin = browser("admin")
    for query in ({"show": "everything"}, {"before": "x"}, {"before": "." * 5000}):
        assert admin.get(f"/records/{HOUSEHOLD}", **query).status_code == 400


def test_a_record_of_which_nothing_counts_any_more_still_has_its_page(app, browser):
    with app.app_context():
        review.decide(stores().store, SURVEY, "reject", "w0001", "假的")
        assert stores().session.get(Record, HOUSEHOLD) is None
    page = browser("leader").get(f"/records/{HOUSEHOLD}")
    assert "已没有有效的上报" in page.text and "0715-8255301" in page.text
    assert "档案自此没有有效的上报。" in history(page)


def test_a_long_history_is_fetched_by_the_page_and_leafed_through(app, browser):
    with app.app_context():
        session = stores().session
        row = session.get_one(Record, HOUSEHOLD)
        row.body = orjson.dumps({**orjson.loads(row.body), "submission_count": 700})
        for number in range(30):
            session.add(submission(f"submission:01JD3Z8Q5V7M2K4X9T6B1N1{number:03}", "accepted", received_at=NOW + timedelta(seconds=number + 1)))
            session.add(contribution(HOUSEHOLD, {"phone": str(number)}, f"submission:01JD3Z8Q5V7M2K4X9T6B1N1{number:03}"))
        session.commit()
    admin = browser("admin")
    assert f'hx-get="/records/{HOUSEHOLD}/timeline"' in admin.get(f"/records/{HOUSEHOLD}").text
    first = admin.get(f"/records/{HOUSEHOLD}/timeline").text
    assert first.count(" 上报") + first.count("上报\n") >= 1 and first.count("<li") >= 20
    older = admin.get(re.search(r'hx-get="([^"]+)"', first)[1].replace("&amp;", "&")).text
    assert "建立档案。" in older and "hx-get" not in older
