"""Settings of a Jira source."""

from typing import Any

import pytest
from pydantic import ValidationError

from connectors.jira.settings import JiraSettings
from connectors.words import words_of

URL = "https://jira.example/jira/"


def settings(**values: Any) -> JiraSettings:
    return JiraSettings(**{"url": URL, "token": "s3cret-token"} | values)


@pytest.mark.parametrize("name", ["user", "username", "email"])
def test_user_has_three_names(name: str) -> None:
    assert settings(**{name: "bot"}).user == "bot"


@pytest.mark.parametrize("name", ["token", "api_token", "password"])
def test_token_has_three_names(name: str) -> None:
    assert JiraSettings.model_validate({"url": URL, name: "s3cret-token"}).token.get_secret_value() == "s3cret-token"


def test_two_names_for_one_setting_are_rejected() -> None:
    with pytest.raises(ValidationError, match="email"):
        settings(user="bot", email="bot@jira.example")


def test_context_path_is_preserved() -> None:
    assert settings().url == "https://jira.example/jira"


def test_every_setting_is_described() -> None:
    assert [name for name, field in JiraSettings.model_fields.items() if not field.description] == []


def test_repr_contains_no_secret() -> None:
    assert "s3cret" not in repr(settings())


def test_maps_are_read_from_json_and_ignore_case() -> None:
    parsed = settings(status_map='{"On Hold ": "waiting"}', kind_map='{"Fault": "incident"}')
    words = words_of(parsed)
    assert (words.status("on hold"), words.kind("FAULT")) == ("waiting", "incident")


@pytest.mark.parametrize("value", ["{", '["On hold"]', '{"On hold": "stuck"}'])
def test_wrong_maps_are_rejected(value: str) -> None:
    with pytest.raises(ValidationError, match="status_map"):
        settings(status_map=value)


@pytest.mark.parametrize("jql", ["project = OPS ORDER BY key", "order  by updated"])
def test_order_in_jql_is_rejected(jql: str) -> None:
    with pytest.raises(ValidationError, match="ORDER BY"):
        settings(jql=jql)


@pytest.mark.parametrize(
    ("jql", "clause"),
    [
        ("project in (OPS, NET)", "project in (OPS, NET)"),
        ('summary ~ "order by"', 'summary ~ "order by"'),
        ('summary ~ "this or that"', 'summary ~ "this or that"'),
        ("project = OPS or project = NET", "(project = OPS or project = NET)"),
        (" project = OPS || project = NET ", "(project = OPS || project = NET)"),
    ],
)
def test_jql_can_be_followed_by_and(jql: str, clause: str) -> None:
    assert settings(jql=jql).jql == clause
