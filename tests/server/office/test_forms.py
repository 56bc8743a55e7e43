"""The pages of forms: all of them with their versions, bringing one, what is wrong with it in place, trying it, publishing it."""

from __future__ import annotations

import io
import re

import openpyxl
import orjson
import pytest
from sqlalchemy import text

from server.form_preview import KEPT_FORMS_MAX
from server.office.form_outline import as_written
from server.office.new_forms import UPLOAD_BYTES_MAX, next_version
from server.stores import stores
from sync.store.models import AuditEvent, Device, FormVersion, KeptForm
from tests.server.office.seeded import NOW

REGISTER = """
| settings |
| | form_title::zh | form_title::en | form_id | version | default_language |
| | 访客登记 | Visitor register | visitors | 1 | zh |

| survey |
| | type | name | label::zh | label::en | relevant | constraint | constraint_message::zh | constraint_message::en |
| | text | who | 姓名 | Name | | | | |
| | decimal | temp | 体温 | Temperature | ${who} != '' | . >= 34 and . <= 43 | 体温应在34到43之间 | Must be from 34 to 43 |
"""
MENDED = REGISTER.replace("| 1 | zh", "| 2 | zh").replace("| text | who |", "| text | phone | 电话 | Telephone | | | | |\n| | text | who |")


def workbook(relevant: str = "${who} != ''", constraint: str = ". >= 34 and . <= 43", temperature: str = "Temperature") -> bytes:
    """The register as a workbook; its third row of the survey is the temperature."""
    book = openpyxl.Workbook()
    survey = book.active
    survey.title = "survey"
    survey.append(["type", "name", "label::zh", "label::en", "relevant", "constraint"])
    survey.append(["text", "who", "姓名", "Name", None, None])
    survey.append(["decimal", "temp", "体温", temperature, relevant, constraint])
    settings = book.create_sheet("settings")
    settings.append(["form_title::zh", "form_title::en", "form_id", "version", "default_language"])
    settings.append(["访客登记", "Visitor register", "visitors", "1", "zh"])
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def english(browser):
    browser.post("/language", page="/forms", language="en")
    return browser


def upload(browser, source: bytes | str, name: str = "visitors.md", **more):
    source = source.encode() if isinstance(source, str) else source
    return browser.post("/new-forms", page="/forms", form=(io.BytesIO(source), name), **more)


def uploaded(browser, source: bytes | str, name: str = "visitors.md", **more) -> str:
    """The address of its page."""
    answer = upload(browser, source, name, **more)
    assert answer.status_code == 303, answer.text
    return answer.location


def publish(browser, source: bytes | str, name: str = "visitors.md"):
    page = uploaded(browser, source, name)
    return browser.post(f"{page}/publish", page=page)


def words(text: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", text))


def test_all_forms_stand_on_one_page_with_their_versions_and_what_was_filled_in(browser):
    admin = english(browser("admin"))
    publish(admin, REGISTER)
    publish(admin, MENDED)
    page = admin.get("/forms").text
    assert [title.strip() for title in re.findall(r'<th scope="row"><a[^>]*>([^<]+)</a>', page)] == ["Household survey", "Visitor register"]
    survey, register = page.split('<th scope="row">')[1:]
    assert re.search(r'data-label="Submissions"[^>]*><a[^>]*>3</a>', survey), "one accepted and two held"
    assert 'data-label="Version">2<' in register
    assert re.search(r'href="/forms/visitors/1">1<span class="quiet"> \(0\)', register), "the older version stands beside it"


def test_the_list_is_searched_by_name_and_by_title_in_any_language(browser):
    admin = english(browser("admin"))
    publish(admin, REGISTER)
    for search, found in (("visit", ["visitors"]), ("访客", ["visitors"]), ("SURVEY household", ["household_survey"]), ("nothing", [])):
        assert re.findall(r'<code class="quiet">([^<]+)</code>', admin.get("/forms", q=search).text) == found, search
    assert "No form is called that" in admin.get("/forms", q="nothing").text


def test_without_a_form_the_page_says_what_belongs_there(app, browser):
    with app.app_context():
        stores().writing_session().execute(text("DROP TRIGGER form_version_stays"))  # no published form is ever deleted; this store never had one
        stores().session.query(FormVersion).delete()
        stores().session.commit()
    assert "大家在门口填写的表单" in browser("admin").get("/forms").text


def test_a_leader_counts_the_submissions_and_the_phones_of_the_own_areas(app, browser):
    with app.app_context():
        phone = stores().writing_session().get(Device, "d-7f3a0001")
        phone.forms = orjson.dumps({"household_survey": "1"})
        stores().session.add(Device(id="d-00000002", account="w0005", app="0.1.0", created_at=NOW, last_seen_at=NOW, forms=b"{}"))
        stores().session.commit()
    administrator, leader = english(browser("admin")).get("/forms").text, english(browser("leader")).get("/forms").text
    assert ">3</a>" in administrator
    assert "1 of 2" in administrator
    assert ">2</a>" in leader, "Fushan is another community"
    assert "all 1" in leader
    assert "Bring a form" not in leader


def test_a_version_shows_its_questions_rules_and_source_in_the_readers_language(browser):
    page = words(english(browser("admin")).get("/forms/household_survey/1").text)
    assert "1.1 Result of the visit One choice outcome" in page
    assert "Asked only if ${outcome} = &#39;done&#39;" in page
    assert "Must fulfil . &gt;= 34 and . &lt;= 43 Must be from 34 to 43" in page
    assert "Personal data phone" in page
    assert "def settle" in page
    assert "1.1 走访结果 单选 outcome" in words(browser("admin2").get("/forms/household_survey/1").text)
    assert browser("admin").get("/forms/household_survey/9").status_code == 404


def test_an_expression_is_shown_as_it_was_written():
    assert as_written(" /data/visit/outcome  = 'done' and count( /data/members ) > 0", "data") == "${outcome} = 'done' and count(${members}) > 0"
    assert as_written("../kind = 'x' and . > 3 div 2", "data") == "../kind = 'x' and . > 3 div 2"


def test_the_files_of_a_version_are_saved_and_never_shown(browser):
    admin = browser("admin")
    for address, kind, start in (("source", "text/markdown", b"\n| settings"), ("xform.xml", "application/xml", b"<?xml")):
        answer = admin.get(f"/forms/household_survey/1/{address}")
        assert answer.content_type.startswith(kind)
        assert answer.headers["Content-Disposition"].startswith("attachment;")
        assert answer.data.startswith(start)


def test_what_is_wrong_stands_in_the_row_and_cell_that_it_is_about(browser):
    admin = english(browser("admin"))
    page = admin.get(uploaded(admin, workbook(relevant="${whom} != ''", constraint=". >= 34 and (. <= 43", temperature=""), "visitors.xlsx")).text
    row = page.partition("Sheet survey")[2].partition("<tbody>")[2]
    assert '<span class="row-word">Row </span>3</th>' in row
    assert re.search(r'data-label="relevant" class="error[^"]*"><mark>.*?\$\{whom\}', row, re.S)
    assert re.search(r'data-label="constraint" class="error[^"]*"><mark>', row)
    assert re.search(r'data-label="label::en" class="warning[^"]*"><mark>.*?\(empty\)', row, re.S), "a missing translation is no error"
    assert re.search(r'<pre class="caret">. &gt;= 34 and \(. &lt;= 43\n +\^</pre>', row), "the place in the expression"
    assert "2 errors" in page
    assert "Publish to the phones" not in page
    assert "可以发布" not in page


def test_findings_are_the_same_after_a_reload_and_in_chinese(browser):
    admin = browser("admin")
    page = uploaded(admin, workbook(relevant="${whom} != ''"), "visitors.xlsx")
    first, second = (re.sub(r'name="csrf_token" value="[^"]+"', "", admin.get(page).text) for _ in range(2))
    assert first == second
    assert "1 处错误" in first
    assert "还不能发布" in first


def test_a_mended_file_takes_the_place_of_the_one_before(app, browser):
    admin = english(browser("admin"))
    before = uploaded(admin, workbook(relevant="${whom} != ''"), "visitors.xlsx")
    after = uploaded(admin, workbook(), "visitors.xlsx", instead_of=before.rpartition("/")[2])
    assert admin.get(before).status_code == 404
    page = admin.get(after).text
    assert "can be published" in page
    assert "A new form, visitors, version 1" in page


def test_publishing_says_so_and_is_written_down(app, browser):
    admin = english(browser("admin"))
    answer = publish(admin, workbook(), "visitors.xlsx")
    assert answer.location == "/forms/visitors/1"
    page = admin.get(answer.location).text
    assert "Visitor register version 1 is published" in page
    assert "Uploaded, not published" not in admin.get("/forms").text
    with app.app_context():
        row = stores().session.query(FormVersion).filter_by(form="visitors").one()
        assert (row.current, row.published_by, row.source_type) == (True, "w0001", ".xlsx")
        assert row.source == admin.get("/forms/visitors/1/source").data
        event = stores().session.query(AuditEvent).filter_by(action="publish_form").one()
        assert (event.account, event.subject) == ("w0001", "visitors 1")


def test_a_new_version_says_what_changed(browser):
    admin = english(browser("admin"))
    publish(admin, REGISTER)
    page = words(admin.get(uploaded(admin, MENDED)).text)
    assert "visitors has version 1 now; this becomes version 2" in page
    assert "Changed since version 1" in page
    assert "/phone is new" in page
    publish(admin, MENDED)
    assert "/phone is new" in words(admin.get("/forms/visitors/2").text)
    assert "Changed since" not in admin.get("/forms/visitors/1").text
    assert "version 1, older" in admin.get("/forms/visitors/1").text


def test_the_same_version_again_with_other_content_says_what_to_do(browser):
    admin = english(browser("admin"))
    publish(admin, REGISTER)
    page = uploaded(admin, REGISTER.replace("姓名", "名字"))
    said = words(admin.get(page).text)
    assert "Version 1 of visitors is published, and a published version never changes" in said
    assert "write 2 into the column version of the sheet settings" in said
    answer = admin.post(f"{page}/publish", page=page)
    assert answer.location == page
    assert "姓名" in admin.get("/api/forms/visitors/1").text


def test_the_same_version_with_the_same_content_has_nothing_to_publish(browser):
    admin = english(browser("admin"))
    publish(admin, REGISTER)
    page = uploaded(admin, REGISTER)
    said = admin.get(page).text
    assert "published already, with this very content" in said
    assert "Publish to the phones" not in said
    assert admin.post(f"{page}/publish", page=page).location == "/forms/visitors/1"


@pytest.mark.parametrize(("versions", "free"), [(["1", "2", "10"], "11"), (["2024.1"], ""), (["1", "b"], ""), ([], "")])
def test_the_next_version_is_a_number_where_all_are(versions, free):
    assert next_version(versions) == free


@pytest.mark.parametrize(
    ("source", "name", "says"),
    [
        (b"not a zip", "x.xlsx", "broken"),
        (b"x", "x.xlsm", "macros"),
        (b"%PDF", "x.pdf", "this is .pdf"),
        (b"x", "x", "this is —"),
        (b"", "x.xlsx", "empty"),
        (b"| nothing |\n", "x.md", ""),
        (b"\xff\xfe\x00", "x.csv", "UTF-8"),
    ],
)
def test_a_file_that_is_no_form_gets_a_sentence(browser, source, name, says):
    admin = english(browser("admin"))
    page = admin.get(uploaded(admin, source, name))
    assert page.status_code == 200
    assert re.search(r'class="problem".*?' + re.escape(says), page.text, re.S)
    assert "Publish to the phones" not in page.text


def test_nothing_chosen_is_said(browser):
    admin = english(browser("admin"))
    admin.post("/new-forms", page="/forms", form=(io.BytesIO(b""), ""))
    assert "Choose the form&#39;s file first." in admin.get("/forms").text


def test_an_upload_that_is_too_large_is_said_and_a_leader_may_send_none(browser):
    admin = english(browser("admin"))
    answer = upload(admin, b"x" * (UPLOAD_BYTES_MAX + 1), "x.xlsx")
    assert answer.status_code == 413
    assert "32 MB at most" in answer.text
    leader = english(browser("leader"))
    assert upload(leader, b"x" * 2_000_000, "x.xlsx").status_code == 413, "nobody else sends more than a page of comments"
    assert leader.post("/new-forms", page="/forms", form=(io.BytesIO(b"x"), "x.md")).status_code == 302


def test_a_form_with_its_files_is_published_with_them(app, browser):
    admin = english(browser("admin"))
    source = REGISTER + "| | select_one_from_file cities.csv | city | 城市 | City | | | | |\n"
    page = uploaded(admin, source)
    assert "cities.csv" in words(admin.get(page).text), "the missing file is said"
    assert "Publish to the phones" not in admin.get(page).text
    cities = "name,label\nxn,咸宁\n".encode()
    again = uploaded(admin, source, instead_of=page.rpartition("/")[2], files=(io.BytesIO(cities), "lists/cities.csv"))
    assert "Publish to the phones" in admin.get(again).text
    without_file = uploaded(admin, source, instead_of=again.rpartition("/")[2])
    assert "Publish to the phones" in admin.get(without_file).text, "the file need not be brought again"
    admin.post(f"{without_file}/publish", page=without_file)
    document = admin.get("/api/forms/visitors/1").get_json()
    assert [(file["name"], file["bytes"]) for file in document["files"]] == [("cities.csv", len(cities))]


def test_another_administrator_sees_what_was_uploaded_and_nobody_else(app, browser):
    page = uploaded(browser("admin"), REGISTER)
    assert browser("admin2").get(page).status_code == 200
    for other in ("leader", "operator", "surveyor1"):
        assert browser(other).get(page).status_code == 302
    assert browser("admin").get("/new-forms/guessed").status_code == 404


def test_uploads_are_limited_in_number_and_are_taken_away_on_wish(app, browser):
    admin = english(browser("admin"))
    pages = [uploaded(admin, REGISTER) for _ in range(KEPT_FORMS_MAX + 1)]
    assert admin.get(pages[0]).status_code == 404, "the one kept longest has gone"
    assert admin.get(pages[1]).status_code == 200
    assert admin.post(f"{pages[1]}/discard", page=pages[1]).location == "/forms"
    assert admin.get(pages[1]).status_code == 404
    with app.app_context():
        assert stores().session.query(KeptForm).count() == KEPT_FORMS_MAX - 1


def test_trying_shows_the_phones_app_in_a_frame_of_this_site(browser):
    admin = english(browser("admin"))
    answer = admin.get("/forms/household_survey/1/try")
    assert "frame-src 'self'" in answer.headers["Content-Security-Policy"]
    assert re.search(r'<iframe class="phone" src="/app/try/[\w.-]+\?language=en"', answer.text)
    page = uploaded(admin, REGISTER)
    assert "<iframe" in admin.get(f"{page}/try").text
    broken = uploaded(admin, workbook(relevant="("), "visitors.xlsx")
    assert admin.get(f"{broken}/try").location == broken, "errors first"


def test_only_the_page_that_is_tried_may_stand_in_a_frame(browser):
    admin = browser("admin")
    assert "frame-ancestors 'self'" in admin.get("/app/try/x.y.z").headers["Content-Security-Policy"]
    for address in ("/app/", "/app/tryst", "/forms", "/forms/household_survey/1/try", "/api/forms/try/x"):
        assert "frame-ancestors 'none'" in admin.get(address).headers["Content-Security-Policy"], address


def test_a_version_whose_rules_cannot_be_read_any_more_still_has_a_page(app, browser):
    with app.app_context():
        stores().writing_session().execute(text("DROP TRIGGER form_version_as_published"))  # as a release that reads forms otherwise would find it
        stores().session.query(FormVersion).filter_by(form="household_survey").one().xform = "<broken"
        stores().session.commit()
    page = english(browser("admin")).get("/forms/household_survey/1")
    assert page.status_code == 200
    assert "cannot read this version" in page.text
    assert "Result of the visit" in page.text


@pytest.mark.parametrize(
    ("headers", "status"),
    [({}, 200), ({"Origin": "http://localhost"}, 200), ({"Origin": "https://evil.example"}, 403), ({"Sec-Fetch-Site": "cross-site"}, 403)],
)
def test_another_site_checks_no_form_in_somebodys_name(browser, headers, status):
    admin = browser("admin")
    form = {"form": (io.BytesIO(REGISTER.encode()), "visitors.md")}
    assert admin.client.post("/api/forms/check", data=form, headers=headers).status_code == status


def test_a_sign_in_to_the_office_reads_forms_and_nothing_else_of_the_api(browser):
    leader = browser("leader")
    assert leader.get("/api/forms/household_survey/1").get_json()["title"]["zh"] == "入户摸排"
    assert leader.client.delete("/api/session").status_code == 401
    assert browser("surveyor1").get("/api/forms").status_code == 401
