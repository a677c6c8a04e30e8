"""Options and arguments that several commands share, and the meaning of their dates."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from service.analysis.weeks import EARLIEST, LATEST

Names = Annotated[list[str] | None, typer.Argument(metavar="SOURCE", help="Names of sources; all by default.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")]
AsOf = Annotated[
    str, typer.Option("--as-of", metavar="DATE", help="Analyse as of an instant or the end of a day, e.g. 2026-03-31.")
]
Output = Annotated[
    Path | None, typer.Option("--output", metavar="FILE", help="Write to this file instead of the terminal.")
]
TicketName = Annotated[
    str, typer.Argument(metavar="TICKET", help="Key or id of the ticket; SOURCE:KEY if several sources have it.")
]
ScopeName = Annotated[str, typer.Option("--scope", help="all, or e.g. team:Network, source:emea, service:VPN.")]


def end_of(text: str, zone: ZoneInfo) -> datetime | None:
    """Return the end of a day, or an instant; None for an empty text. Raises BadParameter.

    A moment that lies ahead is allowed, and noted on the terminal: until then nothing more is known than now.
    """
    if not text:
        return None
    at = start_of(text, zone)
    if at > (now := datetime.now(UTC)):
        note = f"note: {text} is in the future; what is stored ends at the latest on {now.astimezone(zone).date()}"
        typer.echo(note, err=True)
    # The day that an operator names is part of the report.
    return at + timedelta(days=1) if len(text) == len("2026-03-31") else at


def start_of(text: str, zone: ZoneInfo) -> datetime:
    """Return the start of a day in the time zone of the settings, or an instant. Raises BadParameter."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"'{text}' must be a day or an instant, e.g. 2026-03-31") from None
    # In a time zone, the first and the last days that Python knows have instants that it does not.
    if not EARLIEST <= at.date() < LATEST:
        last = LATEST - timedelta(days=1)
        raise typer.BadParameter(f"'{text}' must be a day or an instant from {EARLIEST} to {last}")
    return (at if at.tzinfo else at.replace(tzinfo=zone)).astimezone(UTC)
