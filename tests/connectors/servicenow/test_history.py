"""Histories of tickets: their sources, their order and their provenance."""

from itertools import pairwise

import pytest

from connectors.model import Ticket, Transition
from tests.connectors.servicenow.fake import Instance, Row, audit, connector, incident, sys_id, tickets

EIGHT, NINE, TEN = "2024-05-01 08:00:00", "2024-05-01 09:00:00", "2024-05-01 10:00:00"


def only_ticket(**settings: object) -> Ticket:
    (ticket,) = tickets(connector(**settings))
    return ticket


def labels(ticket: Ticket, field: str = "status") -> list[str | None]:
    """Return the first old value and all new ones."""
    changes = [change for change in ticket.transitions if change.field == field]
    return [change.old for change in changes[:1]] + [change.new for change in changes]


def interval(number: int, column: str, value: str, start: str) -> Row:
    return {"sys_id": sys_id(number), "id": sys_id(1), "field": column, "value": value, "start": start}


def test_changes_of_one_second_follow_the_numeric_checkpoint(instance: Instance) -> None:
    instance.tables["incident"] = [incident(1, state="7")]
    instance.tables["sys_audit"] = [
        audit(1, 1, "state", "6", "7", at=TEN, checkpoint=10),
        audit(2, 1, "state", "2", "6", at=TEN, checkpoint=9),
        audit(3, 1, "state", "1", "2", at=EIGHT, checkpoint=2),
    ]
    ticket = only_ticket()
    assert labels(ticket) == ["New", "Active", "Resolved", "Closed"]
    assert [change.new_category for change in ticket.transitions] == ["active", "resolved", "closed"]
    assert ticket.history_is == "history"


def test_duplicate_rows_and_rows_without_a_change_are_skipped(instance: Instance) -> None:
    instance.tables["incident"] = [incident(1, state="2")]
    instance.tables["sys_audit"] = [
        audit(1, 1, "state", "1", "2", at=EIGHT),
        audit(1, 1, "state", "1", "2", at=EIGHT),
        audit(2, 1, "state", "2", "2", at=NINE),
    ]
    assert labels(only_ticket()) == ["New", "Active"]


def test_old_names_of_the_state_count_only_without_changes_of_state(instance: Instance) -> None:
    instance.tables["incident"] = [incident(1, state="2"), incident(2, state="2")]
    instance.tables["sys_audit"] = [
        audit(1, 1, "state", "1", "2", at=EIGHT),
        audit(2, 1, "incident_state", "1", "2", at=EIGHT),
        audit(3, 2, "incident_state", "1", "2", at=EIGHT),
    ]
    assert [labels(ticket) for ticket in tickets(connector())] == [["New", "Active"]] * 2
    old_names = [params["sysparm_query"] for params in instance.queries("sys_audit") if "incident_state" in str(params)]
    assert len(old_names) == 1
    assert sys_id(1) not in old_names[0]


def test_more_audit_rows_than_one_page_are_all_read(instance: Instance, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("connectors.servicenow.table.ROWS_A_PAGE", 5)
    instance.tables["incident"] = [incident(1, state="1")]
    codes = ["1", "2"] * 9
    instance.tables["sys_audit"] = [
        audit(number, 1, "state", old, new, at=f"2024-05-01 09:00:{number:02}")
        for number, (old, new) in enumerate(pairwise(codes))
    ]
    assert len(only_ticket().transitions) == 17


def test_audit_is_read_for_as_many_tickets_as_an_address_holds(instance: Instance) -> None:
    instance.tables["incident"] = [incident(number) for number in range(201)]
    tickets(connector())
    queries = [params["sysparm_query"] for params in instance.queries("sys_audit") if "documentkeyIN" in str(params)]
    numbers = [query.count("," + "0" * 20) + 1 for query in queries]
    assert sum(numbers) == 201
    assert max(numbers) in range(40, 101)
    assert all("tablenameINincident^" in query for query in queries)


@pytest.mark.parametrize(("user", "actor"), [("someone", sys_id(83)), ("system", None)])
def test_the_resolver_is_the_actor_of_the_last_resolution_unless_it_was_an_automation(
    instance: Instance, user: str, actor: str | None
) -> None:
    instance.tables["incident"] = [incident(1, state="7", resolved_by=sys_id(83), closed_by=sys_id(84))]
    instance.tables["sys_audit"] = [
        audit(1, 1, "state", "1", "6", at=EIGHT),
        audit(2, 1, "state", "6", "2", at=NINE),
        audit(3, 1, "state", "2", "6", at=TEN) | {"user": user},
        audit(4, 1, "state", "6", "7", at="2024-05-01 11:00:00") | {"user": "system"},
    ]
    ticket = only_ticket()
    assert [step.actor for step in ticket.transitions] == [None, None, actor, None]
    assert ticket.resolver == sys_id(83)


def test_the_resolver_is_the_actor_of_the_last_resolution_even_where_another_change_is_unreadable(
    instance: Instance,
) -> None:
    instance.tables["incident"] = [incident(1, state="6", resolved_by=sys_id(83))]
    instance.tables["sys_audit"] = [
        audit(1, 1, "state", "1", "2", at=EIGHT),
        audit(2, 1, "priority", "3", "2", at="9999-12-31 00:00:00"),
        audit(3, 1, "state", "2", "6", at=TEN),
    ]
    ticket = only_ticket()
    assert [(step.new, step.actor) for step in ticket.transitions] == [("Active", None), ("Resolved", sys_id(83))]
    assert ticket.history_is == "truncated"


def test_teams_are_named_and_people_are_not(instance: Instance) -> None:
    instance.tables["sys_user_group"] = [{"sys_id": sys_id(70), "name": "Network"}]
    instance.tables["sys_user"] = [{"sys_id": sys_id(80), "name": "Ada Example"}]
    instance.tables["incident"] = [incident(1, assignment_group=sys_id(71), assigned_to=sys_id(80))]
    instance.tables["sys_audit"] = [
        audit(1, 1, "assignment_group", "", sys_id(70), at=EIGHT),
        audit(2, 1, "assignment_group", sys_id(70), sys_id(71), at=NINE),
        audit(3, 1, "assigned_to", "", sys_id(80), at=TEN),
    ]
    ticket = only_ticket()
    assert labels(ticket, "team") == [None, "Network", sys_id(71)]
    assert labels(ticket, "assignee") == [None, sys_id(80)]
    assert all("web_service_access_only" in query["sysparm_query"] for query in instance.queries("sys_user"))
    assert labels(only_ticket(person_names=True), "assignee") == [None, "Ada Example"]


@pytest.mark.parametrize(
    ("changes", "columns"),
    [
        ([("1", "2"), ("4", "6")], {"state": "6"}),
        ([("1", "2")], {"state": "6"}),
    ],
    ids=["gap in between", "gap at the end"],
)
def test_history_with_a_gap_is_truncated(
    instance: Instance, changes: list[tuple[str, str]], columns: dict[str, str]
) -> None:
    instance.tables["incident"] = [incident(1, **columns)]
    instance.tables["sys_audit"] = [
        audit(number, 1, "state", old, new, at=f"2024-05-01 08:00:0{number}")
        for number, (old, new) in enumerate(changes)
    ]
    assert only_ticket().history_is == "truncated"


def test_ended_ticket_without_changes_of_state_is_truncated(instance: Instance) -> None:
    instance.tables["incident"] = [incident(1, state="7", assignment_group=sys_id(70))]
    instance.tables["sys_audit"] = [audit(1, 1, "assignment_group", "", sys_id(70), at=EIGHT)]
    assert only_ticket().history_is == "truncated"


def test_change_made_after_the_ticket_was_read_is_no_gap(instance: Instance) -> None:
    instance.tables["incident"] = [incident(1, EIGHT, state="2")]
    instance.tables["sys_audit"] = [audit(1, 1, "state", "1", "2", at=EIGHT), audit(2, 1, "state", "2", "6", at=NINE)]
    assert only_ticket().history_is == "history"


def test_new_ticket_without_a_change_has_a_history(instance: Instance) -> None:
    instance.tables["incident"] = [incident(1)]
    assert only_ticket().history_is == "history"
    assert len(instance.queries("metric_instance")) == 0


@pytest.mark.parametrize(
    ("columns", "quality"),
    [
        ({"state": "7"}, "counter"),
        ({"state": "1", "reopen_count": "2"}, "counter"),
        ({"state": "7", "reopen_count": "", "reassignment_count": ""}, "none"),
    ],
)
def test_ticket_without_history_rows_has_counters_only(
    instance: Instance, columns: dict[str, str], quality: str
) -> None:
    instance.tables["incident"] = [incident(1, **columns)]
    ticket = only_ticket()
    assert ticket.history_is == quality
    assert ticket.transitions == ()


@pytest.mark.parametrize("reason", [(403, "User Not Authorized"), (400, "Invalid table sys_audit")])
def test_metrics_replace_an_unreadable_audit(instance: Instance, reason: tuple[int, str]) -> None:
    instance.forbidden["sys_audit"] = reason
    instance.tables["incident"] = [incident(1, state="6", opened_at=EIGHT, sys_created_on=EIGHT)]
    instance.tables["metric_instance"] = [
        interval(1, "incident_state", "New", "2024-05-01 08:00:03"),
        interval(2, "incident_state", "Awaiting Vendor", NINE),
        interval(3, "incident_state", "Resolved", TEN),
        interval(4, "assignment_group", "Network", EIGHT),
        interval(5, "assignment_group", "Database", TEN),
        interval(6, "assigned_to", "Ada Example", EIGHT),
    ]
    ticket = only_ticket()
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
    assert len(instance.queries("sys_audit")) == 1
    assert "assigned_to" not in instance.queries("metric_instance")[-1]["sysparm_query"]


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
    assert only_ticket().history_is == "truncated"


def test_audit_rows_without_values_are_ignored(instance: Instance) -> None:
    instance.tables["incident"] = [incident(1, state="2")]
    instance.tables["sys_audit"] = [audit(1, 1, "state", "1", "2")]
    instance.visible = lambda row: {name: value for name, value in row.items() if name != "oldvalue"}
    assert only_ticket().history_is == "counter"


@pytest.mark.parametrize("at", ["yesterday", "0001-01-01 00:00:00", "9999-12-31 23:59:59"])
def test_malformed_audit_row_truncates_the_history_of_its_ticket(instance: Instance, at: str) -> None:
    instance.tables["incident"] = [incident(1, state="3"), incident(2)]
    instance.tables["sys_audit"] = [audit(1, 1, "state", "1", "2"), audit(2, 1, "state", "2", "3", at=at)]
    first, second = tickets(connector())
    assert (first.history_is, len(first.transitions)) == ("truncated", 1)
    assert second.history_is == "history"


def test_checkpoint_of_a_change_without_sense_is_ignored(instance: Instance) -> None:
    instance.tables["incident"] = [incident(1, state="2")]
    instance.tables["sys_audit"] = [audit(1, 1, "state", "1", "2") | {"record_checkpoint": "many"}]
    assert only_ticket().history_is == "history"
