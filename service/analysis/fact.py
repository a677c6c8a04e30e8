"""Facts about one ticket once it was read: its lifecycle, its class and what of its links counts."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from connectors.model import HistoryIs, Kind, StatusCategory

Nature = Literal["reactive", "proactive"]
WorkClass = Literal["failure", "rework", "request", "prevention", "maintenance", "improvement", "delivery"]
HoursAre = Literal["logged", "estimated", "unknown"]
EndedIs = Literal["known", "assumed"]
DECIDED_FROM = 0.6
"""The least confidence with which a ticket counts as reactive or proactive; below it is undecided."""


@dataclass(frozen=True, slots=True)
class Fact:
    """One ticket as the analysis sees it. None means not known, and is never replaced by a zero.

    `nature` and `work_class` are the likeliest; of a ticket that is not decided they are a guess that counts nowhere.
    `ticket` is the store's number of the ticket, `id` the system's. `seconds` is the work in it, 0 if it is
    unknown. `own_nature` is the nature of the system's own kind, None if it has none; `contradicts`: the text opposes
    it. `is_restless`: its estimated hours still grow as time passes. `named_cause`: a change that some ticket names as
    its cause. `fix_linked`: linked to a problem, a change or a cause. `ended_is`: its end is `known`, or `assumed` to
    be its last known change; None while it is open. `marked_duplicate`: people marked it as a duplicate.
    `remedy` stands for what was done to close it, the same number for the same words.
    """

    ticket: int
    source: str
    id: str
    key: str
    url: str | None
    title: str
    kind: Kind
    team: str | None
    service: str | None
    category: str | None
    provider: str | None
    priority: str | None
    priority_level: int | None
    status: str
    status_category: StatusCategory
    opened_at: datetime
    updated_at: datetime
    first_resolved_at: datetime | None
    first_reopened_at: datetime | None
    resolved_at: datetime | None
    closed_at: datetime | None
    ended_is: EndedIs | None
    reopens: int | None
    handoffs: int | None
    pingpong_strict: int | None
    pingpong_loose: int | None
    stall_loops: int | None
    reopen_count: int | None
    reassignment_count: int | None
    seconds: int
    hours_are: HoursAre
    history_is: HistoryIs
    is_restless: bool
    nature: Nature
    work_class: WorkClass
    confidence: float
    decided_by: str
    own_nature: Nature | None
    contradicts: bool
    after_hours: bool
    requester: str | None
    resolver: str | None
    remedy: int | None
    fix_linked: bool
    named_cause: bool
    sla_clocks: int
    sla_breached: int
    marked_duplicate: bool

    @property
    def is_reactive(self) -> bool:
        """True if the work began because something had failed or someone had to ask."""
        return self.nature == "reactive"

    @property
    def is_decided(self) -> bool:
        """True if its nature is sure enough to count in shares by nature."""
        return self.confidence >= DECIDED_FROM

    @property
    def left_at(self) -> datetime | None:
        """Moment when it left the backlog by being resolved, closed or cancelled; None while it is open."""
        # Cancelled tickets are never resolved, yet they are no backlog.
        return self.resolved_at or self.closed_at
