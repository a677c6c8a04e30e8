"""The report as one JSON document."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from service.analysis.evidence import CycleFact, Evidence, FixFact, LoopFact
from service.analysis.findings import findings
from service.analysis.metrics import Metric
from service.analysis.questions import answers
from service.analysis.trend import Trend
from service.analysis.verdict import verdict
from service.report.evidence import Collected, collect
from service.report.numbers import Turn
from service.report.series import series
from service.report.timelines import timelines
from service.store.queries.snapshot import Snapshot
from service.store.results import state
from service.store.tickets.sources import SourceState

SCHEMA = "treadmill.report/1"
HOUR = 3600
TIMELINES = 10
"""Of the costliest cycles the report tells when their episodes were."""


def report(snapshot: Snapshot) -> dict[str, Any]:
    """The report on one scope: the verdict, the four answers, and all numbers under them. Same look, same document.

    Verdict, answers and findings are about the last 13 closed weeks; of another period there are none.
    """
    return document(snapshot, collect(snapshot))


def document(snapshot: Snapshot, found: Collected) -> dict[str, Any]:
    """The report of what was collected by a look."""
    evidence = found.evidence
    with snapshot.results.read() as connection:
        with_teams = state.state(connection).with_teams
        drawn = series(connection, snapshot, evidence.known_from)
        episodes = timelines(connection, [cycle.id for cycle in evidence.cycles[:TIMELINES]])
    return {
        "schema": SCHEMA,
        "as_of": snapshot.frame.as_of.isoformat(),
        "timezone": snapshot.frame.zone.key,
        "scope": str(snapshot.scope),
        "period": {"from": snapshot.begin.isoformat(), "to": snapshot.end.isoformat()},
        "verdict": asdict(verdict(evidence)) if snapshot.is_verdict_period else None,
        "questions": [asdict(answer) for answer in answers(evidence)] if snapshot.is_verdict_period else [],
        "findings": [asdict(finding) for finding in findings(evidence)] if snapshot.is_verdict_period else [],
        "metrics": {
            id_: _metric(metric, evidence.trends.get(id_), found.turns.get(id_))
            for id_, metric in evidence.metrics.items()
        },
        "cycles": [_cycle(cycle, evidence) for cycle in evidence.cycles],
        "loops": {loop.loop: _loop(loop) for loop in evidence.loops},
        "sources": [_source(one, with_teams) for one in found.sources],
        "money": asdict(snapshot.money) if snapshot.money else None,
        "series": drawn,
        "timelines": episodes,
    }


def _metric(metric: Metric, trend: Trend | None, turn: Turn | None) -> dict[str, Any]:
    own = {
        name: getattr(metric, name) for name in ("value", "low", "high", "n", "unit", "measurable", "why_not", "note")
    }
    turned = asdict(turn) | {"week": turn.week.isoformat()} if turn else None
    return own | {"trend": asdict(trend) if trend else None, "change_point": turned}


def _cycle(cycle: CycleFact, evidence: Evidence) -> dict[str, Any]:
    own = [fix for fix in evidence.fixes if fix.cycle == cycle.id]
    rate = evidence.money.hourly_rate if evidence.money else None
    return {
        "id": cycle.id,
        "title": cycle.title,
        "state": cycle.state,
        "endless": cycle.endless,
        "episodes": cycle.episodes,
        "tickets": cycle.tickets,
        "ticket_ids": list(cycle.ticket_ids),
        "first_seen": cycle.first_seen.isoformat(),
        "last_seen": cycle.last_seen.isoformat(),
        "median_gap_days": cycle.median_gap_days,
        "hours": cycle.seconds / HOUR,
        "hours_logged_share": cycle.logged_seconds / cycle.seconds if cycle.seconds else None,
        "repeat_hours_in_period": cycle.window_seconds / HOUR,
        "money": None if rate is None else rate * cycle.seconds / HOUR,
        "teams": list(cycle.teams),
        "people": cycle.people,
        "absence_factor": cycle.absence_factor,
        "fixes": [_fix(fix) for fix in own],
    }


def _fix(fix: FixFact) -> dict[str, Any]:
    return {
        "ticket": fix.ticket, "at": fix.resolved_at.isoformat(), "outcome": fix.outcome, "title": fix.title,
        "episodes_before": fix.episodes_before, "episodes_after": fix.episodes_after, "ratio": fix.ratio,
        "low": fix.low, "high": fix.high, "hours_put_in": fix.put_in / HOUR, "hours_avoided": fix.avoided / HOUR,
    }  # fmt: skip


def _loop(loop: LoopFact) -> dict[str, Any]:
    share = loop.tickets / loop.n if loop.n else None
    own = {"tickets": loop.tickets, "n": loop.n, "share": share, "hours": loop.seconds / HOUR}
    return own | {"ticket_ids": list(loop.ticket_ids)}


def _source(of: SourceState, with_teams: Sequence[str]) -> dict[str, Any]:
    return {
        "name": of.name,
        "connector": of.connector,
        "tickets": of.tickets,
        "deleted": of.deleted,
        "last_sync": of.last_success_at.isoformat() if of.last_success_at else None,
        "complete": of.complete,
        "handoffs_between": "teams" if of.name in with_teams else "assignees",
        "gaps": [gap.model_dump() for gap in of.gaps],
    }
