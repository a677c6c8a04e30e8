"""The walk ends and loses no row: neither equal times, nor hidden rows, nor rows that change."""

from collections.abc import Sequence

import httpx
import pytest

from connectors.errors import BrokenAnswer, ConnectorError, MissingPermission, WrongSettings
from tests.connectors.servicenow.fake import Instance, Row, connector, ids, incident, pull, sys_id, tickets

SECOND = "2024-05-01 10:00:00"


def all_ids(count: int) -> list[str]:
    return [sys_id(number) for number in range(count)]


def test_equal_times_are_read_whole_and_once(instance: Instance) -> None:
    instance.tables["incident"] = [incident(number, SECOND) for number in range(11)]
    assert [ticket.id for ticket in tickets(connector(page_size=3))] == all_ids(11)


def test_large_page_is_completed_in_parts(instance: Instance) -> None:
    instance.tables["incident"] = [
        incident(number, f"2024-05-01 10:{number // 60:02}:{number % 60:02}") for number in range(900)
    ]
    pages = pull(connector(page_size=1000))
    assert [len(page.tickets) for page in pages] == [400, 400, 100]
    reached = [page.checkpoint["tables"]["incident"] for page in pages]
    assert reached == sorted(set(reached)), "each part may be the last that is stored"


def test_base_query_is_repeated_in_every_group_and_order_comes_last(instance: Instance) -> None:
    instance.tables["incident"] = [incident(number, company="ours" if number % 2 else "theirs") for number in range(9)]
    pulled = tickets(connector(page_size=2, query="company=ours"))
    assert [ticket.id for ticket in pulled] == [sys_id(number) for number in (1, 3, 5, 7)]
    assert instance.queries("incident")[-1]["sysparm_query"] == (
        f"company=ours^sys_updated_on>{SECOND}^NQcompany=ours^sys_updated_on={SECOND}^sys_id>{sys_id(3)}"
        "^ORDERBYsys_updated_on^ORDERBYsys_id"
    )


def test_page_that_comes_again_and_again_raises(instance: Instance) -> None:
    instance.tables["incident"] = rows = [incident(number) for number in range(3)]

    def ignore_the_key(request: httpx.Request) -> httpx.Response | None:
        is_walk = request.url.path.endswith("/table/incident") and "2999" not in request.url.params["sysparm_query"]
        return httpx.Response(200, json={"result": rows}) if is_walk else None

    instance.intercept = ignore_the_key
    with pytest.raises(BrokenAnswer, match="incident: the instance sent a page a second time"):
        pull(connector(page_size=3))


def test_number_of_rows_without_sense_is_no_number(instance: Instance) -> None:
    instance.intercept = lambda _request: httpx.Response(
        200, json={"result": []}, headers=[(b"X-Total-Count", b"\xb2")]
    )
    assert pull(connector()) == []


def test_pages_of_hidden_rows_are_not_the_end(instance: Instance) -> None:
    instance.tables["incident"] = [incident(number) for number in range(20)]
    instance.hidden = {sys_id(number) for number in range(4, 15)}
    pages = pull(connector(page_size=3))
    assert [ticket.id for page in pages for ticket in page.tickets] == [*all_ids(4), *all_ids(20)[15:]]
    assert {page.total for page in pages} == {20}


def test_hidden_table_yields_no_page(instance: Instance) -> None:
    instance.tables["incident"] = [incident(number) for number in range(7)]
    instance.hidden = set(all_ids(7))
    assert pull(connector(page_size=2)) == []


@pytest.mark.parametrize("links", [True, False])
def test_link_or_empty_page_ends_a_walk_without_a_count(instance: Instance, links: bool) -> None:
    instance.tables["incident"] = [incident(number) for number in range(7)]
    instance.counts, instance.links = False, links
    pages = pull(connector(page_size=2))
    assert [ticket.id for page in pages for ticket in page.tickets] == all_ids(7)
    assert pages[0].total is None


def test_row_that_changes_is_read_in_its_latest_version(instance: Instance) -> None:
    rows = instance.tables["incident"] = [incident(number, f"2024-05-01 10:00:0{number}") for number in range(9)]

    def move(table: str, page: Sequence[Row]) -> None:
        if table == "incident" and len(page) > 1 and rows[5]["sys_updated_on"] < "2024-06":
            rows[5]["sys_updated_on"], rows[5]["state"] = "2024-06-01 12:00:00", "2"

    instance.afterwards = move
    statuses = {ticket.id: ticket.status for ticket in tickets(connector(page_size=2))}
    assert set(statuses) == set(all_ids(9))
    assert statuses[sys_id(5)] == "Active"


def test_row_that_moves_away_after_a_hidden_page_hides_no_other(instance: Instance) -> None:
    rows = instance.tables["incident"] = [incident(number, f"2024-05-01 10:00:{number:02}") for number in range(40)]
    instance.hidden = {sys_id(number) for number in range(20)}

    def move(table: str, page: Sequence[Row]) -> None:
        if table == "incident" and not page and rows[0]["sys_updated_on"] < "2024-06":
            rows[0]["sys_updated_on"] = "2024-06-01 12:00:00"

    instance.afterwards = move
    assert {ticket.id for ticket in tickets(connector(page_size=20))} == set(all_ids(40)[20:])


def test_ignored_time_filter_ends_the_pull_first(instance: Instance) -> None:
    instance.tables["incident"] = [incident(1)]
    instance.ignored = {"sys_updated_on"}
    with pytest.raises(BrokenAnswer, match=r"incident: the instance ignores the condition sys_updated_on>2999"):
        pull(connector())
    with pytest.raises(BrokenAnswer):
        ids(connector())


def test_ids_are_read_by_sys_id_since_the_first_day(instance: Instance) -> None:
    instance.tables["incident"] = [incident(number) for number in range(3)] + [incident(9, "2023-12-31 23:59:59")]
    assert ids(connector()) == all_ids(3)
    assert instance.queries("incident")[-1]["sysparm_fields"] == "sys_id"
    assert instance.queries("incident")[-1]["sysparm_limit"] == "10000"


def test_row_without_a_readable_time_is_refused_alone(instance: Instance) -> None:
    rows = [incident(number, f"2024-05-01 10:00:0{number}") for number in range(5)]
    instance.tables["incident"] = rows
    instance.visible = lambda row: {**row, "sys_updated_on": ""} if row is rows[4] else row
    pages = pull(connector(page_size=2))
    assert [ticket.id for page in pages for ticket in page.tickets] == all_ids(4)
    assert [refusal.place for page in pages for refusal in page.refused] == ["INC0000004"]


def test_missing_or_forbidden_default_table_is_skipped(instance: Instance) -> None:
    instance.tables |= {"incident": [incident(1)], "problem": [], "change_request": []}
    instance.forbidden["problem"] = (403, "User Not Authorized")
    assert [ticket.id for ticket in tickets(connector(tables=None))] == [sys_id(1)]


def test_no_readable_default_table_raises(instance: Instance) -> None:
    del instance.tables["incident"]
    with pytest.raises(WrongSettings, match="no table incident"):
        pull(connector(tables=None))


@pytest.mark.parametrize(
    ("status", "message", "error", "reason"),
    [
        (400, "Invalid table u_ticket", WrongSettings, "has no table u_ticket"),
        (403, "User Not Authorized", MissingPermission, "may not read u_ticket"),
    ],
)
def test_named_table_must_be_readable(
    instance: Instance, status: int, message: str, error: type[ConnectorError], reason: str
) -> None:
    instance.forbidden["u_ticket"] = (status, message)
    with pytest.raises(error, match=reason):
        pull(connector(tables="incident,u_ticket"))
