"""The start of a pull, and the checkpoints of its pages."""

from typing import Any

from connectors.model import Page
from tests.connectors.servicenow.fake import Instance, connector, incident, pull, sys_id


def keys(pages: list[Page]) -> list[str]:
    return [ticket.key for page in pages for ticket in page.tickets]


def at(instant: str, table: str = "incident") -> dict[str, Any]:
    return {"tables": {table: instant}}


def test_watermarks_are_the_latest_update_of_each_table(instance: Instance) -> None:
    instance.tables |= {
        "incident": [incident(1, "2024-05-01 10:00:00"), incident(2, "2024-05-02 10:00:00")],
        "problem": [incident(3, "2024-04-01 10:00:00")],
    }
    pages = pull(connector(tables="incident,problem", page_size=1))
    assert [page.checkpoint["tables"] for page in pages] == [
        {"incident": "2024-05-01T10:00:00+00:00"},
        {"incident": "2024-05-02T10:00:00+00:00"},
        {"incident": "2024-05-02T10:00:00+00:00", "problem": "2024-04-01T10:00:00+00:00"},
    ]


def test_pull_begins_the_overlap_before_the_watermark_and_never_moves_it_back(instance: Instance) -> None:
    instance.tables["incident"] = [
        incident(1, "2024-05-01 09:49:59"),
        incident(2, "2024-05-01 09:50:00"),
        incident(3, "2024-05-01 10:00:01"),
    ]
    pages = pull(connector(page_size=1), at("2024-05-01T10:00:00+00:00"))
    assert keys(pages) == ["INC0000002", "INC0000003"]
    assert [page.checkpoint for page in pages] == [at("2024-05-01T10:00:00+00:00"), at("2024-05-01T10:00:01+00:00")]


def test_overlap_never_reaches_before_since(instance: Instance) -> None:
    instance.tables["incident"] = [incident(1, "2024-04-30 23:59:59"), incident(2, "2024-05-01 00:00:00")]
    source = connector(since="2024-05-01", overlap="P30D")
    assert keys(pull(source, at("2024-05-10T00:00:00+00:00"))) == ["INC0000002"]


def test_watermark_never_passes_the_start_of_the_pull(instance: Instance) -> None:
    instance.tables["incident"] = [incident(1, "2024-06-01 12:00:05")]
    assert pull(connector())[0].checkpoint == at("2024-06-01T12:00:00+00:00")


def test_added_table_begins_at_since(instance: Instance) -> None:
    instance.tables |= {"incident": [], "problem": [incident(3, "2024-01-02 10:00:00")]}
    source = connector(tables="incident,problem")
    assert keys(pull(source, at("2024-05-01T10:00:00+00:00"))) == ["INC0000003"]


def test_watermark_of_a_removed_table_is_dropped(instance: Instance) -> None:
    instance.tables["incident"] = [incident(1)]
    (page,) = pull(connector(), at("2024-05-01T10:00:00+00:00", "problem"))
    assert set(page.checkpoint["tables"]) == {"incident"}


def test_literal_is_utc_to_the_second(instance: Instance) -> None:
    instance.tables["incident"] = [incident(1)]
    pull(connector(since="2024-03-01T01:30:00.5+02:00"))
    assert "sys_updated_on>=2024-02-29 23:30:00^" in instance.queries("incident")[-1]["sysparm_query"]


def test_sys_ids_are_the_identity(instance: Instance) -> None:
    instance.tables["incident"] = [incident(1, number="INC0000001"), incident(2, number="INC0000001")]
    (page,) = pull(connector())
    assert [ticket.id for ticket in page.tickets] == [sys_id(1), sys_id(2)]
