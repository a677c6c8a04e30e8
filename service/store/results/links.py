"""Links of tickets, as the analysis follows them to fixes and causes."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import CompoundSelect, Connection, Select, Subquery, and_, delete, literal_column, or_, select

from connectors.model import Relation
from service.analysis.episodes import NEVER
from service.analysis.fact import DECIDED_FROM
from service.analysis.pending import PendingFix, pending_state
from service.store.database import Database
from service.store.results.tables import FactLinkRow, FactRow
from service.store.sql import batches, group_pairs, insert_rows
from service.store.tickets.tables import table_of

LINK = table_of(FactLinkRow)
FACT = table_of(FactRow)
BATCH_SIZE = 1000
WORK_COLUMNS = "ticket_id", "source_id", "external_id", "key", "title", "kind", "opened_s", "resolved_at", "confidence"
FIX_KINDS = ("problem", "change", "feature", "task")
FIX_OF_MEMBER: tuple[Relation, ...] = ("problem", "change", "fixed_by", "parent")
"""Relations of a reactive ticket to the work that is to end its problem."""
MEMBER_OF_FIX: tuple[Relation, ...] = ("fixes", "child")
"""The same relations, where the link stands on that work."""

Target = tuple[int, str]
"""A ticket by the id of its source and its id there."""


class LinkStore:
    """Writes the links of one database."""

    def __init__(self, database: Database) -> None:
        self._insert = insert_rows(LINK, database.dialect, skip_existing=True)

    def replace(self, connection: Connection, tickets: Sequence[int], links: Iterable[Mapping[str, Any]]) -> None:
        """Write the links of tickets in place of their former ones."""
        connection.execute(delete(LINK).where(LINK.c.ticket_id.in_(tickets)))
        self._insert.run(connection, list(links))


def named_causes(connection: Connection, targets: Sequence[Target]) -> set[Target]:
    """Return those of these tickets that some ticket names as its cause."""
    causes: set[Target] = set()
    for source_id, ids in group_pairs(targets):
        conditions = LINK.c.source_id == source_id, LINK.c.target.in_(ids), LINK.c.relation == "caused_by"
        rows = connection.execute(select(LINK.c.target).where(*conditions).distinct()).scalars()
        causes.update((source_id, target) for target in rows)
    return causes


def causes_of(connection: Connection, tickets: Sequence[int]) -> set[Target]:
    """Return the tickets that these tickets name as their causes."""
    causes: set[Target] = set()
    for batch in batches(tickets, BATCH_SIZE):
        conditions = LINK.c.ticket_id.in_(batch), LINK.c.relation == "caused_by"
        rows = connection.execute(select(LINK.c.source_id, LINK.c.target).where(*conditions))
        causes.update((source_id, target) for source_id, target in rows)
    return causes


def causing(connection: Connection, tickets: Sequence[int]) -> set[int]:
    """Return those of these tickets that name tickets which they caused."""
    numbers: set[int] = set()
    for batch in batches(tickets, BATCH_SIZE):
        conditions = LINK.c.ticket_id.in_(batch), LINK.c.relation == "causes"
        numbers.update(connection.execute(select(LINK.c.ticket_id).where(*conditions)).scalars())
    return numbers


def ticket_numbers(connection: Connection, targets: Sequence[Target]) -> list[int]:
    """Return the numbers of these tickets, of those that are analysed."""
    numbers: list[int] = []
    for source_id, ids in group_pairs(targets):
        conditions = FACT.c.source_id == source_id, FACT.c.external_id.in_(ids)
        numbers += connection.execute(select(FACT.c.ticket_id).where(*conditions)).scalars()
    return numbers


def fixes(connection: Connection) -> set[tuple[int, int]]:
    """Return (family id, ticket number) of every resolved proactive ticket that is linked as a fix to a family.

    A defect or an incident is never a fix, nor is a ticket whose nature is undecided.
    """
    # The nature is written out, as in the partial index: behind a parameter no database would use that index.
    is_fix = and_(FACT.c.nature == literal_column("'proactive'"), FACT.c.resolved_at.is_not(None))
    work = _work(is_fix, FACT.c.confidence >= DECIDED_FROM).subquery()
    rows = connection.execute(_tied_to_families(work, work.c.ticket_id))
    return {(family, ticket) for family, ticket in rows}


def pending_fixes(connection: Connection) -> dict[int, list[PendingFix]]:
    """Return, by family, the work that is linked to it as a fix and is none so far.

    It is open, or its nature is undecided. What was cancelled, and what is decided to be reactive, ends no problem.
    Resolved work comes first, since a label alone makes it a fix, then the latest opened.
    """
    is_undecided = FACT.c.confidence < DECIDED_FROM
    is_open = and_(FACT.c.ended_s == NEVER, or_(FACT.c.nature == "proactive", is_undecided))
    work = _work(or_(is_open, and_(FACT.c.resolved_at.is_not(None), is_undecided))).subquery()
    named = work.c.ticket_id, work.c.opened_s, work.c.key, work.c.title, work.c.resolved_at, work.c.confidence
    tied = _tied_to_families(work, *named).subquery()
    order = tied.c.resolved_at.is_(None), tied.c.opened_s.desc(), tied.c.key
    pending: dict[int, list[PendingFix]] = defaultdict(list)
    for row in connection.execute(select(tied).order_by(*order)):
        state = pending_state(row.resolved_at is not None, row.confidence)
        pending[row.family_id].append(PendingFix(row.key, row.title, state))
    return pending


def _work(*conditions: Any) -> Select[Any]:
    """Return the statement that reads tickets of the kinds that a fix may have."""
    return select(*(FACT.c[name] for name in WORK_COLUMNS)).where(FACT.c.kind.in_(FIX_KINDS), *conditions)


def _tied_to_families(work: Subquery, *columns: Any) -> CompoundSelect[Any]:
    """Return the statement that reads the family and columns of work that a link ties to it by a relation of fixes."""
    member = FACT.alias("member")
    links_to_work = and_(work.c.source_id == LINK.c.source_id, work.c.external_id == LINK.c.target)
    links_to_member = and_(member.c.source_id == LINK.c.source_id, member.c.external_id == LINK.c.target)
    # A problem record that caused the ticket is there to end it. A change that caused it is what broke it.
    by_member = or_(LINK.c.relation.in_(FIX_OF_MEMBER), and_(LINK.c.relation == "caused_by", work.c.kind == "problem"))
    by_work = or_(LINK.c.relation.in_(MEMBER_OF_FIX), and_(LINK.c.relation == "causes", work.c.kind == "problem"))
    tied = select(member.c.family_id, *columns).select_from(LINK).where(member.c.family_id.is_not(None))
    # A link stands on either ticket, depending on the system and on who set it.
    from_member = tied.join(member, member.c.ticket_id == LINK.c.ticket_id).join(work, links_to_work)
    from_work = tied.join(work, work.c.ticket_id == LINK.c.ticket_id).join(member, links_to_member)
    return from_member.where(by_member).union(from_work.where(by_work))
