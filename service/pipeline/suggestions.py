"""Suggestions of families that may be the same problem as a ticket's own, for a person to decide."""

from dataclasses import dataclass

from connectors.model import Ticket
from service.analysis.families.ranking import Candidate, rank
from service.analysis.families.shape import shape_of
from service.store.database import Database
from service.store.results import families, shapes
from service.store.results.facts import epoch_seconds
from service.store.results.families import Family
from service.store.results.shapes import ShapeStore

MOST_SUGGESTIONS = 5


@dataclass(frozen=True, slots=True)
class SuggestionQuery:
    """A ticket, the name of its source, and the number of its family, if it has one.

    With `before_s`, only families with a ticket opened before that moment are suggested.
    """

    ticket: Ticket
    source: str
    family_id: int | None
    before_s: int | None = None


def suggest_families(results: Database, query: SuggestionQuery) -> list[Family]:
    """Return the families that are likeliest to be the same problem, the likeliest first, without the ticket's own."""
    shape = shape_of(query.source, query.ticket)
    candidate = Candidate(0, shape.content, epoch_seconds(query.ticket.opened_at))
    with results.read() as connection:
        shape_ids, frequency = shapes.shapes_by_lookup_key(connection, shape.lookup_keys)
        contents = ShapeStore(results).contents(connection, sorted(shape_ids))
        opened = shapes.first_openings(connection, sorted(shape_ids))
        candidates = [
            Candidate(id_, contents[id_], opened[id_][0])
            for id_ in sorted(opened) if query.before_s is None or opened[id_][0] < query.before_s
        ]  # fmt: skip
        order = rank(candidate, candidates, frequency, shapes.count(connection))
        numbers = dict.fromkeys(opened[id_][1] for id_ in order if opened[id_][1] != query.family_id)
        best = list(numbers)[:MOST_SUGGESTIONS]
        family_of = families.read(connection, best)
    return [family_of[number] for number in best]
