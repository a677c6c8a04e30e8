from datetime import time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.factory import START, at, handed, moved, ticket
from treadmill.connectors.model import Link, Sla, Ticket
from treadmill.service.analysis.business import BusinessHours
from treadmill.service.analysis.calendar import closed_weeks
from treadmill.service.analysis.classify import classify
from treadmill.service.analysis.life import life
from treadmill.service.analysis.metrics import OF_FAMILIES, Fact, Metric, Period, measure, open_at, touches

UTC_ZONE = ZoneInfo("UTC")
WEEKDAYS = BusinessHours(tuple((day, time(8), time(18)) for day in range(5)), UTC_ZONE)
MARCH = Period(START - timedelta(days=1), START + timedelta(days=29))
AS_OF = START + timedelta(days=90)


def fact(one: Ticket) -> Fact:
    return Fact(one, life(one, WEEKDAYS, AS_OF), classify(one), after_hours=not WEEKDAYS.contains(one.opened_at))


def measured(*tickets: Ticket) -> dict[str, Metric]:
    facts = [fact(one) for one in tickets]
    backlog = sum(open_at(one, MARCH.end) for one in facts)
    return {metric.id: metric for metric in measure([f for f in facts if touches(f, MARCH)], backlog, MARCH, AS_OF)}


def solved(id_: str, hours: float, *more: Any, **given: Any) -> Ticket:
    return ticket(id_, transitions=(moved(0, "New", "Active"), *more, moved(hours, "Active", "Resolved")), **given)


def test_flow_counts_what_opened_was_resolved_and_stays() -> None:
    found = measured(
        solved("1", 2), solved("2", 4), ticket("3"), ticket("4", opened_at=START - timedelta(days=99)),
        ticket("5", transitions=(moved(1, "New", "Cancelled"),)),
    )  # fmt: skip
    values = {name: found[name].value for name in ("opened", "resolved", "backlog", "net_flow")}
    assert values == {"opened": 4, "resolved": 2, "backlog": 2, "net_flow": 2}


def test_open_tickets_never_count_in_a_time_to_resolve() -> None:
    found = measured(solved("1", 2), solved("2", 4), ticket("3"))
    assert (found["time_to_resolve_p50"].value, found["time_to_resolve_p50"].n) == (3, 2)


def test_reactive_share_leaves_out_what_nothing_decides() -> None:
    found = measured(ticket("1"), ticket("2", kind="change"), ticket("3", kind="task"))
    share = found["reactive_share"]
    assert (share.value, share.n) == (0.5, 2)
    assert share.low is not None
    assert share.high is not None
    assert 0 < share.low < 0.5 < share.high < 1


def test_reopen_rate_waits_until_thirty_days_have_passed() -> None:
    back = ticket(
        "1", transitions=(moved(1, "New", "Resolved"), moved(50, "Resolved", "Active"), moved(60, "Active", "Resolved"))
    )
    late = ticket("2", transitions=(moved(1, "New", "Resolved"), moved(24 * 40, "Resolved", "Active")))
    found = measured(back, late, solved("3", 5))
    assert found["reopen_rate"].value == pytest.approx(1 / 3)
    assert found["reopen_rate"].n == 3
    facts = [fact(back)]
    early = {metric.id: metric for metric in measure(facts, 0, MARCH, START + timedelta(days=20))}
    assert not early["reopen_rate"].measurable


def test_loops_are_shares_of_resolved_tickets_whose_history_is_known() -> None:
    pingpong = solved("1", 9, handed(1, "A", "B"), handed(2, "B", "A"))
    unknown = ticket("3", history_is="counter", status="Resolved", resolved_at=at(3), reassignment_count=2)
    found = measured(pingpong, solved("2", 3), unknown)
    assert (found["pingpong_rate_strict"].value, found["pingpong_rate_strict"].n) == (0.5, 2)
    assert (found["one_touch_rate"].value, found["one_touch_rate"].n) == (0.5, 2)
    assert found["handoffs"].value == pytest.approx(4 / 3)
    assert found["handoffs"].n == 3


def test_failures_links_and_service_levels() -> None:
    linked = ticket("1", priority_level=1, links=(Link(relation="problem", target="9"),))
    late = ticket(
        "2", priority_level=4, slas=(Sla(id="a", name="x", breached=True), Sla(id="b", name="y", breached=False))
    )
    found = measured(linked, late)
    assert (found["major_incidents"].value, found["major_incidents"].n) == (1, 2)
    assert found["mtbf"].value == 30 * 24
    assert found["problem_link_rate"].value == 0.5
    assert (found["sla_breach_rate"].value, found["sla_breach_rate"].n) == (0.5, 2)


def test_what_cannot_be_measured_says_why_and_is_never_zero() -> None:
    found = measured()
    for name in ("reactive_share", "time_to_resolve_p50", "reopen_rate", "mtbf", "sla_breach_rate", *OF_FAMILIES):
        assert found[name].value is None
        assert found[name].why_not


def test_every_metric_is_there_once() -> None:
    metrics = measure([], 0, MARCH, AS_OF)
    assert len({metric.id for metric in metrics}) == len(metrics)


def test_weeks_are_cut_in_the_zone_and_the_unfinished_one_is_left_out() -> None:
    paris = ZoneInfo("Europe/Paris")
    period = closed_weeks(at(24 * 3), 2, paris)
    assert period.end.astimezone(paris).isoformat() == "2026-03-02T00:00:00+01:00"
    assert period.begin.astimezone(paris).isoformat() == "2026-02-16T00:00:00+01:00"


@pytest.mark.parametrize(
    ("given_values", "work_class", "nature"),
    [
        ({"kind": "incident"}, "failure", "reactive"),
        ({"kind": "incident", "links": (Link(relation="caused_by", target="1"),)}, "rework", "reactive"),
        ({"kind": "request"}, "request", "reactive"),
        ({"kind": "problem"}, "prevention", "proactive"),
        ({"kind": "change", "change_type": "emergency"}, "failure", "reactive"),
        ({"kind": "change", "change_type": "standard"}, "maintenance", "proactive"),
        ({"kind": "feature"}, "delivery", "proactive"),
        ({"kind": "task"}, None, None),
    ],
)
def test_structured_rules(given_values: dict[str, Any], work_class: str | None, nature: str | None) -> None:
    decision = classify(ticket(**given_values))
    assert (decision and decision.work_class, decision and decision.nature) == (work_class, nature)
