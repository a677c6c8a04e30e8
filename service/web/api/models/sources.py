"""Sources, their runs, and scopes."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from service.web.api.models.part import Answer

COMPLETE = Field(description="Whether nothing is missing; null where its ids were never compared.")
DELETED = Field(description="Tickets that are gone from the source.")
STORED = Field(description="Tickets that are here and not gone.")


class Gap(Answer):
    """Tickets that the source has and Treadmill does not, with the cause."""

    cause: Literal["invisible", "unexplained", "refused", "too_many_gone"]
    count: int = Field(description="How many tickets.")
    text: str = Field(description="The same as a sentence.")


class Source(Answer):
    """A source as it stands."""

    name: str
    connector: str
    tickets: int = STORED
    deleted: int = DELETED
    complete: bool | None = COMPLETE
    gaps: list[Gap]
    reach: datetime = Field(description="How far back the first pull reached.")
    last_success_at: datetime | None = Field(description="When it was last pulled to its end.")
    reconciled_at: datetime | None = Field(description="When its ids were last compared.")


class Run(Answer):
    """A pull or census of a source."""

    id: int = Field(description="Its number.")
    source: str
    kind: str = Field(description="sync or census.")
    started_at: datetime
    finished_at: datetime | None = Field(description="Null while it is under way.")
    outcome: str = Field(description="done, running, killed, stopped, budget, busy or failed.")
    reason: str | None = Field(description="Why it did not end well.")
    read: int = Field(description="Tickets read.")
    new: int = Field(description="Tickets that were not here before.")
    changed: int = Field(description="Tickets that were here in another version.")
    unchanged: int = Field(description="Tickets that were here as they are.")
    refused: int = Field(description="Records that could not be taken; /sources/runs/{number} tells why.")
    deleted: int = Field(description="Tickets found to be gone.")
    restored: int = Field(description="Tickets that were gone and are back.")
    requests: int = Field(description="Requests sent to the source.")
    retries: int = Field(description="Requests that had to be sent again.")


class Sources(Answer):
    """All sources and their last runs."""

    problems: list[str] = Field(description="Why the service is not ready, if it is not.")
    sources: list[Source]
    runs: list[Run] = Field(description="The 50 newest, the newest first.")


class Refusal(Answer):
    """A record that a run could not take."""

    place: str = Field(description="Its id, or where it stands.")
    reason: str


class Refusals(Answer):
    """What a run could not take."""

    run: int = Field(description="The number of the run.")
    refusals: list[Refusal] = Field(description="The first 1,000.")


class Scopes(Answer):
    """The scopes of which anything is known, by dimension."""

    scopes: dict[str, list[str]]
