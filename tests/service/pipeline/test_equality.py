"""What is kept up to date is what a rebuild would give, whatever happened."""

import pytest

from service.pipeline import analysis
from service.store.database import Database
from service.store.queries.scopes import Scope
from service.store.tickets import reader
from tests.service.pipeline.comparison import differences, document, found, rebuilt
from tests.service.pipeline.world import MEANWHILE, Chance, World

SCOPES = (Scope(), Scope("service", "Mail"), Scope("source", "alpha"), Scope("team", "Messaging"))


@pytest.mark.parametrize("seed", [0, 1, *(pytest.param(seed, marks=pytest.mark.slow) for seed in (2, 3, 4, 5))])
def test_incremental_equals_rebuild(database: Database, seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(analysis, "BATCH", 5)
    monkeypatch.setattr(reader, "BATCH_SIZE", 5)
    monkeypatch.setattr(analysis, "REBUILD_SHARE", 100)
    world = World(database, as_of=MEANWHILE)
    chance = Chance(world, seed)
    assert world.analyse().rebuilt
    for _ in range(20):
        for _ in range(chance.dice.choice((1, 1, 2, 5))):
            chance.happen()
        chance.told.append("--")
        assert not world.analyse().rebuilt
        kept = found(database)
        with rebuilt(world.analyst, world.as_of) as results:
            assert differences(kept, found(results)) == [], chance.told
            scope = chance.dice.choice(SCOPES)
            kept_report, fresh_report = (
                document(world.analyst, item, world.as_of, scope) for item in (database, results)
            )
            assert kept_report == fresh_report, chance.told


@pytest.mark.parametrize("seed", [0, *(pytest.param(seed, marks=pytest.mark.slow) for seed in (1, 2))])
def test_words_that_are_taken_back_leave_nothing_behind(
    database: Database, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(analysis, "BATCH", 5)
    monkeypatch.setattr(reader, "BATCH_SIZE", 5)
    monkeypatch.setattr(analysis, "REBUILD_SHARE", 100)
    world = World(database)
    chance = Chance(world, seed)
    for id_ in chance._ids:
        chance._arrive("alpha", id_)
    world.analyse()
    before = found(database)
    moves = [chance._merge, chance._split, chance._dismiss, chance._fix, chance._label]
    for step in range(12):
        move = chance.dice.choice(moves if step < 8 else [*moves, chance._undo, chance._undo])
        move("alpha", chance.dice.choice(chance._ids))
        world.analyse()
    assert differences(found(database), before) != []
    for word in chance.dice.sample(world.words(), len(world.words())):
        world.take_back(word)
        if chance.dice.random() < 0.5:
            world.analyse()
            with rebuilt(world.analyst, world.as_of) as results:
                assert differences(found(database), found(results)) == []
    for id_ in chance._ids:
        world.forget_label(id_)
    assert not world.analyse().rebuilt
    assert differences(found(database), before) == []
