"""Families with their episodes and weeks."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from itertools import groupby
from operator import itemgetter
from typing import Any, NamedTuple, Self

from sqlalchemy import BindParameter, Connection, Table, bindparam, delete, func, select, update

from service.analysis.cycles import Rhythm, Work
from service.store.database import Database
from service.store.results.facts import StoredFact
from service.store.results.tables import EpisodeRow, FactRow, FamilyRow, FamilyWeekRow
from service.store.sql import batches
from service.store.tickets.tables import table_of

FAMILY = table_of(FamilyRow)
EPISODE = table_of(EpisodeRow)
WEEK = table_of(FamilyWeekRow)
FACT = table_of(FactRow)
BATCH_SIZE = 500
_MORE: BindParameter[int] = bindparam("more")
_FAMILY: BindParameter[int] = bindparam("of_family")
_BURST: BindParameter[int] = bindparam("burst")
_UP_TO = EPISODE.alias("up_to")
_EPISODE = select(func.max(_UP_TO.c.start_s)).where(_UP_TO.c.family_id == _FAMILY, _UP_TO.c.start_s <= _BURST)
_ADD_TO_FAMILY = update(FAMILY).where(FAMILY.c.id == _FAMILY).values(seconds=FAMILY.c.seconds + _MORE)
_ADD_TO_EPISODE = (
    update(EPISODE)
    .where(EPISODE.c.family_id == _FAMILY, EPISODE.c.start_s == _EPISODE.scalar_subquery())
    .values(seconds=EPISODE.c.seconds + _MORE)
)


class Member(NamedTuple):
    """A ticket of a family, as far as families are computed from it."""

    family_id: int
    ticket_id: int
    mark: str
    burst_s: int
    repaired_s: int
    seconds: int
    hours_are: str
    work_class: str
    team: str | None
    resolver: str | None
    source_id: int
    title: str
    is_repeat: bool
    is_endless: bool
    leads: int


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
    failures: int
    requests: int
    rhythm: Rhythm
    teams: dict[str, int] = field(default_factory=dict)
    resolvers: dict[str, int] = field(default_factory=dict)
    is_cycle: bool = False
    is_endless: bool = False
    is_dismissed: bool = False

    @property
    def work(self) -> Work:
        """The work of most of its tickets: a failure, with rework, or a request."""
        return "request" if self.requests > self.failures else "failure"

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> Self:
        """Return the family of a row."""
        values = {name: row[name] for name in cls.__slots__ if name != "rhythm"}
        rhythm = row["rhythm"]
        # JSON has no tuples.
        weeks = tuple((number, tickets) for number, tickets in rhythm["weeks"])
        return cls(rhythm=Rhythm(**rhythm | {"recent": tuple(rhythm["recent"]), "weeks": weeks}), **values)

    def as_row(self) -> dict[str, Any]:
        """Return the row of the family."""
        row = {name: getattr(self, name) for name in self.__slots__}
        return row | {
            "rhythm": asdict(self.rhythm),
            # Repeated from the JSON, because queries filter and sort by them.
            "first_start": self.rhythm.first_start,
            "episodes": self.rhythm.episodes,
            "last_opening": self.rhythm.last_opening,
        }


class Episode(NamedTuple):
    """One episode of a family; times are seconds since 1970, `first_ticket` is the number of its first ticket."""

    family_id: int
    start_s: int
    last_s: int
    tickets: int
    seconds: int
    first_ticket: int
    is_return: bool


class FamilyWeek(NamedTuple):
    """A local week in which tickets of a family came; see `FamilyWeekRow`."""

    family_id: int
    week: int
    tickets: int
    is_endless: bool


class MovedWork(NamedTuple):
    """The seconds by which the work in a ticket has grown or, below 0, shrunk: its family, and its burst."""

    family_id: int | None
    burst_s: int
    seconds: int

    @classmethod
    def of(cls, before: StoredFact, after: StoredFact) -> Self:
        """Return the difference between two facts of one ticket, neither with logged work."""
        return cls(after.family_id, after.burst_s, after.fact.seconds - before.fact.seconds)


class RootTicket(NamedTuple):
    """The first ticket of a family, after which the family is named."""

    ticket_id: int
    mark: str
    title: str
    source_id: int


def members(connection: Connection, families: Sequence[int]) -> Iterator[tuple[int, Iterator[Member]]]:
    """Yield each of these families' id with its tickets in the order of bursts and ids, to be read before the next."""
    for batch in batches(families, BATCH_SIZE):
        yield from _by_family(connection, FACT.c.family_id.in_(batch))


def all_members(connection: Connection) -> Iterator[tuple[int, Iterator[Member]]]:
    """Yield the id of every family with its tickets, to be read before the next."""
    yield from _by_family(connection, FACT.c.family_id.is_not(None))


def _by_family(connection: Connection, condition: Any) -> Iterator[tuple[int, Iterator[Member]]]:
    statement = select(*(FACT.c[name] for name in Member._fields)).where(condition)
    rows = connection.execute(statement.order_by(FACT.c.family_id, *FIRST), execution_options={"yield_per": 5000})
    for family_id, tickets in groupby(rows, itemgetter(0)):
        yield family_id, map(Member._make, tickets)


# Tickets opened in one second are ordered by the system's id, not by ours: a store filled in another order must name
# its families alike.
FIRST = (FACT.c.burst_s, FACT.c.opened_s, FACT.c.external_id)


def read(connection: Connection, families: Sequence[int]) -> dict[int, Family]:
    """Return families by id, of those that are stored."""
    by_id: dict[int, Family] = {}
    for batch in batches(families, BATCH_SIZE):
        by_id.update((family.id, family) for family in _select(connection, FAMILY.c.id.in_(batch)))
    return by_id


def cycles(connection: Connection) -> list[Family]:
    """Return all families that are cycles, by name."""
    return sorted(_select(connection, FAMILY.c.is_cycle), key=lambda family: family.name)


def cycles_without(connection: Connection, excluded: Collection[int], work: Work, most: int) -> list[int]:
    """Return the ids of the first cycles by name, of one kind of work, neither dismissed nor among those excluded."""
    is_request = FAMILY.c.requests > FAMILY.c.failures
    conditions = FAMILY.c.is_cycle, ~FAMILY.c.is_dismissed, is_request if work == "request" else ~is_request
    statement = select(FAMILY.c.id).where(*conditions).order_by(FAMILY.c.name).limit(most + len(excluded))
    return [number for number in connection.execute(statement).scalars() if number not in excluded][:most]


def by_name(connection: Connection, name: str) -> Family | None:
    """Return the family of this present or former name, None if there is none."""
    # By the ticket that gave the name: when families are joined or an older ticket arrives, links still lead there.
    owner = select(FACT.c.family_id).where(FACT.c.mark == name).limit(1).scalar_subquery()
    return next(_select(connection, FAMILY.c.id == owner), None)


def _select(connection: Connection, condition: Any) -> Iterator[Family]:
    return (Family.from_row(dict(row._mapping)) for row in connection.execute(select(FAMILY).where(condition)))


def write(connection: Connection, database: Database, families: Iterable[Family]) -> None:
    """Write families, each in place of one of the same id."""
    _upsert(connection, database, FAMILY, [family.as_row() for family in families])


def _upsert(connection: Connection, database: Database, table: Table, rows: Sequence[dict[str, Any]]) -> None:
    if rows:
        insert = database.insert(table)
        keys = [column.name for column in table.primary_key]
        replaced = {column.name: insert.excluded[column.name] for column in table.c if column.name not in keys}
        connection.execute(insert.on_conflict_do_update(index_elements=keys, set_=replaced), rows)


def mark_endless(connection: Connection, families: Iterable[int], *, is_endless: bool) -> None:
    """Mark these families as endless, or as no longer endless."""
    connection.execute(update(FAMILY).where(FAMILY.c.id.in_(list(families))).values(is_endless=is_endless))


def remove(connection: Connection, families: Sequence[int]) -> None:
    """Delete families with their episodes and weeks."""
    for table, key in ((WEEK, WEEK.c.family_id), (EPISODE, EPISODE.c.family_id), (FAMILY, FAMILY.c.id)):
        connection.execute(delete(table).where(key.in_(families)))


def episodes(connection: Connection, families: Sequence[int]) -> dict[int, list[Episode]]:
    """Return the episodes of these families in order, by family id, of those that have several tickets."""
    by_family: dict[int, list[Episode]] = {}
    for batch in batches(families, BATCH_SIZE):
        statement = select(EPISODE).where(EPISODE.c.family_id.in_(batch))
        for row in connection.execute(statement.order_by(EPISODE.c.family_id, EPISODE.c.start_s)):
            by_family.setdefault(row[0], []).append(Episode._make(row))
    return by_family


def weeks(connection: Connection, families: Sequence[int]) -> dict[int, list[FamilyWeek]]:
    """Return the weeks of these families in order, by family id, of those that have several tickets."""
    by_family: dict[int, list[FamilyWeek]] = {}
    for batch in batches(families, BATCH_SIZE):
        statement = select(WEEK).where(WEEK.c.family_id.in_(batch))
        for row in connection.execute(statement.order_by(WEEK.c.family_id, WEEK.c.week)):
            by_family.setdefault(row[0], []).append(FamilyWeek._make(row))
    return by_family


def replace_episodes(
    connection: Connection, database: Database, before: Iterable[Episode], after: Iterable[Episode]
) -> None:
    """Write episodes in place of former ones; those that are in both stay as they are."""
    _replace(connection, database, EPISODE, before, after)


def replace_weeks(
    connection: Connection, database: Database, before: Iterable[FamilyWeek], after: Iterable[FamilyWeek]
) -> None:
    """Write weeks in place of former ones; those that are in both stay as they are."""
    _replace(connection, database, WEEK, before, after)


def _replace(
    connection: Connection,
    database: Database,
    table: Table,
    before: Iterable[Episode] | Iterable[FamilyWeek],
    after: Iterable[Episode] | Iterable[FamilyWeek],
) -> None:
    """Write rows whose first two columns are the key in place of others."""
    # A family of years has many rows, of which a changed ticket moves one or two.
    old, new = {row[:2]: row for row in before}, {row[:2]: row for row in after}
    first, second = table.primary_key
    gone = [{"first": key[0], "second": key[1]} for key in old.keys() - new.keys()]
    if gone:
        connection.execute(delete(table).where(first == bindparam("first"), second == bindparam("second")), gone)
    _upsert(connection, database, table, [row._asdict() for key, row in new.items() if old.get(key) != row])


def move_work(connection: Connection, moved: Iterable[MovedWork]) -> None:
    """Add work to families and their episodes, where nothing else has changed."""
    rows = [(family_id, burst_s, seconds) for family_id, burst_s, seconds in moved if family_id is not None and seconds]
    if rows:
        families = [{"of_family": family_id, "more": more} for family_id, _, more in rows]
        episodes = [{"of_family": family_id, "burst": burst_s, "more": more} for family_id, burst_s, more in rows]
        connection.execute(_ADD_TO_FAMILY, families)
        connection.execute(_ADD_TO_EPISODE, episodes)


def root_at(connection: Connection, family_id: int, burst_s: int) -> RootTicket:
    """Return the first of a family's tickets of one burst second."""
    conditions = FACT.c.family_id == family_id, FACT.c.burst_s == burst_s
    columns = select(FACT.c.ticket_id, FACT.c.mark, FACT.c.title, FACT.c.source_id)
    return RootTicket(*connection.execute(columns.where(*conditions).order_by(*FIRST).limit(1)).one())


def of_names(connection: Connection, names: Iterable[str]) -> set[int]:
    """Return the ids of the families that have, or once had, these names."""
    numbers = connection.execute(select(FACT.c.family_id).where(FACT.c.mark.in_(sorted(names)))).scalars()
    return {number for number in numbers if number is not None}
