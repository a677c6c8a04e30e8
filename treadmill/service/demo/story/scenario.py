"""What happens in the simulated company, as `scenario.toml` tells it."""

import tomllib
from functools import cache
from importlib.resources import files
from typing import Literal

from pydantic import BaseModel, ConfigDict

State = Literal["endless", "broken", "not held", "outage", "seasonal"]
Span = tuple[float, float]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class FamilyPlan(_Part):
    """A planted family. `fix_after` and `outage_after` are shares of the simulated time."""

    id: str
    title: str
    state: State
    kind: str = "incident"
    service: str
    teams: tuple[str, ...]
    gap_days: Span = (0, 0)
    tickets: tuple[int, int]
    work_hours: Span
    effort_hours: Span
    night: bool = False
    fix_after: float | None = None
    outage_after: float | None = None
    fix_titles: tuple[str, str] | None = None
    titles: tuple[str, ...]
    details: tuple[str, ...]
    remedies: tuple[str, ...]


class TroublePlan(_Part):
    """Things and what can be wrong with them; each pair happens at most once."""

    count: int
    service: str
    teams: tuple[str, ...]
    things: tuple[str, ...]
    troubles: tuple[str, ...]


class Phrases(_Part):
    """Sentences that go around a one-off incident."""

    occasions: tuple[str, ...]
    impacts: tuple[str, ...]
    attempts: tuple[str, ...]
    cures: tuple[str, ...]


class RequestPlan(_Part):
    """An item of the service catalogue."""

    count: int
    title: str
    service: str
    teams: tuple[str, ...]
    titles: tuple[str, ...]


class ChangePlan(_Part):
    """Changes of one type and purpose."""

    count: int
    work_class: str
    type: Literal["standard", "normal", "emergency"]
    titles: tuple[str, ...]


class TitlePlan(_Part):
    """Tickets that differ in their titles only."""

    count: int
    work_class: str
    titles: tuple[str, ...]


class IssuePlan(_Part):
    """Jira issues of one type and purpose; each pair happens at most once."""

    count: int
    type: Literal["Bug", "Story", "Improvement", "Task"]
    work_class: str
    things: tuple[str, ...]
    troubles: tuple[str, ...]


class Scenario(_Part):
    """Everything that can happen."""

    families: tuple[FamilyPlan, ...]
    troubles: tuple[TroublePlan, ...]
    phrases: Phrases
    misfiled: tuple[TitlePlan, ...]
    requests: tuple[RequestPlan, ...]
    changes: tuple[ChangePlan, ...]
    problems: TitlePlan
    issues: tuple[IssuePlan, ...]


@cache
def scenario() -> Scenario:
    """The scenario that ships with the package."""
    text = files("treadmill.service.demo.story").joinpath("scenario.toml").read_text(encoding="utf-8")
    return Scenario.model_validate(tomllib.loads(text))
