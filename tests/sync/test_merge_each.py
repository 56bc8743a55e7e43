"""Merging many sets that begin alike is merging each of them."""

import random

import orjson
import pytest

from sync import clock
from sync.causality import Contribution
from sync.merge import merge
from sync.merge_each import ALIKE_MIN, merge_each
from sync.policies import POLICIES
from tests.examples import examples


def lived(rng, number, phones):
    """So many contributions of phones that look now and then, some let in late, and a settlement now and then."""
    made, versions = [], [{}]
    policies = {name: rng.choice(sorted(POLICIES)) for name in ("phone", "needs", "masks")}
    for each in range(number):
        device = "office" if rng.random() < 0.05 and each else rng.choice(phones)
        text = clock.format(each + 1 if device == "d-1970" else 1_770_000_000_000 + 1000 * each, 0, device)
        dot = ("office", text[:-6] + "office") if rng.random() < 0.1 else (device, text)
        names = rng.sample(["phone", "needs", "masks"], rng.randint(1, 3))
        one = Contribution(
            record="household:a", kind="household", submission=f"submission:{each:04}", path="", form="survey", worker=device, device=device,
            at="2026-02-03T09:15:02+08:00", clock=text, effective=text, dot=dot, based_on=rng.choice([versions[-1]] * 6 + versions[-5:]),
            properties={name: rng.randint(1, 3) for name in names}, area=rng.choice(["g0311", "g0311", "g0312"]), policies=policies,
            decides="settlement" if device == "office" else "",
        )  # fmt: skip
        made.append(one)
        versions.append({**versions[-1], one.dot[0]: max(one.dot[1], versions[-1].get(one.dot[0], ""))})
    return made


def body(record):
    return record and orjson.dumps(record.document, option=orjson.OPT_SORT_KEYS)


@pytest.mark.parametrize("phones", [["d-1", "d-2", "d-3"], ["d-1", "d-1970"]])
@pytest.mark.parametrize("seed", range(examples(8)))
def test_each_set_comes_out_as_by_itself(seed, phones):
    rng = random.Random(seed)
    all_of_them = lived(rng, ALIKE_MIN + 20, phones)
    sets, now = [], set(range(ALIKE_MIN))
    for arriving in range(ALIKE_MIN, len(all_of_them)):
        now = now | {arriving}
        if rng.random() < 0.2:
            now = now - {rng.choice(sorted(now))}
        sets.append([all_of_them[each] for each in rng.sample(sorted(now), len(now))])
    assert [body(each) for each in merge_each(sets)] == [body(merge(each)) for each in sets]


def test_a_set_of_nothing_is_no_record():
    one = lived(random.Random(1), 1, ["d-1"])
    assert [record and record.id for record in merge_each([[], one])] == [None, "household:a"]
