from tests.factory import START, at
from treadmill.service.store import told
from treadmill.service.store.database import Database


def test_what_is_noted_is_kept_replaced_and_forgotten(database: Database) -> None:
    told.note(database, {"verdict": "unclear", "stale:a": None}, (), START)
    assert told.told(database) == {"verdict": "unclear", "stale:a": None}
    told.note(database, {"verdict": "under_control"}, ("stale:a", "stale:b"), at(1))
    assert told.told(database) == {"verdict": "under_control"}
    assert told.told_at(database, "verdict") == at(1)
    assert told.told_at(database, "stale:a") is None
