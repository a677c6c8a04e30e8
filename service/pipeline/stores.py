"""The stores that an analysis reads and writes, bound to its clock."""

from dataclasses import dataclass

from service.analysis.clock import FixedClock
from service.store.database import Database
from service.store.results.active_spans import ActiveSpanStore
from service.store.results.cells import CellStore
from service.store.results.facts import FactStore
from service.store.results.links import LinkStore
from service.store.results.shapes import ShapeStore
from service.store.tickets import reader


@dataclass(frozen=True, slots=True)
class Stores:
    """The database of the tickets and that of the results; they are two for an analysis that is not stored."""

    tickets: Database
    results: Database
    clock: FixedClock
    facts: FactStore
    shapes: ShapeStore
    links: LinkStore
    cells: CellStore
    active_spans: ActiveSpanStore


def open_stores(tickets: Database, results: Database, clock: FixedClock) -> Stores:
    """Return the stores of these databases, both up to date."""
    return Stores(
        tickets=tickets,
        results=results,
        clock=clock,
        facts=FactStore(results, reader.source_names(tickets)),
        shapes=ShapeStore(results),
        links=LinkStore(results),
        cells=CellStore(results),
        active_spans=ActiveSpanStore(results),
    )
