"""Records of another place: a submission that names one is held until a person has looked. Pure.

Ids are no secrets: every phone can compute the household id of any door, and people move between areas with phones in their pockets. Merged
without a look, one survey would carry a record, with its people's names, into the area of whoever sent it. So what changes a record that
lies in another place (see docs/architecture.md, Ids) is held, unless its worker has ever been assigned there, or the id is that of the very
door that the answers name. Within one place a record follows its newest submission, as grids are redrawn.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from sync.causality import Contribution
from sync.identity import household_id
from sync.judged import Judged
from sync.messages import message
from sync.validate import Accepted, Held, Known, Problem, with_parents

DOOR = ("building", "unit", "room")


def held_if_elsewhere(each: Judged, known: Known, record_areas: Mapping[str, str | None]) -> Judged:
    """The same, or held with a problem for each record that lies elsewhere. `record_areas`: of the records it names, those that exist."""
    verdict = each.verdict
    if not isinstance(verdict, Accepted | Held):
        return each
    problems = [_problem(one) for one in verdict.contributions if _is_elsewhere(one, known, record_areas.get(one.record))]
    if not problems:
        return each
    before = verdict.problems if isinstance(verdict, Held) else ()
    return replace(each, verdict=Held(verdict.envelope, [*before, *problems], verdict.answers, verdict.remarks, verdict.contributions))


def _is_elsewhere(one: Contribution, known: Known, lies_in: str | None) -> bool:
    here, there = known.places.get(one.area), known.places.get(lies_in or "")
    if here is None or there is None or here == there or one.worker in known.everywhere or _is_own_door(one, here, known.household_key):
        return False
    return not any(each.area in with_parents(lies_in, known.parents) for each in known.assignments.get(one.worker, ()))


def _is_own_door(one: Contribution, place: str, key: bytes | None) -> bool:
    if one.kind != "household" or key is None:
        return False
    building, unit, room = (one.properties.get(name) or "" for name in DOOR)
    ordinal = one.properties.get("ordinal", 1)
    if not (isinstance(building, str) and isinstance(unit, str) and isinstance(room, str) and isinstance(ordinal, int)):
        return False
    return household_id(key, place, building, unit, room, ordinal) == one.record


def _problem(one: Contribution) -> Problem:
    return {"path": one.path, "rule": "area", "message": message("record_elsewhere")}
