"""The life of a ticket: queue, work, handoffs, loops and resolution."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from service.demo.organisation import AUTOMATION, TEAMS
from service.demo.record import PRIORITIES, SimulatedTicket, WorkEntry
from service.demo.story.rhythm import after_work

CLOSES_AFTER = timedelta(days=5)


@dataclass(frozen=True, slots=True)
class Course:
    """The course of a ticket: its holders in order, the hours until it is done, and its loops.

    `queue` hours pass before work begins, then about `hours` until it is resolved, both in business hours. `effort`
    is in hours; 0 stands for work that nobody logs. `by_app`: an app resolves it once the work is done.
    """

    teams: tuple[str, ...]
    hours: float
    effort: float = 0.0
    queue: float = 0.5
    stalls: int = 0
    reopens: int = 0
    cancelled: bool = False
    escalated: bool = False
    by_app: bool = False


class LifecycleSimulation:
    """The simulation of one ticket through its course."""

    def __init__(self, record: SimulatedTicket, course: Course, rng: Random) -> None:
        self._record = record
        self._course = course
        self._rng = rng
        self._now = record.opened_at
        # The hours of the course are spread over the moves that it has, so that loops do not make a ticket longer.
        self._steps = len(course.teams) + len(record.workflow.active) + 2 * course.stalls

    def run(self) -> None:
        """Write the whole history into the ticket, also beyond the end of the simulated time."""
        record, flow = self._record, self._record.workflow
        self._wait(self._course.queue)
        record.change(self._now, "status", flow.active[0], self._assign())
        if self._course.escalated:
            record.change(self._now, "priority", _higher(record.priority), record.assignee)
        for team in self._course.teams[1:]:
            self._hand_to(team)
        for _ in range(self._course.stalls):
            self._stall()
        if self._course.cancelled:
            self._step()
            record.change(self._now, "status", flow.cancelled, record.assignee)
            return
        self._work_through()
        for _ in range(self._course.reopens):
            self._reopen()
        self._close()

    def _wait(self, hours: float) -> None:
        # At least a minute: two changes at one instant would leave their order to chance.
        hours = max(1 / 60, hours * self._rng.uniform(0.6, 1.4))
        self._now = after_work(self._now, hours)

    def _step(self) -> None:
        self._wait(self._course.hours / self._steps)

    def _assign(self) -> str:
        person = TEAMS[self._record.team].pick(self._rng, self._record.service)
        self._record.change(self._now, "assignee", person, person)
        return person

    def _hand_to(self, team: str) -> None:
        self._step()
        self._record.change(self._now, "team", team, self._record.assignee)
        self._now += timedelta(seconds=self._rng.randrange(60, 1200))
        self._assign()

    def _stall(self) -> None:
        flow = self._record.workflow
        self._step()
        self._record.change(self._now, "status", flow.waiting, self._record.assignee)
        self._step()
        self._record.change(self._now, "status", flow.active[0], self._record.assignee)

    def _work_through(self) -> None:
        record, flow = self._record, self._record.workflow
        began = self._now
        for state in flow.active[1:]:
            self._step()
            record.change(self._now, "status", state, record.assignee)
        self._step()
        record.change(self._now, "status", flow.resolved, AUTOMATION if self._course.by_app else record.assignee)
        self._log(began)

    def _log(self, began: datetime) -> None:
        # Shared among the rounds of a ticket that is reopened: the effort is that of the whole course.
        seconds = int(self._course.effort * 60 * self._rng.uniform(0.7, 1.3)) * 60 // (1 + self._course.reopens)
        if seconds:
            self._record.work.append(WorkEntry(began, seconds, self._record.assignee))

    def _reopen(self) -> None:
        record = self._record
        self._wait(self._rng.uniform(2, 20))
        record.change(self._now, "status", record.workflow.active[0], record.requester)
        self._work_through()

    def _close(self) -> None:
        if self._record.workflow.closed:
            self._now += CLOSES_AFTER
            self._record.change(self._now, "status", self._record.workflow.closed, AUTOMATION)


def _higher(priority: str) -> str:
    return PRIORITIES[max(0, PRIORITIES.index(priority) - 1)]
