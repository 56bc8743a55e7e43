"""What does harm while it waits in the office's queue: fever, a health code that is not green, quarantine, a broken seal. It stands first there.

Of records the answer is a column (facets.py). Of held submissions it is an expression that the databases keep in the index `queue_held`:
nothing has to be written when a submission arrives, is judged again or decided about. Whoever changes the expression changes the index too.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

FEVER_CELSIUS = 37.3
HARMFUL_FIELDS = frozenset({"temperature", "health_code", "seal_state", "starts_on", "ends_on", "contact_history"})
HARMFUL_FORMS = ("quarantine_check", "quarantine_release", "returnee_registration")
HARMFUL_CODES = ("red", "yellow")
MARKS_IN_PROBLEMS = ('/temperature"', '/health_code"', '/seal_state"')
MARKS_IN_DOCUMENT = (
    *(f'"temperature":37.{tenth}' for tenth in range(3, 10)),
    '"temperature":38',
    '"temperature":39',
    '"temperature":4',
    '"health_code":"red"',
    '"health_code":"yellow"',
    '"seal_state":"broken"',
)
"""As JSON is kept in the store: no blanks, a number as it is written."""


def harm(fields: Mapping[str, Mapping[str, Any]]) -> int:
    """1 for a record whose dispute should not wait: about one of these facts, or about someone with fever, a red or yellow code, or in quarantine."""
    disputed = {name for name, held in fields.items() if "disputed" in held}
    if not disputed:
        return 0
    temperature, code = (fields.get(name, {}).get("value") for name in ("temperature", "health_code"))
    has_fever = isinstance(temperature, int | float) and not isinstance(temperature, bool) and temperature >= FEVER_CELSIUS
    return int(bool(disputed & HARMFUL_FIELDS) or has_fever or code in HARMFUL_CODES or {"starts_on", "ends_on"} <= fields.keys())


def held_harm(dialect: str) -> str:
    """SQL: 1 for a held submission about one of these, else 0."""
    forms = ", ".join(f"'{form}'" for form in HARMFUL_FORMS)
    marks = [("problems", mark) for mark in MARKS_IN_PROBLEMS] + [("document", mark) for mark in MARKS_IN_DOCUMENT]
    found = " OR ".join(_has(dialect, column, mark.encode().hex()) for column, mark in marks)
    return f"(CASE WHEN coalesce(form, '') IN ({forms}) OR {found} THEN 1 ELSE 0 END)"


def _has(dialect: str, column: str, mark: str) -> str:
    return f"position('\\x{mark}'::bytea in {column}) > 0" if dialect == "postgresql" else f"instr({column}, x'{mark}') > 0"
