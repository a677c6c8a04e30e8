"""The check of an account: missing rights and their remedies."""

import asyncio

import httpx
import pytest

from connectors.model import Account, MappedSample
from connectors.servicenow.auth import TOKEN_PATH
from tests.connectors.servicenow.fake import Instance, audit, connector, incident, sys_id


def check(**settings: object) -> Account:
    async def read() -> Account:
        source = connector(**settings)
        try:
            return await source.check()
        finally:
            await source.aclose()

    return asyncio.run(read())


@pytest.fixture
def healthy(instance: Instance) -> Instance:
    instance.tables |= {
        "incident": [incident(number, business_service="", assignment_group="", category="x") for number in range(3)],
        "sys_audit": [audit(100, 1, "state", "1", "2")],
        "task_sla": [],
        "sys_user": [{"sys_id": sys_id(80), "user_name": "reader", "time_zone": "America/St_Johns"}],
    }
    return instance


def test_healthy_instance_has_nothing_missing(healthy: Instance) -> None:
    assert check() == Account(
        system="ServiceNow at https://example.service-now.com",
        user="reader",
        time_zone="America/St_Johns",
        tickets=3,
        sample=MappedSample(taken=3, refused=0),
    )


def test_client_without_a_user_is_named_by_its_id(healthy: Instance) -> None:
    def give_token(request: httpx.Request) -> httpx.Response | None:
        is_for_token = request.url.path == TOKEN_PATH
        return httpx.Response(200, json={"access_token": "token", "expires_in": 60}) if is_for_token else None

    healthy.intercept = give_token
    account = check(user=None, password=None, client_id="treadmill", client_secret="s3cret-client")
    assert account.user == "OAuth client treadmill"
    assert account.time_zone == "UTC+00:00"


@pytest.mark.parametrize(
    ("displayed", "zone"),
    [
        ("2024-05-01 07:30:00", "UTC-02:30"),
        ("2024-05-01 15:45:00", "UTC+05:45"),
        ("01.05.2024 12:00:00", None),
        ("2024-01-05 10:00:00", None),
    ],
)
def test_zone_of_an_account_without_a_record_follows_from_displayed_times(
    healthy: Instance, displayed: str, zone: str | None
) -> None:
    healthy.tables["sys_user"] = []
    healthy.displayed = lambda value: displayed if value == "2024-05-01 10:00:00" else value
    assert check().time_zone == zone


def test_unavailable_zone_fails_no_check(healthy: Instance) -> None:
    healthy.tables["sys_user"] = []
    healthy.intercept = lambda request: (
        httpx.Response(400) if request.url.params.get("sysparm_display_value") == "all" else None
    )
    assert check().time_zone is None


@pytest.mark.parametrize(
    "table", ["sys_audit", "metric_instance", "task_sla", "sys_choice", "sys_user_group", "cmdb_ci"]
)
def test_forbidden_table_is_missing_with_its_remedy(healthy: Instance, table: str) -> None:
    healthy.forbidden[table] = (403, "User Not Authorized")
    (missing,) = check().missing
    assert missing.startswith(f"The account may not read {table}, so ")
    assert f"Grant it read access to {table}" in missing


def test_absent_tables_differ_from_forbidden_ones(healthy: Instance) -> None:
    healthy.forbidden["task_sla"] = (400, "Invalid table task_sla")
    healthy.forbidden["cmdb_ci_service"] = (400, "Invalid table cmdb_ci_service")
    account = check()
    assert account.notes == ("The instance has no table task_sla, so service levels are unknown.",)
    assert account.missing[0].startswith(
        "The instance has no table cmdb_ci_service, so references to it are shown by sys_id"
    )


def test_skipped_default_tables_are_missing(healthy: Instance) -> None:
    healthy.forbidden["problem"] = (403, "User Not Authorized")
    healthy.tables |= {"problem": [], "change_request": [], "sc_req_item": []}
    account = check(tables=None)
    assert len(account.missing) == 2
    assert "Grant it read access to problem" in account.missing[0]
    assert "no table sc_task" in account.missing[1]


@pytest.mark.parametrize("table", ["incident", "sys_audit", "sys_choice"])
def test_hidden_rows_are_missing(healthy: Instance, table: str) -> None:
    healthy.hidden = {row["sys_id"] for row in healthy.tables[table]}
    assert any("hidden" in text or "none of the latest is visible" in text for text in check().missing)


def test_forbidden_columns_are_missing(healthy: Instance) -> None:
    healthy.visible = lambda row: {
        name: value for name, value in row.items() if name not in ("state", "business_service")
    }
    account = check()
    assert account.missing == ("incident.state cannot be read. Grant the account read access to this column.",)
    assert account.notes[0].startswith("No table has a readable column business_service, so service stays empty.")


def test_table_without_audit_is_a_note(healthy: Instance) -> None:
    healthy.tables["sys_audit"] = []
    (note,) = check().notes
    assert note.startswith("sys_audit has no rows about the latest 3 tickets of incident")


def test_query_that_excludes_nothing_is_a_note(healthy: Instance) -> None:
    (note,) = check(query="compny=ours").notes
    assert note.startswith("QUERY excludes no row of incident.")


@pytest.mark.parametrize("status", [400, 404])
def test_an_instance_without_the_aggregate_api_can_be_read_and_says_so(healthy: Instance, status: int) -> None:
    answer = httpx.Response(status, json={"error": {"message": "Requested URI does not represent any resource"}})
    healthy.intercept = lambda request: answer if "/stats/" in request.url.path else None
    account = check(query="company=ours")
    assert (account.tickets, account.sample) == (None, MappedSample(taken=3, refused=0))
    assert account.missing[0].startswith("The tickets cannot be counted, so hidden ones stay unnoticed: ")
    assert "/api/now/stats" in account.missing[0]


def test_the_latest_rows_are_mapped_as_a_pull_would(healthy: Instance) -> None:
    healthy.tables["incident"] += [
        incident(4, opened_at="", sys_created_on="0001-01-01 00:00:00"),
        incident(5, resolved_at="9999-12-31 23:59:59", priority="Gold"),
    ]
    sample = check().sample
    assert sample is not None
    assert (sample.taken, sample.refused) == (4, 1)
    assert sample.refusals[0].reason.startswith("sys_created_on: is not between 1990 and ")
    assert [(kind.field, kind.example) for kind in sample.left_out] == [
        ("resolved_at", 'INC0000005 "9999-12-31 23:59:59"')
    ]
    assert [(word.field, word.word, word.tickets) for word in sample.unknown] == [("priority", "Gold", 1)]


def test_forbidden_count_is_missing(healthy: Instance) -> None:
    healthy.intercept = lambda request: httpx.Response(403) if "/stats/" in request.url.path else None
    account = check(query="company=ours")
    assert account.tickets is None
    assert account.missing[0].startswith("The account may not count tickets")
