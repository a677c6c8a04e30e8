"""Parameters of the API."""

import re
from datetime import date
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, Field, ValidationInfo, field_validator

from service.analysis.calendar import Grain
from service.analysis.weeks import DEFAULT_WEEKS, EARLIEST, LATEST, MOST_WEEKS, Weeks
from service.store.queries.scopes import NAMED_DIMENSIONS

ISO_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


def _iso_day(text: str) -> str:
    # pydantic would take a bare number for seconds since 1970.
    if not ISO_DAY.fullmatch(text):
        raise ValueError("a day is written as in 2026-03-31")
    return text


def _within_bounds(day: date) -> date:
    # Their midnights in any zone, as seconds since 1970, stay within what dates and databases can hold.
    if not EARLIEST <= day < LATEST:
        raise ValueError(f"a day lies between {EARLIEST} and {LATEST}")
    return day


Text = str | None
Day = Annotated[date, BeforeValidator(_iso_day), AfterValidator(_within_bounds)]
FIRST = Field(default=None, alias="from", description="The first local day.", examples=["2026-03-02"])
LAST = Field(default=None, description="The last local day.", examples=["2026-05-31"])
GrainName = Annotated[Grain, Field(description="By day, week or month.", examples=["month"])]


class ScopeQuery(BaseModel):
    """The scope of an answer."""

    scope: str = Field(
        default="all",
        description=f"all, or one value of {', '.join(NAMED_DIMENSIONS)}; see /scopes.",
        examples=["team:Network"],
        pattern=f"^(all|({'|'.join(NAMED_DIMENSIONS)}):.+)$",
    )

    def parameters(self) -> dict[str, str]:
        """Return the parameters as a URL holds them."""
        values = self.model_dump(exclude_none=True, by_alias=True)
        return {name: str(value) for name, value in values.items()}


class WeeksQuery(BaseModel):
    """The closed weeks of an answer: the newest 13 by default."""

    count: int = Field(
        default=DEFAULT_WEEKS,
        alias="weeks",
        ge=1,
        le=MOST_WEEKS,
        description="The number of closed weeks.",
        examples=[26],
    )
    until: Day | None = Field(
        default=None,
        description="The period ends with the last closed week that ends on or before this day; by default the newest.",
        examples=["2026-05-31"],
    )

    @property
    def period(self) -> Weeks:
        """The weeks that these parameters name."""
        return Weeks(self.count, self.until)


class ScopeWeeksQuery(ScopeQuery, WeeksQuery):
    """The scope and the closed weeks of an answer."""


class DaysQuery(BaseModel):
    """The days of an answer, the last one included."""

    begin: Day | None = FIRST
    to: Day | None = LAST

    @field_validator("to")
    @classmethod
    def _not_before_begin(cls, last: date | None, info: ValidationInfo) -> date | None:
        begin = info.data.get("begin")
        if begin is not None and last is not None and begin > last:
            raise ValueError(f"to, {last}, must not be before from, {begin}")
        return last


class MetricQuery(ScopeQuery, DaysQuery):
    """The scope, the days and the grain of a metric over time."""

    grain: GrainName = "week"


class ExportQuery(ScopeQuery):
    """The scope of an export; the grain matters for metrics."""

    grain: GrainName = "week"


class PageQuery(BaseModel):
    """A part of a list."""

    limit: int = Field(default=50, ge=1, le=200, description="The maximum number of items.", examples=[20])
    after: Text = Field(
        default=None,
        # No more digits than a 64-bit integer of the database holds, which would refuse them with an error.
        pattern=r"^[0-9]{1,14}-[0-9]{1,17}$",
        description="The `next` of the previous answer.",
        examples=["1780300800-4711"],
    )


class TicketsQuery(ScopeWeeksQuery, PageQuery, DaysQuery):
    """Tickets behind a number: of a metric or loop, of a cycle, or by their ids; by default all that were opened."""

    about: Text = Field(default=None, description="A metric or loop whose tickets to list.", examples=["reopen_rate"])
    cycle: Text = Field(default=None, description="The id of a cycle.", examples=["F39d19414569094"])
    ids: Text = Field(default=None, description="Up to 500 ids, separated by commas.", examples=["10001,10002"])


class ReviewQuery(ScopeQuery, PageQuery):
    """Tickets whose class a person should decide."""

    list_: Literal["doubt", "contradiction"] = Field(
        default="doubt",
        alias="list",
        description="Classes in doubt, or texts that contradict the system's kind.",
        examples=["contradiction"],
    )


class PairsQuery(BaseModel):
    """Likely pairs."""

    limit: int = Field(default=20, ge=1, le=100, description="The most pairs of an answer.", examples=[50])


class CyclesQuery(ScopeWeeksQuery):
    """Cycles, filtered and sorted."""

    sort: Literal["repeats", "cost", "hours", "episodes", "tickets", "last", "gap", "title"] = Field(
        default="repeats",
        description="Those with most repeats, the costliest, busiest, latest or most frequent first.",
        examples=["episodes"],
    )
    state: Text = Field(default=None, description="A state, or endless.", examples=["endless"])
    team: Text = Field(default=None, description="One of its teams.", examples=["Network"])
    service: Text = Field(default=None, description="One of its services.", examples=["Remote Access VPN"])
    source: Text = Field(default=None, description="Its source.", examples=["servicenow"])
    find: Text = Field(default=None, description="A part of its title.", examples=["vpn"])
    page: int = Field(
        default=1, ge=1, le=1_000_000, description="The page; the last one where there are fewer.", examples=[1]
    )
