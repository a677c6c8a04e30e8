"""The metric catalogue: what each metric is called and means, its unit, and how numbers of that unit are written."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Better = Literal["lower", "higher"]


@dataclass(frozen=True, slots=True)
class NumberFormat:
    """The way in which numbers of one unit are written: `factor` times the number, rounded, before an `ending`.

    Decimals end where the rounded number reaches `whole_from`.
    """

    decimals: int = 0
    whole_from: float = math.inf
    factor: int = 1
    ending: str = ""


WHOLE = NumberFormat()
# One decimal: the interval of a share over 13 weeks is seldom narrower than a point, so a second would say nothing.
SHARE = NumberFormat(decimals=1, factor=100, ending=" %")
MEAN = NumberFormat(decimals=2)
FORMATS: Mapping[str, NumberFormat] = {
    "tickets": WHOLE,
    "episodes": WHOLE,
    "cycles": WHOLE,
    "people": WHOLE,
    "share": SHARE,
    "share of hours": SHARE,
    "hours": NumberFormat(decimals=1, whole_from=10, ending=" h"),
    "days": NumberFormat(decimals=1, whole_from=10, ending=" days"),
    "hours per hour": NumberFormat(decimals=1, whole_from=10),
    "per ticket": MEAN,
    "per change": MEAN,
    "teams": MEAN,
    "ratio": MEAN,
}
"""By unit."""


@dataclass(frozen=True, slots=True)
class Definition:
    """One metric of the table in the definitions; `better` is None where neither way is."""

    # Scripts rely on the id; the label is for people and may be reworded.
    id: str
    label: str
    unit: str
    better: Better | None
    meaning: str


CATALOGUE: tuple[Definition, ...] = (
    Definition("opened", "Opened", "tickets", None, "Tickets opened."),
    Definition("resolved", "Resolved", "tickets", None, "Tickets resolved that are still resolved."),
    Definition("backlog", "Backlog", "tickets", "lower", "Tickets open at the end of the period."),
    Definition("net_flow", "Net flow", "tickets", "lower", "Opened less resolved."),
    Definition(
        "reactive_share", "Reactive share", "share", "lower", "Reactive tickets as a share of the decided ones opened."
    ),
    Definition(
        "reactive_hours_share", "Reactive share of hours", "share of hours", "lower",
        "Hours in reactive tickets as a share of the hours of decided ones.",
    ),
    Definition(
        "failure_demand_share", "Failure demand share", "share", "lower",
        "Failures and rework as a share of the reactive tickets opened.",
    ),
    Definition(
        "repeat_share", "Repeat share", "share", "lower",
        "Failures and rework whose problem had been there before.",
    ),
    Definition(
        "repeat_hours_share", "Repeat share of hours", "share of hours", "lower",
        "Hours of failures and rework on problems that had been there before.",
    ),
    Definition(
        "endless_share", "Endless share", "share", "lower", "Failures and rework that belong to endless cycles."
    ),
    Definition(
        "request_repeat_share", "Repeat share of requests", "share", "lower",
        "Requests for what had been asked for before: candidates for automation.",
    ),
    Definition(
        "reopen_rate", "Reopen rate", "share", "lower", "Tickets reopened within 30 days of their first resolution."
    ),
    Definition(
        "hidden_reopen_rate", "Hidden reopen rate", "share", "lower",
        "Failures that their requester reported again within 14 days of their end.",
    ),
    Definition(
        "workaround_share", "Workaround share", "share", "lower",
        "Reactive tickets closed by a workaround: what was done had closed the same problem three times or more.",
    ),
    Definition(
        "pingpong_rate_strict", "Ping-pong rate, strict", "share", "lower",
        "Resolved tickets that went straight back: A, B, A.",
    ),
    Definition(
        "pingpong_rate_loose", "Ping-pong rate, loose", "share", "lower",
        "Resolved tickets that returned to any earlier holder.",
    ),
    Definition("handoffs", "Handoffs", "per ticket", "lower", "Mean handoffs of a resolved ticket."),
    Definition(
        "one_touch_rate", "One-touch rate", "share", "higher", "Tickets resolved with no handoff and no reopen."
    ),
    Definition("stall_rate", "Stall rate", "share", "lower", "Resolved tickets with a stall loop."),
    Definition(
        "time_to_resolve_p50", "Time to resolve, median", "hours", "lower", "Median time from opened to resolved."
    ),
    Definition(
        "time_to_resolve_p90", "Time to resolve, nine of ten", "hours", "lower",
        "The time within which nine of ten were resolved.",
    ),
    Definition("recurrence_gap", "Recurrence gap", "days", "higher", "Median time until a problem comes back again."),
    Definition(
        "major_incidents", "Major incidents", "episodes", "lower", "Flare-ups with a failure of priority level 1 or 2."
    ),
    Definition("mtbf", "Time between major incidents", "hours", "higher", "Mean time between major incidents."),
    Definition("sla_breach_rate", "SLA breach rate", "share", "lower", "Service level clocks that were breached."),
    Definition(
        "problem_link_rate", "Problem link rate", "share", "higher", "Failures linked to a problem, change or fix."
    ),
    Definition(
        "change_failure_rate", "Change failure rate", "share", "lower", "Changes named as the cause of a ticket."
    ),
    Definition(
        "aftermath", "Aftermath, failures per change", "per change", "lower",
        "Failures and rework within 72 h after a change of the same service beyond those of other weeks, per change.",
    ),
    Definition("fix_hold_rate", "Fix hold rate", "share", "higher", "Fixes that held, of those with a verdict."),
    Definition(
        "net_hold", "Net hold", "share", "higher",
        "Fixes that held, less the share of similar problems that went silent without one.",
    ),
    Definition(
        "prevention_yield", "Prevention yield", "hours per hour", "higher",
        "Repeat hours avoided per hour put into fixes, beyond what similar problems without one did.",
    ),
    Definition(
        "absence_factor", "Absence factor", "people", "higher",
        "Fewest people who resolve half of the reactive tickets.",
    ),
    Definition(
        "delivery_lead_time", "Delivery lead time", "hours", "lower",
        "Median time from opened to resolved of proactive tickets.",
    ),
    Definition(
        "misfiled_share", "Misfiled share", "share", "lower",
        "Tickets whose text overrules what the system calls them.",
    ),
    Definition(
        "after_hours_share", "After-hours share", "share", "lower", "Reactive tickets opened outside business hours."
    ),
)  # fmt: skip
DEFINITIONS: Mapping[str, Definition] = {definition.id: definition for definition in CATALOGUE}

OTHER_LABELS: Mapping[str, str] = {
    "closed": "Closed",
    "closed_and_stayed": "Closed and stayed",
    "hours": "Hours",
    "repeat_hours": "Repeat hours",
    "cycles_broken": "Cycles broken",
    "teams_per_cycle": "Teams per cycle",
    "hours_put_in": "Hours put in",
    "hours_avoided": "Hours avoided",
    "reopened": "Reopened",
    "pingpong": "Ping-pong",
    "stalled": "Stalled twice or more",
}
"""Numbers behind answers, and loops, which are no metrics of the definitions."""

VERDICT_LABELS: Mapping[str, str] = {
    "endless_cycles": "Endless cycles",
    "breaking_out": "Breaking out",
    "recurring": "Known problems keep coming back",
    "under_control": "Under control",
    "not_visible": "Not enough can be seen",
    "inconclusive": "Not enough data yet",
    "unclear": "Unclear",
}

STATE_LABELS: Mapping[str, str] = {
    "chronic": "nearly every week",
    "accelerating": "comes faster",
    "recurring": "keeps coming",
    "slowing": "comes more slowly",
    "quiet": "fell silent",
    "broken": "ended after a fix",
}
"""The states of a cycle in plain words."""


def state_in_words(state: str, endless: bool) -> str:
    """Return the state of a cycle in plain words: `keeps coming, endless`."""
    return f"{STATE_LABELS[state]}, endless" if endless else STATE_LABELS[state]


def label(id_: str) -> str:
    """Return what people call a metric, a loop or a number behind an answer. Raises KeyError for another id."""
    return DEFINITIONS[id_].label if id_ in DEFINITIONS else OTHER_LABELS[id_]
