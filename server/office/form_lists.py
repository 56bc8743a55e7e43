"""All published forms: which version is current, what was filled in with each, and which phones have it already."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from flask import Blueprint, render_template, request
from flask_babel import gettext as _
from flask_babel import lazy_gettext as later

from server import form_preview
from server.office import shown
from server.office.counted import all_counts
from server.office.signing import ADMINISTRATOR, OFFICE, needs, reader
from server.stores import stores
from sync.clock import utc_now
from sync.store import reading_forms as reading
from sync.store.reading_forms import Phone, Version

SEARCH_CHARACTERS_MAX = 100
AUDIENCES = {"phone": ("smartphone", later("on phones")), "office": ("building", later("in the office"))}


@dataclass(frozen=True)
class Holding:
    """How far a form has come to the phones. `others`: version → phones that open it still; "" for those that have none of this form."""

    phones: int
    have: int
    silent: int
    """Phones whose app does not tell."""
    others: dict[str, list[Phone]] = field(default_factory=dict)


@dataclass(frozen=True)
class FormRow:
    current: Version
    older: list[Version]
    counts: dict[str, int]
    """version → submissions"""
    holding: Holding | None
    """None for a form that phones do not open."""


def join(blueprint: Blueprint) -> None:
    blueprint.add_url_rule("/forms", "forms", forms)


@needs(*OFFICE)
def forms() -> str:
    connection = stores().session.connection()
    search = request.args.get("q", "").strip()[:SEARCH_CHARACTERS_MAX]
    counted = all_counts().submissions_by(("form", "version"), reader().within)
    phones = reading.phones(connection, reader().within, utc_now())
    by_form: dict[str, list[Version]] = {}
    for each in reading.versions(connection):
        by_form.setdefault(each.form, []).append(each)
    rows = [
        FormRow(
            current=versions[0],
            older=versions[1:],
            counts={each.version: counted.get((form, each.version), 0) for each in versions},
            holding=holding(phones, form, versions[0].version) if is_for_phones(versions[0].audience) else None,
        )
        for form, versions in by_form.items()
        if matches(search, form)
    ]
    return render_template(
        "office/forms.html",
        rows=sorted(rows, key=lambda row: shown.form_title(row.current.form)),
        search=search,
        there_are_forms=bool(by_form),
        phones=len(phones),
        kept=kept_uploads(),
        audiences=audiences,
        counted_at=all_counts().said_at,
    )


def kept_uploads() -> list[form_preview.KeptName]:
    """Uploads that are not published yet: administrators see everybody's."""
    return form_preview.list_kept(stores()) if reader().role == ADMINISTRATOR else []


def is_for_phones(audience: str) -> bool:
    return "office" not in audience.split() or "phone" in audience.split()


def audiences(audience: str) -> list[tuple[str, Any]]:
    """Icon and word of each place where a form is filled in."""
    return [AUDIENCES[each] for each in audience.split() if each in AUDIENCES] or [AUDIENCES["phone"]]


def holding(phones: Iterable[Phone], form: str, version: str) -> Holding:
    """How many of these phones open this version, and what the others have."""
    have = silent = total = 0
    others: dict[str, list[Phone]] = {}
    for phone in phones:
        total += 1
        if phone.forms is None:
            silent += 1
        elif (held := phone.forms.get(form, "")) == version:
            have += 1
        else:
            others.setdefault(held, []).append(phone)
    return Holding(total, have, silent, dict(sorted(others.items(), reverse=True)))


def matches(search: str, form: str) -> bool:
    """Every word of the search stands in the form's name or in its title, in whichever language."""
    title = shown.catalogue().titles.get(form) or {}
    text = " ".join([form, *title.values()]).lower()
    return all(word in text for word in search.lower().split())


def holding_words(holding: Holding, version: str) -> str:
    """12 of 14 phones have version 3."""
    if holding.phones == 0:
        return _("no phone is signed in")
    if holding.silent == holding.phones:
        return _("no phone tells what it has")
    if holding.have == holding.phones:
        return _("all %(phones)s phones have version %(version)s", phones=holding.phones, version=version)
    return _("%(have)s of %(phones)s phones have version %(version)s", have=holding.have, phones=holding.phones, version=version)
