"""Where the process begins: ready for SIGTERM before the rest is imported, since as PID 1 it would not see it."""

import signal
import sys
from types import FrameType

TERMINATED = 128 + signal.SIGTERM


def _end(_number: int, _frame: FrameType | None) -> None:
    """Nothing is under way yet: for the service that is a clean end, for any other command an end too soon."""
    sys.exit(0 if sys.argv[1:2] == ["run"] else TERMINATED)


signal.signal(signal.SIGTERM, _end)

from service.cli import main  # noqa: E402

__all__ = ["main"]
