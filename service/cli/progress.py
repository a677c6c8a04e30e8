"""Progress bars of runs and analyses on a terminal, and the results of runs as text."""

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
from service.analysis.formatting import count, duration, integer
from service.analysis.printable import printable
from service.monitoring.words import describe
from service.sync.run import PageCallback, Run


class _RateColumn(ProgressColumn):
    """Tickets per second."""

    def render(self, task: Bar) -> Text:
        return Text(f"{integer(round(task.speed or 0))} tickets/s")


@contextmanager
def page_progress() -> Iterator[PageCallback]:
    """Yield a callback for pages that draws a bar for each source, or nothing if there is no terminal."""
    if not sys.stderr.isatty():
        yield lambda _source, _page: None
        return
    with _bars() as bars:
        tasks: dict[str, TaskID] = {}

        def show(source: str, page: Page) -> None:
            # Added with the first page: only then does the source say how many tickets there are.
            if source not in tasks:
                tasks[source] = bars.add_task(source, total=page.total)
            bars.update(tasks[source], advance=len(page.tickets), total=page.total)

        yield show


@contextmanager
def analysis_progress() -> Iterator[Callable[[int, int], None]]:
    """Yield a callback for an analysis that draws a bar, or nothing if there is no terminal."""
    if not sys.stderr.isatty():
        yield lambda _done, _total: None
        return
    with _bars() as bars:
        task = bars.add_task("analysing", total=None)
        yield lambda done, total: bars.update(task, completed=done, total=total)


def _bars() -> Progress:
    # On standard error: the standard output is the result, and may go to a file or a pipe.
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), _RateColumn(), TimeRemainingColumn()
    return Progress(*columns, console=Console(stderr=True))


def as_text(runs: Iterable[Run]) -> str:
    """Return a line for each run, followed by the reason, the remedy, the gaps and what was left out or refused."""
    return "\n".join(printable(line) for run in runs for line in _lines(run))


def _lines(run: Run) -> list[str]:
    counts = run.counts
    summary = (
        f"{run.source}: {integer(counts.read)} read, {integer(counts.new)} new, {integer(counts.changed)} changed, "
        f"{integer(counts.unchanged)} unchanged, {integer(counts.refused)} refused, {integer(counts.deleted)} gone, "
        f"{count(counts.requests, 'request')}, {count(counts.retries, 'retry', 'retries')}, "
        f"{duration(run.seconds)}, {run.outcome}"
    )
    refused = [f"  refused {refusal.place}: {refusal.reason}" for refusal in run.refusals]
    if (more := counts.refused - len(refused)) > 0:
        refused.append(f"  and {integer(more)} more refused")
    gaps = [f"  incomplete: {gap.text}" for gap in run.gaps]
    gaps += [f"  {line}" for line in describe(run.unknown)] + [f"  {kind.text}" for kind in run.left_out]
    return [summary, *(f"  {text}" for text in (run.reason, run.remedy) if text), *gaps, *refused]
