"""What happens in a simulated company, as the files in `scenarios` tell it."""

import tomllib
from functools import cache
from importlib.resources import files
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

State = Literal[
    "endless", "accelerating", "slowing", "broken", "not held", "too early", "unclear", "outage", "seasonal"
]
Verdict = Literal["inconclusive", "endless_cycles", "breaking_out", "under_control", "unclear"]
Span = tuple[float, float]
Json = dict[str, Any]

COMPANY = "company"
YEAR = 364
PLANS = ("troubles", "misfiled", "requests", "changes", "issues")
_FOLDER = files(__package__).joinpath("scenarios")


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Wording(_Part):
    """What is written in tickets of one family, in one language."""

    titles: tuple[str, ...]
    details: tuple[str, ...]
    remedies: tuple[str, ...]


class FamilyPlan(Wording):
    """A planted family. `fix_after` and `outage_after` are shares of the simulated time.

    By its end the gaps are `gaps_grow` times as long, and the efforts `efforts_grow` times as large. A seasonal
    wave lasts `wave_hours` business hours. `fix_linked` is what tickets name as their fix. `translations` are
    wordings in other languages, used as often each.
    """

    id: str
    title: str
    state: State
    kind: str = "incident"
    service: str
    teams: tuple[str, ...]
    gap_days: Span = (0, 0)
    gaps_grow: float = 1
    tickets: tuple[int, int]
    work_hours: Span
    effort_hours: Span
    efforts_grow: float = 1
    wave_hours: float = 28
    night: bool = False
    fix_after: float | None = None
    outage_after: float | None = None
    fix_titles: tuple[str, str] | None = None
    fix_linked: Literal["problem", "change"] = "problem"
    translations: tuple[Wording, ...] = ()


class Phrases(_Part):
    """Sentences that go around a one-off incident, and how they are put together."""

    titles: tuple[str, ...]
    detail: str
    occasions: tuple[str, ...]
    impacts: tuple[str, ...]
    attempts: tuple[str, ...]
    cures: tuple[str, ...]


class TroublePlan(_Part):
    """Things and what can be wrong with them; each pair happens at most once. `phrases`: where it has its own."""

    count: int
    service: str
    teams: tuple[str, ...]
    things: tuple[str, ...]
    troubles: tuple[str, ...]
    phrases: Phrases | None = None


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
    """Everything that can happen in one company, and the verdict that must come of it with the reason.

    `logged` is the least share of tickets whose work is logged, `lingering` that of one-off incidents that take weeks;
    where it is `even`, the daily work is spread over the time instead of left to chance. `slips` is the share of
    mistyped words.
    Behind `reorganised_after`, a share of the time, new tickets name new teams. Without `history` the ServiceNow keeps
    no audit.
    """

    story: str
    verdict: Verdict
    because: str
    days: int
    logged: float = 0
    lingering: float = 0.05
    even: bool = False
    slips: float = 0
    reorganised_after: float | None = None
    history: bool = True
    families: tuple[FamilyPlan, ...]
    troubles: tuple[TroublePlan, ...]
    phrases: Phrases
    misfiled: tuple[TitlePlan, ...]
    requests: tuple[RequestPlan, ...]
    changes: tuple[ChangePlan, ...]
    problems: TitlePlan
    issues: tuple[IssuePlan, ...]


def names() -> tuple[str, ...]:
    """The names of all scenarios, the demo's own first."""
    found = {file.name.removesuffix(".toml") for file in _FOLDER.iterdir() if file.name.endswith(".toml")}
    return (COMPANY, *sorted(found - {COMPANY}))


@cache
def scenario(name: str = COMPANY) -> Scenario:
    """The scenario of this name. Raises ValueError for an unknown one."""
    if name not in names():
        raise ValueError(f"There is no scenario '{name}'. There are: {', '.join(names())}")
    told = _told(name)
    return Scenario.model_validate(told if name == COMPANY else _small(told, _told(COMPANY)))


def _told(name: str) -> Json:
    return tomllib.loads(_FOLDER.joinpath(f"{name}.toml").read_text(encoding="utf-8"))


def _small(told: Json, company: Json) -> Json:
    """A company of its own in the words of the demo's: families `like` others, and shares of its background.

    All work is logged, nothing lingers, no week is busy by chance: what is true of it must not hang on luck.
    """
    shares, usual = told.pop("background"), told.pop("usual", {})
    known = {family["id"]: family for family in company["families"]}
    parts = {name: [*_scaled(company[name], shares.get(name, 0)), *told.pop(name, [])] for name in PLANS}
    families = [known[family.pop("like")] | usual | family for family in told.pop("families")]
    problems = company["problems"] | {"count": 0}
    common = {
        "days": YEAR,
        "logged": 1,
        "lingering": 0,
        "even": True,
        "phrases": company["phrases"],
        "problems": problems,
    }
    return {**common, **parts, "families": families, **told}


def _scaled(plans: list[Json], share: float) -> list[Json]:
    """So much of these plans, without emergencies: reactive work in few wordings would be families by accident."""
    return [{**plan, "count": round(plan["count"] * share)} for plan in plans if plan.get("type") != "emergency"]
