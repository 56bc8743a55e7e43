"""What the central store refuses by itself, whichever program writes to it: the table of docs/store.md. The same on SQLite and PostgreSQL.

CHECKS stand in each table's definition. NEVER are triggers: what came in, and what people decided, is never changed and never deleted.
"""

from __future__ import annotations

import re

from sqlalchemy import DDL, CheckConstraint, MetaData, event

CHECKS: dict[str, dict[str, str]] = {
    "areas": {
        "area_level": "level IN ('city', 'district', 'street', 'community', 'grid')",
        "area_not_below_itself": "parent IS NULL OR parent <> id",
    },
    "accounts": {
        "account_role": "role IN ('surveyor', 'leader', 'administrator', 'operator')",
        "account_language": "language IN ('zh', 'en')",
    },
    "assignments": {"assignment_ends_after_it_begins": "until IS NULL OR until >= since"},
    "devices": {"device_ending": "ending IS NULL OR ending IN ('signed_out', 'hand_in', 'handed_in', 'at_once')"},
    "form_versions": {"form_audience": "audience IN ('phone', 'office', 'phone office')"},
    "kept_forms": {"kept_form_size": "size_bytes >= 0"},
    "submissions": {
        "submission_number": "number > 0",
        "submission_state": "state IN ('accepted', 'held', 'returned', 'rejected', 'superseded', 'duplicate')",
        "submission_verdict": "verdict IN ('accepted', 'held')",
        "submission_accepted_has_answers": "verdict = 'held' OR answers IS NOT NULL",
    },
    "strays": {"stray_number": "number > 0"},
    "contributions": {
        "contribution_counts": "CAST(counts AS INTEGER) IN (0, 1)",
        "contribution_of_a_record": "length(replace(record, ':', '')) < length(record)",
        "contribution_by_a_submission": "length(replace(submission, ':', '')) < length(submission)",
        "contribution_dot": "dot_device <> '' AND dot_clock <> ''",
    },
    "records": {
        "record_kind": "substr(id, 1, length(kind) + 1) = kind || ':'",
        "record_disputes": "disputes >= 0",
        "record_not_linked_to_itself": "linked_to IS NULL OR linked_to <> id",
    },
    "decisions": {"decision_action": "action IN ('accept', 'reject', 'return', 'reopen', 'rejudge', 'force')"},
    "rulings": {
        "ruling_says_what": "CASE action WHEN 'settle' THEN field IS NOT NULL AND value IS NOT NULL WHEN 'move' THEN area IS NOT NULL"
        " WHEN 'undo' THEN undoes IS NOT NULL ELSE other IS NOT NULL AND other <> record END",
        "ruling_undoes_another": "undoes IS NULL OR (action = 'undo' AND undoes <> id)",
    },
    "record_links": {"link_state": "state IN ('one', 'apart', 'refuted')"},
    "queue_assignments": {"assigned_item": "substr(item, 1, 5) IN ('held:', 'pair:') OR substr(item, 1, 8) = 'dispute:'"},
    "outbox": {"outbox_number": "number > 0", "outbox_address": "database <> '' AND document_id <> ''"},
    "secrets": {"secret_is_there": "length(value) > 0"},
}
"""Table → name of the constraint → condition; both dialects read it. A NULL passes, as SQL has it."""

IN_ORDER = {"record_links": "pair_in_order", "suggestions": "suggestion_in_order"}
"""Tables of pairs → the constraint that `lesser` comes first, byte by byte as in Python, whatever the order of PostgreSQL's language."""

NEVER: dict[str, tuple[str, str, str, str]] = {
    "submission_stays": ("submissions", "DELETE", "", "a submission is never deleted"),
    "submission_as_it_came": (
        "submissions",
        "UPDATE OF document, received_at",
        "{different:document} OR {different:received_at}",
        "a submission stays as it came",
    ),
    "decision_stays": ("decisions", "DELETE", "", "a decision is never deleted"),
    "decision_as_it_was": ("decisions", "UPDATE", "", "a decision is never changed"),
    "ruling_stays": ("rulings", "DELETE", "", "a ruling is never deleted"),
    "ruling_as_it_was": ("rulings", "UPDATE", "", "a ruling is never changed, only undone"),
    "ruling_undoes_an_earlier_one": (
        "rulings",
        "INSERT",
        "NEW.undoes IS NOT NULL AND NOT EXISTS (SELECT 1 FROM rulings AS undone WHERE undone.id = NEW.undoes AND undone.clock < NEW.clock)",
        "a ruling undoes an earlier one",
    ),
    "form_version_stays": ("form_versions", "DELETE", "", "a published form version is never deleted"),
    "form_version_as_published": (
        "form_versions",
        "UPDATE OF form, version, xform, source",
        "{different:form} OR {different:version} OR {different:xform} OR {different:source}",
        "a published form version is never changed",
    ),
}
"""Name of the trigger → table, before what, when (nothing: always), what is told."""


def checks(table: str) -> list[CheckConstraint]:
    """For `__table_args__`."""
    found = [CheckConstraint(condition, name=name) for name, condition in CHECKS.get(table, {}).items()]
    if table in IN_ORDER:
        found.append(CheckConstraint("lesser < greater", name=IN_ORDER[table]).ddl_if(dialect="sqlite"))
        found.append(CheckConstraint('lesser COLLATE "C" < greater COLLATE "C"', name=IN_ORDER[table]).ddl_if(dialect="postgresql"))
    return found


def protect(metadata: MetaData) -> None:
    """Tables that are made from the models without migrations, as in tests, get the triggers too."""
    for name, (table, before, when, told) in NEVER.items():
        for dialect in ("sqlite", "postgresql"):
            for statement in trigger(dialect, name, table, before, when, told):
                event.listen(metadata.tables[table], "after_create", DDL(statement.replace("%", "%%")).execute_if(dialect=dialect))


def trigger(dialect: str, name: str, table: str, before: str, when: str, told: str) -> list[str]:
    """The statements that make it. Writing what it forbids raises IntegrityError, in both databases."""
    distinct = "OLD.{0} IS NOT NEW.{0}" if dialect == "sqlite" else "OLD.{0} IS DISTINCT FROM NEW.{0}"
    condition = re.sub(r"{different:(\w+)}", lambda column: distinct.format(column[1]), when)
    if dialect == "sqlite":
        only = f"WHEN {condition} " if condition else ""
        return [f"CREATE TRIGGER {name} BEFORE {before} ON {table} {only}BEGIN SELECT RAISE(ABORT, '{told}'); END"]
    refuse = f"RAISE EXCEPTION USING ERRCODE = 'integrity_constraint_violation', MESSAGE = '{told}';"
    body = f"IF {condition} THEN {refuse} END IF;" if condition else refuse
    back = "RETURN NEW;" if condition else ""
    return [
        f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {body} {back} END $$",
        f"CREATE TRIGGER {name} BEFORE {before} ON {table} FOR EACH ROW EXECUTE FUNCTION {name}()",
    ]
