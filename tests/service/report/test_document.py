"""The report as a document: what stands in it, for which scope, and that it stands there every time."""

from datetime import UTC, datetime
from typing import Any

import orjson
import pytest

from service.analysis.catalogue import CATALOGUE
from service.report.document import report
from service.report.text import as_text
from service.store.database import Database
from service.store.queries.scopes import Scope, ScopeError, parse_scope
from tests.service.pipeline.world import World

Document = dict[str, Any]
PROMISED = {
    "": {
        "schema", "as_of", "timezone", "scope", "period", "verdict", "questions", "metrics", "cycles", "loops",
        "sources",
    },
    "period": {"from", "to"},
    "verdict": {"state", "sentence", "drivers", "missing"},
    "questions": {"question", "answer", "evidence"},
    "metrics": {"value", "low", "high", "n", "unit", "measurable", "why_not", "trend"},
    "cycles": {
        "id", "title", "state", "endless", "episodes", "tickets", "ticket_ids", "first_seen", "last_seen",
        "median_gap_days", "hours", "hours_logged_share", "teams", "absence_factor", "fixes",
    },
    "fixes": {"ticket", "at", "outcome"},
    "trend": {"direction", "slope_per_week", "low", "high", "p", "weeks"},
    "sources": {"name", "connector", "tickets", "deleted", "last_sync", "complete", "gaps"},
}  # fmt: skip


def told(world: World, name: str = "all") -> Document:
    """The report on a scope, as of the moment of the analysis."""
    return report(world.analyst._snapshot(world.database, world.as_of, parse_scope(name)))


def test_everything_that_is_promised_stands_in_the_report(world: World) -> None:
    document = told(world)
    [cycle] = document["cycles"]
    parts = {
        "": document, "period": document["period"], "verdict": document["verdict"],
        "questions": document["questions"][0], "metrics": document["metrics"]["opened"], "cycles": cycle,
        "fixes": cycle["fixes"][0], "trend": document["metrics"]["opened"]["trend"], "sources": document["sources"][0],
    }  # fmt: skip
    assert {name: fields - parts[name].keys() for name, fields in PROMISED.items() if fields - parts[name].keys()} == {}
    assert (document["schema"], document["timezone"], document["scope"]) == ("treadmill.report/1", "UTC", "all")
    assert list(document["metrics"]) == [metric.id for metric in CATALOGUE]
    assert set(document["loops"]) == {"reopened", "pingpong", "stalled"}
    assert len(document["questions"]) == 4


def test_the_numbers_of_the_report_are_those_of_the_tickets(world: World) -> None:
    document = told(world)
    [cycle] = document["cycles"]
    assert (cycle["episodes"], cycle["tickets"], cycle["state"], cycle["endless"]) == (21, 21, "steady", True)
    assert (cycle["teams"], cycle["people"], cycle["absence_factor"]) == (["Messaging"], 1, 1)
    assert cycle["ticket_ids"] == [f"w{number}" for number in range(20, -1, -1)]
    assert cycle["hours"] == pytest.approx(21 * 5)
    assert cycle["money"] == pytest.approx(80 * 21 * 5)
    assert cycle["median_gap_days"] == pytest.approx(7 - 5 / 24)
    [fix] = cycle["fixes"]
    assert (fix["ticket"], fix["outcome"], fix["episodes_before"]) == ("INCc", "did not hold", 3)
    begin, end = (datetime.fromisoformat(document["period"][name]) for name in ("from", "to"))
    inside = [item for (_, id_), item in world.now.items() if id_ != "o7" and begin <= item.opened_at < end]
    assert document["metrics"]["opened"]["value"] == len(inside)
    assert document["metrics"]["repeat_share"]["n"] == len(inside)
    assert document["metrics"]["repeat_share"]["value"] == sum(item.id[0] == "w" for item in inside) / len(inside)


def test_the_same_look_gives_the_same_bytes(world: World) -> None:
    first = orjson.dumps(told(world), default=str)
    assert orjson.dumps(told(world), default=str) == first
    world.analyse(rebuild=True)
    assert orjson.dumps(told(world), default=str) == first


@pytest.mark.parametrize(
    ("name", "cycles"),
    [("team:Messaging", 1), ("service:Mail", 1), ("source:alpha", 1), ("kind:incident", 1), ("team:Workplace", 0),
     ("source:beta", 0), ("provider:Nobody", 0), ("team:Nobody", 0)],
)  # fmt: skip
def test_a_scope_holds_its_own_and_nothing_else(world: World, name: str, cycles: int) -> None:
    document = told(world, name)
    assert (document["scope"], len(document["cycles"])) == (name, cycles)
    assert as_text(document)


def test_a_team_has_the_numbers_of_its_tickets(world: World) -> None:
    mine, theirs = told(world, "team:Messaging"), told(world, "team:Workplace")
    assert mine["metrics"]["opened"]["value"] == 13
    assert mine["metrics"]["repeat_share"]["value"] == 1.0
    assert theirs["metrics"]["repeat_share"]["value"] == 0.0


def test_the_text_begins_with_the_sentence_and_names_what_it_rests_on(world: World) -> None:
    document = told(world)
    text = as_text(document)
    assert text.startswith(document["verdict"]["sentence"].split(":")[0][:40])
    for part in ("Mail gateway rejects attachment", "INCc", "did not hold", "Metrics", "not measurable", "Sources"):
        assert part in text
    assert max(map(len, text.splitlines())) < 200


def test_a_store_without_tickets_cannot_say_anything_and_says_so(database: Database) -> None:
    empty = World(database)
    empty.analyse()
    document = told(empty)
    assert document["verdict"]["state"] == "inconclusive"
    assert document["verdict"]["missing"]
    assert document["cycles"] == []
    assert document["metrics"]["repeat_share"]["measurable"] is False
    assert as_text(document)


@pytest.mark.parametrize("name", ["", "team", "team:", "floor:3", "all:x", ":x"])
def test_a_scope_that_means_nothing_is_refused(name: str) -> None:
    with pytest.raises(ScopeError, match=r"must be all or one of source, team"):
        parse_scope(name)


def test_a_scope_may_hold_a_colon() -> None:
    assert parse_scope("team:Network: Berlin") == Scope("team", "Network: Berlin")
    assert str(parse_scope("team:Network: Berlin")) == "team:Network: Berlin"


def test_as_of_is_told_in_utc(world: World) -> None:
    assert datetime.fromisoformat(told(world)["as_of"]).astimezone(UTC) == world.as_of
