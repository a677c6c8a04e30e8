"""Whole exports: tickets, metrics, cycles, as lines of JSON, CSV or Parquet."""

import hashlib
from collections.abc import Iterator
from tempfile import SpooledTemporaryFile
from typing import IO, Annotated, Any, Literal

from fastapi import APIRouter, HTTPException, Path, Query, Request, Response
from fastapi.responses import StreamingResponse

from service.analysis.calendar import Grain
from service.report import export_rows
from service.report.export_formats import FORMATS, Columns, ExportError, Row
from service.store.queries.snapshot import Snapshot
from service.web.api.answering import etag_headers, not_modified
from service.web.api.queries import ExportQuery
from service.web.html.templates import existing_scope
from service.web.website import Website

CHUNK = 1 << 16
IN_MEMORY = 1 << 22
"""Larger exports go to disk: a million tickets are some 900 MB."""
PARQUET = "application/vnd.apache.parquet"
TYPES = {"jsonl": "application/x-ndjson", "csv": "text/csv; charset=utf-8", "parquet": PARQUET}
ExportName = Annotated[Literal["tickets", "metrics", "cycles"], Path(description="The export.", examples=["cycles"])]
FormatName = Annotated[
    Literal["jsonl", "csv", "parquet"],
    Path(description="JSON, one object per line; CSV with a header; or Parquet.", examples=["csv"]),
]

OPERATION = "exported_api_v1_export__what___form__get"
"""Generated clients name their functions after it, so that it must not follow the name of the function below."""
TEXT = {"schema": {"type": "string"}}
FILE: dict[int | str, dict[str, Any]] = {
    200: {
        "content": {
            "application/x-ndjson": TEXT,
            "text/csv": TEXT,
            PARQUET: {"schema": {"type": "string", "format": "binary"}},
        },
        "description": "The file.",
    }
}


def add_export_route(routes: APIRouter, site: Website) -> None:
    """Add `/export/{what}.{form}`."""

    @routes.get(
        "/export/{what}.{form}",
        response_class=StreamingResponse,
        responses=FILE,
        summary="A whole export",
        operation_id=OPERATION,
    )
    def export(
        request: Request, what: ExportName, form: FormatName, query: Annotated[ExportQuery, Query()]
    ) -> Response:
        snapshot = site.analyst.stored_snapshot(existing_scope(site, query.scope))
        if snapshot is None:
            raise HTTPException(404, "Nothing was analysed yet.")
        file = _write(*_rows(snapshot, what, query.grain), form)
        headers = etag_headers(_digest(file))
        if (answer := not_modified(request, headers)) is not None:
            file.close()
            return answer
        headers["content-disposition"] = f'attachment; filename="{what}.{form}"'
        return StreamingResponse(_chunks(file), media_type=TYPES[form], headers=headers)


def _rows(snapshot: Snapshot, what: str, grain: Grain) -> tuple[Iterator[Row], Columns]:
    if what == "tickets":
        return export_rows.tickets(snapshot), export_rows.TICKETS
    if what == "metrics":
        return export_rows.metrics(snapshot, grain), export_rows.METRICS
    return export_rows.cycles(snapshot), export_rows.CYCLES


def _write(rows: Iterator[Row], columns: Columns, form: str) -> IO[bytes]:
    """Return a temporary file with the export. Raises HTTPException where the format is not installed."""
    # Written as a whole before it is sent: an error in the middle of a stream would look like a complete file.
    file = SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115 - it is read after this function has returned
    try:
        FORMATS[form](rows, columns, file)
    except ExportError as problem:
        file.close()
        raise HTTPException(404, str(problem)) from problem
    return file


def _digest(file: IO[bytes]) -> str:
    # Of the content, not of the analysis: deleted tickets are in an export, and no analysis notices them.
    file.seek(0)
    digest = hashlib.blake2b(digest_size=12)
    while chunk := file.read(CHUNK):
        digest.update(chunk)
    return digest.hexdigest()


def _chunks(file: IO[bytes]) -> Iterator[bytes]:
    with file:
        file.seek(0)
        while chunk := file.read(CHUNK):
            yield chunk
