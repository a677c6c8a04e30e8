"""Messages in plain text, which a mail, a chat and a pager can show."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from zoneinfo import ZoneInfo

from service.analysis.calendar import local_date
from service.analysis.catalogue import STATE_LABELS
from service.analysis.formatting import count, day
from service.analysis.wording import quoted, trouble, troubles
from service.notify.alerts import Alert
from service.report.filters import seen
from service.report.sections.cycles import ReportedCycle
from service.report.sections.report import Report

MAX_ALERTS = 20
"""A change of rules can make dozens of cycles endless at once."""
GREATEST = 3


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that goes with a message; `kind` is its media type."""

    name: str
    kind: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Message:
    """A message, with an attachment for services that accept one."""

    title: str
    body: str
    file: Attachment | None = None


def alerts_message(alerts: Sequence[Alert], url: str | None) -> Message:
    """Return one message for all alerts; of more than `MAX_ALERTS` it counts the others."""
    title = "Treadmill: 1 alert" if len(alerts) == 1 else f"Treadmill: {len(alerts)} alerts"
    lines = [_line(alert, url) for alert in alerts[:MAX_ALERTS]]
    more = len(alerts) - len(lines)
    return Message(title, "\n\n".join([*lines, *([f"And {more} more."] if more else [])]))


def digest_message(report: Report, url: str | None, html: str) -> Message:
    """Return the weekly digest with the report attached, named after the last day of its period."""
    # A period ends with the first instant of the next week, which is not a day of the digest.
    last_day = local_date(report.period.end - timedelta(seconds=1), ZoneInfo(report.timezone))
    file = Attachment(f"treadmill-{last_day}.html", "text/html", html.encode())
    title = f"Treadmill, week to {day(last_day)}: {report.verdict.headline.lower()}"
    return Message(title, "\n\n".join(_digest(report, url)), file)


def trial_message(url: str | None) -> Message:
    """Return a message that only shows that messages arrive."""
    where = f" The page is at {url}." if url else " Set TREADMILL_WEB__URL, so that alerts contain a link."
    return Message("Treadmill: test", f"This is a test. Alerts and the weekly digest will arrive here.{where}")


def _line(alert: Alert, url: str | None) -> str:
    return f"{alert.text}\n{url}{alert.page}" if url else alert.text


def _digest(report: Report, url: str | None) -> Iterator[str]:
    verdict = report.verdict
    yield verdict.sentence
    yield seen(verdict)
    missing = [text for text in verdict.missing if text not in verdict.first_steps]
    yield from ("\n".join(f"- {text}" for text in part) for part in (verdict.first_steps, missing) if part)
    problems, requests = ([cycle for cycle in report.cycles if cycle.work == work] for work in ("failure", "request"))
    if problems:
        kinds = (f"recurring {trouble(verdict.by_label)}", f"recurring {troubles(verdict.by_label)}")
        yield _list(f"The greatest of {count(len(problems), *kinds)}:", problems, url)
    if requests:
        yield _list("Requests that recur, candidates for automation or self-service:", requests, url)
    incomplete = [source.name for source in report.sources if source.complete is not True]
    if incomplete:
        yield f"Not known to be complete: {', '.join(incomplete)}."
    if url:
        yield url


def _list(title: str, cycles: Sequence[ReportedCycle], url: str | None) -> str:
    return "\n".join([title, *(_cycle(cycle, url) for cycle in cycles[:GREATEST])])


def _cycle(cycle: ReportedCycle, url: str | None) -> str:
    where = f" {url}/cycles/{cycle.id}" if url else ""
    repeats = cycle.repeats_in_period
    size = "repeats in the period unknown" if repeats is None else f"{count(repeats, 'repeat')} in the period"
    return f"- {quoted(cycle.title)}: {size}, {STATE_LABELS[cycle.state]}.{where}"
