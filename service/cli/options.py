"""What options are called, and what is meant by their values."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

Names = Annotated[list[str] | None, typer.Argument(metavar="[SOURCE]...", help="Sources by name; none means all.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
AsOf = Annotated[str, typer.Option("--as-of", metavar="DATE", help="The clock of the analysis: a day or an instant.")]
Output = Annotated[Path | None, typer.Option("--output", metavar="FILE", help="Write to a file.")]
TicketName = Annotated[
    str, typer.Argument(metavar="TICKET", help="Its key, or its id; SOURCE:KEY where that is not enough.")
]
ScopeName = Annotated[str, typer.Option("--scope", help="all, or e.g. team:Network, source:emea, service:VPN.")]


def moment(text: str, zone: ZoneInfo) -> datetime | None:
    """The end of a day, so that the day is part of what is looked at, or an instant; None for no text."""
    if not text:
        return None
    at = day(text, zone)
    return at + timedelta(days=1) if len(text) == len("2026-03-31") else at


def day(text: str, zone: ZoneInfo) -> datetime:
    """The first moment of a day in the zone of the settings, or an instant. Raises BadParameter."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"'{text}' must be a day or an instant, e.g. 2026-03-31") from None
    return (at if at.tzinfo else at.replace(tzinfo=zone)).astimezone(UTC)
