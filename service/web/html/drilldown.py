"""What stands behind the numbers of answers, drivers and findings: links to their tickets or cycles."""

import re
from collections.abc import Mapping
from typing import Any

from service.store.queries.metric_filters import ABOUT, BASES, UNCOUNTED
from service.web.html.selection import View

Links = tuple[str | None, str | None]
"""(of the number, of its denominator)"""

OF_TEAM = {
    "closed": ("resolved", "resolved"), "closed_and_stayed": ("stayed", "first"), "hours": ("opened", "resolved"),
    "repeat_hours": ("repeat_hours_share", "repeat_share"),
}  # fmt: skip
OF_FIX = re.compile(r"fix .+ of (F[0-9a-f]+): ")


def number_links(view: View, number: Mapping[str, Any]) -> Links:
    """Of one number behind an answer; see `Number` for what it is of."""
    metric, of = number["metric"], number["of"]
    fix, (dimension, _, name) = OF_FIX.match(of), of.partition(" ")
    if fix is not None:
        page = view.link(f"/cycles/{fix[1]}") + "#fixes"
        return page, page if metric == "hours_avoided" else None
    if metric == "teams_per_cycle":
        return view.link("/cycles"), view.link("/cycles")
    if metric == "fix_hold_rate":
        return view.link("/cycles", fix="held"), None
    if metric == "cycles_broken":
        return (view.link("/cycles", broken_by=name),) * 2
    if metric in OF_TEAM:
        about, base = OF_TEAM[metric]
        scope = f"{dimension}:{name}"
        return view.link("/tickets", about=about, scope=scope), view.link("/tickets", about=base, scope=scope)
    return metric_links(view, metric, str(view.scope) if of == str(view.scope) else f"{dimension}:{name}")


def metric_links(view: View, metric: str, scope: str) -> Links:
    """Of a metric of a scope; none of a denominator that counts no tickets."""
    base = BASES.get(metric)
    own = view.link("/tickets", about=metric, scope=scope) if metric in ABOUT.keys() - UNCOUNTED else None
    return own, view.link("/tickets", about=base, scope=scope) if base else None


def driver_link(view: View, driver: Mapping[str, Any]) -> str:
    """The tickets of a driver."""
    if driver["kind"] == "cycle":
        return view.link("/tickets", about="repeat_hours_share", cycle=driver["id"])
    if driver["kind"] == "team":
        return view.link("/tickets", about="repeat_hours_share", scope=f"team:{driver['id']}")
    return view.link("/tickets", about=driver["id"])


def finding_link(view: View, finding: Mapping[str, Any]) -> str | None:
    """The cycle or the tickets of a finding; of a fix the latest that came after it."""
    kind, about = finding["kind"], finding["about"]
    if kind == "new_endless_cycle":
        return view.link(f"/cycles/{about}")
    if kind == "misfiled":
        return view.link("/tickets", about="misfiled_share")
    if kind == "pingpong":
        return view.link("/tickets", about="pingpong_rate_strict", scope=f"team:{about}")
    if kind == "one_person":
        return view.link("/tickets", about="absence_factor", scope=f"service:{about}")
    return view.link("/tickets", ids=",".join(finding["ids"])) if finding["ids"] else None
