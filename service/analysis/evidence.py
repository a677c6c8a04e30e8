"""Evidence of one scope, read from the store, for the verdict, the four questions and the findings."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import Field

from service.analysis.aftermath import Aftermath
from service.analysis.calendar import Period
from service.analysis.controls import NO_CONTROL, Control
from service.analysis.coverage import is_before
from service.analysis.cycles import Pace, State, Work
from service.analysis.fixes import Outcome
from service.analysis.formulas import absence_factor
from service.analysis.metric import Metric, PeriodSums, sum_periods
from service.analysis.pending import NONE_PENDING, PendingFixes
from service.analysis.recognition import Recognition
from service.analysis.survival import Peace
from service.analysis.tally import COUNTED, FAILURES, GROUPS, REOPEN_WINDOW
from service.analysis.trend import Trend

LoopKind = Literal["reopened", "pingpong", "stalled"]


@dataclass(frozen=True, slots=True)
class SourceFact:
    """The completeness of a source of the scope; `complete` is None if it was never reconciled.

    `tickets` are in the store and `lacking` are not, as far as the gaps show; `gaps` are their sentences.
    `unknown_share` is the share of its tickets with a status or kind that nobody understood, None without a ticket;
    `pulled_at` is the end of its last complete pull.
    """

    name: str
    complete: bool | None
    tickets: int = 0
    lacking: int = 0
    gaps: tuple[str, ...] = ()
    unknown_share: float | None = None
    pulled_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class CycleFact:
    """One cycle. `seconds` and `logged_seconds` are of all its tickets, `window_*` of its repeats in the period.

    `repeats` of its tickets belong to returns, `window_tickets` of them were opened in the period. `last_seen` is its
    last opening, `peace` how long it stays away. `work` is the class of most of its tickets: failures and rework, or
    requests; `trend` where it goes: by tickets where it is chronic, else by episodes. `ticket_ids` are all its tickets,
    the latest first; `window_ticket_ids` those of the window. `pending_fixes` is linked work that is no fix so far.
    """

    id: str
    title: str
    state: State
    endless: bool
    episodes: int
    tickets: int
    seconds: int
    logged_seconds: int
    window_tickets: int
    window_seconds: int
    first_seen: datetime
    last_seen: datetime
    median_gap_days: float | None
    teams: tuple[str, ...]
    people: int
    absence_factor: int | None
    became_cycle_at: datetime | None
    ticket_ids: tuple[str, ...] = ()
    window_ticket_ids: tuple[str, ...] = ()
    work: Work = "failure"
    repeats: int = 0
    trend: Pace = "flat"
    peace: Peace | None = None
    pending_fixes: PendingFixes = NONE_PENDING


@dataclass(frozen=True, slots=True)
class FixFact:
    """One fix of one family, over all time. `put_in` and `avoided` are seconds; only a held fix avoids any.

    A fix of several families is one fact for each, with its seconds split evenly among them. `ratio` is the rate of
    episodes after the fix by that before, with its interval; `ticket_ids` are the tickets that came after it. `avoided`
    is what came less than before; what similar problems without a fix lost as well is still in it. `peace_before` and
    `peace_after` are how long the family stayed away in the two times that a judged fix was judged by.
    """

    ticket: str
    cycle: str
    title: str
    resolved_at: datetime
    outcome: Outcome
    put_in: int
    avoided: int
    is_change: bool
    episodes_before: int
    episodes_after: int
    ratio: float | None = None
    low: float | None = None
    high: float | None = None
    ticket_ids: tuple[str, ...] = ()
    control: Control = NO_CONTROL
    peace_before: Peace | None = None
    peace_after: Peace | None = None


@dataclass(frozen=True, slots=True)
class TeamFact:
    """One team in the period.

    `closed` tickets were resolved. Of `ripe` tickets, first resolved in weeks whose 30 days have passed, `stayed` were
    not reopened within them. `seconds` is the work in tickets opened, `repeat_seconds` that in repeats. `failures`
    counts rework too. `pingpong` of
    `with_history` resolved tickets went A-B-A. `cycles_broken` counts its cycles that broke in the period.
    """

    name: str
    closed: int
    ripe: int
    stayed: int
    seconds: int
    logged_seconds: int
    failures: int
    repeat_tickets: int
    repeat_seconds: int
    cycles_broken: int
    with_history: int
    pingpong: int
    pingpong_ids: tuple[str, ...] = ()
    repeat_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ServiceFact:
    """One service in the period: its reactive tickets resolved by a known person, and on how few people they rest.

    `most_by_one` is how many of `resolved` one person resolved.
    """

    name: str
    resolved: int
    absence_factor: int
    most_by_one: int
    ticket_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LoopFact:
    """A loop inside tickets resolved in the period: in `tickets` of `n`; the ids are of the worst, worst first.

    `seconds` is all the known work in the looping tickets, not only what the loop cost; the hours of `unknown` of them
    are not known.
    """

    loop: LoopKind
    tickets: int
    n: int
    seconds: int
    ticket_ids: tuple[str, ...] = ()
    unknown: int = 0


@dataclass(frozen=True, slots=True)
class Money:
    """The prices that the operator has set."""

    hourly_rate: Annotated[float | None, Field(description="The price of an hour, in the currency; null where unset.")]
    currency: Annotated[str, Field(examples=["EUR"])]
    support_cost: Annotated[
        float | None, Field(description="The cost of the whole of support in a month; null where unset.")
    ] = None


@dataclass(frozen=True, slots=True)
class ScopeEvidence:
    """Everything that the sentences about one scope rest on.

    `period` is the last 13 closed weeks, `metrics` their metrics and `sums` their measures; `trends` are those of the
    weekly metrics over the last 26. `known_from` is the moment from which all tickets of the scope are there, as
    `analysis.coverage` tells it. `misfiled_ids` are tickets of the period. `recognition` is None where nobody has
    counted what can be seen, `peace` where no problem had come back, `aftermath` where nothing was compared.
    `opened_in_all` is how many tickets were opened in all scopes together; None where the scope is all.
    """

    scope: str
    as_of: datetime
    zone: ZoneInfo
    period: Period
    known_from: datetime | None
    sums: Mapping[str, int]
    metrics: Mapping[str, Metric]
    trends: Mapping[str, Trend | None] = field(default_factory=dict)
    sources: tuple[SourceFact, ...] = ()
    cycles: tuple[CycleFact, ...] = ()
    fixes: tuple[FixFact, ...] = ()
    teams: tuple[TeamFact, ...] = ()
    services: tuple[ServiceFact, ...] = ()
    loops: tuple[LoopFact, ...] = ()
    misfiled_ids: tuple[str, ...] = ()
    money: Money | None = None
    recognition: Recognition | None = None
    peace: Peace | None = None
    opened_in_all: int | None = None
    aftermath: Aftermath | None = None

    @property
    def is_before_data(self) -> bool:
        """True if nothing of the period is known, since the data begin after it."""
        return is_before(self.period.end, self.known_from)


def team_fact(
    name: str,
    periods: Sequence[PeriodSums],
    as_of: datetime,
    *,
    cycles_broken: int,
    pingpong_ids: tuple[str, ...] = (),
    repeat_ids: tuple[str, ...] = (),
) -> TeamFact:
    """Return a team's numbers from the measures of its weeks."""
    # A ticket can be reopened for 30 days: a week younger than that would look better than it turns out.
    sums, ripe = sum_periods(periods), sum_periods([week for week in periods if week.end + REOPEN_WINDOW <= as_of])
    return TeamFact(
        name=name,
        closed=sums.get("resolved", 0),
        ripe=ripe.get("first", 0),
        stayed=ripe.get("first", 0) - ripe.get("back", 0),
        seconds=sum(sums.get(f"{work_class}.s", 0) for work_class in COUNTED),
        logged_seconds=sum(sums.get(f"{group}.l", 0) for group in GROUPS),
        failures=sum(sums.get(work_class, 0) for work_class in FAILURES),
        repeat_tickets=sums.get("repeat", 0),
        repeat_seconds=sums.get("repeat.s", 0),
        cycles_broken=cycles_broken,
        with_history=sums.get("told", 0),
        pingpong=sums.get("strict", 0),
        pingpong_ids=pingpong_ids,
        repeat_ids=repeat_ids,
    )


def service_fact(
    name: str, tickets_by_person: Mapping[str, int], ticket_ids: tuple[str, ...] = ()
) -> ServiceFact | None:
    """Return a service's numbers from the reactive tickets that each person resolved; None if nobody is known."""
    fewest = absence_factor(tickets_by_person)
    # Without a known resolver it may rest on one person or on ten: no fact is better than a guess.
    if fewest is None:
        return None
    return ServiceFact(name, sum(tickets_by_person.values()), fewest, max(tickets_by_person.values()), ticket_ids)
