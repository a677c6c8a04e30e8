"""Logs: several lines per ticket, scattered over files that may be larger than memory."""

import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import groupby
from operator import itemgetter
from typing import Any

import orjson

from connectors.drafts import refuse_defect
from connectors.errors import Unavailable
from connectors.file.columns import TIMES
from connectors.file.mapping import Event, LineMapper
from connectors.file.record import BadLine
from connectors.model import HistoryIs, Refusal, Ticket

TRACKED = (
    ("status", "status"), ("team", "team"), ("assignee", "assignee"), ("priority", "priority"), ("kind", "source_kind"),
)  # fmt: skip
SCHEMA = "CREATE TABLE event (ticket TEXT, at TEXT, actor TEXT, place TEXT, state BLOB)"
INSERT = "INSERT INTO event VALUES (?, ?, ?, ?, ?)"
# The rowid breaks ties: events of one ticket at one time count in the order in which they were added.
BY_TICKET = "SELECT ticket, at, actor, place, state FROM event ORDER BY ticket, at, rowid"
CHANGE = "change"
STEPS_A_LOOK = 1_000_000
EventRow = tuple[str, str, str | None, str, bytes]
State = Mapping[str, Any]


class EventLog:
    """Collect events in any order on disk and make tickets of them; closing the log deletes its file.

    Every method raises Unavailable where the disk is full, and soon after `is_abandoned` returns True.
    """

    def __init__(self, is_abandoned: Callable[[], bool] = lambda: False) -> None:
        # An empty name is a temporary database: SQLite keeps it in a file that the system deletes at the end, even
        # after a crash. It needs neither journal nor sync, for nobody reads it again.
        self._database = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        # Sorting a large log takes minutes without a line in between.
        self._database.set_progress_handler(lambda: int(is_abandoned()), STEPS_A_LOOK)
        for statement in ("PRAGMA journal_mode=OFF", "PRAGMA synchronous=OFF", SCHEMA, "BEGIN"):
            self._database.execute(statement)

    def add(self, place: str, event: Event) -> None:
        """Store an event of the line at `place`."""
        # Six digits always, so that the texts sort as the times do.
        at = event.at.isoformat(timespec="microseconds")
        try:
            self._database.execute(INSERT, (event.state["id"], at, event.actor, place, orjson.dumps(_content(event))))
        except sqlite3.Error as problem:
            raise _disk_full(problem) from problem

    def tickets(self, mapper: LineMapper, history_is: HistoryIs) -> Iterator[Ticket | Refusal]:
        """Yield the tickets in the order of their ids."""
        try:
            rows: Iterator[EventRow] = self._database.execute(BY_TICKET)
            for _, events in groupby(rows, itemgetter(0)):
                yield _ticket(events, mapper, history_is)
        except sqlite3.Error as problem:
            raise _disk_full(problem) from problem

    def close(self) -> None:
        """Free the disk space."""
        self._database.close()


def _disk_full(problem: sqlite3.Error) -> Unavailable:
    return Unavailable(
        f"the event log cannot be sorted on disk: {problem}",
        "Free as much space as the log takes in the directory for temporary files, or set TMPDIR or SQLITE_TMPDIR to "
        "another directory.",
    )


def _content(event: Event) -> dict[str, Any]:
    return event.state if event.change is None else event.state | {CHANGE: event.change}


def _ticket(events: Iterator[EventRow], mapper: LineMapper, history_is: HistoryIs) -> Ticket | Refusal:
    rows = list(events)
    _, last_at, _, place, _ = rows[-1]
    values = _audited(rows, mapper) if mapper.audits else _observed(rows)
    try:
        return mapper.make_ticket(values | {"history_is": history_is}, datetime.fromisoformat(last_at))
    except BadLine as problem:
        return Refusal(place=place, reason=f"{values['id']}: {problem}")
    except Exception:  # noqa: BLE001 - logged there
        return refuse_defect(place)


def _observed(rows: Sequence[EventRow]) -> dict[str, Any]:
    """Return the values of a ticket: its last line is its state, the differences between lines its history."""
    _, first_at, _, _, content = rows[0]
    state = orjson.loads(content)
    opened_at = state.get("opened_at")
    transitions: list[dict[str, Any]] = []
    for _, at, actor, _, content in rows[1:]:
        before, state = state, orjson.loads(content)
        transitions += _changes(before, state, datetime.fromisoformat(at), actor)
        opened_at = opened_at or state.get("opened_at")
    return _with_times(state | {"opened_at": opened_at or first_at, "transitions": transitions})


def _audited(rows: Sequence[EventRow], mapper: LineMapper) -> dict[str, Any]:
    """Return the values of a ticket: the last ones of its lines, and each change once."""
    values: dict[str, Any] = {}
    changes: dict[str, dict[str, Any]] = {}
    for _, at, _, _, content in rows:
        state = orjson.loads(content)
        change = state.pop(CHANGE, None)
        values |= state
        if change:
            changes[repr(sorted(change.items(), key=str))] = change | {"at": datetime.fromisoformat(at)}
    latest = {change["field"]: change["new"] for change in changes.values()}
    # The column of an export holds the state of today, a change that of its time.
    values = {field: value for field, value in latest.items() if value is not None} | values
    values = _with_times({"opened_at": rows[0][1]} | values)
    return mapper.state(values | {"transitions": list(changes.values())})


def _with_times(values: dict[str, Any]) -> dict[str, Any]:
    return values | {name: datetime.fromisoformat(values[name]) for name in TIMES if name in values}


def _changes(before: State, after: State, at: datetime, actor: str | None) -> Iterator[dict[str, Any]]:
    for field, name in TRACKED:
        old, new = before.get(name) or None, after.get(name) or None
        if old != new:
            change = {"at": at, "field": field, "old": old, "new": new, "actor": actor}
            if field == "status":
                change |= {"old_category": before["status_category"], "new_category": after["status_category"]}
            yield change
