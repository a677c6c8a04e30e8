"""Families, their episodes and their fixes."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from itertools import groupby
from operator import itemgetter
from typing import Any, NamedTuple, Self

from sqlalchemy import Connection, and_, bindparam, delete, func, select, update

from service.analysis.cycles import Rhythm
from service.store.database import Database
from service.store.results.facts import Work
from service.store.results.tables import EpisodeRow, FactRow, FamilyDayRow, FamilyRow
from service.store.tickets.tables import table_of

FAMILY = table_of(FamilyRow)
EPISODE = table_of(EpisodeRow)
FACT = table_of(FactRow)
AT_ONCE = 500
DAY_S = 86_400
FAMILY_DAY = table_of(FamilyDayRow)
_MEMBER = (
    FACT.c.family_id, FACT.c.ticket_id, FACT.c.mark, FACT.c.opened_s, FACT.c.ended_s, FACT.c.seconds,
    FACT.c.hours_are, FACT.c.team, FACT.c.resolver, FACT.c.source_id, FACT.c.title,
)  # fmt: skip
Member = tuple[int, int, str, int, int, int, str, str | None, str | None, int, str]
"""family, ticket, mark, opened, ended, seconds, hours_are, team, resolver, source, title."""


class FamilyStatus(NamedTuple):
    """What a family says of its tickets: those opened after its first episode's end are repeats."""

    first_end: int
    is_endless: bool
    is_dismissed: bool


@dataclass(frozen=True, slots=True)
class Family:
    """A family as it is kept; see `FamilyRow`."""

    id: int
    source_id: int
    name: str
    title: str
    tickets: int
    seconds: int
    logged_seconds: int
    first_end: int
    rhythm: Rhythm
    teams: dict[str, int] = field(default_factory=dict)
    resolvers: dict[str, int] = field(default_factory=dict)
    is_cycle: bool = False
    is_endless: bool = False
    is_dismissed: bool = False

    @property
    def status(self) -> FamilyStatus:
        """What it says of its tickets."""
        return FamilyStatus(self.first_end, self.is_endless, self.is_dismissed)

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Self:
        """The family of a row."""
        values = {name: row[name] for name in cls.__slots__ if name != "rhythm"}
        return cls(rhythm=Rhythm(**row["rhythm"]), **values)

    def as_row(self) -> dict[str, Any]:
        """The row of a family."""
        row = {name: getattr(self, name) for name in self.__slots__}
        return row | {
            "rhythm": asdict(self.rhythm),
            "first_start": self.rhythm.first_start,
            "episodes": self.rhythm.episodes,
            "last_end": self.rhythm.last_end,
        }


@dataclass(frozen=True, slots=True)
class Episode:
    """One episode of a family; times are seconds since 1970, `first_ticket` is the number of its first ticket."""

    family_id: int
    number: int
    start_s: int
    end_s: int
    tickets: int
    seconds: int
    first_ticket: int


class FamilyDay(NamedTuple):
    """The tickets of a family that were opened on one day of UTC, counted from 1970: when the first was opened, when
    the last ended, and their work.
    """

    day: int
    first_s: int
    end_s: int
    tickets: int
    seconds: int
    logged_seconds: int

    @classmethod
    def of_tickets(cls, day: int, found: Sequence[Work]) -> Self | None:
        """A day of these tickets; None where there is none."""
        if not found:
            return None
        opened, ended, seconds, logged = zip(*found, strict=True)
        return cls(day, min(opened), max(ended), len(found), sum(seconds), sum(logged))

    def merge(self, other: Self) -> Self:
        """Both together."""
        first, end = min(self.first_s, other.first_s), max(self.end_s, other.end_s)
        return self._replace(first_s=first, end_s=end)._counting(other, 1)

    def subtract(self, other: Self) -> Self:
        """This without a part of it that holds neither its first opening nor its last end."""
        return self._counting(other, -1)

    def _counting(self, other: Self, sign: int) -> Self:
        return self._replace(
            tickets=self.tickets + sign * other.tickets,
            seconds=self.seconds + sign * other.seconds,
            logged_seconds=self.logged_seconds + sign * other.logged_seconds,
        )


class RootTicket(NamedTuple):
    """The first ticket of a family, or of a day of it."""

    ticket_id: int
    mark: str
    title: str
    source_id: int


def members(connection: Connection, families: Sequence[int]) -> Iterator[tuple[int, list[Member]]]:
    """The tickets of each of these families, in the order of (opened, id)."""
    for start in range(0, len(families), AT_ONCE):
        some = FACT.c.family_id.in_(families[start : start + AT_ONCE])
        yield from _grouped(connection, some)


def all_members(connection: Connection) -> Iterator[tuple[int, list[Member]]]:
    """The tickets of every family, one family after the other."""
    yield from _grouped(connection, FACT.c.family_id.is_not(None))


def _grouped(connection: Connection, condition: Any) -> Iterator[tuple[int, list[Member]]]:
    statement = select(*_MEMBER).where(condition).order_by(FACT.c.family_id, FACT.c.opened_s, FACT.c.external_id)
    rows = connection.execute(statement, execution_options={"yield_per": 5000})
    for family_id, found in groupby(rows, itemgetter(0)):
        yield family_id, [tuple(row) for row in found]


def read(connection: Connection, families: Sequence[int]) -> dict[int, Family]:
    """Families by number, as far as they are stored."""
    found: dict[int, Family] = {}
    for start in range(0, len(families), AT_ONCE):
        some = FAMILY.c.id.in_(families[start : start + AT_ONCE])
        found.update((one.id, one) for one in _select(connection, some))
    return found


def statuses(connection: Connection, families: Iterable[int]) -> dict[int, FamilyStatus]:
    """What families say of their tickets, by number, as far as they are stored."""
    wanted = list(families)
    found: dict[int, FamilyStatus] = {}
    for start in range(0, len(wanted), AT_ONCE):
        some = FAMILY.c.id.in_(wanted[start : start + AT_ONCE])
        rows = connection.execute(select(FAMILY.c.id, *(FAMILY.c[name] for name in FamilyStatus._fields)).where(some))
        found.update((number, FamilyStatus(*rest)) for number, *rest in rows)
    return found


def cycles(connection: Connection) -> list[Family]:
    """All families that are cycles, by name."""
    return sorted(_select(connection, FAMILY.c.is_cycle), key=lambda family: family.name)


def by_name(connection: Connection, name: str) -> Family | None:
    """The family to which the ticket belongs whose family once had this name: a former name is found as well."""
    owner = select(FACT.c.family_id).where(FACT.c.mark == name).limit(1).scalar_subquery()
    return next(_select(connection, FAMILY.c.id == owner), None)


def _select(connection: Connection, condition: Any) -> Iterator[Family]:
    return (Family.of(dict(row._mapping)) for row in connection.execute(select(FAMILY).where(condition)))


def write(connection: Connection, database: Database, families: Iterable[Family]) -> None:
    """Writes families; one of the same number is replaced."""
    rows = [family.as_row() for family in families]
    if rows:
        insert = database.insert(FAMILY)
        replaced = {column.name: insert.excluded[column.name] for column in FAMILY.c if column.name != "id"}
        connection.execute(insert.on_conflict_do_update(index_elements=["id"], set_=replaced), rows)


def mark_endless(connection: Connection, families: Iterable[int], *, is_endless: bool) -> None:
    """Notes that these families are endless, or no longer so."""
    connection.execute(update(FAMILY).where(FAMILY.c.id.in_(list(families))).values(is_endless=is_endless))


def remove(connection: Connection, families: Sequence[int]) -> None:
    """Takes out families with their episodes and days."""
    connection.execute(delete(FAMILY_DAY).where(FAMILY_DAY.c.family_id.in_(families)))
    connection.execute(delete(EPISODE).where(EPISODE.c.family_id.in_(families)))
    connection.execute(delete(FAMILY).where(FAMILY.c.id.in_(families)))


def episodes(connection: Connection, families: Sequence[int]) -> dict[int, list[Episode]]:
    """The episodes of those of these families that have several, by number of family, in order."""
    found: dict[int, list[Episode]] = {}
    for start in range(0, len(families), AT_ONCE):
        some = EPISODE.c.family_id.in_(families[start : start + AT_ONCE])
        statement = select(EPISODE).where(some).order_by(EPISODE.c.family_id, EPISODE.c.start_s)
        for row in connection.execute(statement):
            found.setdefault(row.family_id, []).append(Episode(**row._mapping))
    return found


def all_episodes(connection: Connection) -> Iterator[dict[int, list[Episode]]]:
    """The episodes of all families that have several, some families at a time."""
    last = None
    while True:
        several = [FAMILY.c.episodes > 1] + ([FAMILY.c.id > last] if last is not None else [])
        statement = select(FAMILY.c.id).where(*several).order_by(FAMILY.c.id).limit(AT_ONCE)
        numbers = list(connection.execute(statement).scalars())
        if not numbers:
            return
        yield episodes(connection, numbers)
        last = numbers[-1]


def replace_episodes(connection: Connection, families: Sequence[int], fresh: Iterable[Episode]) -> None:
    """Writes the episodes of families in place of those they had."""
    for start in range(0, len(families), AT_ONCE):
        connection.execute(delete(EPISODE).where(EPISODE.c.family_id.in_(families[start : start + AT_ONCE])))
    rows = [asdict(one) for one in fresh]
    if rows:
        connection.execute(EPISODE.insert(), rows)


def days(connection: Connection, families: Sequence[int]) -> dict[int, list[FamilyDay]]:
    """The days of these families, by number of family, in order."""
    found: dict[int, list[FamilyDay]] = {}
    for start in range(0, len(families), AT_ONCE):
        some = FAMILY_DAY.c.family_id.in_(families[start : start + AT_ONCE])
        ordered = select(FAMILY_DAY).where(some).order_by(FAMILY_DAY.c.family_id, FAMILY_DAY.c.day)
        for family_id, *rest in connection.execute(ordered).all():
            found.setdefault(family_id, []).append(FamilyDay(*rest))
    return found


def replace_days(connection: Connection, families: Sequence[int], fresh: Iterable[tuple[int, FamilyDay]]) -> None:
    """Writes the days of families in place of those they had."""
    for start in range(0, len(families), AT_ONCE):
        connection.execute(delete(FAMILY_DAY).where(FAMILY_DAY.c.family_id.in_(families[start : start + AT_ONCE])))
    rows = [{"family_id": family_id, **day._asdict()} for family_id, day in fresh]
    if rows:
        connection.execute(FAMILY_DAY.insert(), rows)


def count_day(connection: Connection, family_id: int, day: int) -> FamilyDay | None:
    """One day of a family, counted anew from its tickets; None where none was opened on it."""
    span = {"family": family_id, "begin": day * DAY_S, "end": (day + 1) * DAY_S}
    row = connection.execute(_COUNT_DAY, span).one()
    return FamilyDay(day, *map(int, row)) if row[2] else None


def root_at(connection: Connection, family_id: int, opened_s: int) -> RootTicket:
    """The first of a family's tickets that were opened at one second."""
    here = FACT.c.family_id == family_id, FACT.c.opened_s == opened_s
    columns = select(FACT.c.ticket_id, FACT.c.mark, FACT.c.title, FACT.c.source_id)
    return RootTicket(*connection.execute(columns.where(*here).order_by(FACT.c.external_id).limit(1)).one())


def of_names(connection: Connection, marks: Iterable[str]) -> set[int]:
    """The families of the tickets that have these marks."""
    found = connection.execute(select(FACT.c.family_id).where(FACT.c.mark.in_(sorted(marks)))).scalars()
    return {number for number in found if number is not None}


def tickets_between(connection: Connection, family_id: int, begin: int, end: int) -> list[int]:
    """The numbers of a family's tickets that were opened after `begin` and not after `end`, in seconds since 1970."""
    here = and_(FACT.c.family_id == family_id, FACT.c.opened_s > begin, FACT.c.opened_s <= end)
    return list(connection.execute(select(FACT.c.ticket_id).where(here)).scalars())


_LOGGED = func.coalesce(func.sum(FACT.c.seconds).filter(FACT.c.hours_are == "logged"), 0)
_OPENED = and_(
    FACT.c.family_id == bindparam("family"), FACT.c.opened_s >= bindparam("begin"), FACT.c.opened_s < bindparam("end")
)
_COUNT_DAY = select(
    func.min(FACT.c.opened_s), func.max(FACT.c.ended_s), func.count(), func.sum(FACT.c.seconds), _LOGGED
).where(_OPENED)  # fmt: skip
