"""Which of a site's fields hold what: named by the operator, or known by their type."""

import difflib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from connectors.errors import WrongSettings
from connectors.jira.settings import JiraSettings
from connectors.jira.site import Json

SLA_TYPE = "com.atlassian.servicedesk:sd-sla-field"
TEAM_TYPES = (":atlassian-team", ":rm-teams-custom-field-team")
SERVICE_NAMES = ("affected services", "affected service", "service")
CHANGE_TYPE_NAMES = ("change type",)
STANDARD = (
    "summary", "description", "issuetype", "status", "resolution", "priority", "created", "updated", "resolutiondate",
    "reporter", "assignee", "components", "labels", "issuelinks", "parent", "subtasks", "timespent", "worklog",
)  # fmt: skip
LABEL_KEYS = ("name", "value", "displayName", "label", "title", "id")


@dataclass(frozen=True)
class Fields:
    """Field ids; None where there is no such field. `team_name` is what older histories call the team field."""

    team: str | None = None
    team_name: str | None = None
    service: str | None = None
    provider: str | None = None
    category: str | None = None
    change_type: str | None = None
    slas: tuple[str, ...] = ()

    @cached_property
    def chosen(self) -> list[tuple[str, str]]:
        """What differs from site to site: a ticket's attribute and the field that holds it."""
        names = ("team", "service", "provider", "category", "change_type")
        return [(name, field) for name in names if (field := getattr(self, name))]

    @property
    def wanted(self) -> list[str]:
        """All fields that a ticket is made of."""
        return list(dict.fromkeys([*STANDARD, *(field for _, field in self.chosen), *self.slas]))

    @property
    def dated(self) -> list[str]:
        """The fields whose history counts."""
        return ["status", "assignee", "priority", "issuetype", *filter(None, [self.team])]


def choose(catalogue: list[Json], settings: JiraSettings) -> Fields:
    """The fields of this site. Raises WrongSettings where a setting names none of them, or several."""
    team = _named(catalogue, settings.team_field, "TEAM_FIELD") or _typed_team(catalogue)
    service = _named(catalogue, settings.service_field, "SERVICE_FIELD") or _custom(catalogue, SERVICE_NAMES)
    return Fields(
        team=_id(team),
        team_name=team["name"] if team else None,
        service=_id(service),
        provider=_id(_named(catalogue, settings.provider_field, "PROVIDER_FIELD")),
        category=_id(_named(catalogue, settings.category_field, "CATEGORY_FIELD")),
        change_type=_id(_custom(catalogue, CHANGE_TYPE_NAMES)),
        slas=tuple(field["id"] for field in catalogue if _type(field) == SLA_TYPE),
    )


def label(value: Any) -> str | None:
    """What people read in a field: a text, an option's name, the first of several, or a path of options."""
    if value is None or value in ("", []):
        return None
    if isinstance(value, list):
        return label(value[0])
    if not isinstance(value, dict):
        return str(value)
    name = next((str(value[key]) for key in LABEL_KEYS if value.get(key)), None)
    child = label(value.get("child"))
    return f"{name} / {child}" if name and child else name


def _named(catalogue: list[Json], wanted: str | None, setting: str) -> Json | None:
    if wanted is None:
        return None
    by_id = {field["id"]: field for field in catalogue}
    if wanted in by_id:
        return by_id[wanted]
    found = [field for field in catalogue if field["name"].casefold() == wanted.casefold()]
    if len(found) > 1:
        ids = ", ".join(field["id"] for field in found)
        raise WrongSettings(
            f"{setting}: several fields are called {wanted!r}: {ids}", f"Set {setting} to one of the ids."
        )
    if not found:
        raise WrongSettings(f"{setting}: there is no field {wanted!r}{_closest(wanted, catalogue)}")
    return found[0]


def _closest(wanted: str, catalogue: Iterable[Json]) -> str:
    known = {text.casefold(): text for field in catalogue for text in (field["id"], field["name"])}
    close = difflib.get_close_matches(wanted.casefold(), known, n=1)
    return f"; the closest is {known[close[0]]!r}" if close else ""


def _typed_team(catalogue: list[Json]) -> Json | None:
    return next((field for field in catalogue if _type(field).endswith(TEAM_TYPES)), None)


def _custom(catalogue: list[Json], names: tuple[str, ...]) -> Json | None:
    custom = {field["name"].casefold(): field for field in catalogue if field.get("custom")}
    return next((custom[name] for name in names if name in custom), None)


def _type(field: Json) -> str:
    return (field.get("schema") or {}).get("custom") or ""


def _id(field: Json | None) -> str | None:
    return field["id"] if field else None
