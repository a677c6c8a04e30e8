"""Commands that export stored data."""

from enum import StrEnum
from typing import Annotated, cast, get_args

import typer

from service.analysis.calendar import Grain
from service.cli.analyst import open_snapshot
from service.cli.configuration import load_configuration
from service.cli.options import AsOf, Output, ScopeName, end_of
from service.cli.output import open_output
from service.report import export_formats, export_rows
from service.runtime import app
from service.store.tickets import audit as trail

export = typer.Typer(no_args_is_help=True, add_completion=False, help="Export stored data for other programs.")


class ExportFormat(StrEnum):
    """A format of exports."""

    JSONL = "jsonl"
    CSV = "csv"
    PARQUET = "parquet"


FormatName = Annotated[ExportFormat, typer.Option("--format")]


@export.command()
def tickets(
    form: FormatName = ExportFormat.JSONL,
    scope_name: ScopeName = "all",
    as_of: AsOf = "",
    output: Output = None,
) -> None:
    """Export every ticket with its history, class, family and episode."""
    with open_snapshot(load_configuration(), scope_name, as_of) as snapshot, open_output(output) as out:
        export_formats.FORMATS[form](export_rows.tickets(snapshot), export_rows.TICKETS, out)


@export.command()
def metrics(
    form: FormatName = ExportFormat.JSONL,
    grain: Annotated[str, typer.Option(help="day, week or month.")] = "week",
    scope_name: ScopeName = "all",
    as_of: AsOf = "",
    output: Output = None,
) -> None:
    """Export every metric of every period, of all scopes or of one."""
    if grain not in get_args(Grain):
        raise typer.BadParameter(f"'{grain}' must be one of {', '.join(get_args(Grain))}")
    with open_snapshot(load_configuration(), scope_name, as_of) as snapshot, open_output(output) as out:
        export_formats.FORMATS[form](export_rows.metrics(snapshot, cast(Grain, grain)), export_rows.METRICS, out)


@export.command()
def cycles(
    form: FormatName = ExportFormat.JSONL,
    scope_name: ScopeName = "all",
    as_of: AsOf = "",
    output: Output = None,
) -> None:
    """Export every cycle with its tickets and fixes."""
    with open_snapshot(load_configuration(), scope_name, as_of) as snapshot, open_output(output) as out:
        export_formats.FORMATS[form](export_rows.cycles(snapshot), export_rows.CYCLES, out)


@export.command()
def audit(form: FormatName = ExportFormat.JSONL, as_of: AsOf = "", output: Output = None) -> None:
    """Export the audit trail: logins, corrections and new keys, each with author and time."""
    settings = load_configuration().settings
    entries = trail.entries(app.open_store(settings), end_of(as_of, settings.zone))
    with open_output(output) as out:
        export_formats.FORMATS[form](entries, export_rows.AUDIT, out)
