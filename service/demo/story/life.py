"""How a ticket lives: who picks it up, where it goes round, and when it is done."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from service.demo.organisation import AUTOMATION, TEAMS
from service.demo.record import PRIORITIES, Record, Work
from service.demo.story.rhythm import after_work

CLOSES_AFTER = timedelta(days=5)


@dataclass(frozen=True, slots=True)
class Course:
    """What happens to a ticket: its holders in order, the hours until it is done, and how often it goes round.

    `queue` hours pass before somebody begins, then about `hours` until it is resolved: business hours, both.
    `effort` is in hours; 0: nobody logs it.
    """

    teams: tuple[str, ...]
    hours: float
    effort: float = 0.0
    queue: float = 0.5
    stalls: int = 0
    reopens: int = 0
    cancelled: bool = False
    escalated: bool = False


class Life:
    """Lives one ticket through its course."""

    def __init__(self, record: Record, course: Course, rng: Random) -> None:
        self._record = record
        self._course = course
        self._rng = rng
        self._now = record.opened_at
        self._steps = len(course.teams) + len(record.workflow.active) + 2 * course.stalls

    def run(self) -> None:
        """Writes the whole history into the ticket, also what has not happened yet."""
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
        record.change(self._now, "status", flow.resolved, record.assignee)
        self._log(began)

    def _log(self, began: datetime) -> None:
        seconds = int(self._course.effort * 60 * self._rng.uniform(0.7, 1.3)) * 60 // (1 + self._course.reopens)
        if seconds:
            self._record.work.append(Work(began, seconds, self._record.assignee))

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
