"""The ledger of a simulation: the tickets that it has written."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from random import Random

from service.demo.organisation import MONITORING, NEW_NAMES, REQUESTERS
from service.demo.record import PRIORITIES, WORKFLOWS, SimulatedTicket
from service.demo.story.life import Course, LifecycleSimulation
from service.demo.story.text import Volatile, mistyped

PRIORITY_WEIGHTS = {"incident": (1, 6, 44, 42, 7), "sc_req_item": (0, 1, 19, 70, 10), "problem": (1, 14, 60, 25, 0)}
USUAL_WEIGHTS = (1, 14, 50, 27, 8)
HOST_SHARE = 0.35
FIRST_TEAM_SHARE = 0.35


class Ledger:
    """All tickets of one simulation, in the order in which they were written.

    `logged` is the least share of tickets with logged effort, `slips` that of mistyped words. Tickets opened after
    `reorganised_at` name new teams.
    """

    def __init__(
        self, rng: Random, *, logged: float = 0, slips: float = 0, reorganised_at: datetime | None = None
    ) -> None:
        self.rng = rng
        self.records: list[SimulatedTicket] = []
        self._logged = logged
        self._slips = slips
        self._reorganised_at = reorganised_at

    def open(
        self,
        kind: str,
        work_class: str,
        service: str,
        at: datetime,
        course: Course,
        *,
        titles: Sequence[str],
        details: Sequence[str] = (),
        remedies: Sequence[str] = ("Done.",),
        change_type: str = "",
        by_monitoring: bool = False,
    ) -> SimulatedTicket:
        """Write a ticket with its whole course and return it; its texts are chosen from the given wordings."""
        # Every draw below comes from one sequence: a new one in between changes all companies of all seeds.
        rng, course = self.rng, self._renamed(course, at)
        words = Volatile(rng, service, at)
        record = SimulatedTicket(
            kind=kind,
            work_class=work_class,
            title=self._typed(words.choose(titles)),
            description=self._typed(words.sample(details, 1, min(3, len(details))) if details else ""),
            service=service,
            opened_at=at,
            requester=MONITORING if by_monitoring else rng.choice(REQUESTERS),
            team=course.teams[0],
            priority=rng.choices(PRIORITIES, PRIORITY_WEIGHTS.get(kind, USUAL_WEIGHTS))[0],
            status=WORKFLOWS[kind].new,
            host=words.host if rng.random() < HOST_SHARE else "",
            resolution=words.choose(remedies),
            change_type=change_type,
            by_monitoring=by_monitoring,
        )
        LifecycleSimulation(record, course, rng).run()
        self.records.append(record)
        return record

    def course(self, teams: Sequence[str], hours: float, effort: float, *, logged: float, loops: float = 1.0) -> Course:
        """Return a usual course; `loops` scales the shares of loops, `logged` is the share with logged effort."""
        rng = self.rng
        return Course(
            teams=self._holders(teams, loops),
            hours=hours,
            effort=effort if rng.random() < max(logged, self._logged) else 0.0,
            stalls=rng.choices((0, 1, 2, 3), (100, 14 * loops, 5 * loops, 2 * loops))[0],
            reopens=rng.choices((0, 1, 2, 3), (100, 5 * loops, loops, 0.4 * loops))[0],
            cancelled=rng.random() < 0.025 * loops,
            escalated=rng.random() < 0.05 * loops,
        )

    def _typed(self, text: str) -> str:
        return mistyped(text, self._slips, self.rng) if self._slips else text

    def _renamed(self, course: Course, at: datetime) -> Course:
        """Return a course with the names that teams have at an instant."""
        if self._reorganised_at is None or at < self._reorganised_at:
            return course
        return replace(course, teams=tuple(NEW_NAMES.get(team, team) for team in course.teams))

    def _holders(self, teams: Sequence[str], loops: float) -> tuple[str, ...]:
        """Return the teams that hold a ticket in turn: the first, all, or all and then the last two alternating."""
        rng = self.rng
        if len(teams) == 1 or rng.random() < FIRST_TEAM_SHARE:
            return tuple(teams[:1])
        back = rng.choices((0, 1, 2, 3), (100, 7 * loops, 5 * loops, loops))[0]
        return (*teams, *(teams[-2 + step % 2] for step in range(back)))
