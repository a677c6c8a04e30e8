"""Limits of the time that work waits for a PostgreSQL server; a context variable holds those of the present work."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds: a statement may run, may wait for locks of others, and the server may leave it without any answer.

    The server itself keeps the first two. The third is kept by the client, for a server that stands still: its machine
    acknowledges what is sent, and neither TCP nor the server ends the wait.
    """

    statement: int
    lock: int
    silence: float


# A lock is waited for longer than a frozen process can hold it, see `WRITE_IDLE_SECONDS`.
JOB = Limits(statement=900, lock=90, silence=910)
"""Of commands and of jobs in the background: long enough to count or delete a million rows."""
UPGRADE = Limits(statement=21_600, lock=90, silence=21_610)
"""Of migrations, which may write every row anew."""
PAGE = Limits(statement=30, lock=10, silence=35)
"""Of pages: nobody waits longer for one."""
PROBE = Limits(statement=2, lock=2, silence=3)
"""Of probes and of the renewal of leases, which come again soon."""

_limits: ContextVar[Limits] = ContextVar("limits", default=JOB)


@contextmanager
def limited(limits: Limits) -> Iterator[None]:
    """Keep to these limits in the block, and in the threads of `asyncio.to_thread` that it starts."""
    token = _limits.set(limits)
    try:
        yield
    finally:
        _limits.reset(token)


def current() -> Limits:
    """Return the limits of the present task or thread."""
    return _limits.get()
