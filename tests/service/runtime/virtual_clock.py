"""An event loop on a clock of its own: nights pass in milliseconds, and the clock of the machine can be set."""

import asyncio
import selectors
from collections.abc import Coroutine
from datetime import datetime, timedelta
from typing import Any

import time_machine


class VirtualSelector(selectors.SelectSelector):
    """A selector that never waits: the time that it was to wait for passes at once."""

    def __init__(self, traveller: time_machine.Traveller) -> None:
        super().__init__()
        self.elapsed = 0.0
        self._traveller = traveller

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """Return what is ready, and let `timeout` pass where nothing is."""
        ready = super().select(0)
        if not ready and timeout:
            self.elapsed += timeout
            self._traveller.shift(timeout)
        return ready


class VirtualLoop(asyncio.SelectorEventLoop):
    """A loop whose time is what its selector let pass; setting the clock of the machine does not move it."""

    def __init__(self, selector: VirtualSelector) -> None:
        self._virtual = selector
        super().__init__(selector)

    def time(self) -> float:
        """Return the seconds that have passed."""
        return self._virtual.elapsed


class VirtualClock:
    """The clock of a machine between two moments."""

    def __init__(self, traveller: time_machine.Traveller) -> None:
        self._traveller = traveller

    def set_back(self, by: timedelta) -> None:
        """Set the clock back, or forwards by a negative time."""
        self._traveller.shift(-by)


def run_from(start: datetime, work: Any) -> None:
    """Run the coroutine `work(clock)` on a machine whose clock shows `start`."""
    with time_machine.travel(start, tick=False) as traveller:
        loop = VirtualLoop(VirtualSelector(traveller))
        coroutine: Coroutine[Any, Any, None] = work(VirtualClock(traveller))
        try:
            loop.run_until_complete(coroutine)
        finally:
            loop.close()
