"""What linkage keeps, made again from the records as they stand: profiles, keys and suggestions. The last round of sync/recompute.py.

Left out is whoever waits in linkage's queue, the pairs that they are in, and whose profile follows from theirs: what is kept of these is not yet what it
will be, and the merge worker will see to it. A suggestion of two who are linked, or are said not to be one, is no fault: the table follows from the
records alone (sync/suggestions.py), and what people have ruled is seen to where suggestions are shown.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from sqlalchemy import Connection

from sync import linkage
from sync.store import linkage_statements as linking
from sync.store.linkage_statements import Kept, Pair
from sync.suggestions import Rules, as_they_stand, compared, read


def unlike(connection: Connection, ids: Collection[str], rules: Rules = linkage) -> tuple[list[str], list[Pair]]:
    """Those of these records of which another profile, or other keys, are kept than follow from them; and the pairs, each with its lesser record, that are
    suggested and should not be, or the other way round, or for other reasons. Records that are gone should leave nothing."""
    about = {id for id in ids if id.partition(":")[0] in linking.LINKAGE_KINDS}
    settled = about - linking.waiting_among(connection, about)
    there, right = linking.kept(connection, settled), as_they_stand(connection, settled, rules)
    profiles = {id: read(right[id]) if id in right else None for id in settled}
    keys = {id: rules.keys(profile) if profile is not None else set() for id, profile in profiles.items()}
    had = linking.keys_of(connection, settled)
    differing = {id for id in settled if there.get(id) != right.get(id) or had.get(id, set()) != keys[id]}
    under = linking.sharing(connection, {key for those in keys.values() for key in those}, rules.KEY_RECORDS_MAX)
    found = compared(connection, {(id, other) for id, those in keys.items() for key in those for other in under.get(key, ()) if id < other}, profiles, rules)
    suggested = {pair: each for pair, each in linking.suggested(connection, settled).items() if pair[0] in settled}
    wrong = {pair for pair in found.keys() | suggested.keys() if found.get(pair) != suggested.get(pair)}
    waiting = linking.waiting_among(connection, {greater for _, greater in wrong})
    follow = _who_follow_from_one_that_waits(connection, differing, [there, right]) if differing else set()
    return sorted(differing - follow), sorted(pair for pair in wrong if pair[1] not in waiting)


def _who_follow_from_one_that_waits(connection: Connection, ids: Iterable[str], kept: Iterable[dict[str, Kept]]) -> set[str]:
    """Of these: a person whose door waits, a household with someone who waits, or whom someone who waits has just left."""
    homes = {(id, each[id].gives[0]) for id in ids if id.startswith("person:") for each in kept if id in each and each[id].gives}
    waiting = linking.waiting_among(connection, {home for _, home in homes})
    people = linking.people_of(connection, [id for id in ids if id.startswith("household:")])
    changed = set(linking.changed_people(connection)) if people else set()
    left = {each.gives[0] for each in linking.kept(connection, changed).values() if each.gives}
    return {id for id, home in homes if home in waiting} | {id for id, those in people.items() if id in left or changed & {person for person, _ in those}}
