"""What is sent, in words: plain text that a mail, a chat and a pager can show."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from service.analysis.calendar import day_of
from service.analysis.catalogue import VERDICT_LABELS
from service.analysis.formatting import count, day, hours
from service.analysis.wording import quoted
from service.notify.alerts import Alert

HOUR = 3600
MOST_ALERTS = 20
COSTLIEST = 3


@dataclass(frozen=True, slots=True)
class File:
    """What goes with a message."""

    name: str
    kind: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Message:
    """A message; `file` goes along where the service takes files."""

    title: str
    body: str
    file: File | None = None


def of_alerts(alerts: Sequence[Alert], url: str | None) -> Message:
    """One message for all that is new, the first of them in full."""
    title = "Treadmill: 1 alert" if len(alerts) == 1 else f"Treadmill: {len(alerts)} alerts"
    lines = [_line(alert, url) for alert in alerts[:MOST_ALERTS]]
    more = len(alerts) - len(lines)
    return Message(title, "\n\n".join([*lines, *([f"And {more} more."] if more else [])]))


def of_report(report: Mapping[str, Any], url: str | None, html: str) -> Message:
    """The weekly digest with the report, named after the last day that it is about."""
    end = datetime.fromisoformat(report["period"]["to"]) - timedelta(seconds=1)
    last = day_of(end, ZoneInfo(report["timezone"]))
    file = File(f"treadmill-{last}.html", "text/html", html.encode())
    title = f"Treadmill, week to {day(last)}: {VERDICT_LABELS[report['verdict']['state']].lower()}"
    return Message(title, "\n\n".join(_digest(report, url)), file)


def of_test(url: str | None) -> Message:
    """A message that says nothing but that messages arrive."""
    where = f" The page is at {url}." if url else " Set TREADMILL_WEB__URL, so that alerts bring a link."
    return Message("Treadmill: test", f"This is a test. Alerts and the weekly digest will arrive here.{where}")


def _line(alert: Alert, url: str | None) -> str:
    return f"{alert.text}\n{url}{alert.page}" if url else alert.text


def _digest(report: Mapping[str, Any], url: str | None) -> Iterator[str]:
    verdict, sources = report["verdict"], report["sources"]
    yield verdict["sentence"]
    yield from ("\n".join(f"- {text}" for text in part) for part in (verdict["missing"], verdict["why"]) if part)
    costliest = [_cycle(one, url) for one in report["cycles"][:COSTLIEST]]
    if costliest:
        yield "\n".join([f"The costliest of {count(len(report['cycles']), 'cycle')}:", *costliest])
    lacking = [one["name"] for one in sources if one["complete"] is not True]
    if lacking:
        yield f"Not known to be complete: {', '.join(lacking)}."
    if url:
        yield url


def _cycle(cycle: Mapping[str, Any], url: str | None) -> str:
    work = hours(cycle["repeat_hours_in_period"] * HOUR)
    where = f" {url}/cycles/{cycle['id']}" if url else ""
    return f"- {quoted(cycle['title'])}: {work} of repeats in the period, {cycle['state']}.{where}"
