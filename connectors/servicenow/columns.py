"""Which columns hold what: ServiceNow's names beside Treadmill's words."""

from collections.abc import Mapping

from connectors.model import Relation
from connectors.servicenow.past import OLD_STATES, STATE
from connectors.servicenow.settings import ServiceNowSettings

ASSIGNEE = "assigned_to"
CATEGORY, SUBCATEGORY = "category", "subcategory"
CONFIGURATION_ITEM = "cmdb_ci"
COUNTERS = REOPENED, REASSIGNED = "reopen_count", "reassignment_count"
PRIORITY = "priority"
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
_OTHERS = (
    *("sys_id", "number", "sys_class_name", "short_description", "description", "active", "type"),
    *("opened_at", "resolved_at", "closed_at", "sys_created_on", "sys_updated_on", "time_worked"),
)
_TARGETS: Mapping[str, str] = {
    "assignment_group": "sys_user_group",
    "business_service": "cmdb_ci_service",
    "service_offering": "cmdb_ci_service",
    "cmdb_ci": "cmdb_ci",
    "company": "core_company",
    "vendor": "core_company",
    "location": "cmn_location",
    "department": "cmn_department",
}


def own_columns(settings: ServiceNowSettings) -> dict[str, str]:
    """The columns that the operator may choose, by the name of their setting."""
    chosen = {
        "TEAM_FIELD": settings.team_field,
        "SERVICE_FIELD": settings.service_field,
        "CATEGORY_FIELD": settings.category_field,
        "PROVIDER_FIELD": settings.provider_field,
    }
    return {setting: column for setting, column in chosen.items() if column}


def columns(settings: ServiceNowSettings) -> str:
    """All columns of a ticket as `sysparm_fields`; those that a table does not have are left out of its rows."""
    people = (ASSIGNEE, *REQUESTERS, *RESOLVERS)
    rest = (
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
    return ",".join(dict.fromkeys([*_OTHERS, *own_columns(settings).values(), *people, *rest]))


def choice_columns(settings: ServiceNowSettings) -> tuple[str, ...]:
    """The columns whose codes are read as labels."""
    return STATE, PRIORITY, settings.category_field, SUBCATEGORY, *RESOLUTION_CODES


def targets(settings: ServiceNowSettings, person_names: bool) -> dict[str, str]:
    """The table behind each column that is shown by name; people keep their sys_id unless names are wanted."""
    found = {
        settings.team_field: _target(settings.team_field, "sys_user_group"),
        settings.service_field: _target(settings.service_field, "cmdb_ci_service"),
        CONFIGURATION_ITEM: "cmdb_ci",
    }
    if settings.provider_field:
        found[settings.provider_field] = _target(settings.provider_field, "core_company")
    people = (ASSIGNEE, *REQUESTERS, *RESOLVERS) if person_names else ()
    return found | dict.fromkeys(people, "sys_user")


def _target(column: str, otherwise: str) -> str:
    """The table that a column of the base system refers to; `otherwise` for one of the instance's own."""
    return _TARGETS.get(column.rpartition(".")[2], otherwise)
