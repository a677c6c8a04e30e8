"""The planted families: problems that return, stop returning, or look as if they did."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Literal

from service.demo.organisation import SERVICES
from service.demo.record import PRIORITIES, Relation, SimulatedTicket
from service.demo.story.ledger import Ledger
from service.demo.story.life import Course
from service.demo.story.rhythm import CLOSES, OPENS, after_work, at_work, day_at
from service.demo.story.scenario import FamilyPlan, Wording

DAY = timedelta(days=1)
LINKED_WITHIN = timedelta(days=75)
ENDED_BY_FIX = ("broken", "too early", "unclear")
DUPLICATE_SHARES = {"outage": 0.7, "seasonal": 0.0, "chronic": 0.0}
WORK_CLASSES = {"Bug": "rework", "sc_req_item": "request"}
LAST_DAYS_OF_MONTH = 3


@dataclass(frozen=True, slots=True)
class Fix:
    """A problem record and the change that was to end the family."""

    problem: SimulatedTicket
    change: SimulatedTicket
    linked: Literal["problem", "change"]

    @property
    def named(self) -> SimulatedTicket:
        """The ticket that those of the family are linked to."""
        return self.change if self.linked == "change" else self.problem

    @property
    def at(self) -> datetime | None:
        """The instant at which the change was done."""
        return self.change.resolved_at


@dataclass(slots=True)
class PlantedFamily:
    """A planted family with its tickets by episode."""

    plan: FamilyPlan
    episodes: list[list[SimulatedTicket]] = field(default_factory=list)
    fix: Fix | None = None


class FamilySimulation:
    """The simulation of one planted family between two instants."""

    def __init__(self, ledger: Ledger, plan: FamilyPlan, start: datetime, end: datetime) -> None:
        self._ledger = ledger
        self._rng = ledger.rng
        self._start = start
        self._end = end
        self._family = PlantedFamily(plan)
        self._plan = plan

    def run(self) -> PlantedFamily:
        """Write the tickets of the family into the ledger and return it."""
        if self._plan.fix_after is not None:
            # Before the episodes: a fix that holds decides when they end.
            self._family.fix = self._fix(self._at(self._plan.fix_after))
        for at, hours in self._beginnings():
            self._family.episodes.append(self._episode(at, hours))
        if self._plan.outage_after is not None:
            # A fix of an outage follows its first ticket, so it can be planted only now.
            major = self._family.episodes[0][0]
            major.priority = PRIORITIES[0]
            self._family.fix = self._fix(major.opened_at + 20 * DAY)
        self._link_to_fix()
        return self._family

    def _beginnings(self) -> Iterator[tuple[datetime, float]]:
        """Yield (start of an episode, hours in which its tickets arrive); at month-end these are business hours."""
        if self._plan.outage_after is not None:
            at = self._at(self._plan.outage_after)
            yield day_at(at - DAY * (at.weekday() - 1), 9.5), 24 * self._plan.outage_days or 7.0
        elif self._plan.state == "seasonal":
            yield from self._month_ends()
        elif self._plan.state == "chronic":
            yield from self._every_day()
        else:
            yield from self._returns()

    def _at(self, share: float) -> datetime:
        return self._start + (self._end - self._start) * share

    def _every_day(self) -> Iterator[tuple[datetime, float]]:
        day = at_work(self._start)
        while day < self._end:
            yield day_at(day, OPENS + self._rng.uniform(0, 1)), CLOSES - OPENS - 1
            day = at_work(day_at(day + DAY, OPENS))

    def _month_ends(self) -> Iterator[tuple[datetime, float]]:
        day = at_work(self._start)
        while day < self._end:
            if (day + LAST_DAYS_OF_MONTH * DAY).month != day.month:
                yield day_at(day, OPENS + 0.5), self._plan.wave_hours
                # Beyond the turn of the month, so that its last days begin one wave and not three.
                day += 10 * DAY
            day = at_work(day_at(day + DAY, OPENS))

    def _returns(self) -> Iterator[tuple[datetime, float]]:
        """Yield episodes until the end, or until a fix that holds."""
        fixed = self._family.fix.at if self._family.fix and self._plan.state in ENDED_BY_FIX else None
        begin, end = map(self._at, self._plan.lives)
        # Half a gap early: in the simulated time the first episode comes neither at once nor a whole gap late.
        at = self._soon(begin - self._gap(begin) / 2)
        while at < (fixed or end) - DAY / 24:
            yield at, self._rng.uniform(0.5, 5)
            # From the end of the last episode, as the definition of a gap has it.
            at = self._soon(max(record.resolved_at or at for record in self._family.episodes[-1]))

    def _gap(self, after: datetime) -> timedelta:
        begin, end = map(self._at, self._plan.grows)
        growth = 1 + (self._plan.gaps_grow - 1) * min(1.0, max(0.0, (after - begin) / (end - begin)))
        return self._rng.uniform(*self._plan.gap_days) * growth * DAY

    def _soon(self, after: datetime) -> datetime:
        """Return the start of the next episode: at night for what monitoring sees, else during work."""
        at = after + self._gap(after)
        if self._plan.night:
            return day_at(at, self._rng.uniform(1, 4)) + DAY
        return day_at(at_work(at), self._rng.uniform(OPENS, CLOSES))

    def _episode(self, at: datetime, hours: float) -> list[SimulatedTicket]:
        count = self._rng.randint(*self._plan.tickets)
        # One ticket stands at the very start, so that the planted start is that of the episode.
        instants = sorted([at, *(self._within(at, hours) for _ in range(count - 1))])
        tickets = [self._ticket(instant, instant == at) for instant in instants]
        for follower in tickets[1:]:
            if self._rng.random() < DUPLICATE_SHARES.get(self._plan.state, 0.3):
                follower.link(self._duplicate_relation, tickets[0])
        if self._plan.outage_days:
            # Nothing is resolved before the outage is over.
            for ticket in tickets:
                resolve(ticket, after_work(at + timedelta(hours=hours), self._rng.uniform(0.5, 3)))
        return tickets

    def _within(self, at: datetime, hours: float) -> datetime:
        later = self._rng.uniform(0.05, hours)
        if self._plan.state == "seasonal":
            return after_work(at, later)
        return at + timedelta(seconds=int(later * 3600))

    @property
    def _duplicate_relation(self) -> Relation:
        return "parent" if self._plan.kind == "incident" else "duplicate"

    def _ticket(self, at: datetime, first: bool) -> SimulatedTicket:
        plan, words = self._plan, self._wording()
        return self._ledger.open(
            plan.kind,
            WORK_CLASSES.get(plan.kind, "failure"),
            plan.service,
            at,
            self._course(),
            titles=words.titles,
            details=words.details,
            remedies=words.remedies,
            by_monitoring=plan.night and first,
        )

    def _wording(self) -> Wording:
        plan = self._plan
        return self._rng.choice((plan, *plan.translations)) if plan.translations else plan

    def _course(self) -> Course:
        plan, rng = self._plan, self._rng
        hours = rng.uniform(*plan.work_hours)
        effort = rng.uniform(*plan.effort_hours)
        # No loops here: a wave or an outage is to be seen by its tickets, not by what befalls one of them.
        if plan.state in ("outage", "seasonal"):
            return Course(plan.teams[:1], hours, effort)
        course = self._ledger.course(plan.teams, hours, effort, logged=0.75, loops=1.2)
        return replace(course, cancelled=False, by_app=plan.by_app)

    def _fix(self, by: datetime) -> Fix:
        """Return a problem and its change: the change begins at `by`, and the problem is resolved after it."""
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
            resolve(problem, after_work(fix.at, 2))
        return fix

    def _link_to_fix(self) -> None:
        fix = self._family.fix
        if fix is None or self._plan.kind != "incident":
            return
        for ticket in (ticket for episode in self._family.episodes for ticket in episode):
            is_near = abs(fix.problem.opened_at - ticket.opened_at) < LINKED_WITHIN
            if is_near and self._rng.random() < 0.6:
                ticket.link(fix.linked, fix.named)


def resolve(record: SimulatedTicket, at: datetime) -> None:
    """Move the last resolution of a ticket to an instant, and what follows with it."""
    last = [change for change in record.changes if change.new in record.workflow.ended]
    delay = at - last[0].at
    record.changes[-len(last) :] = [replace(change, at=change.at + delay) for change in last]
    record.updated_at = record.changes[-1].at
