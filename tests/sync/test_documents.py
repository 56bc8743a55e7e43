"""The wire's documents: what is read, what is faulted, and the JSON Schema of them."""

import pytest

from sync.documents import json_schemas, read_envelope

GOOD = {
    "_id": "submission:01JD3Z8Q5V7M2K4X9T6B1N0CFR",
    "type": "submission",
    "form": "household_survey",
    "version": "1",
    "area": "g0311",
    "answers": {"visit": {"outcome": "done"}},
    "based_on": {"household:a": {"d-7f3a0001": "1770080000000-0000-d-7f3a0001"}},
    "started_at": "2026-02-03T09:12:44+08:00",
    "finished_at": "2026-02-03T09:15:02+08:00",
    "clock": "1770080102000-0000-d-7f3a0001",
    "clock_offset_ms": -12,
    "worker": "w0042",
    "device": "d-7f3a0001",
    "app": "0.1.0",
    "supersedes": None,
    "media": [{"question": "/photo", "name": "door.jpg", "type": "image/jpeg", "bytes": 183204, "sha256": "0" * 64}],
}


def faults(**changes):
    return [tuple(fault) for fault in read_envelope({**GOOD, **changes})[1]]


def test_the_example_of_the_architecture_page_is_read():
    parts, found = read_envelope(GOOD)
    assert found == []
    assert parts["finished_at"].isoformat() == "2026-02-03T09:15:02+08:00"
    assert parts["based_on"] == GOOD["based_on"]


def test_what_a_newer_app_adds_is_no_fault():
    assert faults(mood="good") == []


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"_id": "submission:7"}, ("/_id", "submission_id")),
        ({"form": None}, ("/form", "missing")),
        ({"form": ["x"]}, ("/form", "wrong")),
        ({"form": "x" * 200}, ("/form", "wrong")),
        ({"finished_at": "yesterday"}, ("/finished_at", "time")),
        ({"finished_at": 1770080102000}, ("/finished_at", "time")),
        ({"finished_at": "9999-12-31T23:59:59-14:00"}, ("/finished_at", "time")),
        ({"clock": {}}, ("/clock", "clock")),
        ({"clock_offset_ms": "12"}, ("/clock_offset_ms", "wrong")),
        ({"based_on": []}, ("/based_on", "object")),
        ({"based_on": {"household:a": 7}}, ("/based_on", "object")),
        ({"based_on": {f"household:{number}": {} for number in range(1001)}}, ("/based_on", "too_long")),
        ({"media": {}}, ("/media", "wrong")),
        ({"media": [7]}, ("/media/0/_schema", "wrong")),
        ({"supersedes": "receipt:1"}, ("/supersedes", "submission_id")),
    ],
    ids=str,
)
def test_every_fault_is_named_by_its_place(changes, expected):
    assert faults(**changes) == [expected]


def test_nothing_but_an_id_has_every_fault_at_once():
    found = read_envelope({"_id": GOOD["_id"]})[1]
    assert {fault.path for fault in found} == {f"/{name}" for name in GOOD} - {"/_id", "/clock_offset_ms", "/app", "/supersedes", "/media"}
    assert {fault.message for fault in found} == {"missing"}


def test_the_shapes_are_published_as_json_schema():
    schemas = json_schemas()
    assert {"Submission", "Receipt", "Record"} <= schemas.keys()
    assert set(schemas["Submission"]["required"]) >= {"_id", "type", "form", "version", "area", "answers", "based_on", "clock", "worker", "device"}
    assert schemas["Receipt"]["properties"]["status"]["enum"] == ["accepted", "held", "returned", "rejected", "superseded", "duplicate"]
