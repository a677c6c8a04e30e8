"""Families and their episodes."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from itertools import groupby
from operator import itemgetter
from typing import Any, NamedTuple, Self

from sqlalchemy import BindParameter, Connection, and_, bindparam, delete, func, select, update

from service.analysis.cycles import Rhythm
from service.store.database import Database
from service.store.results.facts import StoredFact, epoch_seconds
from service.store.results.family_days import DAY_S
from service.store.results.tables import EpisodeRow, FactRow, FamilyDayRow, FamilyRow
from service.store.sql import batches
from service.store.tickets.tables import table_of

FAMILY = table_of(FamilyRow)
EPISODE = table_of(EpisodeRow)
FACT = table_of(FactRow)
FAMILY_DAY = table_of(FamilyDayRow)
BATCH_SIZE = 500
_MEMBER = (
    FACT.c.family_id, FACT.c.ticket_id, FACT.c.mark, FACT.c.opened_s, FACT.c.ended_s, FACT.c.seconds,
    FACT.c.hours_are, FACT.c.team, FACT.c.resolver, FACT.c.source_id, FACT.c.title,
)  # fmt: skip
Member = tuple[int, int, str, int, int, int, str, str | None, str | None, int, str]
"""family, ticket, mark, opened, ended, seconds, hours_are, team, resolver, source, title."""
_MORE: BindParameter[int] = bindparam("more")
_FAMILY: BindParameter[int] = bindparam("of_family")
_DAY: BindParameter[int] = bindparam("of_day")
_OPENED: BindParameter[int] = bindparam("opened")
_UP_TO = EPISODE.alias("up_to")
_EPISODE = select(func.max(_UP_TO.c.start_s)).where(_UP_TO.c.family_id == _FAMILY, _UP_TO.c.start_s <= _OPENED)
_ADD_TO_FAMILY = update(FAMILY).where(FAMILY.c.id == _FAMILY).values(seconds=FAMILY.c.seconds + _MORE)
_ADD_TO_DAY = (
    update(FAMILY_DAY)
    .where(FAMILY_DAY.c.family_id == _FAMILY, FAMILY_DAY.c.day == _DAY)
    .values(seconds=FAMILY_DAY.c.seconds + _MORE)
)
_ADD_TO_EPISODE = (
    update(EPISODE)
    .where(EPISODE.c.family_id == _FAMILY, EPISODE.c.start_s == _EPISODE.scalar_subquery())
    .values(seconds=EPISODE.c.seconds + _MORE)
)


class FamilyStatus(NamedTuple):
    """The part of a family that decides how its tickets count. Tickets opened after `first_end` are repeats."""

    first_end: int
    is_endless: bool
    is_dismissed: bool


@dataclass(frozen=True, slots=True)
class Family:
    """A family as stored; see `FamilyRow`."""

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
        """The part of it that decides how its tickets count."""
        return FamilyStatus(self.first_end, self.is_endless, self.is_dismissed)

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> Self:
        """Return the family of a row."""
        values = {name: row[name] for name in cls.__slots__ if name != "rhythm"}
        return cls(rhythm=Rhythm(**row["rhythm"]), **values)

    def as_row(self) -> dict[str, Any]:
        """Return the row of the family."""
        row = {name: getattr(self, name) for name in self.__slots__}
        return row | {
            "rhythm": asdict(self.rhythm),
            # Repeated from the JSON, because queries filter and sort by them.
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


class MovedWork(NamedTuple):
    """The seconds by which the work in a ticket has grown or, below 0, shrunk: its family, and its opening."""

    family_id: int | None
    opened_s: int
    seconds: int

    @classmethod
    def of(cls, before: StoredFact, after: StoredFact) -> Self:
        """Return the difference between two facts of one ticket, neither with logged work."""
        opened = epoch_seconds(after.fact.opened_at)
        return cls(after.family_id, opened, after.fact.seconds - before.fact.seconds)


class RootTicket(NamedTuple):
    """The first ticket of a family, after which the family is named."""

    ticket_id: int
    mark: str
    title: str
    source_id: int


def members(connection: Connection, families: Sequence[int]) -> Iterator[tuple[int, list[Member]]]:
    """Yield the tickets of each of these families in the order of opening and id, with the family's id."""
    for batch in batches(families, BATCH_SIZE):
        yield from _by_family(connection, FACT.c.family_id.in_(batch))


def all_members(connection: Connection) -> Iterator[tuple[int, list[Member]]]:
    """Yield the tickets of every family, one family after the other, with the family's id."""
    yield from _by_family(connection, FACT.c.family_id.is_not(None))


def _by_family(connection: Connection, condition: Any) -> Iterator[tuple[int, list[Member]]]:
    # Tickets opened in one second are ordered by the system's id, not by ours: a store filled in another order must
    # name its families alike.
    statement = select(*_MEMBER).where(condition).order_by(FACT.c.family_id, FACT.c.opened_s, FACT.c.external_id)
    rows = connection.execute(statement, execution_options={"yield_per": 5000})
    for family_id, tickets in groupby(rows, itemgetter(0)):
        yield family_id, [tuple(row) for row in tickets]


def read(connection: Connection, families: Sequence[int]) -> dict[int, Family]:
    """Return families by id, of those that are stored."""
    by_id: dict[int, Family] = {}
    for batch in batches(families, BATCH_SIZE):
        by_id.update((family.id, family) for family in _select(connection, FAMILY.c.id.in_(batch)))
    return by_id


def statuses(connection: Connection, families: Iterable[int]) -> dict[int, FamilyStatus]:
    """Return the statuses of families by id, of those that are stored."""
    columns = select(FAMILY.c.id, *(FAMILY.c[name] for name in FamilyStatus._fields))
    by_id: dict[int, FamilyStatus] = {}
    for batch in batches(list(families), BATCH_SIZE):
        rows = connection.execute(columns.where(FAMILY.c.id.in_(batch)))
        by_id.update((number, FamilyStatus(*rest)) for number, *rest in rows)
    return by_id


def cycles(connection: Connection) -> list[Family]:
    """Return all families that are cycles, by name."""
    return sorted(_select(connection, FAMILY.c.is_cycle), key=lambda family: family.name)


def by_name(connection: Connection, name: str) -> Family | None:
    """Return the family of this present or former name, None if there is none."""
    # By the ticket that gave the name: when families are joined or an older ticket arrives, links still lead there.
    owner = select(FACT.c.family_id).where(FACT.c.mark == name).limit(1).scalar_subquery()
    return next(_select(connection, FAMILY.c.id == owner), None)


def _select(connection: Connection, condition: Any) -> Iterator[Family]:
    return (Family.from_row(dict(row._mapping)) for row in connection.execute(select(FAMILY).where(condition)))


def write(connection: Connection, database: Database, families: Iterable[Family]) -> None:
    """Write families, each in place of one of the same id."""
    rows = [family.as_row() for family in families]
    if rows:
        insert = database.insert(FAMILY)
        replaced = {column.name: insert.excluded[column.name] for column in FAMILY.c if column.name != "id"}
        connection.execute(insert.on_conflict_do_update(index_elements=["id"], set_=replaced), rows)


def mark_endless(connection: Connection, families: Iterable[int], *, is_endless: bool) -> None:
    """Mark these families as endless, or as no longer endless."""
    connection.execute(update(FAMILY).where(FAMILY.c.id.in_(list(families))).values(is_endless=is_endless))


def remove(connection: Connection, families: Sequence[int]) -> None:
    """Delete families with their episodes and days."""
    connection.execute(delete(FAMILY_DAY).where(FAMILY_DAY.c.family_id.in_(families)))
    connection.execute(delete(EPISODE).where(EPISODE.c.family_id.in_(families)))
    connection.execute(delete(FAMILY).where(FAMILY.c.id.in_(families)))


def episodes(connection: Connection, families: Sequence[int]) -> dict[int, list[Episode]]:
    """Return the episodes of these families in order, by family id, of those that have several."""
    by_family: dict[int, list[Episode]] = {}
    for batch in batches(families, BATCH_SIZE):
        statement = select(EPISODE).where(EPISODE.c.family_id.in_(batch))
        for row in connection.execute(statement.order_by(EPISODE.c.family_id, EPISODE.c.start_s)):
            by_family.setdefault(row.family_id, []).append(Episode(**row._mapping))
    return by_family


def all_episodes(connection: Connection) -> Iterator[dict[int, list[Episode]]]:
    """Yield the episodes of all families that have several, by family id, some families at a time."""
    last = None
    while True:
        conditions = [FAMILY.c.episodes > 1] + ([FAMILY.c.id > last] if last is not None else [])
        statement = select(FAMILY.c.id).where(*conditions).order_by(FAMILY.c.id).limit(BATCH_SIZE)
        numbers = list(connection.execute(statement).scalars())
        if not numbers:
            return
        yield episodes(connection, numbers)
        last = numbers[-1]


def replace_episodes(connection: Connection, families: Sequence[int], episodes: Iterable[Episode]) -> None:
    """Write the episodes of families in place of their former ones."""
    for batch in batches(families, BATCH_SIZE):
        connection.execute(delete(EPISODE).where(EPISODE.c.family_id.in_(batch)))
    rows = [asdict(episode) for episode in episodes]
    if rows:
        connection.execute(EPISODE.insert(), rows)


def move_work(connection: Connection, moved: Iterable[MovedWork]) -> None:
    """Add work to families, their days and their episodes, where nothing else has changed."""
    rows = [(family_id, opened, seconds) for family_id, opened, seconds in moved if family_id is not None and seconds]
    if rows:
        families = [{"of_family": family_id, "more": more} for family_id, _, more in rows]
        days = [{"of_family": family_id, "of_day": opened // DAY_S, "more": more} for family_id, opened, more in rows]
        episodes = [{"of_family": family_id, "opened": opened, "more": more} for family_id, opened, more in rows]
        connection.execute(_ADD_TO_FAMILY, families)
        connection.execute(_ADD_TO_DAY, days)
        connection.execute(_ADD_TO_EPISODE, episodes)


def root_at(connection: Connection, family_id: int, opened_s: int) -> RootTicket:
    """Return the first of a family's tickets that were opened in one second."""
    conditions = FACT.c.family_id == family_id, FACT.c.opened_s == opened_s
    columns = select(FACT.c.ticket_id, FACT.c.mark, FACT.c.title, FACT.c.source_id)
    return RootTicket(*connection.execute(columns.where(*conditions).order_by(FACT.c.external_id).limit(1)).one())


def of_names(connection: Connection, names: Iterable[str]) -> set[int]:
    """Return the ids of the families that have, or once had, these names."""
    numbers = connection.execute(select(FACT.c.family_id).where(FACT.c.mark.in_(sorted(names)))).scalars()
    return {number for number in numbers if number is not None}


def tickets_between(connection: Connection, family_id: int, begin: int, end: int) -> list[int]:
    """Return the numbers of a family's tickets opened after `begin` and not after `end`, in seconds since 1970."""
    condition = and_(FACT.c.family_id == family_id, FACT.c.opened_s > begin, FACT.c.opened_s <= end)
    return list(connection.execute(select(FACT.c.ticket_id).where(condition)).scalars())
