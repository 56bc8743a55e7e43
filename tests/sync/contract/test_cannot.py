"""What implementations cannot do stands in docs/sync.md too, and names tests that there are."""

import ast
import re
from pathlib import Path

from tests.sync.contract.cannot import CANNOT, POUCHDB_SERVER

PAGE = Path(__file__).parent.parent.parent.parent / "docs" / "sync.md"


def table(heading: str) -> dict[str, str]:
    """First and last cells of the table under a heading."""
    _, section = PAGE.read_text().split(f"## {heading}\n", 1)
    return dict(re.findall(r"^\|(?: (.+?))? \|(?:.* )?([^|]+?) \|$", section.split("\n## ", 1)[0], re.MULTILINE))


def test_what_the_embedded_engine_and_couchdb_do_differently_is_in_the_docs():
    reasons = set(CANNOT["embedded"].values()) | set(CANNOT["couchdb"].values())
    assert reasons <= set(table("Differences from CouchDB"))


def test_what_pouchdb_server_cannot_do_is_in_the_docs():
    assert table("What pouchdb-server cannot do") == {"What": "Tests", **{reason: str(len(tests)) for reason, tests in POUCHDB_SERVER.items()}}


def test_every_name_is_that_of_a_test():
    written = {
        node.name
        for file in Path(__file__).parent.glob("test_*.py")
        for node in ast.parse(file.read_text()).body
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    }
    named = {name.partition("[")[0] for tests in CANNOT.values() for name in tests}
    assert named <= written
