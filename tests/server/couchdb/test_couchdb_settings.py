"""What Apache CouchDB must be set to, against the settings that a fresh CouchDB 3.5 tells (tests/data/couchdb_fresh_config.json)."""

import configparser
import json
from dataclasses import replace
from pathlib import Path

import pytest

from server.couchdb.settings import Wanted, as_ini, effective, files_needed, is_met, request_bytes, to_write, wanted
from sync.engine.limits import Limits

FRESH = json.loads((Path(__file__).parent.parent.parent / "data" / "couchdb_fresh_config.json").read_text(encoding="utf-8"))
KEYS = {"hmac:8ceb0b66f34ba93d": "AdJiYuSM0/IQQqE3u8SNqR61MIWeX5U+U7UTvEc+x/A="}


def read(ini: str) -> configparser.ConfigParser:
    parser = configparser.ConfigParser(delimiters=("=",), comment_prefixes=(";",), interpolation=None)
    parser.read_string(ini)
    return parser


def test_what_is_printed_is_an_ini_file_that_holds_every_setting(settings):
    wants = wanted(settings, nodes=1, databases=0)
    printed = read(as_ini(wants, KEYS, with_keys=True))
    for each in wants:
        assert printed.get(each.section, each.key, fallback=None) == each.value
    assert dict(printed["jwt_keys"]) == KEYS


def test_each_setting_is_explained_by_the_sentence_above_it(settings):
    wants = wanted(settings, nodes=3, databases=0)
    lines = as_ini(wants, KEYS, with_keys=False).splitlines()
    for each in wants:
        place = next(number for number, line in enumerate(lines) if line.split(" ")[0] == each.key or line.startswith(f"; {each.key} must not"))
        assert lines[place - 1] == f"; {each.why}"
        assert each.why.endswith(".")


def test_a_key_is_printed_only_when_asked_for_since_what_is_printed_ends_in_a_log(settings):
    wants = wanted(settings, nodes=1, databases=0)
    (name, value), *_ = KEYS.items()
    assert value not in as_ini(wants, KEYS, with_keys=False) and name in as_ini(wants, KEYS, with_keys=False)
    assert settings.secret not in as_ini(wants, KEYS, with_keys=True)


def test_a_fresh_couchdb_lacks_what_lets_phones_in_and_keeps_others_out(settings):
    lacks = {each.name for each in wanted(settings, nodes=1, databases=0) if not each.advice and not is_met(each, FRESH)}
    assert lacks == {
        "[chttpd] authentication_handlers",
        "[jwt_auth] required_claims",
        "[chttpd] require_valid_user_except_for_up",
        "[couchdb] max_document_size",
        "[fabric] changes_duration",
    }


def test_what_a_default_says_today_is_written_too_and_then_nothing_is_left_to_write(settings):
    wants = wanted(settings, nodes=1, databases=0)
    first = to_write(wants, FRESH)
    assert "[chttpd] enable_cors" in {each.name for each in first}
    config = {section: dict(values) for section, values in FRESH.items()}
    for each in first:
        if each.value is not None:
            config.setdefault(each.section, {})[each.key] = each.value
    assert to_write(wants, config) == []


@pytest.mark.parametrize(
    ("rule", "value", "actual", "met"),
    [
        ("is", "true", "true", True),
        ("is", "true", "false", False),
        ("is", "true", None, False),
        ("is", None, None, True),
        ("is", None, "anything", False),
        ("is", 'exp, {iss, "doorstep"}', 'exp,{iss,"doorstep"}', True),
        ("is", 'exp, {iss, "doorstep"}', "exp", False),
        ("is", 'exp, {iss, "doorstep"}', 'exp, {iss, "someone"}', False),
        ("least", "5000", "4999", False),
        ("least", "5000", "5000", True),
        ("least", "5000", "1000000", True),
        ("least", "5000", "infinity", True),
        ("least", "5000", "8000000 ; bytes", True),
        ("least", "5000", "many", False),
        ("least", "5000", "-1", False),
        ("most", "300000", None, False),
        ("most", "300000", "300000", True),
        ("most", "300000", "300001", False),
        ("most", "300000", "infinity", False),
    ],
)
def test_a_setting_is_met(rule, value, actual, met):
    each = Wanted("couchdb", "thing", value, "Because.", rule=rule)
    assert is_met(each, {"couchdb": {"thing": actual} if actual is not None else {}}) is met


def test_a_larger_limit_that_the_operator_chose_is_left(settings):
    config = {**FRESH, "couchdb": {**FRESH["couchdb"], "max_dbs_open": "20000"}}
    assert "max_dbs_open" not in {each.key for each in to_write(wanted(settings, nodes=1, databases=0), config)}


def test_cors_that_is_on_in_the_section_of_earlier_versions_is_on(settings):
    config = {**FRESH, "httpd": {"enable_cors": "true"}}
    assert effective(config, "chttpd", "enable_cors", "false") == "true"
    assert "[chttpd] enable_cors" in {each.name for each in wanted(settings, nodes=1, databases=0) if not is_met(each, config)}


def test_the_bind_address_of_the_node_local_port_is_not_that_of_the_public_one():
    assert effective({"httpd": {"bind_address": "127.0.0.1"}}, "chttpd", "bind_address", "any") == "any"


def test_limits_follow_what_phones_were_told_they_may_send(settings):
    megabyte = 1024 * 1024
    limits = Limits(document_bytes_max=2 * megabyte, attachment_bytes_max=100 * megabyte)
    values = {each.name: each.value for each in wanted(replace(settings, limits=limits, body_bytes_max=64 * megabyte), nodes=1, databases=0)}
    assert values["[couchdb] max_document_size"] == str(2 * megabyte)
    assert values["[couchdb] max_attachment_size"] == str(100 * megabyte)
    assert values["[chttpd] max_http_request_size"] == str(102 * megabyte), "CouchDB counts a document with its attachments as one body"
    assert request_bytes(replace(settings, limits=limits, body_bytes_max=500 * megabyte)) == 500 * megabyte


@pytest.mark.parametrize(("nodes", "copies"), [(1, "1"), (2, "2"), (3, "3"), (12, "3")])
def test_each_document_is_kept_three_times_or_as_often_as_there_are_nodes(settings, nodes, copies):
    assert {each.name: each.value for each in wanted(settings, nodes, databases=0)}["[cluster] n"] == copies


@pytest.mark.parametrize(("databases", "open_at_once"), [(0, "5000"), (4_000, "5000"), (20_000, "25000")])
def test_more_databases_may_be_open_than_there_are(settings, databases, open_at_once):
    assert {each.name: each.value for each in wanted(settings, 1, databases)}["[couchdb] max_dbs_open"] == open_at_once


def test_file_handles_are_reckoned_from_databases_and_phones():
    assert files_needed(databases_open=5_000, phones=1_000) == 2 * 5_000 + 3 * 1_000 + 1_000
