"""Answers to four questions about the alignment of IT with the business, from the data or not at all."""

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import chain

from service.analysis.aftermath import Aftermath
from service.analysis.answer import Number, QuestionAnswer, plain_number, scope_numbers, share_number
from service.analysis.controls import pooled_net_hold
from service.analysis.correction import recall_of, rests_on_labels
from service.analysis.drivers import failure_cycles
from service.analysis.evidence import FixFact, ScopeEvidence, ServiceFact, TeamFact
from service.analysis.formatting import HOUR, count, integer, number, percent
from service.analysis.metric import Metric
from service.analysis.money import repeat_money, rough_money
from service.analysis.tally import FAILURES
from service.analysis.wording import before_data, listed, repeated, trouble, troubles, weeks_of

QUESTIONS = (
    "How is your IT provider or internal team measured?",
    "Do technology investments return?",
    "Does IT drive strategy or react?",
    "Does complexity add value or dependency?",
)
MOST_WORDS = 40
MOST_NAMES = 5
# A service with one ticket always rests on one person.
LEAST_TICKETS = 10
UNKNOWN = "The data do not show this"
STAYED, STAYED_UNKNOWN = "stayed closed for 30 days", "how many stayed closed is not known"
DIRECTIONS = {"rising": "and rising", "falling": "and falling", "flat": "with no clear trend"}


def answer_questions(evidence: ScopeEvidence) -> tuple[QuestionAnswer, QuestionAnswer, QuestionAnswer, QuestionAnswer]:
    """Return the answers to the four questions, in the order of the definitions, each of at most 40 words."""
    if evidence.is_before_data:
        first, second, third, fourth = (_unknown(question, evidence) for question in QUESTIONS)
        return first, second, third, fourth
    return _measurement(evidence), _returns(evidence), _direction(evidence), _dependency(evidence)


def _unknown(question: str, evidence: ScopeEvidence) -> QuestionAnswer:
    """Return that nothing of the period is known: fixes and problems of today are no answer about weeks before."""
    return QuestionAnswer(question, f"{UNKNOWN}: {before_data(evidence.known_from, evidence.zone)}.", ())


def single_person_services(evidence: ScopeEvidence) -> list[ServiceFact]:
    """Return the services with enough tickets of which one person resolves half, most one-sided first."""
    services = [service for service in _judged(evidence) if service.absence_factor == 1]
    return sorted(
        services, key=lambda service: (-service.most_by_one / service.resolved, -service.resolved, service.name)
    )


def _measurement(evidence: ScopeEvidence) -> QuestionAnswer:
    teams = sorted(evidence.teams, key=lambda team: team.name)
    if not teams and evidence.scope.partition(":")[0] in ("all", "team"):
        return QuestionAnswer(QUESTIONS[0], f"{UNKNOWN}: no ticket of the period has a team.", ())
    closed = sum(team.closed for team in teams) if teams else evidence.sums.get("resolved", 0)
    outcome = f"{_stayed(teams) if teams else _stayed_in_scope(evidence)}, {_broken(teams, evidence)}"
    answer = f"By volume, {count(closed, 'ticket')} were closed; by outcome, {outcome}. {_cost(evidence)}"
    numbers = scope_numbers(evidence.scope, evidence.metrics.get("repeat_share"))
    return QuestionAnswer(QUESTIONS[0], answer, (*numbers, *chain.from_iterable(map(_team, teams))))


def _stayed(teams: Sequence[TeamFact]) -> str:
    ripe, stayed = sum(team.ripe for team in teams), sum(team.stayed for team in teams)
    return f"{percent(stayed / ripe)} {STAYED}" if ripe else STAYED_UNKNOWN


def _stayed_in_scope(evidence: ScopeEvidence) -> str:
    reopened = evidence.metrics.get("reopen_rate")
    if reopened is None or reopened.value is None:
        return STAYED_UNKNOWN
    return f"{percent(1 - reopened.value)} {STAYED}"


def _broken(teams: Sequence[TeamFact], evidence: ScopeEvidence) -> str:
    """Return how many problems ended after a fix, counted for teams where there are any."""
    broken = sum(team.cycles_broken for team in teams)
    if not teams:
        broken = sum(cycle.state == "broken" and cycle.last_seen in evidence.period for cycle in evidence.cycles)
    label = rests_on_labels(evidence)
    return f"{count(broken, trouble(label), troubles(label)) if broken else f'no {trouble(label)}'} ended after a fix"


def _cost(evidence: ScopeEvidence) -> str:
    """Return what repeats cost, or their number where money cannot be told."""
    weeks, by_label = count(weeks_of(evidence.period, evidence.zone), "week"), rests_on_labels(evidence)
    if cost := repeat_money(evidence):
        return f"In {weeks}, repeats of known {troubles(by_label)} cost {rough_money(cost)}."
    repeats = evidence.sums.get("repeat", 0)
    if not any(evidence.sums.get(name, 0) for name in FAILURES):
        return f"In {weeks}, no failure was opened."
    # Not recognised is not the same as not there.
    if not repeats and recall_of(evidence) is None:
        return f"In {weeks}, no failure was recognised as a repeat; how many were is unknown."
    return f"In {weeks}, {count(repeats, 'failure')} {repeated(repeats, by_label)}."


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
    numbers = [
        *chain.from_iterable(map(_fix, fixes)),
        *scope_numbers(evidence.scope, changes, evidence.metrics.get("aftermath")),
    ]
    lead = [] if numbers else [f"{UNKNOWN}."]
    answer = " ".join([*lead, _fixes(fixes), _changes(changes, evidence.aftermath)])
    return QuestionAnswer(QUESTIONS[1], answer, (*_hold_rate(fixes), *numbers))


def _fixes(fixes: Sequence[FixFact]) -> str:
    """Return the outcomes of the fixes."""
    if not fixes:
        return "No resolved fix is linked to anything that came back."
    outcomes = Counter(fix.outcome for fix in fixes)
    open_ = len(fixes) - outcomes["held"] - outcomes["did not hold"]
    judged = f"{integer(outcomes['held'])} held, {integer(outcomes['did not hold'])} did not"
    return (
        f"Of {count(len(fixes), 'fix', 'fixes')} so far, {judged}, {integer(open_)} cannot be judged yet.{_net(fixes)}"
    )


def _net(fixes: Sequence[FixFact]) -> str:
    """Return the share of fixes that held beyond what problems without a fix do; empty without a control."""
    net = pooled_net_hold((fix.outcome, fix.control) for fix in fixes)
    if net is None:
        return ""
    if net.value <= 0:
        return " No more held than problems that end by themselves."
    return f" Net of problems that end by themselves, {percent(net.value)} held."


def _changes(rate: Metric | None, aftermath: Aftermath | None) -> str:
    """Return how many changes tickets blame, and the excess of failures after changes where it is credible."""
    # Shorter beside the excess: an answer has 40 words.
    after = (
        f"within 72 h of changes came {count(round(aftermath.excess), 'failure')} more than usual."
        if aftermath and aftermath.is_credible else None
    )  # fmt: skip
    if rate is None or rate.value is None:
        return f"{after[0].upper()}{after[1:]}" if after else "How many changes caused tickets is not known."
    blamed = f"{integer(round(rate.value * rate.n))} of {count(rate.n, 'change')}"
    return f"Tickets blame {blamed}; {after}" if after else f"Tickets name {blamed} as their cause."


def _hold_rate(fixes: Sequence[FixFact]) -> list[Number]:
    # Over all time and not the period: fixes are too few for a rate of thirteen weeks.
    held, failed = (sum(fix.outcome == outcome for fix in fixes) for outcome in ("held", "did not hold"))
    net = pooled_net_hold((fix.outcome, fix.control) for fix in fixes)
    numbers = share_number("fix_hold_rate", "all fixes so far", held, held + failed)
    return [*numbers, *([Number("net_hold", "all fixes so far", *net[:4], "share")] if net else [])]


def _fix(fix: FixFact) -> list[Number]:
    of = f"fix {fix.ticket} of {fix.cycle}: {fix.outcome}"
    return [
        plain_number("hours_put_in", of, fix.put_in / HOUR, 1, "hours"),
        plain_number("hours_avoided", of, fix.avoided / HOUR, fix.episodes_before + fix.episodes_after, "hours"),
    ]


def _direction(evidence: ScopeEvidence) -> QuestionAnswer:
    names = ("reactive_share", "reactive_hours_share", "major_incidents", "delivery_lead_time")
    share, _, major, _ = metrics = [evidence.metrics.get(name) for name in names]
    numbers = tuple(scope_numbers(evidence.scope, *metrics))
    if share is None or share.value is None or share.low is None or share.high is None:
        reason = (share.why_not if share else None) or "the share of reactive tickets is not known"
        return QuestionAnswer(QUESTIONS[2], f"{UNKNOWN}: {reason}.", numbers)
    low, high = _with_undecided(share, share.low, share.high)
    trend = evidence.trends.get(share.id)
    direction = f", {DIRECTIONS[trend.direction]}" if trend else ""
    size = f"{percent(share.value)} of the tickets are reactive{direction}"
    answer = f"{_leaning(low, high)}: {size}{_undecided(share)}.{_major(major)} Work without a ticket is not counted."
    return QuestionAnswer(QUESTIONS[2], answer, numbers)


def _with_undecided(share: Metric, low: float, high: float) -> tuple[float, float]:
    """Return the interval of a share, widened by what the undecided tickets may be."""
    bounds = [low, high, *(bound for bound in (share.undecided_low, share.undecided_high) if bound is not None)]
    return min(bounds), max(bounds)


def _undecided(share: Metric) -> str:
    if share.undecided_low is None or share.undecided_high is None:
        return ""
    return f" ({percent(share.undecided_low)} to {percent(share.undecided_high)} with the undecided)"


def _leaning(low: float, high: float) -> str:
    if low > 0.5:
        return "It mostly reacts"
    return "It mostly drives" if high < 0.5 else "Neither clearly outweighs the other"


def _major(major: Metric | None) -> str:
    if major is None or major.value is None:
        return ""
    return f" The period had {count(round(major.value), 'major incident')}."


def _dependency(evidence: ScopeEvidence) -> QuestionAnswer:
    factor, handoffs = evidence.metrics.get("absence_factor"), evidence.metrics.get("handoffs")
    rest = [*_handoffs(handoffs), *_teams(evidence)]
    numbers = [*scope_numbers(evidence.scope, factor, handoffs), *_teams_per_cycle(evidence), *_per_service(evidence)]
    sentences = [*(_services(evidence, MOST_WORDS - _words(rest)) or _no_services(evidence)), *rest]
    if not rest and not _judged(evidence):
        # The field that is missing is named: resolvers may be known where no ticket has a service.
        field = "services" if factor is not None and factor.measurable else "resolvers"
        answer = f"{UNKNOWN}: {field}, handoffs and problems are all unknown."
        return QuestionAnswer(QUESTIONS[3], answer, tuple(numbers))
    return QuestionAnswer(QUESTIONS[3], " ".join(sentences), tuple(numbers))


def _judged(evidence: ScopeEvidence) -> list[ServiceFact]:
    return [service for service in evidence.services if service.resolved >= LEAST_TICKETS]


def _services(evidence: ScopeEvidence, words: int) -> list[str]:
    """Return the services that rest on one person, with as many names as there are words for, at most five."""
    judged, alone = _judged(evidence), single_person_services(evidence)
    if not judged:
        return []
    begin = (
        f"In {len(alone) or 'none'} of {count(len(judged), 'service')} one person resolves at least half of the tickets"
    )
    names = [service.name for service in alone[:MOST_NAMES]]
    while names and _words([begin, listed(names)]) > words:
        names.pop()
    return [f"{begin}: {listed(names)}." if names else f"{begin}."]


def _no_services(evidence: ScopeEvidence) -> list[str]:
    """Return that no ticket names a service, where resolvers are known and services would be counted."""
    factor = evidence.metrics.get("absence_factor")
    if evidence.scope != "all" or evidence.services or factor is None or not factor.measurable:
        return []
    return ["Which services rest on one person is unknown: tickets name no service."]


def _words(texts: Iterable[str]) -> int:
    return sum(len(text.split()) for text in texts)


def _handoffs(handoffs: Metric | None) -> list[str]:
    if handoffs is None or handoffs.value is None:
        return []
    times = number(handoffs.value, handoffs.unit)
    if not float(times):
        return ["Tickets hardly ever change hands."]
    return [f"On average a ticket changes hands {times} times."]


def _teams(evidence: ScopeEvidence) -> list[str]:
    mean = _teams_per_cycle(evidence)
    what = trouble(rests_on_labels(evidence))
    return [f"A recurring {what} goes through {number(teams.value, 'teams')} teams on average." for teams in mean]


def _teams_per_cycle(evidence: ScopeEvidence) -> list[Number]:
    touched = [len(cycle.teams) for cycle in failure_cycles(evidence) if cycle.teams]
    if not touched:
        return []
    return [plain_number("teams_per_cycle", evidence.scope, sum(touched) / len(touched), len(touched), "teams")]


def _per_service(evidence: ScopeEvidence) -> list[Number]:
    services = sorted(evidence.services, key=lambda service: service.name)
    return [
        plain_number("absence_factor", f"service {service.name}", service.absence_factor, service.resolved, "people")
        for service in services
    ]
