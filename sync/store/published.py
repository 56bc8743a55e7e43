"""Published form versions in the central store, and the keys of this deployment that are made once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, NamedTuple

import orjson
from sqlalchemy import Connection, insert, select, update
from sqlalchemy.exc import IntegrityError

from sync.store.engine import Store
from sync.store.models import FormVersion, Outbox, Secret, table

FORMS_DATABASE = "forms"
HOUSEHOLD_KEY = "household_key"
"""Name of the secret that household ids are made with."""

_versions = table(FormVersion)
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
) -> bool:
    """Publish `document` (docs/architecture.md, Form version) as the form's current version; phones get it through the outbox.

    Older versions stay, side by side, no longer current. False when this very version is published already;
    FormVersionTaken when it is with another XForm.
    """
    form, version, xform = document["form"], document["version"], document["xform"]
    known = connection.execute(select(_versions.c.xform).where(_versions.c.form == form, _versions.c.version == version)).scalar()
    if known is not None:
        if known != xform:
            raise FormVersionTaken(f"{form} {version} is published already, with other content")
        return False
    older = connection.execute(select(_versions.c.version, _versions.c.document).where(_versions.c.form == form, _versions.c.current)).all()
    for row in older:
        body = orjson.dumps({**orjson.loads(row.document), "current": False})
        one = (_versions.c.form == form) & (_versions.c.version == row.version)
        connection.execute(update(_versions).where(one).values(current=False, document=body))
        connection.execute(insert(_outbox).values(database=FORMS_DATABASE, document_id=f"form:{form}:{row.version}", body=body))
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


def published_forms(connection: Connection) -> list[PublishedForm]:
    """Every published version, the newest of each form first."""
    rows = connection.execute(select(_versions).order_by(_versions.c.form, _versions.c.published_at.desc())).all()
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
