"""The metrics: what each one means, in which unit, and which way is better."""

from dataclasses import dataclass
from typing import Literal

Better = Literal["lower", "higher"]


@dataclass(frozen=True, slots=True)
class Definition:
    """One metric of the table in the definitions; `better` is None where neither way is."""

    id: str
    unit: str
    better: Better | None
    meaning: str


CATALOGUE: tuple[Definition, ...] = (
    Definition("opened", "tickets", None, "Tickets opened."),
    Definition("resolved", "tickets", None, "Tickets resolved, and still so."),
    Definition("backlog", "tickets", "lower", "Tickets open at the end of the period."),
    Definition("net_flow", "tickets", "lower", "Opened less resolved."),
    Definition("reactive_share", "share", "lower", "Reactive tickets of all tickets opened."),
    Definition("reactive_hours_share", "share of hours", "lower", "Hours of reactive tickets of all hours."),
    Definition("failure_demand_share", "share", "lower", "Failure and rework of the reactive tickets opened."),
    Definition("repeat_share", "share", "lower", "Reactive tickets whose problem had been there before."),
    Definition(
        "repeat_hours_share", "share of hours", "lower", "Reactive hours on problems that had been there before."
    ),
    Definition("endless_hours_share", "share of hours", "lower", "Hours in endless cycles of all hours."),
    Definition("reopen_rate", "share", "lower", "Tickets reopened within 30 days of their first resolution."),
    Definition("pingpong_rate_strict", "share", "lower", "Resolved tickets that went straight back: A, B, A."),
    Definition("pingpong_rate_loose", "share", "lower", "Resolved tickets that returned to any earlier holder."),
    Definition("handoffs", "per ticket", "lower", "Mean handoffs of a resolved ticket."),
    Definition("one_touch_rate", "share", "higher", "Tickets resolved with no handoff and no reopen."),
    Definition("stall_rate", "share", "lower", "Resolved tickets with a stall loop."),
    Definition("time_to_resolve_p50", "hours", "lower", "Median time from opened to resolved."),
    Definition("time_to_resolve_p90", "hours", "lower", "The time within which nine of ten were resolved."),
    Definition("recurrence_gap", "days", "higher", "Median time between the episodes of a problem."),
    Definition("major_incidents", "tickets", "lower", "Failures of priority level 1 or 2."),
    Definition("mtbf", "hours", "higher", "Mean time between major incidents."),
    Definition("sla_breach_rate", "share", "lower", "Service level clocks that were breached."),
    Definition("problem_link_rate", "share", "higher", "Failures linked to a problem, change or fix."),
    Definition("change_failure_rate", "share", "lower", "Changes named as the cause of a ticket."),
    Definition("fix_hold_rate", "share", "higher", "Fixes that held, of those with a verdict."),
    Definition("prevention_yield", "hours per hour", "higher", "Repeat hours avoided per hour put into fixes."),
    Definition("absence_factor", "people", "higher", "Fewest people who resolve half of the reactive tickets."),
    Definition("delivery_lead_time", "hours", "lower", "Median time from opened to resolved of proactive tickets."),
    Definition("misfiled_share", "share", "lower", "Tickets whose text contradicts their kind in the system."),
    Definition("after_hours_share", "share", "lower", "Reactive tickets opened outside business hours."),
)
UNITS = {definition.id: definition.unit for definition in CATALOGUE}
