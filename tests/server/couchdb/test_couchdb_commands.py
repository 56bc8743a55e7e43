"""`couchdb configure` and `couchdb doctor` as they are typed: against a pretended CouchDB, and against what is none."""

import socket
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import quote, urlsplit

import pytest

from server.couchdb.look import files_max
from server.settings import SettingsError, read_settings
from tests.server.couchdb.pretended import CREDENTIALS, PretendCouchDB, serving

NAME, PASSWORD = CREDENTIALS
NODE = "couchdb@127.0.0.1"
RIGHT = "`couchdb configure --write` puts it right."


@contextmanager
def pretended(couchdb: PretendCouchDB) -> Iterator[str]:
    with serving(couchdb.answer) as url:
        yield with_password(url)


def with_password(url: str, password: str = PASSWORD) -> str:
    return url.replace("://", f"://{NAME}:{quote(password, safe='')}@")


def unsafe(said: str) -> list[str]:
    return [line.removeprefix("FAIL ") for line in said.splitlines() if line.startswith("FAIL")]


def test_a_fresh_couchdb_is_unsafe_until_it_is_configured_and_configuring_twice_changes_nothing(at):
    couchdb = PretendCouchDB([NODE])
    with pretended(couchdb) as url:
        code, said = at(url, "couchdb doctor")
        assert code == 1 and f"the database _global_changes is missing: the merge worker then has to ask every inbox in turn. {RIGHT}" in unsafe(said)
        code, said = at(url, "couchdb configure --write")
        assert code == 0 and "_global_changes made" in said and said.endswith("CouchDB is as Doorstep needs it.\n")
        assert couchdb.handlers == ["jwt", "cookie", "default"], "in force without a restart"
        assert at(url, "couchdb doctor")[0] == 0
        assert at(url, "couchdb configure --write") == (0, "CouchDB was as Doorstep needs it already.\n")
    assert couchdb.starts == {NODE: 1}, "more would end the node"


def test_neither_password_nor_keys_are_ever_said(at):
    couchdb = PretendCouchDB([NODE])
    with pretended(couchdb) as url:
        said = "".join(at(url, line)[1] for line in ("couchdb doctor", "couchdb configure --write", "couchdb doctor", "couchdb configure"))
    values = couchdb.configs[NODE]["jwt_keys"].values()
    assert len(values) == 3
    for secret in (PASSWORD, quote(PASSWORD, safe=""), *values):
        assert secret not in said


def test_keys_are_printed_when_asked_for(at):
    couchdb = PretendCouchDB([NODE])
    with pretended(couchdb) as url:
        at(url, "couchdb configure --write")
        code, said = at(url, "couchdb configure --with-keys")
    assert code == 0 and all(f"\n{name} = {value}" in said for name, value in couchdb.configs[NODE]["jwt_keys"].items())


def test_every_node_of_a_cluster_is_configured_and_then_they_are_one_couchdb(at):
    couchdb = PretendCouchDB([NODE, "couchdb@127.0.0.2", "couchdb@127.0.0.3"])
    with pretended(couchdb) as url:
        assert any(line.startswith("the nodes have different uuids") for line in unsafe(at(url, "couchdb doctor")[1]))
        assert at(url, "couchdb configure --write")[0] == 0
        assert at(url, "couchdb doctor")[0] == 0
    first, second, third = couchdb.configs.values()
    assert set(couchdb.starts.values()) == {1}
    assert first == second == third and first["cluster"] == {"q": "1", "n": "3"}


def test_a_node_that_is_down_keeps_no_other_from_being_configured(at):
    couchdb = PretendCouchDB([NODE, "couchdb@127.0.0.2"], down=("couchdb@127.0.0.2",))
    with pretended(couchdb) as url:
        code, said = at(url, "couchdb configure --write")
        assert code == 1 and said.endswith("Error: couchdb@127.0.0.2 did not answer and was not configured: start it, then run this again.\n")
        assert len(couchdb.configs[NODE]["jwt_keys"]) == 3
        code, said = at(url, "couchdb doctor")
    assert code == 1 and [line.split(":")[0] for line in unsafe(said)] == ["node couchdb@127.0.0.2 of the cluster is down, or cannot be reached by this one"]


def test_rights_of_our_databases_are_put_right_and_those_of_others_are_told(at):
    couchdb = PretendCouchDB([NODE])
    with pretended(couchdb) as url:
        at(url, "couchdb configure --write")
        open_to_all = {"admins": {}, "members": {}}
        guard = {"_id": "_design/guard", "_rev": "1-a", "validate_doc_update": "function () {}"}
        couchdb.databases |= {
            "forms": {"_security": open_to_all},
            "area-g0311": {"_security": open_to_all, "_design/guard": guard},
            "worker-w0042": {"_security": open_to_all, "_design/guard": guard},
            "_global_changes": {"_security": {}},
            "someone-elses": {"_security": {}},
        }
        code, said = at(url, "couchdb doctor")
        assert code == 1 and unsafe(said) == [
            f"area-g0311, forms, worker-w0042: readable by everybody, since its security object names no member. {RIGHT}",
            f"area-g0311, forms: devices may write there, since the guard is missing or another one. {RIGHT}",
            "someone-elses: readable by everybody, since its security object names no member. It is not ours: give it members (PUT …/_security), or delete it.",
            f"worker-w0042: a guard refuses what workers write there. {RIGHT}",
            f"_global_changes is readable by everybody, since its security object names no member. {RIGHT}",
        ]
        code, said = at(url, "couchdb configure --write")
        assert code == 0
        for name in ("forms", "area-g0311", "worker-w0042"):
            assert f"{name}: rights put right" in said.splitlines()
        assert [line.split(":")[0] for line in unsafe(at(url, "couchdb doctor")[1])] == ["someone-elses"]
    assert couchdb.databases["someone-elses"] == {"_security": {}}, "what is not ours is left"
    assert "_design/guard" not in couchdb.databases["worker-w0042"]


def test_a_key_that_doorstep_did_not_make_is_taken_away_only_when_asked(at):
    couchdb = PretendCouchDB([NODE])
    with pretended(couchdb) as url:
        at(url, "couchdb configure --write")
        couchdb.configs[NODE]["jwt_keys"]["hmac:_default"] = "aGVsbG8="
        assert at(url, "couchdb configure --write") == (0, "CouchDB was as Doorstep needs it already.\n")
        assert "hmac:_default" in couchdb.configs[NODE]["jwt_keys"] and "that Doorstep did not make (hmac:_default)" in at(url, "couchdb doctor")[1]
        assert "[jwt_keys] hmac:_default taken away" in at(url, "couchdb configure --write --only-our-keys")[1]
        assert at(url, "couchdb doctor")[0] == 0
    assert len(couchdb.configs[NODE]["jwt_keys"]) == 3


def test_handlers_that_were_written_without_being_in_force_are_brought_into_force(at):
    couchdb = PretendCouchDB([NODE])
    with pretended(couchdb) as url:
        at(url, "couchdb configure --write")
        couchdb.handlers = ["cookie", "default"]  # as after an edit of local.ini that CouchDB has reloaded
        assert at(url, "couchdb doctor")[0] == 1
        assert at(url, "couchdb configure --write")[0] == 0
        assert at(url, "couchdb doctor")[0] == 0
    assert couchdb.starts == {NODE: 2}


@pytest.mark.parametrize("options", ["[{recbuf, undefined}]", "[]", "[{recbuf, undefined},  {max, 4096}]"])
def test_other_server_options_become_ours_in_the_same_start(at, options):
    couchdb = PretendCouchDB([NODE])
    couchdb.configs[NODE]["chttpd"]["server_options"] = options
    with pretended(couchdb) as url:
        assert at(url, "couchdb configure --write")[0] == 0
        assert at(url, "couchdb doctor")[0] == 0
    assert couchdb.starts == {NODE: 1} and "{max, 65536}" in couchdb.configs[NODE]["chttpd"]["server_options"]


def test_printing_needs_no_couchdb_but_writing_and_looking_do(at):
    assert at("", "couchdb configure")[0] == 0
    for line in ("couchdb configure --write", "couchdb doctor"):
        code, said = at("", line)
        assert code == 1 and said.startswith("Error: COUCHDB_URL is not set, so there is no CouchDB to look at")


PAGE = "<html><body>It works!</body></html>"
REFUSAL = {"error": "unauthorized", "reason": "Name or password is incorrect."}


@pytest.mark.parametrize("line", ["couchdb doctor", "couchdb configure --write"])
@pytest.mark.parametrize(
    ("status", "body", "told"),
    [
        (200, PAGE, "but not as CouchDB does. COUCHDB_URL must name Apache CouchDB itself."),
        (404, PAGE, "with status 404, but it is no CouchDB."),
        (302, PAGE, "with status 302, but it is no CouchDB."),
        (200, {"hello": "world"}, "but it is no CouchDB."),
        (200, ["couchdb"], "but it is no CouchDB."),
        (200, {"couchdb": "Welcome", "version": "3.3.0", "vendor": {"name": "Doorstep", "engine": "embedded"}}, "answers Doorstep itself."),
        (200, {"couchdb": "Welcome"}, "The account in COUCHDB_URL is no administrator of CouchDB"),
        (401, REFUSAL, "refuses the name or password in COUCHDB_URL."),
    ],
)
def test_what_is_no_couchdb_or_not_ours_is_told_in_a_sentence(at, line, status, body, told):
    with serving(lambda *_: (status, body)) as url:
        code, said = at(with_password(url), line)
    assert code == 1 and said.startswith("Error: ") and told in said and said.count("\n") == 1
    assert urlsplit(url).netloc in said or "COUCHDB_URL" in said
    assert PASSWORD not in said


def test_a_wrong_password_is_told(at):
    with serving(PretendCouchDB([NODE]).answer) as url:
        code, said = at(with_password(url, "wrong"), "couchdb doctor")
    assert code == 1 and said == f"Error: CouchDB at {url.replace('://', '://***@')} refuses the name or password in COUCHDB_URL.\n"


def test_admin_party_is_told_rather_than_that_the_password_is_wrong(at):
    couchdb = PretendCouchDB([NODE])
    couchdb.configs[NODE]["admins"].clear()
    with serving(couchdb.answer) as url:
        for line in ("couchdb doctor", "couchdb configure --write"):
            code, said = at(with_password(url), line)
            assert code == 1 and said.startswith(f"Error: Admin party: whoever reaches CouchDB at {url.replace('://', '://***@')} is its administrator.")
        code, said = at(url, "couchdb doctor")
    assert code == 1 and any(line.startswith("admin party: ") for line in unsafe(said)), "also where COUCHDB_URL names nobody"


def test_maintenance_is_told_when_it_keeps_us_from_looking(at):
    couchdb = PretendCouchDB([NODE])
    couchdb.configs[NODE]["couchdb"]["maintenance_mode"] = "true"
    with pretended(couchdb) as url:
        code, said = at(url, "couchdb doctor")
    assert code == 1 and said.endswith("Too many of its nodes are not running, or in maintenance mode ([couchdb] maintenance_mode).\n")


def test_nobody_answering_is_told(at):
    with closing(socket.socket()) as unheard:
        unheard.bind(("127.0.0.1", 0))  # bound, but not listening
        code, said = at(with_password(f"http://127.0.0.1:{unheard.getsockname()[1]}"), "couchdb doctor")
    assert code == 1 and "does not answer" in said and said.endswith("Does it run, and is COUCHDB_URL right?\n")


@pytest.mark.parametrize("url", ["http://", "ftp://admin:secret@host", "localhost:5984", "http://admin:se/cret@host:5984"])
def test_an_address_that_is_none_is_told_without_repeating_it(tmp_path, url):
    with pytest.raises(SettingsError) as told:
        read_settings({"DOORSTEP_DATA": str(tmp_path), "DOORSTEP_SECRET": "s" * 40, "COUCHDB_URL": url})
    assert "COUCHDB_URL" in str(told.value) and "se/cret" not in str(told.value)


def test_file_handles_are_read_from_the_process_of_the_node_on_this_machine(tmp_path: Path):
    limits = "Limit            Soft Limit       Hard Limit       Units     \nMax open files   {}               524288           files     \n"
    for pid, words, soft in (
        ("17", [b"/opt/couchdb/bin/../erts-13.1.5/bin/beam.smp", b"-name", b"couchdb@10.0.0.5", b"-noinput"], "1024"),
        ("18", [b"/opt/couchdb/bin/../erts-13.1.5/bin/beam.smp", b"-name", b"couchdb@10.0.0.6"], "unlimited"),
        ("19", [b"/usr/bin/vim", b"couchdb@10.0.0.7"], "1024"),
        ("20", [b""], "1024"),
    ):
        (tmp_path / pid).mkdir()
        (tmp_path / pid / "cmdline").write_bytes(b"\0".join(words) + b"\0")
        (tmp_path / pid / "limits").write_text(limits.format(soft))
    (tmp_path / "21").mkdir()  # ended meanwhile
    nodes = ["couchdb@10.0.0.5", "couchdb@10.0.0.6", "couchdb@10.0.0.7", "couchdb@10.0.0.8"]
    found = files_max(nodes, tmp_path)
    assert found["couchdb@10.0.0.5"] == 1024 and found["couchdb@10.0.0.6"] > 10**9 and len(found) == 2


def test_what_is_asked_at_a_system_without_such_files_is_nothing(tmp_path: Path):
    assert files_max([NODE], tmp_path / "nowhere") == {}
