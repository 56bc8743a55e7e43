"""Merging: worked examples, then the same rules written again, slowly and plainly, over thousands of generated histories."""

import json
import random
from dataclasses import replace
from pathlib import Path

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forms.findings import MERGE_POLICIES
from sync import clock
from sync.causality import Contribution, by_time, known_to
from sync.merge import merge
from sync.policies import POLICIES
from tests.examples import examples

CASES = json.loads((Path(__file__).parent.parent / "data" / "merge.json").read_text())["cases"]


def at(device, milliseconds):
    return clock.format(milliseconds, 0, device)


def contribution(number, worker, device, milliseconds, based_on, values, dot=None, policy="latest", record="household:a"):
    return Contribution(
        record=record,
        kind=record.partition(":")[0],
        submission=f"submission:{number}",
        path="",
        form="household_survey",
        worker=worker,
        device=device,
        at="2026-02-03T09:15:02+08:00",
        clock=at(device, milliseconds),
        effective=at(device, milliseconds),
        dot=(dot[0], at(*dot)) if dot else (device, at(device, milliseconds)),
        based_on={each: at(each, seen) for each, seen in based_on.items()},
        properties=values,
        area="g0311",
        policies={} if policy == "latest" or device == "office" else dict.fromkeys(values, policy),
        decides="settlement" if device == "office" else "",
    )


def as_bytes(record):
    return orjson.dumps(record.document, option=orjson.OPT_SORT_KEYS)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["why"])
def test_the_examples(case):
    given = [contribution(number, *each, policy=case.get("policy", "latest")) for number, each in enumerate(case["contributions"])]
    record = merge(given)
    found = {
        name: [entry["value"], entry["worker"], [[other["value"], other["worker"]] for other in entry.get("disputed", [])]]
        for name, entry in record.fields.items()
    }
    assert found == case["expected"]
    assert record.disputes == sum(bool(disputed) for _, _, disputed in found.values())
    assert {as_bytes(merge(random.Random(seed).sample(given * 2, 2 * len(given)))) for seed in range(20)} == {as_bytes(record)}


def test_a_form_may_ask_for_the_policies_that_there_are():
    assert set(MERGE_POLICIES) == POLICIES


def test_every_policy_has_an_example():
    assert {case.get("policy", "latest") for case in CASES} == POLICIES


def test_a_record_tells_where_each_value_came_from():
    record = merge([contribution(7, "w0042", "d-1", 5, {}, {"name": "何伶俐", "phone": "13507140000"}, record="person:01")])
    assert record.document == {
        "_id": "person:01",
        "type": "record",
        "kind": "person",
        "area": "g0311",
        "label": "何伶俐",
        "version": {"d-1": "0000000000005-0000-d-1"},
        "fields": {
            name: {
                "value": value,
                "worker": "w0042",
                "device": "d-1",
                "at": "2026-02-03T09:15:02+08:00",
                "clock": "0000000000005-0000-d-1",
                "submission": "submission:7",
                "form": "household_survey",
            }
            for name, value in {"name": "何伶俐", "phone": "13507140000"}.items()
        },
        "search": "何伶俐 helingli hll 13507140000",
        "submissions": [{"id": "submission:7", "form": "household_survey", "worker": "w0042", "at": "2026-02-03T09:15:02+08:00"}],
        "submission_count": 1,
    }


@pytest.mark.parametrize(
    ("values", "label", "search"),
    [
        ({"building": "1", "unit": "2", "room": "311", "ordinal": 1}, "1栋 2单元 311", "1栋 2单元 311 1-2-311"),
        ({"building": "1", "unit": "2", "room": "311", "ordinal": 2}, "1栋 2单元 311 (2)", "1栋 2单元 311 (2) 1-2-311"),
        ({"building": "三组", "room": "18号", "phone": "0715-8888"}, "三组 18号", "三组 18号 三组-18号 0715-8888"),
        ({}, "a", "a"),
    ],
)
def test_a_household_is_called_by_its_door(values, label, search):
    record = merge([contribution(1, "w", "d-1", 5, {}, values)])
    assert (record.label, record.search) == (label, search)


def test_no_accepted_submission_means_no_record():
    assert merge([]) is None


def test_a_record_names_its_newest_submissions_and_counts_all():
    record = merge([contribution(number, "w", f"d-{number % 3}", number + 1, {}, {"phone": str(number)}) for number in range(45)])
    assert [each["id"] for each in record.submissions] == [f"submission:{number}" for number in range(44, 24, -1)]
    assert record.submission_count == 45


def test_one_submission_that_says_two_things_of_one_person_loses_neither():
    twice = [contribution(1, "w", "d-1", 5, {}, {"name": name}, record="person:01") for name in ("何伶俐", "何玲利")]
    record = merge([replace(twice[0], path="/members/0"), replace(twice[1], path="/members/1")])
    assert {record.fields["name"]["value"], *(each["value"] for each in record.fields["name"]["disputed"])} == {"何伶俐", "何玲利"}


# The same rules once more, without any cleverness


def plain_fields(contributions):
    """Value and disputed values of each field by the definitions in sync/merge.py, in cubic time."""
    left = sorted(contributions, key=by_time)
    steps = []
    while left:
        ready = [b for b in left if not any(known_to(a, b) for a in left if a is not b)]
        steps.append(ready[0] if ready else left[0])
        left.remove(steps[-1])
    found = {}
    for name in {name for each in steps for name in each.properties}:
        edits = []
        for b in steps:
            if name not in b.properties:
                continue
            known = [a for a in edits if known_to(a, b)]
            newest = max((a for a in known if not any(known_to(a, c) for c in known if c is not a)), key=by_time, default=None)
            if newest is None or b.decides or newest.properties[name] != b.properties[name]:
                edits.append(b)
        frontier = [a for a in edits if not any(known_to(a, b) for b in edits if b is not a)]
        chosen = max(frontier, key=by_time)
        disputed = sorted(each.submission for each in frontier if each.properties[name] != chosen.properties[name])
        found[name] = (chosen.properties[name], chosen.submission, disputed)
    return found


def fast_fields(contributions):
    fields = merge(contributions).fields  # never None: a history has at least one form
    return {name: (entry["value"], entry["submission"], sorted(each["submission"] for each in entry.get("disputed", ()))) for name, entry in fields.items()}


@st.composite
def histories(draw):
    """What honest phones with dishonest clocks write: they sync now and then, edit, send back what they were shown; some is held and let in late,
    and now and then the office settles a field for whoever had looked at some moment."""
    phones = [f"d-{number}" for number in range(draw(st.integers(1, 4)))]
    offset = {phone: draw(st.sampled_from([0, 0, -900, 4_000_000])) for phone in phones}
    centre, waiting, held = [], [], []
    version = {phone: {} for phone in phones}
    shown = dict.fromkeys(phones)
    last = dict.fromkeys(phones, 0)
    office = 0
    for number in range(draw(st.integers(1, 14))):
        phone = draw(st.sampled_from(phones))
        what = draw(st.sampled_from(["write", "write", "write", "sync", "let in", "settle"]))
        if what == "write":
            last[phone] = max(last[phone] + 1, 1000 + number * 10 + offset[phone], 0)
            fields = shown[phone].fields if shown[phone] else {}
            values = {name: draw(st.sampled_from("abc")) for name in draw(st.sets(st.sampled_from(["phone", "needs"]), min_size=1))}
            if fields and draw(st.booleans()):
                values = {name: fields[name]["value"] for name in fields}
            waiting.append(contribution(number, phone, phone, last[phone], {}, values))
            waiting[-1] = _based_on(waiting[-1], version[phone])
        elif what == "sync":
            mine = [each for each in waiting if each.device == phone]
            waiting = [each for each in waiting if each.device != phone]
            for each in mine:
                (held if draw(st.integers(0, 3)) == 0 else centre).append(each)
            record = merge(centre)
            if record:
                version[phone], shown[phone] = record.version, record
        elif what == "settle":
            office += 1
            settlement = contribution(number, "admin", "office", 2000 + office, {}, {"phone": draw(st.sampled_from("abc"))})
            centre.append(_based_on(settlement, version[phone]))
        elif held:
            office += 1
            late = held.pop(draw(st.integers(0, len(held) - 1)))
            centre.append(_with_dot(late, ("office", at("office", 2000 + office))))
    everything = centre + waiting
    return everything if any(not each.decides for each in everything) else [contribution(0, "d-0", "d-0", 1, {}, {"phone": "a"})]


def _based_on(each, version):
    return replace(each, based_on=version)


def _with_dot(each, dot):
    return replace(each, dot=dot)


@settings(max_examples=examples(400), deadline=None)
@given(histories(), st.randoms(use_true_random=False))
def test_merging_is_the_definition_only_faster(contributions, randomness):
    shuffled = contributions + randomness.sample(contributions, randomness.randint(0, len(contributions)))
    randomness.shuffle(shuffled)
    assert as_bytes(merge(shuffled)) == as_bytes(merge(contributions))
    assert fast_fields(contributions) == plain_fields(contributions)


anything = st.builds(
    lambda number, device, milliseconds, based_on, value, office: contribution(
        number, device, device, milliseconds, based_on, {"phone": value}, dot=("office", milliseconds) if office else None
    ),
    st.integers(0, 9),
    st.sampled_from(["d-1", "d-2", "d-3"]),
    st.integers(0, 9),
    st.dictionaries(st.sampled_from(["d-1", "d-2", "d-3", "office"]), st.integers(0, 9)),
    st.sampled_from(["a", "b", 1, True, 1.5, None, ["x"], {"latitude": 1}]),
    st.booleans(),
)


@settings(max_examples=examples(400), deadline=None)
@given(st.lists(anything, min_size=1, max_size=8, unique_by=lambda each: each.submission), st.sampled_from(sorted(POLICIES)), st.randoms(use_true_random=False))
def test_forged_versions_that_know_each_other_in_a_circle_do_no_harm(contributions, policy, randomness):
    contributions = [replace(each, policies={"phone": policy}) for each in contributions]
    record = merge(contributions)
    shuffled = contributions * 2
    randomness.shuffle(shuffled)
    assert as_bytes(merge(shuffled)) == as_bytes(record)
    assert "phone" in record.fields


def test_leaving_one_out_is_undo():
    three = [
        contribution(1, "a", "d-1", 1, {}, {"phone": "1"}),
        contribution(2, "b", "d-2", 2, {}, {"phone": "2"}),
        contribution(3, "c", "d-3", 3, {}, {"phone": "3"}),
    ]
    assert as_bytes(merge([three[0], three[2]])) == as_bytes(merge([each for each in three if each.submission != "submission:2"]))
    assert merge([three[0]]).fields["phone"]["value"] == "1"


@pytest.mark.parametrize("phones", [3, 10_000])
@pytest.mark.timeout(60)
@pytest.mark.parametrize("policy", ["latest", "earliest"])
def test_ten_thousand_contributions_to_one_record_are_merged_without_comparing_each_with_each(phones, policy):
    many = []
    for number in range(10_000):
        device = f"d-{number % phones}"
        based_on = {f"d-{each}": number - number % 7 for each in range(3)} if phones == 3 and number > 10 else {}
        many.append(contribution(number, device, device, number + 1, based_on, {"phone": str(number % 11), "needs": "food", "name": "x"}, policy=policy))
    record = merge(many)  # 0.2 s; comparing each with each would take minutes
    assert record.submission_count == 10_000
