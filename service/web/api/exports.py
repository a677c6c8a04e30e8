"""Whole exports: tickets, metrics, cycles, as lines of JSON, CSV or Parquet."""

import hashlib
from collections.abc import Iterator
from tempfile import SpooledTemporaryFile
from typing import Annotated, Any, Literal

from fastapi import APIRouter, HTTPException, Path, Query, Request, Response
from fastapi.responses import StreamingResponse

from service.analysis.calendar import Grain
from service.report import export_formats, export_rows
from service.report.export_formats import Columns, ExportError, Line
from service.store.queries.snapshot import Snapshot
from service.web.api import queries
from service.web.api.answering import tagged, unchanged
from service.web.html.templates import existing_scope
from service.web.website import Website

CHUNK = 1 << 16
IN_MEMORY = 1 << 22
TYPES = {"jsonl": "application/x-ndjson", "csv": "text/csv; charset=utf-8", "parquet": "application/vnd.apache.parquet"}
What = Annotated[
    Literal["tickets", "metrics", "cycles"], Path(description="What is exported.", examples=["cycles"])
]  # fmt: skip
Form = Annotated[
    Literal["jsonl", "csv", "parquet"],
    Path(description="JSON, an object a line; CSV with a header; or Parquet.", examples=["csv"]),
]

TEXT = {"schema": {"type": "string"}}
SHOWN: dict[int | str, dict[str, Any]] = {
    200: {
        "content": {
            "application/x-ndjson": TEXT,
            "text/csv": TEXT,
            TYPES["parquet"]: {"schema": {"type": "string", "format": "binary"}},
        },
        "description": "The file.",
    }
}


def add_exports(found: APIRouter, site: Website) -> None:
    """Adds `/export/{what}.{form}`."""

    @found.get("/export/{what}.{form}", response_class=StreamingResponse, responses=SHOWN, summary="A whole export")
    def exported(request: Request, what: What, form: Form, query: Annotated[queries.OfExport, Query()]) -> Response:
        snapshot = site.analyst.stored_snapshot(existing_scope(site, query.scope))
        if snapshot is None:
            raise HTTPException(404, "Nothing was analysed yet.")
        rows, columns = _lines(snapshot, what, query.grain)
        file = _written(rows, columns, form)
        headers = tagged(_digest(file))
        if (answer := unchanged(request, headers)) is not None:
            file.close()
            return answer
        headers["content-disposition"] = f'attachment; filename="{what}.{form}"'
        return StreamingResponse(_pieces(file), media_type=TYPES[form], headers=headers)


def _lines(snapshot: Snapshot, what: str, grain: Grain) -> tuple[Iterator[Line], Columns]:
    if what == "tickets":
        return export_rows.tickets(snapshot), export_rows.TICKETS
    return (
        (export_rows.metrics(snapshot, grain), export_rows.METRICS)
        if what == "metrics"
        else (export_rows.cycles(snapshot), export_rows.CYCLES)
    )


def _written(rows: Iterator[Line], columns: Columns, form: str) -> Any:
    """A temporary file with the export. Raises HTTPException where this format cannot be written here."""
    file: Any = SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115 - it is read after this function has returned
    try:
        export_formats.FORMATS[form](rows, columns, file)
    except ExportError as problem:
        file.close()
        raise HTTPException(404, str(problem)) from problem
    return file


def _digest(file: Any) -> str:
    """Of the content: an analysis is not all that decides it, tickets that are gone are in it as well."""
    file.seek(0)
    found = hashlib.blake2b(digest_size=12)
    while piece := file.read(CHUNK):
        found.update(piece)
    return found.hexdigest()


def _pieces(file: Any) -> Iterator[bytes]:
    with file:
        file.seek(0)
        while piece := file.read(CHUNK):
            yield piece
