"""`couchdb doctor`: each unsafe thing about a CouchDB gets its sentence, and a safe one gets none. The settings are those that a real CouchDB 3.5 told."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from server.couchdb.doctor import findings
from server.couchdb.keys import names_and_values
from server.couchdb.look import Answer, Database, Seen
from server.couchdb.settings import to_write, wanted
from server.provision import security_for
from server.tokens import SigningKey, key_id, signing_keys
from sync.couchdb.administration import GUARD_FUNCTION

FRESH = json.loads((Path(__file__).parent.parent.parent / "data" / "couchdb_fresh_config.json").read_text(encoding="utf-8"))
NODE = "couchdb@127.0.0.1"
SECOND = "couchdb@127.0.0.2"
NOW = 1_795_000_000
KEYS = names_and_values(signing_keys("a secret for tests that nobody else has", NOW).accepted)
ADMINS_ONLY = {"admins": {"roles": ["_admin"]}, "members": {"roles": ["_admin"]}}  # as CouchDB 3 gives it to a database that is made
REFUSED = Answer(401, reason="Authentication required.")


@pytest.fixture
def safe(settings) -> Seen:
    """A CouchDB of one node after `couchdb configure --write`, with the databases of one worker and one area."""
    config = {section: dict(values) for section, values in FRESH.items()}
    for each in to_write(wanted(settings, nodes=1, databases=7), FRESH):
        if each.value is not None:
            config.setdefault(each.section, {})[each.key] = each.value
    config["jwt_keys"] = dict(KEYS)
    return Seen(
        address="http://***@127.0.0.1:5984",
        version="3.5.0",
        cluster_nodes=(NODE,),
        all_nodes=(NODE,),
        configs={NODE: config},
        databases={
            "_users": Database(ADMINS_ONLY),
            "_replicator": Database(ADMINS_ONLY),
            "_global_changes": Database(ADMINS_ONLY),
            "forms": Database(security_for("worker"), GUARD_FUNCTION),
            "area-g0311": Database(security_for("area:g0311"), GUARD_FUNCTION),
            "worker-w0042": Database(security_for("worker:w0042")),
            "media-w0042": Database(security_for("worker:w0042")),
        },
        clock_ahead_seconds=0.4,
        strangers={"/_all_dbs": REFUSED, "/_node/_local/_config": REFUSED, "/_session": REFUSED},
        tokens={
            "good": Answer(200, "couchdb-doctor"),
            "expired": Answer(401, reason="exp not in future"),
            "endless": Answer(400, reason="Missing exp claim"),
            "foreign": Answer(400, reason="Invalid iss claim"),
        },
        files_max={NODE: 65536},
    )


@pytest.fixture
def examine(settings):
    """What is said beside `ok`, as (level, sentence)."""

    def run(seen: Seen) -> list[tuple[str, str]]:
        found = findings(seen, wanted(settings, len(seen.cluster_nodes), len(seen.databases)), KEYS)
        return [(finding.level, finding.what) for finding in found if finding.level != "ok"]

    return run


def with_setting(seen: Seen, section: str, key: str, value: str | None, node: str = NODE) -> Seen:
    config = {each: dict(values) for each, values in seen.configs[node].items()}
    config.setdefault(section, {}).pop(key, None)
    if value is not None:
        config[section][key] = value
    return replace(seen, configs={**seen.configs, node: config})


def with_database(seen: Seen, name: str, database: Database) -> Seen:
    return replace(seen, databases={**seen.databases, name: database})


def two_nodes(seen: Seen) -> Seen:
    """A cluster of two, as safe."""
    both = with_setting(seen, "cluster", "n", "2")
    copied = {name: replace(database, copies=2) for name, database in both.databases.items()}
    nodes = (NODE, SECOND)
    return replace(
        both,
        cluster_nodes=nodes,
        all_nodes=nodes,
        configs=dict.fromkeys(nodes, both.configs[NODE]),
        databases=copied,
        files_max=dict.fromkeys(nodes, 65536),
    )


def test_a_couchdb_that_was_configured_is_well(safe, settings):
    found = findings(safe, wanted(settings, 1, len(safe.databases)), KEYS)
    assert {finding.level for finding in found} == {"ok"} and len(found) == 12


def test_a_cluster_that_was_configured_is_well(safe, examine):
    assert examine(two_nodes(safe)) == []


def test_a_fresh_couchdb_is_told_apart_from_a_configured_one_by_every_sentence_it_needs(safe, examine):
    fresh = replace(
        safe,
        configs={NODE: FRESH},
        databases={name: safe.databases[name] for name in ("_users", "_replicator")},
        strangers={**safe.strangers, "/_session": Answer(200)},
        tokens={kind: Answer(200) for kind in safe.tokens},  # nobody reads tokens, so everybody is nobody
    )
    said = examine(fresh)
    assert [sentence for level, sentence in said if level == "FAIL" and "is not set" not in sentence] == [
        "a token that Doorstep has just signed is not believed (nobody reads tokens), so no phone can sync. `couchdb configure --write` puts it right.",
        f"node {NODE} lacks 3 keys of ours ({', '.join(KEYS)}), so it will refuse our tokens. `couchdb configure --write` puts it right.",
        "the database _global_changes is missing: the merge worker then has to ask every inbox in turn. `couchdb configure --write` puts it right.",
    ]
    assert sorted(sentence.split(" is not set")[0] for level, sentence in said if level == "FAIL" and "is not set" in sentence) == [
        "[chttpd] authentication_handlers",
        "[chttpd] require_valid_user_except_for_up",
        "[couchdb] max_document_size",
        "[fabric] changes_duration",
        "[jwt_auth] required_claims",
    ]


def test_admin_party_is_named_alone_and_at_once(safe, examine):
    party = replace(safe, strangers={"/_session": Answer(200, None, ("_admin",)), "/_all_dbs": Answer(200), "/_node/_local/_config": Answer(200)})
    assert examine(party) == [
        (
            "FAIL",
            "admin party: whoever reaches http://***@127.0.0.1:5984 is its administrator. "
            "Put a name and password into the section [admins] of each node, at once.",
        )
    ]
    assert ("FAIL", f"node {NODE} has no administrator, so whoever reaches it is one: put a name and password into its section [admins].") in examine(
        with_setting(safe, "admins", "admin", None)
    )


@pytest.mark.parametrize("path", ["/_all_dbs", "/_node/_local/_config"])
def test_what_strangers_may_read_is_named(safe, examine, path):
    seen = replace(safe, strangers={**safe.strangers, path: Answer(200)})
    assert examine(seen) == [("FAIL", f"strangers may read {path}: an administrator's matter. `couchdb configure --write` puts it right.")]


@pytest.mark.parametrize(
    ("section", "key", "value", "told"),
    [
        ("chttpd", "authentication_handlers", "{chttpd_auth, cookie_authentication_handler}", "must be {chttpd_auth, jwt_authentication_handler}, "),
        ("jwt_auth", "required_claims", '{iss, "doorstep"}', 'must be exp, {iss, "doorstep"}. A token ends'),
        ("jwt_auth", "required_claims", "exp", 'must be exp, {iss, "doorstep"}. A token ends'),
        ("jwt_auth", "required_claims", None, 'is not set, but must be exp, {iss, "doorstep"}. A token ends'),
        ("jwt_auth", "roles_claim_path", "roles", "[jwt_auth] roles_claim_path is roles, but must not be set."),
        ("chttpd", "enable_cors", "true", "[chttpd] enable_cors is true, but must be false. The phone app comes from the same origin"),
        ("chttpd", "require_valid_user", "true", "CouchDB asks browsers for a password"),
        ("chttpd", "require_valid_user_except_for_up", "false", "strangers learn no names"),
        ("chttpd", "admin_only_all_dbs", "false", "only the server lists them"),
        ("couchdb", "default_security", "everyone", "must be admin_only"),
        ("couchdb", "users_db_security_editable", "true", "must be false"),
        ("chttpd_auth", "users_db_public", "true", "must be false"),
        ("couchdb", "max_document_size", "65536", "must be 8388608 or more"),
        ("couchdb", "max_attachment_size", "65536", "or more"),
        ("chttpd", "max_http_request_size", "1048576", "or more"),
        ("fabric", "changes_duration", None, "is not set, but must be 300000 or less"),
        ("fabric", "changes_duration", "86400000", "must be 300000 or less"),
        ("chttpd", "changes_timeout", "600000", "must be 60000 or less"),
        ("global_changes", "update_db", "false", "must be true"),
    ],
)
def test_an_unsafe_setting_is_named_with_what_it_must_be_and_why(safe, examine, section, key, value, told):
    said = examine(with_setting(safe, section, key, value))
    assert [level for level, _ in said] == ["FAIL"]
    sentence = said[0][1]
    assert sentence.startswith(f"[{section}] {key} is ") and told in sentence and sentence.endswith("`couchdb configure --write` puts it right.")


@pytest.mark.parametrize(("section", "key", "value"), [("cluster", "q", "8"), ("couchdb", "max_dbs_open", "500"), ("chttpd", "server_options", "[]")])
def test_what_only_costs_time_is_noted(safe, examine, section, key, value):
    assert [(level, sentence.split(" is ")[0]) for level, sentence in examine(with_setting(safe, section, key, value))] == [("note", f"[{section}] {key}")]


def test_a_setting_that_one_node_lacks_is_told_with_the_node(safe, examine):
    ((level, sentence),) = examine(with_setting(two_nodes(safe), "chttpd", "enable_cors", "true", SECOND))
    assert level == "FAIL" and f"is true on {SECOND}, but must be false" in sentence


def test_believing_a_name_in_a_header_is_unsafe(safe, examine):
    handlers = "{chttpd_auth, proxy_authentication_handler}, {chttpd_auth, jwt_authentication_handler}, {chttpd_auth, default_authentication_handler}"
    said = [sentence for _, sentence in examine(with_setting(safe, "chttpd", "authentication_handlers", handlers))]
    assert any("believes whoever a header names (proxy_authentication_handler)" in sentence for sentence in said)


@pytest.mark.parametrize(("kind", "what"), [("expired", "has run out"), ("endless", "never ends"), ("foreign", "was made for another service (iss)")])
def test_a_token_that_should_not_be_believed_is(safe, examine, kind, what):
    seen = replace(safe, tokens={**safe.tokens, kind: Answer(200, "couchdb-doctor")})
    assert examine(seen) == [("FAIL", f"a token that {what} is believed. `couchdb configure --write` puts it right.")]


def test_a_good_token_that_is_refused_is_told_with_couchdbs_reason(safe, examine):
    seen = replace(safe, tokens={**safe.tokens, "good": Answer(400, reason="Unknown kid")})
    assert "is not believed (it says: Unknown kid), so no phone can sync." in examine(seen)[0][1]


@pytest.mark.parametrize(
    ("seconds", "told"),
    [
        (30.9, None),
        (-30.9, None),
        (45, "its clock is 45 s ahead of ours, so that it refuses tokens that are still good: set both by the same time server (NTP)."),
        (-3600, "its clock is 3600 s behind ours, so that it believes tokens that have run out: set both by the same time server (NTP)."),
    ],
)
def test_a_wrong_clock_is_told_with_what_it_does_to_tokens(safe, examine, seconds, told):
    assert [sentence for _, sentence in examine(replace(safe, clock_ahead_seconds=seconds))] == ([told] if told else [])


def test_a_key_of_ours_that_is_missing_or_another_is_named(safe, examine):
    (name, *_) = KEYS
    for value in (None, "AAAA"):
        ((level, sentence),) = examine(with_setting(safe, "jwt_keys", name, value))
        assert level == "FAIL" and sentence.startswith(f"node {NODE} lacks 1 key of ours ({name})")


def test_a_key_of_a_former_secret_is_stale(safe, examine):
    value = b"k" * 32
    ((name, encoded),) = names_and_values([SigningKey(key_id(value), value)]).items()
    ((level, sentence),) = examine(with_setting(safe, "jwt_keys", name, encoded))
    assert level == "FAIL" and sentence.startswith(f"node {NODE} still believes 1 key that Doorstep signs with no more ({name}).")


@pytest.mark.parametrize("name", ["hmac:_default", "rsa:somebody", "hmac:8ceb0b66f34ba93d"])
def test_a_key_that_doorstep_did_not_make_is_foreign_whatever_it_is_called(safe, examine, name):
    ((level, sentence),) = examine(with_setting(safe, "jwt_keys", name, "aGVsbG8="))
    assert level == "FAIL" and f"believes 1 key that Doorstep did not make ({name})" in sentence and "--only-our-keys" in sentence


@pytest.mark.parametrize("version", ["3.2.3", "2.3.1", "1.7.2", "3.2.3-abc1234", ""])
def test_a_version_that_is_too_old_is_named(safe, examine, version):
    ((level, sentence),) = examine(replace(safe, version=version))
    assert level == "FAIL" and "Doorstep needs 3.3 or newer: upgrade it." in sentence and (version or "does not tell") in sentence


@pytest.mark.parametrize("version", ["3.3.0", "3.4.3", "3.5.0", "3.5.2-abc1234", "4.0.0", "10.0"])
def test_a_version_that_is_new_enough_is_well(safe, examine, version):
    assert examine(replace(safe, version=version)) == []


def test_a_node_that_is_down_is_named(safe, examine):
    both = two_nodes(safe)
    ((level, sentence),) = examine(replace(both, all_nodes=(NODE,), configs={NODE: both.configs[NODE]}))
    assert level == "FAIL" and sentence.startswith(f"node {SECOND} of the cluster is down")


def test_a_node_that_waits_to_join_is_noted(safe, examine):
    assert examine(replace(safe, all_nodes=(NODE, SECOND))) == [
        ("note", f"node {SECOND} is connected but does not belong to the cluster: add it to `_nodes`, or stop it.")
    ]


@pytest.mark.parametrize(
    ("section", "key", "told"),
    [("couchdb", "uuid", "the nodes have different uuids"), ("chttpd_auth", "secret", "the nodes have different [chttpd_auth] secrets")],
)
def test_nodes_of_one_cluster_are_one_couchdb(safe, examine, section, key, told):
    for value in ("another", None):
        ((level, sentence),) = examine(with_setting(two_nodes(safe), section, key, value, SECOND))
        assert level == "FAIL" and sentence.startswith(told)


def test_maintenance_serves_nobody(safe, examine):
    ((level, sentence),) = examine(with_setting(safe, "couchdb", "maintenance_mode", "true"))
    assert level == "FAIL" and f"node {NODE} is in maintenance mode (true) and serves nobody" in sentence


@pytest.mark.parametrize("security", [{}, {"admins": {"roles": ["_admin"]}, "members": {"names": [], "roles": []}}, {"members": {}}])
@pytest.mark.parametrize("name", ["worker-w0042", "area-g0311", "forms", "someone-elses", "_global_changes"])
def test_a_database_without_members_is_readable_by_everybody(safe, examine, name, security):
    found = safe.databases.get(name, Database({}))
    ((level, sentence),) = examine(with_database(safe, name, replace(found, security=security)))
    assert level == "FAIL" and sentence.startswith(name) and "readable by everybody, since its security object names no member." in sentence


def test_what_everybody_may_of_couchdbs_own_accounts_is_couchdbs_matter(safe, examine):
    assert examine(with_database(safe, "_users", Database({}))) == []


@pytest.mark.parametrize(
    "security",
    [
        security_for("area:g0312"),
        {**security_for("area:g0311"), "members": {"names": ["w0099"], "roles": ["area:g0311"]}},
        {**security_for("area:g0311"), "admins": {"names": ["w0042"], "roles": ["_admin"]}},
        {**security_for("area:g0311"), "admins": {"names": [], "roles": ["_admin", "worker"]}},
    ],
)
def test_a_database_that_others_may_read_or_administer_is_named(safe, examine, security):
    assert examine(with_database(safe, "area-g0311", Database(security, GUARD_FUNCTION))) == [
        ("FAIL", "area-g0311: its security object names other members or administrators than Doorstep gives it. `couchdb configure --write` puts it right.")
    ]


@pytest.mark.parametrize("guard", [None, "function () {}"])
def test_an_area_without_its_guard_can_be_written_by_devices(safe, examine, guard):
    ((level, sentence),) = examine(with_database(safe, "area-g0311", Database(security_for("area:g0311"), guard)))
    assert (level, sentence) == (
        "FAIL",
        "area-g0311: devices may write there, since the guard is missing or another one. `couchdb configure --write` puts it right.",
    )


def test_a_guard_on_an_inbox_keeps_workers_from_handing_in(safe, examine):
    ((level, sentence),) = examine(with_database(safe, "worker-w0042", Database(security_for("worker:w0042"), GUARD_FUNCTION)))
    assert (level, sentence) == ("FAIL", "worker-w0042: a guard refuses what workers write there. `couchdb configure --write` puts it right.")


def test_many_databases_with_one_fault_are_one_sentence(safe, examine):
    seen = safe
    for number in range(8):
        seen = with_database(seen, f"area-g{number}", Database({}, GUARD_FUNCTION))
    ((_, sentence),) = examine(seen)
    assert sentence.startswith("area-g0, area-g1, area-g2, area-g3, area-g4 and 3 more: readable by everybody")


def test_shards_are_noted_and_missing_copies_are_unsafe(safe, examine):
    both = two_nodes(safe)
    inbox = both.databases["worker-w0042"]
    assert [level for level, _ in examine(with_database(both, "worker-w0042", replace(inbox, shards=2)))] == ["note"]
    ((level, sentence),) = examine(with_database(both, "worker-w0042", replace(inbox, copies=1)))
    assert level == "FAIL" and sentence.startswith("worker-w0042: fewer copies than the cluster could keep")


@pytest.mark.parametrize("name", ["_users", "_replicator", "_global_changes"])
def test_a_system_database_that_is_missing_is_named(safe, examine, name):
    ((level, sentence),) = examine(replace(safe, databases={each: database for each, database in safe.databases.items() if each != name}))
    assert level == "FAIL" and sentence.startswith(f"the database {name} is missing")


def test_too_few_file_handles_are_named_with_the_number_that_is_needed(safe, examine):
    assert examine(replace(safe, files_max={NODE: 1024})) == [
        (
            "FAIL",
            f"node {NODE} may hold 1024 files open, but may need 11003: set LimitNOFILE=65536 in its systemd unit (or `ulimit -n` before it starts), "
            "and start it again.",
        )
    ]


def test_file_handles_on_another_machine_are_left_to_the_operator_to_look_at(safe, examine):
    ((level, sentence),) = examine(replace(safe, files_max={}))
    assert level == "note" and "cannot be seen from here" in sentence and "must allow 11003 open files or more" in sentence


def test_more_databases_than_may_be_open_are_unsafe(safe, examine):
    ((level, sentence), (advice, _)) = reversed(examine(with_setting(safe, "couchdb", "max_dbs_open", "5")))
    assert level == "FAIL" and sentence.startswith(f"7 database files stand at node {NODE}, of which only 5 may be open at once") and advice == "note"


@pytest.mark.parametrize("address", ["0.0.0.0", "::", "any"])
def test_listening_on_every_address_is_noted_since_a_firewall_may_stand_before(safe, examine, address):
    ((level, sentence),) = examine(with_setting(safe, "chttpd", "bind_address", address))
    assert level == "note" and f"listens on every address ({address})" in sentence
