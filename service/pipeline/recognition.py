"""Recall, kept with each analysis: which tickets that people marked as duplicates the matcher recognises by text.

Links and closings are withheld: a ticket is recognised if another one with the same shape, or with a similar one that
shares a key, was opened earlier.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta

from sqlalchemy import Connection

from service.analysis.families.similarity import SAME, similarity
from service.pipeline.stores import Stores
from service.store.results import recognition
from service.store.results.facts import StoredFact
from service.store.results.recognition import ALL_TICKETS, LabelKey, MarkedTicket
from service.store.results.shapes import SHAPE, ShapeStore, StoredShape, unpack_keys
from service.store.tickets import reader

PERIOD = timedelta(weeks=52)


def label_changes(before: Iterable[StoredFact], after: Iterable[StoredFact]) -> dict[LabelKey, int]:
    """Return by how much the numbers of tickets by label, and of all, have changed."""
    changes: Counter[LabelKey] = Counter()
    for sign, stored_facts in ((-1, before), (1, after)):
        for stored in stored_facts:
            changes[stored.source_id, ALL_TICKETS] += sign
            if stored.visibility is not None and stored.visibility.label is not None:
                changes[stored.source_id, stored.visibility.label] += sign
    return {key: change for key, change in changes.items() if change}


def forget_checked(connection: Connection, keys: set[int]) -> None:
    """Forget what is known of marked tickets whose shapes have one of these keys: shapes near them have changed."""
    if keys:
        checked = recognition.keys_of_checked(connection)
        recognition.remove_checked(
            connection, [ticket for ticket, packed in checked if not keys.isdisjoint(unpack_keys(packed))]
        )


def update_recall(connection: Connection, stores: Stores) -> None:
    """Check the marked tickets of the last 52 weeks that are new, or near which something has changed."""
    since_s = stores.clock.as_of_s - int(PERIOD.total_seconds())
    sample = {
        ticket
        for source_id in reader.source_names(stores.tickets)
        for ticket in recognition.marked_sample(connection, source_id, since_s)
    }
    checked = recognition.checked_tickets(connection)
    recognition.remove_checked(connection, {ticket.ticket_id for ticket in checked.keys() - sample})
    recognition.add_checked(connection, _check(connection, stores.shapes, sorted(sample - checked.keys())))


def _check(connection: Connection, store: ShapeStore, tickets: Sequence[MarkedTicket]) -> dict[MarkedTicket, bool]:
    similar = _similar_shapes(connection, store, sorted({ticket.shape_id for ticket in tickets}))
    return {
        ticket: recognition.has_earlier_ticket(connection, similar[ticket.shape_id], ticket.opened_s)
        for ticket in tickets
    }


def _similar_shapes(connection: Connection, store: ShapeStore, shapes: Sequence[int]) -> Mapping[int, list[int]]:
    """Return the shapes that are the same problem as each of these by text, itself first."""
    loaded = store.load(connection, SHAPE.c.id.in_(shapes))
    by_key = store.shapes_by_key(connection, sorted({key for shape in loaded for key in shape.keys}))
    contents = store.contents(connection, sorted({id_ for ids in by_key.values() for id_ in ids}))
    return {shape.id: [shape.id, *_similar(shape, by_key, contents)] for shape in loaded}


def _similar(shape: StoredShape, by_key: Mapping[int, Sequence[int]], contents: Mapping[int, bytes]) -> list[int]:
    candidates = {id_ for key in shape.keys for id_ in by_key.get(key, ())} - {shape.id}
    return [id_ for id_ in sorted(candidates) if similarity(shape.content, contents[id_]) >= SAME]
