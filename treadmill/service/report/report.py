"""The report: one JSON document, and the same as text."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from treadmill.service.analysis.business import BusinessHours
from treadmill.service.analysis.calendar import closed_weeks
from treadmill.service.analysis.metrics import Fact, Metric, Period, measure, open_at, touches
from treadmill.service.report.facts import StoredFact, facts, scope
from treadmill.service.store import sources
from treadmill.service.store.database import Database
from treadmill.service.store.reading import sources_with_teams
from treadmill.service.store.sources import SourceState

SCHEMA = "treadmill.report/1"
WEEKS = 13
LOOPS_SHOWN = 10
NOT_YET = "This release reads each ticket alone; it does not yet compare tickets with each other."
QUESTIONS = (
    ("How is your IT provider or internal team measured?", ("resolved", "one_touch_rate", "reopen_rate")),
    ("Do technology investments return?", ()),
    ("Does IT drive strategy or react?", ("reactive_share", "reactive_hours_share", "major_incidents")),
    ("Does complexity add value or dependency?", ("handoffs", "pingpong_rate_strict")),
)


@dataclass(frozen=True, slots=True)
class Frame:
    """What a report is about: the scope, the moment, and how days and hours are cut."""

    scope: str
    as_of: datetime
    zone: ZoneInfo
    hours: BusinessHours


def report(database: Database, frame: Frame) -> dict[str, Any]:
    """The report as JSON-able document. Raises ScopeError for a scope that means nothing."""
    period = closed_weeks(frame.as_of, WEEKS, frame.zone)
    reading = _Reading(period)
    with_teams = sources_with_teams(database)
    for known in facts(database, frame.hours, frame.as_of, scope(frame.scope)):
        reading.add(known)
    metrics = {metric.id: _metric(metric) for metric in measure(reading.facts, reading.backlog, period, frame.as_of)}
    return {
        "schema": SCHEMA,
        "as_of": frame.as_of.isoformat(),
        "timezone": frame.zone.key,
        "scope": frame.scope,
        "period": {"from": period.begin.isoformat(), "to": period.end.isoformat()},
        "verdict": _verdict(reading),
        "questions": [_question(text, ids, metrics) for text, ids in QUESTIONS],
        "metrics": metrics,
        "cycles": [],
        "loops": reading.loops(),
        "sources": [_source(state, with_teams) for state in sources.states(database)],
    }


class _Reading:
    """Gathers what a period needs while tickets pass by."""

    def __init__(self, period: Period) -> None:
        self._period = period
        self.facts: list[Fact] = []
        self.backlog = 0
        self.tickets = 0
        self._loops: dict[str, list[tuple[int, str, str]]] = {"reopened": [], "pingpong": [], "stalled": []}
        self._counts = dict.fromkeys(self._loops, 0)

    def add(self, known: StoredFact) -> None:
        if known.stored.deleted_at is not None:
            return
        self.tickets += 1
        self.backlog += open_at(known.fact, self._period.end)
        if touches(known.fact, self._period):
            self.facts.append(known.fact)
        life = known.fact.life
        self._note("reopened", life.reopens, known)
        self._note("pingpong", life.pingpong_strict, known)
        self._note("stalled", life.stall_loops, known)

    def _note(self, loop: str, times: int | None, known: StoredFact) -> None:
        if times:
            self._counts[loop] += 1
            worst = self._loops[loop]
            worst.append((-times, known.stored.source, known.fact.ticket.id))
            worst.sort()
            del worst[LOOPS_SHOWN:]

    def loops(self) -> dict[str, Any]:
        """Over all time: how many tickets loop, and the worst of them."""
        return {
            loop: {
                "tickets": self._counts[loop],
                "n": self.tickets,
                "worst": [{"source": source, "id": id_, "times": -times} for times, source, id_ in worst],
            }
            for loop, worst in self._loops.items()
        }


def _verdict(reading: _Reading) -> dict[str, Any]:
    return {
        "state": "inconclusive",
        "sentence": f"Whether support runs in endless cycles cannot be said yet: {reading.tickets} tickets were read.",
        "drivers": [],
        "missing": [NOT_YET],
    }


def _question(text: str, ids: tuple[str, ...], metrics: dict[str, dict[str, Any]]) -> dict[str, Any]:
    evidence = [{"metric": id_, **metrics[id_]} for id_ in ids if metrics[id_]["measurable"]]
    return {"question": text, "answer": f"No answer yet. {NOT_YET}", "evidence": evidence}


def _metric(metric: Metric) -> dict[str, Any]:
    return {
        "value": metric.value, "low": metric.low, "high": metric.high, "n": metric.n, "unit": metric.unit,
        "measurable": metric.measurable, "why_not": metric.why_not, "note": metric.note, "trend": None,
    }  # fmt: skip


def _source(state: SourceState, with_teams: Collection[str]) -> dict[str, Any]:
    return {
        "name": state.name,
        "connector": state.connector,
        "tickets": state.tickets,
        "deleted": state.deleted,
        "last_sync": state.last_success_at.isoformat() if state.last_success_at else None,
        "complete": state.complete,
        "handoffs_between": "teams" if state.name in with_teams else "assignees",
        "gaps": [gap.model_dump() for gap in state.gaps],
    }


def as_text(document: dict[str, Any]) -> str:
    """The report for a terminal or a mail: the sentence first, then what it rests on."""
    period, loops = document["period"], document["loops"]
    lines = [
        document["verdict"]["sentence"],
        *(f"  {reason}" for reason in document["verdict"]["missing"]),
        "",
        f"Scope {document['scope']}, from {period['from'][:10]} up to {period['to'][:10]} ({document['timezone']})",
        *(_metric_line(id_, metric) for id_, metric in document["metrics"].items() if metric["measurable"]),
        "",
        "Tickets that go round, over all time",
        *(f"  {loop:<24}{found['tickets']:>8} of {found['n']}" for loop, found in loops.items()),
        "",
        "Sources",
        *(line for source in document["sources"] for line in _source_lines(source)),
    ]
    return "\n".join(lines) + "\n"


def _metric_line(id_: str, metric: dict[str, Any]) -> str:
    value, low, high = (_number(metric[name], metric["unit"]) for name in ("value", "low", "high"))
    between = f"  (95 %: {low} to {high})" if metric["low"] is not None and metric["high"] is not None else ""
    note = f"; {metric['note']}" if metric["note"] else ""
    return f"  {id_:<24}{value:>10}{between}  n = {metric['n']}{note}"


def _number(value: float | None, unit: str) -> str:
    if value is None:
        return ""
    if unit.startswith("share"):
        return f"{value:.1%}"
    return f"{value:.1f} h" if unit == "hours" else f"{value:.2f}" if unit == "per ticket" else f"{value:.0f}"


def _source_lines(source: dict[str, Any]) -> list[str]:
    standing = {True: "complete", False: "not complete", None: "not reconciled"}[source["complete"]]
    own = f"  {source['name']:<24}{source['tickets']:>8} tickets, {standing}, {source['deleted']} gone from the source"
    stand_in = ["    It has no teams: handoffs and ping-pong are between assignees."]
    gaps = [f"    {gap['text']}" for gap in source["gaps"]]
    return [own, *(stand_in if source["handoffs_between"] == "assignees" else []), *gaps]
