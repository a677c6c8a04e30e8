"""Answers about likely pairs, by the present families of their tickets."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, or_, select

from service.store.results.feedback import CORRECTION, FACT, FAMILY, Correction, Kind, corrections
from service.store.sql import group_pairs

ANSWERS: Sequence[Kind] = ("same", "not", "later")
TEACHING: Sequence[Kind] = ("same", "not", "merge")
FamilyPair = tuple[int, int]


def answered_pairs(connection: Connection) -> list[Correction]:
    """Return all answers about pairs, the oldest first."""
    return [correction for correction in corrections(connection) if correction.what in ANSWERS]


class AnsweredShapes(NamedTuple):
    """The shapes of two tickets that a person has called the same problem or not."""

    first: int
    second: int
    is_same: bool


def answered_shapes(connection: Connection) -> Mapping[int, Sequence[AnsweredShapes]]:
    """Return by source id the pairs of shapes that people have judged, in the order of their answers.

    Who merges two families calls their first tickets the same.
    """
    judged = [record for record in corrections(connection) if record.what in TEACHING and len(record.external_ids) == 2]
    shape_of = _of_tickets(
        connection, {(record.source_id, id_) for record in judged for id_ in record.external_ids}, "shape_id"
    )
    answered = defaultdict[int, list[AnsweredShapes]](list)
    for record in judged:
        first, second = (shape_of.get((record.source_id, id_)) for id_ in record.external_ids)
        # What has the same text would be in one family anyway, and teaches nothing.
        if first is not None and second is not None and first != second:
            answered[record.source_id].append(AnsweredShapes(first, second, record.what != "not"))
    return answered


def settled_families(connection: Connection, later_since: datetime) -> frozenset[FamilyPair]:
    """Return the pairs of families that nobody is to be asked about, the lower number first.

    A pair to be asked about later is settled if it was put off after `later_since`.
    """
    # By tickets: families have other numbers after a rebuild, and the tickets of a pair may have moved to others.
    settled = or_(CORRECTION.c.what == "not", (CORRECTION.c.what == "later") & (CORRECTION.c.at > later_since))
    rows = connection.execute(select(CORRECTION.c.source_id, CORRECTION.c.external_ids).where(settled)).all()
    tickets = {(source_id, id_) for source_id, ids in rows for id_ in ids}
    family_of = _of_tickets(connection, tickets, "family_id")
    pairs = [
        sorted({family_of[source_id, id_] for id_ in ids if (source_id, id_) in family_of}) for source_id, ids in rows
    ]
    return frozenset((pair[0], pair[1]) for pair in pairs if len(pair) == 2)


def common_family(connection: Connection, first: int, second: int) -> str | None:
    """Return the name of the family of two tickets, by their numbers in the store; None where they share none."""
    families = select(FACT.c.family_id).where(FACT.c.ticket_id.in_((first, second))).distinct()
    numbers = connection.execute(families).scalars().all()
    shared = select(FAMILY.c.name).where(FAMILY.c.id == numbers[0]) if len(numbers) == 1 else None
    return None if shared is None else connection.execute(shared).scalar()


def _of_tickets(connection: Connection, tickets: set[tuple[int, str]], column: str) -> dict[tuple[int, str], int]:
    """Return a number of the facts of these tickets, of those that have it."""
    numbers: dict[tuple[int, str], int] = {}
    for source_id, ids in group_pairs(sorted(tickets)):
        of_source = FACT.c.source_id == source_id, FACT.c.external_id.in_(ids), FACT.c[column].is_not(None)
        rows = connection.execute(select(FACT.c.external_id, FACT.c[column]).where(*of_source))
        numbers.update(((source_id, id_), number) for id_, number in rows)
    return numbers
