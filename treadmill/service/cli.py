"""The command line: one command a function."""

import asyncio
import gc
import os
import sys
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, BinaryIO
from zoneinfo import ZoneInfo

import orjson
import typer

from treadmill import __version__
from treadmill.config import catalogue
from treadmill.config.environment import ConfigurationError
from treadmill.connectors import registry
from treadmill.service import app, check, log, screen, work
from treadmill.service.analysis.business import BusinessHours
from treadmill.service.app import Configuration
from treadmill.service.demonstration import demonstrate
from treadmill.service.report import export
from treadmill.service.report.facts import ScopeError, facts, scope
from treadmill.service.report.report import Frame, as_text, report
from treadmill.service.store.database import DatabaseError
from treadmill.service.sync.census import census as take_census
from treadmill.service.sync.pull import pull
from treadmill.service.sync.run import Run, Workplace
from treadmill.service.sync.source import ConfiguredSource

FAILED, WRONG_USE, PARTLY = 1, 2, 3
DEBUG = "--debug"

Names = Annotated[list[str] | None, typer.Argument(metavar="[SOURCE]...", help="Sources by name; none means all.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
AsOf = Annotated[str, typer.Option("--as-of", metavar="DATE", help="The clock of the analysis: a day or an instant.")]
Output = Annotated[Path | None, typer.Option("--output", metavar="FILE", help="Write to a file.")]
Work = Callable[[Workplace, ConfiguredSource], Awaitable[Run]]
ScopeName = Annotated[str, typer.Option("--scope", help="all, or e.g. team:Network, source:emea, service:VPN.")]

cli = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Shows whether IT support is running in endless cycles.",
)
export_cli = typer.Typer(no_args_is_help=True, help="Writes what is stored, for other programs.")
cli.add_typer(export_cli, name="export")


class ReportFormat(StrEnum):
    """What a report can be written as."""

    TEXT = "text"
    JSON = "json"


class ExportFormat(StrEnum):
    """What tickets can be written as."""

    JSONL = "jsonl"
    CSV = "csv"
    PARQUET = "parquet"


class SettingsFormat(StrEnum):
    """What the list of settings can be written as."""

    TEXT = "text"
    ENV = "env"
    JSON = "json"


@cli.callback()
def _options(_debug: Annotated[bool, typer.Option(DEBUG, help="Show tracebacks; may stand anywhere.")] = False) -> None:
    """Declares the options of all commands: `main` takes --debug out before they are read."""


@cli.command("check")
def check_command(names: Names = None, as_json: AsJson = False) -> None:
    """Checks settings, database and sources, and changes nothing."""
    configuration = _configured()
    chosen = configuration.chosen(names or ())
    findings = [check.database(configuration.settings.database_url.get_secret_value())]
    findings += asyncio.run(check.all_sources(chosen))
    if as_json:
        _print_json([finding.as_dict() for finding in findings])
    else:
        typer.echo("\n".join(map(check.as_text, findings)))
    _exit_by([finding.is_well for finding in findings[1:]] if findings[0].is_well else [False])


@cli.command()
def sync(
    names: Names = None,
    full: Annotated[bool, typer.Option("--full", help="Read everything again.")] = False,
    since: Annotated[str | None, typer.Option(metavar="DATE", help="Read what was updated from then on.")] = None,
    analysis: Annotated[bool, typer.Option("--analysis/--no-analysis", help="Analyse what has changed.")] = True,
    as_json: AsJson = False,
) -> None:
    """Pulls once what has changed in the sources."""
    del analysis  # accepted already: there is no analysis to leave out yet
    configuration = _configured()
    begin = _day(since, configuration.settings.zone) if since else None
    _run(configuration, names, as_json, lambda place, source: pull(place, source, full=full, since=begin))


@cli.command()
def census(names: Names = None, as_json: AsJson = False) -> None:
    """Compares all ids with the sources: marks what is gone, pulls what is missing."""
    _run(_configured(), names, as_json, take_census)


@cli.command()
def run() -> None:
    """Pulls on schedule and serves the page; what the container starts."""
    configuration = _configured(told_by_logs=True)
    chosen = configuration.chosen(())
    workplace = app.open_workplace(configuration.settings)
    asyncio.run(work.serve(workplace, chosen, configuration.settings))


@cli.command("report")
def report_command(
    scope_name: ScopeName = "all",
    form: Annotated[ReportFormat, typer.Option("--format")] = ReportFormat.TEXT,
    as_of: AsOf = "",
    output: Output = None,
) -> None:
    """Says what the stored tickets tell."""
    configuration = _configured()
    document = report(app.open_store(configuration.settings), _frame(configuration, scope_name, as_of))
    content = as_text(document).encode() if form is ReportFormat.TEXT else _json(document)
    with _opened(output) as out:
        out.write(content)


@export_cli.command("tickets")
def export_tickets(
    form: Annotated[ExportFormat, typer.Option("--format")] = ExportFormat.JSONL,
    scope_name: ScopeName = "all",
    as_of: AsOf = "",
    output: Output = None,
) -> None:
    """Writes every ticket with its life and class."""
    configuration = _configured()
    frame = _frame(configuration, scope_name, as_of)
    found = facts(app.open_store(configuration.settings), frame.hours, frame.as_of, scope(frame.scope))
    with _opened(output) as out:
        export.FORMATS[form](map(export.line, found), out)


@cli.command()
def demo(
    once: Annotated[bool, typer.Option("--once", help="Print the report and end.")] = False,
    seed: Annotated[int, typer.Option(help="Another seed is another company.")] = 1,
    directory: Annotated[Path | None, typer.Option(help="Keep database and truth file there.")] = None,
) -> None:
    """Shows a simulated company, pulled through the real Jira and ServiceNow connectors."""
    del once  # there is no page to stay for yet
    log.configure("auto", "warning")
    with _kept(directory) as place, screen.progress() as watch:
        shown = demonstrate(place, datetime.now(UTC).replace(minute=0, second=0, microsecond=0), seed, watch)
        document = report(app.open_store(shown.configuration.settings), _frame(shown.configuration, "all", ""))
        typer.echo(f"{screen.as_text(shown.runs)}\n\n{as_text(document)}", nl=False)
        if directory is not None:
            typer.echo(f"\nDatabase and truth file are in {place}")
    _exit_by([run.outcome == "done" for run in shown.runs])


@cli.command()
def migrate() -> None:
    """Brings the database up to date; `run` and `sync` do it too."""
    database = app.open_store(_configured().settings)
    typer.echo(f"{database.shown} is up to date")


@cli.command()
def connectors() -> None:
    """Lists the connectors that are installed."""
    for name, point in registry.installed().items():
        typer.echo(f"{name:<14} {point.value}")


@cli.command()
def settings(form: Annotated[SettingsFormat, typer.Option("--format")] = SettingsFormat.TEXT) -> None:
    """Lists every variable with type, default and meaning."""
    of_sources = {name: catalogue.of_source(model) for name, model in app.connector_settings().items()}
    if form is SettingsFormat.ENV:
        typer.echo(catalogue.env_example(of_sources), nl=False)
    elif form is SettingsFormat.JSON:
        _print_json(catalogue.as_dicts(of_sources))
    else:
        typer.echo(catalogue.as_text(of_sources))


@cli.command()
def version() -> None:
    """Prints the version."""
    typer.echo(__version__)


def main() -> None:
    """What the console script calls: every error that an operator can act on is a sentence and an exit code."""
    arguments = [argument for argument in sys.argv[1:] if argument != DEBUG]
    os.umask(0o077)
    _collect_garbage_seldom()
    try:
        cli(arguments)
    except Exception as problem:
        if DEBUG in sys.argv:
            raise
        sys.exit(_told(problem))


def _collect_garbage_seldom() -> None:
    """Parsed answers are many small objects without cycles: looking for some too often costs a fifth of a pull.

    Looking too seldom keeps the answers themselves, which are in cycles: then memory grows with the pull.
    """
    gc.freeze()
    gc.set_threshold(20_000, 5, 5)


def _told(problem: Exception) -> int:
    """Says what went wrong; the exit code for it."""
    match problem:
        case ConfigurationError():
            lines, code = [str(found) for found in problem.problems], WRONG_USE
        case ScopeError() | typer.BadParameter():
            lines, code = [str(problem)], WRONG_USE
        case DatabaseError() | export.ExportError():
            lines, code = [str(problem)], FAILED
        case BrokenPipeError():
            lines, code = [], FAILED
        case OSError():
            lines, code = [f"{problem.filename or ''} {problem.strerror or problem}".strip()], FAILED
        case _:
            lines, code = [f"unexpected {type(problem).__name__}: {problem}. Run again with {DEBUG}."], FAILED
    for line in lines:
        typer.echo(f"error: {line}", err=True)
    return code


def _configured(*, told_by_logs: bool = False) -> Configuration:
    """The configuration. A command that prints its result logs warnings only, unless a level was asked for."""
    configuration = app.configure(os.environ)
    wanted = configuration.settings.log
    level = wanted.level if told_by_logs or "level" in wanted.model_fields_set else "warning"
    log.configure(wanted.format, level)
    return configuration


def _run(configuration: Configuration, names: Sequence[str] | None, as_json: bool, work_on: Work) -> None:
    chosen = configuration.chosen(names or ())
    workplace = app.open_workplace(configuration.settings)
    with screen.progress() as watch:
        place = replace(workplace, watch=watch)
        runs = asyncio.run(work.side_by_side(place, chosen, lambda source: work_on(place, source)))
    if as_json:
        _print_json([run.as_dict() for run in runs])
    else:
        typer.echo(screen.as_text(runs))
    _exit_by([run.outcome == "done" for run in runs])


def _exit_by(went_well: Sequence[bool]) -> None:
    if not all(went_well):
        raise typer.Exit(PARTLY if any(went_well) else FAILED)


def _frame(configuration: Configuration, scope_name: str, as_of: str) -> Frame:
    settings = configuration.settings
    moment = _end_of(as_of, settings.zone) if as_of else datetime.now(UTC).replace(microsecond=0)
    return Frame(scope_name, moment, settings.zone, BusinessHours(settings.business_hours.spans, settings.zone))


def _day(text: str, zone: ZoneInfo) -> datetime:
    """The first moment of a day in the zone of the settings, or an instant."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"'{text}' must be a day or an instant, e.g. 2026-03-31") from None
    return (at if at.tzinfo else at.replace(tzinfo=zone)).astimezone(UTC)


def _end_of(text: str, zone: ZoneInfo) -> datetime:
    """The end of a day, so that the day is part of what is looked at, or an instant."""
    at = _day(text, zone)
    return at + timedelta(days=1) if len(text) == len("2026-03-31") else at


@contextmanager
def _opened(output: Path | None) -> Iterator[BinaryIO]:
    if output is None:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    with output.open("wb") as file:
        yield file


@contextmanager
def _kept(directory: Path | None) -> Iterator[Path]:
    """The directory, made where it is not there yet; without one, a directory that is gone at the end."""
    if directory is not None:
        directory.mkdir(parents=True, exist_ok=True)
        yield directory.absolute()
        return
    with TemporaryDirectory(prefix="treadmill-") as temporary:
        yield Path(temporary)


def _json(value: object) -> bytes:
    return orjson.dumps(value, default=str, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def _print_json(value: object) -> None:
    typer.echo(_json(value), nl=False)
