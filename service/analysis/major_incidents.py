"""Major incidents: episodes in which a failure of priority level 1 or 2 came."""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

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


def leads(failures: Iterable[tuple[int, Sequence[str | None]]]) -> list[int]:
    """Return of each major failure the scopes in which it is the first of its episode, as a sum of bits.

    `failures` are the (episode, values of the narrower dimensions), in the order of their openings.
    """
    led, sums = set[tuple[int, int, str]](), list[int]()
    for episode, values in failures:
        scopes = [
            (WHOLE, ""),
            *((LEAD_BITS[name], value) for name, value in zip(NARROWER, values, strict=True) if value),
        ]
        first = [(episode, *scope) for scope in scopes if (episode, *scope) not in led]
        led.update(first)
        sums.append(sum(bit for _, bit, _ in first))
    return sums
