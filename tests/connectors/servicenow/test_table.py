"""Answers of the Table API: complete, truncated, forbidden or wrong."""

import asyncio
from collections.abc import Callable

import httpx
import pytest

from connectors.errors import BrokenAnswer, ConnectorError, MissingPermission, Unavailable, WrongCredentials
from tests.connectors.servicenow.fake import CANCELLED, PASSWORD, Instance, connector, incident, pull, sys_id

INCIDENTS = [incident(number) for number in range(250)]


def first_page_only(answer: Callable[[], httpx.Response]) -> Callable[[httpx.Request], httpx.Response | None]:
    """Answer the first request for a page of tickets with another response."""
    answered: list[httpx.Request] = []

    def intercept(request: httpx.Request) -> httpx.Response | None:
        if answered or not request.url.path.endswith("/incident") or "2999" in str(request.url):
            return None
        answered.append(request)
        return answer()

    return intercept


@pytest.mark.parametrize(
    "answer",
    [
        lambda: httpx.Response(200, json={"result": INCIDENTS[:2], **CANCELLED}, headers={"X-Total-Count": "2"}),
        lambda: httpx.Response(200, text='{"result":[{"sys_id":"1","num', headers={"Content-Type": "application/json"}),
        lambda: httpx.Response(200, json={"result": [], "status": "failure", "error": {"message": "Try again"}}),
        lambda: httpx.Response(202),
        lambda: httpx.Response(200, html="<html>Your instance is hibernating</html>"),
        lambda: httpx.Response(503),
        lambda: httpx.Response(429, headers={"Retry-After": "0"}),
    ],
    ids=["result and error", "cut", "failure", "202", "html", "503", "429"],
)
def test_incomplete_answer_is_retried(instance: Instance, answer: Callable[[], httpx.Response]) -> None:
    instance.tables["incident"] = INCIDENTS
    instance.intercept = first_page_only(answer)
    source = connector()
    assert [ticket.id for page in pull(source) for ticket in page.tickets] == [row["sys_id"] for row in INCIDENTS]
    assert source.usage.retries == 1


def too_slow_for(rows: int) -> Callable[[httpx.Request], httpx.Response | None]:
    """Cancel the transaction of each page of more rows than this."""

    def intercept(request: httpx.Request) -> httpx.Response | None:
        limit = int(request.url.params.get("sysparm_limit", "1"))
        return httpx.Response(200, json={"result": INCIDENTS[:1], **CANCELLED}) if limit > rows else None

    return intercept


def test_pages_that_stay_truncated_are_halved_for_the_rest_of_the_run(instance: Instance) -> None:
    instance.tables["incident"] = INCIDENTS
    instance.intercept = too_slow_for(300)
    assert len([ticket for page in pull(connector(page_size=400)) for ticket in page.tickets]) == 250
    limits = [params["sysparm_limit"] for params in instance.queries("incident")]
    assert limits[:2] == ["1", "1"]
    assert sorted(set(limits[2:])) == ["200", "400"]
    assert limits.index("200") > limits.index("400")
    assert "400" not in limits[limits.index("200") :]


def test_smallest_page_that_stays_truncated_ends_the_run(instance: Instance) -> None:
    instance.tables["incident"] = INCIDENTS
    instance.intercept = too_slow_for(49)
    with pytest.raises(Unavailable, match="even the smallest page, of 50, is cut off"):
        pull(connector(page_size=100))


def test_no_cookie_is_sent_back(instance: Instance) -> None:
    instance.tables["incident"] = INCIDENTS
    pull(connector(page_size=100))
    assert len(instance.requests) > 5
    assert not any("cookie" in request.headers for request in instance.requests)


def test_database_values_and_named_columns_are_requested(instance: Instance) -> None:
    instance.tables["incident"] = INCIDENTS[:1]
    pull(connector(team_field="u_team", provider_field="u_vendor"))
    query = instance.queries("incident")[-1]
    assert query["sysparm_display_value"] == "false"
    assert query["sysparm_exclude_reference_link"] == "true"
    assert {"sys_id", "state", "u_team", "u_vendor", "sys_updated_on"} <= set(query["sysparm_fields"].split(","))


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (httpx.Response(401, json={"error": {"message": "User Not Authenticated"}}), WrongCredentials),
        (httpx.Response(403, json={"error": {"message": "User Not Authorized"}}), MissingPermission),
        (httpx.Response(200, html="<html>Hibernating Instance</html>"), Unavailable),
        (httpx.ConnectError("no route to host"), Unavailable),
        (httpx.Response(200, json=[]), BrokenAnswer),
        (httpx.Response(200, json={"result": {}}), BrokenAnswer),
        (httpx.Response(200, json={"rows": []}), BrokenAnswer),
    ],
    ids=["password", "right", "hibernating", "unreachable", "list", "object", "no result"],
)
def test_failures_raise_their_error(
    instance: Instance, answer: httpx.Response | Exception, error: type[ConnectorError]
) -> None:
    def intercept(_: httpx.Request) -> httpx.Response:
        if isinstance(answer, Exception):
            raise answer
        return answer

    instance.intercept = intercept
    with pytest.raises(error) as raised:
        pull(connector())
    assert PASSWORD not in f"{raised.value} {raised.value.remedy}"


def test_wrong_password_is_sent_only_once(instance: Instance) -> None:
    instance.intercept = lambda _: httpx.Response(401)
    with pytest.raises(WrongCredentials):
        pull(connector(tables=None))
    assert len(instance.requests) == 1


def test_count_sums_the_tables_with_their_hidden_rows(instance: Instance) -> None:
    instance.tables |= {"incident": [*INCIDENTS, incident(999, "2020-01-01 00:00:00")], "problem": [incident(800)]}
    instance.hidden = {sys_id(1)}
    counted = asyncio.run(connector(tables="incident,problem").count())
    assert counted is not None
    assert counted.tickets == 251


def test_count_is_none_if_statistics_are_forbidden(instance: Instance) -> None:
    instance.intercept = lambda request: httpx.Response(403) if "/stats/" in request.url.path else None
    assert asyncio.run(connector().count()) is None


def test_tickets_are_read_from_the_table_that_has_them(instance: Instance) -> None:
    instance.tables |= {
        "incident": INCIDENTS,
        "problem": [incident(800, number="PRB0000800", sys_class_name="problem")],
    }
    ids = [row["sys_id"] for row in INCIDENTS] + [sys_id(800), sys_id(999)]

    async def collect() -> list[str]:
        source = connector(tables="incident,problem")
        return [ticket.key async for page in source.tickets(ids) for ticket in page.tickets]

    assert sorted(asyncio.run(collect())) == sorted([*(row["number"] for row in INCIDENTS), "PRB0000800"])
    assert all(len(params["sysparm_query"]) < 4000 for params in instance.queries("incident"))


def test_closed_walk_leaves_no_task(instance: Instance) -> None:
    instance.tables["incident"] = INCIDENTS

    async def stop_after_first_page() -> int:
        source = connector(page_size=50)
        pages = source.pages(None)
        await anext(pages)
        await pages.aclose()
        await source.aclose()
        return len(asyncio.all_tasks())

    assert asyncio.run(stop_after_first_page()) == 1


def test_next_page_is_prefetched_while_the_current_one_is_used(instance: Instance) -> None:
    instance.tables["incident"] = INCIDENTS

    async def watch() -> bool:
        source = connector(page_size=50)
        pages = source.pages(None)
        await anext(pages)
        await asyncio.sleep(0.2)
        last = instance.queries("incident")[-1]["sysparm_query"]
        await pages.aclose()
        await source.aclose()
        return sys_id(99) in last

    assert asyncio.run(watch())
