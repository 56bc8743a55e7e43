"""Which records may be one, kept up to date in the store: from the queue of changed records to the table of suggestions.

The table is a function of the records as they stand: a pair is in it when the two share a key that is not crowded, and `compare` suggests them.
Neither the order in which records came nor what was in the table before has a say; tests shuffle it.

How it comes about. Whoever changes a record queues it in the same transaction. One step takes some from the queue, makes their profiles, and leaves
those alone whose profile is the one that was kept. Of the others it rewrites the keys, finds who shares one of them, and compares: each pair is
compared by whichever of the two comes last. So when the queue is empty every pair has been compared as its two records are now.

What else a record's change touches:

- A person's door is its household's, a household's members are its people. What a profile `took` from others, and `gives` to others, is kept beside it;
  when the two differ, whoever took the old is queued.
- A key that more than KEY_RECORDS_MAX records share is crowded (a helpline's telephone number, a dormitory's door): it finds nobody, on either side. When a
  key becomes crowded, the pairs that only it had found are withdrawn; when it is crowded no longer, those who share it are queued.
- A link changes nothing here: each member of a cluster is compared as its own reports make it, so that undoing the link restores what was.

Where a record must be compared though it has not changed (a key that is crowded no longer, a run over all) it is queued as `anew`. Nobody is compared
with it meanwhile, and its suggestions are left alone: it does all of that itself when its turn comes, so that each pair is compared once.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Protocol

import orjson
from sqlalchemy import Connection
from sqlalchemy.exc import OperationalError

from sync import linkage
from sync.clock import utc_now
from sync.linkage import Comparison, Profile
from sync.merge import merge
from sync.publish import RETRY_SECONDS_MAX, RETRY_SECONDS_MIN
from sync.store import linkage_statements as linking
from sync.store import locks, statements
from sync.store.engine import Store
from sync.store.linkage_statements import Kept, Pair, Suggested

STEP_SECONDS = 0.15
"""About how long one step takes, and keeps others from writing on SQLite."""
STEP_RECORDS_MAX = 500
STEP_RECORDS_FIRST = 20
STEP_PAIRS_MAX = 5_000
"""A step that would compare more begins again with fewer records; one record alone is never too many."""
COUNT_ROWS_FIRST, COUNT_ROWS_TIMES = 1_000, 4
"""After so many records, and each time as many more, PostgreSQL is made to count what it has: tables that were empty a moment ago it would go on walking."""
PUT_OFF_SECONDS = 600
"""A record that cannot be compared is tried again after this time, by a worker that goes on."""
PUT_OFF_MAX = 100
"""When so many cannot be compared, it is not they who are to blame: nothing is compared until the first of them is due again."""
ALONE = "linkage"

_log = logging.getLogger(__name__)


class Rules(Protocol):
    """What `sync.linkage` decides; tests have simpler rules."""

    KEY_RECORDS_MAX: int

    def profile(self, kind: str, id: str, fields: Mapping[str, Mapping[str, Any]], surroundings: Mapping[str, Any] | None = None) -> Profile | None: ...
    def keys(self, profile: Profile) -> set[str]: ...
    def compare(self, left: Profile, right: Profile) -> Comparison: ...


class Suggestions:
    """`rules` is the module sync.linkage. `now` stands in `since`; `clock` measures how long a step takes."""

    def __init__(self, store: Store, now: Callable[[], datetime] = utc_now, rules: Rules = linkage, clock: Callable[[], float] = time.monotonic):
        self._store = store
        self._now = now
        self._rules = rules
        self._clock = clock
        self._size = STEP_RECORDS_FIRST
        self._put_off: dict[str, float] = {}  # records that could not be compared, and when they are due again
        self._pause = self._again = 0.0
        self._done, self._counted_at = 0, COUNT_ROWS_FIRST

    def run_once(self, step_seconds: float = STEP_SECONDS) -> int:
        """Compare some of what waits. Returns how many records; 0 when nothing is left, or another worker is at it."""
        with self._store.reading() as connection:
            if linking.is_empty(connection):
                return 0
        began = self._clock()
        self._put_off = {record: due for record, due in self._put_off.items() if due > began}
        if len(self._put_off) >= PUT_OFF_MAX:
            return 0
        try:
            done = self._step(self._size)
        except (locks.HeldByAnother, locks.GivenWay):
            return 0
        except _TooManyPairs as error:
            self._size = max(1, self._size * STEP_PAIRS_MAX // error.pairs)
            return self.run_once(step_seconds)
        except _CannotCompare as error:
            _log.warning("%d records could not be compared; one by one now", len(error.records))
            return self._one_by_one(len(error.records))
        took = max(self._clock() - began, 0.001)
        if done == self._size or took > step_seconds:
            self._size = max(1, min(STEP_RECORDS_MAX, 2 * self._size, round(self._size * step_seconds / took)))
        self._done += done
        if self._done >= self._counted_at:
            self._counted_at = self._done * COUNT_ROWS_TIMES
            linking.count_rows(self._store)
        return done

    def run_in_between(self) -> bool:
        """A step for a worker that has other work too; whether there may be more. A failure is told, tried again later and later, and stops nothing else."""
        if self._clock() < self._again:
            return False
        try:
            more = self.run_once() > 0
            self._pause = 0.0
            return more
        except Exception:
            self._pause = min(RETRY_SECONDS_MAX, max(RETRY_SECONDS_MIN, 2 * self._pause))
            self._again = self._clock() + self._pause
            _log.exception("comparing records stopped, again in %.0f s; merging goes on", self._pause)
            return False

    @property
    def put_off(self) -> int:
        """How many could not be compared, and are not due again yet."""
        return len(self._put_off)

    def _one_by_one(self, at_most: int) -> int:
        """Find those that cannot be compared, and put them off: they stay in the queue and hold up no other. Returns how many could be."""
        done = 0
        for _ in range(at_most):
            try:
                done += self._step(1)
            except (locks.HeldByAnother, locks.GivenWay):
                break
            except _CannotCompare as error:
                _log.exception("%s cannot be compared, again in %d s", *error.records, PUT_OFF_SECONDS)
                self._put_off.update(dict.fromkeys(error.records, self._clock() + PUT_OFF_SECONDS))
        return done

    def _step(self, at_most: int) -> int:
        """One transaction."""
        with self._alone() as connection:
            taken = linking.take(connection, at_most, self._put_off)
            try:
                bring_up_to_date(connection, taken, self._now(), self._rules)
            except (OperationalError, _TooManyPairs):  # a full disk, a lock: no record is to blame
                raise
            except Exception as error:
                raise _CannotCompare(list(taken)) from error
            return len(taken)

    @contextmanager
    def _alone(self) -> Iterator[Connection]:
        """On PostgreSQL one worker at a time, and it gives way to those who merge; SQLite has one writer anyway."""
        with locks.held(self._store, ALONE) as shared:
            if shared is None:
                with self._store.writing() as connection:
                    yield connection
            else:
                with locks.giving_way(shared):
                    yield shared


class _TooManyPairs(Exception):
    def __init__(self, pairs: int):
        super().__init__(pairs)
        self.pairs = pairs


class _CannotCompare(Exception):
    """One of these records breaks a rule's expectations, or a rule is wrong."""

    def __init__(self, records: Sequence[str]):
        super().__init__(*records)
        self.records = records


def bring_up_to_date(connection: Connection, taken: Mapping[str, bool], now: datetime, rules: Rules = linkage) -> None:
    """Bring profiles, keys and suggestions of these records to what the records are now; queue whose profiles follow from them.

    `taken`: of each, whether it is compared anew, changed or not.
    """
    ids = taken.keys()
    before = linking.kept(connection, ids)
    after = as_they_stand(connection, ids, rules)
    linking.queue(connection, _who_took_something_else(connection, before, after, ids))
    linking.keep(connection, {id: after[id] for id in after if before.get(id) != after[id]})
    linking.forget(connection, set(ids) - after.keys())
    changed = {id for id in ids if taken[id] or id not in before or id not in after or before[id].profile != after[id].profile}
    profiles = {id: read(after[id]) if id in after else None for id in changed}
    keys = {id: rules.keys(profile) if profile else set() for id, profile in profiles.items()}
    under = _rewrite_keys(connection, keys, rules)
    _suggest(connection, profiles, keys, under, now, rules)


def candidates(connection: Connection, profile: Profile, rules: Rules = linkage) -> list[tuple[str, Comparison]]:
    """Who may be one with this, of the records that have been compared: those that `compare` suggests, the likeliest first."""
    found = linking.sharing(connection, rules.keys(profile), rules.KEY_RECORDS_MAX)
    ids = {record for records in found.values() for record in records} - {profile.id}
    others = {id: Profile.of(body) for id, body in linking.profiles(connection, ids).items()}
    compared = [(id, rules.compare(*_in_order(profile, other))) for id, other in others.items() if other.kind == profile.kind]
    return sorted(((id, each) for id, each in compared if each.suggested), key=lambda one: (-one[1].score, one[0]))


# Profiles


def as_they_stand(connection: Connection, ids: Collection[str], rules: Rules = linkage) -> dict[str, Kept]:
    """Of those that are there, what follows from the records now. A person needs its household's door, a household its people's names."""
    rows = linking.published(connection, ids)
    fields = _own_fields(connection, rows)
    homes = {id: row["household"] for id, row in rows.items() if row["kind"] == "person" and row["household"]}
    doors = {**fields, **_own_fields(connection, linking.published(connection, set(homes.values()) - rows.keys()))}
    people = linking.people_of(connection, [id for id, row in rows.items() if row["kind"] == "household"])
    places = linking.places(connection, {row["area"] for row in rows.values() if row["area"]})
    found = {}
    gives: tuple[str, ...]
    for id, row in rows.items():
        around: dict[str, Any] = {"place": places.get(row["area"], row["area"])}
        if row["kind"] == "person":
            door = _door(doors.get(homes.get(id, ""), {}))
            around |= zip(DOOR, door, strict=True)
            gives, took = (homes.get(id, ""), _name(id, row["label"])), door
        else:
            names = tuple(sorted({name for person, label in people.get(id, ()) if (name := _name(person, label))}))
            around["members"] = names
            gives, took = _door(fields[id]), names
        profile = rules.profile(row["kind"], id, fields[id], around)
        found[id] = Kept(orjson.loads(orjson.dumps(profile.body())) if profile is not None else None, gives, took)
    return found


DOOR = ("building", "unit", "room")
"""What a person's profile takes from its household's fields."""


def _door(fields: Mapping[str, Mapping[str, Any]]) -> tuple[str, ...]:
    return tuple(str(fields.get(part, {}).get("value") or "") for part in DOOR)


def _own_fields(connection: Connection, rows: Mapping[str, Mapping[str, Any]]) -> dict[str, Mapping[str, Any]]:
    """Each record's fields as published; of a member of a cluster, as its own reports make them."""
    bodies = {id: orjson.loads(row["body"]) for id, row in rows.items()}
    linked = [id for id, body in bodies.items() if rows[id]["linked_to"] or body.get("members")]
    own = {id: record.fields for id, those in statements.counting(connection, linked).items() if (record := merge(those)) is not None}
    return {id: own.get(id, body["fields"]) for id, body in bodies.items()}


def _name(id: str, label: str) -> str:
    """What a person is called; "" where the label is only a part of its id (sync/labels.py)."""
    return "" if id.partition(":")[2].startswith(label) else label


def _who_took_something_else(connection: Connection, before: Mapping[str, Kept], after: Mapping[str, Kept], ids: Collection[str]) -> set[str]:
    """Those whose profiles were made of what these records gave and no longer give, or without what they give now.

    One of which nothing is kept is not there, or waits in the queue already.
    """
    nothing = Kept(None)
    gave, give = ({id: those.get(id, nothing).gives for id in ids} for those in (before, after))
    differing = [id for id in ids if gave[id] != give[id]]
    doors = [id for id in differing if id.startswith("household:")]
    people = {person: give[home] for home, those in linking.people_of(connection, doors).items() for person, _ in those}
    homes = {gives[0] for id in differing if id.startswith("person:") for gives in (gave[id], give[id]) if gives}
    kept = linking.kept(connection, people.keys() | homes)
    found = {person for person, door in people.items() if person in kept and kept[person].took != (door or NO_DOOR)}
    for id in differing:
        if id.startswith("person:"):
            (home, name), (new_home, new_name) = gave[id] or ("", ""), give[id] or ("", "")
            found |= {each for each in (home,) if each in kept and name in kept[each].took}
            found |= {each for each in (new_home,) if each in kept and new_name and new_name not in kept[each].took}
    return found


NO_DOOR = ("", "", "")


def read(kept: Kept) -> Profile | None:
    return Profile.of(kept.profile) if kept.profile is not None else None


# Keys


def _rewrite_keys(connection: Connection, keys: Mapping[str, set[str]], rules: Rules) -> dict[str, set[str]]:
    """Let each record have these keys and no other, and see to who was, or was not, found by a key that is crowded now, or no longer.

    Returns who shares each of the keys that is not crowded.
    """
    had = linking.keys_of(connection, keys)
    gone = {(key, id) for id in keys for key in had.get(id, set()) - keys[id]}
    new = {(key, id) for id in keys for key in keys[id] - had.get(id, set())}
    every = {key for those in keys.values() for key in those} | {key for key, _ in gone}
    under = {key: set(records) for key, records in linking.under(connection, every, rules.KEY_RECORDS_MAX).items()}
    crowded_before = {key for key, records in under.items() if len(records) > rules.KEY_RECORDS_MAX}
    linking.change_keys(connection, gone, new)
    for key, id in gone:
        under[key].discard(id)
    for key, id in new:
        under[key].add(id)
    not_all = crowded_before & {key for key, _ in gone}  # only the first were read of those that are crowded
    under |= {key: set(records) for key, records in linking.under(connection, not_all, rules.KEY_RECORDS_MAX).items()}
    crowded = {key for key, records in under.items() if len(records) > rules.KEY_RECORDS_MAX}
    for key in sorted(crowded_before - crowded):
        linking.queue_anew(connection, set(linking.members(connection, key)) - keys.keys())
    for key in sorted(crowded - crowded_before):
        _withdraw_found_by(connection, key, keys.keys(), rules)
    return {key: records for key, records in under.items() if key not in crowded}


def _withdraw_found_by(connection: Connection, key: str, but: Collection[str], rules: Rules) -> None:
    """The pairs that only this key had found, now that it finds nobody. `but`: records that are compared now anyway."""
    pairs = linking.suggested_among(connection, set(linking.members(connection, key)) - set(but))
    keys = linking.keys_of(connection, {id for pair in pairs for id in pair})
    shared = {pair: keys[pair[0]] & keys[pair[1]] for pair in pairs}
    crowded = linking.crowded(connection, {each for those in shared.values() for each in those}, rules.KEY_RECORDS_MAX)
    alone = [pair for pair, those in shared.items() if not those - crowded]
    to_come = linking.to_come(connection, {id for pair in alone for id in pair})
    linking.withdraw(connection, [pair for pair in alone if not to_come & set(pair)])


# Suggestions


def _suggest(
    connection: Connection, profiles: Mapping[str, Profile | None], keys: Mapping[str, set[str]], under: Mapping[str, set[str]], now: datetime, rules: Rules
) -> None:
    """Compare these with whoever shares a key, and bring their rows to what follows."""
    if len(profiles) > 1 and (number := sum(len(under.get(key, ())) for those in keys.values() for key in those)) > STEP_PAIRS_MAX:
        raise _TooManyPairs(number)
    pairs = {_pair(id, other) for id, those in keys.items() for key in those for other in under.get(key, ()) if other != id}
    found = compared(connection, pairs, profiles, rules)
    before = linking.suggested(connection, profiles.keys())
    lost = before.keys() - found.keys()
    to_come = linking.to_come(connection, {id for pair in lost for id in pair} - profiles.keys())
    linking.withdraw(connection, [pair for pair in lost if not to_come & set(pair)])
    linking.suggest(connection, {pair: each for pair, each in found.items() if before.get(pair) != each}, now)


def compared(connection: Connection, pairs: Collection[Pair], profiles: Mapping[str, Profile | None], rules: Rules = linkage) -> dict[Pair, Suggested]:
    """Those of these pairs that are suggested. `profiles`: of these records; the others' are read, but for who waits to be compared anew."""
    others = {id for pair in pairs for id in pair} - profiles.keys()
    known = {**profiles, **{id: Profile.of(body) for id, body in linking.profiles(connection, others).items()}}
    found = {}
    for lesser, greater in sorted(pairs):
        left, right = known.get(lesser), known.get(greater)
        if left is None or right is None or left.kind != right.kind:
            continue
        comparison = rules.compare(left, right)
        if comparison.suggested:
            found[lesser, greater] = Suggested(left.kind, comparison.score, orjson.dumps(comparison.reasons, option=orjson.OPT_SORT_KEYS))
    return found


def _pair(one: str, other: str) -> Pair:
    return (one, other) if one < other else (other, one)


def _in_order(one: Profile, other: Profile) -> tuple[Profile, Profile]:
    return (one, other) if one.id < other.id else (other, one)
