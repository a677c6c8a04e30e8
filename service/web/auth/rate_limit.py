"""Failed logins, and how long the next attempt from an address has to wait."""

import asyncio
import math
import time
from collections import OrderedDict, deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from ipaddress import IPv6Address, ip_address, ip_network
from threading import Lock
from typing import TypeVar

from service.analysis.formatting import count

ValueT = TypeVar("ValueT")
FREE_FAILURES = 4
MAX_WAIT, MAX_KNOWN_WAIT = 900.0, 30.0
FORGET_SECONDS = 3600.0
WINDOW_SECONDS = 900.0
CROWD = 50
"""So many failures in a window, from all addresses together, slow down logins from addresses that never had one."""
MAX_PAUSE = 5.0
MOST_NOTED = 250
"""No more failures are needed to tell how large a crowd is: they make the longest pause."""
MOST_PAUSED = 50
MOST_ADDRESSES = 10_000


@dataclass(slots=True)
class Attempts:
    """Logins by address; an IPv6 network of 64 bits counts as one.

    The wait grows with the failures of the address itself. Failures elsewhere make it grow sooner and delay the answer,
    but refuse nobody, and nothing to an address that has logged in before: guesses lock out those alone who make them.
    """

    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    _failed: OrderedDict[str, tuple[int, float]] = field(default_factory=OrderedDict)
    _successful: OrderedDict[str, None] = field(default_factory=OrderedDict)
    _latest: deque[float] = field(default_factory=lambda: deque(maxlen=MOST_NOTED))
    _paused: int = 0
    _lock: Lock = field(default_factory=Lock)

    def begin(self, address: str) -> int:
        """Return the seconds that an attempt has to wait, or 0 and count it as failed until `succeed` is called."""
        # Counted before the password is compared: a hundred guesses at once would otherwise all be free.
        place = _network(address)
        with self._lock:
            seconds = math.ceil(self._seconds_to_wait(place))
            if not seconds:
                self._note(place)
            return seconds

    def seconds_to_wait(self, address: str) -> int:
        """Return the seconds that the next attempt from an address has to wait; 0 where it need not."""
        with self._lock:
            return math.ceil(self._seconds_to_wait(_network(address)))

    def succeed(self, address: str) -> None:
        """Take back the failure that `begin` has counted, and remember the address."""
        # Only that one: a viewer who guesses the editor's password would get new guesses with each login.
        place = _network(address)
        with self._lock:
            number, last = self._failed.get(place, (1, 0.0))
            self._failed[place] = number - 1, last
            if self._latest:
                self._latest.pop()
            _remember(self._successful, place, None)

    async def pause(self, address: str) -> None:
        """Delay a login from an address that never had one, while there are many failures elsewhere."""
        with self._lock:
            is_known, crowd = _network(address) in self._successful, self._crowd()
        # A connection each: those who would fill them all with pauses are not to keep others out.
        if is_known or crowd < 1 or self._paused >= MOST_PAUSED:
            return
        self._paused += 1
        try:
            await self.sleep(min(MAX_PAUSE, crowd))
        finally:
            self._paused -= 1

    def _note(self, place: str) -> None:
        now = self.clock()
        _remember(self._failed, place, (self._failures(place)[0] + 1, now))
        self._latest.append(now)

    def _failures(self, place: str) -> tuple[int, float]:
        number, last = self._failed.get(place, (0, -math.inf))
        return (number, last) if self.clock() < last + FORGET_SECONDS else (0, last)

    def _seconds_to_wait(self, place: str) -> float:
        (number, last), is_known = self._failures(place), place in self._successful
        crowd = 0.0 if is_known else self._crowd()
        excess = number - (1 if crowd >= 1 else FREE_FAILURES)
        if excess < 0 or not number:
            return 0
        # 1, 2, 4, ... seconds: 20 failures are more than any wait.
        wait = min(2.0 ** min(excess, 20) * max(1.0, crowd), MAX_KNOWN_WAIT if is_known else MAX_WAIT)
        return max(0.0, last + wait - self.clock())

    def _crowd(self) -> float:
        """Return the failures of a window as a multiple of what is usual."""
        while self._latest and self._latest[0] <= self.clock() - WINDOW_SECONDS:
            self._latest.popleft()
        return len(self._latest) / CROWD


def wait_in_words(seconds: int) -> str:
    """Return a wait as people say it: `8 seconds`, `15 minutes`."""
    return count(seconds, "second") if seconds < 60 else count(-(-seconds // 60), "minute")


def _remember(places: OrderedDict[str, ValueT], place: str, value: ValueT) -> None:
    """Set the value of a place, and forget the place that was set longest ago where there are too many."""
    places[place] = value
    places.move_to_end(place)
    if len(places) > MOST_ADDRESSES:
        places.popitem(last=False)


def _network(address: str) -> str:
    try:
        parsed = ip_address(_without_port(address))
    except ValueError:
        # A proxy may pass on anything; it is to take no more memory than an address.
        return address[:64]
    # A subscriber has a whole network of 64 bits: by single address the limit would stop nobody.
    return str(ip_network((parsed, 64), strict=False)) if isinstance(parsed, IPv6Address) else str(parsed)


def _without_port(address: str) -> str:
    # Some proxies add the port, which is another one for each connection.
    if address.startswith("["):
        return address[1:].partition("]")[0]
    return address.partition(":")[0] if address.count(":") == 1 else address
