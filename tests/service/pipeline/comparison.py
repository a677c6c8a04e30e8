"""All results of an analysis, so that two of them can be compared field by field."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import select

from service.analysis.calendar import GRAINS
from service.pipeline.analyst import Analyst
from service.report.document import report
from service.report.serialization import document_of
from service.store.database import Database
from service.store.queries.scopes import Scope
from service.store.results import cells
from service.store.results.state import RESULTS

StoredResults = dict[str, Any]


def stored_results(database: Database) -> StoredResults:
    """Return every row of every result table by its key, and the sums and metrics of all cells that hold any."""
    with database.read() as connection:
        rows = {
            table.name: {
                tuple(row[column.name] for column in table.primary_key): {
                    name: orjson.dumps(value) if isinstance(value, dict) else value for name, value in row.items()
                }
                for row in connection.execute(select(table)).mappings()
            }
            for table in RESULTS
        }
        rows["cell"] = {
            (dimension, value, cell.key.grain, cell.key.start): {"sums": cell.sums, "metrics": cell.metrics}
            for grain in GRAINS for dimension, value, cell in cells.all_cells(connection, grain) if cell.sums
        }  # fmt: skip
    return rows


def document(analyst: Analyst, results: Database, as_of: datetime, scope: Scope | None = None) -> list[str]:
    """Return the lines of the report from a database of results."""
    snapshot = analyst._snapshot(results, as_of, scope or Scope())
    return orjson.dumps(document_of(report(snapshot)), option=orjson.OPT_INDENT_2).decode().splitlines()


@contextmanager
def rebuild_apart(analyst: Analyst, as_of: datetime) -> Iterator[Database]:
    """Yield a separate database with the results of a rebuild."""
    with analyst._temporary_results() as results:
        analyst._run(results, as_of, lambda _done, _total: None, rebuild=True)
        yield results


def differences(first: StoredResults, second: StoredResults) -> list[str]:
    """Return what is in one and not in the other, in words."""
    lines = []
    for table in first:
        for key in sorted({*first[table], *second[table]}, key=str):
            left, right = first[table].get(key), second[table].get(key)
            if left is None or right is None:
                lines.append(f"{table} {key}: {'too many' if right is None else 'missing'}: {left or right}")
            elif left != right:
                fields = [f"{name} {left[name]} != {right[name]}" for name in left if left[name] != right[name]]
                lines.append(f"{table} {key}: {'; '.join(fields)}")
    return lines
