"""Steps to take first, as they follow from the data: a problem to end, or what to judge, label or map."""

from collections.abc import Sequence

from service.analysis.correction import left_to_judge, recall_of, rests_on_labels
from service.analysis.drivers import driving_cycles
from service.analysis.evidence import CycleFact, FixFact, ScopeEvidence
from service.analysis.formatting import count, integer, local_day, percent
from service.analysis.pending import PendingFixes
from service.analysis.wording import quoted

MOST_STEPS = 3
MUCH_UNDECIDED = 0.02
FAILED = "did not hold"
BY_LABEL = "Find the cause that most of them share, and open a problem record."


def first_steps(evidence: ScopeEvidence, missing: Sequence[str]) -> tuple[str, ...]:
    """Return one to three steps: what is missing for a verdict, then the greatest problem, then how to be surer."""
    steps = [*missing[: MOST_STEPS - 1], *_problem(evidence), *([] if missing else _sureness(evidence))]
    unique = list(dict.fromkeys(steps))[:MOST_STEPS]
    return tuple(unique or ["Nothing was recognised as coming back in these weeks: look at the trend once a month."])


def _problem(evidence: ScopeEvidence) -> list[str]:
    """Return the step to end the problem with most repeats, with the evidence for it."""
    return [_end(cycle, evidence) for cycle in driving_cycles(evidence)[:1]]


def _end(cycle: CycleFact, evidence: ScopeEvidence) -> str:
    repeats = evidence.sums.get("repeat", 0)
    share = f" ({percent(cycle.window_tickets / repeats)} of all)" if 0 < cycle.window_tickets <= repeats else ""
    size = f"{count(cycle.window_tickets, 'repeat')}{share}, {count(cycle.episodes, 'flare-up')} so far"
    verb = "Look into" if rests_on_labels(evidence) else "End"
    return f"{verb} {quoted(cycle.title)} ({cycle.id}) first: {size}. {next_step(cycle, evidence)}"


def next_step(cycle: CycleFact, evidence: ScopeEvidence) -> str:
    """Return what was done about a problem so far, and what to do next."""
    if rests_on_labels(evidence):
        return BY_LABEL
    fixes = [fix for fix in evidence.fixes if fix.cycle == cycle.id]
    if not fixes and cycle.pending_fixes.count:
        return _pending(cycle.pending_fixes)
    if not fixes:
        return "No fix is linked to it: open a problem record."
    last = max(fixes, key=_latest)
    when = local_day(last.resolved_at, evidence.zone)
    if last.outcome == FAILED:
        return f"Its last fix, {last.ticket} of {when}, did not hold: ask what it missed."
    return f"Its last fix, {last.ticket} of {when}: {last.outcome}."


def _pending(pending: PendingFixes) -> str:
    """Return what makes a fix of the work that is linked to a problem."""
    first, more = pending.tickets[0], pending.count - 1
    named = f"{first.ticket} (and {integer(more)} more)" if more else first.ticket
    if first.is_undecided:
        return f"{named} is linked to it, but its nature is undecided: label it."
    return f"{named} is linked to it, and still open: see it through."


def _latest(fix: FixFact) -> tuple[object, str]:
    return fix.resolved_at, fix.ticket


def _recall_step(to_judge: int) -> str:
    """Return the step by which a recall becomes known."""
    if to_judge:
        return f"Judge the sample of repeats and others, {count(to_judge, 'ticket')}: `treadmill review --sample`."
    return "Close duplicates as such, with a link to the earlier ticket: they show how many repeats are recognised."


def _sureness(evidence: ScopeEvidence) -> list[str]:
    """Return the steps that make the next verdict surer."""
    steps = []
    if recall_of(evidence) is None:
        steps.append(_recall_step(left_to_judge(evidence)))
    undecided, opened = evidence.sums.get("undecided", 0), evidence.sums.get("opened", 0)
    if undecided > MUCH_UNDECIDED * opened:
        steps.append(f"Label the {integer(undecided)} tickets of unclear nature, or write a rule: `treadmill review`.")
    return steps
