"""Major incidents: failures of priority level 1 or 2, those of three days and one episode as one."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from service.analysis.episodes import LONGEST_BURST
from service.analysis.fact import Fact

MAJOR_LEVEL = 2
WHOLE = 1
LEAD_BITS: Mapping[str, int] = {"all": WHOLE, "source": WHOLE, "team": 2, "service": 4, "kind": 8, "provider": 16}
"""By dimension of scopes. A family stays within one source, so that all tickets and those of a source are one."""
NARROWER = tuple(LEAD_BITS)[2:]


class MajorFailure(NamedTuple):
    """A major failure of a family by its number, with its burst and its values of the narrower dimensions."""

    ticket: int
    burst_s: int
    values: tuple[str | None, ...]


def is_major(fact: Fact) -> bool:
    """Return whether a ticket is a decided failure of priority level 1 or 2."""
    is_failure = fact.work_class == "failure" and fact.is_decided
    return is_failure and fact.priority_level is not None and fact.priority_level <= MAJOR_LEVEL


def leads(failures: Iterable[tuple[int, MajorFailure]]) -> list[int]:
    """Return of each major failure the scopes in which it begins a major incident, as a sum of bits.

    `failures` are the (episode, failure), in the order of their openings. One begins a major incident of a scope if it
    is the first of its episode there, or opens more than `LONGEST_BURST` after the one that began the last.
    """
    begins, sums = dict[tuple[int, int, str], int](), list[int]()
    for episode, failure in failures:
        named = ((LEAD_BITS[name], value) for name, value in zip(NARROWER, failure.values, strict=True) if value)
        led = 0
        for bit, value in ((WHOLE, ""), *named):
            scope = episode, bit, value
            # An episode that nobody resolves goes on for months: what comes days later is no part of the first outage.
            if scope not in begins or failure.burst_s > begins[scope] + LONGEST_BURST:
                begins[scope] = failure.burst_s
                led += bit
        sums.append(led)
    return sums
