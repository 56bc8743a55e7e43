"""One form version's page: its questions, where it has come to, what changed, its files; and trying it as a phone shows it."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from flask import Blueprint, Response, make_response, render_template
from flask_babel import lazy_gettext as later

from server import form_publishing
from server.errors import NotFound
from server.form_trying import TryPublished, try_token
from server.headers import OFFICE_POLICY
from server.office import shown
from server.office.counted import all_counts
from server.office.form_lists import audiences, holding, holding_words, is_for_phones
from server.office.form_outline import count_questions, outline
from server.office.signing import ADMINISTRATOR, OFFICE, needs, reader
from server.office.work import FIELDS_OF_WORK
from server.stores import stores
from sync.clock import utc_now
from sync.store import reading_forms as reading
from sync.store.reading_forms import Version

if TYPE_CHECKING:
    from forms.differences import Difference
    from forms.form import Form

SOURCE_TYPES = {
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".xls": "application/vnd.ms-excel",
    ".csv": "text/csv; charset=utf-8",
    ".md": "text/markdown; charset=utf-8",
}
# The page around a form that is tried shows it in a frame of this site; nothing else does.
FRAME_POLICY = OFFICE_POLICY + "; frame-src 'self'"
TYPES = {
    "group": later("Group"), "repeat": later("Repeated group"), "text": later("Text"), "integer": later("Whole number"), "decimal": later("Number"),
    "select_one": later("One choice"), "select_multiple": later("Several choices"), "rank": later("Order of choices"), "date": later("Date"),
    "time": later("Time"), "dateTime": later("Date and time"), "geopoint": later("Position"), "geotrace": later("Line on the map"),
    "geoshape": later("Area on the map"), "image": later("Photo"), "audio": later("Sound"), "video": later("Video"), "file": later("File"),
    "barcode": later("Barcode"), "note": later("Note"), "acknowledge": later("To be confirmed"), "calculate": later("Calculated"), "hidden": later("Not shown"),
}  # fmt: skip
RULE_WORDS = {
    "relevant": later("Asked only if"), "required": later("Must be answered"), "constraint": later("Must fulfil"), "calculate": later("Is calculated"),
    "count": later("How often"), "default": later("At first"), "readonly": later("Cannot be changed"),
}  # fmt: skip
OUR_WORDS = {
    "pii": later("Personal data"), "merge": later("Two answers settle by"), "prefill": later("Filled in at the next visit"),
    "usual": later("Usual answer"), "save_to": later("Saved to"), "preload": later("Filled in by the phone"),
}  # fmt: skip
CHANGE_WORDS = {
    "added": later("New question"), "removed": later("Gone"), "renamed": later("New name"), "moved": later("Moved"), "type": later("Other type"),
    "structure": later("Stands elsewhere"), "saved": later("Saved elsewhere"), "choice_added": later("New choice"), "choice_removed": later("Choice gone"),
    "texts": later("Other words"), "rules": later("Other rule"), "ours": later("Our columns"), "title": later("Title"), "languages": later("Languages"),
}  # fmt: skip
_log = logging.getLogger(__name__)


def join(blueprint: Blueprint) -> None:
    blueprint.add_url_rule("/forms/<form>/<version>", "form", form_version)
    blueprint.add_url_rule("/forms/<form>/<version>/source", "form_source", form_source)
    blueprint.add_url_rule("/forms/<form>/<version>/xform.xml", "form_xform", form_xform)
    blueprint.add_url_rule("/forms/<form>/<version>/try", "form_try", form_try)


@needs(*OFFICE)
def form_version(form: str, version: str) -> str:
    document = _document(form, version)
    connection = stores().session.connection()
    versions = reading.versions(connection, form)
    this = next(each for each in versions if each.version == version)
    counted = all_counts().submissions_by(("form", "version"), reader().within)
    phones = reading.phones(connection, reader().within, utc_now())
    ready = readable(form, version)
    lines = outline(document, ready)
    before = next((each for each in sorted(versions, key=lambda each: each.published_at, reverse=True) if each.published_at < this.published_at), None)
    return render_template(
        "office/form.html",
        before=before,
        changes=changes(before, ready) if before is not None and ready is not None else None,
        this=this,
        document=document,
        versions=versions,
        counts={each.version: counted.get((form, each.version), 0) for each in versions},
        phones=phones,
        holding=holding(phones, form, version) if is_for_phones(this.audience) else None,
        holding_words=holding_words,
        lines=lines,
        questions=count_questions(lines),
        source=ready.source if ready is not None else None,
        audiences=audiences,
        counted_at=all_counts().said_at,
        may_publish=reader().role == ADMINISTRATOR,
        **WORDS,
    )


WORDS = {"TYPES": TYPES, "RULE_WORDS": RULE_WORDS, "OUR_WORDS": OUR_WORDS, "CHANGE_WORDS": CHANGE_WORDS, "FIELDS_OF_WORK": FIELDS_OF_WORK}


@needs(*OFFICE)
def form_source(form: str, version: str) -> Response:
    """The file as it was published."""
    found = reading.source(stores().session.connection(), form, version)
    if found is None:
        raise NotFound
    return download(found[0], SOURCE_TYPES.get(found[1], "application/octet-stream"), f"{form}-{version}{found[1]}")


@needs(*OFFICE)
def form_xform(form: str, version: str) -> Response:
    found = reading.source(stores().session.connection(), form, version)
    if found is None:
        raise NotFound
    return download(found[2].encode(), "application/xml; charset=utf-8", f"{form}-{version}.xml")


@needs(*OFFICE)
def form_try(form: str, version: str) -> Response:
    document = _document(form, version)
    token = try_token(stores().settings, TryPublished(form, version))
    return try_page(token, shown.text(document["title"]), version)


def try_page(token: str, title: str, version: str) -> Response:
    """A phone's screen on a desk."""
    response = make_response(render_template("office/form_try.html", token=token, title=title, version=version))
    response.headers["Content-Security-Policy"] = FRAME_POLICY
    return response


def download(content: bytes, content_type: str, name: str) -> Response:
    """Always saved, never shown: what is inside was written by others."""
    return Response(content, content_type=content_type, headers={"Content-Disposition": f'attachment; filename="{name}"'})


def readable(form: str, version: str) -> Form | None:
    """The version with its rules; None for one that this program cannot read any more, which is said on its page."""
    try:
        return form_publishing.load(stores(), form, version)
    except Exception:  # the page must open nevertheless: whoever has to mend it looks here first
        _log.exception("form %s %s does not load", form, version)
        return None


def changes(before: Version, form: Form) -> list[Difference] | None:
    """What changed since the version before; None when that one cannot be read any more."""
    from forms.differences import differences

    old = readable(before.form, before.version)
    return None if old is None else differences(old, form)


def _document(form: str, version: str) -> dict[str, Any]:
    document = shown.form_document(form, version)
    if document is None:
        raise NotFound
    return document
