"""Failed logins, and how long an address waits after too many."""

import math
import time
from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from ipaddress import IPv6Address, ip_address, ip_network
from threading import Lock

WINDOW_SECONDS = 900
MAX_FAILURES_PER_ADDRESS = 8
MAX_FAILURES = 200
EVERYWHERE = ""


@dataclass(slots=True)
class Attempts:
    """The failed logins of the last quarter of an hour, by address; an IPv6 network of 64 bits counts as one."""

    # The limit over all addresses slows down a guess that comes from many of them.

    clock: Callable[[], float] = time.monotonic
    _failed: defaultdict[str, deque[float]] = field(default_factory=lambda: defaultdict(deque))
    _lock: Lock = field(default_factory=Lock)

    def seconds_to_wait(self, address: str) -> int:
        """Return how long the next attempt from an address has to wait; 0 where it need not."""
        with self._lock:
            limits = ((_network(address), MAX_FAILURES_PER_ADDRESS), (EVERYWHERE, MAX_FAILURES))
            return max(self._wait(place, limit) for place, limit in limits)

    def note(self, address: str) -> None:
        """Record a failure."""
        with self._lock:
            for place in (_network(address), EVERYWHERE):
                self._failed[place].append(self.clock())

    def _wait(self, place: str, limit: int) -> int:
        failed = self._failed.get(place)
        while failed and failed[0] <= self.clock() - WINDOW_SECONDS:
            failed.popleft()
        if not failed:
            self._failed.pop(place, None)
            return 0
        return math.ceil(failed[-limit] + WINDOW_SECONDS - self.clock()) if len(failed) >= limit else 0


def _network(address: str) -> str:
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    # A subscriber has a whole network of 64 bits: by single address the limit would stop nobody.
    return str(ip_network((parsed, 64), strict=False)) if isinstance(parsed, IPv6Address) else address
