"""Lists are read in the order of an index, whatever the store holds."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import event

from tests.service.report.company import company
from treadmill.service.store import browsing, schema
from treadmill.service.store.browsing import Wanted
from treadmill.service.store.database import Database
from treadmill.service.store.looking import Span
from treadmill.service.store.scopes import Scope

EVER = Span(0, 4_000_000_000)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = Database(f"sqlite:///{tmp_path}/treadmill.db")
    schema.upgrade(opened)
    company(opened).analyse()
    yield opened
    opened.dispose()


@pytest.mark.parametrize("about", ["repeat_share", "endless_hours_share"])
def test_tickets_of_families_are_counted_family_by_family(database: Database, about: str) -> None:
    wanted, asked = Wanted(Scope(), about, EVER), list[tuple[str, object]]()
    with database.read() as connection:
        event.listen(connection, "before_cursor_execute", lambda *told: asked.append((told[2], told[3])))
        counted, _ = browsing.counted(connection, wanted)
        plans = [
            row[3]
            for statement, values in list(asked)
            for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)  # type: ignore[arg-type] - as the driver was given them
        ]
        assert counted == len(browsing.listed(connection, wanted, 1000)) > 0
    used = [plan for plan in plans if "fact" in plan or "family" in plan]
    assert any("family_returning" in plan for plan in used)
    assert any("fact_by_family" in plan for plan in used)
    assert not any("SCAN fact" in plan or "fact_by_opening" in plan for plan in used)


def test_more_than_is_counted_is_said_to_be_more(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(browsing, "COUNTED_AT_MOST", 3)
    with database.read() as connection:
        found = [browsing.counted(connection, Wanted(Scope(), about, EVER))[0] for about in ("opened", "repeat_share")]
    assert found == [4, 4]
