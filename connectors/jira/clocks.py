"""Service level clocks of Jira Service Management."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from connectors.jira.instants import instant_or_none
from connectors.jira.site import Json
from connectors.model import Sla


def clocks(value: Any) -> Iterator[Sla]:
    """The completed and the running cycle of one service level field; nothing where the field holds none."""
    if not isinstance(value, dict):
        return
    cycles = list(value.get("completedCycles") or ())
    if running := value.get("ongoingCycle"):
        cycles.append(running)
    for number, cycle in enumerate(cycles, start=1):
        yield Sla(
            id=f"{value['id']}:{number}",
            name=value["name"],
            started_at=_at(cycle, "startTime"),
            stopped_at=_at(cycle, "stopTime"),
            due_at=_at(cycle, "breachTime"),
            breached=cycle.get("breached"),
        )


def _at(cycle: Json, name: str) -> datetime | None:
    return instant_or_none((cycle.get(name) or {}).get("epochMillis"))
