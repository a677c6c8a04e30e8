"""The command line: one command a function."""

import asyncio
import gc
import os
import sys
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic, process_time
from typing import Annotated, Any, BinaryIO, cast, get_args
from zoneinfo import ZoneInfo

import orjson
import typer

from treadmill import __version__
from treadmill.config import catalogue
from treadmill.config.environment import ConfigurationError
from treadmill.connectors import registry
from treadmill.service import app, check, judgement, log, screen, work
from treadmill.service.analysis.calendar import Grain
from treadmill.service.analysis.classify import Override, RulesError
from treadmill.service.analysis.classify.evaluation import evaluate
from treadmill.service.analysis.classify.labelled import LabelledError, labelled
from treadmill.service.analysis.fact import Nature, WorkClass
from treadmill.service.analyst import Analyst
from treadmill.service.app import Configuration
from treadmill.service.demonstration import demonstrate
from treadmill.service.judgement import UnknownName
from treadmill.service.notify import announcing
from treadmill.service.notify.notifier import Notifier
from treadmill.service.pipeline.analyse import Analysed
from treadmill.service.report import export, lines
from treadmill.service.report.look import Look
from treadmill.service.report.page import as_html
from treadmill.service.report.pdf import as_pdf
from treadmill.service.report.report import report
from treadmill.service.report.text import as_text
from treadmill.service.reporter import Reporter
from treadmill.service.scheduler import interval
from treadmill.service.store.database import DatabaseError
from treadmill.service.store.scopes import ScopeError, scope
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
TicketName = Annotated[
    str, typer.Argument(metavar="TICKET", help="Its key, or its id; SOURCE:KEY where that is not enough.")
]
Work = Callable[[Workplace, ConfiguredSource], Awaitable[Run]]
ScopeName = Annotated[str, typer.Option("--scope", help="all, or e.g. team:Network, source:emea, service:VPN.")]

cli = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Shows whether IT support is running in endless cycles.",
)
export_cli = typer.Typer(no_args_is_help=True, help="Writes what is stored, for other programs.")
cycles_cli = typer.Typer(no_args_is_help=True, help="Keeps a person's word on families, through every rebuild.")
cli.add_typer(export_cli, name="export")
cli.add_typer(cycles_cli, name="cycles")


class ReportFormat(StrEnum):
    """What a report can be written as."""

    TEXT = "text"
    JSON = "json"
    HTML = "html"
    PDF = "pdf"


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
    """Pulls once what has changed in the sources, and analyses it."""
    configuration = _configured()
    begin = _day(since, configuration.settings.zone) if since else None
    runs = _run(configuration, names, as_json, lambda place, source: pull(place, source, full=full, since=begin))
    if analysis:
        _analyse(configuration, quiet=as_json)
    _exit_by([run.outcome == "done" for run in runs])


@cli.command()
def census(names: Names = None, as_json: AsJson = False) -> None:
    """Compares all ids with the sources: marks what is gone, pulls what is missing, and analyses that."""
    configuration = _configured()
    runs = _run(configuration, names, as_json, take_census)
    _analyse(configuration, quiet=as_json)
    _exit_by([run.outcome == "done" for run in runs])


@cli.command()
def analyse(
    rebuild: Annotated[bool, typer.Option("--rebuild", help="Analyse every ticket anew.")] = False,
    as_of: AsOf = "",
    as_json: AsJson = False,
) -> None:
    """Analyses what has changed since the last time."""
    configuration = _configured()
    begun, worked = monotonic(), process_time()
    done = _analyse(configuration, as_of=_moment(as_of, configuration), rebuild=rebuild, quiet=as_json)
    if as_json:
        took = {"seconds": monotonic() - begun, "cpu_seconds": process_time() - worked}
        _print_json(asdict(done) | took)


@cli.command()
def learn() -> None:
    """Learns from the tickets that rules and persons have decided; all tickets are then classified anew."""
    analyst = _analyst(_configured())
    experience, is_new = analyst.learn()
    typer.echo(judgement.learnt(experience, is_new=is_new))
    analyst.analyse()


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
    if form is ReportFormat.PDF and output is None and sys.stdout.isatty():
        raise typer.BadParameter("a PDF is nothing for a terminal: name a file with --output")
    configuration = _configured()
    with _looked(configuration, scope_name, as_of) as look:
        document = report(look)
    content = _WRITTEN[form](document)
    with _opened(output) as out:
        out.write(content)


@cli.command()
def notify(
    test: Annotated[bool, typer.Option("--test", help="Send a message that only says that messages arrive.")] = False,
    digest: Annotated[
        bool, typer.Option("--digest", help="Send the digest with the report, whatever day it is.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print what would be sent; send and note nothing.")
    ] = False,
) -> None:
    """Sends what is new to the URLs of TREADMILL_NOTIFY__URLS, and says what each answered."""
    configuration = _configured()
    settings, now = configuration.settings, datetime.now(UTC)
    names = [source.name for source in configuration.sources]
    between_pulls = interval(settings.schedule.sync, settings, now)
    notifier = Notifier(Reporter(_analyst(configuration)), names, between_pulls)
    kind: announcing.Kind = "test" if test else "digest" if digest else "alerts"
    if dry_run:
        typer.echo(announcing.shown(notifier, kind, now))
        return
    answers = announcing.sent(notifier, kind, now)
    typer.echo("\n".join(map(str, answers)) or "nothing new")
    _exit_by([answer.accepted for answer in answers])


@export_cli.command("tickets")
def export_tickets(
    form: Annotated[ExportFormat, typer.Option("--format")] = ExportFormat.JSONL,
    scope_name: ScopeName = "all",
    as_of: AsOf = "",
    output: Output = None,
) -> None:
    """Writes every ticket with its life, class, family and episode."""
    with _looked(_configured(), scope_name, as_of) as look, _opened(output) as out:
        export.FORMATS[form](lines.tickets(look), lines.TICKETS, out)


@export_cli.command("metrics")
def export_metrics(
    form: Annotated[ExportFormat, typer.Option("--format")] = ExportFormat.JSONL,
    grain: Annotated[str, typer.Option(help="day, week or month.")] = "week",
    scope_name: ScopeName = "all",
    as_of: AsOf = "",
    output: Output = None,
) -> None:
    """Writes every metric of every period and scope; another scope than all narrows it."""
    if grain not in get_args(Grain):
        raise typer.BadParameter(f"'{grain}' must be one of {', '.join(get_args(Grain))}")
    with _looked(_configured(), scope_name, as_of) as look, _opened(output) as out:
        export.FORMATS[form](lines.metrics(look, cast(Grain, grain)), lines.METRICS, out)


@export_cli.command("cycles")
def export_cycles(
    form: Annotated[ExportFormat, typer.Option("--format")] = ExportFormat.JSONL,
    scope_name: ScopeName = "all",
    as_of: AsOf = "",
    output: Output = None,
) -> None:
    """Writes every cycle with its tickets and fixes."""
    with _looked(_configured(), scope_name, as_of) as look, _opened(output) as out:
        export.FORMATS[form](lines.cycles(look), lines.CYCLES, out)


@cli.command()
def label(
    ticket: TicketName,
    nature: Annotated[str, typer.Argument(help="reactive or proactive.")],
    work_class: Annotated[str | None, typer.Option("--class", help="The work class, where you know it.")] = None,
) -> None:
    """Keeps a person's word on the nature of a ticket; it stands above every rule."""
    if nature not in get_args(Nature):
        raise typer.BadParameter(f"'{nature}' must be one of {', '.join(get_args(Nature))}")
    if work_class is not None and work_class not in get_args(WorkClass):
        raise typer.BadParameter(f"'{work_class}' must be one of {', '.join(get_args(WorkClass))}")
    analyst = _analyst(_configured())
    try:
        word = Override(cast(Nature, nature), cast(WorkClass | None, work_class))
    except ValueError as problem:
        raise typer.BadParameter(str(problem)) from None
    typer.echo(judgement.label(analyst, ticket, word))
    analyst.analyse()


@cli.command("review")
def review_command(limit: Annotated[int, typer.Option(help="How many to list.")] = 50, as_json: AsJson = False) -> None:
    """Lists the tickets that a person should label: those in doubt, and those that contradict their kind."""
    analyst = _analyst(_configured())
    analyst.analyse()
    found = judgement.review(analyst, limit)
    if as_json:
        _print_json([asdict(one) for one in found])
    else:
        typer.echo("\n".join(map(judgement.as_line, found)) or "nothing is in doubt")


@cycles_cli.command("merge")
def cycles_merge(families: Annotated[list[str], typer.Argument(metavar="FAMILY FAMILY...")]) -> None:
    """Makes one family of several."""
    _say(judgement.merge, families)


@cycles_cli.command("split")
def cycles_split(family: str, tickets: Annotated[list[str], typer.Argument(metavar="TICKET...")]) -> None:
    """Takes tickets out of a family and makes one of their own of them."""
    _say(judgement.split, [family, *tickets])


@cycles_cli.command("dismiss")
def cycles_dismiss(family: str) -> None:
    """Says that a family is no trouble: it is no cycle and makes no repeats."""
    _say(judgement.dismiss, [family])


@cycles_cli.command("fix")
def cycles_fix(family: str, day: Annotated[str, typer.Argument(metavar="DATE")]) -> None:
    """Declares that something was done on a day that is to end a family."""
    configuration = _configured()
    analyst = _analyst(configuration)
    typer.echo(judgement.fix(analyst, family, _day(day, configuration.settings.zone)))
    analyst.analyse()


@cli.command("evaluate")
def evaluate_command(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="JSON lines with nature, title, description, kind.")],
    as_json: AsJson = False,
) -> None:
    """Measures the classifier against labelled tickets."""
    with file.open(encoding="utf-8") as text:
        known = labelled(text, str(file))
    found = evaluate(known, _analyst(_configured()).classifier())
    if as_json:
        _print_json(found.as_dict())
    else:
        typer.echo(found.as_text())


@cli.command("explain")
def explain_command(ticket: TicketName) -> None:
    """Prints the life of a ticket, its class and why, its family, episode and loops."""
    analyst = _analyst(_configured())
    analyst.analyse()
    typer.echo(judgement.explain(analyst, ticket))


@cli.command()
def demo(
    once: Annotated[bool, typer.Option("--once", help="Print the report and end, without the page.")] = False,
    seed: Annotated[int, typer.Option(help="Another seed is another company.")] = 1,
    directory: Annotated[Path | None, typer.Option(help="Keep database and truth file there.")] = None,
    port: Annotated[int, typer.Option(help="Port of the page.")] = 8080,
) -> None:
    """Shows a simulated company, pulled through the real Jira and ServiceNow connectors, on a page of its own."""
    log.configure("auto", "warning")
    with _kept(directory) as place, screen.progress() as watch:
        shown = demonstrate(place, datetime.now(UTC).replace(minute=0, second=0, microsecond=0), seed, watch, port)
        analyst = _analyst(shown.configuration)
        analyst.learn()
        with analyst.look(scope("all")) as look:
            document = report(look)
        typer.echo(f"{screen.as_text(shown.runs)}\n\n{as_text(document)}", nl=False)
        if directory is not None:
            typer.echo(f"\nDatabase and truth file are in {place}")
        if not once:
            web = shown.configuration.settings.web
            typer.echo(f"\nThe page is at http://{web.host}:{web.port}/ until you press Ctrl-C.")
            asyncio.run(work.show(Reporter(analyst)))
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

    Looking too seldom keeps what is left of each request, which is in cycles: then memory grows with the pull.
    """
    gc.freeze()
    gc.set_threshold(20_000, 5, 5)


def _told(problem: Exception) -> int:
    """Says what went wrong; the exit code for it."""
    match problem:
        case ConfigurationError():
            told, code = [str(found) for found in problem.problems], WRONG_USE
        case RulesError() | LabelledError():
            told, code = list(problem.problems), WRONG_USE
        case ScopeError() | UnknownName() | typer.BadParameter():
            told, code = [str(problem)], WRONG_USE
        case DatabaseError() | export.ExportError():
            told, code = [str(problem)], FAILED
        case BrokenPipeError():
            told, code = [], FAILED
        case OSError():
            told, code = [f"{problem.filename or ''} {problem.strerror or problem}".strip()], FAILED
        case _:
            told, code = [f"unexpected {type(problem).__name__}: {problem}. Run again with {DEBUG}."], FAILED
    for line in told:
        typer.echo(f"error: {line}", err=True)
    return code


def _configured(*, told_by_logs: bool = False) -> Configuration:
    """The configuration. A command that prints its result logs warnings only, unless a level was asked for."""
    configuration = app.configure(os.environ)
    wanted = configuration.settings.log
    level = wanted.level if told_by_logs or "level" in wanted.model_fields_set else "warning"
    log.configure(wanted.format, level)
    return configuration


def _run(configuration: Configuration, names: Sequence[str] | None, as_json: bool, work_on: Work) -> list[Run]:
    chosen = configuration.chosen(names or ())
    workplace = app.open_workplace(configuration.settings)
    with screen.progress() as watch:
        place = replace(workplace, watch=watch)
        runs = asyncio.run(work.side_by_side(place, chosen, lambda source: work_on(place, source)))
    if as_json:
        _print_json([run.as_dict() for run in runs])
    else:
        typer.echo(screen.as_text(runs))
    return runs


def _analyst(configuration: Configuration) -> Analyst:
    return Analyst(app.open_store(configuration.settings), configuration.settings)


def _analyse(
    configuration: Configuration, *, as_of: datetime | None = None, rebuild: bool = False, quiet: bool = False
) -> Analysed:
    with screen.analysing() as watch:
        done = _analyst(configuration).analyse(as_of, rebuild=rebuild, watch=watch)
    if not quiet:
        every = " (all)" if done.rebuilt else ""
        typer.echo(f"analysed: {done.tickets} tickets{every}, {done.cells} periods measured")
    return done


@contextmanager
def _looked(configuration: Configuration, scope_name: str, as_of: str) -> Iterator[Look]:
    wanted, moment = scope(scope_name), _moment(as_of, configuration)
    with _analyst(configuration).look(wanted, moment) as look:
        yield look


def _say(word: Callable[[Analyst, Sequence[str]], str], names: Sequence[str]) -> None:
    analyst = _analyst(_configured())
    typer.echo(word(analyst, names))
    analyst.analyse()


def _exit_by(went_well: Sequence[bool]) -> None:
    if not all(went_well):
        raise typer.Exit(PARTLY if any(went_well) else FAILED)


def _moment(as_of: str, configuration: Configuration) -> datetime | None:
    return _end_of(as_of, configuration.settings.zone) if as_of else None


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


_WRITTEN: dict[ReportFormat, Callable[[dict[str, Any]], bytes]] = {
    ReportFormat.TEXT: lambda document: as_text(document).encode(),
    ReportFormat.JSON: _json,
    ReportFormat.HTML: lambda document: as_html(document).encode(),
    ReportFormat.PDF: lambda document: as_pdf(as_html(document)),
}


def _print_json(value: object) -> None:
    typer.echo(_json(value), nl=False)
