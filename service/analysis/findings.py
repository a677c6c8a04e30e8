"""Findings for a leader, each a sentence with its numbers, interval and tickets."""

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field

from service.analysis.evidence import CycleFact, FixFact, ScopeEvidence, ServiceFact, TeamFact
from service.analysis.fields import Amount, Denominator, High, Low, Unit
from service.analysis.formatting import count, integer, interval, local_day, number, percent
from service.analysis.interval import wilson
from service.analysis.questions import single_person_services
from service.analysis.reasons import share_with_interval
from service.analysis.wording import between, quoted

# With fewer tickets a team stands out by chance.
LEAST_RESOLVED = 30
# Any classifier contradicts some kinds by mistake: a share below this is its noise.
LEAST_MISFILED_SHARE = 0.05
MOST_PER_KIND = 5


@dataclass(frozen=True, slots=True)
class Finding:
    """A sentence for a leader, with its number and its tickets."""

    kind: Literal["new_endless_cycle", "fix_did_not_hold", "misfiled", "pingpong", "one_person"]
    about: Annotated[
        str, Field(description="The id of the cycle or fix, the name of the team or service, or the scope.")
    ]
    sentence: str
    value: Amount
    low: Low
    high: High
    n: Denominator
    unit: Unit
    ids: Annotated[tuple[str, ...], Field(description="Ids of its tickets, not always all of them.")]


def collect_findings(evidence: ScopeEvidence) -> tuple[Finding, ...]:
    """Return at most five findings of a kind: endless cycles, then fixes, filing, teams and services."""
    return (
        *(_cycle(cycle, evidence) for cycle in _new_cycles(evidence)[:MOST_PER_KIND]),
        *(_fix(fix, evidence) for fix in _failed_fixes(evidence)[:MOST_PER_KIND]),
        *_misfiled(evidence),
        *(_pingpong(team) for team in _most_pingpong(evidence)[:MOST_PER_KIND]),
        *(_single_person(service) for service in single_person_services(evidence)[:MOST_PER_KIND]),
    )


def _new_cycles(evidence: ScopeEvidence) -> list[CycleFact]:
    cycles = (cycle for cycle in evidence.cycles if cycle.endless and cycle.work == "failure")
    new = (cycle for cycle in cycles if cycle.became_cycle_at in evidence.period)
    return sorted(new, key=lambda cycle: (-cycle.window_tickets, cycle.id))


def _cycle(cycle: CycleFact, evidence: ScopeEvidence) -> Finding:
    since = local_day(cycle.first_seen, evidence.zone)
    sentence = (
        f"{quoted(cycle.title)} has become an endless cycle: since {since} it had "
        f"{count(cycle.episodes, 'flare-up')} with {count(cycle.tickets, 'ticket')}, {integer(cycle.window_tickets)} "
        "of them repeats of the period."
    )
    value, ids = float(cycle.window_tickets), cycle.ticket_ids
    return Finding("new_endless_cycle", cycle.id, sentence, value, None, None, cycle.tickets, "tickets", ids)


def _failed_fixes(evidence: ScopeEvidence) -> list[FixFact]:
    """Return the fixes that did not hold, the latest first."""
    failed = sorted((fix for fix in evidence.fixes if fix.outcome == "did not hold"), key=lambda f: (f.ticket, f.cycle))
    return sorted(failed, key=lambda fix: fix.resolved_at, reverse=True)


def _fix(fix: FixFact, evidence: ScopeEvidence) -> Finding:
    rate = ""
    if fix.ratio is not None and fix.low is not None:
        times, spread = number(fix.ratio, "ratio"), interval(fix.low, fix.high, "ratio")
        rate = f"; it now comes at {times} times the rate before the fix (95 % interval {spread})"
    sentence = (
        f"Fix {fix.ticket}, {quoted(fix.title)}, did not hold: it was resolved on "
        f"{local_day(fix.resolved_at, evidence.zone)}, and the problem has come back "
        f"{count(fix.episodes_after, 'time')} since, after {count(fix.episodes_before, 'time')} before{rate}."
    )
    value, n = float(fix.episodes_after), fix.episodes_before + fix.episodes_after
    return Finding("fix_did_not_hold", fix.ticket, sentence, value, None, None, n, "episodes", fix.ticket_ids)


def _misfiled(evidence: ScopeEvidence) -> list[Finding]:
    share = evidence.metrics.get("misfiled_share")
    if share is None or share.value is None or share.low is None or share.low <= LEAST_MISFILED_SHARE:
        return []
    sentence = f"By their text, {share_with_interval(share, 'tickets')} are not what they are filed as."
    ids = evidence.misfiled_ids
    return [Finding("misfiled", evidence.scope, sentence, share.value, share.low, share.high, share.n, "share", ids)]


def _most_pingpong(evidence: ScopeEvidence) -> list[TeamFact]:
    """Return the teams whose share lies with its whole interval above that of the scope."""
    rate = evidence.metrics.get("pingpong_rate_strict")
    if rate is None or rate.value is None:
        return []
    teams = [
        team
        for team in evidence.teams
        if team.with_history >= LEAST_RESOLVED and wilson(team.pingpong, team.with_history)[0] > rate.value
    ]
    return sorted(teams, key=lambda team: (-team.pingpong / team.with_history, team.name))


def _pingpong(team: TeamFact) -> Finding:
    value, (low, high) = team.pingpong / team.with_history, wilson(team.pingpong, team.with_history)
    sentence = (
        f"Of {integer(team.with_history)} tickets that team {team.name} resolved, {integer(team.pingpong)} went "
        f"straight back to where they came from: {percent(value)} ({between(low, high)}), more than in the scope as a "
        "whole."
    )
    return Finding("pingpong", team.name, sentence, value, low, high, team.with_history, "share", team.pingpong_ids)


def _single_person(service: ServiceFact) -> Finding:
    value, (low, high) = service.most_by_one / service.resolved, wilson(service.most_by_one, service.resolved)
    sentence = (
        f"One person resolved {integer(service.most_by_one)} of {integer(service.resolved)} reactive tickets of "
        f"service {service.name}: {percent(value)} ({between(low, high)})."
    )
    return Finding(
        "one_person", service.name, sentence, value, low, high, service.resolved, "share", service.ticket_ids
    )
