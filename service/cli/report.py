"""Commands that report to people."""

import sys
from collections.abc import Callable
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated

import typer

from service.cli.analyst import open_analyst, open_snapshot
from service.cli.configuration import load_configuration
from service.cli.exit_codes import exit_by
from service.cli.options import AsOf, Output, ScopeName
from service.cli.output import as_json_bytes, open_output, print_lines, print_text
from service.notify.notifier import Kind, preview, send_now
from service.report.cache import Reporter
from service.report.document import report as build_report
from service.report.html import as_html
from service.report.pdf import as_pdf
from service.report.sections.report import Report
from service.report.serialization import document_of
from service.report.text import as_text
from service.runtime import app
from service.store.queries.scopes import Scope


class ReportFormat(StrEnum):
    """A format of reports."""

    TEXT = "text"
    JSON = "json"
    HTML = "html"
    PDF = "pdf"


_FORMATS: dict[ReportFormat, Callable[[Report], bytes]] = {
    ReportFormat.TEXT: lambda report: as_text(report).encode(),
    ReportFormat.JSON: lambda report: as_json_bytes(document_of(report)),
    ReportFormat.HTML: lambda report: as_html(report).encode(),
    ReportFormat.PDF: lambda report: as_pdf(as_html(report)),
}


def report(
    scope_name: ScopeName = "all",
    form: Annotated[ReportFormat, typer.Option("--format")] = ReportFormat.TEXT,
    as_of: AsOf = "",
    output: Output = None,
) -> None:
    """Print the report on the stored tickets, or write it to a file."""
    if form is ReportFormat.PDF and output is None and sys.stdout.isatty():
        raise typer.BadParameter("a PDF cannot be shown on a terminal: name a file with --output")
    configuration = load_configuration()
    with open_snapshot(configuration, scope_name, as_of) as snapshot:
        content = _FORMATS[form](build_report(snapshot))
    # Opened last: a report that fails leaves an earlier file as it was.
    with open_output(output) as out:
        out.write(content)


def notify(
    test: Annotated[bool, typer.Option("--test", help="Send a test message.")] = False,
    digest: Annotated[bool, typer.Option("--digest", help="Send the digest with the report now.")] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print what would be sent; send and record nothing.")
    ] = False,
) -> None:
    """Send new alerts to the URLs of TREADMILL_NOTIFY__URLS, and print the answer of each."""
    configuration = load_configuration()
    analyst, now = open_analyst(configuration), datetime.now(UTC)
    notifier = app.open_notifier(configuration, analyst.database)
    kind: Kind = "test" if test else "digest" if digest else "alerts"
    newest = None if test else Reporter(analyst).section(Report, Scope())
    if dry_run:
        print_text(preview(notifier, kind, newest, now))
        return
    results = send_now(notifier, kind, newest, now)
    print_lines(map(str, results), "nothing new")
    exit_by([result.accepted for result in results])
