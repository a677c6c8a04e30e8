"""Links from the numbers of answers, drivers and findings to the tickets or cycles that they count."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from service.analysis.answer import Number
from service.analysis.drivers import Driver
from service.analysis.findings import Finding
from service.analysis.formatting import count
from service.report.sections.cycles import CycleFix, ListedCycle
from service.store.queries.metric_filters import DENOMINATORS, FILTERS, NOT_A_COUNT
from service.store.queries.statistics import MAX_NAMED
from service.web.selection import View

Links = tuple[str | None, str | None]
"""URLs of (the number, its denominator)."""

TEAM_NUMBERS = {
    "closed": ("resolved", "resolved"), "closed_and_stayed": ("stayed", "first"), "hours": ("opened", "resolved"),
    "repeat_hours": ("repeat_hours_share", "repeat_share"),
}  # fmt: skip
FIX_NUMBER = re.compile(r"fix .+ of (F[0-9a-f]+): ")


@dataclass(frozen=True, slots=True)
class FindingLinks:
    """The links of a finding: its cycle, and its tickets with how many they are."""

    cycle: str | None = None
    tickets: str | None = None
    label: str = ""


def number_links(view: View, number: Number) -> Links:
    """Return the links of one number behind an answer; see `Number` for what it is of."""
    metric, of = number.metric, number.of
    fix, (dimension, _, name) = FIX_NUMBER.match(of), of.partition(" ")
    if fix is not None:
        page = view.link(f"/cycles/{fix[1]}") + "#fixes"
        return page, page if metric == "hours_avoided" else None
    if metric == "teams_per_cycle":
        return view.link("/cycles"), view.link("/cycles")
    if metric in ("fix_hold_rate", "net_hold"):
        return view.link("/cycles", fix="held"), None
    if metric == "cycles_broken":
        return (view.link("/cycles", broken_by=name),) * 2
    if metric in TEAM_NUMBERS:
        about, base = TEAM_NUMBERS[metric]
        scope = f"{dimension}:{name}"
        return view.link("/tickets", about=about, scope=scope), view.link("/tickets", about=base, scope=scope)
    return metric_links(view, metric, str(view.scope) if of == str(view.scope) else f"{dimension}:{name}")


def metric_links(view: View, metric: str, scope: str) -> Links:
    """Return the links of a metric of a scope; None for a number or denominator that counts no tickets."""
    base = DENOMINATORS.get(metric)
    is_listed = metric in FILTERS.keys() - NOT_A_COUNT
    number = view.link("/tickets", about=metric, scope=scope) if is_listed else None
    return number, view.link("/tickets", about=base, scope=scope) if base else None


def driver_link(view: View, driver: Driver, weeks: int) -> str:
    """Return the link to the tickets of a driver in the weeks of its verdict, which may be more than the page shows."""
    period = {} if weeks == view.period.count else {"weeks": str(weeks)}
    if driver.kind == "cycle":
        return view.link("/tickets", about="repeat_share", cycle=driver.id, **period)
    if driver.kind == "team":
        return view.link("/tickets", about="repeat_share", **{"scope": f"team:{driver.id}", **period})
    return view.link("/tickets", about=driver.id, **period)


def finding_links(view: View, finding: Finding, cycles: Sequence[ListedCycle]) -> FindingLinks:
    """Return the links of a finding; `cycles` are those among which the cycle of a fix is looked up."""
    kind, about, n = finding.kind, finding.about, finding.n
    if kind == "new_endless_cycle":
        return FindingLinks(view.link(f"/cycles/{about}"), view.link("/tickets", cycle=about), count(n, "ticket"))
    if kind == "fix_did_not_hold":
        return _fix_links(view, finding, cycles)
    part = count(round(finding.value * n), "ticket")
    if kind == "misfiled":
        return FindingLinks(tickets=view.link("/tickets", about="misfiled_share"), label=part)
    if kind == "pingpong":
        pingpong = view.link("/tickets", about="pingpong_rate_strict", scope=f"team:{about}")
        return FindingLinks(tickets=pingpong, label=part)
    # Of one person: all tickets of the service, since no page lists what a single person did.
    resolved = view.link("/tickets", about="absence_factor", scope=f"service:{about}")
    return FindingLinks(tickets=resolved, label=count(n, "ticket"))


def _fix_links(view: View, finding: Finding, cycles: Sequence[ListedCycle]) -> FindingLinks:
    """Return the links to the cycle of a fix that did not hold, and to the latest tickets that came after it."""
    cycle = next((cycle.id for cycle in cycles if any(_is_fix(fix, finding) for fix in cycle.fixes)), None)
    ids = finding.ids
    # With the cycle: two sources may use the same id for different tickets.
    tickets = view.link("/tickets", ids=",".join(ids), cycle=cycle) if ids else None
    latest = "latest " if len(ids) == MAX_NAMED else ""
    page = view.link(f"/cycles/{cycle}") + "#fixes" if cycle else None
    return FindingLinks(page, tickets, f"{latest}{count(len(ids), 'ticket')} since")


def _is_fix(fix: CycleFix, finding: Finding) -> bool:
    episodes = fix.episodes_after, fix.episodes_before + fix.episodes_after
    is_failed = fix.ticket == finding.about and fix.outcome == "did not hold"
    return is_failed and episodes == (finding.value, finding.n)
