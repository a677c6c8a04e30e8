"""The state of the analysis: its last moment, and the rules and settings it used."""

from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import Connection, delete, null, select

from service.store.database import Database
from service.store.results.tables import (  # fmt: skip
    ActiveSpanRow,
    CellRow,
    CertainKeyRow,
    EpisodeRow,
    FactLinkRow,
    FactRow,
    FamilyRow,
    FamilyWeekRow,
    FixRow,
    LookupKeyRow,
    RecallRow,
    ShapeKeyRow,
    ShapeRow,
    TitleLabelRow,
)
from service.store.tickets.tables import InstallationRow, table_of

INSTALLATION = table_of(InstallationRow)
NAME = "analysis"
RESULTS = tuple(
    table_of(model)
    for model in (
        EpisodeRow, FixRow, FamilyWeekRow, FamilyRow, CertainKeyRow, LookupKeyRow, ShapeKeyRow, ShapeRow, FactLinkRow,
        RecallRow, TitleLabelRow, FactRow, ActiveSpanRow,
    )
)  # fmt: skip
CELL = table_of(CellRow)


@dataclass(frozen=True, slots=True)
class AnalysisState:
    """The moment, rules and settings of the last analysis; `whole` is False while a rebuild is unfinished.

    `with_teams` are the sources whose tickets have teams. `number` counts the analyses, of which one second may see
    several. `partial` is true where a first pull was under way: its results are not published.
    """

    as_of: datetime | None = None
    signature: str = ""
    whole: bool = False
    with_teams: tuple[str, ...] = ()
    number: int = 0
    partial: bool = False


def create_tables(database: Database) -> None:
    """Create all tables in an empty database for results of one moment; it has no version and is never upgraded."""
    # All migrations one after the other take several times as long.
    with database.write() as connection:
        CELL.metadata.create_all(connection)


def load(connection: Connection) -> AnalysisState:
    """Return the state of the analysis, the default one if there was none."""
    text = connection.execute(select(INSTALLATION.c.value).where(INSTALLATION.c.name == NAME)).scalar()
    if text is None:
        return AnalysisState()
    values: dict[str, Any] = orjson.loads(text)
    as_of = datetime.fromisoformat(values["as_of"]) if values["as_of"] else None
    return replace(AnalysisState(**values), as_of=as_of, with_teams=tuple(values["with_teams"]))


def save(connection: Connection, database: Database, state: AnalysisState) -> None:
    """Store the state, in the transaction of the results that it describes."""
    # In a transaction of its own, a process killed in between would leave results that claim another moment.
    value = orjson.dumps(asdict(state)).decode()
    insert = database.insert(INSTALLATION).values(name=NAME, value=value)
    connection.execute(insert.on_conflict_do_update(index_elements=["name"], set_={"value": value}))


def clear_results(connection: Connection) -> None:
    """Delete all results but the published metrics of past periods."""
    for table in RESULTS:
        connection.execute(delete(table))
    # A rebuild compares its metrics with the published ones, to report what it restates and why.
    connection.execute(delete(CELL).where(CELL.c.published.is_(None)))
    connection.execute(CELL.update().values(sums={}, metrics=null()))
