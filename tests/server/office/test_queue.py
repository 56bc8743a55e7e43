"""The queue: what waits and why, side by side, settling, linking, giving to a person, several at once, undo, and who may what."""

from __future__ import annotations

import html
import re
import shutil
from urllib.parse import parse_qs, urlsplit

import orjson
import pytest
from flask import get_flashed_messages

from server.app import create_app
from server.office import toasts
from server.office.questions import Question
from server.office.typed import WrongValue, read_typed
from server.settings import read_settings
from server.stores import db, stores
from sync.store.models import AuditEvent, Decision, Outbox, QueueAssignment, Record, Submission, Suggestion
from tests.server.office.seeded import HELD, HELD_ELSEWHERE, HOUSEHOLD, PASSWORD, UNKNOWN_FORM, Browser
from tests.server.office.waiting import DOOR, FAR, LING, LING_TOO, ZHAO, fill, hold, says

LING_PAIR = f"pair:{LING} {LING_TOO}"
FAR_PAIR = f"pair:{LING} {FAR}"
OF_ZHAO = f"/queue?item=dispute:{ZHAO}"


def open_app(folder):
    return create_app(read_settings({"DOORSTEP_DATA": str(folder), "DOORSTEP_DEMO": "1"}))


@pytest.fixture(scope="session")
def filled_folder(seeded_folder, tmp_path_factory):
    folder = tmp_path_factory.mktemp("queue") / "data"
    shutil.copytree(seeded_folder, folder)
    app = open_app(folder)
    fill(app)
    with app.app_context():
        db.engine.dispose()
    return folder


@pytest.fixture(scope="session")
def onlooker(filled_folder):
    """An administrator who only looks: one for all tests."""
    app = open_app(filled_folder)
    admin = Browser(app.test_client(), "zh")
    assert admin.post("/sign-in", username="admin2", password=PASSWORD, page="/sign-in").status_code == 302
    yield admin
    with app.app_context():
        db.engine.dispose()


@pytest.fixture
def app(filled_folder, tmp_path):
    """The office with a queue: see waiting.py."""
    shutil.copytree(filled_folder, tmp_path / "data")
    app = open_app(tmp_path / "data")
    yield app
    with app.app_context():
        db.engine.dispose()


def listed(answer) -> list[str]:
    """The items of the list, as it shows them."""
    assert answer.status_code == 200, answer.text
    items = answer.text.partition('class="items"')[2].partition("</ol>")[0]
    queries = (parse_qs(urlsplit(html.unescape(address)).query) for address in re.findall(r'href="([^"]+)"', items))
    return [query["item"][0] for query in queries if "item" in query]


def press(browser, page: str, button: str, **more: str):
    """Press the button whose value this is on the page, as a browser without scripts does: its form with all it holds."""
    text = browser.get(page).text
    if "item=" in page:
        text = text.partition('id="item"')[2]
    for form in re.findall(r'<form method="post".*?</form>', text, re.S):
        buttons = {html.unescape(value): name for name, value in re.findall(r'<button[^>]* name="(action|value|account)" value="([^"]*)"', form)}
        if button in buttons:
            action = html.unescape(re.search(r'action="([^"]+)"', form)[1])
            held = {name: html.unescape(value) for name, value in re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', form)}
            return browser.client.post(action, data={**held, buttons[button]: button, **more}, headers=browser.headers)
    raise AssertionError(f"no button {button}")


def undo(browser, page: str):
    """Press Undo in the toast of the page."""
    toast = re.search(r'<form method="post" action="([^"]+)">((?:(?!</form>).)*data-undo.*?)</form>', browser.get(page).text, re.S)
    assert toast, "no toast with an undo"
    held = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', toast[2]))
    return browser.client.post(html.unescape(toast[1]), data={name: html.unescape(value) for name, value in held.items()}, headers=browser.headers)


def said(text: str) -> str:
    """The page's words without its marks."""
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", text)))


def document(app, record: str) -> dict:
    with app.app_context():
        return orjson.loads(stores().session.get(Record, record).body)


def state_of(app, submission_id: str) -> str:
    with app.app_context():
        return stores().session.query(Submission).filter_by(id=submission_id).one().state


# What waits, and in which order


def test_the_queue_stands_in_order_of_harm(onlooker):
    """A held temperature, then disputes, then the other held ones by age, then pairs by how alike they are."""
    everything = [f"held:{HELD}", f"dispute:{HOUSEHOLD}", f"dispute:{ZHAO}", f"held:{HELD_ELSEWHERE}", f"held:{UNKNOWN_FORM}", LING_PAIR, FAR_PAIR]
    assert listed(onlooker.get("/queue")) == everything


def test_a_dispute_about_a_health_code_comes_before_all_others(app, browser):
    says(app, LING, 20, health_code="green")
    says(app, LING, 21, health_code="red")
    page = browser("admin").get("/queue")
    assert listed(page)[0] == f"dispute:{LING}"
    assert "紧急" in page.text


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"sort": "held"}, [f"held:{HELD}", f"held:{HELD_ELSEWHERE}", f"held:{UNKNOWN_FORM}"]),
        ({"sort": "dispute", "kind": "person"}, [f"dispute:{ZHAO}"]),
        ({"kind": "household"}, [f"dispute:{HOUSEHOLD}"]),
        ({"rule": "constraint"}, [f"held:{HELD}"]),
        ({"form": "fishing_licence"}, [f"held:{UNKNOWN_FORM}"]),
        ({"area": "g0411"}, [f"held:{HELD_ELSEWHERE}", FAR_PAIR]),
        ({"area": "g0312"}, [f"dispute:{ZHAO}"]),
        ({"sort": "pair", "assigned": "me"}, []),
        ({"sort": "pair", "assigned": "nobody"}, [LING_PAIR, FAR_PAIR]),
        ({"sort": "held", "since": "week"}, [f"held:{HELD}", f"held:{HELD_ELSEWHERE}", f"held:{UNKNOWN_FORM}"]),
    ],
)
def test_the_queue_is_what_its_address_says(onlooker, query, found):
    assert listed(onlooker.get("/queue", **query)) == found


@pytest.mark.parametrize("query", [{"sort": "x"}, {"rule": "x"}, {"kind": "x"}, {"since": "x"}, {"area": "x"}, {"after": "9~1"}, {"after": "0~yesterday~x"}])
def test_an_address_that_means_nothing_is_refused(onlooker, query):
    assert onlooker.get("/queue", **query).status_code == 400


def test_reasons_stand_in_words_in_the_readers_language(browser):
    admin = browser("admin")
    text = said(admin.get("/queue").text)
    assert "2部手机对“住户电话”填写不同" in text
    assert "体温（℃）：体温应在34到43之间" in text
    assert "何伶俐 与 何玲利" in text
    admin.post("/language", page="/queue", language="en")
    assert "2 phones wrote different answers to “Household telephone”" in said(admin.get("/queue").text)


def test_a_held_form_says_which_door_it_is_about(app, browser):
    hold(app, 1, about=DOOR)
    assert "入户摸排 · 3栋 1单元 502" in said(browser("admin").get("/queue", sort="held").text)


def test_a_long_queue_goes_on_where_the_page_before_ended(app, browser):
    hold(app, *range(1, 121))
    admin = browser("admin")
    seen, address = [], "/queue?sort=held"
    while address:
        page = admin.get(address)
        seen += listed(page)
        following = re.search(r'rel="next" href="([^"]+)"', page.text)
        address = html.unescape(following[1]) if following else ""
    assert len(seen) == len(set(seen)) == 123
    assert "123" in page.text, "the count is of all pages"


def test_an_empty_queue_says_what_belongs_there(app, browser):
    with app.app_context():
        session = stores().session
        session.query(Submission).filter_by(state="held").update({"state": "rejected"})
        session.query(Record).update({"disputes": 0})
        session.query(Suggestion).delete()
        session.commit()
    text = said(browser("admin").get("/queue").text)
    assert "没有待办" in text and "可能重复的档案" in text


# A dispute


def test_a_dispute_shows_every_value_with_who_when_where_and_what_else_they_knew(onlooker):
    text = said(onlooker.get(OF_ZHAO).text)
    assert "13900000001" in text and "13900000002" in text
    assert "陈静 · 2月3日 12:05" in text and "d-7f3b0005" in text and "二网格" in text
    assert "填写时没有看到过这条档案" in text


def test_each_answer_stands_once_however_many_gave_it_and_a_hundred_are_not_all_drawn(app, browser):
    for number in range(30):
        says(app, LING, 30 + number, **{"phone": f"1370000{number // 2:04}", "name": f"何{number}"})
    page = browser("admin").get(f"/queue?item=dispute:{LING}").text
    assert page.count('name="value"') == 15 + 1 + 24 + 1, "15 telephones and the old one, 24 of 31 names, and typing another"
    assert said(page).count("另有1人填写相同") == 14 and "另有7个更早的说法" in said(page)


@pytest.mark.parametrize(("policy", "words"), [("", "采用最新的"), ("earliest", "采用最先填报的"), ("review", "表单规定由人认定")])
def test_a_dispute_says_what_stands_until_it_is_settled(app, browser, policy, words):
    says(app, LING, 22, policy=policy, health_code="green")
    says(app, LING, 23, policy=policy, health_code="red")
    assert words in said(browser("admin").get(f"/queue?item=dispute:{LING}").text)


def test_one_click_settles_and_the_next_item_comes_by_itself(app, browser):
    admin = browser("admin")
    answer = press(admin, OF_ZHAO, '"13900000001"')
    assert answer.status_code == 302
    assert parse_qs(urlsplit(answer.location).query)["item"] == [f"held:{HELD_ELSEWHERE}"]
    phone = document(app, ZHAO)["fields"]["phone"]
    assert phone["value"] == "13900000001" and "disputed" not in phone
    page = admin.get(answer.location).text
    assert "已认定：赵敏的phone为13900000001" in said(page) and "撤销" in page
    assert f"dispute:{ZHAO}" not in listed(admin.get("/queue"))


def test_a_settlement_is_undone_from_the_toast_and_the_dispute_is_back(app, browser):
    admin = browser("admin")
    before = document(app, ZHAO)
    answer = press(admin, OF_ZHAO, '"13900000001"')
    answer = undo(admin, answer.location)
    assert document(app, ZHAO)["fields"] == before["fields"]
    assert f"dispute:{ZHAO}" in listed(browser("admin2").get("/queue"))
    assert "已重做，恢复撤销前的认定" in admin.get(undo(admin, answer.location).location).text
    assert document(app, ZHAO)["fields"]["phone"]["value"] == "13900000001", "the toast of an undo does it again"


def test_the_areas_phones_learn_the_names_of_who_settled_and_who_wrote_from_elsewhere(app, browser):
    def told():
        with app.app_context():
            rows = stores().session.query(Outbox).filter(Outbox.document_id.startswith("area:")).all()
            return [(row.database, orjson.loads(row.body).get("others")) for row in rows]

    admin = browser("admin")
    says(app, ZHAO, 24, area="g0312", health_code="green")
    says(app, ZHAO, 25, area="g0312", health_code="red")
    press(admin, OF_ZHAO, '"13900000001"')
    assert told() == [("area-g0312", {"w0001": "王芳", "w0003": "陈静"})]
    press(admin, OF_ZHAO, '"green"')
    assert told() == [("area-g0312", {"w0001": "王芳", "w0003": "陈静"})], "the second time it costs nothing"


def test_another_value_can_be_typed_and_a_blank_one_is_refused(app, browser):
    says(app, LING, 22, health_code="green")
    says(app, LING, 23, health_code="red")
    admin, page = browser("admin"), f"/queue?item=dispute:{LING}"
    press(admin, page, "typed", typed="blue")
    assert "不能这样填：请选择一个选项" in said(admin.get(page).text)
    press(admin, page, "typed", typed="green")
    code = document(app, LING)["fields"]["health_code"]
    assert code["value"] == "green" and "disputed" not in code


def test_what_is_typed_must_be_an_answer_to_the_question():
    decimal, code = Question("temperature", "/temperature", "decimal", None), Question("code", "/code", "select_one", None, {"green": {}})
    assert read_typed(decimal, [" 36.5 "]) == 36.5
    assert read_typed(code, ["green"]) == "green"
    for question, wrong in ((decimal, "hot"), (decimal, ""), (decimal, "1e400"), (code, "blue"), (Question("photo", "/photo", "image", None), "a.jpg")):
        with pytest.raises(WrongValue):
            read_typed(question, [wrong])


def test_a_preview_shows_what_a_settlement_changes_and_changes_nothing(onlooker):
    before = onlooker.get(OF_ZHAO).text.count("13900000002")
    answer = press(onlooker, OF_ZHAO, '"13900000001"', preview='"13900000001"')
    text = said(answer.text)
    assert "13900000002 → 13900000001" in text and "不再有不一致" in text and "二网格" in text
    assert onlooker.get(OF_ZHAO).text.count("13900000002") == before
    assert f"dispute:{ZHAO}" in listed(onlooker.get("/queue"))


def test_without_scripts_the_previews_own_button_does_it(app, browser):
    admin = browser("admin")
    page = press(admin, OF_ZHAO, '"13900000001"', preview='"13900000001"').text
    form = re.search(r'<form method="post" action="/rulings" class="confirm">.*?</form>', page, re.S)[0]
    held = {name: html.unescape(value) for name, value in re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', form)}
    assert admin.client.post("/rulings", data=held).status_code == 302
    assert document(app, ZHAO)["fields"]["phone"]["value"] == "13900000001"


def test_the_second_administrator_sees_what_the_first_did_and_nothing_is_overwritten(app, browser):
    first, second = browser("admin"), browser("admin2")
    late = second.get(OF_ZHAO).text
    press(first, OF_ZHAO, '"13900000001"')
    form = next(each for each in re.findall(r'<form method="post".*?</form>', late, re.S) if "13900000002" in each)
    held = {name: html.unescape(value) for name, value in re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', form)}
    answer = second.client.post("/rulings", data={**held, "value": '"13900000002"'}, headers=second.headers)
    page = said(second.get(answer.location).text)
    assert "未作改动" in page and "王芳" in page and "认定了一项内容" in page
    assert document(app, ZHAO)["fields"]["phone"]["value"] == "13900000001"


def test_who_opens_what_another_has_done_is_told_who_and_when(browser):
    press(browser("admin"), OF_ZHAO, '"13900000001"')
    assert re.search(r"那一项已处理：王芳于.+认定了一项内容：赵敏的phone为13900000001", said(browser("admin2").get(OF_ZHAO).text))


def test_a_dispute_is_settled_in_place_on_the_records_page(app, browser):
    admin = browser("admin")
    page = f"/records/{ZHAO}"
    answer = press(admin, page, '"13900000001"')
    assert answer.location.endswith(page)
    assert document(app, ZHAO)["fields"]["phone"]["value"] == "13900000001"


# A pair


def test_a_pairs_facts_stand_side_by_side_with_what_differs(onlooker):
    text = onlooker.get("/queue", item=LING_PAIR).text
    rows = re.findall(r'<tr class="(same|differs)"><th scope="row">(.*?)</th><td[^>]*>(.*?)</td><td[^>]*>(.*?)</td>', text, re.S)
    told = [(how, said(words).strip(), said(left).strip(), said(right).strip()) for how, words, left, right in rows]
    assert ("differs", "姓名 不同", "何伶俐", "何玲利") in told
    assert ("same", "phone", "13800000001", "13800000001") in told
    assert ("same", "门牌", "3栋 1单元 502", "3栋 1单元 502") in told


def test_two_are_linked_with_one_click_and_unlinked_on_the_records_page(app, browser):
    admin = browser("admin")
    before = document(app, LING), document(app, LING_TOO)
    answer = press(admin, f"/queue?item={LING_PAIR}", "link")
    assert document(app, LING)["members"] == [LING, LING_TOO]
    assert document(app, LING_TOO)["linked_to"] == LING
    assert LING_PAIR not in listed(admin.get(answer.location))
    assert "由另一条代表" in said(admin.get(f"/records/{LING_TOO}").text)
    assert "何玲利" in said(admin.get(f"/records/{LING}").text)
    assert press(admin, f"/records/{LING}", "undo").status_code == 302
    assert (document(app, LING), document(app, LING_TOO)) == before
    assert LING_PAIR in listed(admin.get("/queue"))


def test_not_the_same_is_remembered_and_can_be_taken_back(browser):
    admin = browser("admin")
    answer = press(admin, f"/queue?item={LING_PAIR}", "apart")
    assert LING_PAIR not in listed(browser("admin2").get("/queue"))
    undo(admin, answer.location)
    assert LING_PAIR in listed(admin.get("/queue"))


def test_a_record_is_linked_with_one_that_was_searched_for(app, browser):
    admin = browser("admin")
    text = admin.get(f"/records/{LING}", link="何玲利").text
    assert f"/records/{LING_TOO}" in text
    assert press(admin, f"/records/{LING}?link=何玲利", "link").status_code == 302
    assert document(app, LING_TOO)["linked_to"] == LING


def test_a_pair_across_areas_is_an_administrators_and_the_leader_is_told_why(app, browser):
    leader = browser("leader")
    page = leader.get("/queue", item=FAR_PAIR)
    text = said(page.text)
    assert "浮山网格" in text and "请管理员处理" in text
    assert "何伶莉" not in text, "no name of a person in an area that is not theirs"
    answer = leader.post("/rulings", page="/queue", action="link", record=LING, other=FAR, back="/queue")
    assert "请管理员处理" in said(leader.get(answer.location).text)
    assert "linked_to" not in document(app, LING) and "members" not in document(app, LING)
    assert press(browser("admin"), f"/queue?item={FAR_PAIR}", "link").status_code == 302


# Moves


def test_a_household_moves_with_who_lives_there_and_back(app, browser):
    admin = browser("admin")
    page = f"/records/{DOOR}"
    look = said(press(admin, page, "move", area="g0312", preview="move", choice="action").text)
    assert "从一网格迁到二网格" in look and "何伶俐" in look
    assert document(app, DOOR)["area"] == "g0311"
    answer = press(admin, page, "move", area="g0312")
    assert [document(app, each)["area"] for each in (DOOR, LING, LING_TOO)] == ["g0312"] * 3
    assert "现属二网格" in said(admin.get(page).text)
    admin.get("/queue")
    press(admin, page, "move", area="g0311")
    assert undo(admin, answer.location).status_code == 302
    assert document(app, DOOR)["area"] == "g0312", "the second move was taken back, the first stands"


def test_nothing_is_moved_to_where_no_phone_holds_it(app, browser):
    admin = browser("admin")
    admin.post("/rulings", page="/queue", action="move", record=DOOR, area="s03", back="/queue")
    assert "请选择其中具体的一个" in admin.get("/queue").text
    assert document(app, DOOR)["area"] == "g0311"


def test_a_leader_moves_within_their_areas_only(app, browser):
    leader = browser("leader")
    answer = leader.post("/rulings", page="/queue", action="move", record=DOOR, area="g0411", back="/queue")
    assert "请管理员迁移" in said(leader.get(answer.location).text)
    assert document(app, DOOR)["area"] == "g0311"
    assert leader.post("/rulings", page="/queue", action="move", record=FAR, area="g0311", back="/queue").status_code == 404
    assert "浮山网格" not in said(leader.get(f"/records/{DOOR}").text)


# Held submissions


def test_a_held_one_is_decided_in_the_queue_and_the_next_comes(app, browser):
    admin = browser("admin")
    answer = press(admin, f"/queue?sort=held&item=held:{HELD}", "return", comment="请重新测温")
    assert state_of(app, HELD) == "returned"
    assert parse_qs(urlsplit(answer.location).query) == {"sort": ["held"], "item": [f"held:{HELD_ELSEWHERE}"]}
    undo(admin, answer.location)
    assert state_of(app, HELD) == "held"


def test_accepting_shows_first_what_it_would_change(onlooker):
    text = said(press(onlooker, f"/queue?sort=held&item=held:{HELD}", "accept", preview="accept").text)
    assert "将会改变" in text and "没有档案会改变" in text, "this one was kept without what it says of records"
    assert f"held:{HELD}" in listed(onlooker.get("/queue"))
    refused = said(press(onlooker, f"/queue?sort=held&item=held:{UNKNOWN_FORM}", "reject", preview="accept").text)
    assert "没有它的表单" in refused and "确认" not in refused


def test_a_return_without_a_word_comes_back_to_the_same_item(app, browser):
    answer = press(browser("admin"), f"/queue?sort=held&item=held:{HELD}", "return")
    assert parse_qs(urlsplit(answer.location).query)["item"] == [f"held:{HELD}"]
    assert state_of(app, HELD) == "held"


# Several at once


def test_twenty_held_ones_are_returned_with_one_comment_and_one_undo(app, browser):
    ids = hold(app, *range(1, 21))
    admin = browser("admin")
    answer = press(admin, "/queue?sort=held&rule=required", "return", items=[f"held:{id}" for id in ids], comment="请补填走访结果")
    assert {state_of(app, id) for id in ids} == {"returned"}
    assert "已附意见退回20份" in said(admin.get(answer.location).text)
    with app.app_context():
        assert stores().session.query(Decision).filter_by(comment="请补填走访结果").count() == 20
    press(admin, "/queue?sort=held", "return", items=[f"held:{HELD}"], comment="x")
    assert undo(admin, "/queue").status_code == 302
    assert state_of(app, HELD) == "held"
    assert {state_of(app, id) for id in ids} == {"returned"}, "only the last click was taken back"


def test_undoing_several_leaves_what_somebody_decided_since(app, browser):
    one, other = hold(app, 1, 2)
    admin, second = browser("admin"), browser("admin2")
    answer = press(admin, "/queue?sort=held", "reject", items=[f"held:{one}", f"held:{other}"])
    page = f"/submissions/{one}"
    seen = re.search(r'name="seen" value="([^"]*)"', second.get(page).text)[1]
    second.post(f"{page}/decision", page=page, action="reopen", seen=seen)
    second.post(f"{page}/decision", page=page, action="accept", seen=re.search(r'name="seen" value="([^"]*)"', second.get(page).text)[1])
    back = undo(admin, answer.location)
    text = said(admin.get(back.location).text)
    assert state_of(app, other) == "held" and state_of(app, one) == "accepted"
    assert "1项恢复原状" in text and "赵敏" in text


def test_one_that_cannot_be_decided_does_not_stop_the_others(app, browser):
    (one,) = hold(app, 1)
    admin = browser("admin")
    answer = press(admin, "/queue?sort=held", "accept", items=[f"held:{one}", f"held:{UNKNOWN_FORM}"])
    text = said(admin.get(answer.location).text)
    assert state_of(app, one) == "accepted" and state_of(app, UNKNOWN_FORM) == "held"
    assert "已接受1份" in text and "1项未作改动" in text and "没有它的表单" in text


def test_several_pairs_are_told_apart_and_disputes_keep_what_stands(app, browser):
    admin = browser("admin")
    press(admin, "/queue?sort=pair", "apart", items=[LING_PAIR, FAR_PAIR])
    assert listed(browser("admin2").get("/queue", sort="pair")) == []
    undo(admin, "/queue?sort=pair")
    assert listed(admin.get("/queue", sort="pair")) == [LING_PAIR, FAR_PAIR]
    press(admin, "/queue?sort=dispute", "keep", items=[f"dispute:{ZHAO}"])
    phone = document(app, ZHAO)["fields"]["phone"]
    assert phone["value"] == "13900000002" and "disputed" not in phone


def test_items_of_two_sorts_are_not_decided_together(app, browser):
    admin = browser("admin")
    answer = admin.post("/queue/several", page="/queue", action="accept", items=[f"held:{HELD}", LING_PAIR], back="/queue")
    assert "请选择同一类的项目" in said(admin.get(answer.location).text)
    assert state_of(app, HELD) == "held"


# Who looks after it


def test_an_item_is_given_to_a_person_and_found_by_them(app, browser):
    admin = browser("admin")
    admin.post("/queue/assign", page="/queue", items=LING_PAIR, account="w0002", back="/queue")
    assert "刘洋" in said(admin.get("/queue", sort="pair").text)
    leader = browser("leader")
    assert listed(leader.get("/queue", assigned="me")) == [LING_PAIR]
    assert LING_PAIR not in listed(admin.get("/queue", assigned="nobody"))
    leader.post("/queue/assign", page="/queue", items=LING_PAIR, account="", back="/queue")
    with app.app_context():
        assert stores().session.query(QueueAssignment).count() == 0
        assert stores().session.query(AuditEvent).filter_by(action="assign").count() == 2


def test_nothing_is_given_to_someone_who_may_not_see_it(app, browser):
    admin = browser("admin")
    answer = admin.post("/queue/assign", page="/queue", items=f"held:{HELD_ELSEWHERE}", account="w0002", back="/queue")
    assert "刘洋无权查看" in said(admin.get(answer.location).text)
    assert admin.post("/queue/assign", page="/queue", items=f"held:{HELD}", account="w0003", back="/queue").status_code == 400


# Rights


def test_a_leader_sees_and_decides_what_lies_in_their_areas(app, browser):
    leader = browser("leader")
    found = listed(leader.get("/queue"))
    assert f"held:{HELD}" in found and f"dispute:{ZHAO}" in found and f"held:{HELD_ELSEWHERE}" not in found
    assert leader.post("/queue/assign", page="/queue", items=f"held:{HELD_ELSEWHERE}", account="w0002").status_code == 404
    assert press(leader, OF_ZHAO, '"13900000001"').status_code == 302
    assert document(app, ZHAO)["fields"]["phone"]["value"] == "13900000001"
    with app.app_context():
        audited = stores().session.query(AuditEvent).filter_by(action="settle", subject=ZHAO).one()
        assert audited.account == "w0002"


def test_a_forged_value_or_version_is_refused(onlooker):
    for wrong in ({"value": "{"}, {"seen": "[]"}, {"seen": '{"d":1}'}, {"action": "burn"}):
        form = {"action": "settle", "record": ZHAO, "field": "phone", "value": '"1"', "seen": "{}", **wrong}
        assert onlooker.post("/rulings", page="/queue", **form).status_code == 400, wrong
    assert f"dispute:{ZHAO}" in listed(onlooker.get("/queue"))


def test_of_what_has_left_a_leaders_areas_they_see_where_it_lies_and_no_more(app, browser):
    admin, leader = browser("admin"), browser("leader")
    form = {"action": "move", "record": ZHAO, "area": document(app, FAR)["area"], "back": "/queue", "next": "/queue"}
    assert admin.post("/rulings", page="/queue", **form).status_code == 302
    page = leader.get(f"/records/{ZHAO}")
    assert page.status_code == 200 and "现属" in said(page.text) and "赵敏" in said(page.text) and "1390000000" not in page.text
    assert ZHAO not in leader.get("/people").text


def test_a_leader_sees_a_record_that_is_one_with_theirs_in_lists_and_is_told_who_can_rule(app, browser):
    admin, leader = browser("admin"), browser("leader")
    press(admin, f"/queue?item={FAR_PAIR}", "link")
    says(app, FAR, 30, area=document(app, FAR)["area"], phone="13700000001", household="household:ffffffffffffffffffffffffff")
    says(app, FAR, 31, area=document(app, FAR)["area"], phone="13700000002")
    assert document(app, LING)["area"] == document(app, FAR)["area"], "its newest word is from there"
    assert LING in leader.get("/people").text
    page = leader.get(f"/records/{LING}").text
    assert "可由该区域负责人或管理员认定" in page and "13700000001" in page and 'name="value"' not in page


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        *[(forged, "这不是现在并列的说法之一") for forged in ('"1"', "13900000001", '{"a": []}', '["13900000001"]', "true", '" 13900000001"')],
        ("typed", "不能这样填：请选择并列的说法之一"),
        ("null", "这个内容无法保存"),
    ],
)
def test_what_nobody_said_and_nobody_typed_is_no_value(onlooker, value, sentence):
    """The record says 13900000002, and 13900000001 beside it; with `typed`, what was typed is asked for and checked as an answer to the question."""
    answer = press(onlooker, OF_ZHAO, '"13900000001"', value=value, typed=" ")
    assert sentence in said(onlooker.get(answer.location).text)
    assert "13900000001" in said(onlooker.get(OF_ZHAO).text)


def test_a_long_value_leaves_the_toast_its_undo(browser):
    """A cookie that is too large is dropped by browsers without a word."""
    admin = browser("admin")
    page = admin.get("/queue", item=f"dispute:{ZHAO}").text
    seen, last = (re.search(rf'name="{name}" value="([^"]*)"', page).group(1) for name in ("seen", "last"))
    name = "".join(chr(0x4E00 + number * 7 % 20_000) for number in range(3_000))
    form = {"action": "settle", "record": ZHAO, "field": "name", "seen": html.unescape(seen), "last": last, "value": "typed", "typed": name}
    answer = admin.post("/rulings", page="/queue", **form)
    assert answer.status_code == 302
    assert all(len(cookie) < 4_000 for cookie in answer.headers.getlist("Set-Cookie"))
    text = admin.get("/queue").text
    assert "data-undo" in text, re.findall(r"toast.*", text)


def test_every_tab_says_how_many_wait_whichever_is_open(browser):
    numbers = re.compile(r'<span class="count">(\d+)</span></a>')
    admin = browser("admin")
    all_of_them = numbers.findall(admin.get("/queue").text)
    assert len(all_of_them) == 3
    assert all(numbers.findall(admin.get("/queue", sort=sort).text) == all_of_them for sort in ("dispute", "held", "pair"))


def test_a_name_that_turns_the_direction_of_text_turns_no_sentence(app):
    with app.test_request_context():
        toasts.toast("Settled: abc\u202edef is right.")
        toasts.problem("\u2067x")
        assert [said["words"] if isinstance(said, dict) else said for said in get_flashed_messages()] == ["Settled: abcdef is right.", "x"]
