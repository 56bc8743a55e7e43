"""What somebody may try against /sync/ who wants more than is his: names that lead elsewhere, headers that pretend, documents that would run."""

import base64
import time

import orjson
import pytest

from tests.server.callers import PASSWORD, Server, credentials


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    return Server(tmp_path_factory.mktemp("attacks"))


LEAVING = [
    "/..%2fworker-w5",
    "/..%2f..%2fdoorstep.sqlite",
    "/%2e%2e/worker-w5",
    "/%2e%2e%2f%2e%2e%2fetc%2fpasswd",
    "/area-g1/../worker-w5",
    "/area-g1/%2e%2e/worker-w5",
    "/area-g1%2f..%2fworker-w5",
    "/area-g1%2fworker-w5",
    "/area-g1%00",
    "/area-g1%00worker-w5",
    "/worker-w5%00",
    "/%00",
    "/area-g1%0a",
    "//worker-w5",
    "/./worker-w5",
    "/WORKER-W5",
    "/worker-w5%20",
    "/worker-w5.sqlite",
    "/worker-w5%3frev=1",
    "/%77orker-w5",
    "/%2577orker-w5",
    "/_local%2fx",
    "/_users",
    "/_replicator",
    "/_node/_local/_config",
    "/area-g1%5c..%5cworker-w5",
    "/" + "a" * 300,
    "/..;/worker-w5",
    "/worker-w5;x",
    "/area-g1/%2e%2e%2fworker-w5/_all_docs",
    "/area-g1/_design/%2e%2e/%2e%2e/worker-w5",
]


@pytest.mark.parametrize("path", LEAVING)
def test_no_name_leads_out_of_what_is_ones_own(server, path):
    before = server.state_of("worker-w5")
    for method in ("GET", "PUT", "POST", "DELETE"):
        for who in ("worker with the area", "nobody"):
            answer = server.ask(who, method, path, "{}", raw_path=True)
            assert 400 <= answer.status_code < 500 or answer.status_code == 501, (who, method, answer.status_code, answer.data)
            assert set(answer.json) == {"error", "reason"}
    assert server.state_of("worker-w5") == before


def test_the_operator_makes_no_file_outside_the_folder_either(tmp_path):
    server = Server(tmp_path / "data")  # of its own: what the operator may make, others may read
    data = server.settings.data
    assert server.ask("operator", "GET", "/_all_dbs").status_code == 200  # the first sign-in makes the file that counts tries
    before = set(data.parent.rglob("*"))
    for path in LEAVING:
        server.ask("operator", "PUT", path, "{}", raw_path=True)
    made = set(data.parent.rglob("*")) - before
    assert {file.parent for file in made} <= {data / "databases", data / "databases" / "wake"}, made


PRETENDED = [
    {"X-Forwarded-For": "127.0.0.1", "X-Real-IP": "127.0.0.1", "Forwarded": "for=127.0.0.1"},
    {
        "X-Forwarded-Host": "localhost",
        "X-Forwarded-Proto": "https",
        "X-Forwarded-Prefix": "/sync/worker-w5",
        "X-Original-URL": "/sync/forms",
        "X-Rewrite-URL": "/sync/forms",
    },
    {"X-Auth-CouchDB-UserName": "operator", "X-Auth-CouchDB-Roles": "_admin", "X-Auth-CouchDB-Token": "x"},
    {"X-Forwarded-User": "operator", "Remote-User": "operator", "X-Remote-User": "operator"},
    {"Cookie": "AuthSession=b3BlcmF0b3I6NjVFMTpBQUFB; session=x; remember_token=w9"},
]


@pytest.mark.parametrize("headers", PRETENDED, ids=lambda headers: next(iter(headers)))
def test_no_header_but_authorization_says_who_somebody_is(server, headers):
    assert server.ask("nobody", "GET", "/worker-w5", headers=headers).status_code == 401
    assert server.ask("nobody", "GET", "/_all_dbs", headers=headers).status_code == 401
    assert server.ask("other worker", "GET", "/worker-w5/_all_docs", headers=headers).status_code == 403
    assert server.ask("nobody", "GET", "/_session", headers=headers).json["userCtx"] == {"name": None, "roles": []}


def test_a_token_counts_in_its_header_only(server):
    token = credentials("worker with the area")["Authorization"].split()[1]
    for query in (f"?access_token={token}", f"?token={token}", f"?jwt={token}"):
        assert server.ask("nobody", "GET", "/area-g1" + query).status_code == 401
    assert server.ask("nobody", "GET", "/area-g1", headers={"Cookie": f"AuthSession={token}"}).status_code == 401
    basic = base64.b64encode(f"w1:{token}".encode()).decode()
    assert server.ask("nobody", "GET", "/area-g1", headers={"Authorization": f"Basic {basic}"}).status_code == 401


@pytest.mark.parametrize("header", ["X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"])
@pytest.mark.parametrize("method", ["DELETE", "PUT"])
def test_a_method_is_what_the_request_line_says(server, header, method):
    before = server.state_of("worker-w1")
    assert server.ask("operator", "GET", "/worker-w1", headers={header: method}).json["db_name"] == "worker-w1"
    assert server.ask("operator", "GET", f"/worker-w1?_method={method}", headers={header: method}).status_code == 200
    assert server.ask("worker with the area", "POST", "/area-g1/_bulk_get", '{"docs":[]}', headers={header: method}).status_code == 200
    assert server.state_of("worker-w1") == before


def test_who_may_only_read_keeps_checkpoints_and_nothing_large(server):
    who, most = "worker with the area", server.settings.limits.local_bytes_max
    assert server.ask(who, "PUT", "/area-g1/_local/checkpoint", orjson.dumps({"text": "x" * (most // 2)})).status_code == 201
    too_large = server.ask(who, "PUT", "/area-g1/_local/larger", orjson.dumps({"text": "x" * (most + 1)}))
    assert (too_large.status_code, too_large.json["error"]) == (413, "document_too_large")
    assert server.ask(who, "PUT", "/area-g1/_local/checkpoint/photo", "hi").status_code == 400
    assert server.ask(who, "PUT", "/area-g1/_local%2fx", "{}").status_code == 201, "a slash that came encoded is the same"
    assert server.ask("worker without the area", "GET", "/area-g1/_local/checkpoint").status_code == 403


DESIGN = '{"_id":"_design/guard","validate_doc_update":"function(){}"}'


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PUT", "/_design/guard", DESIGN),
        ("PUT", "/_design%2Fguard", DESIGN),
        ("PUT", "/_design/guard?new_edits=false", DESIGN.replace("{", '{"_rev":"1-a",', 1)),
        ("POST", "", DESIGN),
        ("PUT", "/_design/guard/photo", "x"),
        ("POST", "/_bulk_docs", f'{{"docs":[{DESIGN}]}}'),
        (
            "POST",
            "/_bulk_docs",
            f'{{"new_edits":false,"docs":[{DESIGN.replace("{", chr(123) + chr(34) + "_rev" + chr(34) + ":" + chr(34) + "1-a" + chr(34) + ",", 1)}]}}',
        ),
        ("DELETE", "/_design/kept?rev=", ""),
    ],
)
def test_members_write_no_design_documents(server, method, path, body):
    """Copied to an Apache CouchDB, one would run there."""
    kept = server.ask("operator", "PUT", "/worker-w1/_design/kept", "{}")
    if path.endswith("rev="):
        path += kept.json.get("rev") or server.ask("operator", "GET", "/worker-w1/_design/kept").json["_rev"]
    answer = server.ask("worker with the area", method, "/worker-w1" + path, body)
    if answer.status_code != 403:
        assert [each.get("error") for each in answer.json] == ["forbidden"], (answer.status_code, answer.json)
    assert server.ask("operator", "GET", "/worker-w1/_design/guard").status_code == 404
    assert server.ask("operator", "GET", "/worker-w1/_design/kept").status_code == 200


FOREIGN = [
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
    {"Origin": "http://localhost.evil.example"},
    {"Origin": "http://localhost:8001"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
]


@pytest.mark.parametrize("headers", FOREIGN, ids=str)
def test_another_site_does_nothing_with_the_operators_cookie(server, headers):
    """A browser adds the cookie wherever the request came from, but says where that was."""
    before = server.state_of("worker-w1")
    for method, path, body in (
        ("POST", "/worker-w1", "{}"),
        ("POST", "/worker-w1/_bulk_docs", '{"docs":[{}]}'),
        ("PUT", "/made", ""),
        ("DELETE", "/worker-w1", ""),
    ):
        answer = server.ask("operator by cookie", method, path, body, headers=headers)
        assert (answer.status_code, answer.json["error"]) == (403, "forbidden"), (method, path)
    assert server.state_of("worker-w1") == before
    read = server.ask("operator by cookie", "GET", "/worker-w1", headers=headers)
    assert not any(name.startswith("Access-Control") for name, _ in read.headers), "it may ask, but its script is shown nothing"
    assert server.ask("operator by cookie", "POST", "/worker-w1/_bulk_get", '{"docs":[]}', headers={"Origin": "http://localhost"}).status_code == 200
    assert server.ask("operator", "POST", "/worker-w1/_bulk_get", '{"docs":[]}', headers=headers).status_code == 200, "no browser adds a password by itself"


def test_the_operators_cookie_is_for_this_site_and_no_script(server):
    given = server.client.post("/sync/_session", json={"name": "operator", "password": PASSWORD}).headers["Set-Cookie"]
    assert {part.strip().lower() for part in given.split(";")[1:]} >= {"httponly", "secure", "samesite=strict", "path=/sync"}


def test_only_operators_get_a_cookie_and_guessing_is_stopped(server):
    for body in ({"name": "operator", "password": "wrong"}, {"name": "w1", "password": PASSWORD}, {"name": "", "password": ""}):
        answer = server.client.post("/sync/_session", json=body)
        assert answer.status_code == 401
        assert "AuthSession=;" in answer.headers["Set-Cookie"]
    tries = [server.client.post("/sync/_session", json={"name": "someone", "password": f"guess {number}"}).status_code for number in range(12)]
    assert tries == [401] * 10 + [429] * 2


def test_a_cookie_that_was_changed_or_has_run_out_is_nobodys(server, moved_clock):
    value = server.cookie["Cookie"].partition("=")[2]
    assert server.ask("operator by cookie", "GET", "/_session").json["userCtx"]["name"] == "operator"
    said, signature = value.rsplit(".", 1)
    changed = [f"{said}.{'x' if signature[0] != 'x' else 'y'}{signature[1:]}", f"{'x' if said[0] != 'x' else 'y'}{said[1:]}.{signature}"]
    for forged in (*changed, value.replace(".", "..", 1), "x" * 2_000, "b3BlcmF0b3I6", ""):
        assert server.ask("nobody", "GET", "/_session", headers={"Cookie": f"AuthSession={forged}"}).json["userCtx"]["name"] is None
        assert server.ask("nobody", "GET", "/_all_dbs", headers={"Cookie": f"AuthSession={forged}"}).status_code == 401
    moved_clock(time.time() + 601)
    assert server.ask("operator by cookie", "GET", "/_all_dbs").status_code == 401
