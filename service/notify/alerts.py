"""Alerts on what is new in a report. Pure functions, so that each rule can be tested on its own."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from service.analysis.catalogue import VERDICT_LABELS
from service.analysis.formatting import count, local_day
from service.analysis.wording import quoted
from service.report.sections.report import Report

VERDICT = "verdict"
STALE, INCOMPLETE = "stale:", "incomplete:"
"""Keys of alerts on sources: these are states, which end and may come back."""


@dataclass(frozen=True, slots=True)
class Alert:
    """An alert: the key that identifies it, its text, the path of the page with more, and the value it reports."""

    key: str
    text: str
    page: str
    value: str | None = None


@dataclass(frozen=True, slots=True)
class AlertUpdate:
    """The alerts to send, the values to record without sending, by key, and the keys of states that have ended."""

    alerts: tuple[Alert, ...]
    unsent: Mapping[str, str | None]
    ended: tuple[str, ...]


def update_alerts(report: Report, stale: Mapping[str, str], sent: Mapping[str, str | None]) -> AlertUpdate:
    """Compare a report with the alerts that were sent.

    `stale` holds the problem of each stale source by name, `sent` the values of earlier alerts by key.
    """
    findings = [*_verdict(report, sent), *_cycles(report), *_fixes(report)]
    states = [*_stale(stale), *_incomplete(report)]
    new = [alert for alert in (*findings, *states) if alert.key == VERDICT or alert.key not in sent]
    # The first report comes with every cycle of two years; as alerts they would teach people to ignore alerts.
    is_first = VERDICT not in sent
    alerts = tuple(alert for alert in new if not (is_first and alert in findings))
    unsent = {alert.key: alert.value for alert in new if alert not in alerts}
    current = {alert.key for alert in states}
    # Without its record a state that comes back is new again. A finding is reported once and for all.
    ended = sorted(key for key in sent if key.startswith((STALE, INCOMPLETE)) and key not in current)
    return AlertUpdate(alerts, unsent, tuple(ended))


def _verdict(report: Report, sent: Mapping[str, str | None]) -> Iterator[Alert]:
    state, before = report.verdict.state, sent.get(VERDICT)
    if state != before:
        changed = f"The verdict has changed from {_label(before)} to {_label(state)}. " if before else ""
        yield Alert(VERDICT, f"{changed}{report.verdict.sentence}", "/", state)


def _label(state: str) -> str:
    # A state of an older release may have no label any more.
    return f'"{VERDICT_LABELS.get(state, state).lower()}"'


def _cycles(report: Report) -> Iterator[Alert]:
    for cycle in report.cycles:
        # Requests that recur are demand: nobody is to be alarmed by them.
        if cycle.endless and cycle.work == "failure":
            size = f"{count(cycle.episodes, 'flare-up')} and {count(cycle.tickets, 'ticket')} so far"
            text = f"New endless cycle: {quoted(cycle.title)}, {size}."
            yield Alert(f"cycle:{cycle.id}", text, f"/cycles/{cycle.id}")


def _fixes(report: Report) -> Iterator[Alert]:
    zone = ZoneInfo(report.timezone)
    for cycle in report.cycles:
        for fix in cycle.fixes:
            if fix.outcome == "did not hold":
                back = f"{quoted(cycle.title)} came back {count(fix.episodes_after, 'time')} since"
                text = f"Fix {fix.ticket} of {local_day(fix.at, zone)} did not hold: {back}."
                yield Alert(f"fix:{cycle.id}:{fix.ticket}", text, f"/cycles/{cycle.id}")


def _stale(stale: Mapping[str, str]) -> Iterator[Alert]:
    for name, sentence in sorted(stale.items()):
        yield Alert(f"{STALE}{name}", f"{sentence[:1].upper()}{sentence[1:]}.", "/sources")


def _incomplete(report: Report) -> Iterator[Alert]:
    for source in report.sources:
        # None means that no census has compared it yet, which is no news.
        if source.complete is False:
            why = " ".join(gap.text for gap in source.gaps) or "see its page."
            yield Alert(f"{INCOMPLETE}{source.name}", f"Source {source.name} is not complete: {why}", "/sources")
