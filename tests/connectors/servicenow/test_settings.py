"""Settings of a ServiceNow source."""

from typing import Any

import pytest
from pydantic import ValidationError

from connectors.servicenow.connector import ServiceNowConnector
from connectors.servicenow.settings import DEFAULT_TABLES, ServiceNowSettings

BASE = {"url": "https://example.service-now.com", "user": "reader", "password": "s3cret-password"}


def settings(**values: Any) -> ServiceNowSettings:
    return ServiceNowSettings.model_validate(BASE | values)


def test_every_setting_is_described() -> None:
    assert all(field.description for field in ServiceNowConnector.Settings.model_fields.values())


def test_user_is_also_named_username() -> None:
    values = {name: value for name, value in BASE.items() if name != "user"}
    assert ServiceNowSettings.model_validate({**values, "username": "reader"}).user == "reader"


@pytest.mark.parametrize("text", ["incident, u_ticket", '["incident", "u_ticket"]'])
def test_tables_are_written_with_commas_or_as_json(text: str) -> None:
    parsed = settings(tables=text)
    assert parsed.tables == ("incident", "u_ticket")
    assert parsed.tables_are_named


def test_default_tables_are_not_named() -> None:
    assert settings().tables == DEFAULT_TABLES
    assert not settings().tables_are_named


def test_end_mark_of_a_copied_query_is_dropped() -> None:
    assert settings(query="^company=ours^EQ").query == "company=ours"


def test_maps_are_written_as_json() -> None:
    parsed = settings(status_map='{"Parked": "waiting"}', kind_map='{"u_alert": "alert"}')
    assert parsed.status_map == {"Parked": "waiting"}
    assert parsed.kind_map == {"u_alert": "alert"}


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"query": "active=true^NQactive=false"}, "must not contain"),
        ({"query": "active=true^ORDERBYnumber"}, "must not contain"),
        ({"tables": "task,incident"}, "beside other tables"),
        ({"tables": ""}, "at least one table"),
        ({"tables": "incident^x"}, "pattern"),
        ({"tables": '["incident"'}, "not valid JSON"),
        ({"team_field": "a,b"}, "pattern"),
        ({"status_map": '{"Parked": "parked"}'}, "waiting"),
        ({"password": None}, "USER and PASSWORD belong together"),
        ({"client_id": "treadmill"}, "CLIENT_ID and CLIENT_SECRET belong together"),
        ({"user": None, "password": None}, "set USER and PASSWORD, or CLIENT_ID and CLIENT_SECRET"),
        ({"url": "http://example.service-now.com"}, "https"),
    ],
)
def test_wrong_settings_are_rejected_with_the_reason(values: dict[str, Any], reason: str) -> None:
    with pytest.raises(ValidationError, match=reason) as caught:
        settings(**values)
    assert "s3cret" not in str(caught.value)


def test_repr_contains_no_secret() -> None:
    text = repr(settings(client_id="treadmill", client_secret="s3cret-client"))
    assert "s3cret" not in text
