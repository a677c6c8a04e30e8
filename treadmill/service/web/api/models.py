"""What the API answers."""

from datetime import date, datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field


class Answer(BaseModel):
    """Part of an answer: nothing is in it that its description does not name."""

    model_config = ConfigDict(extra="forbid")


class Problem(BaseModel):
    """What is wrong with a request, or a list of it."""

    detail: str | list[dict[str, Any]] = Field(examples=["No ticket belongs to the scope team:Nobody."])


class Period(Answer):
    """From an instant up to, and without, another."""

    from_: datetime = Field(alias="from")
    to: datetime


class Verdict(Answer):
    """Whether support runs in endless cycles, and what that rests on."""

    state: Literal["inconclusive", "endless_cycles", "breaking_out", "under_control", "unclear"]
    sentence: str
    why: list[str]
    drivers: list[dict[str, Any]]
    missing: list[str]


class Trend(Answer):
    """Where the weekly values of a metric go, over the last 26 closed weeks."""

    direction: Literal["rising", "falling", "flat"]
    slope_per_week: float
    low: float | None
    high: float | None
    p: float
    weeks: int
    corrected: bool


class ChangePoint(Answer):
    """A change of level in the weekly values: the first week of the new one, and the medians before and after."""

    week: date
    before: float
    after: float
    p: float


class Metric(Answer):
    """A metric over the 13 closed weeks of the report; `why_not` where it could not be measured."""

    id: str = Field(examples=["repeat_hours_share"])
    value: float | None
    low: float | None
    high: float | None
    n: int
    unit: str
    measurable: bool
    why_not: str | None
    note: str | None
    trend: Trend | None
    change_point: ChangePoint | None


class Metrics(Answer):
    """All metrics of a scope."""

    as_of: datetime
    scope: str = Field(examples=["all"])
    period: Period
    metrics: list[Metric]


class VerdictOfScope(Answer):
    """The verdict on a scope with the four answers and the findings."""

    as_of: datetime
    scope: str
    period: Period
    verdict: Verdict
    questions: list[dict[str, Any]]
    findings: list[dict[str, Any]]


class Point(Answer):
    """A day, week or month of a metric: from the local day `first` up to, and without, `until`."""

    first: date
    until: date
    finished: bool
    value: float | None
    low: float | None
    high: float | None
    n: int
    why_not: str | None
    published: float | None = Field(description="What was published at first, where it was restated since.")


class Series(Answer):
    """A metric over time."""

    metric: str
    unit: str
    scope: str
    grain: Literal["day", "week", "month"]
    points: list[Point]


class Fix(Answer):
    """A fix of a cycle and what became of it."""

    ticket: str
    at: datetime
    outcome: Literal["held", "did not hold", "too early", "unclear"]
    title: str
    episodes_before: int
    episodes_after: int
    ratio: float | None
    low: float | None
    high: float | None
    hours_put_in: float
    hours_avoided: float


class Cycle(Answer):
    """A problem that keeps coming back."""

    id: str = Field(examples=["Fc81cbe0310"])
    title: str
    state: Literal["accelerating", "slowing", "steady", "broken", "quiet"]
    endless: bool
    episodes: int
    tickets: int
    first_seen: datetime
    last_seen: datetime
    median_gap_days: float | None
    hours: float
    hours_logged_share: float | None
    repeat_hours_in_period: float
    money: float | None
    teams: list[str]
    people: int
    absence_factor: int | None
    fixes: list[Fix]
    source: str | None
    services: list[str]


class Cycles(Answer):
    """A page of cycles."""

    as_of: datetime
    scope: str
    total: int
    page: int
    pages: int
    cycles: list[Cycle]


class Episode(Answer):
    """A burst of a cycle; `end` is empty while it is under way."""

    number: int
    begin: datetime
    end: datetime | None
    tickets: int
    hours: float


class OneCycle(Answer):
    """A cycle with its episodes, the latest first, and what was written as its resolution."""

    cycle: Cycle
    episodes: list[Episode]
    resolutions: list[tuple[str, int]]


class Ticket(Answer):
    """A ticket as it was analysed."""

    source: str
    id: str
    key: str
    url: str | None
    title: str
    kind: str
    nature: Literal["reactive", "proactive"]
    work_class: str
    confidence: float
    decided_by: str
    own_nature: str | None
    contradicts: bool
    team: str | None
    service: str | None
    priority: str | None
    status: str
    status_category: str
    opened_at: datetime
    resolved_at: datetime | None
    reopens: int | None
    handoffs: int | None
    pingpong_strict: int | None
    stall_loops: int | None
    hours: float
    hours_are: Literal["logged", "estimated"]
    family: str | None


class Tickets(Answer):
    """Some tickets, the latest opened first; `next` goes on behind them where there are more."""

    tickets: list[Ticket]
    next: str | None = Field(description="To be sent as `after`.")


class Loop(Answer):
    """A loop inside the tickets resolved in the period."""

    tickets: int
    n: int
    share: float | None
    hours: float
    ticket_ids: list[str]


class Flow(Answer):
    """How often one team handed over to another."""

    from_: str = Field(alias="from")
    to: str
    handoffs: int


class Loops(Answer):
    """Reopened, ping-pong and stalled tickets, and the handoffs between teams."""

    as_of: datetime
    scope: str
    period: Period
    reopened: Loop
    pingpong: Loop
    stalled: Loop
    flows: list[Flow]


class Share(Answer):
    """A share with its 95 % interval and denominator."""

    value: float
    low: float
    high: float
    n: int


class Team(Answer):
    """The volume of a team beside its outcome."""

    name: str
    closed: int
    hours: float
    logged: float | None
    stayed: Share | None
    pingpong: Share | None
    repeats: Share | None
    repeat_hours: float
    cycles_broken: int


class Service(Answer):
    """On how few people a service rests; nobody is named."""

    name: str
    resolved: int
    absence_factor: int
    people: int
    one: Share | None
    shares: list[float]


class Groups(Answer):
    """Teams and services of a scope."""

    as_of: datetime
    scope: str
    period: Period
    teams: list[Team]
    services: list[Service]


class Source(Answer):
    """A source as it stands; `complete` is empty where its ids were never compared."""

    name: str
    connector: str
    tickets: int
    deleted: int
    complete: bool | None
    gaps: list[dict[str, Any]]
    reach: datetime
    last_success_at: datetime | None
    reconciled_at: datetime | None


class Run(Answer):
    """A pull or census."""

    id: int
    source: str
    kind: str
    started_at: datetime
    finished_at: datetime | None
    outcome: str
    reason: str | None
    read: int
    new: int
    changed: int
    unchanged: int
    refused: int
    deleted: int
    restored: int
    requests: int
    retries: int


class Sources(Answer):
    """All sources and their last runs."""

    sources: list[Source]
    runs: list[Run]


class Definition(Answer):
    """What a metric means."""

    id: str
    unit: str
    better: Literal["lower", "higher"] | None
    meaning: str


class Definitions(Answer):
    """What the metrics mean."""

    metrics: list[Definition]


class Scopes(Answer):
    """The scopes of which anything is known, by dimension."""

    scopes: dict[str, list[str]]
