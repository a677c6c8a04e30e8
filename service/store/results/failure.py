"""The failure of the last analysis, kept until one succeeds."""

from dataclasses import dataclass
from datetime import datetime

import orjson
from sqlalchemy import delete, select

from service.store.database import Database
from service.store.tickets.tables import InstallationRow, table_of

INSTALLATION = table_of(InstallationRow)
NAME = "analysis_failure"
MAX_REASON = 300


@dataclass(frozen=True, slots=True)
class AnalysisFailure:
    """The moment at which the analysis failed, and why."""

    at: datetime
    reason: str


def load_failure(database: Database) -> AnalysisFailure | None:
    """Return the failure of the last analysis; None if it succeeded, or if there was none."""
    with database.read() as connection:
        text = connection.execute(select(INSTALLATION.c.value).where(INSTALLATION.c.name == NAME)).scalar()
    if text is None:
        return None
    values = orjson.loads(text)
    return AnalysisFailure(datetime.fromisoformat(values["at"]), values["reason"])


def save_failure(database: Database, at: datetime, reason: str) -> None:
    """Store that the analysis failed."""
    value = orjson.dumps({"at": at.isoformat(), "reason": reason[:MAX_REASON]}).decode()
    with database.write() as connection:
        insert = database.insert(INSTALLATION).values(name=NAME, value=value)
        connection.execute(insert.on_conflict_do_update(index_elements=["name"], set_={"value": value}))


def clear_failure(database: Database) -> None:
    """Forget the failure: the analysis has succeeded."""
    with database.write() as connection:
        connection.execute(delete(INSTALLATION).where(INSTALLATION.c.name == NAME))
