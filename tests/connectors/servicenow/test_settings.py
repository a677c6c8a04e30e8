"""What an operator may say, and what is refused with a reason."""

from typing import Any

import pytest
from pydantic import ValidationError

from connectors.servicenow import ServiceNowConnector
from connectors.servicenow.settings import DEFAULT_TABLES, ServiceNowSettings

BASE = {"url": "https://example.service-now.com", "user": "reader", "password": "s3cret-password"}


def settings(**given: Any) -> ServiceNowSettings:
    return ServiceNowSettings.model_validate(BASE | given)


def test_every_setting_is_described() -> None:
    assert all(field.description for field in ServiceNowConnector.Settings.model_fields.values())


def test_user_is_called_username_too() -> None:
    given = {name: value for name, value in BASE.items() if name != "user"}
    assert ServiceNowSettings.model_validate({**given, "username": "reader"}).user == "reader"


@pytest.mark.parametrize("text", ["incident, u_ticket", '["incident", "u_ticket"]'])
def test_tables_are_written_with_commas_or_as_json(text: str) -> None:
    found = settings(tables=text)
    assert found.tables == ("incident", "u_ticket")
    assert found.tables_are_named


def test_default_tables_are_not_named() -> None:
    assert settings().tables == DEFAULT_TABLES
    assert not settings().tables_are_named


def test_the_end_mark_of_a_copied_query_is_dropped() -> None:
    assert settings(query="^company=ours^EQ").query == "company=ours"


def test_maps_are_written_as_json() -> None:
    found = settings(status_map='{"Parked": "waiting"}', kind_map='{"u_alert": "alert"}')
    assert found.status_map == {"Parked": "waiting"}
    assert found.kind_map == {"u_alert": "alert"}


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"query": "active=true^NQactive=false"}, "must not contain"),
        ({"query": "active=true^ORDERBYnumber"}, "must not contain"),
        ({"tables": "task,incident"}, "beside other tables"),
        ({"tables": ""}, "at least one table"),
        ({"tables": "incident^x"}, "pattern"),
        ({"tables": '["incident"'}, "no valid JSON"),
        ({"team_field": "a,b"}, "pattern"),
        ({"status_map": '{"Parked": "parked"}'}, "waiting"),
        ({"password": None}, "USER and PASSWORD belong together"),
        ({"client_id": "treadmill"}, "CLIENT_ID and CLIENT_SECRET belong together"),
        ({"user": None, "password": None}, "set USER and PASSWORD, or CLIENT_ID and CLIENT_SECRET"),
        ({"url": "http://example.service-now.com"}, "https"),
    ],
)
def test_what_is_wrong_is_refused_with_a_reason(given: dict[str, Any], reason: str) -> None:
    with pytest.raises(ValidationError, match=reason) as refused:
        settings(**given)
    assert "s3cret" not in str(refused.value)


def test_secrets_are_never_shown() -> None:
    shown = repr(settings(client_id="treadmill", client_secret="s3cret-client"))
    assert "s3cret" not in shown
