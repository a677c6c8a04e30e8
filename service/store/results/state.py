"""How far the analysis of this database has come, and by which rules and settings."""

from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import Connection, delete, null, select

from service.store.database import Database
from service.store.results.tables import (  # fmt: skip
    CellRow,
    CertainKeyRow,
    EpisodeRow,
    FactLinkRow,
    FactRow,
    FamilyDayRow,
    FamilyRow,
    FixRow,
    LookupKeyRow,
    ShapeKeyRow,
    ShapeRow,
)
from service.store.tickets.tables import InstallationRow, table_of

INSTALLATION = table_of(InstallationRow)
NAME = "analysis"
RESULTS = tuple(
    table_of(model)
    for model in (
        EpisodeRow,
        FixRow,
        FamilyDayRow,
        FamilyRow,
        CertainKeyRow,
        LookupKeyRow,
        ShapeKeyRow,
        ShapeRow,
        FactLinkRow,
        FactRow,
    )
)
CELL = table_of(CellRow)


@dataclass(frozen=True, slots=True)
class AnalysisState:
    """When tickets were last analysed, by which rules and settings; `whole` unless a rebuild was cut short.

    `with_teams` are the sources whose tickets have teams; `number` counts the analyses, of which a second may see
    several.
    """

    as_of: datetime | None = None
    signature: str = ""
    whole: bool = False
    with_teams: tuple[str, ...] = ()
    number: int = 0


def load(connection: Connection) -> AnalysisState:
    """How far the analysis has come; an empty state where there was none."""
    value = connection.execute(select(INSTALLATION.c.value).where(INSTALLATION.c.name == NAME)).scalar()
    if value is None:
        return AnalysisState()
    found: dict[str, Any] = orjson.loads(value)
    at = datetime.fromisoformat(found["as_of"]) if found["as_of"] else None
    return replace(AnalysisState(**found), as_of=at, with_teams=tuple(found["with_teams"]))


def save(connection: Connection, database: Database, of: AnalysisState) -> None:
    """Keeps the state, in the transaction of the work that led to it."""
    value = orjson.dumps(asdict(of)).decode()
    insert = database.insert(INSTALLATION).values(name=NAME, value=value)
    connection.execute(insert.on_conflict_do_update(index_elements=["name"], set_={"value": value}))


def clear_results(connection: Connection) -> None:
    """Takes out all results but what was published of the past, which is to be compared with what comes."""
    for table in RESULTS:
        connection.execute(delete(table))
    connection.execute(delete(CELL).where(CELL.c.published.is_(None)))
    connection.execute(CELL.update().values(sums={}, metrics=null()))
