"""The central store opens, migrates, and keeps what it must keep once."""

import threading
from datetime import datetime
from pathlib import Path

import orjson
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine, select, text
from sqlalchemy.exc import OperationalError, ProgrammingError

from sync.store import open_store, upgrade
from sync.store.models import Base, FormVersion, Outbox
from sync.store.published import FormVersionTaken, publish_form, published_forms, secret
from tests.stores import STORES, upgrade_to

NOW = datetime(2026, 2, 3, 1, 15)


@pytest.fixture
def url(tmp_path):
    return f"sqlite:///{tmp_path}/new/central.db"


@pytest.fixture(params=STORES)
def new_url(request, url):
    """Of a store that does not exist yet, or is empty."""
    return url if request.param == "sqlite" else request.getfixturevalue("postgresql")()


@pytest.fixture
def store(empty_store):
    opened = open_store(empty_store())
    yield opened
    opened.close()


def test_the_migrations_make_the_tables_of_the_models(new_url):
    upgrade(new_url)
    store = open_store(new_url)
    dialect = store.engine.dialect.name

    def for_this_database(item, name, kind, reflected, compare_to):
        if kind == "column" and reflected and name.startswith("checked_"):
            return False  # what carries SQLite's constraints: sync/store/migrations/in_place.py
        if name == "queue_held":
            return False  # an expression, which each database keeps in words of its own; compared below
        return kind != "index" or reflected or item._ddl_if is None or item._ddl_if.dialect == dialect

    with store.reading() as connection:
        context = MigrationContext.configure(connection, opts={"include_object": for_this_database, "compare_type": True})
        assert compare_metadata(context, Base.metadata) == []
    store.close()


RULES = """
    SELECT conrelid::regclass || ' ' || conname || ' ' || pg_get_constraintdef(oid) FROM pg_constraint WHERE contype IN ('c', 'f') AND conname NOT LIKE '%_fkey'
    UNION SELECT indexdef FROM pg_indexes WHERE schemaname = 'public'
    UNION SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal
    UNION SELECT prosrc FROM pg_proc WHERE pronamespace = 'public'::regnamespace
"""


def test_tables_made_from_the_models_have_the_same_constraints_indexes_and_triggers(postgresql):
    rules = []
    for make in (upgrade, lambda url: Base.metadata.create_all(create_engine(url))):
        url = postgresql()
        make(url)
        with create_engine(url).connect() as connection:
            found = set(connection.exec_driver_sql(RULES.replace("%", "%%")).scalars())
        rules.append({rule for rule in found if "alembic" not in rule})
    assert rules[0] == rules[1]
    assert len(rules[0]) > 100


def test_a_second_upgrade_has_nothing_to_do(new_url):
    assert upgrade(new_url) is True
    assert upgrade(new_url) is False


def test_several_may_upgrade_at_once(new_url):
    upgrade_to(new_url, "0001")
    told, failed = [], []

    def bring_up():
        try:
            upgrade(new_url, lambda progress: told.append(progress.version))
        except Exception as error:
            failed.append(error)

    threads = [threading.Thread(target=bring_up) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert told[0] == "0002"
    assert sorted(set(told)) == list(dict.fromkeys(told))  # one after the other, whoever takes it
    assert upgrade(new_url) is False


def test_an_acknowledged_write_survives_a_power_cut_and_references_are_checked(migrated_file, tmp_path):
    store = open_store(migrated_file.copy(tmp_path))
    with store.reading() as connection:
        pragmas = {name: connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in ("journal_mode", "synchronous", "foreign_keys")}
    assert pragmas == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}


def test_a_block_that_raises_leaves_nothing(store):
    with pytest.raises(RuntimeError), store.writing() as connection:
        connection.execute(Outbox.__table__.insert().values(database="forms", document_id="x", body=b"{}"))
        raise RuntimeError
    with store.reading() as connection:
        assert connection.execute(select(Outbox.__table__)).all() == []


def test_a_secret_is_made_once_even_by_two_at_a_time(store):
    made = []
    barrier = threading.Barrier(4)

    def make():
        made.append(len(made))
        return f"secret {len(made)}".encode()

    found = []

    def ask():
        barrier.wait()
        found.append(secret(store, "household", make))

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(found)) == 1
    assert secret(store, "household", make) == found[0]


def form(version, xform="<h:html/>"):
    return {"_id": f"form:survey:{version}", "type": "form", "form": "survey", "version": version, "title": {"zh": "摸排", "en": "Survey"}, "xform": xform}


def test_publishing_a_form_keeps_older_versions_beside_it_and_queues_both(store):
    about = {"source": b"| survey |", "source_type": ".md", "audience": "phone", "now": NOW, "published_by": "w0001"}
    with store.writing() as connection:
        assert publish_form(connection, form("1"), **about) is True
        assert publish_form(connection, form("1"), **about) is False
        assert publish_form(connection, form("2"), **about) is True
        with pytest.raises(FormVersionTaken):
            publish_form(connection, form("2", "<other/>"), **about)
    with store.reading() as connection:
        assert {(one.version, one.current) for one in published_forms(connection)} == {("1", False), ("2", True)}
        queued = [(row.document_id, orjson.loads(row.body)["current"]) for row in connection.execute(select(Outbox.__table__).order_by(Outbox.number))]
        assert queued == [("form:survey:1", True), ("form:survey:1", False), ("form:survey:2", True)]
        assert connection.execute(select(FormVersion.source)).scalars().all() == [b"| survey |"] * 2


def test_what_fails_names_nobody_in_the_log(store):
    with store.reading() as connection, pytest.raises((OperationalError, ProgrammingError)) as failed:
        connection.execute(text("SELECT :name FROM nowhere"), {"name": "何伶俐"})
    assert "何伶俐" not in str(failed.value)


def test_of_many_writers_at_once_each_gets_its_turn_and_one_that_fails_gives_it_back(store):
    with store.writing() as connection:
        connection.execute(text("CREATE TABLE counted (number INTEGER)"))
        connection.execute(text("INSERT INTO counted VALUES (0)"))

    def count(fails: bool) -> None:
        for _ in range(10):
            try:
                with store.writing() as connection:
                    connection.execute(text("UPDATE counted SET number = number + 1"))
                    if fails:
                        raise RuntimeError("in the middle of its turn")
            except RuntimeError:
                pass

    threads = [threading.Thread(target=count, args=(number % 4 == 3,)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with store.reading() as connection:
        assert connection.execute(text("SELECT number FROM counted")).scalar() == 90


def test_only_the_models_know_the_orm_so_that_the_way_from_feed_to_records_builds_no_objects():
    """Office pages and sign-in use sessions (server/); what merges, rules, publishes and recomputes uses plain statements."""
    sources = Path(__file__).parent.parent.parent / "sync"
    assert [path.name for path in sources.rglob("*.py") if "sqlalchemy.orm" in path.read_text()] == ["models.py"]
