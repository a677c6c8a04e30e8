"""Formulas of the metrics of one scope over one period, from the sums of its weeks, or of one day, week or month."""

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import accumulate

from service.analysis import histogram, interval
from service.analysis.aftermath import aftermath_metric
from service.analysis.catalogue import CATALOGUE, DEFINITIONS
from service.analysis.clusters import FamilyWeeks
from service.analysis.controls import NetHold, net_hold
from service.analysis.formatting import count, integer, number
from service.analysis.hour_shares import SECONDS_SQUARED, hour_shares, return_shares
from service.analysis.metric import (
    Metric,
    MetricInputs,
    PeriodSums,
    count_metric,
    not_measurable,
    share_metric,
    sum_periods,
)
from service.analysis.recurrence import recurrence_shares
from service.analysis.survival import Peace
from service.analysis.tally import DECIDED, FAILURES, HISTOGRAMS, MILLION, PERSON, REACTIVE, REOPEN_WINDOW
from service.analysis.undecided import with_bounds

HOUR, DAY = 3600.0, 86400.0
NO_CONTROL_WHY = "no control: too few similar problems without a fix"
BACKLOG = "backlog"
"""The one metric that is the sum of all that came before: its caller adds it up, no sum of a period has it."""


def tickets_by_person(sums: Mapping[str, int]) -> dict[str, int]:
    """Return how many reactive tickets each person resolved, from the sums of a week or month."""
    return {name.removeprefix(PERSON): amount for name, amount in sums.items() if name.startswith(PERSON)}


def compute_metrics(
    periods: Sequence[PeriodSums],
    tickets_by_person: Mapping[str, int],
    backlog: int,
    as_of: datetime,
    families: FamilyWeeks | None = None,
) -> list[Metric]:
    """Return every metric of the catalogue, in its order.

    `periods` are the days, weeks or months: a single one, or 13 weeks. `tickets_by_person` is how many reactive tickets
    each person resolved in them, `backlog` the number of tickets open at the end, `families` their tickets by family
    and week: without them shares of repeats have intervals over weeks, or over tickets.
    """
    sums = sum_periods(periods)
    histograms = histogram.read_histograms(sums, HISTOGRAMS)
    inputs = MetricInputs(periods, sums, histograms, tickets_by_person, backlog, as_of, families)
    by_id = {metric.id: metric for formula in _FORMULAS for metric in formula(inputs)}
    return [by_id[definition.id] for definition in CATALOGUE]


def weekly_metrics(
    weeks: Sequence[PeriodSums],
    backlogs: Sequence[int],
    as_of: datetime,
    families: Sequence[FamilyWeeks | None] | None = None,
) -> list[dict[str, Metric]]:
    """Return the metrics of each week by id, as trends and charts need them.

    `backlogs` are those at the end of each week, `families` its tickets by family. The absence factor needs people and
    is not measurable throughout.
    """
    return [
        {metric.id: metric for metric in compute_metrics([week], {}, backlog, as_of, families_of)}
        for week, backlog, families_of in zip(weeks, backlogs, families or [None] * len(weeks), strict=True)
    ]


def absence_factor(tickets_by_person: Mapping[str, int]) -> int | None:
    """Return the fewest people who resolved half of the tickets (CHAOSS), by how many each did; None for none."""
    tickets = sorted(tickets_by_person.values(), reverse=True)
    half = sum(tickets) / 2
    return next((n + 1 for n, covered in enumerate(accumulate(tickets)) if covered >= half), None) if half else None


def _flow(inputs: MetricInputs) -> list[Metric]:
    opened, resolved = inputs.of("opened"), inputs.of("resolved")
    return [
        count_metric("opened", opened, opened),
        count_metric("resolved", resolved, resolved),
        count_metric(BACKLOG, inputs.backlog, inputs.backlog),
        count_metric("net_flow", opened - resolved, opened + resolved),
    ]


_SHARES: dict[str, tuple[tuple[str, ...], tuple[str, ...], str]] = {
    "reactive_share": (REACTIVE, DECIDED, "no decided ticket was opened in the period"),
    "failure_demand_share": (FAILURES, REACTIVE, "no reactive ticket was opened in the period"),
    "after_hours_share": (("after",), REACTIVE, "no reactive ticket was opened in the period"),
    "pingpong_rate_strict": (("strict",), ("told",), "no ticket with a history was resolved in the period"),
    "pingpong_rate_loose": (("loose",), ("told",), "no ticket with a history was resolved in the period"),
    "stall_rate": (("stalled",), ("told",), "no ticket with a history was resolved in the period"),
    "sla_breach_rate": (("sla.b",), ("sla",), "no ticket of the period has a service level clock"),
    "problem_link_rate": (("linked",), ("failure",), "no failure was opened in the period"),
    "misfiled_share": (("misfiled",), ("own",), "the kinds of the period's tickets do not say reactive or proactive"),
}


def _shares(inputs: MetricInputs) -> list[Metric]:
    return [_share(id_, inputs) for id_ in _SHARES]


def _share(id_: str, inputs: MetricInputs) -> Metric:
    part_names, whole_names, why = _SHARES[id_]
    part, whole = inputs.of(*part_names), inputs.of(*whole_names)
    return with_bounds(share_metric(id_, part, whole, why), part, whole, inputs)


_RIPENING = {
    "reopen_rate": ("back", "first", "resolved for the first time", "first resolved"),
    "one_touch_rate": ("one", "told", "resolved", "resolved"),
}


def _ripe_shares(inputs: MetricInputs) -> list[Metric]:
    # A week younger than 30 days would look better than it turns out.
    ripe = sum_periods([period for period in inputs.periods if period.end + REOPEN_WINDOW <= inputs.as_of])
    return [_ripe_share(id_, inputs, ripe) for id_ in _RIPENING]


def _ripe_share(id_: str, inputs: MetricInputs, ripe: Mapping[str, int]) -> Metric:
    part, whole, verb, verb_of_waiting = _RIPENING[id_]
    n = ripe.get(whole, 0)
    waiting = inputs.of(whole) - n
    why = f"no ticket with a history was {verb} in the period"
    if waiting:
        why = f"{count(waiting, 'ticket')} of the period were {verb_of_waiting}, but their 30 days have not passed"
    rate = share_metric(id_, ripe.get(part, 0), n, why)
    more = f"{integer(waiting)} more {'does' if waiting == 1 else 'do'} not count yet: their 30 days have not passed"
    return replace(rate, note=more if waiting and n else None)


def _handoffs(inputs: MetricInputs) -> list[Metric]:
    tickets_by_times = inputs.histograms["h"]
    n = sum(tickets_by_times.values())
    if not n:
        return [not_measurable("handoffs", "no ticket resolved in the period has known handoffs")]
    mean = sum(handoffs * tickets for handoffs, tickets in tickets_by_times.items()) / n
    squares = sum(tickets * (handoffs - mean) ** 2 for handoffs, tickets in tickets_by_times.items())
    half = interval.Z * math.sqrt(squares / (n - 1) / n) if n > 1 else None
    low, high = (None, None) if half is None else (max(0.0, mean - half), mean + half)
    return [Metric("handoffs", mean, n, DEFINITIONS["handoffs"].unit, low, high)]


_TIMES: dict[str, tuple[tuple[str, ...], float, float, str]] = {
    "time_to_resolve_p50": (("r", "p", "u"), 0.5, HOUR, "no ticket was resolved at a known time in the period"),
    "time_to_resolve_p90": (("r", "p", "u"), 0.9, HOUR, "no ticket was resolved at a known time in the period"),
    "delivery_lead_time": (("p",), 0.5, HOUR, "no proactive ticket was resolved at a known time in the period"),
}


def _times(inputs: MetricInputs) -> list[Metric]:
    # How problems come back cannot be added up from weeks: its caller computes it from the period as a whole.
    return [
        *(_percentile(id_, inputs) for id_ in _TIMES),
        recurrence_gap(None),
        *recurrence_shares(None),
        aftermath_metric(None),
    ]


def recurrence_gap(peace: Peace | None) -> Metric:
    """Return the median of the peace after the returns of problems, None if no problem had come back."""
    if peace is None:
        return not_measurable("recurrence_gap", "no problem that had come back was watched in the period")
    n = peace.returns
    if peace.median_days is None:
        return not_measurable("recurrence_gap", "fewer than half of the problems came back within 26 weeks", n)
    unit = DEFINITIONS["recurrence_gap"].unit
    return Metric("recurrence_gap", peace.median_days, n, unit, peace.low_days, peace.high_days)


def _percentile(id_: str, inputs: MetricInputs) -> Metric:
    prefixes, q, unit, why = _TIMES[id_]
    buckets: Counter[int] = Counter()
    for prefix in prefixes:
        buckets.update(inputs.histograms[prefix])
    if not buckets:
        return not_measurable(id_, why)
    bins = [(histogram.bucket_middle(bucket) / unit, buckets[bucket]) for bucket in sorted(buckets)]
    value, low, high = interval.histogram_percentile(bins, q)
    return Metric(id_, value, buckets.total(), DEFINITIONS[id_].unit, low, high, note=histogram.PRECISION)


def _failures(inputs: MetricInputs) -> list[Metric]:
    failures, level, major = inputs.of("failure"), inputs.of("level"), inputs.of("major")
    # Without any known priority a count of 0 would only mean that nobody filled the field.
    if failures and not level:
        why = "no failure of the period has a known priority"
        return [not_measurable("major_incidents", why, failures), not_measurable("mtbf", why)]
    low, high = interval.poisson(major)
    unknown = f"{count(failures - level, 'more failure')} without a known priority" if failures > level else None
    return [
        Metric("major_incidents", major, level, DEFINITIONS["major_incidents"].unit, low, high, note=unknown),
        _between(inputs.seconds / HOUR, major, low, high),
    ]


def _between(hours: float, major: int, low: float, high: float) -> Metric:
    if not major:
        least = number(hours / high, "hours")
        return not_measurable(
            "mtbf", f"no major incident in the period: with 95 % confidence they are {least} apart or more"
        )
    return Metric("mtbf", hours / major, major, DEFINITIONS["mtbf"].unit, hours / high, hours / low)


def _changes(inputs: MetricInputs) -> list[Metric]:
    changes, causes = inputs.of("change"), inputs.of("cause")
    # Zero is no number here: no change failed, or nobody noted which did.
    if changes and not causes:
        why = "no ticket names a change of the period as its cause: either none failed, or nobody noted it"
        return [not_measurable("change_failure_rate", why, changes)]
    return [share_metric("change_failure_rate", causes, changes, "no change was opened in the period")]


def _fixes(inputs: MetricInputs) -> list[Metric]:
    held, failed, unclear, early = (inputs.of(f"fix.{name}") for name in ("held", "failed", "unclear", "early"))
    open_ = f"{integer(early)} too early to tell, {integer(unclear)} unclear"
    why = f"no fix resolved in the period has a verdict: {open_}"
    rate = share_metric(
        "fix_hold_rate", held, held + failed, why if early + unclear else "no fix was resolved in the period"
    )
    note = open_ if rate.measurable and early + unclear else None
    net = _net_hold(inputs) if inputs.of("fix.n") else None
    return [replace(rate, note=note), _net_metric(net, held + failed), _yield(inputs, net)]


def _net_hold(inputs: MetricInputs) -> NetHold:
    return net_hold(inputs.of("fix.n"), inputs.of("fix.h"), inputs.of("fix.c") / MILLION, inputs.of("fix.cn"))


def _net_metric(net: NetHold | None, judged: int) -> Metric:
    if net is None:
        return not_measurable("net_hold", NO_CONTROL_WHY if judged else "no fix resolved in the period has a verdict")
    note = f"{integer(judged - net.n)} without a control left out" if judged > net.n else None
    return Metric("net_hold", net.value, net.n, DEFINITIONS["net_hold"].unit, net.low, net.high, note=note)


def _yield(inputs: MetricInputs, net: NetHold | None) -> Metric:
    n = inputs.of("fix.h", "fix.failed", "fix.unclear")
    if inputs.of("fix.held") and net is None:
        return not_measurable("prevention_yield", NO_CONTROL_WHY, n)
    put_in, saved = inputs.of("fix.s"), inputs.of("fix.a")
    if not put_in:
        why = "no hours are known for the fixes of the period that can be judged"
        return not_measurable("prevention_yield", why, n)
    # The denominator holds the hours of every fix with a verdict, also of those that did not hold: a yield over held
    # fixes alone would be what survivors report.
    gross, products = saved / put_in, inputs.of("fix.as")
    squares = inputs.of("fix.aa") - 2 * gross * products + gross * gross * inputs.of("fix.ss")
    half = interval.Z * math.sqrt(max(0.0, n / (n - 1) * squares * SECONDS_SQUARED)) / put_in if n > 1 else None
    return _net_yield(gross, half, net or NetHold(0.0, 0.0, 0.0, 0, 0.0, 0.0, 0.0), n)


def _net_yield(gross: float, half: float | None, net: NetHold, n: int) -> Metric:
    """Return the yield of what was avoided beyond the control; its interval is that of a product of two estimates."""
    value, low, high = gross * net.factor, None, None
    if half is not None:
        low = max(0.0, value - math.hypot(net.factor * half, gross * (net.factor - net.least_factor)))
        high = value + math.hypot(net.factor * half, gross * (net.most_factor - net.factor))
    return Metric("prevention_yield", value, n, DEFINITIONS["prevention_yield"].unit, low, high)


def _absence(inputs: MetricInputs) -> list[Metric]:
    fewest = absence_factor(inputs.tickets_by_person)
    if fewest is None:
        return [not_measurable("absence_factor", "no reactive ticket resolved in the period has a known resolver")]
    return [count_metric("absence_factor", fewest, sum(inputs.tickets_by_person.values()))]


_FORMULAS: tuple[Callable[[MetricInputs], list[Metric]], ...] = (
    _flow, _shares, return_shares, hour_shares, _ripe_shares, _handoffs, _times, _failures, _changes, _fixes, _absence,
)  # fmt: skip
