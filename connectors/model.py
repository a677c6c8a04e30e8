"""The only words the service hears from a connector: frozen, validated, every instant aware UTC."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field

Kind = Literal["incident", "request", "problem", "change", "alert", "defect", "feature", "task", "other"]
StatusCategory = Literal["new", "active", "waiting", "resolved", "closed", "cancelled"]
HistoryIs = Literal["history", "counter", "truncated", "none"]
TransitionField = Literal["status", "team", "assignee", "priority", "kind"]
Relation = Literal[
    "duplicate_of", "duplicated_by", "parent", "child", "problem", "change", "caused_by", "causes", "related"
]

Checkpoint: TypeAlias = Mapping[str, Any]
"""Opaque JSON of one connector: where its next pull begins, inclusive."""


def _to_utc(at: datetime) -> datetime:
    return at if at.tzinfo is UTC else at.astimezone(UTC)


Instant = Annotated[AwareDatetime, AfterValidator(_to_utc)]
"""An aware datetime, always in UTC; a naive one is refused."""


class Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Transition(Record):
    """One dated change of one field. `old` and `new` are the names that people see."""

    at: Instant
    field: TransitionField
    old: str | None
    new: str | None
    old_category: StatusCategory | None = None
    new_category: StatusCategory | None = None
    actor: str | None = None


class Link(Record):
    """This ticket's relation to `target`, the other ticket's immutable id in the same source."""

    relation: Relation
    target: str
    target_key: str | None = None


class Worklog(Record):
    """Work that somebody logged: `seconds` beginning at `at`."""

    id: str
    at: Instant
    seconds: Annotated[int, Field(ge=0)]
    author: str | None = None


class Sla(Record):
    """One run of one service level clock; `due_at` is when it breaches, `breached` what the system says."""

    id: str
    name: str
    started_at: Instant | None = None
    stopped_at: Instant | None = None
    due_at: Instant | None = None
    breached: bool | None = None


class Ticket(Record):
    """One record of work, normalised. Its identity is (source, `id`), never its `key`.

    People (`requester`, `assignee`, `resolver`, actors and authors) are the system's stable person ids,
    or their names where the operator asked for names.
    `priority_level` counts from 1 (most urgent) to 5; `hours_logged` is in hours.
    `history_is` tells where `transitions` come from: the system's own `history`, a `truncated` one,
    only its `counter` fields, or `none` of these.
    """

    id: Annotated[str, Field(min_length=1)]
    key: str
    url: str | None = None
    kind: Kind
    source_kind: str
    change_type: str | None = None
    title: str = ""
    description: str = ""
    status: str
    status_category: StatusCategory
    resolution: str | None = None
    priority: str | None = None
    priority_level: Annotated[int, Field(ge=1, le=5)] | None = None
    opened_at: Instant
    updated_at: Instant
    resolved_at: Instant | None = None
    closed_at: Instant | None = None
    requester: str | None = None
    assignee: str | None = None
    resolver: str | None = None
    team: str | None = None
    service: str | None = None
    configuration_item: str | None = None
    category: str | None = None
    provider: str | None = None
    project: str | None = None
    components: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    hours_logged: Annotated[float, Field(ge=0)] | None = None
    reopen_count: int | None = None
    reassignment_count: int | None = None
    history_is: HistoryIs
    transitions: tuple[Transition, ...] = ()
    links: tuple[Link, ...] = ()
    worklogs: tuple[Worklog, ...] = ()
    slas: tuple[Sla, ...] = ()


class Refusal(Record):
    """A record that could not be mapped: which one, where it stands, and why."""

    place: str
    reason: str


class Page(Record):
    """What a connector yields: tickets and checkpoint are committed together or not at all.

    The checkpoint never passes a ticket that has not been yielded. `total` is how many tickets this
    pull is expected to bring, where the system tells. `authoritative`: this is how the tickets are now, even
    where a newer version was seen before; else a version that is older than the stored one is an index's lag.
    """

    tickets: tuple[Ticket, ...]
    checkpoint: dict[str, Any]
    refused: tuple[Refusal, ...] = ()
    total: int | None = None
    authoritative: bool = False


class Account(Record):
    """What `check` found: who is asking, in which time zone, how many tickets can be seen, what is missing.

    `missing` holds what the account may not do, each with the remedy; an empty one means all is well.
    """

    system: str
    user: str
    time_zone: str | None = None
    tickets: int | None = None
    missing: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


class Count(Record):
    """How many tickets the system says it has; `exact` unless the system itself calls it an estimate."""

    tickets: int
    exact: bool = True


class Gap(Record):
    """Tickets that the source has and Treadmill does not, with the cause."""

    cause: Literal["invisible", "unexplained", "refused", "too_many_gone"]
    count: int
    text: str
