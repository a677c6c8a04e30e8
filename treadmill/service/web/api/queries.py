"""What the API can be asked for."""

from datetime import date
from typing import Literal

from pydantic import BaseModel, Field

from treadmill.service.store.scopes import NAMED

Text = str | None


class OfScope(BaseModel):
    """What of the tickets."""

    scope: str = Field(
        default="all",
        description="all, or e.g. team:Network, source:emea, service:VPN.",
        examples=["all"],
        pattern=f"^(all|({'|'.join(NAMED)}):.+)$",
    )

    def told(self) -> dict[str, str]:
        """What was said, as it stands in a URL."""
        known = self.model_dump(exclude_none=True, by_alias=True)
        return {name: str(value) for name, value in known.items()}


class OfDays(OfScope):
    """Of which days."""

    begin: date | None = Field(default=None, alias="from", description="The first day.", examples=["2026-01-01"])
    to: date | None = Field(default=None, description="The last day.", examples=["2026-03-31"])


class OfPeriods(OfDays):
    """By day, week or month."""

    grain: Literal["day", "week", "month"] = "week"


class OfExport(OfScope):
    """By day, week or month, where metrics are exported."""

    grain: Literal["day", "week", "month"] = "week"


class Onward(OfScope):
    """Some at a time."""

    limit: int = Field(default=50, ge=1, le=200, description="How many at most.")
    after: Text = Field(default=None, pattern=r"^[0-9]{1,14}-[0-9]{1,17}$", description="`next` of the answer before.")


class OfTickets(Onward):
    """The tickets behind a number."""

    about: Text = Field(default=None, description="A metric or loop whose tickets these are.", examples=["reopen_rate"])
    cycle: Text = Field(default=None, description="The id of a cycle.")
    begin: date | None = Field(default=None, alias="from", description="The first day.", examples=["2026-01-01"])
    to: date | None = Field(default=None, description="The last day.", examples=["2026-03-31"])


class OfReview(Onward):
    """What a person should look at."""

    list_: Literal["doubt", "contradiction"] = Field(default="doubt", alias="list")


class OfCycles(OfScope):
    """Cycles, filtered and sorted."""

    sort: Literal["cost", "hours", "episodes", "tickets", "last", "gap", "title"] = "cost"
    state: Text = Field(default=None, description="A state, or endless.", examples=["endless"])
    team: Text = None
    service: Text = None
    source: Text = None
    find: Text = Field(default=None, description="What the title contains.")
    page: int = Field(default=1, ge=1, le=1_000_000, description="Which page; the last one where there are fewer.")
