"""The simulated company: its tickets as they stand now, and the truth about them."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from hashlib import blake2b
from typing import Any

from service.demo.organisation import AUTOMATION, REQUESTERS, SERVICE_DESK, SERVICES
from service.demo.record import PRIORITIES, WORKFLOWS, SimulatedTicket, System
from service.demo.story.families import PlantedFamily
from service.demo.story.scenario import Scenario
from service.demo.truth import describe, expected_verdict

PREFIXES = {"incident": "INC", "sc_req_item": "RITM", "problem": "PRB", "change_request": "CHG"}
KINDS: Mapping[System, str] = {"jira": "Task", "servicenow": "incident"}
FIRST_ISSUE = FIRST_NUMBER = 10_000


def _now() -> datetime:
    return datetime.now(UTC)


class Company:
    """Tickets by system and id. They change only through the methods here, at the time that `clock` returns."""

    def __init__(
        self,
        records: Iterable[SimulatedTicket],
        as_of: datetime,
        *,
        scenario: Scenario | None = None,
        families: Sequence[PlantedFamily] = (),
        standard_requests: Mapping[str, Sequence[SimulatedTicket]] | None = None,
        duplicates: Sequence[SimulatedTicket] = (),
        clock: Callable[[], datetime] = _now,
    ) -> None:
        self.as_of = as_of
        self.clock = clock
        self._scenario = scenario
        self._families = families
        self._standard_requests = standard_requests or {}
        self._duplicates = duplicates
        self._records: dict[System, dict[str, SimulatedTicket]] = {"jira": {}, "servicenow": {}}
        self._numbers: Counter[str] = Counter()
        for record in records:
            self._register(record)

    @property
    def keeps_history(self) -> bool:
        """True if its ServiceNow audits changes."""
        return self._scenario is None or self._scenario.history

    def records(self, system: System) -> Mapping[str, SimulatedTicket]:
        """Return the tickets of one system by id, oldest first."""
        return self._records[system]

    def truth(self) -> dict[str, Any]:
        """Return JSON-able facts that an analysis should find; see `service.demo.truth.describe`."""
        records = [*self._records["jira"].values(), *self._records["servicenow"].values()]
        facts = describe(records, self._families, self._standard_requests, self._duplicates)
        return {"as_of": self.as_of.isoformat(), "verdict": expected_verdict(self._scenario), **facts}

    def touch(self, system: System, record_id: str) -> datetime:
        """Change the priority of a ticket now and return the instant. Raises KeyError for an unknown id."""
        record, at = self._records[system][record_id], self._instant(system)
        record.change(at, "priority", PRIORITIES[3 if record.priority == PRIORITIES[2] else 2], AUTOMATION)
        return at

    def create(self, system: System, title: str = "A new ticket") -> str:
        """Open a ticket now and return its id."""
        kind = KINDS[system]
        service = SERVICES["ERP"]
        record = SimulatedTicket(
            kind=kind,
            work_class="failure" if system == "servicenow" else "maintenance",
            title=title,
            description="",
            service=service.name,
            opened_at=self._instant(system),
            requester=REQUESTERS[0],
            team=SERVICE_DESK if system == "servicenow" else service.team,
            priority=PRIORITIES[2],
            status=WORKFLOWS[kind].new,
        )
        self._register(record)
        return record.id

    def delete(self, system: System, record_id: str) -> None:
        """Remove a ticket for good. Raises KeyError for an unknown id."""
        # Others may still link to it: the flag lets them drop the link, as the real systems do.
        self._records[system].pop(record_id).deleted = True

    def move(self, record_id: str, project: str) -> str:
        """Move a Jira issue to a project now and return its new key. Raises KeyError for an unknown id."""
        record = self._records["jira"][record_id]
        record.key = f"{project}-{self._next(project)}"
        record.updated_at = self._instant("jira")
        return record.key

    def _instant(self, system: System) -> datetime:
        """Return the present, as exactly as the system stores it."""
        at = self.clock()
        # Finer than that, the ticket would differ from what its system answers, and walks would miss or repeat it.
        return at.replace(microsecond=at.microsecond // 1000 * 1000 if system == "jira" else 0)

    def _next(self, series: str) -> int:
        self._numbers[series] += 1
        return self._numbers[series]

    def _register(self, record: SimulatedTicket) -> None:
        if record.system == "jira":
            project = "APP" if SERVICES[record.service].team == "Applications" else "PLT"
            record.id = str(FIRST_ISSUE + self._next("issue"))
            record.key = f"{project}-{self._next(project)}"
        else:
            prefix = PREFIXES[record.kind]
            record.key = f"{prefix}{FIRST_NUMBER + self._next(prefix):07}"
            # A sys_id looks random; derived from the number it is the same in every run of a seed.
            record.id = blake2b(record.key.encode(), digest_size=16).hexdigest()
        self._records[record.system][record.id] = record
