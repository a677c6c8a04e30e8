"""Sources, their runs, and scopes."""

from collections.abc import Mapping
from dataclasses import dataclass as plain_dataclass
from datetime import datetime
from typing import Annotated

from pydantic import Field
from pydantic.dataclasses import dataclass

from connectors.model import Gap, LeftOut, Refusal, UnknownWord
from service.report.sections.base import CONFIG
from service.report.sections.report import Complete, DeletedTickets, RecallOrNone, StoredTickets, VisibilityOrNone


@plain_dataclass(frozen=True, slots=True)
class SourceStatus:
    """The present state of a source."""

    name: str
    connector: str
    tickets: StoredTickets
    deleted: DeletedTickets
    complete: Complete
    gaps: tuple[Gap, ...]
    reach: Annotated[datetime, Field(description="How far back the first pull reached.")]
    last_success_at: Annotated[datetime | None, Field(description="The end of the last complete pull.")]
    reconciled_at: Annotated[
        datetime | None, Field(description="The moment at which its ids were last compared with the store.")
    ]
    unknown: Annotated[
        tuple[UnknownWord, ...],
        Field(description="Statuses, kinds and priorities that nobody understood, the 20 most frequent of each."),
    ]
    left_out: Annotated[
        tuple[LeftOut, ...],
        Field(
            description="Values that were left out of tickets or mended, the 40 most frequent kinds: of each the most "
            "that one run has left out since the source was last read from the start."
        ),
    ]
    visibility: VisibilityOrNone = None
    recall: RecallOrNone = None


@plain_dataclass(frozen=True, slots=True)
class RunSummary:
    """A pull or census of a source."""

    id: Annotated[int, Field(description="Its number.")]
    source: str
    kind: Annotated[str, Field(description="sync or census.")]
    started_at: datetime
    finished_at: Annotated[datetime | None, Field(description="Null while it is under way.")]
    outcome: Annotated[str, Field(description="done, running, killed, stopped, budget, busy or failed.")]
    reason: Annotated[str | None, Field(description="Why the outcome is not done.")]
    read: Annotated[int, Field(description="Tickets read.")]
    new: Annotated[int, Field(description="Tickets that were not in the store before.")]
    changed: Annotated[int, Field(description="Tickets that were in the store in another version.")]
    unchanged: Annotated[int, Field(description="Tickets that were in the store in this version.")]
    refused: Annotated[
        int, Field(description="Records that could not be stored; /sources/runs/{number} returns the reasons.")
    ]
    deleted: Annotated[int, Field(description="Tickets that no longer exist in the source.")]
    restored: Annotated[int, Field(description="Tickets that had been deleted and exist again.")]
    requests: Annotated[int, Field(description="Requests sent to the source.")]
    retries: Annotated[int, Field(description="Requests that were sent again.")]


@dataclass(frozen=True, slots=True, kw_only=True, config=CONFIG)
class SourceList:
    """All sources and their last runs."""

    problems: Annotated[tuple[str, ...], Field(description="The reasons why the service is not ready, if any.")]
    sources: tuple[SourceStatus, ...]
    runs: Annotated[tuple[RunSummary, ...], Field(description="The 50 newest, the newest first.")]


@dataclass(frozen=True, slots=True, kw_only=True, config=CONFIG)
class RunRefusals:
    """The records that a run could not store, and the values that it left out of others."""

    run: Annotated[int, Field(description="The number of the run.")]
    refusals: Annotated[tuple[Refusal, ...], Field(description="The first 1,000.")]
    left_out: Annotated[tuple[LeftOut, ...], Field(description="Values that were left out of tickets or mended.")]


@dataclass(frozen=True, slots=True, kw_only=True, config=CONFIG)
class ScopeList:
    """The scopes with at least one ticket, by dimension."""

    scopes: Mapping[str, tuple[str, ...]]
