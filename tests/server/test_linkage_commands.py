"""`linkage run` and `linkage status`: what they do and what they say."""

from datetime import datetime

import orjson
import pytest

from server.stores import stores
from sync.store import linkage_statements
from sync.store.statements import put_records

NOON = datetime(2026, 2, 3, 12, 0)


@pytest.fixture
def command(app):
    def run(line: str) -> tuple[int, str]:
        result = app.test_cli_runner().invoke(args=line.split())
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
        return result.exit_code, result.output

    return run


@pytest.fixture
def people(app):
    """Two spellings of one woman, and another; not compared yet."""
    with app.app_context(), stores().store.writing() as connection:
        for number, name in enumerate(("何伶俐", "何玲利", "王芳")):
            id = f"person:01JD3Z8Q5V7M2K4X9T6B1N0C0{number}"
            values = {"name": name, "birth_year": 1975 + 10 * (number // 2), "sex": "2", "phone": "13971520648" if number < 2 else "13871520000"}
            body = orjson.dumps({"_id": id, "fields": {field: {"value": value} for field, value in values.items()}})
            row = {"id": id, "kind": "person", "area": "g0311", "household": None, "person": None, "label": name, "search": "", "state": None}
            put_records(connection, [{**row, "updated_at": NOON, "body": body}])
            linkage_statements.queue(connection, [id])


def test_what_waits_is_compared_and_the_pairs_are_counted(command, people):
    assert command("linkage status") == (
        0,
        "kind       to compare  suggested  not ruled on yet\nhousehold  0           0          0\nperson     3           0          0\n",
    )
    assert command("linkage run") == (0, "3 records compared. 1 pair of records that may be one waits for an administrator.\n")
    assert "person     0           1          1" in command("linkage status")[1]


def test_a_run_over_all_compares_what_has_not_changed_too(command, people):
    command("linkage run")
    assert command("linkage run")[1].startswith("0 records compared.")
    assert command("linkage run --all")[1].startswith("3 records compared.")


def test_one_that_cannot_be_compared_is_told_with_exit_code_1(app, command, people):
    with app.app_context(), stores().store.writing() as connection:
        row = {"id": "person:broken", "kind": "person", "area": "g0311", "household": None, "person": None, "label": "?", "search": "", "state": None}
        put_records(connection, [{**row, "updated_at": NOON, "body": b"no JSON"}])
        linkage_statements.queue(connection, ["person:broken"])
    code, said = command("linkage run")
    assert (code, said.splitlines()[-1]) == (1, "1 record could not be compared; the log says why. It stays in the queue.")
    assert "person     1           1" in command("linkage status")[1]
