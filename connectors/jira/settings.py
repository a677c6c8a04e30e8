"""What an operator can say about a Jira."""

import json
import re
from typing import Annotated, Literal, TypeVar

from pydantic import AfterValidator, AliasChoices, BeforeValidator, Field, SecretStr

from connectors.base import HttpSettings
from connectors.model import Kind, StatusCategory

T = TypeVar("T")

QUOTED = re.compile(r"\"(?:\\.|[^\"\\])*\"|'(?:\\.|[^'\\])*'")
ORDER = re.compile(r"\border\s+by\b", re.IGNORECASE)
ALTERNATIVE = re.compile(r"\bor\b|\|", re.IGNORECASE)


def _as_clause(jql: str) -> str:
    """JQL that may stand before an AND."""
    bare = QUOTED.sub("", jql)
    if ORDER.search(bare):
        raise ValueError("must not hold ORDER BY: the order of the walk is fixed")
    return f"({jql.strip()})" if ALTERNATIVE.search(bare) else jql.strip()


def _read_object(value: object) -> object:
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except json.JSONDecodeError as problem:
        raise ValueError('must be a JSON object, e.g. {"On hold": "waiting"}') from problem


def _fold_names(names: dict[str, T]) -> dict[str, T]:
    return {name.strip().casefold(): value for name, value in names.items()}


Clause = Annotated[str, AfterValidator(_as_clause)]
StatusMap = Annotated[dict[str, StatusCategory], BeforeValidator(_read_object), AfterValidator(_fold_names)]
KindMap = Annotated[dict[str, Kind], BeforeValidator(_read_object), AfterValidator(_fold_names)]


class JiraSettings(HttpSettings):
    """Settings of a Jira source. With a user the login is Basic user:token, without one it is Bearer."""

    user: str | None = Field(
        default=None,
        validation_alias=AliasChoices("user", "username", "email"),
        description="Who logs in: an e-mail address on Cloud, a user name on Data Center. Unset: TOKEN is a bearer.",
    )
    token: SecretStr = Field(
        min_length=1,
        validation_alias=AliasChoices("token", "api_token", "password"),
        description="API token (Cloud), personal access token or password (Data Center).",
    )
    deployment: Literal["auto", "cloud", "datacenter"] = Field(
        default="auto", description="Which Jira this is; auto asks the system. Server counts as datacenter."
    )
    jql: Clause | None = Field(
        default=None, description="JQL that restricts what is read, e.g. project in (OPS, NET). Without ORDER BY."
    )
    team_field: str | None = Field(
        default=None,
        description="Field that holds the team, by id or name. Unset: Jira's own team field if there is one.",
    )
    service_field: str | None = Field(
        default=None,
        description="Field that holds the service, by id or name. Unset: 'Affected services' or 'Service'.",
    )
    provider_field: str | None = Field(
        default=None, description="Field that holds the provider who does the work, by id or name."
    )
    category_field: str | None = Field(default=None, description="Field that holds the category, by id or name.")
    status_map: StatusMap = Field(
        default={}, description='Status name to category as JSON, before Jira\'s own, e.g. {"On hold": "waiting"}.'
    )
    kind_map: KindMap = Field(
        default={}, description='Issue type to kind as JSON, before the built-in words, e.g. {"Fault": "incident"}.'
    )
