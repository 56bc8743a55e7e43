"""Published form versions in the central store, and the keys of this deployment that are made once."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any, NamedTuple

import orjson
from sqlalchemy import Connection, insert, select, update
from sqlalchemy.exc import IntegrityError

from sync.store import statements
from sync.store.engine import Store
from sync.store.models import FormFile, FormVersion, Outbox, Secret, table

FORMS_DATABASE = "forms"
HOUSEHOLD_KEY = "household_key"
"""Name of the secret that household ids are made with."""

NO_FILES: Mapping[str, bytes] = MappingProxyType({})

_versions = table(FormVersion)
_files = table(FormFile)
_outbox = table(Outbox)
_secrets = table(Secret)


class PublishedForm(NamedTuple):
    form: str
    version: str
    title: dict[str, str]
    audience: str
    current: bool
    published_at: datetime
    published_by: str | None


class FormVersionTaken(ValueError):
    """A version that is published is never changed: phones may hold answers to it. Publish under a new version."""


def publish_form(
    connection: Connection,
    document: Mapping[str, Any],
    *,
    source: bytes,
    source_type: str,
    audience: str,
    now: datetime,
    published_by: str | None,
    files: Mapping[str, bytes] = NO_FILES,
) -> bool:
    """Publish `document` (docs/architecture.md, Form version) as the form's current version; phones get it through the outbox.

    `files`: the bytes of what `document["files"]` names. Older versions stay, side by side, no longer current. False when this very version is
    published already; FormVersionTaken when it is with another XForm or other files.
    """
    form, version, xform = document["form"], document["version"], document["xform"]
    named = {each["name"]: each["sha256"] for each in document.get("files", ())}
    known = connection.execute(select(_versions.c.xform, _versions.c.document).where(_versions.c.form == form, _versions.c.version == version)).first()
    if known is not None:
        if (known.xform, files_named(known.document)) != (xform, named):
            raise FormVersionTaken(f"{form} {version} is published already, with other content")
        return False
    older = connection.execute(select(_versions.c.version, _versions.c.document).where(_versions.c.form == form, _versions.c.current)).all()
    for row in older:
        body = orjson.dumps({**orjson.loads(row.document), "current": False})
        one = (_versions.c.form == form) & (_versions.c.version == row.version)
        connection.execute(update(_versions).where(one).values(current=False, document=body))
        connection.execute(insert(_outbox).values(database=FORMS_DATABASE, document_id=f"form:{form}:{row.version}", body=body))
    contents = {hashlib.sha256(content).hexdigest(): content for content in files.values()}
    if missing := [name for name, digest in named.items() if digest not in contents]:
        raise ValueError(f"{form} {version} names files that did not come along: {missing}")
    statements.put(connection, _files, [{"sha256": digest, "content": contents[digest]} for digest in set(named.values())], ["sha256"], update_existing=False)
    body = orjson.dumps({**document, "current": True})
    connection.execute(
        insert(_versions).values(
            form=form,
            version=version,
            audience=audience,
            source=source,
            source_type=source_type,
            xform=xform,
            document=body,
            current=True,
            published_at=now,
            published_by=published_by,
        )
    )
    connection.execute(insert(_outbox).values(database=FORMS_DATABASE, document_id=f"form:{form}:{version}", body=body))
    return True


def files_named(document: bytes) -> dict[str, str]:
    """name → SHA-256 of the files of a form document; most forms have none."""
    return {each["name"]: each["sha256"] for each in orjson.loads(document).get("files", ())} if b'"files"' in document else {}


def form_files(connection: Connection, form: str, version: str) -> dict[str, bytes]:
    """The files of a published version by name; none where there is no such version."""
    document = connection.execute(select(_versions.c.document).where(_versions.c.form == form, _versions.c.version == version)).scalar()
    return {} if document is None else contents_of(connection, files_named(document))


def contents_of(connection: Connection, named: Mapping[str, str]) -> dict[str, bytes]:
    """The bytes by name, of name → SHA-256."""
    if not named:
        return {}
    rows = connection.execute(select(_files).where(_files.c.sha256.in_(sorted(set(named.values()))))).all()
    contents = {row.sha256: row.content for row in rows}
    return {name: contents[digest] for name, digest in named.items()}


def published_forms(connection: Connection) -> list[PublishedForm]:
    """Every published version, the newest of each form first."""
    columns = [_versions.c[name] for name in ("form", "version", "document", "audience", "current", "published_at", "published_by")]
    rows = connection.execute(select(*columns).order_by(_versions.c.form, _versions.c.published_at.desc())).all()
    return [PublishedForm(r.form, r.version, orjson.loads(r.document)["title"], r.audience, r.current, r.published_at, r.published_by) for r in rows]


def kept_secret(connection: Connection, name: str) -> Any:
    """The secret of this name; None when none was made yet."""
    return connection.execute(select(_secrets.c.value).where(_secrets.c.name == name)).scalar()


def secret(store: Store, name: str, make: Callable[[], bytes]) -> bytes:
    """The deployment's secret of this name, made by `make` the first time. Of two processes that make it at once, one wins for both."""
    with store.reading() as connection:
        value = kept_secret(connection, name)
    if value is None:
        try:
            with store.writing() as connection:
                value = make()
                connection.execute(insert(_secrets).values(name=name, value=value))
        except IntegrityError:
            with store.reading() as connection:
                value = kept_secret(connection, name)
    return value
