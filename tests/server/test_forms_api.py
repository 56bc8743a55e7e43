"""Forms for programs: the list, each version, checking a file, and trying a form with the centre's verdict."""

import base64
import io

import pytest

from server import form_publishing
from server.accounts import account_by_username, add_account, add_area, assign
from server.form_preview import Upload, keep
from server.form_trying import TRY_SECONDS_MAX, TryKept, TryPublished, try_token
from server.passwords import hash_password
from server.stores import stores

PASSWORD = "correct horse"
HASH = hash_password(PASSWORD)
REGISTER = """
| settings |
| | form_title::zh | form_title::en | form_id | version | default_language |
| | 访客登记 | Visitor register | visitors | 1 | zh |

| survey |
| | type | name | label::zh | label::en | required | constraint | constraint_message::zh | constraint_message::en | save_to |
| | hidden | person_id | | | | | | | |
| | text | who | 姓名 | Name | yes | | | | person#name |
| | decimal | temp | 体温 | Temperature | | . >= 34 and . <= 43 | 体温应在34到43之间 | Must be from 34 to 43 | |
| | date | day | 日期 | Day | | . <= today() | 不能晚于今天 | Not after today | |

| entities |
| | list_name | entity_id | label::zh | label::en |
| | person | ${person_id} | ${who} | ${who} |
"""
WITH_FILE = """
| settings |
| | form_title | form_id | version |
| | Trips | trips | 1 |

| survey |
| | type | name | label |
| | select_one_from_file cities.csv | city | City |
"""
CITIES = "name,label\nxn,咸宁\n".encode()
OPERATOR = {"Authorization": "Basic " + base64.b64encode(f"operator:{PASSWORD}".encode()).decode()}


@pytest.fixture(autouse=True)
def people(app):
    with app.app_context():
        session = stores().writing_session()
        add_area(session, "c0311", "community", "桂花园社区", "Sweet Olive Garden", None)
        for username, role in (("wang", "surveyor"), ("admin", "administrator"), ("operator", "operator")):
            add_account(session, username, username, role, None).password_hash = HASH
        assign(session, account_by_username(session, "wang"), "c0311")
        session.commit()
        form_publishing.publish(stores(), [(REGISTER.encode(), ".md", {}), (WITH_FILE.encode(), ".md", {"cities.csv": CITIES})], by=None)
        session.rollback()  # the requests of a test share its session, which began before the forms were there
        yield


@pytest.fixture
def phone(client):
    """The headers of a phone that is signed in."""
    token = client.post("/api/session", json={"username": "wang", "password": PASSWORD}).get_json()["access_token"]
    return {"Authorization": f"Bearer {token}"}


def check(client, content, name="visitors.md", **more):
    form = {"form": (io.BytesIO(content.encode()), name)} if content is not None else {}
    return client.post("/api/forms/check", data={**form, **more}, headers=OPERATOR)


def test_a_phone_reads_the_list_and_each_form(client, phone):
    listed = client.get("/api/forms", headers=phone).get_json()["forms"]
    assert [(each["form"], each["version"], each["current"]) for each in listed] == [("trips", "1", True), ("visitors", "1", True)]
    assert listed[1]["title"] == {"zh": "访客登记", "en": "Visitor register"}
    document = client.get(listed[1]["url"], headers=phone).get_json()
    assert (document["_id"], [each["name"] for each in document["fields"]]) == ("form:visitors:1", ["person_id", "who", "temp", "day"])
    schema = client.get(listed[1]["url"] + "/schema.json", headers=phone)
    assert schema.content_type == "application/schema+json"
    assert "temp" in schema.get_json()["properties"]
    xform = client.get(listed[1]["url"] + "/xform.xml", headers=phone)
    assert xform.data.startswith(b"<?xml")
    assert client.get("/api/forms/visitors/9", headers=phone).status_code == 404
    assert client.get("/api/forms/visitors/9/schema.json", headers=phone).status_code == 404


def test_checking_gives_every_finding_in_both_languages_and_keeps_nothing(client):
    broken = REGISTER.replace(". >= 34 and", "${who} >= 34 and (").replace("| visitors | 1 |", "| visitors | 2 |")
    answer = check(client, broken).get_json()
    assert (answer["publishable"], answer["form"]) == (False, None)
    [finding] = [each for each in answer["findings"] if each["level"] == "error"]
    assert (finding["sheet"], finding["row"], finding["column"]) == ("survey", 4, "constraint")
    assert set(finding["message"]) >= {"zh", "en"}
    assert finding["excerpt"].endswith("^")
    good = check(client, REGISTER.replace("| visitors | 1 |", "| visitors | 2 |")).get_json()
    assert (good["publishable"], good["form"], good["version"]) == (True, "visitors", "2")
    assert len(client.get("/api/forms", headers=OPERATOR).get_json()["forms"]) == 2


def test_checking_takes_the_files_of_a_form_along(client):
    newer = WITH_FILE.replace("| 1 |", "| 2 |")
    assert check(client, newer, "trips.md").get_json()["publishable"] is False
    assert check(client, newer, "trips.md", files=[(io.BytesIO(CITIES), "cities.csv")]).get_json()["publishable"] is True


def test_checking_without_a_file_says_what_to_send(client):
    assert "part `form`" in check(client, None).get_json()["reason"]
    answer = check(client, "x", "visitors.xlsm").get_json()
    assert "macros" in answer["findings"][0]["message"]["en"]


def test_only_administrators_and_the_operator_check(client, phone):
    assert client.post("/api/forms/check", data={"form": (io.BytesIO(b"x"), "x.md")}, headers=phone).status_code == 403
    assert client.post("/api/forms/check", data={"form": (io.BytesIO(b"x"), "x.md")}).status_code == 401


def test_whoever_has_the_token_tries_the_form_with_its_files(app, client):
    token = try_token(stores().settings, TryPublished("trips", "1"))
    document = client.get(f"/api/forms/try/{token}").get_json()
    assert document["form"] == "trips"
    assert base64.b64decode(document["_attachments"]["cities.csv"]["data"]) == CITIES
    assert document["_attachments"]["cities.csv"]["content_type"] == "text/csv"
    verdict = client.post(f"/api/forms/try/{token}/judge", json={"answers": {"city": "xn"}}).get_json()
    assert verdict == {"accepted": True, "problems": [], "remarks": [], "changes": []}
    assert client.post(f"/api/forms/try/{token}/judge", json={"answers": {"city": "nowhere"}}).get_json()["problems"][0]["rule"] == "choice"


def test_the_verdict_is_the_centres_and_names_the_records(client):
    token = try_token(stores().settings, TryPublished("visitors", "1"))
    answers = {"person_id": "person:01JD3Z8Q5V7M2K4X9T6B1N0CFA", "who": "何伶俐", "temp": 63.8, "day": "2999-01-01"}
    verdict = client.post(f"/api/forms/try/{token}/judge", json={"answers": answers}).get_json()
    assert verdict["accepted"] is False
    assert [(each["path"], each["rule"], each["message"]["zh"]) for each in verdict["problems"]] == [
        ("/temp", "constraint", "体温应在34到43之间"),
        ("/day", "constraint", "不能晚于今天"),
    ]
    assert verdict["changes"] == [{"kind": "person", "id": answers["person_id"], "path": "", "properties": {"name": "何伶俐"}}]


def test_a_form_that_is_not_published_yet_is_tried_from_its_upload(client):
    id = keep(stores(), "w0002", Upload("visitors.md", ".md", REGISTER.replace("| visitors | 1 |", "| visitors | 7 |").encode()))
    token = try_token(stores().settings, TryKept(id))
    assert client.get(f"/api/forms/try/{token}").get_json()["version"] == "7"
    broken = keep(stores(), "w0002", Upload("visitors.md", ".md", REGISTER.replace("today()", "today(").encode()))
    refused = client.get(f"/api/forms/try/{try_token(stores().settings, TryKept(broken))}")
    assert (refused.status_code, refused.get_json()["reason"]) == (400, "This form has errors: it can be tried when they are mended.")


@pytest.mark.parametrize("token", ["x", "x.y.z", "W10.aaaa.bbbb", "é", "a" * 5000])
def test_a_token_that_is_not_ours_opens_nothing(client, token):
    assert client.get(f"/api/forms/try/{token}").status_code == 404
    assert client.post(f"/api/forms/try/{token}/judge", json={"answers": {}}).status_code == 404


def test_a_token_ends_after_some_hours_and_with_what_it_is_about(client, moved_clock):
    moved_clock(1_800_000_000)
    token = try_token(stores().settings, TryPublished("visitors", "1"))
    kept = try_token(stores().settings, TryKept("gone"))
    assert client.get(f"/api/forms/try/{token}").status_code == 200
    assert client.get(f"/api/forms/try/{kept}").status_code == 404
    moved_clock(1_800_000_000 + TRY_SECONDS_MAX + 2)
    assert "not good any more" in client.get(f"/api/forms/try/{token}").get_json()["reason"]


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"7", b'{"x": 1}'])
def test_a_body_without_answers_is_refused(client, body):
    token = try_token(stores().settings, TryPublished("visitors", "1"))
    assert client.post(f"/api/forms/try/{token}/judge", data=body).status_code == 400


@pytest.mark.parametrize("answers", [None, [], 7, "x", {"who": {"a": [1]}}, {"nobody": 1}])
def test_answers_of_any_shape_get_a_verdict(client, answers):
    token = try_token(stores().settings, TryPublished("visitors", "1"))
    verdict = client.post(f"/api/forms/try/{token}/judge", json={"answers": answers})
    assert (verdict.status_code, verdict.get_json()["accepted"]) == (200, False)


def test_the_description_of_the_api_names_every_one_of_these(app, client):
    described = client.get("/api/openapi.json").get_json()["paths"]
    rules = {rule.rule.replace("<", "{").replace(">", "}") for rule in app.url_map.iter_rules() if rule.rule.startswith("/api/forms")}
    assert rules <= set(described)
