"""Where an analysis reads and writes: the stores of its results, bound to one look at the tickets."""

from dataclasses import dataclass

from treadmill.service.pipeline.frame import Frame
from treadmill.service.store import reading
from treadmill.service.store.cells import CellStore
from treadmill.service.store.database import Database
from treadmill.service.store.facts import FactStore
from treadmill.service.store.shapes import ShapeStore
from treadmill.service.store.ties import TieStore


@dataclass(frozen=True, slots=True)
class Stores:
    """The tickets, and the results that are made of them; two databases where a look at the past is not to be kept."""

    tickets: Database
    results: Database
    frame: Frame
    facts: FactStore
    shapes: ShapeStore
    ties: TieStore
    cells: CellStore


def open_stores(tickets: Database, results: Database, frame: Frame) -> Stores:
    """The stores of these databases, both up to date."""
    return Stores(
        tickets=tickets,
        results=results,
        frame=frame,
        facts=FactStore(results, reading.source_names(tickets)),
        shapes=ShapeStore(results),
        ties=TieStore(results),
        cells=CellStore(results),
    )
