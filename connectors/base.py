"""The contract between the service and a connector, and the settings that every source has."""

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, ClassVar, Protocol
from urllib.parse import urlsplit

import httpx
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, FilePath

from connectors.model import Account, Checkpoint, Count, Instant, Page

TWO_YEARS = timedelta(days=731)
LOOPBACK = {"localhost", "127.0.0.1", "::1"}


def _as_instant(value: object) -> object:
    """A date alone means its first moment in UTC."""
    if isinstance(value, str):
        at = datetime.fromisoformat(value.strip())
        return at if at.tzinfo else at.replace(tzinfo=UTC)
    return value


def _without_credentials(url: str) -> str:
    parts = urlsplit(url.strip())
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("must begin with https:// and name a host, e.g. https://example.atlassian.net")
    if parts.username or parts.password:
        raise ValueError("must not hold a user or password: set them in variables of their own")
    if parts.query or parts.fragment:
        raise ValueError("must be the base address alone, without ? and #")
    if parts.scheme == "http" and parts.hostname not in LOOPBACK:
        raise ValueError("must begin with https://: over plain http the credentials would be sent readable")
    return url.strip().rstrip("/")


BaseUrl = Annotated[str, AfterValidator(_without_credentials)]


class SourceSettings(BaseModel):
    """What every source can be told, whatever its connector. Field names are variable names in lower case."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True, hide_input_in_errors=True)

    since: Annotated[Instant, BeforeValidator(_as_instant)] = Field(
        default_factory=lambda: datetime.now(UTC).replace(microsecond=0) - TWO_YEARS,
        description="How far the first pull reaches back: a date or an ISO 8601 instant. Default: 2 years.",
    )
    overlap: timedelta = Field(
        default=timedelta(minutes=10),
        ge=timedelta(0),
        description="How far each pull reads again behind its checkpoint, as ISO 8601 duration. Systems index late.",
    )


class HttpSettings(SourceSettings):
    """What a source that is reached over HTTP can be told besides."""

    url: BaseUrl = Field(description="Base address of the system, with its context path if it has one.")
    concurrency: int = Field(default=4, ge=1, le=16, description="Requests under way at the same time.")
    requests_per_second: float | None = Field(default=None, gt=0, description="Upper limit of requests a second.")
    request_budget: int | None = Field(
        default=None, ge=1, description="Requests that one run may use; the next run goes on where it ended."
    )
    timeout: float = Field(default=75, gt=0, description="Seconds to wait for an answer before asking again.")
    ca_bundle: FilePath | None = Field(default=None, description="PEM file of authorities to trust.")


@dataclass(frozen=True, slots=True)
class Context:
    """What a connector is given besides its settings.

    `person_names`: whether people are to be named; else a connector gives stable ids and need not read names.
    `attempts`: how often a request that fails in passing is sent; a person who waits has less patience.
    `now`: the clock, and `transport`: what carries the requests, are set by tests.
    """

    source: str
    person_names: bool = False
    attempts: int = 8
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    transport: httpx.AsyncBaseTransport | None = None


@dataclass(slots=True)
class Usage:
    """What a connector has asked of its system so far."""

    requests: int = 0
    retries: int = 0


class Connector(Protocol):
    """Speaks one system's API. One instance serves one run and is closed after it.

    Every method raises `connectors.errors.ConnectorError` and nothing else for what the system
    does; what a record does wrong is reported as `Refusal` in its page.
    """

    name: ClassVar[str]
    Settings: ClassVar[type[SourceSettings]]
    usage: Usage

    def __init__(self, settings: Any, context: Context) -> None: ...

    async def check(self) -> Account:
        """Who am I, in which time zone, what can I see, what is missing. Proves the credentials."""
        ...

    def pages(self, checkpoint: Checkpoint | None) -> AsyncIterator[Page]:
        """All tickets updated since the checkpoint less the overlap; since `settings.since` where there is none."""
        ...

    def ids(self) -> AsyncIterator[Sequence[str]]:
        """The ids of all tickets that exist now and were updated since `settings.since`, in batches, any order."""
        ...

    def tickets(self, ids: Sequence[str]) -> AsyncIterator[Page]:
        """The tickets with these ids as far as they exist; the pages' checkpoints mean nothing."""
        ...

    async def count(self) -> Count | None:
        """How many tickets the system counts since `settings.since`, invisible ones included; None: it cannot tell."""
        ...

    async def aclose(self) -> None:
        """Frees connections."""
        ...
