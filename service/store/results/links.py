"""Ties: the links of tickets as the analysis follows them, to fixes and to causes."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, and_, delete, literal_column, select

from service.store.database import Database
from service.store.results.tables import FactLinkRow, FactRow
from service.store.sql import BulkInsert, group_pairs
from service.store.tickets.tables import table_of

TIE = table_of(FactLinkRow)
FACT = table_of(FactRow)
AT_ONCE = 1000
TO_FIXES = ("problem", "change", "parent", "child", "related")
"""Links by which a reactive ticket and the work that is to end its problem know each other."""

Target = tuple[int, str]
"""A ticket by the number of its source and its id there."""


class LinkStore:
    """Reads and writes ties of one database."""

    def __init__(self, database: Database) -> None:
        insert = database.insert(TIE).on_conflict_do_nothing()
        self._insert = BulkInsert(insert, TIE, [column.name for column in TIE.c], database.dialect)

    def replace(self, connection: Connection, tickets: Sequence[int], ties: Iterable[Mapping[str, Any]]) -> None:
        """Writes the ties of tickets in place of those they had."""
        connection.execute(delete(TIE).where(TIE.c.ticket_id.in_(tickets)))
        self._insert.run(connection, list(ties))


def named_causes(connection: Connection, targets: Sequence[Target]) -> set[Target]:
    """Those of these tickets that some ticket names as its cause."""
    found: set[Target] = set()
    for source_id, some in group_pairs(targets):
        here = TIE.c.source_id == source_id, TIE.c.target.in_(some), TIE.c.relation == "caused_by"
        rows = connection.execute(select(TIE.c.target).where(*here).distinct()).scalars()
        found.update((source_id, target) for target in rows)
    return found


def causes_of(connection: Connection, tickets: Sequence[int]) -> set[Target]:
    """The tickets that these name as their cause."""
    found: set[Target] = set()
    for start in range(0, len(tickets), AT_ONCE):
        here = TIE.c.ticket_id.in_(tickets[start : start + AT_ONCE]), TIE.c.relation == "caused_by"
        rows = connection.execute(select(TIE.c.source_id, TIE.c.target).where(*here))
        found.update((source_id, target) for source_id, target in rows)
    return found


def causing(connection: Connection, tickets: Sequence[int]) -> set[int]:
    """Those of these tickets that say themselves what they have caused."""
    found: set[int] = set()
    for start in range(0, len(tickets), AT_ONCE):
        here = TIE.c.ticket_id.in_(tickets[start : start + AT_ONCE]), TIE.c.relation == "causes"
        found.update(connection.execute(select(TIE.c.ticket_id).where(*here)).scalars())
    return found


def ticket_numbers(connection: Connection, targets: Sequence[Target]) -> list[int]:
    """The numbers of these tickets, as far as they are analysed."""
    found: list[int] = []
    for source_id, some in group_pairs(targets):
        here = FACT.c.source_id == source_id, FACT.c.external_id.in_(some)
        found += connection.execute(select(FACT.c.ticket_id).where(*here)).scalars()
    return found


def fixes(connection: Connection) -> set[tuple[int, int]]:
    """(family, number of the ticket) of every resolved proactive ticket that is tied to a ticket of a family.

    The nature is written out, as the partial index has it: a parameter would hide that from the database.
    """
    member, fix = FACT.alias("member"), FACT.alias("fix")
    own = and_(fix.c.source_id == TIE.c.source_id, fix.c.external_id == TIE.c.target)
    other = and_(member.c.source_id == TIE.c.source_id, member.c.external_id == TIE.c.target)
    is_fix = and_(fix.c.nature == literal_column("'proactive'"), fix.c.resolved_at.is_not(None))
    wanted = TIE.c.relation.in_(TO_FIXES), member.c.family_id.is_not(None), is_fix
    columns = select(member.c.family_id, fix.c.ticket_id).select_from(TIE)
    outward = columns.join(member, member.c.ticket_id == TIE.c.ticket_id).join(fix, own).where(*wanted)
    inward = columns.join(fix, fix.c.ticket_id == TIE.c.ticket_id).join(member, other).where(*wanted)
    return {(family, ticket) for family, ticket in connection.execute(outward.union(inward))}
