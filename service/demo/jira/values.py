"""The values that the simulated Jira shows in its fields: people, statuses, teams and the like."""

import uuid
from collections.abc import Collection
from datetime import datetime
from functools import cache
from typing import Any

from service.demo.organisation import AUTOMATION, MONITORING, SERVICES, TEAMS
from service.demo.record import PRIORITIES

Json = dict[str, Any]

PROJECTS = {"APP": "Business Applications", "PLT": "Platform"}
TYPES = ("Bug", "Task", "Story", "Improvement")
PRIORITY_NAMES = ("Highest", "High", "Medium", "Low", "Lowest")
RESOLUTIONS = ("Done", "Won't Do", "Duplicate", "Cancelled")
CATEGORIES = {
    "new": {"id": 2, "key": "new", "name": "To Do"},
    "indeterminate": {"id": 4, "key": "indeterminate", "name": "In Progress"},
    "done": {"id": 3, "key": "done", "name": "Done"},
}
STATUSES = {
    "To Do": "new",
    "In Progress": "indeterminate",
    "In Review": "indeterminate",
    "Waiting": "indeterminate",
    "Done": "done",
    "Cancelled": "done",
}
ZONE = "Etc/UTC"


def timestamp(at: datetime) -> str:
    """Return an instant as Jira writes it, its offset without a colon."""
    return f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03}+0000"


def named(name: str, names: Collection[str]) -> Json:
    """Return an option with its name and its number among all of them."""
    return {"id": str(list(names).index(name) + 1), "name": name}


@cache
def account_id(code: str) -> str:
    """Return the account id that stands for a person."""
    # The form of today's account ids; older ones have no colon, and nothing may rely on either.
    return f"712020:{uuid.uuid5(uuid.NAMESPACE_OID, code)}"


def person(code: str) -> Json | None:
    """Return a user as issues show them; None for an empty code."""
    if not code:
        return None
    return {
        "accountId": account_id(code),
        "accountType": "app" if code in (AUTOMATION, MONITORING) else "atlassian",
        "displayName": code,
        "active": True,
        "timeZone": ZONE,
    }


def status(name: str) -> Json:
    """Return a status with its category."""
    return {**named(name, STATUSES), "statusCategory": CATEGORIES[STATUSES[name]]}


def priority(name: str) -> Json:
    """Return a priority under the name that Jira gives it."""
    return named(PRIORITY_NAMES[PRIORITIES.index(name)], PRIORITY_NAMES)


def team(name: str) -> Json:
    """Return a team."""
    return named(name, TEAMS)


def service(name: str) -> Json:
    """Return a service, or the component of the same name."""
    return named(name, SERVICES)


def project(key: str) -> Json:
    """Return a project."""
    return {**named(key, PROJECTS), "key": key, "name": PROJECTS[key], "projectTypeKey": "software"}


def document(text: str) -> Json | None:
    """Return a text in the Atlassian Document Format; None for an empty one."""
    if not text:
        return None
    paragraph = {"type": "paragraph", "content": [{"type": "text", "text": text}]}
    return {"type": "doc", "version": 1, "content": [paragraph]}
