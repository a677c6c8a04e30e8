"""Tables of families: their episodes, weeks and fixes."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Boolean, Column, Index, Text, text
from sqlmodel import Field, SQLModel

from service.store.tickets.tables import BIGINT, bigint_field
from service.store.types import UtcDateTime


class FamilyRow(SQLModel, table=True):
    """One family. Times are seconds since 1970; `is_endless` is as of the last analysis.

    `name` is shown to people. It is derived from the oldest ticket of the family.
    """

    __tablename__ = "family"
    __table_args__ = (
        Index("family_by_name", "name"),
        Index("family_cycles", "id", sqlite_where=text("is_cycle = 1"), postgresql_where=text("is_cycle")),
        Index(
            "family_returning",
            "last_opening",
            sqlite_where=text("episodes > 1"),
            postgresql_where=text("episodes > 1"),
        ),
    )

    id: int = Field(sa_column=Column(BIGINT, primary_key=True, autoincrement=False))
    source_id: int
    name: str = ""
    title: str = Field(default="", sa_type=Text)
    tickets: int = 0
    seconds: int = bigint_field(default=0)
    logged_seconds: int = bigint_field(default=0)
    failures: int = 0
    requests: int = 0
    first_start: int = bigint_field(default=0)
    rhythm: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
    episodes: int = 0
    last_opening: int = bigint_field(default=0)
    teams: dict[str, int] = Field(default_factory=dict, sa_type=JSON)
    resolvers: dict[str, int] = Field(default_factory=dict, sa_type=JSON)
    is_cycle: bool = Field(default=False, sa_type=Boolean)
    is_endless: bool = Field(default=False, sa_type=Boolean)
    is_dismissed: bool = Field(default=False, sa_type=Boolean)


class EpisodeRow(SQLModel, table=True):
    """One episode of a family that has several tickets."""

    __tablename__ = "episode"
    __table_args__ = {"sqlite_with_rowid": False}

    family_id: int = bigint_field(primary_key=True)
    start_s: int = bigint_field(primary_key=True)
    last_s: int = bigint_field()
    tickets: int
    seconds: int = bigint_field()
    first_ticket: int = bigint_field()
    is_return: bool = Field(sa_type=Boolean)


class FamilyWeekRow(SQLModel, table=True):
    """A local week in which tickets of a family came, of one that has several; weeks count from 1969-12-29.

    `is_endless`: at its end the family was known to be an endless cycle.
    """

    __tablename__ = "family_week"
    __table_args__ = {"sqlite_with_rowid": False}

    family_id: int = bigint_field(primary_key=True)
    week: int = Field(primary_key=True)
    tickets: int
    is_endless: bool = Field(sa_type=Boolean)


class FixRow(SQLModel, table=True):
    """One fix of one family, and its outcome at the last analysis."""

    __tablename__ = "fix"
    __table_args__ = {"sqlite_with_rowid": False}

    family_id: int = bigint_field(primary_key=True)
    ticket_id: int = bigint_field(primary_key=True)
    at: datetime = Field(sa_type=UtcDateTime)
    outcome: str
    verdict: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
    entries: list[Any] = Field(default_factory=list, sa_type=JSON)
