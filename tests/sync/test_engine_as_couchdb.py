"""The embedded engine beside a real CouchDB: the same random pushes and edits on both, and all that a client can see of the documents compared.

Runs where COUCHDB_URL names a CouchDB. Revisions are named after their whole history, as hashes are, so the two differences of trees that
docs/sync.md names cannot occur but for one: a revision that is known already is not sent again with a longer history.
"""

import os
import uuid

import pytest
import requests
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.examples import examples

COUCHDB_URL = os.environ.get("COUCHDB_URL_FOR_TESTS", "")  # see tests/conftest.py
ONLY_WITH_COUCHDB = pytest.mark.parametrize("couchdb_url", [COUCHDB_URL] if COUCHDB_URL else [])
IDS = ["a", "b"]


class Side:
    """One of the two servers, with a database of its own for each example."""

    def __init__(self, url, credentials, create_query=""):
        self.session = requests.Session()
        self.session.auth = credentials
        self.session.headers["Accept"] = "application/json"
        self.url = f"{url.rstrip('/')}/tree-{uuid.uuid4().hex}"
        assert self.session.put(f"{self.url}{create_query}", timeout=30).status_code == 201

    def ask(self, method, path, **options):
        answer = self.session.request(method, f"{self.url}/{path}", timeout=30, **options)
        return answer.status_code, answer.json()

    def push(self, id, start, ids, deleted):
        document = {"_id": id, "_revisions": {"start": start, "ids": ids}, "is": ids[0], **({"_deleted": True} if deleted else {})}
        return self.ask("POST", "_bulk_docs", json={"docs": [document], "new_edits": False})

    def seen(self):
        """All that a client can see of the trees. What depends on compaction (bodies of inner revisions) is left out."""
        found = {}
        for id in IDS:
            status, winner = self.ask("GET", f"{id}?conflicts=true&deleted_conflicts=true&revs=true&revs_info=true")
            for each in winner.get("_revs_info", []):
                each["status"] = each["status"] if each["status"] == "deleted" else "there"
            opened = self.ask("GET", f"{id}?open_revs=all&revs=true")[1]
            leaves = sorted(opened, key=lambda leaf: leaf["ok"]["_rev"]) if isinstance(opened, list) else opened
            found[id] = (status, winner, leaves)
        feed = self.ask("GET", "_changes?style=all_docs&include_docs=true")[1]["results"]
        found["feed"] = sorted(
            [{"id": row["id"], "leaves": row["changes"], "deleted": row.get("deleted"), "doc": row["doc"]} for row in feed], key=lambda row: row["id"]
        )
        info = self.ask("GET", "")[1]
        found["counts"] = (info["doc_count"], info["doc_del_count"])
        found["diff"] = self.ask("POST", "_revs_diff", json={id: [f"{len(line)}-{line}" for line in LINES] for id in IDS})
        return found

    def end(self):
        self.session.delete(self.url, timeout=30)
        self.session.close()


LINES = ["x", "y", "xx", "xy", "yx", "xxy", "xyx", "yxx", "xxyx"]


@pytest.fixture(scope="module")
def ours(live_server):
    from tests.sync.conftest import OPERATOR

    return lambda: Side(live_server.url, OPERATOR)


def couchdb(url):
    credentials, _, host = url.partition("://")[2].rpartition("@")
    return Side(f"{url.partition('://')[0]}://{host}", tuple(credentials.split(":", 1)), "?q=1")


def is_tombstone(line):
    return sum(map(ord, line)) % 3 == 0


pushes = st.tuples(st.just("push"), st.sampled_from(IDS), st.integers(0, 3), st.text("xy", min_size=1, max_size=6), st.integers(1, 6))
deletions = st.tuples(st.just("purge"), st.sampled_from(IDS), st.integers(0, 3))
# The limit comes first: CouchDB shows less of what it holds as soon as the limit falls, the embedded engine when the document is next written.
steps = st.tuples(st.tuples(st.just("limit"), st.sampled_from([1, 2, 3, 4, 1000])), st.lists(st.one_of(*[pushes] * 5, deletions), min_size=1, max_size=12))
quick = settings(deadline=None, max_examples=examples(25), suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])


def known(side, id, revision):
    return not side.ask("POST", "_revs_diff", json={id: [revision]})[1]


def take(step, sides):
    """Do this step on both; what each answered."""
    match step:
        case ("push", id, before, line, kept):
            ids = [line[: age + 1] for age in range(len(line))][::-1][:kept]
            start = before + len(line)
            if known(sides[0], id, f"{start}-{line}") or known(sides[1], id, f"{start}-{line}"):
                return []
            return [side.push(id, start, ids, is_tombstone(line)) for side in sides]
        case ("limit", limit):
            return [side.ask("PUT", "_revs_limit", data=str(limit)) for side in sides]
        case ("purge", id, index):
            leaves = sides[0].ask("GET", f"{id}?open_revs=all")[1]
            if not isinstance(leaves, list):
                return []
            chosen = sorted(leaf["ok"]["_rev"] for leaf in leaves)[index % len(leaves)]
            return [side.ask("POST", "_purge", json={id: [chosen, "1-none"]}) for side in sides]
        case _:
            raise AssertionError(step)


@ONLY_WITH_COUCHDB
@quick
@given(steps)
def test_the_same_pushes_purges_and_limits_make_the_same_trees(ours, couchdb_url, steps):
    sides = [ours(), couchdb(couchdb_url)]
    try:
        for step in [steps[0], *steps[1]]:
            answers = take(step, sides)
            assert all(answer == answers[0] for answer in answers), (step, answers)
            mine, theirs = (side.seen() for side in sides)
            if any(step[0] == "purge" for step in steps[1]):
                del mine["counts"], theirs["counts"]  # CouchDB goes on counting a document as live whose last live leaf was purged
            assert mine == theirs, step
    finally:
        for side in sides:
            side.end()


EDITS = [
    *[("PUT", based_on) for based_on in ("nothing", "winner", "loser", "tombstone", "inner", "unknown")],
    *[("DELETE", based_on) for based_on in ("nothing", "winner", "loser", "tombstone", "inner", "unknown")],
    *[("POST", based_on) for based_on in ("nothing", "winner", "loser", "tombstone", "inner", "unknown")],
    *[("COPY", based_on) for based_on in ("nothing", "winner", "loser", "tombstone", "inner", "unknown")],
    *[("bulk", based_on) for based_on in ("nothing", "winner", "loser", "tombstone", "inner", "unknown")],
    *[("bulk delete", based_on) for based_on in ("nothing", "winner", "loser", "tombstone", "inner", "unknown")],
]


def based_on_of(side, name):
    _, leaves = side.ask("GET", "a?open_revs=all&revs=true")
    alive = sorted((leaf["ok"]["_rev"] for leaf in leaves if not leaf["ok"].get("_deleted")), reverse=True)
    dead = sorted((leaf["ok"]["_rev"] for leaf in leaves if leaf["ok"].get("_deleted")), reverse=True)
    inner = [f"{r['start'] - 1}-{r['ids'][1]}" for r in (leaf["ok"]["_revisions"] for leaf in leaves) if len(r["ids"]) > 1]
    found = {"nothing": [None], "winner": alive or dead, "loser": alive[1:], "tombstone": dead, "inner": inner, "unknown": ["1-unknown"]}[name]
    return found[0] if found else "none"


def edit(side, how, revision):
    query, members = (f"?rev={revision}", {"_rev": revision}) if revision else ("", {})
    match how:
        case "PUT" | "DELETE":
            return side.ask(how, f"a{query}", **({"json": {"n": 1}} if how == "PUT" else {}))
        case "POST":
            return side.ask("POST", "", json={"_id": "a", "n": 2, **members})
        case "COPY":
            side.push("source", 1, ["s"], False)
            return side.ask("COPY", "source", headers={"Destination": f"a{query}"})
        case "bulk":
            return side.ask("POST", "_bulk_docs", json={"docs": [{"_id": "a", "n": 3, **members}]})
        case _:
            return side.ask("POST", "_bulk_docs", json={"docs": [{"_id": "a", "_deleted": True, **members}]})


def without_hashes(value):
    """Revisions made by the two servers have other ids, and the same generations."""
    if isinstance(value, dict):
        return {name: f"{each.partition('-')[0]}-…" if name in ("rev", "_rev") else without_hashes(each) for name, each in value.items()}
    return [without_hashes(each) for each in value] if isinstance(value, list | tuple) else value


@ONLY_WITH_COUCHDB
@settings(quick, max_examples=examples(40))
@given(st.lists(st.tuples(st.integers(0, 1), st.text("xy", min_size=1, max_size=4)), max_size=4), st.sampled_from(EDITS))
def test_the_same_edit_of_the_same_tree_gets_the_same_answer(ours, couchdb_url, lines, how_and_based_on):
    how, name = how_and_based_on
    sides = [ours(), couchdb(couchdb_url)]
    try:
        for before, line in lines:
            take(("push", "a", before, line, 9), sides)
        exists = bool(lines)
        if not exists and name not in ("nothing", "unknown"):
            return
        if not exists and name == "unknown" and how in ("POST", "COPY", "bulk", "bulk delete"):
            return  # CouchDB takes a revision in the body for a document that it never had, and refuses the same in the address
        revision = based_on_of(sides[0], name) if exists else (None if name == "nothing" else "1-unknown")
        if revision == "none":
            return
        answers = [without_hashes(edit(side, how, revision)) for side in sides]
        assert answers[0] == answers[1], (how, name, revision)
        if exists:
            mine, theirs = (without_hashes(side.ask("GET", "_changes?style=all_docs")[1]["results"]) for side in sides)
            assert [(row["id"], len(row["changes"]), row.get("deleted")) for row in mine] == [
                (row["id"], len(row["changes"]), row.get("deleted")) for row in theirs
            ]
    finally:
        for side in sides:
            side.end()
