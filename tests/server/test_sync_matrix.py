"""Who may what under /sync/: every route of the API, each asked by everybody of every kind of database. One right answer each.

The two tables below are the expectation, written by hand. A route that is added to server/sync_api/dispatch.py fails
`test_every_route_stands_in_the_table` until it has a row here.
"""

import itertools
from dataclasses import dataclass
from urllib.parse import urlencode

import pytest

from server.sync_api.dispatch import METHODS, ROUTES
from tests.server.callers import Server

# ---- The expectation

# What each may do with each kind of database: w1 is the worker whose inbox it is, g1 the area.
RIGHTS = """
                          forms   area-g1   worker-w1   media-w1   area-none (there is no such database)
nobody                    -       -         -           -          -
token expired             -       -         -           -          -
token of another key      -       -         -           -          -
token without signature   -       -         -           -          -
token cut and pasted      -       -         -           -          -
token of an unknown kid   -       -         -           -          -
token with _admin in it   -       -         -           -          -
other worker              read    -         -           -          -
worker without the area   read    -         write       write      -
worker with the area      read    read      write       write      -
team leader               read    read      -           -          -
operator                  all     all       all         all        all
operator by cookie        all     all       all         all        all
"""
UNKNOWN = ("nobody", "token ")  # these get 401 where they may not, the others 403

# What each route needs, and what it answers to those who may. `free`: no right is needed, but no bad token is taken either.
# Prepared before each request: the document, the attachment or the checkpoint that it is about.
NEEDS = """
GET     /                               free   200
GET     /_up                            free   200
GET     /_session                       free   200
POST    /_session                       free   200   {"name":"operator","password":"a long password"}
DELETE  /_session                       free   200
GET     /_uuids                         free   200
GET     /_all_dbs                       all    200
GET     /_db_updates                    all    200
GET     /_dbs_info                      all    200
POST    /_dbs_info                      all    200   {"keys":["forms"]}
GET     /{db}                           read   200
PUT     /{db}                           made   412
DELETE  /{db}                           all    200
POST    /{db}                           write  201   {}
GET     /{db}/_security                 read   200
PUT     /{db}/_security                 all    200   SECURITY
GET     /{db}/_revs_limit               read   200
PUT     /{db}/_revs_limit               all    200   1000
POST    /{db}/_ensure_full_commit       read   201
POST    /{db}/_compact                  all    202
POST    /{db}/_view_cleanup             all    202
POST    /{db}/_purge                    all    201   {"none":["1-a"]}
GET     /{db}/_purged_infos             all    200
GET     /{db}/_purged_infos_limit       all    200
PUT     /{db}/_purged_infos_limit       all    200   1000
GET     /{db}/_changes                  read   200
POST    /{db}/_changes                  read   200   {}
GET     /{db}/_all_docs                 read   200
POST    /{db}/_all_docs                 read   200   {}
GET     /{db}/_design_docs              read   200
POST    /{db}/_design_docs              read   200   {}
GET     /{db}/_local_docs               all    200
POST    /{db}/_local_docs               all    200   {}
POST    /{db}/_bulk_docs                write  201   {"docs":[{}]}
POST    /{db}/_bulk_get                 read   200   {"docs":[]}
POST    /{db}/_revs_diff                read   200   {}
POST    /{db}/_missing_revs             read   200   {}
GET     /{db}/_local/{id}               read   200
PUT     /{db}/_local/{id}               read   201   {}
DELETE  /{db}/_local/{id}               read   200
GET     /{db}/{id}                      read   200
PUT     /{db}/{id}                      write  201   {}
DELETE  /{db}/{id}                      write  200
COPY    /{db}/{id}                      write  201
GET     /{db}/{id}/{attachment}         read   200
PUT     /{db}/{id}/{attachment}         write  201   {}
DELETE  /{db}/{id}/{attachment}         write  200
"""

# ---- The tables, read


@dataclass(frozen=True)
class Row:
    """A route with what it needs, what it answers, and the body that is sent."""

    method: str
    path: str
    needs: str
    good: int
    body: str

    @property
    def is_of_a_database(self) -> bool:
        return "{db}" in self.path


def read_rights():
    head, *lines = [line for line in RIGHTS.splitlines() if line.strip()]
    names = head.split("(")[0].split()
    return {line[:26].strip(): dict(zip(names, line[26:].split(), strict=True)) for line in lines}


def read_needs():
    return [
        Row(*columns[:3], int(columns[3]), columns[4] if len(columns) > 4 else "") for columns in (line.split(None, 4) for line in NEEDS.split("\n") if line)
    ]


EVERYBODY = read_rights()
ROWS = read_needs()
DATABASES = list(EVERYBODY["nobody"])
LEVELS = ["-", "read", "write", "all"]


def right_answer(row: Row, who: str, right: str, is_there: bool) -> int:
    """The one right answer to this route for someone with this right."""
    refused = 401 if who.startswith(UNKNOWN) else 403
    if row.needs == "free":
        return 401 if who.startswith("token ") else row.good
    if row.needs == "made":  # PouchDB asks for every database to be made: those who may read one are told that it is there, nobody else anything
        return refused if right == "-" else row.good if is_there else 201
    if LEVELS.index(right) < LEVELS.index(row.needs):
        return refused
    return row.good if is_there else 404


# ---- The requests

numbers = itertools.count()


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    return Server(tmp_path_factory.mktemp("matrix"))


def request_for(server: Server, row: Row, name: str) -> tuple[str, str]:
    """(path with its query, body) for this route, after what it is about was made, where the database is there."""
    id = f"thing-{next(numbers)}"
    body = row.body
    if body == "SECURITY":
        found = server.ask("operator", "GET", f"/{name}/_security")
        body = found.text if found.status_code == 200 else "{}"
    revision = ""
    if "{id}" in row.path and (row.method != "PUT" or "{attachment}" in row.path):
        place = f"/{name}/_local/{id}" if "_local" in row.path else f"/{name}/{id}"
        attached = '{"_attachments":{"photo":{"content_type":"image/jpeg","data":"aGk="}}}'
        made = server.ask("operator", "PUT", place, attached if "{attachment}" in row.path else "{}")
        if made.status_code == 201 and row.method != "GET":
            revision = "?" + urlencode({"rev": made.json["rev"]})
    return row.path.format(db=name, id=id, attachment="photo") + revision, body


# ---- The tests


def test_every_route_stands_in_the_table():
    routes = {(route.method, route.path) for route in ROUTES}
    rows = {(row.method, row.path) for row in ROWS}
    assert len(ROWS) == len(rows), "a route stands in NEEDS twice"
    assert routes <= rows, f"Add a row to NEEDS in tests/server/test_sync_matrix.py for {sorted(routes - rows)}: who may ask it, and what is the right answer?"
    assert rows <= routes, f"Take the rows for {sorted(rows - routes)} out of NEEDS in tests/server/test_sync_matrix.py: there are no such routes any more."


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
