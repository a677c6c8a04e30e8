"""The report as a document: its fields, its scope, and the same bytes every time."""

from dataclasses import replace
from datetime import UTC

import pytest

from service.analysis.catalogue import CATALOGUE
from service.analysis.metric import not_measurable
from service.report.document import build_report, report
from service.report.evidence import collect
from service.report.html import as_html
from service.report.sections.report import Report
from service.report.serialization import document_of, from_json, to_json
from service.report.text import as_text
from service.store.database import Database
from service.store.queries.scopes import Scope, ScopeError, parse_scope
from tests.service.pipeline.world import World

PROMISED = {
    "": {
        "schema", "as_of", "timezone", "scope", "period", "verdict", "questions", "metrics", "cycles", "loops",
        "sources",
    },
    "period": {"from", "to"},
    "verdict": {"state", "sentence", "how_sure", "visibility", "recall", "drivers", "missing"},
    "questions": {"question", "answer", "evidence"},
    "metrics": {"value", "low", "high", "n", "unit", "measurable", "why_not", "trend"},
    "cycles": {
        "id", "title", "work", "state", "endless", "episodes", "tickets", "repeats", "ticket_ids", "first_seen",
        "last_seen", "median_gap_days", "hours", "hours_logged_share", "teams", "absence_factor", "fixes",
    },
    "fixes": {"ticket", "at", "outcome", "control", "control_n", "net"},
    "trend": {"direction", "slope_per_week", "low", "high", "p", "weeks"},
    "sources": {"name", "connector", "tickets", "deleted", "last_sync", "complete", "gaps"},
}  # fmt: skip


def report_on(world: World, name: str = "all") -> Report:
    """Return the report on a scope, as of the moment of the analysis."""
    return report(world.analyst._snapshot(world.database, world.as_of, parse_scope(name)))


def test_every_promised_field_is_in_the_document(world: World) -> None:
    document = document_of(report_on(world))
    [cycle] = document["cycles"]
    parts = {
        "": document, "period": document["period"], "verdict": document["verdict"],
        "questions": document["questions"][0], "metrics": document["metrics"]["opened"], "cycles": cycle,
        "fixes": cycle["fixes"][0], "trend": document["metrics"]["opened"]["trend"], "sources": document["sources"][0],
    }  # fmt: skip
    assert {name: fields - parts[name].keys() for name, fields in PROMISED.items() if fields - parts[name].keys()} == {}
    assert (document["schema"], document["timezone"], document["scope"]) == ("treadmill.report/2", "UTC", "all")
    assert list(document["metrics"]) == [metric.id for metric in CATALOGUE]
    assert set(document["loops"]) == {"reopened", "pingpong", "stalled"}
    assert len(document["questions"]) == 4


def test_a_period_before_the_data_has_no_zero_in_the_document_nor_in_print(world: World) -> None:
    snapshot = world.analyst._snapshot(world.database, world.as_of, parse_scope("all"))
    collected = collect(snapshot)
    unknown = {name: not_measurable(name, "the data begin later") for name in collected.evidence.metrics}
    evidence = replace(collected.evidence, known_from=snapshot.end, metrics=unknown)
    result = build_report(snapshot, replace(collected, evidence=evidence, judged=evidence))
    [cycle] = result.cycles
    assert (cycle.repeats_in_period, cycle.repeat_hours_in_period, cycle.money) == (None, None, None)
    assert {(loop.tickets, loop.n, loop.share, loop.hours) for _, loop in result.loops.by_name()} == {(None,) * 4}
    printed = as_html(result).replace("\N{NO-BREAK SPACE}", " ")
    loops = printed[printed.index('<section id="loops">') : printed.index('<section id="metrics">')]
    assert loops.count("Unknown: the data begin on") == 3
    assert "<strong>repeats unknown</strong> in the period" in printed
    assert "recurring." in as_html(replace(report_on(world), cycles=(), timelines={}))
    assert "<p>Unknown: the data begin on" in as_html(replace(result, cycles=(), timelines={}))


def test_the_keys_of_the_document_keep_their_order(world: World) -> None:
    document = document_of(report_on(world))
    assert list(document) == [
        "schema", "as_of", "timezone", "scope", "period", "known_from", "verdict", "questions", "findings", "metrics",
        "cycles", "loops", "sources", "money", "series", "timelines",
    ]  # fmt: skip
    [cycle] = document["cycles"]
    assert list(cycle)[:9] == [
        "id", "title", "work", "state", "endless", "episodes", "tickets", "repeats", "ticket_ids",
    ]  # fmt: skip
    changes = [metric["change_point"] for metric in document["metrics"].values() if metric["change_point"]]
    changes += [change for line in document["series"]["lines"].values() for change in line["changes"]]
    assert {next(iter(change)) for change in changes} <= {"week", "index"}


def test_json_becomes_the_report_again(world: World) -> None:
    report = report_on(world)
    assert from_json(Report, to_json(report)) == report


def test_the_numbers_of_the_report_are_those_of_the_tickets(world: World) -> None:
    report = report_on(world)
    [cycle] = report.cycles
    assert (cycle.episodes, cycle.tickets, cycle.state, cycle.endless) == (21, 21, "chronic", True)
    assert (cycle.teams, cycle.people, cycle.absence_factor) == (("Messaging",), 1, 1)
    assert cycle.ticket_ids == tuple(f"w{number}" for number in range(20, -1, -1))
    assert cycle.hours == pytest.approx(21 * 5)
    assert cycle.repeats_in_period == 13
    # Nobody was seen at work on most of the other failures.
    assert cycle.money is None
    assert cycle.median_gap_days == pytest.approx(7)
    [fix] = cycle.fixes
    assert (fix.ticket, fix.outcome, fix.episodes_before) == ("INCc", "did not hold", 3)
    begin, end = report.period.begin, report.period.end
    inside = [ticket for (_, id_), ticket in world.now.items() if id_ != "o7" and begin <= ticket.opened_at < end]
    assert report.metrics["opened"].value == len(inside)
    assert report.metrics["repeat_share"].n == len(inside)
    assert report.metrics["repeat_share"].value == sum(ticket.id[0] == "w" for ticket in inside) / len(inside)


def test_the_same_store_gives_the_same_bytes(world: World) -> None:
    first = to_json(report_on(world))
    assert to_json(report_on(world)) == first
    world.analyse(rebuild=True)
    assert to_json(report_on(world)) == first


@pytest.mark.parametrize(
    ("name", "cycles"),
    [("team:Messaging", 1), ("service:Mail", 1), ("source:alpha", 1), ("kind:incident", 1), ("team:Workplace", 0),
     ("source:beta", 0), ("provider:Nobody", 0), ("team:Nobody", 0)],
)  # fmt: skip
def test_a_scope_holds_its_own_and_nothing_else(world: World, name: str, cycles: int) -> None:
    report = report_on(world, name)
    assert (report.scope, len(report.cycles)) == (name, cycles)
    assert as_text(report)


def test_a_team_has_the_numbers_of_its_tickets(world: World) -> None:
    messaging, workplace = report_on(world, "team:Messaging"), report_on(world, "team:Workplace")
    assert messaging.metrics["opened"].value == 13
    assert messaging.metrics["repeat_share"].value == 1.0
    assert workplace.metrics["repeat_share"].value == 0.0


def test_the_text_begins_with_the_verdict_and_has_its_numbers(world: World) -> None:
    report = report_on(world)
    text = as_text(report)
    assert report.verdict.sentence in " ".join(text.split())
    for part in ("How sure", "What to do first", "Mail gateway rejects attachment", "INCc", "did not hold", "Sources"):
        assert part in text


def test_without_tickets_the_verdict_is_inconclusive(database: Database) -> None:
    empty = World(database)
    empty.analyse()
    report = report_on(empty)
    assert report.verdict.state == "inconclusive"
    assert report.verdict.missing
    assert report.cycles == ()
    assert not report.metrics["repeat_share"].measurable
    assert as_text(report)


@pytest.mark.parametrize("name", ["", "team", "team:", "floor:3", "all:x", ":x"])
def test_a_scope_that_means_nothing_is_refused(name: str) -> None:
    with pytest.raises(ScopeError, match=r"must be all or one of source, team"):
        parse_scope(name)


def test_a_scope_may_hold_a_colon() -> None:
    assert parse_scope("team:Network: Berlin") == Scope("team", "Network: Berlin")
    assert str(parse_scope("team:Network: Berlin")) == "team:Network: Berlin"


def test_the_moment_is_written_in_utc(world: World) -> None:
    report = report_on(world)
    assert report.as_of.astimezone(UTC) == world.as_of
    assert document_of(report)["as_of"].utcoffset() == UTC.utcoffset(None)
