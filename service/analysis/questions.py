"""Answers to four questions about the alignment of IT with the business, from the data or not at all."""

from collections import Counter
from itertools import chain

from service.analysis.answer import Number, QuestionAnswer, plain_number, scope_numbers, share_number
from service.analysis.evidence import FixFact, ScopeEvidence, ServiceFact, TeamFact
from service.analysis.formatting import HOUR, count, hours, integer, interval, number, percent
from service.analysis.interval import wilson
from service.analysis.metric import Metric
from service.analysis.reasons import repeat_cost, share_with_interval, trend_of_share
from service.analysis.wording import between, listed, logged_part, span

QUESTIONS = (
    "How is your IT provider or internal team measured?",
    "Do technology investments return?",
    "Does IT drive strategy or react?",
    "Does complexity add value or dependency?",
)
# A service with one ticket always rests on one person.
LEAST_TICKETS = 10


def answer_questions(evidence: ScopeEvidence) -> tuple[QuestionAnswer, QuestionAnswer, QuestionAnswer, QuestionAnswer]:
    """Return the answers to the four questions, in the order of the definitions."""
    return _measurement(evidence), _returns(evidence), _direction(evidence), _dependency(evidence)


def single_person_services(evidence: ScopeEvidence) -> list[ServiceFact]:
    """Return the services with enough tickets of which one person resolves half, most one-sided first."""
    services = [
        service for service in evidence.services if service.resolved >= LEAST_TICKETS and service.absence_factor == 1
    ]
    return sorted(
        services, key=lambda service: (-service.most_by_one / service.resolved, -service.resolved, service.name)
    )


def _measurement(evidence: ScopeEvidence) -> QuestionAnswer:
    teams = sorted(evidence.teams, key=lambda team: team.name)
    if not teams:
        return QuestionAnswer(QUESTIONS[0], "The data do not show this: no ticket of the period has a team.", ())
    answer = f"{_volume(evidence, teams)} {_outcomes(teams)} {_repeat_hours(evidence, teams)}"
    numbers = scope_numbers(evidence.scope, evidence.metrics.get("repeat_hours_share"))
    return QuestionAnswer(QUESTIONS[0], answer, (*numbers, *chain.from_iterable(map(_team, teams))))


def _volume(evidence: ScopeEvidence, teams: list[TeamFact]) -> str:
    closed, seconds = sum(team.closed for team in teams), sum(team.seconds for team in teams)
    logged = sum(team.logged_seconds for team in teams)
    work = f"{hours(seconds)} of work ({logged_part(logged, seconds)})" if seconds else "no known hours of work"
    where = f"{count(len(teams), 'team')} in {span(evidence.period, evidence.zone)}"
    return f"A measure of volume would reward {count(closed, 'closed ticket')} and {work} of {where}."


def _outcomes(teams: list[TeamFact]) -> str:
    ripe, stayed = sum(team.ripe for team in teams), sum(team.stayed for team in teams)
    broken = count(sum(team.cycles_broken for team in teams), "broken cycle")
    if not ripe:
        return f"A measure of outcome would reward {broken}; whether tickets stayed closed is not known yet."
    low, high = wilson(stayed, ripe)
    share = f"{percent(stayed / ripe)} of the {integer(ripe)} old enough to tell, {between(low, high)}"
    stay = f"{count(stayed, 'ticket')} that stayed closed for 30 days ({share})"
    return f"A measure of outcome would reward {stay} and {broken}."


def _repeat_hours(evidence: ScopeEvidence, teams: list[TeamFact]) -> str:
    repeat, paid = sum(team.repeat_seconds for team in teams), repeat_cost(evidence)
    if not repeat:
        return "The hours spent on problems that had been there before are not known."
    most = min(teams, key=lambda team: (-team.repeat_seconds, team.name))
    again = f"{hours(repeat)} went into problems that had been there before, {hours(most.repeat_seconds)} of them in"
    money = f" Across the scope that cost {paid}, paid again for the same problems." if paid else ""
    return f"{again} team {most.name}.{money}"


def _team(team: TeamFact) -> list[Number]:
    of = f"team {team.name}"
    return [
        plain_number("closed", of, team.closed, team.closed, "tickets"),
        *share_number("closed_and_stayed", of, team.stayed, team.ripe),
        plain_number("hours", of, team.seconds / HOUR, team.closed, "hours"),
        plain_number("repeat_hours", of, team.repeat_seconds / HOUR, team.repeat_tickets, "hours"),
        plain_number("cycles_broken", of, team.cycles_broken, team.cycles_broken, "cycles"),
    ]


def _returns(evidence: ScopeEvidence) -> QuestionAnswer:
    fixes = sorted(evidence.fixes, key=lambda fix: (fix.resolved_at, fix.ticket, fix.cycle))
    changes = evidence.metrics.get("change_failure_rate")
    sentences = [*_fixes(fixes), *_changes(changes)]
    numbers = [*chain.from_iterable(map(_fix, fixes)), *scope_numbers(evidence.scope, changes)]
    if not numbers:
        sentences.insert(0, "The data do not show this.")
    return QuestionAnswer(QUESTIONS[1], " ".join(sentences), (*_hold_rate(fixes), *numbers))


def _fixes(fixes: list[FixFact]) -> list[str]:
    """Return the outcomes of the fixes as sentences, and their return once any can be judged."""
    if not fixes:
        return ["No fix is linked to a problem that came back."]
    outcomes = Counter(fix.outcome for fix in fixes)
    shares = listed([f"{integer(outcomes[name])} {name}" for name in ("held", "did not hold", "too early", "unclear")])
    return [
        f"Of {count(len(fixes), 'fix', 'fixes')} so far: {shares}.",
        _yield(fixes),
    ]


def _yield(fixes: list[FixFact]) -> str:
    """Return what went into the fixes that can be judged, and what the held ones avoided."""
    # A fix that cannot be judged yet has avoided nothing so far: its hours would only dilute the return.
    judgeable = [fix for fix in fixes if fix.outcome != "too early"]
    put_in, saved = sum(fix.put_in for fix in judgeable), sum(fix.avoided for fix in judgeable)
    if not put_in:
        return "The hours of the fixes that can be judged are not known, so no return can be given."
    back = f"{hours(saved)} of repeat work so far, {hours(HOUR * saved / put_in)} for each hour put in"
    return f"{hours(put_in)} went into those that can be judged; the ones that held have avoided an estimated {back}."


def _changes(rate: Metric | None) -> list[str]:
    if rate is None:
        return []
    if not rate.measurable:
        return [f"The share of failed changes is not known: {rate.why_not}."]
    return [f"{share_with_interval(rate, 'changes')} of the changes of the period are named as the cause of a ticket."]


def _hold_rate(fixes: list[FixFact]) -> list[Number]:
    # Over all time and not the period: fixes are too few for a rate of thirteen weeks.
    held, failed = (sum(fix.outcome == outcome for fix in fixes) for outcome in ("held", "did not hold"))
    return share_number("fix_hold_rate", "all fixes so far", held, held + failed)


def _fix(fix: FixFact) -> list[Number]:
    of = f"fix {fix.ticket} of {fix.cycle}: {fix.outcome}"
    return [
        plain_number("hours_put_in", of, fix.put_in / HOUR, 1, "hours"),
        plain_number("hours_avoided", of, fix.avoided / HOUR, fix.episodes_before + fix.episodes_after, "hours"),
    ]


def _direction(evidence: ScopeEvidence) -> QuestionAnswer:
    names = ("reactive_hours_share", "reactive_share", "major_incidents", "delivery_lead_time")
    work, _, major, lead = metrics = [evidence.metrics.get(name) for name in names]
    numbers = tuple(scope_numbers(evidence.scope, *metrics))
    if work is None or work.low is None or work.high is None:
        reason = (work.why_not if work else None) or "the share of reactive hours is not known"
        return QuestionAnswer(QUESTIONS[2], f"The data do not show this: {reason}.", numbers)
    sentence = [
        f"{_leaning(work.low, work.high)}: {share_with_interval(work, 'tickets')} of the hours in tickets are reactive"
    ]
    trend = evidence.trends.get(work.id)
    sentence.append(f", and over the last 26 weeks that share is {trend_of_share(trend)}." if trend else ".")
    sentence += [*_major(major), *_lead(lead), " Work without a ticket does not show here."]
    return QuestionAnswer(QUESTIONS[2], "".join(sentence), numbers)


def _leaning(low: float, high: float) -> str:
    if low > 0.5:
        return "It mostly reacts"
    return "It mostly drives" if high < 0.5 else "Neither clearly outweighs the other"


def _major(major: Metric | None) -> list[str]:
    if major is None or major.value is None:
        return []
    return [f" {count(round(major.value), 'major incident')} in {count(major.n, 'failure')} of known priority."]


def _lead(lead: Metric | None) -> list[str]:
    if lead is None or lead.value is None:
        return []
    interval_text = f"n = {integer(lead.n)}"
    if lead.low is not None and lead.high is not None:
        interval_text = f"95 % interval {interval(lead.low / 24, lead.high / 24, 'days')}, {interval_text}"
    return [
        f" Half of the proactive tickets resolved took {number(lead.value / 24, 'days')} or less ({interval_text})."
    ]


def _dependency(evidence: ScopeEvidence) -> QuestionAnswer:
    factor, handoffs = evidence.metrics.get("absence_factor"), evidence.metrics.get("handoffs")
    sentences = [*_services(evidence), *_handoffs(handoffs), *_cycles(evidence)]
    numbers = [*scope_numbers(evidence.scope, factor, handoffs), *_teams_per_cycle(evidence), *_per_service(evidence)]
    if not sentences:
        return QuestionAnswer(
            QUESTIONS[3], "The data do not show this: resolvers, handoffs and cycles are all unknown.", tuple(numbers)
        )
    sentences.append(
        "Tickets do not show what complexity is worth to the business, only how much depends on few people."
    )
    return QuestionAnswer(QUESTIONS[3], " ".join(sentences), tuple(numbers))


def _services(evidence: ScopeEvidence) -> list[str]:
    enough = [service for service in evidence.services if service.resolved >= LEAST_TICKETS]
    if not enough:
        return []
    alone, services = single_person_services(evidence), count(len(enough), "service")
    names = f": {listed([service.name for service in alone])}" if alone else ""
    tickets = f"with {LEAST_TICKETS} or more reactive tickets resolved"
    return [f"In {len(alone)} of {services} {tickets}, one person resolves at least half of them{names}."]


def _handoffs(handoffs: Metric | None) -> list[str]:
    if handoffs is None or handoffs.value is None:
        return []
    mean = number(handoffs.value, handoffs.unit)
    return [f"A resolved ticket changes hands {mean} times on average (n = {integer(handoffs.n)})."]


def _cycles(evidence: ScopeEvidence) -> list[str]:
    if not evidence.cycles:
        return []
    several = sum(len(cycle.teams) > 1 for cycle in evidence.cycles)
    return [f"{integer(several)} of {count(len(evidence.cycles), 'cycle')} go through more than one team."]


def _teams_per_cycle(evidence: ScopeEvidence) -> list[Number]:
    touched = [len(cycle.teams) for cycle in evidence.cycles if cycle.teams]
    if not touched:
        return []
    return [plain_number("teams_per_cycle", evidence.scope, sum(touched) / len(touched), len(touched), "teams")]


def _per_service(evidence: ScopeEvidence) -> list[Number]:
    services = sorted(evidence.services, key=lambda service: service.name)
    return [
        plain_number("absence_factor", f"service {service.name}", service.absence_factor, service.resolved, "people")
        for service in services
    ]
