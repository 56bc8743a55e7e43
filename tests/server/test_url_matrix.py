"""Who may what beside /sync/: every address of the server and every method it knows, each asked by everybody. One right answer each.

The table is the expectation, written by hand. An address that is added to the server fails `test_every_address_stands_in_the_table` until it has a row.
"""

import base64
import io
import re
import time

import pytest

from server.app import create_app
from server.form_preview import Upload, keep
from server.form_trying import TryPublished, try_token
from server.phone import BUILD
from server.settings import read_settings
from server.stores import db, stores
from server.tokens import sign, signing_key
from sync.store import upgrade
from tests.server.office.seeded import ELSEWHERE, HELD, HELD_ELSEWHERE, HOUSEHOLD, PASSWORD, SURVEY_SOURCE, UNKNOWN_FORM, seed

SECRET = "a secret for tests that nobody else has"
ELSEWHERES_ADDRESS = "203.0.113.7"  # another machine's

# `phone`: a device's token. `password`: the operator's name and password by HTTP Basic. The last four have signed in to the office.
# 302: to the sign-in page, or to one's own page. 401 of a POST: a page that shows what had been typed, with the way to sign in. 409: the leader has just
# decided it. POST to the office is sent with the page's mark; without it everybody gets 400 (below).
# /api/forms/try/…: who has the token may. /api/forms: also by the office's cookie; the surveyor's opens nothing there.
# 503 of /healthz: no merge worker runs in this test. `app`: 200, or 503 where the phone app has not been built.
TABLE = """
method  address                                nobody expired forged phone password surveyor leader administrator operator
GET     /                                      302    302     302    302   302      302      200    200           302
GET     /<any(households,people,cases,problems,requests,shifts,premises,passes,visits):path> 302 302 302   302   302      302      200    200           302
GET     /work                                  302    302     302    302   302      302      200    200           302
GET     /<any(households,people,cases,problems,requests,shifts,premises,passes,visits):path>.csv 302 302 302 302 302      302      200    200           302
GET     /records/<record_id>                   302    302     302    302   302      302      200    200           302
GET     /records/<record_id>/timeline          302    302     302    302   302      302      200    200           302
GET     /records/elsewhere                     302    302     302    302   302      302      404    200           302
GET     /submissions                           302    302     302    302   302      302      200    200           302
GET     /submissions.csv                       302    302     302    302   302      302      200    200           302
GET     /submissions/<submission_id>           302    302     302    302   302      302      200    200           302
GET     /submissions/<submission_id>/media/<path:name>  302 302 302    302   302      302      404    404           302
GET     /submissions/elsewhere                 302    302     302    302   302      302      404    200           302
GET     /queue                                 302    302     302    302   302      302      200    200           302
GET     /queue/elsewhere                       302    302     302    302   302      302      200    200           302
POST    /find                                  401    401     401    401   401      302      302    302           302
POST    /queue/assign                          401    401     401    401   401      302      302    302           302
POST    /queue/assign/elsewhere                401    401     401    401   401      302      404    302           302
POST    /queue/several                         401    401     401    401   401      302      302    302           302
POST    /queue/undo                            401    401     401    401   401      302      404    404           302
POST    /rulings                               401    401     401    401   401      302      302    302           302
POST    /rulings/elsewhere                     401    401     401    401   401      302      404    302           302
POST    /submissions/<submission_id>/decision  401    401     401    401   401      302      302    409           302
POST    /submissions/elsewhere/decision        401    401     401    401   401      302      404    302           302
GET     /operator                              302    302     302    302   302      302      302    200           200
GET     /operator/documents/<int(max=9223372036854775807):number>  302 302 302 302 302 302   302    200           200
GET     /forms                                 302    302     302    302   302      302      200    200           302
GET     /forms/<form>/<version>                302    302     302    302   302      302      200    200           302
GET     /forms/<form>/<version>/source         302    302     302    302   302      302      200    200           302
GET     /forms/<form>/<version>/xform.xml      302    302     302    302   302      302      200    200           302
GET     /forms/<form>/<version>/try            302    302     302    302   302      302      200    200           302
POST    /new-forms                             401    401     401    401   401      302      302    303           302
GET     /new-forms/<id>                        302    302     302    302   302      302      302    200           302
GET     /new-forms/<id>/source                 302    302     302    302   302      302      302    200           302
GET     /new-forms/<id>/try                    302    302     302    302   302      302      302    200           302
POST    /new-forms/<id>/publish                401    401     401    401   401      302      302    302           302
POST    /new-forms/<id>/discard                401    401     401    401   401      302      302    302           302
GET     /surveyor                              302    302     302    302   302      200      302    302           302
GET     /tiles/<path:name>                     404    404     404    404   404      404      404    404           404
GET     /sign-in                               200    200     200    200   200      302      302    302           302
POST    /sign-in                               401    401     401    401   401      401      401    401           401
POST    /sign-out                              302    302     302    302   302      302      302    302           302
POST    /language                              302    302     302    302   302      302      302    302           302
GET     /office-static/<path:filename>         200    200     200    200   200      200      200    200           200
POST    /api/session                           401    401     401    401   401      401      401    401           401
POST    /api/session/refresh                   401    401     401    401   401      401      401    401           401
POST    /api/session/hand-in                   401    401     401    401   401      401      401    401           401
POST    /api/session/handed-in                 401    401     401    401   401      401      401    401           401
DELETE  /api/session                           401    401     401    204   401      401      401    401           401
GET     /api/forms                             401    401     401    200   200      401      200    200           200
GET     /api/forms/<form>/<version>            401    401     401    200   200      401      200    200           200
GET     /api/forms/<form>/<version>/schema.json 401   401     401    200   200      401      200    200           200
GET     /api/forms/<form>/<version>/xform.xml  401    401     401    200   200      401      200    200           200
POST    /api/forms/check                       401    401     401    403   200      403      403    200           200
GET     /api/forms/try/<token>                 200    200     200    200   200      200      200    200           200
POST    /api/forms/try/<token>/judge           200    200     200    200   200      200      200    200           200
GET     /api/openapi.json                      200    200     200    200   200      200      200    200           200
GET     /api/                                  200    200     200    200   200      200      200    200           200
GET     /healthz                               503    503     503    503   503      503      503    503           503
GET     /metrics                               401    401     401    403   200      401      401    401           401
GET     /app                                   308    308     308    308   308      308      308    308           308
GET     /app/                                  app    app     app    app   app      app      app    app           app
GET     /app/try/<token>                       app    app     app    app   app      app      app    app           app
GET     /app/<path:path>                       app    app     app    app   app      app      app    app           app
"""
# What stands for the variable parts of an address, and what is sent
ASKED = {
    "/<any(households,people,cases,problems,requests,shifts,premises,passes,visits):path>": "/households",
    "/<any(households,people,cases,problems,requests,shifts,premises,passes,visits):path>.csv": "/people.csv",
    "/records/<record_id>": f"/records/{HOUSEHOLD}",
    "/records/<record_id>/timeline": f"/records/{HOUSEHOLD}/timeline",
    "/records/elsewhere": f"/records/{ELSEWHERE}",
    "/submissions/<submission_id>": f"/submissions/{HELD}",
    "/submissions/elsewhere": f"/submissions/{HELD_ELSEWHERE}",
    "/submissions/<submission_id>/media/<path:name>": f"/submissions/{HELD}/media/door.jpg",
    "/submissions/<submission_id>/decision": f"/submissions/{HELD}/decision",
    "/submissions/elsewhere/decision": f"/submissions/{HELD_ELSEWHERE}/decision",
    "/queue/elsewhere": f"/queue?item=held:{HELD_ELSEWHERE}",
    "/queue/assign/elsewhere": "/queue/assign",
    "/rulings/elsewhere": "/rulings",
    "/operator/documents/<int(max=9223372036854775807):number>": "/operator/documents/1",
    "/office-static/<path:filename>": "/office-static/office.css",
    "/forms/<form>/<version>": "/forms/household_survey/1",
    "/forms/<form>/<version>/source": "/forms/household_survey/1/source",
    "/forms/<form>/<version>/xform.xml": "/forms/household_survey/1/xform.xml",
    "/forms/<form>/<version>/try": "/forms/household_survey/1/try",
    "/api/forms/<form>/<version>": "/api/forms/household_survey/1",
    "/api/forms/<form>/<version>/schema.json": "/api/forms/household_survey/1/schema.json",
    "/api/forms/<form>/<version>/xform.xml": "/api/forms/household_survey/1/xform.xml",
    "/app/try/<token>": "/app/try/x.y",
    "/app/<path:path>": "/app/doors",
}
A_FORM = ("form", SURVEY_SOURCE.encode(), "survey.md")
SENT = {
    "/new-forms": {"data": {"form": A_FORM}},
    "/api/forms/check": {"data": {"form": A_FORM}},
    "/sign-in": {"data": {"username": "admin", "password": "wrong"}},
    "/submissions/<submission_id>/decision": {"data": {"action": "reject", "comment": "x"}},
    "/submissions/elsewhere/decision": {"data": {"action": "reject", "comment": "x"}},
    "/queue/assign": {"data": {"items": f"held:{UNKNOWN_FORM}", "account": ""}},
    "/queue/assign/elsewhere": {"data": {"items": f"held:{HELD_ELSEWHERE}", "account": ""}},
    "/queue/several": {"data": {"items": f"held:{UNKNOWN_FORM}", "action": "return"}},
    "/queue/undo": {"data": {"event": "0"}},
    "/rulings": {"data": {"action": "move", "record": HOUSEHOLD, "area": "g0311"}},
    "/rulings/elsewhere": {"data": {"action": "move", "record": ELSEWHERE, "area": "g0411"}},
    "/api/session": {"json": {"username": "admin", "password": "wrong"}},
    "/api/session/refresh": {"json": {"refresh_token": "d-00000000.x"}},
    "/api/session/hand-in": {"json": {"refresh_token": "d-00000000.x"}},
    "/api/session/handed-in": {"json": {"refresh_token": "d-00000000.x"}},
    "/api/forms/try/<token>/judge": {"json": {"answers": {}}},
}
HEAD, *LINES = [line.split() for line in TABLE.split("\n") if line]
PEOPLE = HEAD[2:]
APP = 200 if (BUILD / "index.html").is_file() else 503
ROWS = {(line[0], line[1]): dict(zip(PEOPLE, [APP if cell == "app" else int(cell) for cell in line[2:]], strict=True)) for line in LINES}


@pytest.fixture(scope="module")
def app(tmp_path_factory):
    settings = read_settings({"DOORSTEP_DATA": str(tmp_path_factory.mktemp("urls")), "DOORSTEP_SECRET": SECRET, "DOORSTEP_SIGN_IN_TRIES_PER_MINUTE": "1000"})
    upgrade(settings.database_url)
    app = create_app(settings)
    with app.app_context():
        seed(stores().session)
        db.engine.dispose()
    return app


@pytest.fixture(scope="module")
def browsers(app):
    """Who has signed in to the office, once for all."""
    signed_in = {}
    for who, username in (("surveyor", "surveyor1"), ("leader", "leader"), ("administrator", "admin"), ("operator", "operator")):
        signed_in[who] = app.test_client()
        sent = {"data": {"username": username, "password": PASSWORD, "csrf_token": mark(signed_in[who])}}
        assert ask(signed_in[who], "POST", "/sign-in", **sent).status_code == 302
    return signed_in


def ask(client, method, path, **sent):
    """What is to be sent as a file stands as A_FORM does."""
    data = sent.get("data") or {}
    sent |= {"data": {name: (io.BytesIO(value[1]), value[2]) if value == A_FORM else value for name, value in data.items()}} if A_FORM in data.values() else {}
    answer = client.open(path, method=method, base_url="https://localhost", headers={"Referer": "https://localhost/", **sent.pop("headers", {})}, **sent)
    answer.get_data()  # to its end: a table that is streamed holds its request open until then
    return answer


def mark(client):
    """The mark that a page gives to its forms."""
    for page in ("/sign-in", "/operator", "/submissions", "/surveyor"):
        found = re.search(r'name="csrf_token" value="([^"]+)"', ask(client, "GET", page).text)
        if found:
            return found[1]
    raise AssertionError("no page has a form")


def path_of(app, address):
    """What is asked for this row. A form that was uploaded is there for each request anew; a form is tried with a good token."""
    with app.app_context():
        if address.startswith("/new-forms/"):
            return address.replace("<id>", keep(stores(), "w0001", Upload("survey.md", ".md", SURVEY_SOURCE.encode())))
        if address.startswith("/api/forms/try/"):
            return address.replace("<token>", try_token(stores().settings, TryPublished("household_survey", "1")))
    return ASKED.get(address, address)


def client_and_headers(app, browsers, who):
    """Someone at another machine."""
    client = app.test_client() if who not in browsers else copy_of(app, browsers[who])
    client.environ_base["REMOTE_ADDR"] = ELSEWHERES_ADDRESS
    key, other, roles = signing_key(SECRET), signing_key("another secret of thirty-two characters"), ["worker", "worker:w0003", "area:g0311"]
    match who:
        case "expired":
            return client, {"Authorization": "Bearer " + sign(key, "w0003", roles, 900, "d-7f3a0001", time.time() - 2_000)}
        case "forged":
            return client, {"Authorization": "Bearer " + sign(other, "w0003", roles, 900, "d-7f3a0001")}
        case "phone":
            return client, {"Authorization": "Bearer " + sign(key, "w0003", roles, 900, "d-7f3a0001")}
        case "password":
            return client, {"Authorization": "Basic " + base64.b64encode(f"operator:{PASSWORD}".encode()).decode()}
    return client, {}


def copy_of(app, browser):
    """The same sign-in in a browser of its own, so that signing out ends only that one."""
    client = app.test_client()
    client.set_cookie("session", browser.get_cookie("session").value, secure=True)
    return client


def test_every_address_stands_in_the_table(app):
    rules = {(method, rule.rule) for rule in app.url_map.iter_rules() for method in rule.methods - {"HEAD", "OPTIONS"} if not rule.rule.startswith("/sync")}
    rows = {(method, address) for method, address in ROWS if "elsewhere" not in address}
    assert rules <= rows, f"Add a row to TABLE in tests/server/test_url_matrix.py for {sorted(rules - rows)}: who may ask it, and what is the right answer?"
    assert rows <= rules, f"Take the rows for {sorted(rows - rules)} out of TABLE in tests/server/test_url_matrix.py: there are no such addresses any more."


@pytest.mark.parametrize(("method", "address"), ROWS, ids=lambda each: each)
def test_everybody_gets_the_one_right_answer(app, browsers, method, address):
    wrong = []
    for who, expected in ROWS[method, address].items():
        client, headers = client_and_headers(app, browsers, who)
        sent = {name: dict(value) for name, value in SENT.get(address, {"data": {}} if method == "POST" else {}).items()}
        if "data" in sent:
            sent["data"]["csrf_token"] = mark(client)
        answer = ask(client, method, path_of(app, address), headers=headers, **sent)
        if answer.status_code != expected:
            wrong.append(f"{who}: {method} {address} → {answer.status_code} {answer.headers.get('Location', '')}, should be {expected}")
        if answer.status_code == 302 and method == "GET" and who not in browsers:
            assert answer.headers["Location"].startswith("/sign-in"), (who, answer.headers["Location"])
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("address", [address for method, address in ROWS if method == "POST" and not address.startswith("/api")])
def test_no_other_site_sends_a_form_in_somebodys_name(app, browsers, address):
    """The browser adds the cookie wherever the form came from; it cannot add the page's mark, nor say that it came from our page."""
    for who in browsers:
        data = SENT.get(address, {}).get("data", {})
        client, _ = client_and_headers(app, browsers, who)
        without = ask(client, "POST", path_of(app, address), data=data)
        assert without.status_code == 400, who
        elsewhere = {"Referer": "https://evil.example/", "Origin": "https://evil.example"}
        assert ask(client, "POST", path_of(app, address), data={**data, "csrf_token": mark(client)}, headers=elsewhere).status_code == 400, who


def test_a_sign_in_to_the_office_opens_nothing_to_devices(app, browsers):
    for who in browsers:
        client, _ = client_and_headers(app, browsers, who)
        assert [ask(client, "GET", path).status_code for path in ("/sync/_all_dbs", "/sync/forms", "/sync/worker-w0003", "/metrics")] == [401] * 4, who
        assert ask(client, "PUT", "/sync/made", json={}).status_code == 401
        assert ask(client, "DELETE", "/api/session").status_code == 401


@pytest.mark.parametrize("address", sorted({address for _, address in ROWS}))
def test_other_methods_are_refused_and_tell_nothing(app, address):
    known = {method for method, row in ROWS if row == address}
    path = path_of(app, address)
    for method in {"GET", "POST", "PUT", "PATCH", "DELETE", "COPY", "TRACE", "CONNECT"} - known:
        answer = ask(app.test_client(), method, path)
        assert answer.status_code == 405, method
        assert {"GET", "POST", "DELETE"} & set(answer.headers["Allow"].split(", ")) == known
    options = ask(app.test_client(), "OPTIONS", path)
    assert (options.status_code, options.data) == (200, b"")
    assert not any(name.startswith("Access-Control") for name, _ in options.headers), "no other site is let in"


def test_what_a_header_says_of_the_address_is_not_believed(app):
    """Figures are for this machine; so many wrong passwords from one address are too many. Neither is dodged by a header that anyone may send."""
    client = app.test_client()
    client.environ_base["REMOTE_ADDR"] = ELSEWHERES_ADDRESS
    for headers in ({"X-Forwarded-For": "127.0.0.1"}, {"X-Real-IP": "127.0.0.1"}, {"Forwarded": "for=127.0.0.1"}, {"X-Forwarded-For": "127.0.0.1, 127.0.0.1"}):
        assert ask(client, "GET", "/metrics", headers=headers).status_code == 401
    client.environ_base["REMOTE_ADDR"] = "127.0.0.1"
    assert ask(client, "GET", "/metrics").status_code == 200
