"""Every question of text and choice, in every appearance (tests/data/forms/every_question.md).

Filled on the phone without a network; at the centre each answer is what was entered.
"""

from __future__ import annotations

import json

import pytest
from playwright.sync_api import Locator, expect

from tests.end_to_end.walking import Phone

pytestmark = pytest.mark.browser


@pytest.fixture
def start_phone(shared_server, shared_phone):
    """A phone on which the form and its files are, and which has lost its network."""

    def start(language: str = "zh") -> Phone:
        phone = shared_phone()
        phone.before = set(shared_server.documents("worker-w0001", "submission:"))
        phone.lose_network()
        phone.page.goto(f"{phone.url}/app/#/form/every_question")
        phone.page.wait_for_selector(".form-page .question")
        if language == "en":
            phone.page.get_by_role("button", name="EN", exact=True).click()
            phone.speak("en")
        return phone

    return start


def card(phone: Phone, path: str) -> Locator:
    return phone.page.locator(f'.form-page [data-path="{path}"]')


def button(card: Locator, name: str) -> Locator:
    return card.get_by_role("button", name=name, exact=True)


def pick(card: Locator, *names: str) -> None:
    """Of choices that stand on the screen."""
    for name in names:
        card.get_by_role("radio", name=name, exact=True).or_(card.get_by_role("checkbox", name=name, exact=True)).click()


def search(phone: Phone, card: Locator, typed: str, *names: str) -> None:
    """In the list that opens over the screen."""
    card.locator(".picker").click()
    sheet = phone.page.get_by_role("dialog")
    sheet.get_by_role("searchbox").fill(typed)
    pick(sheet, *names)
    if sheet.is_visible():
        sheet.locator(".button--main").click()


def go_to(phone: Phone, title: str) -> None:
    phone.forward()
    phone.on_page(title)


def test_every_question_of_text_and_choice_is_at_the_centre_as_it_was_entered(start_phone, shared_server, eventually):
    phone = start_phone()

    expect(card(phone, "/words/name").locator("strong")).to_have_text("姓名")
    expect(card(phone, "/words/name").locator("details")).not_to_have_attribute("open", "")
    card(phone, "/words/name").locator("summary").click()
    expect(card(phone, "/words/name")).to_contain_text("先问姓，再问名。")
    card(phone, "/words/name").locator("input").fill("何伶俐")
    card(phone, "/words/story").locator("textarea").fill("第一行\n第二行 & <三>")
    card(phone, "/words/telephone").locator("input").fill("123")
    expect(card(phone, "/words/telephone").get_by_role("alert")).to_have_text("何伶俐的电话应是11位")
    card(phone, "/words/telephone").locator("input").fill("13800001111")
    expect(card(phone, "/words/telephone").get_by_role("alert")).to_have_count(0)
    secret = card(phone, "/words/secret")
    secret.locator("input").fill("s3cret")
    expect(secret.locator("input")).to_have_attribute("type", "password")
    button(secret, phone.word("form.text.show")).click()
    expect(secret.locator("input")).to_have_attribute("type", "text")
    card(phone, "/words/website").locator("input").fill("www.example.org/x")
    expect(card(phone, "/words/website").get_by_role("link")).to_have_attribute("href", "https://www.example.org/x")
    expect(card(phone, "/words/printed")).to_contain_text(phone.word("form.text.another_app"))
    card(phone, "/words/printed").locator("input").fill("按原样")
    expect(card(phone, "/words/fixed").locator("input")).not_to_be_editable()
    expect(card(phone, "/words/today_is").locator("input")).to_have_value("D2")
    phone.look("questions-words")

    go_to(phone, "数字")
    card(phone, "/numbers/age").locator("input").fill("４１")  # the digits of a Chinese keyboard
    card(phone, "/numbers/height").locator("input").fill("1.70")
    income = card(phone, "/numbers/income").locator("input")
    income.fill("1,234567")
    income.blur()
    expect(income).to_have_value("1,234,567")
    card(phone, "/numbers/area").locator("input").fill("12,345.5")
    for _ in range(3):
        button(card(phone, "/numbers/rooms"), phone.filled("form.range.more", by=1)).click()
    button(card(phone, "/numbers/rooms"), phone.filled("form.range.less", by=1)).click()
    button(card(phone, "/numbers/direction"), phone.word("form.bearing.read")).click()
    expect(card(phone, "/numbers/direction").get_by_role("status")).to_have_text(phone.word("form.bearing.none"))
    card(phone, "/numbers/direction").locator("input").fill("271.5")
    expect(phone.page.locator(".form-note")).to_have_text("明年 42 岁")
    phone.look("questions-numbers")

    go_to(phone, "范围")
    pain = card(phone, "/ranges/pain")
    expect(pain.get_by_role("slider")).to_have_attribute("aria-valuetext", phone.word("form.range.none"))
    pain.get_by_role("slider").fill("7")
    button(pain, phone.filled("form.range.more", by=1)).click()
    expect(pain.locator("output")).to_have_text("8")
    card(phone, "/ranges/share").get_by_role("slider").fill("3")  # the third step of 0.05
    card(phone, "/ranges/level").get_by_role("slider").fill("1")
    card(phone, "/ranges/picked").locator("select").select_option("12")
    pick(card(phone, "/ranges/stars"), "4")
    phone.look("questions-ranges")

    go_to(phone, "选一项")
    pick(card(phone, "/one/plain_one"), "是")
    card(phone, "/one/minimal_one").locator("select").select_option(label="香蕉")
    pick(card(phone, "/one/columns_one"), "樱桃")
    pick(card(phone, "/one/pack_one"), "苹果")
    pick(card(phone, "/one/likert_one"), "同意")
    picture = card(phone, "/one/picture_one")
    expect(picture.locator("img")).to_have_count(2)
    assert picture.locator("img").first.evaluate("(image) => image.decode().then(() => image.naturalWidth)") == 96
    button(picture, phone.filled("form.files.enlarge", words="狗")).click()
    large = phone.page.get_by_role("dialog").locator("img")
    assert large.evaluate("(image) => image.decode().then(() => image.naturalWidth)") == 400
    phone.page.keyboard.press("Escape")
    pick(picture, "狗")
    pick(card(phone, "/one/map_one"), "否")
    pick(card(phone, "/one/other_one"), "其他")
    expect(card(phone, "/one/other_one_other").locator(".question__label")).to_have_text("请说明是什么")
    card(phone, "/one/other_one_other").locator("input").fill("米酒")
    phone.look("questions-one")

    go_to(phone, "一点就走")
    pick(card(phone, "/fast/quick_one"), "是")
    phone.on_page("选多项")
    pick(card(phone, "/several/plain_several"), "苹果", "石榴")
    search(phone, card(phone, "/several/minimal_several"), "xj", "香蕉")
    pick(card(phone, "/several/picture_several"), "猫", "狗")
    pick(card(phone, "/several/mixed_several"), "樱桃", "香蕉")
    rank = card(phone, "/several/ranked")
    button(rank, phone.filled("form.rank.up", words="樱桃")).click()
    expect(rank.get_by_role("status")).to_have_text(phone.filled("form.rank.now", words="樱桃", place=2, count=4))
    button(rank, phone.filled("form.rank.down", words="苹果")).click()
    assert rank.locator("li").all_inner_texts() == ["1\n樱桃", "2\n苹果", "3\n香蕉", "4\n石榴"]
    phone.look("questions-several")

    go_to(phone, "表格")
    pick(card(phone, "/grid/clean"), "同意")
    pick(card(phone, "/grid/quiet"), "很不同意")
    phone.look("questions-grid")

    go_to(phone, "地方")
    search(phone, card(phone, "/places/village"), "cqlsq", "重庆路社区")
    expect(card(phone, "/places/village").locator(".picker")).to_have_text("重庆路社区")
    expect(card(phone, "/places/city")).to_contain_text(phone.word("form.choices.none"))
    card(phone, "/places/province").locator("select").select_option(label="湖北")
    expect(card(phone, "/places/city").get_by_role("radio")).to_have_count(2)
    pick(card(phone, "/places/city"), "咸宁")
    search(phone, card(phone, "/places/villages"), "浮山1", "浮山1组", "浮山11组")
    phone.look("questions-places")

    go_to(phone, "日期和时间")
    card(phone, "/times/day").locator("input").fill("2026-02-03")
    typed = card(phone, "/times/day_typed")
    typed.locator("input").fill("1951")
    typed.get_by_label(phone.word("form.date.day"), exact=True).select_option("31")
    typed.get_by_label(phone.word("form.date.month"), exact=True).select_option("2")  # which has no 31st: its last day
    month = card(phone, "/times/month")
    month.locator("input").fill("2020")
    pick(month, "5月")
    button(card(phone, "/times/year"), phone.word("form.date.year_before")).click()
    card(phone, "/times/year").locator("input").fill("1998")
    card(phone, "/times/persian").locator("input").fill("2026-03-21")
    expect(card(phone, "/times/persian")).to_contain_text("1405")
    card(phone, "/times/hour").locator("input").fill("09:15")
    card(phone, "/times/moment").locator("input").fill("2026-02-03T09:15")
    phone.look("questions-times")

    go_to(phone, "请看")
    notes = phone.page.locator(".form-note")
    expect(notes.first).to_have_text("注意")
    expect(notes.last.locator("strong")).to_have_text("不要")
    expect(notes.last.get_by_role("link", name="120")).to_have_attribute("href", "tel:120")
    pick(card(phone, "/read/read_it"), "我已阅读")
    phone.look("questions-read")

    phone.forward()
    expect(phone.page.locator(".review-section").first).not_to_contain_text("s3cret")
    phone.look("questions-review")
    phone.save()
    phone.find_network()
    (new,) = eventually(lambda: set(shared_server.documents("worker-w0001", "submission:")) - phone.before, 60, "the form arrives by itself")
    receipt = eventually(lambda: shared_server.documents("worker-w0001", new.replace("submission", "receipt")), 60, "the centre answers")
    (answer,) = receipt.values()
    assert (answer["status"], answer["problems"], answer["remarks"]) == ("accepted", [], []), json.dumps(answer, ensure_ascii=False)
    assert shared_server.documents("worker-w0001", new)[new]["answers"] == {
        "words": {
            "name": "何伶俐", "story": "第一行\n第二行 & <三>", "telephone": "13800001111", "secret": "s3cret", "website": "www.example.org/x",
            "printed": "按原样", "fixed": "照旧", "today_is": "D2",
        },
        "numbers": {"age": 41, "height": 1.7, "income": 1234567, "area": 12345.5, "rooms": 2, "direction": 271.5, "age_next": "42"},
        "ranges": {"pain": 8, "share": 0.15, "level": -1.5, "picked": 12, "stars": 4},
        "one": {
            "plain_one": "yes", "minimal_one": "banana", "columns_one": "cherry", "pack_one": "apple", "likert_one": "a4", "picture_one": "dog",
            "map_one": "no", "other_one": "other", "other_one_other": "米酒",
        },
        "fast": {"quick_one": "yes"},
        "several": {
            "plain_several": ["apple", "pomegranate"], "minimal_several": ["banana"], "picture_several": ["cat", "dog"], "mixed_several": ["cherry", "banana"],
            "ranked": ["cherry", "apple", "banana", "pomegranate"],
        },
        "grid": {"clean": "a4", "quiet": "a1"},
        "places": {"village": "v4321", "province": "hubei", "city": "xianning", "villages": ["v0001", "v0011"], "village_town": "t1"},
        "times": {
            "day": "2026-02-03", "day_typed": "1951-02-28", "month": "2020-05-01", "year": "1998-01-01", "persian": "2026-03-21",
            "hour": "09:15:00.000+08:00", "moment": "2026-02-03T09:15:00.000+08:00",
        },
        "read": {"read_it": "OK"},
    }  # fmt: skip


def test_the_language_changes_in_mid_form_and_no_answer_with_it(start_phone):
    phone = start_phone()
    card(phone, "/words/name").locator("input").fill("何伶俐")
    card(phone, "/words/telephone").locator("input").fill("123")
    phone.page.get_by_role("button", name="EN", exact=True).click()
    phone.speak("en")
    phone.on_page("Words")
    expect(card(phone, "/words/name").locator("strong")).to_have_text("name")
    expect(card(phone, "/words/telephone").get_by_role("alert")).to_have_text("The number of 何伶俐 has 11 digits")
    expect(card(phone, "/words/name").locator("input")).to_have_value("何伶俐")
    for title in ("Numbers", "Ranges", "One of several"):
        go_to(phone, title)
    pick(card(phone, "/one/likert_one"), "Strongly agree")
    expect(card(phone, "/one/picture_one").locator("img")).to_have_count(2)  # the pictures stand in the first language only
    phone.look("questions-one-en")
    phone.page.get_by_role("button", name="中文", exact=True).click()
    expect(card(phone, "/one/likert_one").get_by_role("radio", name="很同意")).to_be_checked()


THREE_LANGUAGES = """
| settings | | | | |
|---|---|---|---|---|
| | form_id | version | form_title | default_language |
| | three_languages | 1 | 三种语言 | 中文 (zh) |

| survey | | | | | |
|---|---|---|---|---|---|
| | type | name | label::中文 (zh) | label::English (en) | label::Français (fr) |
| | text | name | 姓名 | Name | Nom |
| | select_one yes_no | home | 在家吗 | At home? | À la maison ? |

| choices | | | | | |
|---|---|---|---|---|---|
| | list_name | name | label::中文 (zh) | label::English (en) | label::Français (fr) |
| | yes_no | yes | 在 | Yes | Oui |
| | yes_no | no | 不在 | No | Non |
"""


def test_a_form_speaks_a_language_that_the_app_does_not(shared_server, shared_phone, tmp_path):
    (tmp_path / "three_languages.md").write_text(THREE_LANGUAGES)
    shared_server.publish(tmp_path / "three_languages.md")
    phone = shared_phone()
    phone.page.goto(f"{phone.url}/app/#/form/three_languages")
    home = card(phone, "/home")
    home.wait_for()
    phone.lose_network()
    pick(home, "在")
    language = phone.page.get_by_label(phone.word("form.language"))
    assert language.locator("option").all_inner_texts() == ["中文", "English", "français"]
    language.select_option("fr")
    expect(card(phone, "/name").locator(".question__label")).to_have_text("Nom")
    expect(home.get_by_role("radio", name="Oui")).to_be_checked()
    expect(
        phone.page.get_by_text(phone.word("form.next")).or_(phone.page.get_by_text(phone.word("form.to_review"))).first
    ).to_be_visible()  # the app goes on in Chinese
    phone.look("questions-three-languages")
    language.select_option("en")
    phone.speak("en")
    expect(home.get_by_role("radio", name="Yes")).to_be_checked()
    expect(phone.page.get_by_text(phone.word("form.to_review"), exact=True)).to_be_visible()
