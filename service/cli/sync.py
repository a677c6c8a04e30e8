"""Commands that pull from the sources."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import Annotated

import typer

from service.cli import progress
from service.cli.analysis import caught_up
from service.cli.configuration import load_configuration
from service.cli.exit_codes import exit_by
from service.cli.options import AsJson, Names, day
from service.cli.output import print_json
from service.runtime import app, serve
from service.runtime.configuration import Configuration
from service.sync.census import census as take_census
from service.sync.pull import pull
from service.sync.run import Run, SyncContext
from service.sync.source import ConfiguredSource

Work = Callable[[SyncContext, ConfiguredSource], Awaitable[Run]]


def sync(
    names: Names = None,
    full: Annotated[bool, typer.Option("--full", help="Read everything again.")] = False,
    since: Annotated[str | None, typer.Option(metavar="DATE", help="Read what was updated from then on.")] = None,
    analysis: Annotated[bool, typer.Option("--analysis/--no-analysis", help="Analyse what has changed.")] = True,
    as_json: AsJson = False,
) -> None:
    """Pulls once what has changed in the sources, and analyses it."""
    configuration = load_configuration()
    begin = day(since, configuration.settings.zone) if since else None
    runs = _run(configuration, names, as_json, lambda place, source: pull(place, source, full=full, since=begin))
    if analysis:
        caught_up(configuration, quiet=as_json)
    exit_by([run.outcome == "done" for run in runs])


def census(names: Names = None, as_json: AsJson = False) -> None:
    """Compares all ids with the sources: marks what is gone, pulls what is missing, and analyses that."""
    configuration = load_configuration()
    runs = _run(configuration, names, as_json, take_census)
    caught_up(configuration, quiet=as_json)
    exit_by([run.outcome == "done" for run in runs])


def _run(configuration: Configuration, names: Sequence[str] | None, as_json: bool, work_on: Work) -> list[Run]:
    chosen = configuration.select(names or ())
    workplace = app.open_context(configuration.settings)
    with progress.progress() as watch:
        place = replace(workplace, on_page=watch)
        runs = asyncio.run(serve.run_concurrently(place, chosen, lambda source: work_on(place, source)))
    if as_json:
        print_json([run.as_dict() for run in runs])
    else:
        typer.echo(progress.as_text(runs))
    return runs
