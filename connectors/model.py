"""The data that a connector hands to the service: frozen, validated, every instant aware and in UTC."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field

Kind = Literal["incident", "request", "problem", "change", "alert", "defect", "feature", "task", "other"]
StatusCategory = Literal["new", "active", "waiting", "resolved", "closed", "cancelled", "unknown"]
HistoryIs = Literal["history", "counter", "truncated", "none"]
TransitionField = Literal["status", "team", "assignee", "priority", "kind"]
WordField = Literal["status", "kind", "priority"]
Relation = Literal[
    "duplicate_of", "duplicated_by", "parent", "child", "problem", "change", "caused_by", "causes", "fixed_by", "fixes",
    "related",
]  # fmt: skip

Checkpoint: TypeAlias = Mapping[str, Any]
"""Opaque JSON of one connector: the position from which its next pull reads, inclusive."""


def _to_utc(at: datetime) -> datetime:
    # Pydantic gives parsed texts a tzinfo class of its own; every instant shall have the one UTC object.
    return at if at.tzinfo is UTC else at.astimezone(UTC)


Instant = Annotated[AwareDatetime, AfterValidator(_to_utc)]
"""An aware datetime, always in UTC; a naive one is rejected."""


NAME_LENGTH = 500
"""Characters of an id or name. An index entry of PostgreSQL holds 2,704 bytes, and a character has up to four."""

LONGEST_SHOWN = 60

Name = Annotated[str, Field(max_length=NAME_LENGTH)]


class Record(BaseModel):
    # Built when the first record is made: naming the types needs no validators.
    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


class Transition(Record):
    """One dated change of one field. `old` and `new` are the labels that people see."""

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
    target: Name
    target_key: str | None = None


class Worklog(Record):
    """Logged work: `seconds` from `at` on."""

    id: str
    at: Instant
    seconds: Annotated[int, Field(ge=0)]
    author: str | None = None


class Sla(Record):
    """One cycle of one service level clock; it breaches at `due_at`, `breached` is the system's own verdict."""

    id: str
    name: str
    started_at: Instant | None = None
    stopped_at: Instant | None = None
    due_at: Instant | None = None
    breached: bool | None = None


class Ticket(Record):
    """One normalised record of work. Its identity is (source, `id`), never its `key`.

    People (`requester`, `assignee`, `resolver`, actors and authors) are the system's stable person ids,
    or their names where the operator asked for names.
    `priority_level` is 1 (most urgent) to 5; `hours_logged` is in hours.
    `resolution` is the text of the resolution, `resolution_code` the system's own word for it, e.g. `Duplicate`.
    `history_is` is the provenance of `transitions`: the system's own `history`, a `truncated` one,
    only its `counter` fields, or `none` of these.
    """

    # Keys change when a ticket moves to another project or table; only the id survives.
    id: Annotated[str, Field(min_length=1, max_length=NAME_LENGTH)]
    key: Name
    url: str | None = None
    kind: Kind
    source_kind: str
    change_type: str | None = None
    title: str = ""
    description: str = ""
    status: str
    status_category: StatusCategory
    resolution: str | None = None
    resolution_code: Name | None = None
    priority: str | None = None
    priority_level: Annotated[int, Field(ge=1, le=5)] | None = None
    opened_at: Instant
    updated_at: Instant
    resolved_at: Instant | None = None
    closed_at: Instant | None = None
    requester: str | None = None
    assignee: str | None = None
    resolver: str | None = None
    team: Name | None = None
    service: Name | None = None
    configuration_item: Name | None = None
    category: Name | None = None
    provider: Name | None = None
    project: Name | None = None
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
    """A record that cannot be mapped, and the reason."""

    place: Annotated[str, Field(description="Its id, or its place in the source.")]
    reason: str


class LeftOut(Record):
    """Values of one field that were left out of tickets, or mended, for one cause; or lines that were left out."""

    field: Annotated[str, Field(description="The field of the ticket.")]
    cause: Annotated[str, Field(description="The cause, as the rest of a sentence about the field.")]
    tickets: Annotated[int, Field(description="The number of tickets, or of lines, that have such a value.")]
    example: Annotated[
        str,
        Field(description="The key of one of them and its value; the key alone where people or texts may stand in it."),
    ]
    mended: Annotated[bool, Field(description="True where the rest of the value was kept.")] = False
    unit: Annotated[Literal["ticket", "line"], Field(description="What `tickets` counts.")] = "ticket"

    @property
    def amount(self) -> str:
        """The number with its unit."""
        return f"{self.tickets:,} {self.unit}" if self.tickets == 1 else f"{self.tickets:,} {self.unit}s"

    @property
    def text(self) -> str:
        """The field, the cause, the number of tickets and the example."""
        action = "mended" if self.mended else "left out"
        return f"{action}: {self.field} {self.cause} in {self.amount}, e.g. {self.example}"


class Page(Record):
    """A batch of tickets and the checkpoint after it, which are committed together or not at all.

    `taken` is the number of records that were not refused, where several of them make one ticket.
    `total` is the number of tickets that this pull is expected to bring, where the system knows it.
    `existing` is the number of tickets that the source holds at most, where its last page shows it.
    `authoritative`: store these versions even if they are older than the stored ones.
    """

    tickets: tuple[Ticket, ...]
    # It must never pass a ticket that has not been yielded: a run that dies here would never read that ticket.
    checkpoint: dict[str, Any]
    refused: tuple[Refusal, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    taken: int | None = None
    total: int | None = None
    existing: int | None = None
    # By default an older version is taken for the lag of a search index. A file that was restored is no lag.
    authoritative: bool = False


class MappedSample(Record):
    """Some records of a source, mapped as a pull would: how many make tickets, and how many would be refused.

    `refusals` holds the first of those refused, `unknown` the words that nobody understood.
    """

    taken: int
    refused: int
    refusals: tuple[Refusal, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    unknown: tuple["UnknownWord", ...] = ()

    @property
    def is_enough(self) -> bool:
        """True where at least half of the records make tickets."""
        return self.taken >= self.refused


class Account(Record):
    """The account as `check` sees it: its name, its time zone, and the number of tickets it can see.

    `missing` lists the rights that it lacks, each with the remedy; empty if nothing is missing.
    `sample` shows what a pull would make of the tickets; None where the connector maps none.
    """

    system: str
    user: str
    time_zone: str | None = None
    tickets: int | None = None
    missing: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    sample: MappedSample | None = None


class Count(Record):
    """The system's own count of its tickets; `exact` unless the system calls it an estimate."""

    tickets: int
    exact: bool = True


class Gap(Record):
    """Tickets that the source has and Treadmill lacks, or that it no longer shows, with the cause."""

    cause: Literal["invisible", "unexplained", "refused", "too_many_gone", "fewer"]
    count: Annotated[int, Field(description="The number of tickets.")]
    text: Annotated[str, Field(description="The same as a sentence.")]


class UnknownWord(Record):
    """A word of a source that neither the source, nor its settings, nor its connector explain."""

    field: Annotated[WordField, Field(description="The field of which it is a value.")]
    word: Annotated[str, Field(description="The source's own word, empty where it may not be read.")]
    tickets: Annotated[int, Field(description="The number of tickets that have it.")]

    remedy: Annotated[
        str, Field(description="The variable to set, with an example value for all such words of the field.")
    ] = ""

    @property
    def text(self) -> str:
        """The word, cut where it is long, and the number of its tickets."""
        word = self.word if len(self.word) <= LONGEST_SHOWN else f"{self.word[: LONGEST_SHOWN - 1]}…"
        tickets = "1 ticket" if self.tickets == 1 else f"{self.tickets:,} tickets"
        return f'{self.field} "{word}" of {tickets} is not understood.'
