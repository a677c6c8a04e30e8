"""Where an analysis reads and writes: the stores of its results, bound to one look at the tickets."""

from dataclasses import dataclass

from service.analysis.clock import FixedClock
from service.store.database import Database
from service.store.results.cells import CellStore
from service.store.results.facts import FactStore
from service.store.results.links import LinkStore
from service.store.results.shapes import ShapeStore
from service.store.tickets import reader


@dataclass(frozen=True, slots=True)
class Stores:
    """The tickets, and the results that are made of them; two databases where a look at the past is not to be kept."""

    tickets: Database
    results: Database
    clock: FixedClock
    facts: FactStore
    shapes: ShapeStore
    links: LinkStore
    cells: CellStore


def open_stores(tickets: Database, results: Database, clock: FixedClock) -> Stores:
    """The stores of these databases, both up to date."""
    return Stores(
        tickets=tickets,
        results=results,
        clock=clock,
        facts=FactStore(results, reader.source_names(tickets)),
        shapes=ShapeStore(results),
        links=LinkStore(results),
        cells=CellStore(results),
    )
