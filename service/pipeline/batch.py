"""Batches of tickets: their facts, links and families, written in the caller's transaction."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain

from sqlalchemy import Connection

from service.analysis.classify import Override
from service.analysis.fact import Fact
from service.analysis.families.shape import ALERTS
from service.pipeline.clustering import FamilyClustering, FamilyMoves, LostEdge, Membership
from service.pipeline.facts import FactBuilder
from service.pipeline.feedback import FamilyFeedback
from service.pipeline.recognition import forget_checked, label_changes
from service.pipeline.stores import Stores
from service.pipeline.work import WorkEstimator
from service.store.results import bursts, facts, links, recognition
from service.store.results.facts import Estimate, StoredFact, epoch_seconds
from service.store.results.links import Target
from service.store.results.shapes import SHAPE, CertainKey
from service.store.tickets.reader import StoredTicket


@dataclass(slots=True)
class TicketBatch:
    """A batch of tickets: their facts before and after, the families that moved, and the causes that changed.

    `causes` are the targets that some ticket of the batch has begun, or ceased, to name as its cause.
    `estimates` are the new ones of other tickets, which share their persons' time with tickets of the batch.
    """

    numbers: list[int]
    before: dict[int, StoredFact]
    after: dict[int, StoredFact] = field(default_factory=dict)
    moves: FamilyMoves = field(default_factory=FamilyMoves)
    causes: set[Target] = field(default_factory=set)
    estimates: dict[int, Estimate] = field(default_factory=dict)

    def has_new_shape(self, former: StoredFact) -> bool:
        """Return whether a ticket no longer has the shape that it had before."""
        stored = self.after.get(former.fact.ticket)
        return stored is None or stored.shape_id != former.shape_id

    def has_moved(self, number: int) -> bool:
        """Return whether a ticket is new, has another shape, or was opened at another moment than before."""
        former, stored = self.before.get(number), self.after[number]
        if former is None or former.shape_id != stored.shape_id:
            return True
        return former.fact.opened_at != stored.fact.opened_at


class BatchWriter:
    """Writes batches of tickets. Families and sums are computed later, from what a batch has moved."""

    def __init__(
        self, stores: Stores, fact_builder: FactBuilder, feedback: FamilyFeedback, estimator: WorkEstimator
    ) -> None:
        self._stores = stores
        self._fact_builder = fact_builder
        self._feedback = feedback
        self._clustering = FamilyClustering(stores.shapes)
        self._estimator = estimator

    def write(
        self,
        connection: Connection,
        numbers: Sequence[int],
        stored: Sequence[StoredTicket],
        labels: Mapping[Target, Override],
    ) -> TicketBatch:
        """Write the facts, links and families of these tickets, and return what has changed.

        `stored` are those of `numbers` that exist; the facts of the others are removed.
        """
        batch = TicketBatch(list(numbers), self._stores.facts.read(connection, numbers))
        as_of = self._stores.clock.as_of
        tickets = [row for row in stored if row.deleted_at is None and row.ticket.opened_at <= as_of]
        self._write_links(connection, tickets, batch)
        children = self._read_children(connection, tickets, batch)
        named = links.named_causes(connection, [_target(ticket) for ticket in tickets])
        causes = {ticket.number for ticket in tickets if _target(ticket) in named}
        overrides = {ticket.number: labels[key] for ticket in tickets if (key := _target(ticket)) in labels}
        traced = self._fact_builder.facts(tickets, overrides, causes)
        new_facts, batch.estimates = self._estimator.update(connection, batch.before, numbers, traced)
        self._write_families(connection, tickets, new_facts, batch, children)
        return batch

    def _read_children(
        self, connection: Connection, tickets: Sequence[StoredTicket], batch: TicketBatch
    ) -> dict[int, StoredFact]:
        """Return the facts, as they were, of the tickets outside the batch that name one of it as their parent."""
        former = {(stored.source_id, stored.fact.id) for stored in batch.before.values()}
        numbers = bursts.children(connection, sorted(former | set(map(_target, tickets)))) - set(batch.numbers)
        return self._stores.facts.read(connection, sorted(numbers))

    def _move_bursts(
        self,
        connection: Connection,
        with_parent: Iterable[int],
        children: Mapping[int, StoredFact],
        batch: TicketBatch,
    ) -> None:
        """Set by which opening the tickets of the batch, and children of them, belong to an episode."""
        current = {**batch.after, **children}
        alerts = [number for number in (*children, *with_parent) if current[number].fact.kind in ALERTS]
        openings, moved = bursts.parents_openings(connection, sorted(alerts)), dict[int, StoredFact]()
        for number, stored in current.items():
            opened_s = epoch_seconds(stored.fact.opened_at)
            burst_s = min(opened_s, openings.get(number, opened_s))
            if burst_s != stored.burst_s:
                moved[number] = replace(stored, burst_s=burst_s)
        # A child whose parent came, moved or went is counted anew, like a ticket of the batch.
        batch.numbers += sorted(moved.keys() - batch.after.keys())
        batch.before |= {number: children[number] for number in moved.keys() & children.keys()}
        batch.after |= moved
        self._stores.facts.write(connection, moved.values())

    def _write_links(self, connection: Connection, tickets: Sequence[StoredTicket], batch: TicketBatch) -> None:
        before = links.causes_of(connection, list(batch.before))
        rows = [
            {"ticket_id": row.number, "relation": link.relation, "target": link.target, "source_id": row.source_id}
            for row in tickets for link in row.ticket.links
        ]  # fmt: skip
        self._stores.links.replace(connection, batch.numbers, rows)
        after = {
            (stored.source_id, link.target)
            for stored in tickets for link in stored.ticket.links if link.relation == "caused_by"
        }  # fmt: skip
        batch.causes = before ^ after

    def _write_families(
        self,
        connection: Connection,
        tickets: Sequence[StoredTicket],
        new_facts: Sequence[Fact],
        batch: TicketBatch,
        children: Mapping[int, StoredFact],
    ) -> None:
        memberships = {
            stored.number: self._feedback.membership(stored.source_id, stored.source, stored.ticket)
            for stored, fact in zip(tickets, new_facts, strict=True) if fact.is_reactive
        }  # fmt: skip
        family_of, new_shapes = self._clustering.place(connection, memberships.values())
        for stored, fact in zip(tickets, new_facts, strict=True):
            placed = _stored_fact(stored, fact, memberships.get(stored.number), family_of)
            batch.after[stored.number] = _with_former_flags(placed, batch.before.get(stored.number))
        lost_edges = self._write_facts(connection, memberships, batch)
        with_parent = [row.number for row in tickets if any(link.relation == "parent" for link in row.ticket.links)]
        self._move_bursts(connection, with_parent, children, batch)
        # Joins come before splits: a split walks through its whole family, and must see the edges that this batch adds.
        self._clustering.join(connection, new_shapes, memberships, batch.moves)
        left_shapes = {
            former.shape_id for former in batch.before.values()
            if former.shape_id is not None and batch.has_new_shape(former)
        }  # fmt: skip
        self._update_recognition(connection, memberships, left_shapes, batch)
        self._clustering.split(connection, left_shapes, lost_edges, batch.moves)
        self._follow_moves(connection, batch)

    def _update_recognition(
        self, connection: Connection, memberships: Mapping[int, Membership], left: set[int], batch: TicketBatch
    ) -> None:
        """Count labels, and forget the recall of marked tickets near which shapes or openings have changed."""
        changes = label_changes(batch.before.values(), batch.after.values())
        recognition.count_labels(connection, self._stores.results, changes)
        if recognition.has_checked(connection):
            moved = [membership.shape.keys for number, membership in memberships.items() if batch.has_moved(number)]
            left_shapes = self._stores.shapes.load(connection, SHAPE.c.id.in_(sorted(left)))
            forget_checked(connection, set(chain(*moved, *(shape.keys for shape in left_shapes))))

    def _write_facts(
        self, connection: Connection, memberships: Mapping[int, Membership], batch: TicketBatch
    ) -> set[LostEdge]:
        """Write facts and certain keys; return the edges that these tickets held and nobody holds any more."""
        before = self._stores.shapes.certain_keys(connection, list(batch.before))
        after = {number: set(membership.certain) for number, membership in memberships.items()}
        released = _released_keys(before, after, batch)
        # Another ticket may hold the same key to the same shape: only the shapes before and after the write can tell.
        held_before = self._stores.shapes.shapes_by_certain_key(connection, released)
        self._stores.facts.write(connection, batch.after.values())
        facts.remove(connection, sorted(batch.before.keys() - batch.after.keys()))
        self._write_certain_keys(connection, before, after)
        return _lost_edges(held_before, self._stores.shapes.shapes_by_certain_key(connection, released))

    def _write_certain_keys(
        self, connection: Connection, before: Mapping[int, set[CertainKey]], after: Mapping[int, set[CertainKey]]
    ) -> None:
        none: set[CertainKey] = set()
        changed = sorted(
            number for number in before.keys() | after.keys() if before.get(number, none) != after.get(number, none)
        )
        self._stores.shapes.remove_certain(connection, [number for number in changed if number in before])
        self._stores.shapes.add_certain(connection, {number: after.get(number, ()) for number in changed})

    def _follow_moves(self, connection: Connection, batch: TicketBatch) -> None:
        """Set the families of the batch's own tickets to what joins and splits have made of them."""
        shapes = sorted({stored.shape_id for stored in batch.after.values() if stored.shape_id is not None})
        family_of = self._stores.shapes.families(connection, shapes)
        for number, stored in batch.after.items():
            if stored.shape_id is not None and family_of[stored.shape_id] != stored.family_id:
                batch.after[number] = replace(stored, family_id=family_of[stored.shape_id])
            # The batch's own tickets are counted by their facts before and after; counted as moved, they would count
            # twice.
            batch.moves.origin.pop(number, None)


def _target(stored: StoredTicket) -> Target:
    return stored.source_id, stored.ticket.id


def _stored_fact(
    stored: StoredTicket, fact: Fact, membership: Membership | None, family_of: Mapping[int, int]
) -> StoredFact:
    burst_s = epoch_seconds(fact.opened_at)
    if membership is None:
        return StoredFact(fact, stored.source_id, burst_s)
    shape_id, visibility = membership.shape_id, membership.shape.visibility
    return StoredFact(fact, stored.source_id, burst_s, shape_id, family_of[shape_id], visibility)


def _with_former_flags(stored: StoredFact, former: StoredFact | None) -> StoredFact:
    # Most flags stay: they are written with the fact, and only those that change need a statement of their own.
    return stored if former is None or stored.family_id is None else replace(stored, flags=former.flags)


def _released_keys(
    before: Mapping[int, set[CertainKey]], after: Mapping[int, set[CertainKey]], batch: TicketBatch
) -> set[CertainKey]:
    """Return the certain keys that some ticket has lost, or has taken with it to another shape."""
    return {
        key
        for number, keys in before.items()
        for key in (keys if batch.has_new_shape(batch.before[number]) else keys - after.get(number, set()))
    }


def _lost_edges(before: Mapping[CertainKey, set[int]], after: Mapping[CertainKey, set[int]]) -> set[LostEdge]:
    """Return each shape that a certain key held to others and no longer does, with one that it still holds."""
    edges: set[LostEdge] = set()
    for key, shapes in before.items():
        still_held = shapes & after.get(key, set())
        if len(shapes) > 1:
            edges.update((shape_id, min(still_held, default=None)) for shape_id in shapes - still_held)
    return edges
