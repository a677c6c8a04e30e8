"""The simulated company: its tickets as they stand now, and what is known about them."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from hashlib import blake2b
from typing import Any

from service.demo.organisation import AUTOMATION, REQUESTERS, SERVICE_DESK, SERVICES
from service.demo.record import PRIORITIES, WORKFLOWS, Record, System
from service.demo.story.families import Family
from service.demo.story.scenario import Scenario
from service.demo.truth import describe, expected_verdict

PREFIXES = {"incident": "INC", "sc_req_item": "RITM", "problem": "PRB", "change_request": "CHG"}
KINDS: Mapping[System, str] = {"jira": "Task", "servicenow": "incident"}
FIRST_ISSUE = FIRST_NUMBER = 10_000


def _now() -> datetime:
    return datetime.now(UTC)


class Company:
    """Tickets by system and id. They change only through the methods here, at the time that `clock` tells."""

    def __init__(
        self,
        records: Iterable[Record],
        as_of: datetime,
        *,
        scenario: Scenario | None = None,
        families: Sequence[Family] = (),
        standard_requests: Mapping[str, Sequence[Record]] | None = None,
        clock: Callable[[], datetime] = _now,
    ) -> None:
        self.as_of = as_of
        self.clock = clock
        self._scenario = scenario
        self._families = families
        self._standard_requests = standard_requests or {}
        self._records: dict[System, dict[str, Record]] = {"jira": {}, "servicenow": {}}
        self._numbers: Counter[str] = Counter()
        for record in records:
            self._register(record)

    @property
    def keeps_history(self) -> bool:
        """Whether its ServiceNow audits changes."""
        return self._scenario is None or self._scenario.history

    def records(self, system: System) -> Mapping[str, Record]:
        """The tickets of one system by id, oldest first."""
        return self._records[system]

    def truth(self) -> dict[str, Any]:
        """JSON-able facts that an analysis should find; see `service.demo.truth.describe`."""
        records = [*self._records["jira"].values(), *self._records["servicenow"].values()]
        facts = describe(records, self._families, self._standard_requests)
        return {"as_of": self.as_of.isoformat(), "verdict": expected_verdict(self._scenario), **facts}

    def touch(self, system: System, record_id: str) -> datetime:
        """Changes the priority of a ticket now, and tells when that was. Raises KeyError for an unknown id."""
        record, at = self._records[system][record_id], self._instant(system)
        record.change(at, "priority", PRIORITIES[3 if record.priority == PRIORITIES[2] else 2], AUTOMATION)
        return at

    def create(self, system: System, title: str = "A new ticket") -> str:
        """The id of a new ticket, opened now."""
        kind = KINDS[system]
        service = SERVICES["ERP"]
        record = Record(
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
        """Removes a ticket for good. Raises KeyError for an unknown id."""
        self._records[system].pop(record_id).deleted = True

    def move(self, record_id: str, project: str) -> str:
        """The new key of a Jira issue that moves to this project now. Raises KeyError for an unknown id."""
        record = self._records["jira"][record_id]
        record.key = f"{project}-{self._next(project)}"
        record.updated_at = self._instant("jira")
        return record.key

    def _instant(self, system: System) -> datetime:
        """Now, as exactly as the system keeps it."""
        at = self.clock()
        return at.replace(microsecond=at.microsecond // 1000 * 1000 if system == "jira" else 0)

    def _next(self, series: str) -> int:
        self._numbers[series] += 1
        return self._numbers[series]

    def _register(self, record: Record) -> None:
        if record.system == "jira":
            project = "APP" if SERVICES[record.service].team == "Applications" else "PLT"
            record.id = str(FIRST_ISSUE + self._next("issue"))
            record.key = f"{project}-{self._next(project)}"
        else:
            prefix = PREFIXES[record.kind]
            record.key = f"{prefix}{FIRST_NUMBER + self._next(prefix):07}"
            record.id = blake2b(record.key.encode(), digest_size=16).hexdigest()
        self._records[record.system][record.id] = record
