"""A form beside the forms that are published: the version before it, and questions that another form asks already."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence

from forms.check.compiled import Places
from forms.check.finding import Finding, finding
from forms.differences import differences, plain
from forms.form import Form
from forms.questionnaire import Field

NEAR_LETTERS_MIN = 8
"""Shorter labels must be the same: of “Name of head” and “Name of herd” there is no telling."""
NEAR_LABEL_AT_LEAST = 0.92
NEAR_LENGTHS_APART_MAX = 3
OTHERS_NAMED_MAX = 3
ORPHANS = {
    "removed": "orphan_removed",
    "renamed": "orphan_renamed",
    "type": "orphan_type",
    "structure": "orphan_structure",
    "choice_removed": "orphan_choice",
    "saved": "orphan_saved",
}


def findings(form: Form, places: Places, catalogue: Sequence[Form]) -> Iterator[Finding]:
    for other in catalogue:
        if (form.id, form.version) == (other.id, other.version):
            if form.xform != other.xform:
                yield finding("published", f"{form.id} {form.version}", "settings", 2, "version")
        elif form.id == other.id:
            yield from _orphans(other, form, places)
        else:
            yield from _property_types(form, other, places)
    yield from _asked_elsewhere(form, [other for other in catalogue if other.id != form.id], places)


def _orphans(old: Form, new: Form, places: Places) -> Iterator[Finding]:
    """What was collected with the version before stays as it is; that it will stand apart is worth knowing before publishing."""
    for each in differences(old, new):
        if each.orphans:
            changed = f": {each.was} → {each.now}" if each.was and each.now else f": {each.was}" if each.kind == "choice_removed" else ""
            column = {"type": "type", "structure": "type", "choice_removed": "type", "saved": "save_to"}.get(each.kind, "name")
            yield finding(ORPHANS[each.kind], f"{each.path}{changed} ({old.version})", "survey", places.row(each.path), column, "warning")


def _property_types(form: Form, other: Form, places: Places) -> Iterator[Finding]:
    theirs = {(entity.kind, name): path for entity in other.entities for name, path in entity.properties.items()}
    types, other_types = ({each.path: each.value_type for each in one.questionnaire.walk()} for one in (form, other))
    for entity in form.entities:
        for name, path in entity.properties.items():
            if (known := theirs.get((entity.kind, name))) and _family(types[path]) != _family(other_types[known]):
                detail = f"{entity.kind}#{name}: {types[path]}; {other.id} {other.version}: {other_types[known]}"
                yield finding("property_type", detail, "survey", places.row(path), "save_to", "warning")


def _family(value_type: str) -> str:
    return {"integer": "number", "decimal": "number", "select_one": "text", "acknowledge": "text", "barcode": "text", "rank": "select_multiple"}.get(
        value_type, value_type
    )


def _asked_elsewhere(form: Form, others: Sequence[Form], places: Places) -> Iterator[Finding]:
    """People fill too many sheets as it is: what one form asks under one name, another should ask under the same, or not at all."""
    asked = [(other, each, _saved(other, each), plain(each.label)) for other in others for each in other.questionnaire.walk() if _is_asked(each)]
    for each in form.questionnaire.walk():
        if not _is_asked(each):
            continue
        saved, labels = _saved(form, each), plain(each.label)
        alike = [
            (other, there)
            for other, there, saved_there, labels_there in asked
            if (saved & saved_there) or (not (saved and saved_there) and _near(labels, labels_there) and _comparable(each, there))
        ]
        if alike and not any(there.name == each.name for _, there in alike):
            named = "; ".join(dict.fromkeys(f"{other.id}: {there.name}" for other, there in alike[: OTHERS_NAMED_MAX * 3]).keys())
            yield finding("asked_elsewhere", f"{each.name} ({named})", "survey", places.row(each.path), "name", "warning")


def _is_asked(each: Field) -> bool:
    return each.is_leaf and each.type not in ("calculate", "hidden", "acknowledge") and bool(each.label)


def _saved(form: Form, each: Field) -> set[str]:
    only = form.entities[0].kind if len(form.entities) == 1 else ""
    return {target if "#" in target else f"{only}#{target}" for target in each.save_to}


def _comparable(one: Field, other: Field) -> bool:
    return _family(one.value_type) == _family(other.value_type)


def _near(labels: set[str], others: set[str]) -> bool:
    if labels & others:
        return True
    return any(_is_slip(one, other) for one in labels for other in others)


def _is_slip(one: str, other: str) -> bool:
    if min(len(one), len(other)) < NEAR_LETTERS_MIN or abs(len(one) - len(other)) > NEAR_LENGTHS_APART_MAX:
        return False
    if [letter for letter in one if letter.isdigit()] != [letter for letter in other if letter.isdigit()]:
        return False  # dose 1 is not dose 2
    matcher = difflib.SequenceMatcher(None, one, other)
    return all(ratio() >= NEAR_LABEL_AT_LEAST for ratio in (matcher.real_quick_ratio, matcher.quick_ratio, matcher.ratio))
