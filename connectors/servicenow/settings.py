"""Settings of a ServiceNow source."""

from typing import Annotated, Any

import orjson
from pydantic import AfterValidator, AliasChoices, BeforeValidator, Field, SecretStr, StringConstraints, model_validator

from connectors.base import HttpSettings, KindMap

DEFAULT_TABLES = ("incident", "problem", "change_request", "sc_req_item", "sc_task")

Table = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")]
Column = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)*$")]


def _parse_text(value: Any) -> Any:
    """Return a text as a list or mapping: JSON, or a list with commas. Raise ValueError for invalid JSON."""
    if not isinstance(value, str):
        return value
    text = value.strip()
    if text.startswith(("[", "{")):
        try:
            return orjson.loads(text)
        except orjson.JSONDecodeError as problem:
            raise ValueError(f"is not valid JSON: {problem}") from problem
    return [part.strip() for part in text.split(",") if part.strip()]


def _check_tables(names: tuple[str, ...]) -> tuple[str, ...]:
    if not names:
        raise ValueError("must name at least one table")
    if "task" in names and len(names) > 1:
        raise ValueError(
            "must not name task beside other tables: task contains their rows, so that each ticket would come twice"
        )
    return tuple(dict.fromkeys(names))


def _check_query(query: str) -> str:
    if "^NQ" in query or "ORDERBY" in query:
        raise ValueError("must not contain ^NQ or ORDERBY, which paging uses itself: use ^OR, or name more tables")
    # A query that is copied from a list of ServiceNow ends in ^EQ, after which no condition may follow.
    return query.strip().strip("^").removesuffix("^EQ")


class ServiceNowSettings(HttpSettings):
    """Settings of a ServiceNow source. Field names are variable names in lower case."""

    user: str | None = Field(
        default=None,
        validation_alias=AliasChoices("user", "username"),
        description="User name of the account; not needed with OAuth client credentials.",
    )
    password: SecretStr | None = Field(default=None, description="Password of the account.")
    client_id: str | None = Field(
        default=None,
        description="Id of the OAuth client. Alone: grant client_credentials; with user and password: grant password.",
    )
    client_secret: SecretStr | None = Field(default=None, description="Secret of the OAuth client.")
    tables: Annotated[tuple[Table, ...], BeforeValidator(_parse_text), AfterValidator(_check_tables)] = Field(
        default=DEFAULT_TABLES,
        description="Task tables to read, separated by commas or as JSON, e.g. incident,problem. "
        "Default tables that the instance lacks or the account may not read are skipped; a table named here must be "
        "readable.",
    )
    query: Annotated[str, AfterValidator(_check_query)] = Field(
        default="",
        description="Encoded query that restricts what is read, e.g. company=<sys_id>. "
        "ServiceNow silently ignores a mistyped part; `check` warns when nothing is filtered.",
    )
    page_size: int = Field(default=1000, ge=1, le=10_000, description="Tickets per request.")
    team_field: Table = Field(
        default="assignment_group",
        description="Column of the team: a text, a choice or a reference to sys_user_group, e.g. assignment_group.",
    )
    service_field: Column = Field(
        default="business_service", description="Column of the service, e.g. business_service or service_offering."
    )
    provider_field: Column | None = Field(
        default=None,
        description="Column of the provider: a text or a reference to core_company, e.g. assignment_group.vendor.",
    )
    category_field: Column = Field(
        default="category", description="Column of the category, e.g. category or subcategory."
    )
    kind_map: KindMap = Field(default={}, description='Kind by table as JSON, e.g. {"u_alert": "alert"}.')

    @model_validator(mode="after")
    def _check_credentials(self) -> "ServiceNowSettings":
        if bool(self.client_id) != bool(self.client_secret):
            missing = "CLIENT_SECRET" if self.client_id else "CLIENT_ID"
            raise ValueError(f"{missing} is not set: CLIENT_ID and CLIENT_SECRET belong together")
        if bool(self.user) != bool(self.password):
            missing = "PASSWORD" if self.user else "USER"
            raise ValueError(f"{missing} is not set: USER and PASSWORD belong together")
        if not (self.client_id or self.user):
            raise ValueError("USER is not set: set USER and PASSWORD, or CLIENT_ID and CLIENT_SECRET")
        return self

    @property
    def tables_are_named(self) -> bool:
        """True if the operator named the tables, so that a missing one is an error."""
        return "tables" in self.model_fields_set
