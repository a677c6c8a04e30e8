"""Families that may be the same problem as a ticket's own, though nothing joins them: for a person to decide."""

from dataclasses import dataclass

from connectors.model import Ticket
from service.analysis.families.ranking import Candidate, rank
from service.analysis.families.shape import shape_of
from service.store.database import Database
from service.store.results import families, shapes
from service.store.results.facts import epoch_seconds
from service.store.results.families import Family
from service.store.results.shapes import ShapeStore

SUGGESTED = 5


@dataclass(frozen=True, slots=True)
class SuggestionQuery:
    """A ticket, the name of its source, and the number of its family, if it has one."""

    ticket: Ticket
    source: str
    family_id: int | None


def suggestions(results: Database, asked: SuggestionQuery) -> list[Family]:
    """The families that are likeliest to be the same problem, the likeliest first, without the ticket's own."""
    shape = shape_of(asked.source, asked.ticket)
    query = Candidate(0, shape.content, epoch_seconds(asked.ticket.opened_at))
    with results.read() as connection:
        found, frequency = shapes.shapes_by_lookup_key(connection, shape.lookup_keys)
        contents = ShapeStore(results).contents(connection, sorted(found))
        opened = shapes.first_openings(connection, sorted(found))
        candidates = [Candidate(id_, contents[id_], opened[id_][0]) for id_ in sorted(opened)]
        order = rank(query, candidates, frequency, shapes.count(connection))
        numbers = dict.fromkeys(opened[id_][1] for id_ in order if opened[id_][1] != asked.family_id)
        wanted = list(numbers)[:SUGGESTED]
        known = families.read(connection, wanted)
    return [known[number] for number in wanted]
