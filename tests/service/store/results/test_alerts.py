from service.store.database import Database
from service.store.results import alerts
from tests.factory import START, at


def test_alerts_are_stored_replaced_and_deleted(database: Database) -> None:
    alerts.record(database, {"verdict": "unclear", "stale:a": None}, (), START)
    assert alerts.sent(database) == {"verdict": "unclear", "stale:a": None}
    alerts.record(database, {"verdict": "under_control"}, ("stale:a", "stale:b"), at(1))
    assert alerts.sent(database) == {"verdict": "under_control"}
    assert alerts.sent_at(database, "verdict") == at(1)
    assert alerts.sent_at(database, "stale:a") is None
