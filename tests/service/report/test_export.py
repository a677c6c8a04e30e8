"""Exports: the same lines in three forms."""

import csv
import io
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import update

from service.pipeline.explanation import explain
from service.report import export_rows
from service.report.document import report
from service.report.export_formats import FORMATS, Columns, Row, write_csv
from service.report.serialization import field_values
from service.store.database import Database
from service.store.queries.scopes import parse_scope
from service.store.queries.snapshot import Snapshot
from service.store.tickets.sources import SOURCE
from tests.factory import ticket
from tests.service.pipeline.world import TITLES, World, opened
from tests.service.report.test_stray_tickets import LONG_AGO

PROMISED = (
    "source", "id", "key", "url", "kind", "nature", "work_class", "confidence", "decided_by", "opened_at", "updated_at",
    "first_resolved_at", "resolved_at", "closed_at", "status", "status_category", "priority", "team", "service",
    "category", "provider", "reopens", "handoffs", "pingpong_strict", "pingpong_loose", "stall_loops", "hours",
    "hours_are", "history_is", "family", "episode", "deleted_at",
)  # fmt: skip
EXPORTS: dict[str, tuple[Columns, Callable[[Snapshot], Iterator[Row]]]] = {
    "tickets": (export_rows.TICKETS, export_rows.tickets),
    "metrics": (export_rows.METRICS, lambda snapshot: export_rows.metrics(snapshot, "week")),
    "cycles": (export_rows.CYCLES, export_rows.cycles),
}


def snapshot(world: World, name: str = "all") -> Snapshot:
    return world.analyst._snapshot(world.database, world.as_of, parse_scope(name))


def written(world: World, what: str, form: str) -> bytes:
    columns, of = EXPORTS[what]
    out = io.BytesIO()
    FORMATS[form](of(snapshot(world)), columns, out)
    return out.getvalue()


def number(value: object) -> float:
    assert isinstance(value, int | float)
    return value


def parsed(content: bytes) -> list[dict[str, Any]]:
    return [json.loads(line) for line in content.splitlines()]


@pytest.mark.parametrize("what", EXPORTS)
def test_every_form_has_the_columns_in_their_order_and_the_same_lines(world: World, what: str) -> None:
    columns, _ = EXPORTS[what]
    result = parsed(written(world, what, "jsonl"))
    assert result
    assert {tuple(line) for line in result} == {columns.names}
    rows = list(csv.reader(io.StringIO(written(world, what, "csv").decode())))
    assert tuple(rows[0]) == columns.names
    assert len(rows) == len(result) + 1
    parquet = pytest.importorskip("pyarrow.parquet")
    table = parquet.read_table(io.BytesIO(written(world, what, "parquet")))
    assert (tuple(table.column_names), table.num_rows) == (columns.names, len(result))
    for name in columns.names:
        whole = [str(line[name]) for line in result]
        if name not in columns.times | columns.lists | columns.numbers:
            assert list(map(str, table.column(name).to_pylist())) == whole, name


def test_the_promised_fields_of_a_ticket_come_first() -> None:
    assert export_rows.TICKETS.names[: len(PROMISED)] == PROMISED


def test_every_ticket_is_exported_once_with_family_and_episode(world: World) -> None:
    by_key = {line["id"]: line for line in parsed(written(world, "tickets", "jsonl"))}
    assert set(by_key) == {id_ for _, id_ in world.now}
    assert len({by_key[f"w{number}"]["family"] for number in range(21)}) == 1
    assert [by_key[f"w{number}"]["episode"] for number in range(21)] == list(range(1, 22))
    assert (by_key["c"]["family"], by_key["c"]["nature"], by_key["o1"]["episode"]) == (None, "proactive", 1)
    assert by_key["w0"]["hours"] == pytest.approx(5)
    gone = by_key["o7"]
    assert (gone["deleted_at"] is not None, gone["family"], gone["hours"], gone["nature"]) == (True, None, None, None)
    assert [line["id"] for line in by_key.values() if line["deleted_at"]] == ["o7"]


def test_hours_that_are_unknown_are_empty(database: Database) -> None:
    world = World(database)
    world.write(ticket("quiet", opened_at=opened(100), status="Closed"))
    world.analyse()
    [line] = [line for line in parsed(written(world, "tickets", "jsonl")) if line["id"] == "quiet"]
    assert (line["hours"], line["hours_are"], line["ended_is"]) == (None, "unknown", "assumed")
    assert (line["resolved_at"], line["closed_at"]) == (None, None), "no time that its source does not know"
    assert "work unknown; history known" in explain(world.analyst, "quiet")


def test_a_scope_narrows_every_export(world: World) -> None:
    mine = snapshot(world, "team:Messaging")
    assert {line["team"] for line in export_rows.tickets(mine)} == {"Messaging"}
    assert {line["scope"] for line in export_rows.metrics(mine, "day")} == {"team:Messaging"}
    assert len(list(export_rows.cycles(mine))) == 1
    assert list(export_rows.cycles(snapshot(world, "team:Workplace"))) == []


@pytest.mark.parametrize("grain", ["day", "week", "month"])
def test_the_periods_of_a_metric_add_up(world: World, grain: Any) -> None:
    result = list(export_rows.metrics(snapshot(world), grain))
    for name in ("all", "source:alpha"):
        lines = [line for line in result if line["scope"] == name]
        assert sum(number(line["value"]) for line in lines if line["metric"] == "opened") == 131
        assert [line["value"] for line in lines if line["metric"] == "backlog"][-1] == 0


def test_the_unfinished_period_is_marked_so(world: World) -> None:
    open_ones = {line["from"] for line in export_rows.metrics(snapshot(world), "month") if not line["finished"]}
    assert open_ones == {"2026-05-01T00:00:00Z"}


@pytest.mark.parametrize("grain", ["day", "week", "month"])
def test_a_period_before_the_data_has_no_number(database: Database, grain: Any) -> None:
    world = World(database)
    with database.write() as connection:
        connection.execute(update(SOURCE).values(reach=LONG_AGO))
    stray = ticket("stray", team="Attic", title=TITLES[6], opened_at=opened(-900))
    usual = (ticket(f"o{number}", title=TITLES[5], opened_at=opened(number / 3)) for number in range(400))
    world.write(stray, *usual)
    world.analyse()
    rows = list(export_rows.metrics(snapshot(world), grain))
    early = [row for row in rows if str(row["from"]) < "2024"]
    assert {row["scope"] for row in early} >= {"all", "team:Attic"}
    assert {(row["value"], row["n"], str(row["why_not"]).split(" on ")[0]) for row in early} == {
        (None, None, "the data begin")
    }
    assert any(row["value"] for row in rows if row["scope"] == "all")


def test_no_cell_of_a_csv_begins_a_formula() -> None:
    out = io.BytesIO()
    at = datetime(2026, 3, 1, tzinfo=UTC)
    line = {"a": "=1+1", "b": ["-x", "y"], "c": at, "d": None, "e": -1.5}
    write_csv([line], Columns(tuple("abcde")), out)
    assert out.getvalue().decode().splitlines()[1] == "'=1+1,'-x y,2026-03-01T00:00:00Z,,-1.5"


def test_a_cycle_is_exported_with_all_that_a_report_says_of_it(world: World) -> None:
    taken = snapshot(world)
    [row] = list(export_rows.cycles(taken))
    reported = field_values(report(taken).cycles[0])
    assert {name for name in reported if name not in row} == set()
    plain = [name for name in reported if name not in ("fixes", "pending_fixes", "ticket_ids", "teams")]
    assert [row[name] for name in plain] == [reported[name] for name in plain]
    assert (row["work"], row["repeats"], len(list(reported["ticket_ids"]))) == ("failure", 20, row["tickets"])


def test_repeats_and_codes_of_resolution_are_exported(world: World) -> None:
    world.write(ticket("coded", opened_at=opened(1), status="Closed", resolution_code="Duplicate"))
    world.analyse()
    by_key = {line["id"]: line for line in parsed(written(world, "tickets", "jsonl"))}
    assert by_key["coded"]["resolution_code"] == "Duplicate"
    assert (by_key["w0"]["is_repeat"], by_key["w20"]["is_repeat"], by_key["w0"]["resolution_code"]) == (
        False,
        True,
        None,
    )


def test_an_instant_reads_the_same_in_csv_and_in_json(world: World) -> None:
    line = parsed(written(world, "tickets", "jsonl"))[0]
    row = next(csv.DictReader(io.StringIO(written(world, "tickets", "csv").decode())))
    assert (row["id"], row["opened_at"]) == (line["id"], line["opened_at"])
    assert row["opened_at"].endswith("Z")
