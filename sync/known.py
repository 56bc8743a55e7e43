"""Reads what judging needs to know from the central store; compiled forms are kept, as published versions never change."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection

from sync.store import statements
from sync.store.published import HOUSEHOLD_KEY, form_files, kept_secret
from sync.validate import Arrival, Assigned, Known, KnownForm, known_form

FORMS_MAX = 200
"""Compiled form versions kept in memory."""
ANSWERS_EVERYWHERE = frozenset({"administrator"})

LoadForm = Callable[[str, Mapping[str, bytes]], Any]  # an XForm, its files → forms.form.Form

_log = logging.getLogger(__name__)


class Knowledge:
    def __init__(self, load: LoadForm):
        self._load = load
        self._forms: dict[tuple[str, str], KnownForm] = {}

    def about(self, connection: Connection, arrivals: Iterable[Arrival]) -> Known:
        """All that judging these needs."""
        documents = [each.document for each in arrivals]
        workers = {worker for document in documents if isinstance(worker := document.get("worker"), str)}
        published = statements.form_keys(connection)
        wanted = {
            (form, version) for document in documents if isinstance(form := document.get("form"), str) and isinstance(version := document.get("version"), str)
        }
        parents, places = statements.areas_above(connection, {area for document in documents if isinstance(area := document.get("area"), str)})
        roles = statements.account_roles(connection, workers)
        assignments: dict[str, list[Assigned]] = {}
        for row in statements.assignment_rows(connection, workers):
            assignments.setdefault(row.account, []).append(Assigned(row.area, row.since, row.until))
        return Known(
            forms={key: self._form(connection, key) for key in wanted & published},
            form_names={form for form, _ in published},
            accounts=roles,
            parents=parents,
            places=places,
            household_key=kept_secret(connection, HOUSEHOLD_KEY),
            assignments=assignments,
            everywhere={id for id, role in roles.items() if role in ANSWERS_EVERYWHERE},
        )

    @staticmethod
    def with_areas(connection: Connection, known: Known, areas: Iterable[str]) -> Known:
        """The same, and where these areas lie."""
        unknown = set(areas) - known.parents.keys()
        if not unknown:
            return known
        parents, places = statements.areas_above(connection, unknown)
        return replace(known, parents={**known.parents, **parents}, places={**known.places, **places})

    def _form(self, connection: Connection, key: tuple[str, str]) -> KnownForm:
        known = self._forms.get(key)
        if known is None:
            if len(self._forms) >= FORMS_MAX:
                self._forms.pop(next(iter(self._forms)))
            try:
                form = self._load(statements.xform(connection, *key), form_files(connection, *key))
                known = known_form(form, form.as_document())
            except Exception as error:  # published, so it should load; what is filled with it is kept and held
                _log.exception("form %s %s does not load", *key)
                known = KnownForm(_Unloadable(error))
            self._forms[key] = known
        return known


class _Unloadable:
    def __init__(self, error: Exception):
        self._error = error

    def judge(self, answers: Any, moment: Any) -> Any:
        raise RuntimeError("the form does not load") from self._error
