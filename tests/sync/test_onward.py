"""A record that goes on from what it is is the record that all its submissions make, to the byte; and what was written in turn does go on."""

import random

import orjson
import pytest

from sync import clock
from sync.causality import Contribution, by_time
from sync.lying import placed
from sync.merge import merge
from sync.onward import CARRIED, CONTRIBUTIONS_MIN, Begun, begun, go_on, onward
from sync.policies import POLICIES
from tests.examples import examples

NAMES = ("temperature", "phone", "attempt", "name")


def written(rng, number, version, slips):
    """What a phone says that has all before in hand; with a slip now and then: a stale version, a ruling, an old or a forward clock, another grid."""
    slip = rng.random() < slips and rng.choice(["stale", "let in", "decides", "1970", "2099", "moved", "policy", "tie"])
    device = "office" if slip == "decides" else rng.choice(["d-1", "d-2", "d-3"])
    milliseconds = {"1970": 1, "2099": 4_070_000_000_000}.get(slip, 1_770_000_000_000 + 1000 * (number if slip != "tie" else number - 1))
    text, effective = clock.format(milliseconds, 0, device), clock.format(min(milliseconds, 1_771_000_000_000), 0, device)
    policies = dict(zip(NAMES, ("observed", "latest", "max", "latest"), strict=True))
    if slip == "policy":
        policies[rng.choice(NAMES)] = rng.choice(sorted(POLICIES))
    return Contribution(
        record="household:a", kind="household", submission=f"submission:{number:04}", path="", form="survey", worker=device, device=device,
        at=f"2026-02-03T09:15:{number % 60:02d}+08:00", clock=text, effective=effective,
        dot=("office", text[:-4] + "office") if slip == "let in" else (device, effective),
        based_on={} if slip == "stale" else version, properties={name: rng.choice([1, 2, 3, True]) for name in rng.sample(NAMES, rng.randint(1, 4))},
        area="g0312" if slip == "moved" else "g0311", label=rng.choice([None, None, "1栋"]), decides="settlement" if slip == "decides" else "",
        policies={name: policy for name, policy in policies.items() if policy != "latest"},
    )  # fmt: skip


def city(rng, count, slips):
    made, version = [], {}
    for number in range(1, count + 1):
        made.append(written(rng, number, version, slips))
        device, text = made[-1].dot
        version = {**version, device: max(text, version.get(device, ""))}
    return made


def as_kept(record):
    """The bytes of its document."""
    return orjson.dumps(placed(record, [])[record.area], option=orjson.OPT_SORT_KEYS)


def kept(contributions):
    record = merge(contributions)
    state = onward(contributions)
    return record and state and begun(record.area, as_kept(record), state)


@pytest.mark.parametrize("slips", [0.0, 0.05, 0.3])
def test_it_goes_on_to_the_record_that_all_make_or_not_at_all(slips):
    went_on = tried = 0
    for seed in range(examples(300)):
        rng = random.Random(seed)
        made = city(rng, rng.randint(CONTRIBUTIONS_MIN, 12), slips)
        first = rng.randint(CONTRIBUTIONS_MIN, len(made))
        before, new = made[:first], made[first:]
        start = kept(before)
        if not start or not new:
            continue
        tried += 1
        found = go_on(start, rng.sample(new, len(new)))
        if found is None:
            continue
        went_on += 1
        record, state = found
        assert as_kept(record) == as_kept(merge(made)), seed
        assert state == onward(made), seed
        assert (record.reported_in, record.placed, record.search) == (merge(made).reported_in, merge(made).placed, merge(made).search)
    assert went_on == tried if slips == 0 else 0 < went_on < tried


def test_what_a_check_in_turn_says_stands_and_nothing_before_it_is_looked_at():
    made = city(random.Random(1), 6, 0)
    record, state = go_on(kept(made[:5]), made[5:])
    assert record.submission_count == 6 and record.submissions[0]["id"] == "submission:0006"
    assert orjson.loads(state)["newest"] == list(by_time(made[5]))


def test_of_few_contributions_nothing_is_kept():
    assert onward(city(random.Random(1), CONTRIBUTIONS_MIN - 1, 0)) is None


@pytest.mark.parametrize("policy", sorted(POLICIES - CARRIED))
def test_a_policy_that_looks_at_every_value_is_merged_from_all(policy):
    made = [
        Contribution(**{name: getattr(each, name) for name in Contribution.__slots__} | {"properties": {"phone": number}, "policies": {"phone": policy}})
        for number, each in enumerate(city(random.Random(1), 6, 0))
    ]
    assert go_on(kept(made[:5]), made[5:]) is None


@pytest.mark.parametrize("beside", [{"moved": {"from": ["g0309"]}}, {"members": ["household:a", "household:b"]}, {"linked_to": "household:b"}])
def test_what_has_moved_or_is_linked_is_merged_from_all(beside):
    made = city(random.Random(1), 6, 0)
    start = kept(made[:5])
    assert go_on(Begun(start.area, {**start.document, **beside}, start.onward), made[5:]) is None
