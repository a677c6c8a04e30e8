"""Commands that serve the page."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import typer

from service.cli import progress
from service.cli.analyst import open_analyst
from service.cli.configuration import load_configuration
from service.cli.exit_codes import exit_by
from service.monitoring import log
from service.report.document import report
from service.report.text import as_text
from service.runtime import app, serve
from service.runtime.demo import demonstrate
from service.store.queries.scopes import parse_scope


def run() -> None:
    """Pulls on schedule and serves the page; what the container starts."""
    configuration = load_configuration(logs_progress=True)
    chosen = configuration.select(())
    workplace = app.open_context(configuration.settings)
    asyncio.run(serve.serve(workplace, chosen, configuration.settings))


def demo(
    once: Annotated[bool, typer.Option("--once", help="Print the report and end, without the page.")] = False,
    seed: Annotated[int, typer.Option(help="Another seed is another company.")] = 1,
    directory: Annotated[Path | None, typer.Option(help="Keep database and truth file there.")] = None,
    port: Annotated[int, typer.Option(help="Port of the page.")] = 8080,
) -> None:
    """Shows a simulated company, pulled through the real Jira and ServiceNow connectors, on a page of its own."""
    log.configure("auto", "warning")
    with _kept(directory) as place, progress.progress() as watch:
        shown = demonstrate(place, datetime.now(UTC).replace(minute=0, second=0, microsecond=0), seed, watch, port)
        analyst = open_analyst(shown.configuration)
        analyst.train()
        with analyst.snapshot(parse_scope("all")) as snapshot:
            document = report(snapshot)
        typer.echo(f"{progress.as_text(shown.runs)}\n\n{as_text(document)}", nl=False)
        if directory is not None:
            typer.echo(f"\nDatabase and truth file are in {place}")
        if not once:
            web = shown.configuration.settings.web
            typer.echo(f"\nThe page is at http://{web.host}:{web.port}/ until you press Ctrl-C.")
            asyncio.run(serve.serve_pages(analyst))
    exit_by([run.outcome == "done" for run in shown.runs])


@contextmanager
def _kept(directory: Path | None) -> Iterator[Path]:
    """The directory, made where it is not there yet; without one, a directory that is gone at the end."""
    if directory is not None:
        directory.mkdir(parents=True, exist_ok=True)
        yield directory.absolute()
        return
    with TemporaryDirectory(prefix="treadmill-") as temporary:
        yield Path(temporary)
