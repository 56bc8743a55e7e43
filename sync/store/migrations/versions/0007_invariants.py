"""The store refuses by itself what no program of ours may write: wrong values, half rulings, a changed or deleted submission (docs/store.md)."""

import sqlalchemy as sa
from alembic import op

from sync.store.invariants import trigger
from sync.store.migrations.in_place import add_checks, refuse

revision = "0007"
down_revision = "0006"

KEYS = {"assignments": "account", "contributions": "record", "form_versions": "form", "outbox": "number", "queue_assignments": "item"}
KEYS |= {"record_links": "lesser", "secrets": "name", "strays": "number", "submissions": "number"}  # of others: id
CHECKS = {
    "areas": {
        "area_level": "level IN ('city', 'district', 'street', 'community', 'grid')",
        "area_not_below_itself": "parent IS NULL OR parent <> id",
    },
    "accounts": {
        "account_role": "role IN ('surveyor', 'leader', 'administrator', 'operator')",
        "account_language": "language IN ('zh', 'en')",
    },
    "assignments": {
        "assignment_ends_after_it_begins": "until IS NULL OR until >= since",
    },
    "devices": {
        "device_ending": "ending IS NULL OR ending IN ('signed_out', 'hand_in', 'handed_in', 'at_once')",
    },
    "form_versions": {
        "form_audience": "audience IN ('phone', 'office', 'phone office')",
    },
    "kept_forms": {
        "kept_form_size": "size_bytes >= 0",
    },
    "submissions": {
        "submission_number": "number > 0",
        "submission_state": "state IN ('accepted', 'held', 'returned', 'rejected', 'superseded', 'duplicate')",
        "submission_verdict": "verdict IN ('accepted', 'held')",
        "submission_accepted_has_answers": "verdict = 'held' OR answers IS NOT NULL",
    },
    "strays": {
        "stray_number": "number > 0",
    },
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
    "decisions": {
        "decision_action": "action IN ('accept', 'reject', 'return', 'reopen', 'rejudge', 'force')",
    },
    "rulings": {
        "ruling_says_what": "CASE action WHEN 'settle' THEN field IS NOT NULL AND value IS NOT NULL WHEN 'move' THEN area IS NOT NULL"
        " WHEN 'undo' THEN undoes IS NOT NULL ELSE other IS NOT NULL AND other <> record END",
        "ruling_undoes_another": "undoes IS NULL OR (action = 'undo' AND undoes <> id)",
    },
    "record_links": {
        "link_state": "state IN ('one', 'apart', 'refuted')",
    },
    "queue_assignments": {
        "assigned_item": "substr(item, 1, 5) IN ('held:', 'pair:') OR substr(item, 1, 8) = 'dispute:'",
    },
    "outbox": {
        "outbox_number": "number > 0",
        "outbox_address": "database <> '' AND document_id <> ''",
    },
    "secrets": {
        "secret_is_there": "length(value) > 0",
    },
}
NEVER = [
    ("submission_stays", "submissions", "DELETE", "", "a submission is never deleted"),
    (
        "submission_as_it_came",
        "submissions",
        "UPDATE OF document, received_at",
        "{different:document} OR {different:received_at}",
        "a submission stays as it came",
    ),
    ("decision_stays", "decisions", "DELETE", "", "a decision is never deleted"),
    ("decision_as_it_was", "decisions", "UPDATE", "", "a decision is never changed"),
    ("ruling_stays", "rulings", "DELETE", "", "a ruling is never deleted"),
    ("ruling_as_it_was", "rulings", "UPDATE", "", "a ruling is never changed, only undone"),
    (
        "ruling_undoes_an_earlier_one",
        "rulings",
        "INSERT",
        "NEW.undoes IS NOT NULL AND NOT EXISTS (SELECT 1 FROM rulings AS undone WHERE undone.id = NEW.undoes AND undone.clock < NEW.clock)",
        "a ruling undoes an earlier one",
    ),
    ("form_version_stays", "form_versions", "DELETE", "", "a published form version is never deleted"),
    (
        "form_version_as_published",
        "form_versions",
        "UPDATE OF form, version, xform, source",
        "{different:form} OR {different:version} OR {different:xform} OR {different:source}",
        "a published form version is never changed",
    ),
]


def upgrade() -> None:
    connection = op.get_bind()
    on_sqlite = connection.dialect.name == "sqlite"
    for table, checks in CHECKS.items():
        if table != "decisions":
            add_checks(table, KEYS.get(table, "id"), checks)
    orphans = "NOT EXISTS (SELECT 1 FROM submissions WHERE submissions.id = decisions.submission)"
    refuse(connection, "decisions", "id", orphans, {}, "a decision is about a submission")
    with op.batch_alter_table("decisions") as decisions:  # few and small: SQLite writes them anew
        decisions.create_foreign_key("decision_about_a_submission", "submissions", ["submission"], ["id"])
        for name, condition in CHECKS["decisions"].items():
            decisions.create_check_constraint(name, sa.text(condition))
    if not on_sqlite:  # byte by byte as in Python, whatever the order of the database's language
        for table, name in (("record_links", "pair_in_order"), ("suggestions", "suggestion_in_order")):
            op.drop_constraint(name, table)
            op.create_check_constraint(name, table, 'lesser COLLATE "C" < greater COLLATE "C"')
    current = sa.text("current")
    op.create_index("one_current_version", "form_versions", ["form"], unique=True, sqlite_where=current, postgresql_where=current)
    for name, *rest in NEVER:
        for statement in trigger(connection.dialect.name, name, *rest):
            connection.exec_driver_sql(statement)
