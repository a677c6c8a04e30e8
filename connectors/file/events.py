"""Event logs: several lines a ticket, scattered over files that may be larger than memory."""

import sqlite3
from collections.abc import Iterator, Mapping
from datetime import datetime
from itertools import groupby
from operator import itemgetter
from typing import Any

import orjson

from connectors.errors import Unavailable
from connectors.file.columns import TIMES
from connectors.file.mapping import Event, complete
from connectors.file.problems import BadLine
from connectors.model import HistoryIs, Refusal, Ticket

TRACKED = (
    ("status", "status"), ("team", "team"), ("assignee", "assignee"), ("priority", "priority"), ("kind", "source_kind"),
)  # fmt: skip
SCHEMA = "CREATE TABLE event (ticket TEXT, at TEXT, actor TEXT, place TEXT, state BLOB)"
INSERT = "INSERT INTO event VALUES (?, ?, ?, ?, ?)"
BY_TICKET = "SELECT ticket, at, actor, place, state FROM event ORDER BY ticket, at, rowid"
Row = tuple[str, str, str | None, str, bytes]
State = Mapping[str, Any]


class EventLog:
    """Gathers events in any order on disk, in a file that is gone when the log is closed, and gives tickets.

    Every method raises Unavailable where there is no room on the disk.
    """

    def __init__(self) -> None:
        self._file = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        for statement in ("PRAGMA journal_mode=OFF", "PRAGMA synchronous=OFF", SCHEMA, "BEGIN"):
            self._file.execute(statement)

    def add(self, place: str, event: Event) -> None:
        """Keeps one event, that stands at `place`."""
        at = event.at.isoformat(timespec="microseconds")
        try:
            self._file.execute(INSERT, (event.state["id"], at, event.actor, place, orjson.dumps(event.state)))
        except sqlite3.Error as problem:
            raise _no_room(problem) from problem

    def tickets(self, history_is: HistoryIs) -> Iterator[Ticket | Refusal]:
        """The tickets by id. Events of one ticket count by their times, of equal times in the order they were added."""
        try:
            rows: Iterator[Row] = self._file.execute(BY_TICKET)
            for _, events in groupby(rows, itemgetter(0)):
                yield _ticket(events, history_is)
        except sqlite3.Error as problem:
            raise _no_room(problem) from problem

    def close(self) -> None:
        """Frees the disk."""
        self._file.close()


def _no_room(problem: sqlite3.Error) -> Unavailable:
    return Unavailable(
        f"the event log cannot be sorted on the disk: {problem}",
        "Let the directory for temporary files have room for the whole log; TMPDIR or SQLITE_TMPDIR names another one.",
    )


def _ticket(events: Iterator[Row], history_is: HistoryIs) -> Ticket | Refusal:
    """The ticket of its events: changes between neighbours are its history, the last line is its state."""
    _, first_at, _, place, content = next(events)
    last_at, state = first_at, orjson.loads(content)
    opened_at = state.get("opened_at")
    transitions: list[dict[str, Any]] = []
    for _, last_at, actor, place, content in events:  # noqa: B007 - where and when it ended is told below
        before, state = state, orjson.loads(content)
        transitions += _changes(before, state, datetime.fromisoformat(last_at), actor)
        opened_at = opened_at or state.get("opened_at")
    state["opened_at"] = opened_at or first_at
    times = {name: datetime.fromisoformat(state[name]) for name in TIMES if name in state}
    values = {**state, **times, "transitions": transitions, "history_is": history_is}
    try:
        return complete(values, datetime.fromisoformat(last_at))
    except BadLine as problem:
        return Refusal(place=place, reason=f"{state['id']}: {problem}")


def _changes(before: State, after: State, at: datetime, actor: str | None) -> Iterator[dict[str, Any]]:
    for field, name in TRACKED:
        old, new = before.get(name) or None, after.get(name) or None
        if old != new:
            change = {"at": at, "field": field, "old": old, "new": new, "actor": actor}
            if field == "status":
                change |= {"old_category": before["status_category"], "new_category": after["status_category"]}
            yield change
