"""Settings: each documented, each wrong value a sentence."""

import stat
from dataclasses import fields
from pathlib import Path

import pytest

from server.settings import SETTINGS, Settings, SettingsError, read_settings, settings_table
from sync.engine.limits import Limits

GOOD = {"DOORSTEP_SECRET": "x" * 32}


def test_without_a_secret_it_says_how_to_make_one(tmp_path):
    with pytest.raises(SettingsError, match="token_urlsafe"):
        read_settings({"DOORSTEP_DATA": str(tmp_path)})


@pytest.mark.parametrize(
    ("variable", "value", "said"),
    [
        ("DOORSTEP_SECRET", "short", "32 or more"),
        ("DOORSTEP_SECRET_BEFORE", "short", "DOORSTEP_SECRET_BEFORE has 5 characters"),
        ("DOORSTEP_TOKEN_SECONDS", "871", "from 10 to 870"),
        ("DOORSTEP_PORT", "http", "whole number from 0 to 65535"),
        ("DOORSTEP_PORT", "70000", "whole number from 0 to 65535"),
        ("DOORSTEP_PORT", "٣", "whole number"),
        ("DOORSTEP_WEB_PROCESSES", "0", "from 1 to 64"),
        ("DOORSTEP_DEMO", "yes", "one of 0, 1"),
        ("DOORSTEP_OPEN_FEEDS_MAX", "0", "from 1 to"),
        ("DOORSTEP_PROT", "8000", "no setting DOORSTEP_PROT"),
    ],
)
def test_a_wrong_value_is_told_with_its_name(tmp_path, variable, value, said):
    with pytest.raises(SettingsError, match=said):
        read_settings({"DOORSTEP_DATA": str(tmp_path), **GOOD, variable: value})


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.5", "::"])
def test_demo_mode_refuses_to_listen_beyond_this_machine(tmp_path, host):
    with pytest.raises(SettingsError, match="this machine only"):
        read_settings({"DOORSTEP_DATA": str(tmp_path), "DOORSTEP_DEMO": "1", "DOORSTEP_HOST": host})


def test_the_demo_makes_its_secret_once_and_only_its_owner_reads_it(tmp_path):
    environment = {"DOORSTEP_DATA": str(tmp_path / "data"), "DOORSTEP_DEMO": "1"}
    first = read_settings(environment)
    assert read_settings(environment).secret == first.secret
    assert len(first.secret) >= 32
    assert stat.S_IMODE((first.data / "secret").stat().st_mode) == 0o600


def test_the_store_lies_in_the_data_folder_unless_an_address_is_given(tmp_path):
    assert read_settings({"DOORSTEP_DATA": str(tmp_path), **GOOD}).database_url == f"sqlite:///{tmp_path}/doorstep.sqlite"
    assert read_settings({**GOOD, "DATABASE_URL": "postgresql://db/doorstep"}).database_url == "postgresql://db/doorstep"


def test_every_setting_is_in_the_table_and_every_field_has_a_setting():
    table = settings_table()
    assert all(f"`{setting.variable}`" in table for setting in SETTINGS)
    named = {setting.variable.removeprefix("DOORSTEP_").lower() for setting in SETTINGS}
    assert {field.name for field in (*fields(Settings), *fields(Limits))} - {"limits"} == named


def test_the_readme_holds_the_table_as_it_is():
    page = (Path(__file__).parent.parent.parent / "README.md").read_text(encoding="utf-8")
    assert settings_table() in page
