"""The passing of time, and repetitions: past moments, moments to come, restated numbers, rebuilds."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from config.settings import Settings
from service.pipeline import analysis
from service.report.document import report
from service.report.export_rows import metrics
from service.store.queries.scopes import Scope
from service.store.results import feedback, state
from tests.marks import postgres_is_slow
from tests.service.pipeline.comparison import differences, document, rebuild_apart, stored_results
from tests.service.pipeline.test_families import incident
from tests.service.pipeline.world import MEANWHILE, TITLES, RandomEvents, World, opened

pytestmark = postgres_is_slow
MAIL, PRINTER = TITLES[0], TITLES[5]
Row = dict[str, Any]


def busy(world: World, seed: int = 5) -> RandomEvents:
    """Return random events in a world in which much has happened."""
    events = RandomEvents(world, seed, tickets=25)
    for _ in range(80):
        events._arrive("alpha", events.dice.choice(events._ids))
    return events


def measured(world: World, metric: str) -> dict[str, Row]:
    """Return the rows of one metric of all tickets, by the first day of the month."""
    snapshot = world.analyst._snapshot(world.database, world.as_of, Scope())
    expected = "all", metric
    rows: list[Row] = [dict(row) for row in metrics(snapshot, "month")]
    return {row["from"][:10]: row for row in rows if (row["scope"], row["metric"]) == expected}


def test_a_snapshot_of_the_past_equals_the_analysis_of_then_and_leaves_the_store_alone(world: World) -> None:
    busy(world)
    world.as_of = MEANWHILE
    world.analyse()
    then = document(world.analyst, world.database, MEANWHILE)
    world.as_of += timedelta(days=60)
    world.analyse()
    before = stored_results(world.database)
    with world.analyst.snapshot(Scope(), MEANWHILE) as snapshot:
        assert snapshot.results is not world.database
        assert document(world.analyst, snapshot.results, MEANWHILE) == then
        assert report(snapshot).as_of == MEANWHILE
    assert differences(stored_results(world.database), before) == []
    with world.analyst.snapshot(Scope(), world.as_of) as snapshot:
        assert snapshot.results is world.database, "it stands there already"


@pytest.mark.parametrize("days", [1, 30])
def test_an_analysis_of_the_past_is_brought_forward(world: World, days: int) -> None:
    busy(world)
    world.as_of = MEANWHILE
    world.analyse()
    world.as_of += timedelta(days=days)
    assert not world.analyse().rebuilt
    updated = stored_results(world.database)
    with rebuild_apart(world.analyst, world.as_of) as results:
        assert differences(updated, stored_results(results)) == []


def test_a_ticket_of_tomorrow_counts_tomorrow(world: World) -> None:
    world.as_of = opened(10)
    world.write(incident("a", MAIL, 9), incident("b", MAIL, 11))
    world.analyse()
    assert set(world.facts()) == {"a"}
    assert world.analyse().tickets == 0, "it does not come up again and again"
    world.as_of = opened(12)
    assert world.analyse().tickets == 1
    assert set(world.facts()) == {"a", "b"}


def test_a_cycle_that_falls_silent_is_endless_no_longer_and_its_past_stays_as_it_was_known(world: World) -> None:
    world.as_of = opened(60)
    world.write(*(incident(str(week), MAIL, 7 * week) for week in range(8)))
    world.analyse()
    assert world.family("0").is_endless
    assert world.sums()["endless"] == 4
    world.as_of = opened(120)
    assert world.analyse().tickets == 0
    assert not world.family("0").is_endless
    assert world.sums()["endless"] == 4


def test_a_restated_number_keeps_what_was_published_first_and_why(world: World) -> None:
    world.write(incident("a", MAIL, 1), incident("b", PRINTER, 2))
    world.analyse()
    line = measured(world, "opened")["2026-01-01"]
    assert (line["published"], line["restated_because"]) == (2, None)
    first = world.as_of = world.as_of + timedelta(days=1)
    world.write(incident("c", MAIL, 3))
    world.analyse()
    world.as_of += timedelta(days=1)
    world.analyse(rebuild=True)
    line = measured(world, "opened")["2026-01-01"]
    assert (line["value"], line["published"], line["restated_because"]) == (3, 2, "tickets changed")
    assert line["restated_at"] == first.isoformat(), "the rebuild moved nothing"
    world.remove("c")
    world.analyse()
    line = measured(world, "opened")["2026-01-01"]
    assert (line["published"], line["restated_because"]) == (2, None)


def test_a_number_that_ripens_is_not_restated(world: World) -> None:
    world.as_of = opened(30)
    world.write(incident("a", MAIL, 1))
    world.analyse()
    line = measured(world, "reopen_rate")["2026-01-01"]
    assert (line["value"], line["published"]) == (None, None)
    world.as_of = opened(90)
    world.analyse()
    line = measured(world, "reopen_rate")["2026-01-01"]
    assert (line["value"], line["published"], line["restated_because"]) == (0.0, 0.0, None)


def test_a_rebuild_that_was_killed_is_done_again(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    busy(world)
    world.analyse()
    before = stored_results(world.database)

    def die(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as dying:
        dying.setattr(analysis, "update_fixes", die)
        with pytest.raises(KeyboardInterrupt):
            world.analyse(rebuild=True)
    with world.database.read() as connection:
        assert not state.load(connection).whole
    assert world.analyst.stored_snapshot(Scope()) is None
    assert world.analyse().rebuilt
    assert differences(stored_results(world.database), before) == []


def test_new_rules_or_settings_analyse_everything_again(world: World, tmp_path: Path) -> None:
    world.write(incident("a", MAIL, 1))
    assert world.analyse().reason == "first analysis"
    assert not world.analyse().rebuilt
    world.settings = Settings(timezone="Europe/Paris")
    assert world.analyse().reason == "rules or settings changed"
    rules = tmp_path / "rules.toml"
    rules.write_text('version = "1"\n[[rule]]\nname = "ours"\nclass = "delivery"\nwhen = {kind = "incident"}\n')
    world.settings = Settings(timezone="Europe/Paris", rules_file=str(rules))
    assert world.analyse().rebuilt
    fact = world.facts()["a"].fact
    assert (fact.nature, fact.work_class, fact.decided_by) == ("proactive", "delivery", "organisation: ours")
    assert not world.analyse().rebuilt


def test_new_definitions_analyse_everything_again(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.write(incident("a", MAIL, 1))
    world.analyse()
    monkeypatch.setattr(analysis, "VERSION", f"{analysis.VERSION}+")
    assert world.analyse().reason == "definitions changed"
    assert not world.analyse().rebuilt


def test_a_correction_made_while_an_analysis_runs_is_not_lost(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(analysis, "BATCH", 1)
    world.write(incident("a", MAIL, 1), incident("b", PRINTER, 2))
    world.analyse()
    world.change("a", status="Closed")
    corrected = list[str]()

    def correct_once(_done: int, _all: int) -> None:
        if not corrected:
            corrected.append("merge")
            feedback.add_correction(world.database, "merge", world.numbers["alpha"], ["a", "b"], at=world.as_of)

    world.analyst.analyse(world.as_of, on_progress=correct_once)
    world.analyse()
    assert world.families() == {frozenset("ab")}


def test_many_changes_are_quicker_done_by_a_rebuild(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(analysis, "BATCH", 2)
    world.write(*(incident(id_, MAIL, 1) for id_ in "abcdefghij"))
    world.analyse()
    world.write(*(incident(id_, PRINTER, 1) for id_ in "ab"))
    assert not world.analyse().rebuilt
    world.write(*(incident(id_, PRINTER, 1) for id_ in "cdef"))
    assert world.analyse().rebuilt
