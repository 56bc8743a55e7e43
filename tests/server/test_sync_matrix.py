"""Who may what under /sync/: every route of the API, each asked by everybody of every kind of database. One right answer each.

The expectation stands in two tables in tests/server/rights.py. A route that is added to server/sync_api/dispatch.py fails
`test_every_route_stands_in_the_table` until it has a row there.
"""

import pytest

from server.sync_api.dispatch import METHODS, ROUTES
from tests.server.callers import Server
from tests.server.rights import DATABASES, EVERYBODY, ROWS, numbers, request_for, right_answer


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    return Server(tmp_path_factory.mktemp("matrix"))


def test_every_route_stands_in_the_table():
    routes = {(route.method, route.path) for route in ROUTES}
    rows = {(row.method, row.path) for row in ROWS}
    assert len(ROWS) == len(rows), "a route stands in NEEDS twice"
    assert routes <= rows, f"Add a row to NEEDS in tests/server/rights.py for {sorted(routes - rows)}: who may ask it, and what is the right answer?"
    assert rows <= routes, f"Take the rows for {sorted(rows - routes)} out of NEEDS in tests/server/rights.py: there are no such routes any more."


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.method} {row.path}")
def test_everybody_gets_the_one_right_answer(server, row):
    wrong = []
    for who, rights in EVERYBODY.items():
        for name in DATABASES if row.is_of_a_database else DATABASES[:1]:
            is_there = name != "area-none" or not row.is_of_a_database
            path, body = request_for(server, row, name)
            before = server.state_of(name)
            answer = server.ask(who, row.method, path, body, headers=[("Destination", f"copy-{next(numbers)}")] if row.method == "COPY" else [])
            expected = right_answer(row, who, rights[name], is_there)
            if answer.status_code != expected:
                wrong.append(f"{who}: {row.method} {path} → {answer.status_code}, should be {expected}: {answer.text[:100]}")
            if answer.status_code >= 400:
                assert answer.content_type == "application/json" and set(answer.json) == {"error", "reason"}, answer.data
                assert server.state_of(name) == before, f"{who}: {row.method} {path} was refused and changed something all the same"
                assert "Basic" not in answer.headers.get("WWW-Authenticate", ""), "a browser would open a password window in front of the phone app"
            if row.path == "/{db}" and answer.status_code in (200, 201):
                server.provide()
    assert not wrong, "\n".join(wrong)


MEMBERS = [who for who in EVERYBODY if who not in ("nobody", "operator", "operator by cookie") and not who.startswith("token ")]


@pytest.mark.parametrize("row", [row for row in ROWS if row.method == "GET"], ids=lambda row: row.path)
def test_head_says_what_get_says_and_shows_nothing(server, row):
    for who in EVERYBODY:
        path, _ = request_for(server, row, "worker-w1")
        seen, head = server.ask(who, "GET", path), server.ask(who, "HEAD", path)
        assert (head.status_code, head.data) == (seen.status_code, b""), who


@pytest.mark.parametrize("path", sorted({row.path for row in ROWS}))
def test_a_method_that_a_path_does_not_know_is_refused_and_changes_nothing(server, path):
    known = {row.method for row in ROWS if row.path == path} | {"HEAD"}
    asked = path.format(db="worker-w1", id="thing", attachment="photo")
    before = server.state_of("worker-w1")
    for method in [method for method in METHODS if method not in known]:
        for who in ("nobody", "worker with the area", "operator"):
            answer = server.ask(who, method, asked, "{}")
            assert answer.status_code == 405, (who, method, answer.data)
            assert set(answer.headers["Allow"].split(",")) >= known - {"HEAD"}
            assert not any(name.startswith("Access-Control") for name, _ in answer.headers), "no other site is let in"
    assert server.state_of("worker-w1") == before


@pytest.mark.parametrize("who", [*MEMBERS, "nobody"])
def test_who_may_not_learns_from_no_answer_whether_a_database_is_there(server, who):
    for row in ROWS:
        if row.is_of_a_database:
            answers = [server.ask(who, row.method, row.path.format(db=name, id="x", attachment="y"), "{}") for name in ("worker-w5", "worker-w6")]
            there, not_there = ((answer.status_code, answer.data, answer.headers.get("WWW-Authenticate")) for answer in answers)
            assert there == not_there
