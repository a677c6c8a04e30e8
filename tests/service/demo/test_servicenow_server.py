from collections import Counter
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from service.demo.company import Company
from service.demo.login import Credentials
from service.demo.record import TABLES
from service.demo.servicenow.server import ServiceNowServer
from service.demo.servicenow.task import sys_id
from tests.service.demo.asking import ask

LOGIN = Credentials("someone")
VALUES = {"sysparm_display_value": "false", "sysparm_exclude_reference_link": "true"}
ALL_TABLES = (
    *TABLES, "sc_task", "sys_audit", "sys_choice", "sys_user_group", "sys_user", "cmdb_ci", "cmdb_ci_service",
    "task_sla", "metric_instance", "core_company",
)  # fmt: skip


class ServiceNow:
    """A server and credentials for it."""

    def __init__(self, company: Company) -> None:
        self.server = ServiceNowServer(company, LOGIN)

    def table(
        self, name: str, query: str = "", *, login: Credentials | None = LOGIN, **parameters: Any
    ) -> httpx.Response:
        parameters = {f"sysparm_{key}": value for key, value in parameters.items()} | VALUES
        return ask(self.server.app, f"/api/now/table/{name}", login=login, sysparm_query=query, **parameters)

    def rows(self, name: str, query: str = "", **parameters: Any) -> list[dict[str, str]]:
        answer = self.table(name, query, **parameters)
        assert answer.status_code == 200, answer.text
        result: list[dict[str, str]] = answer.json()["result"]
        return result


@pytest.fixture(scope="module")
def servicenow(company: Company) -> ServiceNow:
    return ServiceNow(company)


@pytest.mark.parametrize("login", [None, Credentials("someone", "wrong")])
def test_refuses_strangers(servicenow: ServiceNow, login: Credentials | None) -> None:
    refused = servicenow.table("incident", login=login)
    assert refused.status_code == 401
    assert refused.json()["status"] == "failure"


def test_refuses_unknown_tables_and_queries(servicenow: ServiceNow) -> None:
    assert servicenow.table("u_secret").json()["error"]["message"] == "Invalid table u_secret"
    assert servicenow.table("incident", "numberLIKE1").status_code == 400
    path = "/api/now/table/incident"
    assert ask(servicenow.server.app, path, login=LOGIN, sysparm_display_value="all").status_code == 400


@pytest.mark.parametrize("table", ALL_TABLES)
def test_all_values_are_texts(servicenow: ServiceNow, table: str) -> None:
    rows = servicenow.rows(table, limit=50)
    assert rows or table in ("sc_task", "metric_instance")
    assert all(isinstance(value, str) for row in rows for value in row.values())
    assert all("." not in column for row in rows for column in row)
    assert len({row["sys_id"] for row in rows}) == len(rows)


def test_unknown_fields_are_ignored_and_dots_are_walked(servicenow: ServiceNow) -> None:
    fields = "number,mistyped,assignment_group.vendor"
    query = f"assignment_group={sys_id('sys_user_group', 'Northwind Services')}"
    rows = servicenow.rows("incident", query, fields=fields, limit=1)
    assert set(rows[0]) == {"number", "assignment_group.vendor"}
    (vendor,) = servicenow.rows("core_company", f"sys_id={rows[0]['assignment_group.vendor']}")
    assert vendor["name"] == "Northwind Services"


def test_pages_tell_the_total_and_where_to_go_on(servicenow: ServiceNow, company: Company) -> None:
    total = company.truth()["counts"]["servicenow"]["problem"]
    page = servicenow.table("problem", "ORDERBYsys_id", fields="sys_id", limit=40, offset=40)
    assert len(page.json()["result"]) == 40
    assert page.headers["X-Total-Count"] == str(total)
    links = httpx.Headers(page.headers)["link"]
    assert all(f'rel="{rel}"' in links for rel in ("first", "prev", "next", "last"))
    last = servicenow.table("problem", "ORDERBYsys_id", fields="sys_id", limit=40, offset=total - 5)
    assert len(last.json()["result"]) == 5
    assert 'rel="next"' not in last.headers["Link"]


def test_counts(servicenow: ServiceNow, company: Company) -> None:
    path, query = "/api/now/stats/incident", {"sysparm_count": "true", "sysparm_query": "priority=1"}
    response = ask(servicenow.server.app, path, login=LOGIN, **query).json()
    expected = sum(r.kind == "incident" and r.priority[0] == "1" for r in company.records("servicenow").values())
    assert response == {"result": {"stats": {"count": str(expected)}}}


def test_a_row_says_what_the_ticket_is(servicenow: ServiceNow, company: Company) -> None:
    closed = [record for record in company.records("servicenow").values() if record.status == "Closed" and record.work]
    record = next(record for record in closed if record.kind == "incident" and record.linked("problem") and record.host)
    (row,) = servicenow.rows("incident", f"sys_id={record.id}")
    assert row["number"] == record.key
    assert row["state"] == "7"
    assert row["active"] == "false"
    assert row["opened_at"] == f"{record.opened_at:%Y-%m-%d %H:%M:%S}"
    assert row["time_worked"] == str(datetime.fromtimestamp(record.seconds, UTC))[:19]
    assert row["problem_id"] == getattr(record.linked("problem"), "id", None)
    names = {"sys_user_group": "assignment_group", "sys_user": "assigned_to", "cmdb_ci": "cmdb_ci"}
    by_key = {column: servicenow.rows(table, f"sys_id={row[column]}")[0]["name"] for table, column in names.items()}
    assert by_key == {"assignment_group": record.team, "assigned_to": record.assignee, "cmdb_ci": record.host}


def test_audit_tells_every_change_but_not_the_beginning(servicenow: ServiceNow, company: Company) -> None:
    record = max(company.records("servicenow").values(), key=lambda record: len(record.changes))
    query = (
        f"tablename={record.kind}^documentkeyIN{record.id},none^fieldnameINstate,assignment_group^ORDERBYsys_created_on"
    )
    rows = servicenow.rows("sys_audit", query)
    changes = [change for change in record.changes if change.field in ("status", "team")]
    assert [row["sys_created_on"] for row in rows] == [f"{change.at:%Y-%m-%d %H:%M:%S}" for change in changes]
    assert rows[0]["oldvalue"] != ""
    assert {row["fieldname"] for row in rows} <= {"state", "assignment_group"}


def test_every_state_has_a_label(servicenow: ServiceNow) -> None:
    choices = servicenow.rows("sys_choice", "element=state^language=en^inactive=false")
    labels = {(choice["name"], choice["value"]): choice["label"] for choice in choices}
    for table in TABLES:
        states = Counter(row["state"] for row in servicenow.rows(table, fields="state"))
        assert all(labels.get((table, state)) or labels.get(("task", state)) for state in states)


def test_service_levels_are_kept_by_most(servicenow: ServiceNow) -> None:
    clocks = servicenow.rows("task_sla")
    breached = [clock for clock in clocks if clock["has_breached"] == "true"]
    assert 0.02 < len(breached) / len(clocks) < 0.5
    assert all(clock["planned_end_time"] < (clock["end_time"] or "9") for clock in breached)
