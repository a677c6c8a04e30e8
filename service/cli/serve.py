"""Commands that serve the website."""

import sys
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
from service.cli.exit_codes import DEBUG, exit_by
from service.cli.output import print_text
from service.monitoring import log
from service.report.document import report
from service.report.text import as_text
from service.runtime import app
from service.runtime.demo import demonstrate
from service.store.queries.scopes import parse_scope


def run(
    only: Annotated[
        app.Role | None,
        typer.Option(help="Run only the worker, on PostgreSQL in any number of processes, or only the website."),
    ] = None,
) -> None:
    """Pull on schedule and serve the website; the container starts this."""
    configuration = load_configuration(logs_progress=True)
    # Checked here: without a source there is nothing to run.
    configuration.select(())
    app.run_service(configuration, only)


def demo(
    once: Annotated[bool, typer.Option("--once", help="Print the report and exit, without the website.")] = False,
    seed: Annotated[int, typer.Option(help="Seed of the simulation; each gives another company.")] = 1,
    directory: Annotated[
        Path | None,
        typer.Option(help="Keep database and truth file in this directory; else both are deleted at the end."),
    ] = None,
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port of the website.")] = 8080,
) -> None:
    """Show a simulated company, pulled through the real Jira and ServiceNow connectors, on a website of its own."""
    log.configure("auto", "warning", tracebacks=DEBUG in sys.argv)
    with _open_directory(directory) as path, progress.page_progress() as on_page:
        # Whole hours: a demo that is repeated within the hour shows the same company.
        as_of = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
        demo_run = demonstrate(path, as_of, seed, on_page, port)
        analyst = open_analyst(demo_run.configuration)
        analyst.train()
        with analyst.snapshot(parse_scope("all")) as snapshot:
            document = report(snapshot)
        print_text(f"{progress.as_text(demo_run.runs)}\n\n{as_text(document)}", nl=False)
        if directory is not None:
            print_text(f"\nDatabase and truth file are in {path}")
        if not once:
            web = demo_run.configuration.settings.web
            print_text(f"\nThe page is at http://{web.host}:{web.port}/ until you press Ctrl-C.")
            app.run_website(analyst)
    exit_by([run.outcome == "done" for run in demo_run.runs])


@contextmanager
def _open_directory(directory: Path | None) -> Iterator[Path]:
    """Yield the directory, created if necessary, or for None a temporary one that is deleted at the end."""
    if directory is not None:
        directory.mkdir(parents=True, exist_ok=True)
        yield directory.absolute()
        return
    with TemporaryDirectory(prefix="treadmill-") as temporary:
        yield Path(temporary)
