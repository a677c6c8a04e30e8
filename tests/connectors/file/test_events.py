"""Event logs: many lines, few tickets."""

import asyncio
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from threading import Event as Signal
from typing import Any

import pytest

from connectors.errors import Unavailable
from connectors.file import events, inspection, reader
from connectors.file.events import EventLog
from connectors.file.mapping import Event, LineMapper
from connectors.file.record import BadLine, LineRecord
from connectors.file.settings import FileSettings
from connectors.model import Transition
from tests.connectors.file.harness import connector, existing_ids, pull, pull_ids, ticket, write, write_jsonl

COLUMNS = '{"case": "id", "time": "at", "who": "actor", "group": "team"}'
LOG = """case,time,status,group,assignee,priority,kind,title,who
T1,2024-03-01T08:00:00Z,New,Desk,,3,Incident,Mail,u1
T2,2024-03-01T09:00:00Z,New,Desk,,2,Request,Disk,u1
T1,2024-03-01T10:00:00Z,Active,Mail,u2,3,Incident,Mail is down,u1
T1,2024-03-02T08:00:00Z,Closed,Mail,u2,2,Problem,Mail is down,u2
"""


def at(day: int, hour: int = 8) -> datetime:
    return datetime(2024, 3, day, hour, tzinfo=UTC)


def pull_log(path: Path, **settings: Any) -> Any:
    return pull(path, events=True, columns=COLUMNS, **settings)


def test_differences_become_transitions_and_the_last_line_the_state(tmp_path: Path) -> None:
    ticket = pull_log(write(tmp_path / "log.csv", LOG)).tickets["T1"]

    assert ticket.transitions == (
        Transition(at=at(1, 10), field="status", old="New", new="Active", actor="u1",
                   old_category="new", new_category="active"),
        Transition(at=at(1, 10), field="team", old="Desk", new="Mail", actor="u1"),
        Transition(at=at(1, 10), field="assignee", old=None, new="u2", actor="u1"),
        Transition(at=at(2), field="status", old="Active", new="Closed", actor="u2",
                   old_category="active", new_category="closed"),
        Transition(at=at(2), field="priority", old="3", new="2", actor="u2"),
        Transition(at=at(2), field="kind", old="Incident", new="Problem", actor="u2"),
    )  # fmt: skip
    assert (ticket.title, ticket.status, ticket.status_category, ticket.kind) == (
        "Mail is down", "Closed", "closed", "problem",
    )  # fmt: skip
    assert (ticket.opened_at, ticket.updated_at, ticket.history_is) == (at(1), at(2), "history")


def test_single_line_is_a_history_without_changes(tmp_path: Path) -> None:
    ticket = pull_log(write(tmp_path / "log.csv", LOG)).tickets["T2"]

    assert (ticket.transitions, ticket.history_is, ticket.priority_level) == ((), "history", 2)
    assert (ticket.opened_at, ticket.updated_at) == (at(1, 9), at(1, 9))


def test_empty_cell_is_an_empty_value(tmp_path: Path) -> None:
    log = "case,time,status,assignee\nT,2024-03-01T08:00Z,Active,u1\nT,2024-03-02T08:00Z,Active,\n"
    ticket = pull_log(write(tmp_path / "log.csv", log)).only

    assert ticket.transitions == (Transition(at=at(2), field="assignee", old="u1", new=None),)
    assert ticket.assignee is None


def test_opened_at_is_taken_from_its_column(tmp_path: Path) -> None:
    log = "case,time,opened_at\nT,2024-03-02T08:00Z,2024-03-01T08:00Z\nT,2024-03-03T08:00Z,\n"

    assert pull_log(write(tmp_path / "log.csv", log)).only.opened_at == at(1)


def test_events_at_the_same_time_count_in_the_order_of_their_lines(tmp_path: Path) -> None:
    log = "case,time,status\n" + "".join(f"T,2024-03-01T08:00:00Z,S{number}\n" for number in range(12))

    assert [change.new for change in pull_log(write(tmp_path / "log.csv", log)).only.transitions] == [
        f"S{number}" for number in range(1, 12)
    ]


def test_times_with_and_without_fractions_are_sorted(tmp_path: Path) -> None:
    times = ("2024-03-01T08:00:00.5Z", "2024-03-01T08:00:01Z", "2024-03-01T08:00:00Z", "2024-03-01T09:00:00.25+01:00")
    log = "case,time,status\n" + "".join(f"T,{time},S{number}\n" for number, time in enumerate(times))

    assert [change.new for change in pull_log(write(tmp_path / "log.csv", log)).only.transitions] == ["S3", "S0", "S1"]


def test_log_of_json_lines(tmp_path: Path) -> None:
    path = write_jsonl(
        tmp_path / "log.jsonl",
        {"case": 7, "time": "2024-03-02T08:00Z", "status": "Done", "links": [{"relation": "child", "target": "9"}]},
        {"case": 7, "time": "2024-03-01T08:00Z", "status": "Open", "hours": 2, "transitions": "ignored"},
    )
    ticket = pull_log(path).only

    assert [(change.old, change.new) for change in ticket.transitions] == [("Open", "Done")]
    assert (ticket.links[0].target, ticket.hours_logged) == ("9", None)


def test_files_of_a_log_are_one_log(tmp_path: Path) -> None:
    write(tmp_path / "b.csv", "case,time,status\nT,2024-03-01T08:00Z,New\n")
    path = write(tmp_path / "a.csv", "case,time,status\nT,2024-03-02T08:00Z,Closed\n")
    first = pull_log(tmp_path / "*.csv")
    write(path, "case,time,status\nT,2024-03-03T08:00Z,Resolved\n")
    second = pull_log(tmp_path / "*.csv", checkpoint=first.checkpoint)

    assert [change.new for change in first.only.transitions] == ["Closed"]
    assert [(change.old, change.new) for change in second.only.transitions] == [("New", "Resolved")]
    assert pull_log(tmp_path / "*.csv", checkpoint=second.checkpoint).pages == []

    path.unlink()
    third = pull_log(tmp_path / "*.csv", checkpoint=second.checkpoint)
    assert (third.only.status, list(third.checkpoint["files"])) == ("New", [str(tmp_path / "b.csv")])


def test_bad_lines_are_refused_alone(tmp_path: Path) -> None:
    log = LOG + "T1,2024-03-01T09:00:00,Waiting,,,,,,\nT2,,New,,,,,,\n,2024-03-01T09:00:00Z,New,,,,,,\nT2,x\n"
    path = write(tmp_path / "log.csv", log)
    pulled = pull_log(path)

    assert [refusal.place for refusal in pulled.refused] == [f"{path}:{line}" for line in (6, 7, 8, 9)]
    assert [reason.split(":")[0] for reason in pulled.reasons] == [
        "T1",
        "T2",
        "id",
        "the row has 2 columns, the header 9",
    ]
    assert "at: missing" in pulled.reasons[1]
    assert len(pulled.tickets["T1"].transitions) == 6


def test_contradictory_end_of_a_ticket_is_left_out(tmp_path: Path) -> None:
    log = "case,time,closed_at\nA,2024-03-02T08:00Z,\nA,2024-03-03T08:00Z,2024-03-01T08:00Z\nB,2024-03-02T08:00Z,\n"
    path = write(tmp_path / "log.csv", log)
    pulled = pull_log(path)

    assert (pulled.ids, pulled.refused) == (["A", "B"], [])
    assert pulled.tickets["A"].closed_at is None
    assert pulled.left_out == [
        'left out: closed_at is before opened_at in 1 ticket, e.g. A "2024-03-01T08:00:00+00:00"'
    ]


def test_history_of_a_damaged_log_is_truncated(tmp_path: Path) -> None:
    write(tmp_path / "a.csv", LOG)
    write(tmp_path / "b.csv", "")
    pulled = pull_log(tmp_path / "*.csv")

    assert {ticket.history_is for ticket in pulled.tickets.values()} == {"truncated"}
    assert [refusal.place for refusal in pulled.refused] == [str(tmp_path / "b.csv")]


def test_log_needs_a_column_for_its_times(tmp_path: Path) -> None:
    path = write(tmp_path / "log.csv", "case,opened_at\nA,2024-03-02T08:00Z\n")

    assert 'COLUMNS names "time", the file has "case", "opened_at": correct' in pull_log(path).reasons[0]


def test_single_tickets_and_ids_of_a_log(tmp_path: Path) -> None:
    path = write(tmp_path / "log.csv", LOG)

    assert pull_ids(path, ["T1", "T9"], events=True, columns=COLUMNS).tickets == {"T1": pull_log(path).tickets["T1"]}
    assert existing_ids(path, events=True, columns=COLUMNS) == ["T1", "T2"]


def test_full_disk_ends_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path / "log.csv", "case,time,title\n" + f"T,2024-03-02T08:00Z,{'x' * 100_000}\n" * 20)
    monkeypatch.setattr(events, "sqlite3", SmallDisk)

    with pytest.raises(Unavailable, match="cannot be sorted on disk: database or disk is full") as caught:
        pull_log(path)
    assert "TMPDIR" in caught.value.remedy


class SmallDisk:
    """SQLite with room for a hundred pages."""

    Error = sqlite3.Error

    @staticmethod
    def connect(name: str, **options: Any) -> sqlite3.Connection:
        connection: sqlite3.Connection = sqlite3.connect(name, **options)
        connection.execute("PRAGMA max_page_count=100")
        return connection


def test_sorting_ends_soon_after_nobody_waits_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "STEPS_A_LOOK", 1000)
    abandoned = False
    mapper = LineMapper(FileSettings.model_validate({"path": "x.csv", "events": True}))
    with closing(EventLog(lambda: abandoned)) as log:
        for number in range(20_000):
            log.add("x:1", Event(datetime(2024, 1, 1, tzinfo=UTC), None, {"id": str(number)}))
        abandoned = True
        with pytest.raises(Unavailable):
            next(log.tickets(mapper, "history"))


@pytest.mark.parametrize("method", ["check", "pages", "ids"])
def test_thread_that_reads_ends_when_the_run_does(tmp_path: Path, method: str, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_jsonl(tmp_path / "events.jsonl", *[ticket(str(number)) for number in range(10)])
    reading = Signal()
    lines_read: list[int] = []

    def endless(_path: Path, *_: object) -> Iterator[LineRecord]:
        while True:
            lines_read.append(1)
            reading.set()
            time.sleep(0.001)
            yield LineRecord(1, BadLine("bad"))

    monkeypatch.setattr(reader, "read_records", endless)
    monkeypatch.setattr(inspection, "read_records", endless)

    async def read_and_stop() -> None:
        source = connector(path, events=True)
        task = asyncio.ensure_future(source.check() if method == "check" else _exhaust(getattr(source, method)))
        await asyncio.to_thread(reading.wait, 10)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    asyncio.run(read_and_stop())
    count = len(lines_read)
    time.sleep(0.05)
    assert len(lines_read) == count, "the thread still reads"


async def _exhaust(method: Any) -> None:
    async for _ in method(None) if method.__name__ == "pages" else method():
        pass
