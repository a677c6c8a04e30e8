"""PostgreSQL: connections that wait for no server for ever, and transactions that end with their process."""

import time
from collections.abc import Callable, Generator
from threading import Event
from typing import Any, TypeVar

import psycopg
from sqlalchemy import Connection, Engine, event

from service.store import limits
from service.store.limits import JOB

RV = TypeVar("RV")

CONNECT_SECONDS = 4
CONNECT: dict[str, Any] = {
    # For a server whose machine has vanished: without them, the client would wait for hours.
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 20_000,
    "application_name": "treadmill",
}
# Of a process that is frozen in a transaction: until its session ends, it holds the rows that it has written.
WRITE_IDLE_SECONDS = 60
# A read holds no row. It waits while a person pages through an export.
READ_IDLE_SECONDS = 3600


class PatientConnection(psycopg.Connection[Any]):
    """A connection that gives a silent server up, after the limit of the present work or when the process ends."""

    is_abandoned: Callable[[], bool] = staticmethod(lambda: False)

    def wait(self, gen: Generator[Any, Any, RV], *arguments: Any, **options: Any) -> RV:
        """Return the result of a generator that talks to the server. Raises OperationalError when it is given up."""
        return super().wait(self._watch(gen), *arguments, **options)

    def _watch(self, gen: Generator[Any, Any, RV]) -> Generator[Any, Any, RV]:
        silence = limits.current().silence
        deadline, ready = time.monotonic() + silence, None
        try:
            while True:
                # psycopg sends whether the socket is ready, and 0 ten times a second while it is not.
                ready = yield gen.send(ready)
                if ready:
                    deadline = time.monotonic() + silence
                elif self.is_abandoned():
                    self._give_up("the process ends, and the server has not answered")
                elif time.monotonic() > deadline:
                    self._give_up(f"the server has not answered for {silence:.0f} s")
        except StopIteration as end:
            result: RV = end.value
            return result

    def _give_up(self, problem: str) -> None:
        # Closed without a word to the server, which would wait for it again; so the pool drops the connection, too.
        self.close()
        raise psycopg.OperationalError(problem)


def set_up(engine: Engine, abandoned: Event) -> None:
    """Let the connections of an engine keep to the limits, and fail at once when `abandoned` is set."""

    @event.listens_for(engine, "do_connect")
    def connect(_dialect: Any, _record: Any, arguments: tuple[Any, ...], options: dict[str, Any]) -> PatientConnection:
        if abandoned.is_set():
            raise psycopg.OperationalError("the process ends")
        seconds = min(CONNECT_SECONDS, int(limits.current().silence))
        connection = PatientConnection.connect(*arguments, **CONNECT | {"connect_timeout": seconds} | options)
        connection.is_abandoned = abandoned.is_set
        return connection

    event.listen(engine, "connect", prepare)
    event.listen(engine, "begin", begin)


def prepare(connection: PatientConnection, _record: Any) -> None:
    """Set up a new connection."""
    # Not in the options of the connection, which a pooler between client and server may refuse.
    connection.autocommit = True
    idle = f"SET idle_in_transaction_session_timeout = '{READ_IDLE_SECONDS}s'"
    connection.execute(f"{_limit_statements(JOB, 'SET')}; {idle}".encode())
    connection.autocommit = False


def begin(connection: Connection) -> None:
    """Limit the transaction that begins."""
    current, statements = limits.current(), []
    if current != JOB:
        statements.append(_limit_statements(current, "SET LOCAL"))
    if connection.get_execution_options().get("treadmill_write", False):
        statements.append(f"SET LOCAL idle_in_transaction_session_timeout = '{WRITE_IDLE_SECONDS}s'")
    if statements:
        connection.exec_driver_sql("; ".join(statements))


def _limit_statements(current: limits.Limits, command: str) -> str:
    return f"{command} statement_timeout = '{current.statement}s'; {command} lock_timeout = '{current.lock}s'"
