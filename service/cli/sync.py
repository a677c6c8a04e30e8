"""Commands that pull from the sources."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import Annotated

import typer

from service.cli import progress
from service.cli.analysis import analyse_changes
from service.cli.configuration import load_configuration
from service.cli.exit_codes import exit_by
from service.cli.options import AsJson, Names, start_of
from service.cli.output import print_json, print_text
from service.runtime import app
from service.runtime.concurrency import run_concurrently
from service.runtime.configuration import Configuration
from service.sync import census as census_run
from service.sync.pull import pull
from service.sync.run import Run, SyncContext
from service.sync.source import ConfiguredSource

Work = Callable[[SyncContext, ConfiguredSource], Awaitable[Run]]


def sync(
    names: Names = None,
    full: Annotated[bool, typer.Option("--full", help="Read everything again.")] = False,
    since: Annotated[
        str | None,
        typer.Option(metavar="DATE", help="Read what was updated since this day or instant, e.g. 2026-03-31."),
    ] = None,
    analysis: Annotated[
        bool, typer.Option("--analysis/--no-analysis", help="Analyse what changed, or leave that to a later command.")
    ] = True,
    as_json: AsJson = False,
) -> None:
    """Pull what changed in the sources once, and analyse it."""
    configuration = load_configuration()
    begin = start_of(since, configuration.settings.zone) if since else None
    runs = _run(configuration, names, as_json, lambda context, source: pull(context, source, full=full, since=begin))
    # Also when a source failed: the others, and what was read of it, are analysed.
    if analysis:
        analyse_changes(configuration, quiet=as_json)
    exit_by([run.outcome == "done" for run in runs])


def census(names: Names = None, as_json: AsJson = False) -> None:
    """Compare all ids with the sources: mark deleted tickets, pull missing ones, and analyse both."""
    configuration = load_configuration()
    runs = _run(configuration, names, as_json, census_run.census)
    analyse_changes(configuration, quiet=as_json)
    exit_by([run.outcome == "done" for run in runs])


def _run(configuration: Configuration, names: Sequence[str] | None, as_json: bool, work: Work) -> list[Run]:
    sources = configuration.select(names or ())
    context = app.open_context(configuration.settings)
    with progress.page_progress() as on_page:
        context = replace(context, on_page=on_page)
        runs = asyncio.run(run_concurrently(context, sources, lambda source: work(context, source)))
    if as_json:
        print_json([run.as_dict() for run in runs])
    else:
        print_text(progress.as_text(runs))
    return runs
