"""What the API can be asked for."""

import re
from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, Field

from service.analysis.weeks import DEFAULT_WEEKS, EARLIEST, LATEST, MOST_WEEKS, Weeks
from service.store.queries.scopes import NAMED_DIMENSIONS

ISO_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


def _written_as_day(text: str) -> str:
    """The text, where it is written as a day is: a bare number would be taken for seconds since 1970."""
    if not ISO_DAY.fullmatch(text):
        raise ValueError("a day is written as in 2026-03-31")
    return text


Text = str | None
Day = Annotated[date, BeforeValidator(_written_as_day)]
FIRST = Field(default=None, alias="from", description="The first local day.", examples=["2026-03-02"])
LAST = Field(default=None, description="The last local day.", examples=["2026-05-31"])


class OfScope(BaseModel):
    """What of the tickets."""

    scope: str = Field(
        default="all",
        description=f"all, or one value of {', '.join(NAMED_DIMENSIONS)}; see /scopes.",
        examples=["team:Network"],
        pattern=f"^(all|({'|'.join(NAMED_DIMENSIONS)}):.+)$",
    )

    def told(self) -> dict[str, str]:
        """What was said, as it stands in a URL."""
        known = self.model_dump(exclude_none=True, by_alias=True)
        return {name: str(value) for name, value in known.items()}


class InWeeks(BaseModel):
    """Over which closed weeks: the newest 13, unless something else is said."""

    count: int = Field(
        default=DEFAULT_WEEKS, alias="weeks", ge=1, le=MOST_WEEKS, description="How many closed weeks.", examples=[26]
    )
    until: Day | None = Field(
        default=None,
        description=(
            "The last week ended on or before this day; the newest closed one where nothing is said. "
            f"A day before {EARLIEST} counts as that day."
        ),
        examples=["2026-05-31"],
    )

    @property
    def period(self) -> Weeks:
        """The weeks that are asked for."""
        return Weeks(self.count, None if self.until is None else min(max(self.until, EARLIEST), LATEST))


class OfWeeks(OfScope, InWeeks):
    """What of the tickets, over which closed weeks."""


class OfPeriods(OfScope):
    """Of which days, by day, week or month."""

    begin: Day | None = FIRST
    to: Day | None = LAST
    grain: Literal["day", "week", "month"] = Field(
        default="week", description="By day, week or month.", examples=["month"]
    )


class OfExport(OfScope):
    """By day, week or month, where metrics are exported."""

    grain: Literal["day", "week", "month"] = Field(
        default="week", description="By day, week or month.", examples=["month"]
    )


class Onward(BaseModel):
    """Some at a time."""

    limit: int = Field(default=50, ge=1, le=200, description="How many at most.", examples=[20])
    after: Text = Field(
        default=None,
        pattern=r"^[0-9]{1,14}-[0-9]{1,17}$",
        description="The next of the answer before.",
        examples=["1780300800-4711"],
    )


class OfTickets(OfWeeks, Onward):
    """The tickets behind a number: of a metric or loop, of a cycle, or by their ids; all that were opened else."""

    about: Text = Field(default=None, description="A metric or loop whose tickets these are.", examples=["reopen_rate"])
    cycle: Text = Field(default=None, description="The id of a cycle.", examples=["F39d19414569094"])
    ids: Text = Field(default=None, description="Ids, up to 500, with commas between them.", examples=["10001,10002"])
    begin: Day | None = FIRST
    to: Day | None = LAST


class OfReview(OfScope, Onward):
    """What a person should look at."""

    list_: Literal["doubt", "contradiction"] = Field(
        default="doubt",
        alias="list",
        description="Classes in doubt, or texts that contradict the system's kind.",
        examples=["contradiction"],
    )


class OfCycles(OfWeeks):
    """Cycles, filtered and sorted."""

    sort: Literal["cost", "hours", "episodes", "tickets", "last", "gap", "title"] = Field(
        default="cost", description="The costliest, busiest, latest or most frequent first.", examples=["episodes"]
    )
    state: Text = Field(default=None, description="A state, or endless.", examples=["endless"])
    team: Text = Field(default=None, description="One of its teams.", examples=["Network"])
    service: Text = Field(default=None, description="One of its services.", examples=["Remote Access VPN"])
    source: Text = Field(default=None, description="Its source.", examples=["servicenow"])
    find: Text = Field(default=None, description="What its title contains.", examples=["vpn"])
    page: int = Field(
        default=1, ge=1, le=1_000_000, description="Which page; the last one where there are fewer.", examples=[1]
    )
