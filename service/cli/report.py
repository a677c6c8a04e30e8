"""Commands that tell people what the tickets say."""

import sys
from collections.abc import Callable
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Any

import typer

from service.cli.configuration import analyst_of, configured, looked
from service.cli.exit_codes import exit_by
from service.cli.options import AsOf, Output, ScopeName
from service.cli.output import as_json_bytes, opened
from service.notify.notifier import Kind, Notifier, sent, shown
from service.report.cache import Reporter
from service.report.document import report as told
from service.report.html import as_html
from service.report.pdf import as_pdf
from service.report.text import as_text
from service.runtime.worker import interval


class ReportFormat(StrEnum):
    """What a report can be written as."""

    TEXT = "text"
    JSON = "json"
    HTML = "html"
    PDF = "pdf"


_WRITTEN: dict[ReportFormat, Callable[[dict[str, Any]], bytes]] = {
    ReportFormat.TEXT: lambda document: as_text(document).encode(),
    ReportFormat.JSON: as_json_bytes,
    ReportFormat.HTML: lambda document: as_html(document).encode(),
    ReportFormat.PDF: lambda document: as_pdf(as_html(document)),
}


def report(
    scope_name: ScopeName = "all",
    form: Annotated[ReportFormat, typer.Option("--format")] = ReportFormat.TEXT,
    as_of: AsOf = "",
    output: Output = None,
) -> None:
    """Says what the stored tickets tell."""
    if form is ReportFormat.PDF and output is None and sys.stdout.isatty():
        raise typer.BadParameter("a PDF is nothing for a terminal: name a file with --output")
    configuration = configured()
    with looked(configuration, scope_name, as_of) as snapshot:
        document = told(snapshot)
    content = _WRITTEN[form](document)
    with opened(output) as out:
        out.write(content)


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
    configuration = configured()
    settings, now = configuration.settings, datetime.now(UTC)
    names = [source.name for source in configuration.sources]
    between_pulls = interval(settings.schedule.sync, settings, now)
    notifier = Notifier(Reporter(analyst_of(configuration)), names, between_pulls)
    kind: Kind = "test" if test else "digest" if digest else "alerts"
    if dry_run:
        typer.echo(shown(notifier, kind, now))
        return
    answers = sent(notifier, kind, now)
    typer.echo("\n".join(map(str, answers)) or "nothing new")
    exit_by([answer.accepted for answer in answers])
