"""Settings of a Jira source."""

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, AliasChoices, BeforeValidator, Field, SecretStr, model_validator

from connectors.base import HttpSettings

QUOTED = re.compile(r"\"(?:\\.|[^\"\\])*\"|'(?:\\.|[^'\\])*'")
CLOUD_HOST = ".atlassian.net"
ORDER = re.compile(r"\border\s+by\b", re.IGNORECASE)
ALTERNATIVE = re.compile(r"\bor\b|\|", re.IGNORECASE)


def _parse_clause(jql: str) -> str:
    """Return JQL that can be followed by AND. Raise ValueError for one with ORDER BY."""
    # Words inside quotes are values: summary ~ "order by" is no order.
    bare = QUOTED.sub("", jql)
    if ORDER.search(bare):
        raise ValueError("must not contain ORDER BY: Treadmill reads in an order of its own")
    return f"({jql.strip()})" if ALTERNATIVE.search(bare) else jql.strip()


def _fold_edition(value: object) -> object:
    folded = value.strip().casefold().replace(" ", "") if isinstance(value, str) else value
    return "datacenter" if folded in ("server", "dc", "data-center") else folded


Clause = Annotated[str, AfterValidator(_parse_clause)]


class JiraSettings(HttpSettings):
    """Settings of a Jira source. With a user the requests carry Basic user:token, without one a Bearer token."""

    user: str | None = Field(
        default=None,
        validation_alias=AliasChoices("user", "username", "email"),
        description="Login: an e-mail address on Cloud, a user name on Data Center. If unset, TOKEN is a bearer token.",
    )
    token: SecretStr = Field(
        min_length=1,
        validation_alias=AliasChoices("token", "api_token", "password"),
        description="API token (Cloud), personal access token or password (Data Center).",
    )
    deployment: Annotated[Literal["auto", "cloud", "datacenter"], BeforeValidator(_fold_edition)] = Field(
        default="auto", description="Edition of the Jira; auto asks the system. Server counts as datacenter."
    )
    jql: Clause | None = Field(
        default=None, description="JQL without ORDER BY that restricts what is read, e.g. project in (OPS, NET)."
    )
    team_field: str | None = Field(
        default=None,
        description="Field that holds the team, by id or name. Default: Jira's own team field, if there is one.",
    )
    service_field: str | None = Field(
        default=None,
        description="Field that holds the service, by id or name. Default: 'Affected services' or 'Service'.",
    )
    provider_field: str | None = Field(
        default=None, description="Field that holds the provider that does the work, by id or name."
    )
    category_field: str | None = Field(default=None, description="Field that holds the category, by id or name.")

    @model_validator(mode="after")
    def _check_user(self) -> "JiraSettings":
        if not self.user and self.url.endswith(CLOUD_HOST):
            raise ValueError("USER is not set: Jira Cloud needs the e-mail address of the account beside its TOKEN")
        return self
