"""Tables of sums by scope and day, the recall of sources, and the parts of reports."""

from typing import Any

from sqlalchemy import JSON, Column, Index, Integer, LargeBinary, text
from sqlmodel import Field, SQLModel

from service.store.tickets.tables import BIGINT, bigint_field
from service.store.types import NULLABLE_JSON


class ScopeRow(SQLModel, table=True):
    """A scope of metrics: `all`, or one value of one dimension."""

    __tablename__ = "scope"
    __table_args__ = (Index("scope_identity", "dimension", "value", unique=True),)

    id: int | None = Field(default=None, sa_column=Column(Integer, primary_key=True, autoincrement=True))
    dimension: str
    value: str


class CellRow(SQLModel, table=True):
    """The sums of one scope over one day, week or month, and the metrics computed from them.

    `published` holds the metrics at the first analysis after the end of the period, `restated` why they differ now.
    """

    __tablename__ = "cell"
    __table_args__ = (
        Index("cell_by_time", "grain", "start"),
        Index(
            "cell_to_measure",
            "grain",
            sqlite_where=text("metrics IS NULL"),
            postgresql_where=text("metrics IS NULL"),
        ),
        {"sqlite_with_rowid": False},
    )

    scope_id: int = Field(primary_key=True)
    grain: str = Field(primary_key=True)
    start: str = Field(primary_key=True)
    sums: dict[str, int] = Field(sa_type=JSON)
    metrics: dict[str, Any] | None = Field(default=None, sa_type=NULLABLE_JSON)
    published: dict[str, Any] | None = Field(default=None, sa_type=NULLABLE_JSON)
    restated: dict[str, Any] | None = Field(default=None, sa_type=NULLABLE_JSON)


class RecallRow(SQLModel, table=True):
    """A ticket that people marked as a duplicate, and whether the matcher recognises it by its text alone."""

    __tablename__ = "recall"

    ticket_id: int = Field(sa_column=Column(BIGINT, primary_key=True, autoincrement=False))
    source_id: int
    shape_id: int = bigint_field()
    opened_s: int = bigint_field()
    recognised: bool


class ReportPartRow(SQLModel, table=True):
    """A part of the report on one scope, computed from one analysis, for pages to read.

    `stamp` identifies the analysis and the settings.
    """

    __tablename__ = "kept"

    scope: str = Field(primary_key=True)
    part: str = Field(primary_key=True)
    stamp: str
    document: bytes = Field(sa_type=LargeBinary)


class ForecastRow(SQLModel, table=True):
    """A forecast as it was made, by the ticket that names the family: the tickets of 13 weeks from `week` on.

    `base` is how many it rests on, `came` how many there were, once these weeks are over. Weeks count from 1969-12-29.
    """

    __tablename__ = "forecast"

    source_id: int = Field(primary_key=True)
    external_id: str = Field(primary_key=True)
    week: int = Field(primary_key=True)
    base: int
    expected: float
    low: int
    high: int
    came: int | None = None
