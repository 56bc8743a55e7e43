"""Checks forms and publishes them to the phones: all of those given, or none."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import select

from server.errors import BadRequest, Conflict, NotFound
from server.provision import provide_forms
from server.stores import Stores
from sync.clock import utc_now
from sync.store.models import FormVersion
from sync.store.published import FormVersionTaken, contents_of, files_named, form_files, publish_form

if TYPE_CHECKING:
    from forms.check import Finding, Publishable
    from forms.form import Form

NO_FILES: Mapping[str, bytes] = MappingProxyType({})


class Source(NamedTuple):
    """A form as someone brings it. `file_type` is such as ".md"; `name`, the file's, names a form that does not name itself."""

    content: bytes
    file_type: str
    files: Mapping[str, bytes] = NO_FILES
    name: str = ""


@dataclass(frozen=True)
class Published:
    """What became of one form. `is_new` is False when this very version was published before."""

    form: str
    version: str
    is_new: bool
    findings: Sequence[Finding]


def check(stores: Stores, source: bytes, file_type: str, files: Mapping[str, bytes] = NO_FILES, name: str = "") -> Publishable:
    """Everything that can be said about a form before it is published (forms.check.Publishable). `files`: what the form names beside itself."""
    return check_all(stores, [Source(source, file_type, files, name)])[0]


def check_all(stores: Stores | None, sources: Iterable[Source]) -> list[Publishable]:
    """Each against the current forms and against those before it; without `stores`, among themselves alone."""
    from forms.check import publishable  # pyxform takes 0.4 s to import

    catalogue = _catalogue(stores) if stores is not None else []
    checked: list[Publishable] = []
    for source in sources:
        beside = [one.form for one in checked if one.form is not None]
        mine = {form.id for form in beside}
        checked.append(
            publishable(source.content, source.file_type, [*(form for form in catalogue if form.id not in mine), *beside], source.files, source.name)
        )
    return checked


def load(stores: Stores, form: str, version: str) -> Form:
    """A published version, ready to judge answers. NotFound when there is none."""
    from forms.form import Form

    with stores.store.reading() as connection:
        row = connection.execute(select(FormVersion.xform).where(FormVersion.form == form, FormVersion.version == version)).first()
        files = form_files(connection, form, version)
    if row is None:
        raise NotFound("There is no such form version.")
    return Form.load(row.xform, files)


def publish(stores: Stores, brought: Iterable[Source | tuple[bytes, str, Mapping[str, bytes]]], by: str | None) -> list[Published]:
    """Publish these forms. Raises BadRequest with all findings when one of them cannot be."""
    sources = [Source(*each) for each in brought]
    checked = check_all(stores, sources)
    if any(one.form is None for one in checked):
        raise BadRequest("\n".join(["Nothing was published.", *(as_line(finding) for one in checked if one.form is None for finding in one.findings)]))
    published = []
    try:
        with stores.store.writing() as connection:
            for source, one in zip(sources, checked, strict=True):
                if one.form is not None:
                    is_new = publish_form(
                        connection,
                        one.form.as_document(),
                        source=source.content,
                        source_type=source.file_type,
                        audience=one.form.audience,
                        now=utc_now(),
                        published_by=by,
                        files=source.files,
                    )
                    published.append(Published(one.form.id, one.form.version, is_new, one.findings))
    except FormVersionTaken as error:
        raise Conflict(f"{error}. Give the form a new version.") from error
    provide_forms(stores.databases)
    return published


def without_folders(name: str) -> str:
    """A file's own name; some browsers and programs send its folders with it."""
    return re.split(r"[\\/]", name)[-1]


def as_line(finding: Finding) -> str:
    """`error: survey, row 12, relevant: No question is called ${outcom}`; both languages, since we do not know who reads the terminal."""
    where = ", ".join(str(part) for part in (finding.sheet, f"row {finding.row}" if finding.row else "", finding.column) if part)
    message = finding.message["en"] if finding.message["en"] == finding.message["zh"] else f"{finding.message['en']} ({finding.message['zh']})"
    return f"{finding.level}: {f'{where}: ' if where else ''}{message}"


def _catalogue(stores: Stores) -> list[Form]:
    """The current forms, against which a new one is checked."""
    from forms.form import Form

    current = stores.session.execute(select(FormVersion.xform, FormVersion.document).where(FormVersion.current)).all()
    with stores.store.reading() as connection:
        return [Form.load(row.xform, contents_of(connection, files_named(row.document))) for row in current]
