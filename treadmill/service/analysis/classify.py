"""Reactive or proactive, and why, by the structured fields of a ticket alone."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from treadmill.connectors.model import Ticket

Nature = Literal["reactive", "proactive"]
WorkClass = Literal["failure", "rework", "request", "prevention", "maintenance", "improvement", "delivery"]
RULES_VERSION = "structured/1"
NATURE: dict[WorkClass, Nature] = {
    "failure": "reactive", "rework": "reactive", "request": "reactive",
    "prevention": "proactive", "maintenance": "proactive", "improvement": "proactive", "delivery": "proactive",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Decision:
    """The class of a ticket, how sure that is from 0 to 1, and the rule that decided."""

    work_class: WorkClass
    confidence: float
    rule: str

    @property
    def nature(self) -> Nature:
        """The nature that goes with the class."""
        return NATURE[self.work_class]


@dataclass(frozen=True, slots=True)
class _Rule:
    name: str
    holds: Callable[[Ticket], bool]
    work_class: WorkClass
    confidence: float


def _links(ticket: Ticket, relation: str) -> bool:
    return any(link.relation == relation for link in ticket.links)


RULES: tuple[_Rule, ...] = (
    _Rule(
        "emergency change",
        lambda t: t.kind == "change" and (t.change_type or "").lower() == "emergency",
        "failure",
        0.9,
    ),
    _Rule("change", lambda t: t.kind == "change", "maintenance", 0.7),
    _Rule("problem record", lambda t: t.kind == "problem", "prevention", 0.9),
    _Rule("caused by a change", lambda t: t.kind in ("incident", "defect") and _links(t, "caused_by"), "rework", 0.85),
    _Rule("incident", lambda t: t.kind == "incident", "failure", 0.8),
    _Rule("alert", lambda t: t.kind == "alert", "failure", 0.9),
    _Rule("defect", lambda t: t.kind == "defect", "failure", 0.8),
    _Rule("request", lambda t: t.kind == "request", "request", 0.85),
    _Rule("feature", lambda t: t.kind == "feature", "delivery", 0.8),
)


def classify(ticket: Ticket) -> Decision | None:
    """The first rule that holds decides; None where no structured field tells the nature of the work."""
    rule = next((rule for rule in RULES if rule.holds(ticket)), None)
    return Decision(rule.work_class, rule.confidence, f"{RULES_VERSION}: {rule.name}") if rule else None
