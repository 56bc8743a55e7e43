"""The central store's tables, as plain SQLAlchemy models; Flask-SQLAlchemy wraps them in `server/stores.py`.

Submissions are kept as they came. Everything in `records` can be computed again from `contributions`,
and those from accepted `submissions`: see sync/merge.py. JSON that is only read whole is stored as bytes (orjson).
"""

from __future__ import annotations

from datetime import datetime
from typing import cast

from sqlalchemy import BigInteger, CheckConstraint, Float, ForeignKey, Index, Integer, LargeBinary, String, Table, Text, UniqueConstraint, text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.types import DateTime

from sync.store.harm import held_harm
from sync.store.invariants import checks, protect


class Base(DeclarativeBase):
    """Base of every table. Times are UTC."""


def table(model: type[Base]) -> Table:
    """The plain table of a model, for Core: the hot path builds no objects."""
    return cast(Table, model.__table__)


FACETS = ("area", "state", "building", "health_code", "temperature", "ends_on")

_HELD, _DISPUTED = text("state = 'held'"), text("disputes > 0")  # the few that the office's queue looks at
_CURRENT = text("current")
_LINKED, _OF_TWO_PARENTS = text("linked_to IS NOT NULL"), text("own_parent IS NOT NULL")  # nearly no record is
_OF_HELD = ("number", "area", "form", "received_at", "id")
LISTED = (*FACETS, "disputes", "linked_to", "updated_at")
WARM = "temperature >= 37"
WATCHED = f"{WARM} OR health_code IN ('red', 'yellow')"
"""Of the many people the few that are looked for first. Whoever asks for them says it in these words, so that the databases know their index by it."""
_WATCHED = text(WATCHED)
_GRAMS = text("string_to_array(grams, ' ')")

Number = BigInteger().with_variant(Integer, "sqlite")  # SQLite counts rows by itself only in INTEGER keys


class Area(Base):
    """A node of the tree city › district › street › community › grid. `place`: see docs/architecture.md, Ids."""

    __tablename__ = "areas"
    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    parent: Mapped[str | None] = mapped_column(ForeignKey("areas.id"))
    level: Mapped[str] = mapped_column(String(20))
    place: Mapped[str | None] = mapped_column(String(40))
    name_zh: Mapped[str] = mapped_column(String(120))
    name_en: Mapped[str] = mapped_column(String(120))
    __table_args__ = (*checks("areas"),)


class Account(Base):
    """A person who signs in. Roles: surveyor, leader, administrator, operator."""

    __tablename__ = "accounts"
    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    username: Mapped[str] = mapped_column(String(80), unique=True)
    name: Mapped[str] = mapped_column(String(120))
    password_hash: Mapped[str] = mapped_column(String(200))
    role: Mapped[str] = mapped_column(String(20))
    language: Mapped[str] = mapped_column(String(8), default="zh")
    active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime] = mapped_column(DateTime)
    __table_args__ = (*checks("accounts"),)


class Assignment(Base):
    """Who answers for which area, from when to when. A leader's assignment to a community covers its grids."""

    __tablename__ = "assignments"
    account: Mapped[str] = mapped_column(ForeignKey("accounts.id"), primary_key=True)
    area: Mapped[str] = mapped_column(ForeignKey("areas.id"), primary_key=True)
    since: Mapped[datetime] = mapped_column(DateTime, primary_key=True)
    until: Mapped[datetime | None] = mapped_column(DateTime)
    __table_args__ = (*checks("assignments"),)


class Device(Base):
    """A phone that signed in. Its refresh token is random and kept only as SHA-256. `ending`: how it was signed out, see server/ending.py.

    `forms`: which version of each form it opens, as it last told: {"household_survey": "3"}. None: its app does not tell.
    """

    __tablename__ = "devices"
    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    account: Mapped[str] = mapped_column(ForeignKey("accounts.id"), index=True)
    refresh_hash: Mapped[str | None] = mapped_column(String(64), unique=True)
    app: Mapped[str | None] = mapped_column(String(40))
    created_at: Mapped[datetime] = mapped_column(DateTime)
    last_seen_at: Mapped[datetime] = mapped_column(DateTime)
    revoked_at: Mapped[datetime | None] = mapped_column(DateTime)
    ending: Mapped[str | None] = mapped_column(String(20))
    forms: Mapped[bytes | None] = mapped_column(LargeBinary)
    __table_args__ = (*checks("devices"),)


class FormVersion(Base):
    """A published form version. `document` is what goes to the forms database."""

    __tablename__ = "form_versions"
    form: Mapped[str] = mapped_column(String(80), primary_key=True)
    version: Mapped[str] = mapped_column(String(40), primary_key=True)
    audience: Mapped[str] = mapped_column(String(20))
    source: Mapped[bytes] = mapped_column(LargeBinary)
    source_type: Mapped[str] = mapped_column(String(10))
    xform: Mapped[str] = mapped_column(Text)
    document: Mapped[bytes] = mapped_column(LargeBinary)
    current: Mapped[bool] = mapped_column(default=True)
    published_at: Mapped[datetime] = mapped_column(DateTime)
    published_by: Mapped[str | None] = mapped_column(String(40))
    __table_args__ = (*checks("form_versions"), Index("one_current_version", "form", unique=True, sqlite_where=_CURRENT, postgresql_where=_CURRENT))


class FormFile(Base):
    """A file that published forms name beside themselves, kept once however many versions name it. Their documents say under which name."""

    __tablename__ = "form_files"
    sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    content: Mapped[bytes] = mapped_column(LargeBinary)


class KeptForm(Base):
    """A form that someone has uploaded and not published yet: see server/form_preview.py. `files`: what it names beside itself, as a zip."""

    __tablename__ = "kept_forms"
    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    account: Mapped[str] = mapped_column(ForeignKey("accounts.id"), index=True)
    name: Mapped[str] = mapped_column(String(200))
    source_type: Mapped[str] = mapped_column(String(10))
    size_bytes: Mapped[int] = mapped_column(Integer)
    kept_at: Mapped[datetime] = mapped_column(DateTime)
    source: Mapped[bytes] = mapped_column(LargeBinary)
    files: Mapped[bytes] = mapped_column(LargeBinary)
    __table_args__ = (*checks("kept_forms"),)


class Submission(Base):
    """A submission as it came, and what became of it. `state` is what its receipt says; `verdict` is what the rules alone say.

    `id` is the document's id. Should other content arrive under an id that is taken, one of the two keeps the id and the
    other's is followed by `~` and a digest of its content. `mark` is what equal contents under other ids have in common: see sync/judged.py.
    """

    __tablename__ = "submissions"
    number: Mapped[int] = mapped_column(Number, primary_key=True, autoincrement=True)
    id: Mapped[str] = mapped_column(String(200), unique=True)
    database: Mapped[str] = mapped_column(String(120))
    revision: Mapped[str] = mapped_column(String(200))
    form: Mapped[str | None] = mapped_column(String(80))
    version: Mapped[str | None] = mapped_column(String(40))
    area: Mapped[str | None] = mapped_column(String(40))
    worker: Mapped[str | None] = mapped_column(String(40))
    device: Mapped[str | None] = mapped_column(String(80))
    clock: Mapped[str | None] = mapped_column(String(200))
    finished_at: Mapped[datetime | None] = mapped_column(DateTime)
    received_at: Mapped[datetime] = mapped_column(DateTime)
    verdict: Mapped[str] = mapped_column(String(20))
    state: Mapped[str] = mapped_column(String(20))
    supersedes: Mapped[str | None] = mapped_column(String(200), index=True)
    mark: Mapped[str | None] = mapped_column(String(220), index=True)
    document: Mapped[bytes] = mapped_column(LargeBinary)
    answers: Mapped[bytes | None] = mapped_column(LargeBinary)
    problems: Mapped[bytes] = mapped_column(LargeBinary)
    remarks: Mapped[bytes] = mapped_column(LargeBinary)
    __table_args__ = (
        *checks("submissions"),
        Index("submissions_by_state", "state", "number"),
        Index("submissions_by_worker", "worker", "number"),
        Index("submissions_by_receipt", "received_at", "area"),
        Index("submissions_by_form", "form", "number"),
        Index("submissions_by_area", "area", "state", "form", "version", "number"),
        *(
            Index("queue_held", "state", text(held_harm(each)), *_OF_HELD, sqlite_where=_HELD, postgresql_where=_HELD).ddl_if(dialect=each)
            for each in ("sqlite", "postgresql")
        ),
    )


class Stray(Base):
    """A document in a worker's database that is no submission, kept and listed for the operator."""

    __tablename__ = "strays"
    number: Mapped[int] = mapped_column(Number, primary_key=True, autoincrement=True)
    database: Mapped[str] = mapped_column(String(120))
    document_id: Mapped[str] = mapped_column(Text)
    revision: Mapped[str] = mapped_column(String(200))
    reason: Mapped[str] = mapped_column(String(80))
    received_at: Mapped[datetime] = mapped_column(DateTime)
    document: Mapped[bytes] = mapped_column(LargeBinary)
    __table_args__ = (
        *checks("strays"),
        UniqueConstraint("database", "document_id", "revision"),
    )


class Contribution(Base):
    """What one submission says of one record. Those that count are the set that the record is a function of.

    The dot says since when the record had it: the phone's clock, or, when a person let the submission in later, the office's.
    """

    __tablename__ = "contributions"
    record: Mapped[str] = mapped_column(String(120), primary_key=True)
    submission: Mapped[str] = mapped_column(String(200), primary_key=True)
    path: Mapped[str] = mapped_column(String(200), primary_key=True)
    counts: Mapped[bool]
    dot_device: Mapped[str] = mapped_column(String(80))
    dot_clock: Mapped[str] = mapped_column(String(200))
    body: Mapped[bytes] = mapped_column(LargeBinary)
    __table_args__ = (*checks("contributions"), Index("contributions_by_submission", "submission"), {"sqlite_with_rowid": False})


class Record(Base):
    """A merged record as last computed. `body` is the published document; the columns serve lists and search, those after `also_in` come from facets.py.

    `linked_to`: the record that stands for this one, since a person said that the two are one; lists leave such rows out. `also_in`: the areas,
    beside its own, whose phones have a document of this id (docs/architecture.md, Links and moves), with blanks between. `own_parent`: of one that
    stands for others, what it lay with alone, where that is another record. `onward`: what the next submission needs to know of those before (sync/onward.py).
    """

    __tablename__ = "records"
    id: Mapped[str] = mapped_column(String(120), primary_key=True)
    kind: Mapped[str] = mapped_column(String(40))
    area: Mapped[str | None] = mapped_column(String(40))
    household: Mapped[str | None] = mapped_column(String(120), index=True)
    person: Mapped[str | None] = mapped_column(String(120), index=True)
    label: Mapped[str] = mapped_column(Text)
    search: Mapped[str] = mapped_column(Text)
    state: Mapped[str | None] = mapped_column(String(40))
    disputes: Mapped[int] = mapped_column(default=0)
    linked_to: Mapped[str | None] = mapped_column(String(120))
    also_in: Mapped[str] = mapped_column(Text, default="")
    own_parent: Mapped[str | None] = mapped_column(String(120))
    sort: Mapped[str] = mapped_column(Text, default="")
    building: Mapped[str | None] = mapped_column(String(40))
    health_code: Mapped[str | None] = mapped_column(String(40))
    temperature: Mapped[float | None] = mapped_column(Float)
    ends_on: Mapped[str | None] = mapped_column(String(10))
    harm: Mapped[int] = mapped_column(default=0, server_default="0")
    updated_at: Mapped[datetime] = mapped_column(DateTime)
    body: Mapped[bytes] = mapped_column(LargeBinary)
    onward: Mapped[bytes | None] = mapped_column(LargeBinary)
    # A list must not walk the bodies: one index answers every filter, order and count. What records are found by stands beside: see Searchable.
    __table_args__ = (
        *checks("records"),
        Index("records_by_update", "kind", "updated_at"),
        Index("records_by_link", "linked_to", sqlite_where=_LINKED, postgresql_where=_LINKED),
        Index("records_by_own_parent", "own_parent", sqlite_where=_OF_TWO_PARENTS, postgresql_where=_OF_TWO_PARENTS),
        Index("records_by_area", "area", "id"),
        Index("queue_disputes", "harm", "updated_at", "id", "area", "kind", "linked_to", sqlite_where=_DISPUTED, postgresql_where=_DISPUTED),
        Index("records_for_lists", "kind", "sort", "id", *LISTED).ddl_if(dialect="sqlite"),
        Index("records_for_lists", "kind", "sort", "id", postgresql_include=LISTED).ddl_if(dialect="postgresql"),
        Index("records_watched", "kind", "temperature", "sort", "id", "health_code", "area", "linked_to", sqlite_where=_WATCHED, postgresql_where=_WATCHED),
    )


class Searchable(Base):
    """What a record is found by, beside the records so that merging need not keep it: see searchable.py. `grams`: on PostgreSQL, for its index."""

    __tablename__ = "searchable"
    record: Mapped[str] = mapped_column(ForeignKey("records.id", ondelete="CASCADE"), primary_key=True)
    kind: Mapped[str] = mapped_column(String(40))
    sort: Mapped[str] = mapped_column(Text)
    search: Mapped[str] = mapped_column(Text)
    grams: Mapped[str | None] = mapped_column(Text)
    __table_args__ = (
        Index("searchable_in_order", "kind", "sort", "record", "search").ddl_if(dialect="sqlite"),
        Index("searchable_in_order", "kind", "sort", "record").ddl_if(dialect="postgresql"),
        Index("searchable_by_grams", _GRAMS, postgresql_using="gin").ddl_if(dialect="postgresql"),
    )


class Kept(Base):
    """What is worked out beside merging, and of which moment: until when `searchable <kind>` is brought up; the numbers of `counts` (see counts.py)."""

    __tablename__ = "kept"
    name: Mapped[str] = mapped_column(String(80), primary_key=True)
    at: Mapped[datetime] = mapped_column(DateTime)
    body: Mapped[bytes | None] = mapped_column(LargeBinary)


class Decision(Base):
    """What was decided about a submission: accept, reject, return, reopen; or rejudge, when the rules came to know more.

    Never changed, only followed by another. The office's clocks order them all.
    """

    __tablename__ = "decisions"
    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    submission: Mapped[str] = mapped_column(ForeignKey("submissions.id", name="decision_about_a_submission"), index=True)
    action: Mapped[str] = mapped_column(String(20))
    comment: Mapped[str] = mapped_column(Text, default="")
    comments: Mapped[bytes] = mapped_column(LargeBinary)
    by: Mapped[str] = mapped_column(String(40))
    at: Mapped[datetime] = mapped_column(DateTime)
    clock: Mapped[str] = mapped_column(String(200), unique=True)
    __table_args__ = (*checks("decisions"),)


class Ruling(Base):
    """What a person said about records: settle, link, apart, move, undo. Never changed, only undone by another. See sync/rulings.py.

    `record` and, of link and apart, `other`; of settle `field` and `value` (JSON); of move `area`; of undo `undoes`, the ruling taken back.
    `body`: what it was decided on (versions), a comment. Rulings of one click have one `click`.
    """

    __tablename__ = "rulings"
    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    action: Mapped[str] = mapped_column(String(20))
    record: Mapped[str] = mapped_column(String(120), index=True)
    other: Mapped[str | None] = mapped_column(String(120), index=True)
    field: Mapped[str | None] = mapped_column(String(120))
    value: Mapped[bytes | None] = mapped_column(LargeBinary)
    area: Mapped[str | None] = mapped_column(String(40))
    undoes: Mapped[str | None] = mapped_column(ForeignKey("rulings.id"), index=True)
    body: Mapped[bytes] = mapped_column(LargeBinary)
    click: Mapped[str] = mapped_column(String(40), index=True)
    by: Mapped[str] = mapped_column(String(40))
    at: Mapped[datetime] = mapped_column(DateTime, index=True)
    clock: Mapped[str] = mapped_column(String(200), unique=True)
    __table_args__ = (
        *checks("rulings"),
        CheckConstraint("action IN ('settle', 'link', 'apart', 'move', 'undo')", name="ruling_action"),
    )


class RecordLink(Base):
    """What stands about a pair of records, `lesser` < `greater`: `one`, `apart`, or `refuted` (a link that others contradict). Computed from rulings."""

    __tablename__ = "record_links"
    lesser: Mapped[str] = mapped_column(String(120), primary_key=True)
    greater: Mapped[str] = mapped_column(String(120), primary_key=True, index=True)
    state: Mapped[str] = mapped_column(String(20))
    ruling: Mapped[str] = mapped_column(ForeignKey("rulings.id"))
    __table_args__ = (*checks("record_links"), {"sqlite_with_rowid": False})


class ShownAlso(Base):
    """An area, beside the one that it lies in, that a record is shown in because one that is the same lies there: what lists of that area hold too."""

    __tablename__ = "shown_also"
    record: Mapped[str] = mapped_column(String(120), primary_key=True)
    area: Mapped[str] = mapped_column(String(40), primary_key=True)
    __table_args__ = (Index("shown_also_by_area", "area", "record"), {"sqlite_with_rowid": False})


class AreaName(Base):
    """Somebody whose words a record of this area shows, and who is of another place or of the office: the area's phones know the name."""

    __tablename__ = "area_names"
    area: Mapped[str] = mapped_column(ForeignKey("areas.id"), primary_key=True)
    account: Mapped[str] = mapped_column(ForeignKey("accounts.id"), primary_key=True)


class Suggestion(Base):
    """Two records that may be one. A function of the two records as they are: see sync/linkage/. `reasons`: JSON. Pairs that were ruled on stay here."""

    __tablename__ = "suggestions"
    lesser: Mapped[str] = mapped_column(String(120), primary_key=True)
    greater: Mapped[str] = mapped_column(String(120), primary_key=True, index=True)
    kind: Mapped[str] = mapped_column(String(40))
    score: Mapped[float] = mapped_column(Float)
    reasons: Mapped[bytes] = mapped_column(LargeBinary)
    since: Mapped[datetime] = mapped_column(DateTime)
    __table_args__ = (
        Index("suggestions_by_score", "kind", "score"),
        Index("queue_pairs", "score", "lesser", "greater", "kind", "since"),
        *checks("suggestions"),
        {"sqlite_with_rowid": False},
    )


class LinkageProfile(Base):
    """What linkage compares of a record, as it was when it was last compared (JSON)."""

    __tablename__ = "linkage_profiles"
    record: Mapped[str] = mapped_column(String(120), primary_key=True)
    body: Mapped[bytes] = mapped_column(LargeBinary)
    __table_args__ = ({"sqlite_with_rowid": False},)


class LinkageKey(Base):
    """Records under the keys that candidates are found by."""

    __tablename__ = "linkage_keys"
    key: Mapped[str] = mapped_column(String(120), primary_key=True)
    record: Mapped[str] = mapped_column(String(120), primary_key=True, index=True)
    __table_args__ = ({"sqlite_with_rowid": False},)


class LinkageQueue(Base):
    """Records to compare anew, written in the transaction that changed them: see sync/store/linkage_statements.py.

    `later`: after those that people have changed. `anew`: even if it has not changed.
    """

    __tablename__ = "linkage_queue"
    record: Mapped[str] = mapped_column(String(120), primary_key=True)
    later: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    anew: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    __table_args__ = (Index("linkage_queue_in_turn", "later", "record"), {"sqlite_with_rowid": False})


class QueueAssignment(Base):
    """Who looks after something in the office's queue. `item`: `held:<submission>`, `dispute:<record>`, `pair:<lesser> <greater>`."""

    __tablename__ = "queue_assignments"
    item: Mapped[str] = mapped_column(String(260), primary_key=True)
    account: Mapped[str] = mapped_column(ForeignKey("accounts.id"), index=True)
    by: Mapped[str] = mapped_column(String(40))
    at: Mapped[datetime] = mapped_column(DateTime)
    __table_args__ = (*checks("queue_assignments"),)


class Outbox(Base):
    """A document to publish, written in the transaction that made it so; the newest row of a document wins. No body: delete. An empty one: the record
    of that name as it stands when it is delivered."""

    __tablename__ = "outbox"
    number: Mapped[int] = mapped_column(Number, primary_key=True, autoincrement=True)
    database: Mapped[str] = mapped_column(String(120))
    document_id: Mapped[str] = mapped_column(String(200))
    body: Mapped[bytes | None] = mapped_column(LargeBinary)
    __table_args__ = (*checks("outbox"),)


class Checkpoint(Base):
    """How far the merge worker has read each database. Sequences are opaque."""

    __tablename__ = "checkpoints"
    database: Mapped[str] = mapped_column(String(120), primary_key=True)
    sequence: Mapped[str] = mapped_column(Text)
    updated_at: Mapped[datetime] = mapped_column(DateTime)


class MergeWorker(Base):
    """A merge worker that lives, or lived until lately: see sync/shares.py. Times are the store's own."""

    __tablename__ = "merge_workers"
    id: Mapped[str] = mapped_column(String(80), primary_key=True)
    seen_at: Mapped[datetime] = mapped_column(DateTime)


class Secret(Base):
    """Keys of this deployment that are made once: the household key, the signing keys."""

    __tablename__ = "secrets"
    name: Mapped[str] = mapped_column(String(80), primary_key=True)
    value: Mapped[bytes] = mapped_column(LargeBinary)
    __table_args__ = (*checks("secrets"),)


class AuditEvent(Base):
    """Who did or saw what, in the office or by command."""

    __tablename__ = "audit_events"
    number: Mapped[int] = mapped_column(Number, primary_key=True, autoincrement=True)
    at: Mapped[datetime] = mapped_column(DateTime, index=True)
    account: Mapped[str | None] = mapped_column(String(40))
    action: Mapped[str] = mapped_column(String(60))
    subject: Mapped[str] = mapped_column(String(200))
    detail: Mapped[bytes] = mapped_column(LargeBinary)
    __table_args__ = (Index("audit_events_by_subject", "subject", "number"),)


class Exported(Base):
    """Which records an export had, a drawer of marks in each row: see sync/exported.py. `event`: the export in the audit."""

    __tablename__ = "exported"
    drawer: Mapped[int] = mapped_column(Integer, primary_key=True)
    event: Mapped[int] = mapped_column(ForeignKey("audit_events.number"), primary_key=True)
    marks: Mapped[bytes] = mapped_column(LargeBinary)
    __table_args__ = ({"sqlite_with_rowid": False},)


protect(Base.metadata)
