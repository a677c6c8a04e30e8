"""What a person at a terminal sees of runs: progress while they go, a line each when they end."""

import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
)
from rich.progress import Task as Bar
from rich.text import Text

from connectors.model import Page
from service.analysis.formatting import duration, integer
from service.sync.run import PageCallback, Run


class _Rate(ProgressColumn):
    """Tickets a second."""

    def render(self, task: Bar) -> Text:
        return Text(f"{integer(round(task.speed or 0))} tickets/s")


@contextmanager
def progress() -> Iterator[PageCallback]:
    """Something to watch pages with: bars with rate and time left on a terminal, else nothing."""
    if not sys.stderr.isatty():
        yield lambda _source, _page: None
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), _Rate(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True)) as bars:
        known: dict[str, TaskID] = {}

        def watch(source: str, page: Page) -> None:
            if source not in known:
                known[source] = bars.add_task(source, total=page.total)
            bars.update(known[source], advance=len(page.tickets), total=page.total)

        yield watch


@contextmanager
def analysing() -> Iterator[Callable[[int, int], None]]:
    """Something to watch an analysis with: a bar on a terminal, else nothing."""
    if not sys.stderr.isatty():
        yield lambda _done, _all: None
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), _Rate(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True)) as bars:
        bar = bars.add_task("analysing", total=None)
        yield lambda done, everything: bars.update(bar, completed=done, total=everything)


def as_text(runs: Iterable[Run]) -> str:
    """A line for each run, and what to do about those that did not end well."""
    return "\n".join(line for run in runs for line in _lines(run))


def _lines(run: Run) -> list[str]:
    counts = run.counts
    done = (
        f"{run.source}: {counts.read} read, {counts.new} new, {counts.changed} changed, {counts.unchanged} unchanged, "
        f"{counts.refused} refused, {counts.deleted} gone, {counts.requests} requests, {counts.retries} retries, "
        f"{duration(run.seconds)}, {run.outcome}"
    )
    refused = [f"  refused {refusal.place}: {refusal.reason}" for refusal in run.refusals]
    return [done, *(f"  {text}" for text in (run.reason, run.remedy) if text), *refused]
