"""What an item of the queue is about and why it waits, in words: for the list, and above the item itself."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as later

from server.office import shown
from server.office.languages import ngettext
from server.office.signing import reader
from server.office.submission_lists import reasons
from sync.messages import REASONS_ALIKE
from sync.store.reading_queue import Item

SORT_WORDS = {
    "dispute": ("git-compare", later("Disputes")),
    "held": ("file-warning", later("Held submissions")),
    "pair": ("copy", later("Possible duplicates")),
}
ONE_OF = {"dispute": later("Dispute"), "held": later("Held submission"), "pair": later("Possible duplicate")}
REASONS_LISTED_MAX = 2


@dataclass(frozen=True)
class Said:
    """`title`: what it is about; `why`: sentences, the first ones for the list; `where`: area and what else places it."""

    title: str
    why: tuple[str, ...]
    where: str


def learn_doors(items: Iterable[Item]) -> None:
    """The doors of these disputes, in one look."""
    shown.learn_labels(item.row["household"] for item in items if item.sort == "dispute" and item.row["household"])


def said(item: Item) -> Said:
    if item.sort == "dispute":
        door = shown.known_label(item.row["household"]) if item.row["household"] else None
        where = " · ".join(filter(None, [door, shown.area_name(item.row["area"])]))
        return Said(item.row["label"] or item.row["id"], tuple(disputed(item.row)), where)
    if item.sort == "held":
        where = _("%(who)s, %(area)s", who=shown.worker_name(item.row["worker"]), area=shown.area_name(item.row["area"]))
        title = " · ".join(filter(None, [shown.form_title(item.row["form"]), item.row.get("about")]))
        return Said(title, tuple(reasons(item.row)), where)
    left, right = item.row["left"], item.row["right"]
    areas = dict.fromkeys(shown.area_name(each["area"]) for each in (left, right))
    if hidden(item.row) is not None:
        there = left if hidden(item.row) == "right" else right
        return Said(there["label"] or there["id"], (_("May be one with a record in an area that is not yours"),), " · ".join(areas))
    one, other = (each["label"] or each["id"] for each in (left, right))
    title = _("%(label)s, twice", label=one) if one == other else _("%(left)s and %(right)s", left=one, right=other)
    return Said(title, tuple(words for words, _weight in weighed(item.row)), " · ".join(areas))


def hidden(row: Mapping[str, Any]) -> str | None:
    """Which of a pair's records the reader may not see: "left", "right", or None."""
    within = reader().within
    return next((side for side in ("left", "right") if within is not None and row[side]["area"] not in within), None)


def disputed(row: Mapping[str, Any]) -> list[str]:
    """Two phones wrote different answers to “Telephone”."""
    return [_difference(row, name, held) for name, held in sorted((row["body"].get("fields") or {}).items()) if held.get("disputed")]


def _difference(row: Mapping[str, Any], name: str, held: Mapping[str, Any]) -> str:
    all_of_them = [held, *held["disputed"]]
    field = shown.property_name(row["kind"], name, held.get("form"))
    phones = {each.get("device") for each in all_of_them}
    if "office" in phones:
        return _("“%(field)s” was settled, and a phone that did not know wrote something else", field=field)
    if len(phones) == 1:
        return _("One phone wrote different answers to “%(field)s”", field=field)
    return ngettext("%(num)s phone wrote different answers to “%(field)s”", "%(num)s phones wrote different answers to “%(field)s”", len(phones), field=field)


def weighed(row: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What was compared of two records, what speaks most for their being one first: (words, one of WEIGHTS)."""
    reasons = sorted(row["reasons"], key=lambda reason: -reason[1].get("bits", 0))
    return [(_alike(key, values), _weight(key, values.get("bits", 0))) for key, values in reasons]


WEIGHTS = {
    "for": ("check", "good", later("speaks for it")),
    "little": ("circle", "calm", later("says little: it is so in a family too")),
    "against": ("x", "warn", later("speaks against it")),
}
SAME = "_same"


def _weight(key: str, bits: float) -> str:
    """That two share a door or a surname may weigh against their being one: that is what a family shares. It would read wrongly with a cross."""
    return "for" if bits > 0 else "little" if key.endswith(SAME) else "against"


def _alike(key: str, values: Mapping[str, Any]) -> str:
    words = shown.text(REASONS_ALIKE.get(key)) or key
    try:
        return words.format_map({name: shown.value(value) for name, value in values.items()})
    except KeyError:  # compared by another release, and not yet again
        return words
