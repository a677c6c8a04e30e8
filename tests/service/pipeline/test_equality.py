"""Equality of updates and rebuilds, whatever happened."""

import pytest

from service.pipeline import analysis, counting
from service.store.database import Database
from service.store.queries.scopes import Scope
from service.store.tickets import reader
from tests.marks import each_slow, postgres_is_slow
from tests.service.pipeline.comparison import differences, document, rebuild_apart, stored_results
from tests.service.pipeline.world import MEANWHILE, RandomEvents, World

SCOPES = (Scope(), Scope("service", "Mail"), Scope("source", "alpha"), Scope("team", "Messaging"))


@pytest.mark.parametrize(
    ("database_url", "seed", "steps"),
    [
        ("sqlite", 0, 8),
        *(pytest.param("sqlite", seed, 20, marks=pytest.mark.slow) for seed in (0, 4)),
        *(pytest.param("postgresql", seed, 20, marks=[pytest.mark.postgres, pytest.mark.slow]) for seed in (1,)),
    ],
    indirect=["database_url"],
)
def test_incremental_equals_rebuild(database: Database, seed: int, steps: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(analysis, "BATCH", 5)
    monkeypatch.setattr(reader, "BATCH_SIZE", 5)
    monkeypatch.setattr(analysis, "REBUILD_SHARE", 100)
    world = World(database, as_of=MEANWHILE)
    events = RandomEvents(world, seed)
    assert world.analyse().rebuilt
    for _ in range(steps):
        for _ in range(events.dice.choice((1, 1, 2, 5))):
            events.happen()
        # Small families are read whole, large ones are updated: neither must show.
        small = events.dice.choice((1, 100))
        monkeypatch.setattr(counting, "SMALL_FAMILY", small)
        events.log.append(f"-- {small}")
        assert not world.analyse().rebuilt
        updated = stored_results(database)
        with rebuild_apart(world.analyst, world.as_of) as results:
            assert differences(updated, stored_results(results)) == [], events.log
            scope = events.dice.choice(SCOPES)
            updated_report, rebuilt_report = (
                document(world.analyst, database_, world.as_of, scope) for database_ in (database, results)
            )
            assert updated_report == rebuilt_report, events.log


@postgres_is_slow
@pytest.mark.parametrize("seed", [0, *each_slow(1)])
def test_deleted_corrections_leave_no_trace(database: Database, seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(analysis, "BATCH", 5)
    monkeypatch.setattr(reader, "BATCH_SIZE", 5)
    monkeypatch.setattr(analysis, "REBUILD_SHARE", 100)
    world = World(database)
    events = RandomEvents(world, seed)
    for id_ in events._ids:
        events._arrive("alpha", id_)
    world.analyse()
    before = stored_results(database)
    moves = [events._merge, events._split, events._dismiss, events._fix, events._label]
    for step in range(12):
        move = events.dice.choice(moves if step < 8 else [*moves, events._undo, events._undo])
        move("alpha", events.dice.choice(events._ids))
        world.analyse()
    assert differences(stored_results(database), before) != []
    for correction in events.dice.sample(world.corrections(), len(world.corrections())):
        world.delete_correction(correction)
        if events.dice.random() < 0.5:
            world.analyse()
            with rebuild_apart(world.analyst, world.as_of) as results:
                assert differences(stored_results(database), stored_results(results)) == []
    for id_ in events._ids:
        world.delete_label(id_)
    assert not world.analyse().rebuilt
    assert differences(stored_results(database), before) == []
