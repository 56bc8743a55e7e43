"""Records of another place: a submission that names one is held until a person has looked. Pure.

Ids are no secrets: every phone can compute the household id of any door, and people move between areas with phones in their pockets. Merged
without a look, one survey would carry a record, with its people's names, into the area of whoever sent it. So what changes a record that
lies in another place (see docs/architecture.md, Ids) is held, unless its worker has ever been assigned there, or the id is that of the very
door that the answers name. A record that only says that it belongs to a household or person in another place is held too, for it would lie there.
Who answered for an area that a record has left may still hand in what they wrote. Within one place a record follows its newest submission, as
grids are redrawn.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

from sync.causality import Contribution
from sync.identity import household_id
from sync.judged import Judged
from sync.lying import LIE_WITH, is_named
from sync.messages import message
from sync.validate import Accepted, Held, Known, Problem, with_parents

DOOR = ("building", "unit", "room")


def named(each: Judged) -> set[str]:
    """The records that a submission is about, and those that it says they belong to."""
    if not isinstance(each.verdict, Accepted | Held):
        return set()
    return {record for one in each.verdict.contributions for record in (one.record, *_belongs_to(one))}


def held_if_elsewhere(each: Judged, known: Known, record_areas: Mapping[str, Collection[str]]) -> Judged:
    """The same, or held with a problem for each record that lies elsewhere. `record_areas`: of those of `named` that exist, where they lie or have lain."""
    verdict = each.verdict
    if not isinstance(verdict, Accepted | Held):
        return each
    elsewhere = {
        record for one in verdict.contributions for record in (one.record, *_belongs_to(one)) if _is_elsewhere(one, known, record_areas.get(record, ()))
    }
    if elsewhere:
        elsewhere -= {one.record for one in verdict.contributions if _is_own_door(one, known.places.get(one.area), known.household_key)}
    if not elsewhere:
        return each
    problems = [_problem(one) for one in verdict.contributions if elsewhere & {one.record, *_belongs_to(one)}]
    before = verdict.problems if isinstance(verdict, Held) else ()
    return replace(each, verdict=Held(verdict.envelope, [*before, *problems], verdict.answers, verdict.remarks, verdict.contributions))


def _belongs_to(one: Contribution) -> set[str]:
    return {value for kind in LIE_WITH if is_named(value := one.properties.get(kind), kind)}


def _is_elsewhere(one: Contribution, known: Known, lies_in: Collection[str]) -> bool:
    """Whether none of these areas is of the place that it comes from, and its worker never answered for one of them."""
    here = known.places.get(one.area)
    there = [known.places[area] for area in lies_in if area in known.places]
    if here is None or not there or here in there or one.worker in known.everywhere:
        return False
    covering = {above for area in lies_in for above in with_parents(area, known.parents)}
    return not any(each.area in covering for each in known.assignments.get(one.worker, ()))


def _is_own_door(one: Contribution, place: str | None, key: bytes | None) -> bool:
    if one.kind != "household" or key is None or place is None:
        return False
    building, unit, room = (one.properties.get(name) or "" for name in DOOR)
    ordinal = one.properties.get("ordinal", 1)
    if not (isinstance(building, str) and isinstance(unit, str) and isinstance(room, str) and isinstance(ordinal, int)):
        return False
    return household_id(key, place, building, unit, room, ordinal) == one.record


def _problem(one: Contribution) -> Problem:
    return {"path": one.path, "rule": "area", "message": message("record_elsewhere")}
