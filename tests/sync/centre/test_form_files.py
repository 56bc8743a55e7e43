"""The files that a form names beside itself: kept with its version, used in judging, and delivered to the phones with it."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from forms.check import publishable
from sync.publish_again import publish_again
from sync.store.models import FormFile
from sync.store.published import FormVersionTaken, form_files, publish_form
from tests.sync.centre.conftest import HOUSEHOLD, NOON

VISIT = """
| settings |
| | form_title::zh | form_title::en | form_id | version | default_language |
| | 来访 | Visit | visit | {version} | zh |

| survey |
| | type | name | label::zh | label::en | save_to |
| | hidden | household_id | | | |
| | select_one_from_file villages.csv | village | 村 | Village | household#village |

| entities |
| | list_name | entity_id |
| | household | ${{household_id}} |
"""
VILLAGES = "name,label\nhs,横沟\nga,官埠\n".encode()
MORE_VILLAGES = VILLAGES + "sl,双溪\n".encode()


def publish(centre, version: str, villages: bytes) -> bool:
    files = {"villages.csv": villages}
    form = publishable(VISIT.format(version=version), ".md", files=files).form
    assert form is not None
    with centre.store.writing() as connection:
        return publish_form(connection, form.as_document(), source=b"", source_type=".md", audience="phone", now=NOON, published_by=None, files=files)


def on_the_phone(centre, version: str) -> tuple[bool, bytes]:
    """Whether this version is the current one there, and its list."""
    forms = centre.databases.open("forms")
    document = centre.databases.read("forms", f"form:visit:{version}")
    assert [each["name"] for each in document["files"]] == ["villages.csv"]
    assert "choices" not in document["fields"][1] and document["fields"][1]["list"] == "villages.csv"
    found = forms.get(f"form:visit:{version}")
    entry = found.leaves[found.winner].entries()["villages.csv"]
    return document["current"], b"".join(forms.attachment(entry))


def visit(centre, village: str, version: str = "1") -> dict:
    return centre.submission(form="visit", version=version, answers={"household_id": HOUSEHOLD, "village": village})


def test_a_form_reaches_the_phones_with_its_files_and_each_version_keeps_its_own(centre):
    assert publish(centre, "1", VILLAGES)
    centre.merge()
    assert on_the_phone(centre, "1") == (True, VILLAGES)
    assert publish(centre, "2", MORE_VILLAGES)
    centre.merge()
    assert (on_the_phone(centre, "1"), on_the_phone(centre, "2")) == ((False, VILLAGES), (True, MORE_VILLAGES))


def test_answers_are_judged_by_the_list_of_their_version(centre):
    publish(centre, "1", VILLAGES)
    publish(centre, "2", MORE_VILLAGES)
    for version, village, status in (("1", "hs", "accepted"), ("1", "sl", "held"), ("2", "sl", "accepted"), ("2", "xx", "held")):
        one = visit(centre, village, version)
        centre.take(one)
        assert (version, village, centre.receipt(one)["status"]) == (version, village, status)


def test_one_file_of_many_versions_is_kept_once(centre):
    for version in ("1", "2", "3"):
        publish(centre, version, VILLAGES)
    with centre.store.reading() as connection:
        assert connection.execute(select(FormFile.content)).scalars().all() == [VILLAGES]
        assert form_files(connection, "visit", "2") == {"villages.csv": VILLAGES}
        assert form_files(connection, "survey", "1") == {}


def test_a_published_version_never_gets_another_list(centre):
    publish(centre, "1", VILLAGES)
    assert publish(centre, "1", VILLAGES) is False
    with pytest.raises(FormVersionTaken):
        publish(centre, "1", MORE_VILLAGES)


def test_a_form_whose_files_did_not_come_along_is_not_published(centre):
    form = publishable(VISIT.format(version="1"), ".md", files={"villages.csv": VILLAGES}).form
    with pytest.raises(ValueError, match=r"villages\.csv"), centre.store.writing() as connection:
        publish_form(connection, form.as_document(), source=b"", source_type=".md", audience="phone", now=NOON, published_by=None)


def test_publishing_all_again_writes_nothing_where_all_is_there(centre):
    publish(centre, "1", VILLAGES)
    centre.merge()
    at = centre.databases.changes("forms").last_sequence
    publish_again(centre.store, centre.databases, NOON)
    centre.merge()
    assert centre.databases.changes("forms", at).changes == []
    centre.databases.delete("forms")
    centre.databases.create("forms", {}, writers="server")
    publish_again(centre.store, centre.databases, NOON)
    centre.merge()
    assert on_the_phone(centre, "1") == (True, VILLAGES)
