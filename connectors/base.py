"""The contract between the service and a connector, and the settings that every source has."""

import json
import re
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, ClassVar, Protocol
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, FilePath

from connectors.model import Account, Checkpoint, Count, Instant, Kind, Page, StatusCategory

TWO_YEARS = timedelta(days=731)  # one of two years may be a leap year
# Plain http is for systems on this machine alone: the demo, tests, and a proxy that adds TLS itself.
LOOPBACK = {"localhost", "127.0.0.1", "::1"}
EXAMPLE = "https://example.atlassian.net"
HOST = re.compile(r"[\w.-]+|[\da-f:.]+", re.IGNORECASE)
HOSTED = (".atlassian.net", ".service-now.com")
# First segments of pages and interfaces, which people copy from the address bar.
PAGES = {
    "browse", "secure", "rest", "projects", "issues", "servicedesk", "login", "plugins", "dashboards", "wiki",
    "software", "api", "now", "nav", "sp", "esc",
}  # fmt: skip
PAGE_ENDS = (".do", ".jsp", ".jspa", ".html", ".php")


def _parse_instant(value: object) -> object:
    """Return a date or an ISO 8601 text as an instant; a date alone means its first moment in UTC."""
    if isinstance(value, str):
        try:
            at = datetime.fromisoformat(value.strip())
        except ValueError:
            raise ValueError("must be a date or an ISO 8601 instant, e.g. 2026-03-31") from None
        at = at if at.tzinfo else at.replace(tzinfo=UTC)
        if at > datetime.now(UTC) + timedelta(days=1):
            raise ValueError("must not be in the future: nothing would ever be read")
        return at
    return value


def _check_url(url: str) -> str:
    """Return the URL without a slash at its end. Raise ValueError where requests to it would be wrong or unsafe."""
    url = url.strip()
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise ValueError(f"must be an address like {EXAMPLE}: host or port cannot be read") from None
    if parts.scheme not in ("http", "https") or not host:
        meant = _with_scheme(url)
        remedy = f": write {meant}" if meant else f", e.g. {EXAMPLE}"
        raise ValueError(f"must begin with https:// and name a host{remedy}")
    if parts.username or parts.password:
        raise ValueError("must not contain a user or password: set them as variables of their own")
    if not HOST.fullmatch(host):
        raise ValueError(f"must be an address like {EXAMPLE}: a host has letters, digits, dots and hyphens")
    if parts.scheme == "http" and host not in LOOPBACK:
        raise ValueError("must begin with https://: plain http would send the credentials unencrypted")
    base = f"{parts.scheme}://{parts.netloc}{_base_path(parts.path, host)}"
    if parts.query or parts.fragment or base != url.rstrip("/"):
        raise ValueError(f"must be the base address alone, not that of a page: write {base}")
    return base


def _base_path(path: str, host: str) -> str:
    """Return the part of a path that a system may be installed below, without the page that follows it."""
    if host.endswith(HOSTED):
        return ""
    segments = path.rstrip("/").split("/")
    pages = (place for place, segment in enumerate(segments) if segment in PAGES or segment.endswith(PAGE_ENDS))
    return "/".join(segments[: next(pages, None)])


def _with_scheme(url: str) -> str:
    """Return an address without a scheme, or with a mistyped one, as it is meant; empty where nothing tells."""
    host = re.fullmatch(r"(?:\w+:/{0,2})?([\w-]+(?:\.[\w-]+)+(?::\d+)?)(?:/.*)?", url)
    return f"https://{host[1]}" if host else ""


def parse_object(value: object) -> object:
    """Return a text, as it comes from the environment, as a JSON object. Raise ValueError for anything else."""
    if not isinstance(value, str):
        return value
    try:
        parsed = json.loads(value)
    except json.JSONDecodeError:
        parsed = None
    if isinstance(parsed, dict):
        return parsed
    pair = re.fullmatch(r"[{'\"\s]*([^={}'\":,]+?)['\"\s]*[=:]['\"\s]*([^={}'\":,]+?)['\"}\s]*", value)
    example = json.dumps({pair[1]: pair[2]}, ensure_ascii=False) if pair else '{"name in the source": "value"}'
    # A shell takes double quotes away, unless single ones stand around them.
    raise ValueError(f"must be a JSON object with double quotes, e.g. {example}; in a shell, put it in single quotes")


def _check_level(value: object) -> object:
    if not re.fullmatch("[1-5]", str(value)):
        raise ValueError("must be a whole number from 1 (most urgent) to 5")
    return value


BaseUrl = Annotated[str, AfterValidator(_check_url)]
StatusMap = Annotated[dict[str, StatusCategory], BeforeValidator(parse_object)]
KindMap = Annotated[dict[str, Kind], BeforeValidator(parse_object)]
PriorityMap = Annotated[dict[str, Annotated[int, BeforeValidator(_check_level)]], BeforeValidator(parse_object)]


class SourceSettings(BaseModel):
    """Settings of every source, whatever its connector. Field names are variable names in lower case."""

    # An unknown field is a mistyped variable; a validation error must not quote its input, which may be a secret.
    # Built when the first source is read: a list of the settings needs no validators.
    model_config = ConfigDict(
        frozen=True, extra="forbid", populate_by_name=True, hide_input_in_errors=True, defer_build=True
    )

    since: Annotated[Instant, BeforeValidator(_parse_instant)] = Field(
        default_factory=lambda: datetime.now(UTC).replace(microsecond=0) - TWO_YEARS,
        description="Start of the first pull: a date or an ISO 8601 instant. Default: 2 years ago.",
    )
    overlap: timedelta = Field(
        default=timedelta(minutes=10),
        ge=timedelta(0),
        description="How far before the checkpoint each pull re-reads, as an ISO 8601 duration: systems index late.",
    )
    run_limit: timedelta = Field(
        default=timedelta(hours=6),
        gt=timedelta(0),
        description="Maximum duration of a run, as an ISO 8601 duration; the next run continues where it ended.",
    )
    status_map: StatusMap = Field(
        default={},
        description='Status category by status as JSON, e.g. {"With vendor": "waiting"}; precedes all other knowledge.',
    )
    kind_map: KindMap = Field(
        default={}, description='Kind by type as JSON, e.g. {"Fault": "incident"}; precedes all other knowledge.'
    )
    priority_map: PriorityMap = Field(
        default={},
        description='Level by priority as JSON, 1 (most urgent) to 5, e.g. {"Gold": 1}; precedes all other knowledge.',
    )


class HttpSettings(SourceSettings):
    """Settings of every source that is read over HTTP."""

    url: BaseUrl = Field(description="Base address of the system, including its context path.")
    concurrency: int = Field(default=4, ge=1, le=16, description="Maximum number of requests at the same time.")
    requests_per_second: float | None = Field(default=None, gt=0, description="Maximum number of requests per second.")
    request_budget: int | None = Field(
        default=None, ge=1, description="Maximum number of requests per run; the next run continues where it ended."
    )
    timeout: float = Field(
        default=75,
        gt=0,
        description="Seconds to wait for an answer to go on before retrying. A whole answer may take twice as long, "
        "and one request with all its retries four times as long, at least 5 minutes.",
    )
    answer_limit: int = Field(default=64, ge=1, le=1024, description="Maximum size of an answer in MiB, unpacked.")
    ca_bundle: FilePath | None = Field(default=None, description="PEM file of the certificate authorities to trust.")


@dataclass(frozen=True, slots=True)
class Context:
    """Everything that a connector gets besides its settings.

    `person_names`: return people by name; otherwise by a stable id, and names need not be read at all.
    `attempts`: how often a request is sent before a transient failure ends the run; fewer where a person waits.
    `now` is the clock, `transport` carries the requests; tests replace both.
    """

    source: str
    person_names: bool = False
    attempts: int = 8
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    # An httpx.AsyncBaseTransport; unnamed, since a list of the settings and a source of files do without httpx.
    transport: Any = None


@dataclass(slots=True)
class Usage:
    """Requests that a connector has sent so far."""

    requests: int = 0
    retries: int = 0


class Connector(Protocol):
    """A client of one system's API. One instance serves one run and is closed after it.

    Every method raises `connectors.errors.ConnectorError` and nothing else when the system fails;
    a record that cannot be mapped is reported as `Refusal` in its page.
    """

    name: ClassVar[str]
    Settings: ClassVar[type[SourceSettings]]
    usage: Usage

    def __init__(self, settings: Any, context: Context) -> None: ...

    async def check(self) -> Account:
        """Prove the credentials; return the account, the tickets it can see and the rights it lacks."""
        ...

    def pages(self, checkpoint: Checkpoint | None) -> AsyncIterator[Page]:
        """Yield all tickets updated since the checkpoint minus the overlap; without one, since `settings.since`."""
        ...

    def ids(self) -> AsyncIterator[Sequence[str]]:
        """Yield the ids of all existing tickets updated since `settings.since`, in batches, in any order."""
        ...

    def tickets(self, ids: Sequence[str]) -> AsyncIterator[Page]:
        """Yield the tickets with these ids, as far as they exist; the checkpoints of these pages have no meaning."""
        ...

    async def count(self) -> Count | None:
        """Return the system's own count since `settings.since`, hidden tickets included; None where it has none."""
        ...

    async def aclose(self) -> None:
        """Close all connections."""
        ...
