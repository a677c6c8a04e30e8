"""A stored time that cannot be right ends a command with its ticket and field."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import text, update

from service.store.database import Database
from service.store.tickets.tables import TicketRow, table_of
from tests.service.conftest import Runs

TICKET = table_of(TicketRow)
FIRST, LAST = datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, 23, 59, tzinfo=UTC)
LINE = '{"id": "%d", "opened_at": "2026-10-01T08:00:00Z", "resolved_at": "2026-10-02T08:00:00Z", "title": "disk full"}'


@pytest.fixture(autouse=True)
def _zone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TREADMILL_TIMEZONE", "Europe/Berlin")


@pytest.mark.parametrize("command", [("analyse", "--rebuild"), ("report",), ("export", "metrics")])
@pytest.mark.parametrize(("field", "at"), [("resolved_at", LAST), ("opened_at", FIRST)])
def test_a_time_that_cannot_be_right_is_named_and_a_full_pull_heals_it(
    treadmill: Runs, tmp_path: Path, command: tuple[str, ...], field: str, at: datetime
) -> None:
    (tmp_path / "tickets.jsonl").write_text("\n".join(LINE % number for number in range(5)))
    treadmill("sync")
    database = Database(f"sqlite:///{tmp_path}/treadmill.db")
    with database.write() as connection:
        connection.execute(update(TICKET).where(TICKET.c.key == "3").values({field: at, "fingerprint": b"old"}))
        connection.execute(text("INSERT INTO due (ticket_id) SELECT id FROM ticket WHERE true ON CONFLICT DO NOTHING"))
    code, out, err = treadmill(*command)
    assert (code, f"{field} of 3 in archive is {at.date()}" in err, "unexpected" in out + err) == (1, True, False), err
    assert treadmill("sync", "--full")[0] == 0
    assert treadmill("report")[0] == 0
