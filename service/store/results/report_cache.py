"""Sections of reports that are stored until the next analysis, so that pages read them and compute nothing."""

from collections.abc import Mapping

from sqlalchemy import Connection, delete, select

from service.store.database import Database
from service.store.results.tables import ReportPartRow
from service.store.tickets.tables import table_of

REPORT_PART = table_of(ReportPartRow)


def read(connection: Connection, scope: str, section: str) -> tuple[str, bytes] | None:
    """Return (stamp, JSON) of a section of the report on a scope; None where there is none."""
    columns = select(REPORT_PART.c.stamp, REPORT_PART.c.document)
    row = connection.execute(columns.where(REPORT_PART.c.scope == scope, REPORT_PART.c.part == section)).one_or_none()
    return None if row is None else (row.stamp, row.document)


def write(database: Database, scope: str, stamp: str, sections: Mapping[str, bytes]) -> None:
    """Store the sections of the report on a scope as JSON, and delete all that have another stamp."""
    rows = [
        {"scope": scope, "part": section, "stamp": stamp, "document": document}
        for section, document in sections.items()
    ]
    insert = database.insert(REPORT_PART)
    replaced = {name: insert.excluded[name] for name in ("stamp", "document")}
    with database.write() as connection:
        # Another stamp is another analysis: whatever it says of any scope is out of date.
        connection.execute(delete(REPORT_PART).where(REPORT_PART.c.stamp != stamp))
        connection.execute(insert.on_conflict_do_update(index_elements=["scope", "part"], set_=replaced), rows)


def clear(connection: Connection) -> None:
    """Delete all sections: the results that they were computed from have changed."""
    connection.execute(delete(REPORT_PART))
