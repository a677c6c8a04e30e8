"""Parts of reports that are kept until the next analysis, so that pages read them and compute nothing."""

from collections.abc import Mapping
from typing import Any

import orjson
from sqlalchemy import Connection, delete, select

from service.store.database import Database
from service.store.results.tables import ReportPartRow
from service.store.tickets.tables import table_of

KEPT = table_of(ReportPartRow)


def read(connection: Connection, scope: str, part: str, stamp: str | None) -> Any:
    """One part of the report on a scope, as kept with this stamp, or with any; None where there is none."""
    mine = [KEPT.c.scope == scope, KEPT.c.part == part, *([] if stamp is None else [KEPT.c.stamp == stamp])]
    found: bytes | None = connection.execute(select(KEPT.c.document).where(*mine)).scalar()
    return None if found is None else orjson.loads(found)


def write(database: Database, scope: str, stamp: str, parts: Mapping[str, Any]) -> None:
    """Keeps the parts of the report on a scope, in place of earlier ones; all with other stamps are forgotten."""
    rows = [
        {"scope": scope, "part": part, "stamp": stamp, "document": orjson.dumps(document)}
        for part, document in parts.items()
    ]
    insert = database.insert(KEPT)
    replaced = {name: insert.excluded[name] for name in ("stamp", "document")}
    with database.write() as connection:
        connection.execute(delete(KEPT).where(KEPT.c.stamp != stamp))
        connection.execute(insert.on_conflict_do_update(index_elements=["scope", "part"], set_=replaced), rows)


def clear(connection: Connection) -> None:
    """Forgets all of them: what they were made of has moved."""
    connection.execute(delete(KEPT))
