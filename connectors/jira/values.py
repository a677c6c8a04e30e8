"""Single values as Jira writes them: instants, labels, people and service level clocks."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from connectors.drafts import BadValue, Draft, plausible
from connectors.jira.site import Json
from connectors.model import Sla
from connectors.people import is_person

LABEL_KEYS = ("name", "value", "displayName", "label", "title", "id")


def instant(text: str | float) -> datetime:
    """Return the UTC instant of `2023-06-24T19:24:50.000+0000` or of epoch milliseconds.

    Raises BadValue for a text without an offset or in another form, and for an instant of another age.
    """
    try:
        # The schema of bulk histories promises a text, its official example has epoch milliseconds: both are read.
        at = datetime.fromisoformat(text) if isinstance(text, str) else datetime.fromtimestamp(text / 1000, UTC)
    except (TypeError, ValueError, ArithmeticError, OSError):
        raise BadValue("is not a date and time with an offset", text) from None
    # The offset is that of the account's profile: without one the instant could be anywhere within a day.
    if at.tzinfo is None:
        raise BadValue("is not a date and time with an offset", text)
    return plausible(at, text)


def instant_or_none(text: str | float | None) -> datetime | None:
    """Return the UTC instant as `instant` does; None for None or an empty text."""
    return instant(text) if text else None


def label(value: Any) -> str | None:
    """Return the label that people see in a field; the first of a list, the whole path of a cascading option."""
    if isinstance(value, list):
        return label(value[0]) if value else None
    if not isinstance(value, dict):
        return _scalar(value)
    name = next((text for key in LABEL_KEYS if (text := _scalar(value.get(key)))), None)
    child = label(value.get("child"))
    return f"{name} / {child}" if name and child else name


def _scalar(value: Any) -> str | None:
    """Return a text or number as text; None for an empty text and for anything else."""
    return (str(value) or None) if isinstance(value, (str, int, float)) else None


NO_PEOPLE = frozenset({"app", "unknown"})
"""Types of accounts that are no persons."""


class People:
    """People as tickets refer to them: by stable id, or by name where the operator asked for names."""

    def __init__(self, *, named: bool) -> None:
        self.named = named
        # The history of assignees gives ids alone: those that were seen as programs elsewhere are remembered.
        self._programs: set[str | None] = set()

    def person(self, value: Json | None) -> str | None:
        """Return the account id (Cloud), the user key (Data Center) or the name; None for nobody."""
        # Only Cloud tells the type of an account: on Data Center, apps act as users with telling names.
        if not value:
            return None
        if value.get("accountType") in NO_PEOPLE:
            self._programs.add(value.get("accountId"))
            return None
        display_name, login = value.get("displayName"), value.get("name")
        if (display_name and not is_person(str(display_name))) or (login and not is_person(str(login))):
            return None
        # On Data Center `name` is the login name, which can be changed; `key` is for ever.
        person_id = value.get("accountId") or value.get("key") or login
        return display_name or person_id if self.named else person_id

    def changed_person(self, item: Json, side: str) -> str | None:
        """Return the person before (`from`) or after (`to`) a change of a history."""
        person_id, name = item.get(side), item.get(f"{side}String")
        if person_id in self._programs or not is_person(str(name or "")):
            return None
        return (name or person_id) if self.named else person_id


def sla_clocks(value: Any, draft: Draft) -> Iterator[Sla]:
    """Yield the completed cycles and the running one of a service level field; nothing for an empty field."""
    # An issue without this clock has null here, or a text.
    if not isinstance(value, dict):
        return
    completed, running = value.get("completedCycles"), value.get("ongoingCycle")
    cycles = [*(completed if isinstance(completed, list) else ()), *([running] if running else ())]
    for number, cycle in enumerate(cycles, start=1):
        if clock := draft.attempt("slas", None, _sla_clock, value, number, cycle, draft):
            yield clock


def _sla_clock(value: Json, number: int, cycle: Json, draft: Draft) -> Sla:
    return Sla(
        id=f"{value['id']}:{number}",
        name=value["name"],
        started_at=draft.attempt("slas.started_at", None, _cycle_instant, cycle, "startTime"),
        stopped_at=draft.attempt("slas.stopped_at", None, _cycle_instant, cycle, "stopTime"),
        due_at=draft.attempt("slas.due_at", None, _cycle_instant, cycle, "breachTime"),
        breached=cycle.get("breached"),
    )


def _cycle_instant(cycle: Json, name: str) -> datetime | None:
    return instant_or_none((cycle.get(name) or {}).get("epochMillis"))
