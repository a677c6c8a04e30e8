"""Scenarios: the plans of simulated companies, read from the files in `scenarios`."""

import tomllib
from functools import cache
from importlib.resources import files
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

State = Literal[
    "endless", "accelerating", "slowing", "chronic", "rare", "passing", "fixed late", "broken", "not held", "too early",
    "unclear", "outage", "seasonal",
]  # fmt: skip
Verdict = Literal["inconclusive", "endless_cycles", "breaking_out", "recurring", "under_control", "unclear"]
Span = tuple[float, float]
Json = dict[str, Any]

COMPANY = "company"
YEAR = 364
PLANS = ("troubles", "misfiled", "requests", "changes", "issues")
_FOLDER = files(__package__).joinpath("scenarios")


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Wording(_Part):
    """The wordings of one family's tickets in one language."""

    titles: tuple[str, ...]
    details: tuple[str, ...]
    remedies: tuple[str, ...]


class FamilyPlan(Wording):
    """A planted family. `fix_after`, `outage_after`, `grows` and `lives` are shares of the simulated time.

    It lives from the first to the second share of `lives`. From the first to the second of `grows` its gaps grow to
    `gaps_grow` times their length. A seasonal wave lasts `wave_hours` business hours, an outage `outage_days` days, 0
    for some hours of one. `fix_linked` is the kind of ticket that others name as their fix. `translations` are wordings
    in other languages, each used as often as the first. `by_app`: an app resolves its tickets once the work is done.
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
    grows: Span = (0, 1)
    lives: Span = (0, 1)
    work_hours: Span
    effort_hours: Span
    wave_hours: float = 9
    night: bool = False
    by_app: bool = False
    fix_after: float | None = None
    outage_after: float | None = None
    outage_days: int = 0
    fix_titles: tuple[str, str] | None = None
    fix_linked: Literal["problem", "change"] = "problem"
    translations: tuple[Wording, ...] = ()


class Phrases(_Part):
    """Sentences around a one-off incident, and the frame that joins them."""

    titles: tuple[str, ...]
    detail: str
    occasions: tuple[str, ...]
    impacts: tuple[str, ...]
    attempts: tuple[str, ...]
    cures: tuple[str, ...]


class TroublePlan(_Part):
    """Things and their troubles; each pair happens at most once. `phrases` replace those of the scenario."""

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
    """The plan of one company, and the expected verdict with its reason.

    `logged` is the least share of tickets whose work is logged, `lingering` that of one-off incidents that take weeks,
    `slips` that of mistyped words, `duplicates` that of one-off incidents and bugs that a second person reports too,
    whose ticket is closed as a duplicate. With `even` the daily work is spread over the time instead of left to
    chance. From `reorganised_after` on, a share of the time, new tickets name new teams. Without `history` the
    ServiceNow keeps no audit.
    """

    story: str
    verdict: Verdict
    because: str
    days: int
    logged: float = 0
    lingering: float = 0.05
    even: bool = False
    slips: float = 0
    duplicates: float = 0.1
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
    """Return the names of all scenarios, that of the demo first."""
    every = {file.name.removesuffix(".toml") for file in _FOLDER.iterdir() if file.name.endswith(".toml")}
    return (COMPANY, *sorted(every - {COMPANY}))


@cache
def scenario(name: str = COMPANY) -> Scenario:
    """Return the scenario of a name. Raises ValueError for an unknown one."""
    if name not in names():
        raise ValueError(f"There is no scenario '{name}'. There are: {', '.join(names())}")
    plan = _read(name)
    return Scenario.model_validate(plan if name == COMPANY else _small(plan, _read(COMPANY)))


def _read(name: str) -> Json:
    return tomllib.loads(_FOLDER.joinpath(f"{name}.toml").read_text(encoding="utf-8"))


def _small(plan: Json, company: Json) -> Json:
    """Return the plan of a small company: families `like` those of the demo, and shares of its background."""
    shares, common_plan = plan.pop("background"), plan.pop("usual", {})
    templates = {family["id"]: family for family in company["families"]}
    parts = {name: [*_scaled(company[name], shares.get(name, 0)), *plan.pop(name, [])] for name in PLANS}
    families = [templates[family.pop("like")] | common_plan | family for family in plan.pop("families")]
    problems = company["problems"] | {"count": 0}
    # All work is logged, nothing lingers, no week is busy by chance: the truth must not depend on luck.
    common = {
        "days": YEAR,
        "logged": 1,
        "lingering": 0,
        "even": True,
        "phrases": company["phrases"],
        "problems": problems,
    }
    return {**common, **parts, "families": families, **plan}


def _scaled(plans: list[Json], share: float) -> list[Json]:
    """Return a share of these plans, without emergency changes."""
    # Emergency changes are reactive work in few wordings: in a small company they would be families by accident.
    return [{**plan, "count": round(plan["count"] * share)} for plan in plans if plan.get("type") != "emergency"]
