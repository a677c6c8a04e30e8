"""Odd rows: whatever a column holds costs this column, or this row, and never the page."""

import asyncio
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.base import Context
from connectors.model import Refusal, Ticket
from connectors.servicenow.batch import BatchReader, RowBatch
from connectors.servicenow.choices import Choices
from connectors.servicenow.history import HistoryRows
from connectors.servicenow.metrics import FIELDS as METRICS
from connectors.servicenow.rows import clean_row, complete_rows
from connectors.servicenow.settings import ServiceNowSettings
from connectors.servicenow.sla import FIELDS as SLA_FIELDS
from connectors.servicenow.table import TableApi
from connectors.words import Words
from tests.connectors import odd
from tests.connectors.servicenow.fake import Instance, audit, connector, incident, pull, sys_id

NEEDED = {"sys_id", "sys_created_on", "sys_updated_on"}
COLUMNS = sorted(
    {*incident(1), "opened_at", "resolved_at", "closed_at", "time_worked", "reopen_count", "sys_class_name"}
)
AUDIT = ("sys_id", "documentkey", "fieldname", "oldvalue", "newvalue", "sys_created_on")


def mapped(row: Any, changes: Any = (), metrics: Any = (), slas: Any = ()) -> Ticket | Refusal:
    options = ServiceNowSettings.model_validate({"url": "https://x.service-now.com", "user": "u", "password": "p"})
    reader = BatchReader(TableApi(None), Choices([], Words()), options, Context("s"))  # type: ignore[arg-type]
    clean = clean_row(row)
    history = HistoryRows({clean.get("sys_id", ""): changes}, {clean.get("sys_id", ""): metrics})
    batch = RowBatch("incident", [clean], history, {clean.get("sys_id", ""): slas})
    ready, refused = asyncio.run(reader.tickets(batch))
    results: list[Ticket | Refusal] = [*ready, *refused]
    return results[0]


def clean_rows(rows: list[Any], columns: tuple[str, ...]) -> list[dict[str, str]]:
    return complete_rows(map(clean_row, rows), columns)


@given(column=st.sampled_from(sorted({*COLUMNS} - NEEDED)), value=odd.values)
def test_odd_value_costs_its_column_alone(column: str, value: Any) -> None:
    ticket = mapped(incident(1) | {column: value})
    assert isinstance(ticket, Ticket), ticket
    assert ticket.id == sys_id(1)


@given(row=odd.values | st.dictionaries(st.sampled_from(COLUMNS), odd.values))
def test_random_row_is_refused(row: Any) -> None:
    result = mapped(row)
    if isinstance(result, Refusal):
        odd.assert_plain(result)


@given(rows=st.lists(odd.values | st.fixed_dictionaries(dict.fromkeys(AUDIT, odd.values)), max_size=3))
def test_odd_change_costs_itself_alone(rows: list[Any]) -> None:
    good = audit(1, 1, "state", "1", "2")
    result = mapped(incident(1, state="2"), [good, *clean_rows(rows, AUDIT)])
    assert isinstance(result, Ticket), result
    assert "2024-05-01" in {f"{step.at:%Y-%m-%d}" for step in result.transitions}


@given(rows=st.lists(odd.values | st.fixed_dictionaries(dict.fromkeys(METRICS, odd.values)), max_size=3))
def test_odd_interval_costs_itself_alone(rows: list[Any]) -> None:
    metrics = clean_rows(rows, METRICS)
    assert isinstance(mapped(incident(1, state="2"), (), metrics), Ticket)


@given(rows=st.lists(odd.values | st.fixed_dictionaries(dict.fromkeys(SLA_FIELDS.split(","), odd.values)), max_size=3))
def test_odd_clock_costs_itself_alone(rows: list[Any]) -> None:
    assert isinstance(mapped(incident(1), slas=[clean_row(row) for row in rows]), Ticket)


@pytest.mark.parametrize(
    "bad",
    [
        None,
        5,
        ["a"],
        {},
        incident(2) | {"sys_id": "x" * 100_000},
        incident(2) | {"sys_id": None},
        incident(2) | {"sys_created_on": "0001-01-01 00:00:00", "opened_at": ""},
        incident(2) | {"sys_updated_on": None},
    ],
    ids=["null", "a number", "a list", "empty", "long id", "no id", "first year", "no time"],
)
def test_malformed_row_costs_itself_and_the_checkpoint_moves(instance: Instance, bad: Any) -> None:
    instance.tables["incident"] = [incident(1), incident(3)]

    def add(request: httpx.Request) -> httpx.Response | None:
        query = request.url.params.get("sysparm_query", "")
        is_walk = request.url.path.endswith("/table/incident") and "2999" not in query and "^NQ" not in query
        rows = [incident(1), bad, incident(3)]
        return httpx.Response(200, json={"result": rows}, headers={"X-Total-Count": "3"}) if is_walk else None

    instance.intercept = add
    pages = pull(connector(page_size=3))
    assert [ticket.id for page in pages for ticket in page.tickets] == [sys_id(1), sys_id(3)]
    (refusal,) = [refusal for page in pages for refusal in page.refused]
    odd.assert_plain(refusal)
    assert pages[-1].checkpoint == {"tables": {"incident": "2024-05-01T10:00:00+00:00"}}


def test_values_that_are_no_texts_are_read_as_texts(instance: Instance) -> None:
    instance.tables["incident"] = [
        incident(1)
        | {"reopen_count": 2, "assigned_to": {"link": "https://x", "value": "u1"}, "short_description": None}
    ]
    (page,) = pull(connector())
    (ticket,) = page.tickets
    assert (ticket.reopen_count, ticket.assignee, ticket.title) == (2, "u1", "")
