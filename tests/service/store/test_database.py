"""Connections of a database, from their opening to their end."""

from service.store.database import Database


def test_a_connection_in_use_at_the_end_is_closed_when_it_returns(database: Database) -> None:
    """The pool it came from is gone: nobody would close it, and a server admits only so many."""
    with database.read() as connection:
        pooled = connection.connection
        record = pooled._connection_record
        assert record is not None
        assert pooled.dbapi_connection is not None
        database.dispose()
    assert record.dbapi_connection is None
