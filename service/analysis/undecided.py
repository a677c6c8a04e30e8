"""Undecided tickets in shares: the bounds that a share would have if all of them were one or the other."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TypeAlias

from service.analysis.formatting import count, integer, percent
from service.analysis.metric import Metric, MetricInputs

Assignment: TypeAlias = tuple[float, float]
"""The amounts that undecided tickets would add to part and whole of a share if all of them were of one nature."""
# Below this part of a share they move it less than its interval does.
WORTH_TELLING = 0.02

_ASSIGNMENTS: dict[str, Callable[[MetricInputs], Sequence[Assignment]]] = {
    "reactive_share": lambda inputs: _of_all(inputs.of("undecided")),
    "reactive_hours_share": lambda inputs: _of_all(inputs.of("undecided.s")),
    # Reactive as failures, reactive as requests, or proactive.
    "failure_demand_share": lambda inputs: [*_of_all(inputs.of("undecided")), (0, 0)],
    "repeat_share": lambda inputs: _of_some(inputs, "undecided.repeat", "undecided"),
    "repeat_hours_share": lambda inputs: _of_some(inputs, "undecided.repeat.s", "undecided.s"),
    "endless_share": lambda inputs: _of_some(inputs, "undecided.endless", "undecided"),
    "request_repeat_share": lambda inputs: _of_some(inputs, "undecided.repeat", "undecided"),
    "after_hours_share": lambda inputs: _of_some(inputs, "undecided.after", "undecided"),
}


def with_bounds(share: Metric, part: float, whole: float, inputs: MetricInputs) -> Metric:
    """Return a share by nature with its bounds, once the undecided are more than 2 % of what it would rest on.

    `part` and `whole` are its sums. Without a decided ticket the reason names the undecided ones.
    """
    undecided = inputs.of("undecided")
    if not undecided or share.id not in _ASSIGNMENTS:
        return share
    if not share.measurable:
        return replace(share, why_not=f"{share.why_not}: {count(undecided, 'ticket')} undecided")
    assignments = _ASSIGNMENTS[share.id](inputs)
    most = max(added for _, added in assignments)
    if most <= WORTH_TELLING * (whole + most):
        return share
    values = [(part + more) / (whole + added) for more, added in assignments]
    low, high = min(values), max(values)
    bounds = f"{percent(low)} to {percent(high)} if undecided tickets ({integer(undecided)}) were all one or the other"
    note = f"{share.note}; {bounds}" if share.note else bounds
    return replace(share, note=note, undecided_low=low, undecided_high=high)


def _of_all(undecided: int) -> list[Assignment]:
    return [(undecided, undecided), (0, undecided)]


def _of_some(inputs: MetricInputs, part: str, whole: str) -> list[Assignment]:
    return [(inputs.of(part), inputs.of(whole)), (0, 0)]
