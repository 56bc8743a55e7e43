"""Bringing a form: upload it, see what is wrong in place, try it, publish it. Only administrators; what is uploaded is kept for a week."""

from __future__ import annotations

from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.datastructures import FileStorage
from werkzeug.wrappers import Response as AnyResponse

from forms.files import FORM_FILES_MAX
from server import form_preview, form_publishing
from server.errors import BadRequest, Conflict, NotFound
from server.form_preview import KEPT_HOURS_MAX, Kept, Upload
from server.form_trying import TryKept, try_token
from server.office import shown
from server.office.audit import note
from server.office.findings_table import laid_over
from server.office.form_outline import count_questions, outline
from server.office.form_page import SOURCE_TYPES, WORDS, changes, download, try_page
from server.office.signing import ADMINISTRATOR, needs, reader
from server.stores import stores
from sync.store import reading_forms as reading

if TYPE_CHECKING:
    from forms.check import Publishable

UPLOAD_BYTES_MAX = 32 * 1024 * 1024
"""A form with its files, in one request."""
FILE_NAME_CHARACTERS_MAX = 100


def join(blueprint: Blueprint) -> None:
    blueprint.add_url_rule("/new-forms", "upload_form", upload_form, methods=["POST"])
    blueprint.add_url_rule("/new-forms/<id>", "new_form", new_form)
    blueprint.add_url_rule("/new-forms/<id>/source", "new_form_source", new_form_source)
    blueprint.add_url_rule("/new-forms/<id>/try", "new_form_try", new_form_try)
    blueprint.add_url_rule("/new-forms/<id>/publish", "publish_form", publish_form, methods=["POST"])
    blueprint.add_url_rule("/new-forms/<id>/discard", "discard_form", discard_form, methods=["POST"])


@needs(ADMINISTRATOR)
def upload_form() -> AnyResponse:
    """Keeps what was brought and goes to its page. A mended form takes over the files of the one before (`instead_of`)."""
    before = form_preview.read(stores(), request.form.get("instead_of", ""))
    brought = [each for each in request.files.getlist("files") if each.filename]
    form = request.files.get("form")
    if form is None or not form.filename:
        if before is None or not brought:
            flash(_("Choose the form's file first."), "problem")
            return redirect(url_for("office.new_form", id=before.id) if before else url_for("office.forms"))
        name, source_type, source = before.upload.name, before.upload.source_type, before.upload.source
    else:
        name, source_type, source = plain_name(form), PurePath(form.filename).suffix.lower(), form.stream.read()
    files = {**(before.upload.files if before else {}), **{plain_name(each): each.stream.read() for each in brought}}
    if len(files) > FORM_FILES_MAX:
        flash(_("A form has %(most)s files beside it at most.", most=FORM_FILES_MAX), "problem")
        return redirect(url_for("office.new_form", id=before.id) if before else url_for("office.forms"))
    id = form_preview.keep(stores(), reader().id, Upload(name, source_type, source, files))
    if before is not None:
        form_preview.forget(stores(), before.id)
    note("upload_form", name, bytes=len(source), files=sorted(files))
    return redirect(url_for("office.new_form", id=id), 303)


@needs(ADMINISTRATOR)
def new_form(id: str) -> str:
    kept = _kept(id)
    checked = _check(kept)
    sheets = _sheets(kept)
    form = checked.form
    document = form.as_document() if form is not None else None
    lines = outline(document, form) if document is not None else []
    errors = [each for each in checked.findings if each.level == "error"]
    said = _called(sheets, kept.upload.name)
    versions = reading.versions(stores().session.connection(), said["form_id"]) if said["form_id"] else []
    return render_template(
        "office/new_form.html",
        kept=kept,
        document=document,
        said=said,
        versions=versions,
        taken=next((each for each in versions if each.version == said["version"]), None),
        free=next_version([each.version for each in versions]),
        errors=errors,
        warnings=[each for each in checked.findings if each.level != "error"],
        found=laid_over(sheets, checked.findings),
        before=versions[0] if versions else None,
        changes=changes(versions[0], form) if versions and form is not None and versions[0].version != form.version else None,
        lines=lines,
        questions=count_questions(lines),
        source=form.source if form is not None else None,
        days=KEPT_HOURS_MAX // 24,
        **WORDS,
    )


@needs(ADMINISTRATOR)
def new_form_source(id: str) -> Response:
    kept = _kept(id)
    return download(kept.upload.source, SOURCE_TYPES.get(kept.upload.source_type, "application/octet-stream"), f"form{kept.upload.source_type[:6]}")


@needs(ADMINISTRATOR)
def new_form_try(id: str) -> AnyResponse:
    kept = _kept(id)
    form = _check(kept).form
    if form is None:
        flash(_("It can be tried when its errors are mended."), "problem")
        return redirect(url_for("office.new_form", id=id))
    return try_page(try_token(stores().settings, TryKept(id)), shown.text(form.title), form.version)


@needs(ADMINISTRATOR)
def publish_form(id: str) -> AnyResponse:
    kept = _kept(id)
    upload = kept.upload
    try:
        [published] = form_publishing.publish(stores(), [form_publishing.Source(upload.source, upload.source_type, upload.files, upload.name)], by=reader().id)
    except (BadRequest, Conflict):
        flash(_("Nothing was published: see what is to be mended."), "problem")
        return redirect(url_for("office.new_form", id=id))
    note("publish_form", f"{published.form} {published.version}", file=upload.name, new=published.is_new)
    form_preview.forget(stores(), id)
    title = shown.form_title(published.form)
    if published.is_new:
        flash(_("%(form)s version %(version)s is published. Phones get it with their next sync.", form=title, version=published.version), "good")
    else:
        flash(_("%(form)s version %(version)s was published before, just as it is here. Nothing has changed.", form=title, version=published.version), "good")
    return redirect(url_for("office.form", form=published.form, version=published.version))


@needs(ADMINISTRATOR)
def discard_form(id: str) -> AnyResponse:
    kept = _kept(id)
    form_preview.forget(stores(), id)
    note("discard_form", kept.upload.name)
    flash(_("%(name)s was taken away. Nothing was published.", name=kept.upload.name), "good")
    return redirect(url_for("office.forms"))


def plain_name(file: FileStorage) -> str:
    name = form_publishing.without_folders(file.filename or "")
    return "".join(each for each in name if each.isprintable())[-FILE_NAME_CHARACTERS_MAX:]


def next_version(versions: list[str]) -> str:
    """The next number where versions are numbers; "" where they are something else."""
    numbers = [int(each) for each in versions if each.isascii() and each.isdigit()]
    return str(max(numbers) + 1) if numbers and len(numbers) == len(versions) else ""


def _kept(id: str) -> Kept:
    kept = form_preview.read(stores(), id)
    if kept is None:
        raise NotFound(_("What was uploaded is kept for %(days)s days, until it is published or taken away.", days=KEPT_HOURS_MAX // 24))
    return kept


def _check(kept: Kept) -> Publishable:
    return form_publishing.check(stores(), kept.upload.source, kept.upload.source_type, kept.upload.files, kept.upload.name)


def _called(sheets: Any, file_name: str) -> dict[str, str]:
    """The id and the version that it would be published under."""
    from forms.check.identity import identified

    if sheets is None:
        return {"form_id": "", "version": ""}
    named, _found = identified(sheets, file_name)
    return {name: named.setting(name) for name in ("form_id", "version")}


def _sheets(kept: Kept) -> Any:
    """The sheets as they are, for showing; None where they cannot be read, which the findings say."""
    from forms import workbook, xlsform  # pyxform takes 0.4 s to import

    if workbook.look(kept.upload.source, kept.upload.source_type) is not None:
        return None
    try:
        return xlsform.read(kept.upload.source, kept.upload.source_type)
    except xlsform.UnreadableForm:
        return None
