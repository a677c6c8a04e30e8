"""The fields of a site that make up a ticket: named by the operator, or recognised by their type or name."""

import difflib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

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


@dataclass(frozen=True)
class Fields:
    """Field ids; None for a field that the site lacks. `team_name` is the team field's name in older histories."""

    team: str | None = None
    team_name: str | None = None
    service: str | None = None
    provider: str | None = None
    category: str | None = None
    change_type: str | None = None
    slas: tuple[str, ...] = ()

    @cached_property
    def configured(self) -> list[tuple[str, str]]:
        """Return pairs of attribute and field, for the fields that differ from site to site."""
        names = ("team", "service", "provider", "category", "change_type")
        return [(name, field) for name in names if (field := getattr(self, name))]

    @property
    def requested(self) -> list[str]:
        """Return all fields that a ticket needs."""
        # Without a list of fields Cloud returns ids alone, and Data Center all fields, some of which are very large.
        return list(dict.fromkeys([*STANDARD, *(field for _, field in self.configured), *self.slas]))

    @property
    def tracked(self) -> list[str]:
        """Return the fields whose changes become transitions."""
        return ["status", "assignee", "priority", "issuetype", *filter(None, [self.team])]


def choose_fields(catalogue: list[Json], settings: JiraSettings) -> Fields:
    """Return the fields of a site. Raise WrongSettings where a setting names none of them, or several."""
    team = _find_named(catalogue, settings.team_field, "TEAM_FIELD") or _find_team(catalogue)
    service = _find_named(catalogue, settings.service_field, "SERVICE_FIELD") or _find_custom(catalogue, SERVICE_NAMES)
    return Fields(
        team=_id(team),
        team_name=team["name"] if team else None,
        service=_id(service),
        provider=_id(_find_named(catalogue, settings.provider_field, "PROVIDER_FIELD")),
        category=_id(_find_named(catalogue, settings.category_field, "CATEGORY_FIELD")),
        change_type=_id(_find_custom(catalogue, CHANGE_TYPE_NAMES)),
        slas=tuple(field["id"] for field in catalogue if _type(field) == SLA_TYPE),
    )


def _find_named(catalogue: list[Json], name: str | None, setting: str) -> Json | None:
    if name is None:
        return None
    by_id = {field["id"]: field for field in catalogue}
    if name in by_id:
        return by_id[name]
    # Jira allows any number of custom fields with the same name, so a name alone may not say which one is meant.
    matches = [field for field in catalogue if field["name"].casefold() == name.casefold()]
    if len(matches) > 1:
        ids = ", ".join(field["id"] for field in matches)
        raise WrongSettings(f"{setting}: several fields are named {name!r}: {ids}", f"Set {setting} to one of the ids.")
    if not matches:
        raise WrongSettings(f"{setting}: there is no field {name!r}{_suggestion(name, catalogue)}")
    return matches[0]


def _suggestion(name: str, catalogue: Iterable[Json]) -> str:
    names = {text.casefold(): text for field in catalogue for text in (field["id"], field["name"])}
    close = difflib.get_close_matches(name.casefold(), names, n=1)
    return f"; the closest is {names[close[0]]!r}" if close else ""


def _find_team(catalogue: list[Json]) -> Json | None:
    return next((field for field in catalogue if _type(field).endswith(TEAM_TYPES)), None)


def _find_custom(catalogue: list[Json], names: tuple[str, ...]) -> Json | None:
    custom = {field["name"].casefold(): field for field in catalogue if field.get("custom")}
    return next((custom[name] for name in names if name in custom), None)


def _type(field: Json) -> str:
    schema = field.get("schema")
    return str(schema.get("custom") or "") if isinstance(schema, dict) else ""


def _id(field: Json | None) -> str | None:
    return field["id"] if field else None
