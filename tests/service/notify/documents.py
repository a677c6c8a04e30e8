"""Reports with the content that notifications and metrics read."""

from datetime import UTC, datetime, timedelta

from connectors.model import Gap
from service.analysis.cycles import Work
from service.analysis.fixes import Outcome
from service.analysis.pending import NONE_PENDING
from service.analysis.sentence import State
from service.analysis.verdict import Verdict
from service.report.sections.base import ReportPeriod
from service.report.sections.cycles import CycleFix, ReportedCycle
from service.report.sections.groups import LoopResult, LoopResults
from service.report.sections.metrics import MetricResult, WeeklySeries
from service.report.sections.report import SCHEMA, Report, ReportedSource

AS_OF = datetime(2026, 6, 1, 8, tzinfo=UTC)
BEGIN = datetime(2026, 3, 2, tzinfo=UTC)
END = datetime(2026, 5, 31, 22, tzinfo=UTC)
NO_LOOP = LoopResult(tickets=0, n=0, share=None, hours=0.0, hours_unknown=0, ticket_ids=())


def fix(outcome: Outcome) -> CycleFix:
    return CycleFix(
        ticket="PRB1", at=datetime(2026, 3, 14, 9, tzinfo=UTC), outcome=outcome, title="Root cause",
        episodes_before=3, episodes_after=4, ratio=None, low=None, high=None, hours_put_in=0.0, hours_avoided=0.0,
        control=None, control_n=0, net=None, quiet_before=None, quiet_after=None,
    )  # fmt: skip


def cycle(id_: str, *, endless: bool = True, outcome: Outcome | None = None, work: Work = "failure") -> ReportedCycle:
    return ReportedCycle(
        id=id_, title=f"Problem {id_}", work=work, repeats=4, repeats_in_period=3,
        state="recurring" if endless else "quiet", endless=endless, episodes=5, tickets=5,
        ticket_ids=(), first_seen=BEGIN, last_seen=END, median_gap_days=None, quiet=None, hours=12.0,
        hours_logged_share=None, repeat_hours_in_period=4.0, money=None, teams=(), people=1, absence_factor=1,
        fixes=(fix(outcome),) if outcome else (), pending_fixes=NONE_PENDING,
    )  # fmt: skip


def source(name: str, complete: bool | None = True) -> ReportedSource:
    gap = Gap(cause="invisible", count=3, text="3 tickets cannot be seen.")
    return ReportedSource(
        name=name, connector=name, tickets=10, deleted=0, last_sync=None, complete=complete,
        handoffs_between="teams", gaps=(gap,) if complete is False else (),
    )  # fmt: skip


def share(value: float | None, low: float | None) -> MetricResult:
    return MetricResult(
        value=value, low=low, high=None, n=10, unit="share of hours", measurable=value is not None, why_not=None,
        note=None, undecided_low=None, undecided_high=None, trend=None, change_point=None,
    )  # fmt: skip


def document(
    state: State = "endless_cycles",
    *cycles: ReportedCycle,
    sources: tuple[ReportedSource, ...] = (),
    by_label: bool = False,
) -> Report:
    """Return a report with a verdict, cycles and sources."""
    return Report(
        schema=SCHEMA,
        as_of=AS_OF,
        timezone="Europe/Paris",
        scope="all",
        period=ReportPeriod(BEGIN, END),
        known_from=BEGIN - timedelta(weeks=40),
        verdict=Verdict(
            state=state,
            sentence=f"It is {state}: so it is.",
            how_sure=("Because.",),
            weeks=13,
            visibility=None,
            recall=None,
            precision=None,
            money=(),
            first_steps=("Begin.",),
            by_label=by_label,
            drivers=(),
            missing=(),
        ),
        questions=(),
        findings=(),
        metrics={
            "repeat_share": share(0.3, 0.2),
            "endless_share": share(None, None),
            "reactive_share": share(None, None),
            "repeat_hours_share": share(0.4, 0.3),
            "reactive_hours_share": share(None, None),
        },
        cycles=cycles,
        loops=LoopResults(NO_LOOP, NO_LOOP, NO_LOOP),
        sources=sources,
        money=None,
        series=WeeklySeries((), {}),
        timelines={},
    )
