"""Where the past of a ticket comes from, in which order, and what is said of its quality."""

from itertools import pairwise

import pytest

from connectors.model import Ticket, Transition
from tests.connectors.servicenow.fake import Instance, Row, audit, connector, incident, sys_id, tickets

EIGHT, NINE, TEN = "2024-05-01 08:00:00", "2024-05-01 09:00:00", "2024-05-01 10:00:00"


def one(**settings: object) -> Ticket:
    (found,) = tickets(connector(**settings))
    return found


def labels(ticket: Ticket, field: str = "status") -> list[str | None]:
    """The first old value and all new ones."""
    mine = [change for change in ticket.transitions if change.field == field]
    return [change.old for change in mine[:1]] + [change.new for change in mine]


def interval(number: int, column: str, value: str, start: str) -> Row:
    return {"sys_id": sys_id(number), "id": sys_id(1), "field": column, "value": value, "start": start}


def test_changes_of_one_second_follow_the_numeric_checkpoint(instance: Instance) -> None:
    instance.tables["incident"] = [incident(1, state="7")]
    instance.tables["sys_audit"] = [
        audit(1, 1, "state", "6", "7", at=TEN, checkpoint=10),
        audit(2, 1, "state", "2", "6", at=TEN, checkpoint=9),
        audit(3, 1, "state", "1", "2", at=EIGHT, checkpoint=2),
    ]
    ticket = one()
    assert labels(ticket) == ["New", "Active", "Resolved", "Closed"]
    assert [change.new_category for change in ticket.transitions] == ["active", "resolved", "closed"]
    assert {change.actor for change in ticket.transitions} == {"someone"}
    assert ticket.history_is == "history"


def test_a_row_that_comes_twice_and_one_without_a_change_count_not(instance: Instance) -> None:
    instance.tables["incident"] = [incident(1, state="2")]
    instance.tables["sys_audit"] = [
        audit(1, 1, "state", "1", "2", at=EIGHT),
        audit(1, 1, "state", "1", "2", at=EIGHT),
        audit(2, 1, "state", "2", "2", at=NINE),
    ]
    assert labels(one()) == ["New", "Active"]


def test_old_names_of_the_state_count_only_where_state_says_nothing(instance: Instance) -> None:
    instance.tables["incident"] = [incident(1, state="2"), incident(2, state="2")]
    instance.tables["sys_audit"] = [
        audit(1, 1, "state", "1", "2", at=EIGHT),
        audit(2, 1, "incident_state", "1", "2", at=EIGHT),
        audit(3, 2, "incident_state", "1", "2", at=EIGHT),
    ]
    assert [labels(ticket) for ticket in tickets(connector())] == [["New", "Active"]] * 2
    old_names = [params["sysparm_query"] for params in instance.asked("sys_audit") if "incident_state" in str(params)]
    assert len(old_names) == 1
    assert sys_id(1) not in old_names[0]


def test_more_audit_rows_than_one_page_are_all_read(instance: Instance, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("connectors.servicenow.table.ROWS_AT_A_TIME", 5)
    instance.tables["incident"] = [incident(1, state="1")]
    codes = ["1", "2"] * 9
    instance.tables["sys_audit"] = [
        audit(number, 1, "state", old, new, at=f"2024-05-01 09:00:{number:02}")
        for number, (old, new) in enumerate(pairwise(codes))
    ]
    assert len(one().transitions) == 17


def test_audit_is_asked_for_by_a_hundred_tickets_at_most(instance: Instance) -> None:
    instance.tables["incident"] = [incident(number) for number in range(201)]
    tickets(connector())
    asked = [params["sysparm_query"] for params in instance.asked("sys_audit") if "documentkeyIN" in str(params)]
    assert sorted(query.count("," + "0" * 20) + 1 for query in asked) == [1, 100, 100]
    assert all("tablenameINincident^" in query for query in asked)


def test_teams_are_named_and_people_are_not(instance: Instance) -> None:
    instance.tables["sys_user_group"] = [{"sys_id": sys_id(70), "name": "Network"}]
    instance.tables["sys_user"] = [{"sys_id": sys_id(80), "name": "Ada Example"}]
    instance.tables["incident"] = [incident(1, assignment_group=sys_id(71), assigned_to=sys_id(80))]
    instance.tables["sys_audit"] = [
        audit(1, 1, "assignment_group", "", sys_id(70), at=EIGHT),
        audit(2, 1, "assignment_group", sys_id(70), sys_id(71), at=NINE),
        audit(3, 1, "assigned_to", "", sys_id(80), at=TEN),
    ]
    ticket = one()
    assert labels(ticket, "team") == [None, "Network", sys_id(71)]
    assert labels(ticket, "assignee") == [None, sys_id(80)]
    assert not instance.asked("sys_user")
    assert labels(one(person_names=True), "assignee") == [None, "Ada Example"]


@pytest.mark.parametrize(
    ("changes", "columns"),
    [
        ([("1", "2"), ("4", "6")], {"state": "6"}),
        ([("1", "2")], {"state": "6"}),
    ],
    ids=["gap in between", "gap at the end"],
)
def test_a_history_with_a_gap_is_truncated(
    instance: Instance, changes: list[tuple[str, str]], columns: dict[str, str]
) -> None:
    instance.tables["incident"] = [incident(1, **columns)]
    instance.tables["sys_audit"] = [
        audit(number, 1, "state", old, new, at=f"2024-05-01 08:00:0{number}")
        for number, (old, new) in enumerate(changes)
    ]
    assert one().history_is == "truncated"


def test_an_end_without_any_change_of_state_is_truncated(instance: Instance) -> None:
    instance.tables["incident"] = [incident(1, state="7", assignment_group=sys_id(70))]
    instance.tables["sys_audit"] = [audit(1, 1, "assignment_group", "", sys_id(70), at=EIGHT)]
    assert one().history_is == "truncated"


def test_a_change_made_after_the_ticket_was_read_is_no_gap(instance: Instance) -> None:
    instance.tables["incident"] = [incident(1, EIGHT, state="2")]
    instance.tables["sys_audit"] = [audit(1, 1, "state", "1", "2", at=EIGHT), audit(2, 1, "state", "2", "6", at=NINE)]
    assert one().history_is == "history"


def test_a_new_ticket_has_a_whole_history_without_a_change(instance: Instance) -> None:
    instance.tables["incident"] = [incident(1)]
    assert one().history_is == "history"
    assert len(instance.asked("metric_instance")) == 0


@pytest.mark.parametrize(
    ("columns", "quality"),
    [
        ({"state": "7"}, "counter"),
        ({"state": "1", "reopen_count": "2"}, "counter"),
        ({"state": "7", "reopen_count": "", "reassignment_count": ""}, "none"),
    ],
)
def test_without_a_trace_only_the_counters_are_left(instance: Instance, columns: dict[str, str], quality: str) -> None:
    instance.tables["incident"] = [incident(1, **columns)]
    ticket = one()
    assert ticket.history_is == quality
    assert ticket.transitions == ()


@pytest.mark.parametrize("reason", [(403, "User Not Authorized"), (400, "Invalid table sys_audit")])
def test_metrics_stand_in_where_audit_is_not_readable(instance: Instance, reason: tuple[int, str]) -> None:
    instance.refused["sys_audit"] = reason
    instance.tables["incident"] = [incident(1, state="6", opened_at=EIGHT, sys_created_on=EIGHT)]
    instance.tables["metric_instance"] = [
        interval(1, "incident_state", "New", "2024-05-01 08:00:03"),
        interval(2, "incident_state", "Awaiting Vendor", NINE),
        interval(3, "incident_state", "Resolved", TEN),
        interval(4, "assignment_group", "Network", EIGHT),
        interval(5, "assignment_group", "Database", TEN),
        interval(6, "assigned_to", "Ada Example", EIGHT),
    ]
    ticket = one()
    assert labels(ticket) == ["New", "Awaiting Vendor", "Resolved"]
    assert labels(ticket, "team") == ["Network", "Database"]
    assert (
        Transition(
            at=ticket.transitions[0].at,
            field="status",
            old="New",
            new="Awaiting Vendor",
            old_category="new",
            new_category="waiting",
        )
        == ticket.transitions[0]
    )
    assert ticket.history_is == "history"
    assert len(instance.asked("sys_audit")) == 1
    assert "assigned_to" not in instance.asked("metric_instance")[-1]["sysparm_query"]


@pytest.mark.parametrize(
    "intervals",
    [
        [interval(1, "state", "Active", NINE), interval(2, "state", "Resolved", TEN)],
        [interval(1, "state", "New", EIGHT), interval(2, "state", "Active", NINE)],
        [interval(1, "assignment_group", "Network", EIGHT)],
    ],
    ids=["defined too late", "ended too early", "not of the state"],
)
def test_metrics_that_do_not_cover_the_ticket_are_truncated(instance: Instance, intervals: list[Row]) -> None:
    instance.tables["incident"] = [incident(1, state="6", opened_at=EIGHT, sys_created_on=EIGHT)]
    instance.tables["metric_instance"] = intervals
    assert one().history_is == "truncated"


def test_audit_rows_without_their_values_tell_nothing(instance: Instance) -> None:
    instance.tables["incident"] = [incident(1, state="2")]
    instance.tables["sys_audit"] = [audit(1, 1, "state", "1", "2")]
    instance.shown = lambda row: {name: value for name, value in row.items() if name != "oldvalue"}
    assert one().history_is == "counter"


def test_a_broken_audit_row_refuses_its_ticket_alone(instance: Instance) -> None:
    instance.tables["incident"] = [incident(1, state="2"), incident(2)]
    instance.tables["sys_audit"] = [audit(1, 1, "state", "1", "2", at="yesterday")]
    assert [ticket.id for ticket in tickets(connector())] == [sys_id(2)]
