"""All that an analysis has found, so that two of them can be compared field by field."""

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

Found = dict[str, Any]


def found(database: Database) -> Found:
    """Every row of every table of the analysis by its key, and the sums and metrics of all cells that hold any."""
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
    """The lines of the report as it stands in a database of results."""
    snapshot = analyst._snapshot(results, as_of, scope or Scope())
    return orjson.dumps(document_of(report(snapshot)), option=orjson.OPT_INDENT_2).decode().splitlines()


@contextmanager
def rebuilt(analyst: Analyst, as_of: datetime) -> Iterator[Database]:
    """A database of its own with the results of a rebuild."""
    with analyst._temporary_results() as results:
        analyst._run(results, as_of, lambda _done, _total: None, rebuild=True)
        yield results


def differences(sample_found: Found, second: Found) -> list[str]:
    """What is in one and not in the other, in words; nothing where they are equal."""
    lines = []
    for table in sample_found:
        for key in sorted({*sample_found[table], *second[table]}, key=str):
            mine, theirs = sample_found[table].get(key), second[table].get(key)
            if mine is None or theirs is None:
                lines.append(f"{table} {key}: {'too many' if theirs is None else 'missing'}: {mine or theirs}")
            elif mine != theirs:
                fields = [f"{name} {mine[name]} != {theirs[name]}" for name in mine if mine[name] != theirs[name]]
                lines.append(f"{table} {key}: {'; '.join(fields)}")
    return lines
