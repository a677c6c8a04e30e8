"""Commands that serve the website."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import typer

from config.settings import PREFIX, Web
from service.cli import progress
from service.cli.analyst import open_analyst
from service.cli.configuration import load_configuration
from service.cli.exit_codes import DEBUG, exit_by
from service.cli.output import print_text
from service.monitoring import log
from service.report.document import report
from service.report.text import as_text
from service.runtime import app
from service.runtime.demo import demonstrate, page_settings, page_variables
from service.runtime.listening import try_address
from service.runtime.page_password import require_password
from service.store.queries.scopes import parse_scope

EVERYWHERE = ("0.0.0.0", "::")  # noqa: S104 - nothing listens here: it is what an operator may have set


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
    port: Annotated[
        int | None,
        typer.Option(min=1, max=65535, help="Port of the website; by default that of TREADMILL_WEB__PORT, or 8080."),
    ] = None,
) -> None:
    """Show a simulated company, pulled through the real Jira and ServiceNow connectors, on a website of its own."""
    log.configure("auto", "warning", tracebacks=DEBUG in sys.argv)
    variables = page_variables(os.environ) | ({f"{PREFIX}WEB__PORT": str(port)} if port else {})
    web = page_settings(variables).web
    if not once:
        try_address(web)
    with _open_directory(directory) as path, progress.page_progress() as on_page:
        # Whole hours: a demo that is repeated within the hour shows the same company.
        as_of = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
        demo_run = demonstrate(path, as_of, seed, on_page, variables)
        analyst = open_analyst(demo_run.configuration)
        analyst.train()
        with analyst.snapshot(parse_scope("all")) as snapshot:
            document = report(snapshot)
        print_text(f"{progress.as_text(demo_run.runs)}\n\n{as_text(document)}", nl=False)
        if directory is not None:
            print_text(f"\nDatabase and truth file are in {path}")
        if not once:
            settings = require_password(analyst.settings, analyst.database)
            print_text(f"\n{_invitation(settings.web, is_made=web.needs_password)}")
            app.run_website(replace(analyst, settings=settings))
    exit_by([run.outcome == "done" for run in demo_run.runs])


def _invitation(web: Web, *, is_made: bool) -> str:
    """Return where the page is, and its password where one was made."""
    host = "localhost" if web.host in EVERYWHERE else f"[{web.host}]" if ":" in web.host else web.host
    address = f"The page is at http://{host}:{web.port}/ until you press Ctrl-C."
    if not is_made or web.editor_password is None:
        return address
    return f"{address}\nIts password is {web.editor_password.get_secret_value()}"


@contextmanager
def _open_directory(directory: Path | None) -> Iterator[Path]:
    """Yield the directory, created if necessary, or for None a temporary one that is deleted at the end."""
    if directory is not None:
        directory.mkdir(parents=True, exist_ok=True)
        yield directory.absolute()
        return
    with TemporaryDirectory(prefix="treadmill-") as temporary:
        yield Path(temporary)
