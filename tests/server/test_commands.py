"""The commands: what they do, what they say, and the exit code when it went wrong."""

import os

import orjson
import pytest
from sqlalchemy import select

from server.accounts import NO_PASSWORD
from server.app import create_app
from server.passwords import is_password
from server.settings import read_settings
from server.stores import stores
from sync.store.models import Account, AuditEvent, Device, Outbox

PASSWORD = "correct horse battery"


@pytest.fixture
def command(app):
    """Runs a command line; returns its exit code and all that it said."""
    runner = app.test_cli_runner()

    def run(line: str, said: str | None = None) -> tuple[int, str]:
        result = runner.invoke(args=line.split(), input=said)
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
        return result.exit_code, result.output

    return run


@pytest.fixture
def community(command):
    for line in (
        "areas add xn --level city --zh 咸宁市 --en Xianning",
        "areas add c0311 --level community --under xn --zh 桂花园社区 --en Garden",
        "areas add g0311 --level grid --under c0311 --zh 第一网格 --en One",
        "areas add g0312 --level grid --under c0311 --zh 第二网格 --en Two",
    ):
        assert command(line)[0] == 0


def test_an_area_tree_is_made_and_shown(command, community):
    assert command("areas list") == (
        0,
        "xn  咸宁市  Xianning  (city)\n  c0311  桂花园社区  Garden  (community)\n    g0311  第一网格  One  (grid)\n    g0312  第二网格  Two  (grid)\n",
    )


def test_an_areas_document_names_the_other_areas_and_the_people_of_its_place_and_no_others(command, community, app):
    for line in (
        "areas add c0399 --level community --under xn --zh 桥头社区 --en Bridge",
        "areas add g0399 --level grid --under c0399 --zh 桥头第一网格 --en Nine",
        "accounts add wang --name 王芳 --role surveyor --area g0311 --password-stdin",
    ):
        assert command(line, PASSWORD)[0] == 0
    with app.app_context():
        bodies = [orjson.loads(body) for body in stores().session.scalars(select(Outbox.body).order_by(Outbox.number))]
    newest = {body["_id"]: body["neighbours"] for body in bodies if body["_id"].startswith("area:g")}
    assert newest == {"area:g0311": {"g0312": {"zh": "第二网格", "en": "Two"}}, "area:g0312": {"g0311": {"zh": "第一网格", "en": "One"}}, "area:g0399": {}}
    people = {body["_id"]: (body["workers"], body.get("others")) for body in bodies if body["_id"].startswith("area:g")}
    wang = {next(iter(people["area:g0311"][0])): "王芳"}
    assert people == {"area:g0311": (wang, None), "area:g0312": ({}, wang), "area:g0399": ({}, None)}, "her words may stand in the next grid's records"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("areas add g0311 --level grid --under c0311 --zh 一 --en One", "There is an area g0311 already."),
        ("areas add G1 --level grid --under c0311 --zh 一 --en One", "no area id"),
        ("areas add g9 --level grid --under c9 --zh 一 --en One", "There is no area c9"),
        ("areas add x9 --level city --under g0311 --zh 一 --en One", "A city cannot stand under g0311, which is a grid."),
        ("areas add g9 --level hamlet --zh 一 --en One", "'hamlet' is not one of"),
        ("assign nobody g0311", "There is no account nobody."),
        ("accounts password nobody --password-stdin", "There is no account nobody."),
        ("accounts deactivate nobody", "There is no account nobody."),
        ("devices revoke d-00000000", "There is no device d-00000000."),
        ("forms check nothing.md", "does not exist"),
        ("demo load", "in demo mode only"),
    ],
)
def test_what_cannot_be_done_is_told_in_a_sentence(command, community, line, said):
    code, output = command(line, PASSWORD + "\n")
    assert code != 0
    assert said in output
    assert "Traceback" not in output


def test_an_account_is_added_listed_given_a_new_password_and_closed(app, command, community):
    code, output = command("accounts add wang --name 王芳 --role surveyor --area g0311 --password-stdin", PASSWORD + "\n")
    assert (code, output) == (0, "Added wang (w0001), surveyor.\n")
    assert "w0001  wang       王芳  surveyor    g0311" in command("accounts list")[1]
    assert command("accounts password wang --password-stdin", "another long one\n")[0] == 0
    with app.app_context():
        account = stores().session.scalar(select(Account).where(Account.username == "wang"))
        assert is_password(account.password_hash, "another long one")
        assert not is_password(account.password_hash, PASSWORD)
        assert stores().databases.names("worker-") == ["worker-w0001"]
    assert command("accounts deactivate wang")[0] == 0
    assert "closed" in command("accounts list")[1]


def test_a_short_password_and_a_name_that_is_taken_are_refused_and_change_nothing(app, command, community):
    assert "10 characters or more" in command("accounts add wang --name 王芳 --role surveyor --password-stdin", "demo\n")[1]
    assert command("accounts add wang --name 王芳 --role surveyor --password-stdin", PASSWORD + "\n")[0] == 0
    code, output = command("accounts add wang --name 王方 --role leader --password-stdin", PASSWORD + "\n")
    assert (code, output.strip()) == (1, "Error: There is an account wang already.")
    code, _ = command("accounts add li --name 李 --role surveyor --area g0311 --area nowhere --password-stdin", PASSWORD + "\n")
    assert code == 1
    with app.app_context():
        assert list(stores().session.scalars(select(Account.username))) == ["wang"]


def test_an_assignment_begins_and_ends(command, community):
    command("accounts add zheng --name 郑红梅 --role leader --password-stdin", PASSWORD + "\n")
    assert command("assign zheng c0311")[0] == 0
    assert command("assign zheng c0311") == (1, "Error: zheng is assigned to c0311 already.\n")
    assert command("unassign zheng c0311")[0] == 0
    assert command("unassign zheng c0311") == (1, "Error: zheng is not assigned to c0311.\n")
    assert command("assign zheng c0311")[0] == 0


def test_a_lost_phone_is_revoked(app, client, command, community):
    command("accounts add wang --name 王芳 --role surveyor --area g0311 --password-stdin", PASSWORD + "\n")
    body = client.post("/api/session", json={"username": "wang", "password": PASSWORD, "device": "d-7f3a0001", "app": "0.1.0"}).get_json()
    assert "d-7f3a0001  wang     0.1.0" in command("devices list")[1]
    assert command("devices revoke d-7f3a0001") == (
        0,
        "d-7f3a0001 was signed out; what access it still holds ends within 15 minutes. "
        "When it next reaches the server it hands in what it has not sent and clears itself.\n",
    )
    assert "has not handed in yet" in command("devices list")[1]
    assert "already" in command("devices revoke d-7f3a0001")[1]
    assert client.post("/api/session/refresh", json={"refresh_token": body["refresh_token"]}).status_code == 401
    again = client.post("/api/session", json={"username": "wang", "password": PASSWORD, "device": "d-7f3a0001"}).get_json()
    assert again["device"] != "d-7f3a0001"
    with app.app_context():
        assert stores().session.get_one(Device, "d-7f3a0001").revoked_at is not None


def test_doctor_says_what_is_missing_and_fails(command, community):
    code, output = command("doctor")
    assert code == 1
    assert "FAIL 0 forms are published" in output
    assert "FAIL the merge worker has never run here" in output
    assert "ok   the data folder" in output


def test_what_commands_do_is_in_the_audit(app, command, community):
    command("accounts add wang --name 王芳 --role surveyor --password-stdin", PASSWORD + "\n")
    with app.app_context():
        actions = list(stores().session.scalars(select(AuditEvent.action)))
        assert actions == ["added area"] * 4 + ["added account"]
        assert stores().session.scalar(select(Account.password_hash)) != NO_PASSWORD


def test_after_a_disk_was_set_back_the_operator_says_so_once(command, app):
    with app.app_context():
        before = stores().databases.uuid
    code, said = command("engine restored")
    with app.app_context():
        assert code == 0 and stores().databases.uuid in said and stores().databases.uuid != before


def test_doctor_tells_of_a_database_without_its_file_and_of_a_file_without_its_database(command, app):
    with app.app_context():
        databases = stores().databases
        databases.create("area-g0311", {})
        path = databases.open("area-g0311").entry.path
    stray = path.with_name("area-g0999~00000000.sqlite")
    path.rename(stray)
    os.utime(stray, (1, 1))
    code, said = command("doctor")
    assert code == 1
    assert "FAIL every database has its file: not area-g0311" in said
    assert f"belongs to a database: not {stray.name} (0 documents)" in said


def test_a_store_without_tables_or_out_of_reach_is_told_in_a_sentence(tmp_path):
    environment = {"DOORSTEP_DATA": str(tmp_path), "DOORSTEP_SECRET": "a secret for tests that nobody else has"}
    empty = create_app(read_settings(environment)).test_cli_runner().invoke(args=["areas", "list"])
    assert (empty.exit_code, empty.output.count("\n")) == (1, 1) and "run `store upgrade` first" in empty.output
    away = read_settings({**environment, "DATABASE_URL": "postgresql+psycopg://doorstep:hushhush@127.0.0.1:1/doorstep"})
    out_of_reach = create_app(away).test_cli_runner().invoke(args=["areas", "list"])
    assert out_of_reach.exit_code == 1 and "The central store does not answer" in out_of_reach.output and "hushhush" not in out_of_reach.output
