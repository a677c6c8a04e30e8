"""The truths about the bench's data, and whether an export agrees with them."""

import json
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

from service.analysis.lifecycle import trace_lifecycle
from service.pipeline.analyst import utc_now
from service.store.database import Database
from service.store.tickets import reader
from service.store.tickets.reader import StoredTicket
from tests.replay.bench import Bench

Line = dict[str, Any]


@cache
def truths(data: Path) -> dict[str, Any]:
    result: dict[str, Any] = json.loads((data / "oracle.json").read_bytes())
    return result


def stored_lines(database_url: str) -> list[Line]:
    """Return a line for each stored ticket with what the oracle counts: an export without its analysis."""
    database = Database(database_url)
    lines = [_line(row) for batch in reader.read_all(database) for row in batch]
    database.dispose()
    return lines


def _line(row: StoredTicket) -> Line:
    ticket, lifecycle = row.ticket, trace_lifecycle(row.ticket, utc_now())
    return {
        "source": row.source, "id": ticket.id, "key": ticket.key, "kind": ticket.kind, "team": ticket.team,
        "status_category": lifecycle.status_category, "reopens": lifecycle.reopens,
        "pingpong_strict": lifecycle.pingpong_strict, "reassignment_count": ticket.reassignment_count,
        "deleted_at": row.deleted_at,
    }  # fmt: skip


def assert_agrees(lines: Iterable[Line], bench: Bench, sources: Iterable[str] = ("cloud", "dc", "servicenow")) -> None:
    """Every ticket once, in the version that the bench holds, and every set exactly as the oracle has it."""
    by_source: dict[str, list[Line]] = {source: [] for source in sources}
    for line in lines:
        if line["source"] in by_source:
            by_source[line["source"]].append(line)
    for source, tickets in by_source.items():
        assert_every_ticket_once(tickets, bench, source)
        (_servicenow_sets if source == "servicenow" else _jira_sets)(tickets, truths(bench.data))


def assert_every_ticket_once(lines: list[Line], bench: Bench, source: str) -> None:
    ids = [line["id"] for line in lines]
    assert len(ids) == len(set(ids)), "a ticket is there twice"
    expected = _servicenow_ids(bench) if source == "servicenow" else set(bench.truth(system="jira")["ids"])
    assert set(ids) == expected, f"{source}: {len(expected - set(ids))} missing, {len(set(ids) - expected)} too many"


def _servicenow_ids(bench: Bench) -> set[str]:
    tables = ("incident", "problem", "change_request")
    return {id_ for table in tables for id_ in bench.truth(system="servicenow", table=table)["ids"]}


def _servicenow_sets(lines: list[Line], truth: dict[str, Any]) -> None:
    incidents = [line for line in lines if line["kind"] == "incident"]
    oracle = truth["servicenow"]
    assert len(incidents) == oracle["rows"]["incident"]
    assert keys(incidents, "reopens", 1) == set(oracle["reopened"])
    assert keys(incidents, "reopens", 2) == set(oracle["reopened_twice"])
    assert keys(incidents, "reassignment_count", 3) == set(oracle["reassignment_3"])
    assert keys(incidents, "pingpong_strict", 1) == set(oracle["group_ping_pong"])


def _jira_sets(lines: list[Line], truth: dict[str, Any]) -> None:
    oracle = truth["jira"]
    assert len(lines) == oracle["issues"]
    assert keys(lines, "reopens", 1) == set(oracle["reopened_1"])
    assert keys(lines, "reopens", 2) == set(oracle["reopened_2"])


def keys(lines: Iterable[Line], field: str, least: int) -> set[str]:
    """Return the keys of the tickets whose field is at least so much."""
    return {line["key"] for line in lines if (line[field] or 0) >= least}
