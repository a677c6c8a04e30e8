"""The entry point of the process, ready for SIGTERM before the rest is imported."""

import signal
import sys
from types import FrameType

TERMINATED = 128 + signal.SIGTERM


def _exit(_number: int, _frame: FrameType | None) -> None:
    # Nothing has begun yet: for the service that is a clean end, for any other command an end before its result.
    sys.exit(0 if sys.argv[1:2] == ["run"] else TERMINATED)


# Linux ignores a signal without a handler for PID 1, as which a container starts this: before the imports, which take
# a second, since `docker stop` would kill it after its grace period.
signal.signal(signal.SIGTERM, _exit)

from service.cli import main  # noqa: E402

__all__ = ["main"]
