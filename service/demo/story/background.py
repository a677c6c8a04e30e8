"""The daily work around the planted families: one-off incidents, requests, changes, problems, Jira issues."""

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import product

from service.demo.organisation import SERVICE_DESK, SERVICES, Service
from service.demo.record import Relation, SimulatedTicket
from service.demo.story.ledger import Ledger
from service.demo.story.life import Course
from service.demo.story.rhythm import ArrivalRhythm
from service.demo.story.scenario import ChangePlan, IssuePlan, RequestPlan, Scenario, TitlePlan, TroublePlan

REQUEST_DETAILS = (
    "Requested through the catalogue by {user}.",
    "Needed from {date} on.",
    "Cost centre {number}, approved by {user}.",
    "Place of work: {site}, floor {floor}.",
)
CHANGE_DETAILS = (
    "Window on {date} from {time}.",
    "Way back: snapshot of {host}.",
    "Approved by {user}.",
    "No outage is expected for {site}.",
)
PROBLEM_DETAILS = ("Seen in {number} tickets so far.", "First seen on {date}.", "Analysis led by {user}.")
ISSUE_DETAILS = (
    "Found in build {number} by {user}.",
    "Expected on {date} at the latest.",
    "Agreed with {user} in the weekly review.",
    "Concerns {site} first, the other sites follow.",
    "Log attached, see line {number}.",
    "Estimate {number} points.",
)
ISSUE_SERVICES = ("ERP", "CRM", "Customer Portal", "Intranet", "Data Warehouse", "Single Sign-On", "Network Access")
SUSPECT_FOR = timedelta(days=2)
CAUSED_SHARE = 0.05
HANDOFF_SHARE = 0.3
DUPLICATE = Course((SERVICE_DESK,), hours=0.5, queue=0.3)
DUPLICATE_WITHIN = 5 * 3600


class Background:
    """The daily work of the whole simulated time, written into a ledger."""

    def __init__(self, ledger: Ledger, scenario: Scenario, start: datetime, end: datetime) -> None:
        self._ledger = ledger
        self._rng = ledger.rng
        self._scenario = scenario
        self._rhythm = ArrivalRhythm(start, end, even=scenario.even)
        self.requests: dict[str, list[SimulatedTicket]] = {}
        self.duplicates: list[SimulatedTicket] = []

    def run(self) -> None:
        """Write all of it."""
        scenario = self._scenario
        changes = [record for plan in scenario.changes for record in self._changes(plan)]
        incidents = [record for plan in scenario.troubles for record in self._one_offs(plan)]
        self._blame(incidents, changes)
        # The dice are shared: another order of these steps would give another company for the same seed.
        for misfiled in scenario.misfiled:
            self._misfiled(misfiled)
        for request in scenario.requests:
            self.requests[request.title] = self._catalogue(request)
        self._problems(scenario.problems)
        for issues in scenario.issues:
            self._issues(issues)

    # Without replacement: the same thing with the same trouble twice would be a family that nobody planted.
    def _draw_pairs(self, things: Sequence[str], troubles: Sequence[str], count: int) -> list[tuple[str, str]]:
        return self._rng.sample(list(product(things, troubles)), count)

    def _one_offs(self, plan: TroublePlan) -> list[SimulatedTicket]:
        pairs, incidents = self._draw_pairs(plan.things, plan.troubles, plan.count), []
        for at, pair in zip(self._rhythm.draw(self._rng, plan.count), pairs, strict=True):
            incident = self._one_off(plan, at, pair)
            incidents.append(incident)
            if self._rng.random() < self._scenario.duplicates:
                self._link_duplicate(self._one_off(plan, self._later(at), pair, DUPLICATE), incident, "parent")
        return incidents

    def _later(self, at: datetime) -> datetime:
        return at + timedelta(seconds=self._rng.randrange(600, DUPLICATE_WITHIN))

    def _link_duplicate(self, record: SimulatedTicket, original: SimulatedTicket, relation: Relation) -> None:
        record.link(relation, original)
        record.resolution = "Duplicate"
        self.duplicates.append(record)

    def _one_off(
        self, plan: TroublePlan, at: datetime, pair: tuple[str, str], course: Course | None = None
    ) -> SimulatedTicket:
        rng, phrases = self._rng, plan.phrases or self._scenario.phrases
        words = {"{pair}": " ".join(pair), "{occasion}": rng.choice(phrases.occasions)}
        title = _worded(rng.choice(phrases.titles), words)
        hours = rng.uniform(60, 500) if rng.random() < self._scenario.lingering else min(40, rng.expovariate(1 / 6))
        words |= {"{impact}": rng.choice(phrases.impacts), "{attempt}": rng.choice(phrases.attempts)}
        return self._ledger.open(
            "incident",
            "failure",
            plan.service,
            at,
            course or self._ledger.course(plan.teams, hours, rng.uniform(0.3, 2.5), logged=0.65),
            titles=[title[0].upper() + title[1:]],
            details=[_worded(phrases.detail, words)],
            remedies=phrases.cures,
        )

    def _blame(self, incidents: Sequence[SimulatedTicket], changes: Sequence[SimulatedTicket]) -> None:
        """Name a recent change as the cause of some incidents."""
        done = sorted(
            ((change.resolved_at, change) for change in changes if change.resolved_at), key=lambda pair: pair[0]
        )
        instants = [at for at, _ in done]
        for incident in incidents:
            before = bisect_left(instants, incident.opened_at) - 1
            recent = before >= 0 and incident.opened_at - instants[before] < SUSPECT_FOR
            if recent and self._rng.random() < CAUSED_SHARE:
                incident.link("caused_by", done[before][1])
                incident.work_class = "rework"

    def _misfiled(self, plan: TitlePlan) -> None:
        for at in self._rhythm.draw(self._rng, plan.count):
            trouble = self._rng.choice(self._scenario.troubles)
            thing = self._rng.choice(trouble.things)
            self._ledger.open(
                "incident",
                plan.work_class,
                trouble.service,
                at,
                self._ledger.course([SERVICE_DESK], 4, 0.5, logged=0.5),
                titles=[title.replace("{thing}", thing) for title in plan.titles],
            )

    def _catalogue(self, plan: RequestPlan) -> list[SimulatedTicket]:
        return [
            self._ledger.open(
                "sc_req_item",
                "request",
                plan.service,
                at,
                self._ledger.course(plan.teams, self._rng.uniform(1, 24), self._rng.uniform(0.2, 1.2), logged=0.6),
                titles=plan.titles,
                details=REQUEST_DETAILS,
            )
            for at in self._rhythm.draw(self._rng, plan.count)
        ]

    def _changes(self, plan: ChangePlan) -> list[SimulatedTicket]:
        emergency = plan.type == "emergency"
        return [self._change(plan, at, emergency) for at in self._rhythm.draw(self._rng, plan.count)]

    def _change(self, plan: ChangePlan, at: datetime, emergency: bool) -> SimulatedTicket:
        service = self._rng.choice(list(SERVICES.values()))
        hours, effort = (4, 3) if emergency else (self._rng.uniform(12, 60), self._rng.uniform(1, 6))
        return self._ledger.open(
            "change_request",
            plan.work_class,
            service.name,
            at,
            self._ledger.course([service.team], hours, effort, logged=0.5, loops=0),
            titles=plan.titles,
            details=CHANGE_DETAILS,
            remedies=("Implemented as planned.", "Implemented, way back not needed."),
            change_type=plan.type,
        )

    def _problems(self, plan: TitlePlan) -> None:
        for at in self._rhythm.draw(self._rng, plan.count):
            service = self._rng.choice(list(SERVICES.values()))
            self._ledger.open(
                "problem",
                plan.work_class,
                service.name,
                at,
                Course((service.team,), self._rng.uniform(60, 300), self._rng.uniform(4, 16)),
                titles=plan.titles,
                details=PROBLEM_DETAILS,
                remedies=("Cause found and removed.", "Cause found, accepted as known error."),
            )

    def _issues(self, plan: IssuePlan) -> None:
        pairs = self._draw_pairs(plan.things, plan.troubles, plan.count)
        for at, pair in zip(self._rhythm.draw(self._rng, plan.count), pairs, strict=True):
            service = SERVICES[self._rng.choice(ISSUE_SERVICES)]
            hours, queue = (self._rng.uniform(4, 30), 8) if plan.type == "Bug" else (self._rng.uniform(10, 110), 70)
            teams = (service.team, "Database") if service.team == "Applications" else (service.team, "Applications")
            course = self._ledger.course(
                teams if self._rng.random() < HANDOFF_SHARE else teams[:1],
                hours,
                hours / self._rng.uniform(3, 8),
                logged=0.7,
                loops=0.8,
            )
            issue = self._issue(plan, service, at, pair, replace(course, queue=self._rng.expovariate(1 / queue)))
            if plan.type == "Bug" and self._rng.random() < self._scenario.duplicates:
                again = self._issue(plan, service, self._later(at), pair, replace(DUPLICATE, teams=course.teams[:1]))
                self._link_duplicate(again, issue, "duplicate")

    def _issue(
        self, plan: IssuePlan, service: Service, at: datetime, pair: tuple[str, str], course: Course
    ) -> SimulatedTicket:
        return self._ledger.open(
            plan.type,
            plan.work_class,
            service.name,
            at,
            course,
            titles=[" ".join(pair)],
            details=ISSUE_DETAILS,
            remedies=("Done", "Done", "Done", "Won't Do"),
        )


def _worded(frame: str, words: Mapping[str, str]) -> str:
    """Return a frame with these slots filled."""
    # Not by str.format: the words that fill a slot hold volatile slots of their own, which are filled later.
    for slot, text in words.items():
        frame = frame.replace(slot, text)
    return frame
