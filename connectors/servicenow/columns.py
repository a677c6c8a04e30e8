"""The columns of a ticket in ServiceNow, and the tables that they refer to."""

from collections.abc import Mapping

from connectors.model import Relation
from connectors.servicenow.settings import ServiceNowSettings

ASSIGNEE = "assigned_to"
CATEGORY, SUBCATEGORY = "category", "subcategory"
CONFIGURATION_ITEM = "cmdb_ci"
COUNTERS = REOPENED, REASSIGNED = "reopen_count", "reassignment_count"
PRIORITY = "priority"
STATE = "state"
# Earlier releases had a column for each table; where both exist ServiceNow keeps them equal.
OLD_STATES = ("incident_state", "problem_state")
REQUESTERS = ("caller_id", "requested_for", "requested_by", "opened_by")
RESOLVERS = ("resolved_by", "closed_by")
RESOLUTION_CODES = ("close_code", "resolution_code")
RESOLUTIONS = ("close_notes", "fix_notes")
LINKS: Mapping[str, Relation] = {
    "problem_id": "problem",
    "rfc": "change",
    "caused_by": "caused_by",
    "duplicate_of": "duplicate_of",
    "parent_incident": "parent",
    "request_item": "parent",
    "parent": "parent",
}
_MORE = (
    *("sys_id", "number", "sys_class_name", "short_description", "description", "active", "type"),
    *("opened_at", "resolved_at", "closed_at", "sys_created_on", "sys_updated_on", "time_worked"),
)
_REFERENCES: Mapping[str, str] = {
    "assignment_group": "sys_user_group",
    "business_service": "cmdb_ci_service",
    "service_offering": "cmdb_ci_service",
    "cmdb_ci": "cmdb_ci",
    "company": "core_company",
    "vendor": "core_company",
    "location": "cmn_location",
    "department": "cmn_department",
}


def configured_columns(settings: ServiceNowSettings) -> dict[str, str]:
    """Return the columns that the operator can choose, by the name of their setting."""
    columns = {
        "TEAM_FIELD": settings.team_field,
        "SERVICE_FIELD": settings.service_field,
        "CATEGORY_FIELD": settings.category_field,
        "PROVIDER_FIELD": settings.provider_field,
    }
    return {setting: column for setting, column in columns.items() if column}


def ticket_columns(settings: ServiceNowSettings) -> str:
    """Return all columns of a ticket as `sysparm_fields`."""
    # One list for all tables: a column that a table lacks is simply absent from its rows.
    people = (ASSIGNEE, *REQUESTERS, *RESOLVERS)
    fixed = (
        STATE,
        *OLD_STATES,
        PRIORITY,
        CONFIGURATION_ITEM,
        SUBCATEGORY,
        *COUNTERS,
        *RESOLUTIONS,
        *RESOLUTION_CODES,
        *LINKS,
    )
    return ",".join(dict.fromkeys([*_MORE, *configured_columns(settings).values(), *people, *fixed]))


def choice_columns(settings: ServiceNowSettings) -> tuple[str, ...]:
    """Return the columns whose codes are mapped to labels."""
    return STATE, PRIORITY, settings.category_field, SUBCATEGORY, *RESOLUTION_CODES


def reference_tables(settings: ServiceNowSettings, person_names: bool) -> dict[str, str]:
    """Return the referenced table of each column that is shown by name; people only if names are wanted."""
    tables = {
        settings.team_field: _reference_table(settings.team_field, "sys_user_group"),
        settings.service_field: _reference_table(settings.service_field, "cmdb_ci_service"),
        CONFIGURATION_ITEM: "cmdb_ci",
    }
    if settings.provider_field:
        tables[settings.provider_field] = _reference_table(settings.provider_field, "core_company")
    people = (ASSIGNEE, *REQUESTERS, *RESOLVERS) if person_names else ()
    return tables | dict.fromkeys(people, "sys_user")


def _reference_table(column: str, default: str) -> str:
    """Return the table that a column of the base system refers to; the default for the instance's own columns."""
    return _REFERENCES.get(column.rpartition(".")[2], default)
