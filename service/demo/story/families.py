"""The planted families: problems that return, stop returning, or look as if they did."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Literal

from service.demo.organisation import SERVICES
from service.demo.record import PRIORITIES, Record, Relation
from service.demo.story.ledger import Ledger
from service.demo.story.life import Course
from service.demo.story.rhythm import CLOSES, OPENS, after_work, at_work, day_at
from service.demo.story.scenario import FamilyPlan, Wording

DAY = timedelta(days=1)
KNOWN_BEFORE_FIX = timedelta(days=75)
ENDED_BY_FIX = ("broken", "too early", "unclear")
DUPLICATE_SHARES = {"outage": 0.7, "seasonal": 0.0}
WORK_CLASSES = {"Bug": "rework", "sc_req_item": "request"}
LAST_DAYS_OF_MONTH = 3


@dataclass(frozen=True, slots=True)
class Fix:
    """A problem record and the change that was to end the family."""

    problem: Record
    change: Record
    linked: Literal["problem", "change"]

    @property
    def named(self) -> Record:
        """The one that the family's tickets are linked to."""
        return self.change if self.linked == "change" else self.problem

    @property
    def at(self) -> datetime | None:
        """When the change was done."""
        return self.change.resolved_at


@dataclass(slots=True)
class Family:
    """A planted family with its tickets by episode."""

    plan: FamilyPlan
    episodes: list[list[Record]] = field(default_factory=list)
    fix: Fix | None = None


class Planting:
    """Plants one family between two instants."""

    def __init__(self, ledger: Ledger, plan: FamilyPlan, start: datetime, end: datetime) -> None:
        self._ledger = ledger
        self._rng = ledger.rng
        self._start = start
        self._end = end
        self._family = Family(plan)
        self._plan = plan

    def run(self) -> Family:
        """The family; its tickets are in the ledger."""
        if self._plan.fix_after is not None:
            self._family.fix = self._fix(self._start + (self._end - self._start) * self._plan.fix_after)
        for at, hours in self._beginnings():
            self._family.episodes.append(self._episode(at, hours))
        if self._plan.outage_after is not None:
            major = self._family.episodes[0][0]
            major.priority = PRIORITIES[0]
            self._family.fix = self._fix(major.opened_at + 20 * DAY)
        self._link_to_fix()
        return self._family

    def _beginnings(self) -> Iterator[tuple[datetime, float]]:
        """When each episode begins, and over how many hours its tickets come in (business hours at month-end)."""
        if self._plan.outage_after is not None:
            at = self._start + (self._end - self._start) * self._plan.outage_after
            yield day_at(at - DAY * (at.weekday() - 1), 9.5), 7.0
        elif self._plan.state == "seasonal":
            yield from self._month_ends()
        else:
            yield from self._returns()

    def _month_ends(self) -> Iterator[tuple[datetime, float]]:
        day = at_work(self._start)
        while day < self._end:
            if (day + LAST_DAYS_OF_MONTH * DAY).month != day.month:
                yield day_at(day, OPENS + 0.5), self._plan.wave_hours
                day += 10 * DAY
            day = at_work(day_at(day + DAY, OPENS))

    def _returns(self) -> Iterator[tuple[datetime, float]]:
        """Again and again, until a fix that holds."""
        fixed = self._family.fix.at if self._family.fix and self._plan.state in ENDED_BY_FIX else None
        at = self._soon(self._start - self._gap(self._start) / 2)
        while at < (fixed or self._end) - DAY / 24:
            yield at, self._rng.uniform(0.5, 5)
            at = self._soon(max(record.resolved_at or at for record in self._family.episodes[-1]))

    def _gap(self, after: datetime) -> timedelta:
        return self._rng.uniform(*self._plan.gap_days) * self._growth(self._plan.gaps_grow, after) * DAY

    def _growth(self, in_all: float, at: datetime) -> float:
        """How much something has grown by then that grows evenly from 1 at the start to `in_all` at the end."""
        return 1 + (in_all - 1) * ((at - self._start) / (self._end - self._start))

    def _soon(self, after: datetime) -> datetime:
        """The beginning of the next episode: at night for what monitoring sees, else at work."""
        at = after + self._gap(after)
        if self._plan.night:
            return day_at(at, self._rng.uniform(1, 4)) + DAY
        return day_at(at_work(at), self._rng.uniform(OPENS, CLOSES))

    def _episode(self, at: datetime, hours: float) -> list[Record]:
        count = self._rng.randint(*self._plan.tickets)
        instants = sorted([at, *(self._within(at, hours) for _ in range(count - 1))])
        tickets = [self._ticket(instant, instant == at) for instant in instants]
        for follower in tickets[1:]:
            if self._rng.random() < DUPLICATE_SHARES.get(self._plan.state, 0.3):
                follower.link(self._duplicate_relation, tickets[0])
        return tickets

    def _within(self, at: datetime, hours: float) -> datetime:
        later = self._rng.uniform(0.05, hours)
        if self._plan.state == "seasonal":
            return after_work(at, later)
        return at + timedelta(seconds=int(later * 3600))

    @property
    def _duplicate_relation(self) -> Relation:
        return "parent" if self._plan.kind == "incident" else "duplicate"

    def _ticket(self, at: datetime, first: bool) -> Record:
        plan, words = self._plan, self._wording()
        return self._ledger.open(
            plan.kind,
            WORK_CLASSES.get(plan.kind, "failure"),
            plan.service,
            at,
            self._course(at),
            titles=words.titles,
            details=words.details,
            remedies=words.remedies,
            by_monitoring=plan.night and first,
        )

    def _wording(self) -> Wording:
        plan = self._plan
        return self._rng.choice((plan, *plan.translations)) if plan.translations else plan

    def _course(self, at: datetime) -> Course:
        plan, rng = self._plan, self._rng
        hours = rng.uniform(*plan.work_hours)
        effort = rng.uniform(*plan.effort_hours) * self._growth(plan.efforts_grow, at)
        if plan.state in ("outage", "seasonal"):
            return Course(plan.teams[:1], hours, effort)
        return replace(self._ledger.course(plan.teams, hours, effort, logged=0.75, loops=1.2), cancelled=False)

    def _fix(self, by: datetime) -> Fix:
        """A problem record and its change, which is begun at `by` and done within days; so is the problem then."""
        problem_title, change_title = self._plan.fix_titles or ("", "")
        team = SERVICES[self._plan.service].team
        change = self._ledger.open(
            "change_request",
            "prevention",
            self._plan.service,
            at_work(by),
            Course((team,), 35, 12),
            titles=[change_title],
            details=[f"Permanent fix: {change_title.lower()}, so that the trouble does not return."],
            change_type="normal",
        )
        problem = self._ledger.open(
            "problem",
            "prevention",
            self._plan.service,
            at_work(by - 14 * DAY),
            Course((team,), 210, 20),
            titles=[problem_title],
            details=["Root-cause analysis of the recurring incidents, with a permanent fix by a change."],
        )
        problem.link("change", change)
        fix = Fix(problem, change, self._plan.fix_linked)
        if fix.at:
            _resolve(problem, after_work(fix.at, 2))
        return fix

    def _link_to_fix(self) -> None:
        fix = self._family.fix
        if fix is None or self._plan.kind != "incident":
            return
        for ticket in (ticket for episode in self._family.episodes for ticket in episode):
            known = abs(fix.problem.opened_at - ticket.opened_at) < KNOWN_BEFORE_FIX
            if known and self._rng.random() < 0.6:
                ticket.link(fix.linked, fix.named)


def _resolve(record: Record, at: datetime) -> None:
    """Moves its resolution to that time, and what follows with it."""
    last = [change for change in record.changes if change.new in record.workflow.ended]
    delay = at - last[0].at
    record.changes[-len(last) :] = [replace(change, at=change.at + delay) for change in last]
    record.updated_at = record.changes[-1].at
