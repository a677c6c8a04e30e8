import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from threading import Thread

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from procrastinate.schema import SchemaManager
from sqlalchemy import text

from service.store import schema
from service.store.database import Database
from service.store.errors import Busy, DatabaseError
from service.store.results import state
from service.store.results.tables import FactRow
from service.store.tickets import queue


def is_ours(_object: object, name: str | None, kind: str, *_: object) -> bool:
    """Return whether a table is described by the code; those of the queue belong to its library."""
    return kind != "table" or not str(name).startswith("procrastinate_")


def test_migrations_make_the_tables_that_the_code_describes(database: Database) -> None:
    with database.read() as connection:
        context = MigrationContext.configure(connection, opts={"include_object": is_ours})
        assert compare_metadata(context, FactRow.metadata) == []


def test_a_database_for_results_alone_has_the_tables_of_the_migrations(migrated_file: Path, tmp_path: Path) -> None:
    results = Database(f"sqlite:///{tmp_path}/results.db")
    state.create_tables(results)
    with closing(sqlite3.connect(migrated_file)) as store, closing(sqlite3.connect(tmp_path / "results.db")) as apart:
        migrated, created = ({*each.execute("SELECT type, name FROM sqlite_master")} for each in (store, apart))
    results.dispose()
    version = {("table", schema.VERSION_TABLE), ("index", f"sqlite_autoindex_{schema.VERSION_TABLE}_1")}
    assert migrated - created == version
    assert created <= migrated


def test_the_queue_has_the_schema_that_was_migrated_to() -> None:
    """A newer library brings migrations of its own: write one here, and change the name below."""
    names = sorted(path.name for path in Path(SchemaManager.get_migrations_path()).glob("*.sql"))
    assert names[-1] == "03.04.00_50_post_add_retry_failed_job_procedure.sql"


def test_versions_are_those_that_alembic_finds(database: Database) -> None:
    revisions = [script.revision for script in ScriptDirectory(schema.MIGRATIONS).walk_revisions()]
    assert schema.versions() == revisions[::-1]
    with database.read() as connection:
        assert schema.current(database) == MigrationContext.configure(connection).get_current_revision()


def test_upgrading_twice_does_nothing(database: Database) -> None:
    assert schema.current(database) == schema.head()
    assert schema.upgrade(database) is False


def test_a_store_of_an_earlier_release_is_upgraded_and_queued_as_a_whole(database_url: str) -> None:
    old = Database(database_url)
    with old.write() as connection:
        schema._migrate(connection, "0001")
        connection.execute(text("INSERT INTO source (id, name, connector, reach, tickets, deleted, gaps) VALUES "
                                "(1, 'a', 'file', '2026-01-01 00:00:00', 1, 0, '[]')"))  # fmt: skip
        connection.execute(text(
            "INSERT INTO ticket (id, source_id, external_id, key, kind, source_kind, title, description, status, "
            "status_category, opened_at, updated_at, components, labels, history_is, fingerprint) VALUES "
            "(7, 1, '1', 'A-1', 'incident', 'incident', 'x', '', 'New', 'new', '2026-01-01 00:00:00.000000', "
            "'2026-01-01 00:00:00.000000', '[]', '[]', 'none', :content)"), {"content": b"x"})  # fmt: skip
    assert schema.upgrade(old) is True
    with old.read() as connection:
        assert queue.pending(connection, datetime(2026, 2, 1, tzinfo=UTC)) == 1
    old.dispose()


def test_many_processes_may_start_at_once(database_url: str) -> None:
    done: list[bool] = []

    def start() -> None:
        opened = Database(database_url)
        done.append(schema.upgrade(opened))
        opened.dispose()

    threads = [Thread(target=start) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(done) == [False, False, False, True]


def test_a_database_of_a_newer_release_is_left_alone(database: Database) -> None:
    with database.write() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(DatabaseError, match="newer Treadmill"):
        schema.upgrade(database)


def test_a_lock_is_held_against_others_and_freed(database: Database) -> None:
    with database.exclusive("source-a"):
        with database.exclusive("source-b"):
            pass
        with pytest.raises(Busy, match="source-a"), database.exclusive("source-a"):
            pass
    with database.exclusive("source-a"):
        pass


def test_the_error_of_a_missing_database_hides_its_password(tmp_path: Path) -> None:
    with pytest.raises(DatabaseError) as caught:
        Database("postgresql+psycopg://user:secret@127.0.0.1:1/none").check()
    assert "secret" not in str(caught.value)
    with pytest.raises(DatabaseError, match="does not exist"):
        Database(f"sqlite:///{tmp_path}/missing/treadmill.db")


def test_an_error_in_a_transaction_undoes_it(database: Database) -> None:
    def fail() -> None:
        with database.write() as connection:
            connection.exec_driver_sql("INSERT INTO installation (name, value) VALUES ('a', 'b')")
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    with database.read() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM installation").scalar() == 0
