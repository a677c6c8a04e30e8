"""Tickets from rows."""

from datetime import UTC, datetime
from typing import Any

import pytest

from connectors.model import Link, Sla, Ticket
from tests.connectors.servicenow.fake import URL, Instance, choice, connector, incident, pull, sys_id, tickets


def mapped(instance: Instance, table: str = "incident", /, settings: Any = None, **columns: str) -> Ticket:
    instance.tables[table] = [incident(1, **{"sys_class_name": table, **columns})]
    (ticket,) = tickets(connector(tables=table, **(settings or {})))
    return ticket


def test_a_full_incident(instance: Instance) -> None:
    instance.tables |= {
        "sys_user_group": [{"sys_id": sys_id(70), "name": "Network"}],
        "cmdb_ci_service": [{"sys_id": sys_id(71), "name": "Mail"}],
        "cmdb_ci": [{"sys_id": sys_id(72), "name": "mail-01"}],
        "core_company": [{"sys_id": sys_id(73), "name": "Vendor Inc"}],
    }
    instance.tables["sys_choice"] += [
        choice("priority", "2", "2 - High", table="task"),
        choice("category", "network", "Network trouble"),
        choice("subcategory", "dns", "DNS"),
    ]
    ticket = mapped(
        instance,
        settings={"provider_field": "assignment_group.vendor"},
        description="It does not answer.",
        state="6",
        category="network",
        subcategory="dns",
        assignment_group=sys_id(70),
        business_service=sys_id(71),
        cmdb_ci=sys_id(72),
        **{"assignment_group.vendor": sys_id(73)},
        caller_id=sys_id(80),
        opened_by=sys_id(81),
        assigned_to=sys_id(82),
        resolved_by=sys_id(83),
        closed_by=sys_id(84),
        resolved_at="2024-05-01 09:30:00",
        close_notes="Restarted it.",
        close_code="Solved (Permanently)",
        reopen_count="1",
        reassignment_count="4",
        time_worked="5400",
        problem_id=sys_id(90),
        rfc=sys_id(91),
        caused_by=sys_id(92),
        parent_incident=sys_id(93),
        parent=sys_id(93),
    )
    assert ticket == Ticket(
        id=sys_id(1),
        key="INC0000001",
        url=f"{URL}/nav_to.do?uri=incident.do%3Fsys_id%3D{sys_id(1)}",
        kind="incident",
        source_kind="incident",
        title="Disk 1 is full",
        description="It does not answer.",
        status="Resolved",
        status_category="resolved",
        resolution="Restarted it.",
        resolution_code="Solved (Permanently)",
        priority="2 - High",
        priority_level=2,
        opened_at=datetime(2024, 5, 1, 9, tzinfo=UTC),
        updated_at=datetime(2024, 5, 1, 10, tzinfo=UTC),
        resolved_at=datetime(2024, 5, 1, 9, 30, tzinfo=UTC),
        requester=sys_id(80),
        assignee=sys_id(82),
        resolver=sys_id(83),
        team="Network",
        service="Mail",
        configuration_item="mail-01",
        category="Network trouble / DNS",
        provider="Vendor Inc",
        hours_logged=1.5,
        reopen_count=1,
        reassignment_count=4,
        history_is="counter",
        links=(
            Link(relation="problem", target=sys_id(90)),
            Link(relation="change", target=sys_id(91)),
            Link(relation="caused_by", target=sys_id(92)),
            Link(relation="parent", target=sys_id(93)),
        ),
    )


@pytest.mark.parametrize(
    ("table", "kind"),
    [
        ("incident", "incident"),
        ("problem", "problem"),
        ("change_request", "change"),
        ("sc_req_item", "request"),
        ("sc_task", "task"),
        ("u_audit_finding", "other"),
    ],
)
def test_kind_follows_from_the_table(instance: Instance, table: str, kind: str) -> None:
    assert mapped(instance, table).kind == kind


def test_operators_kinds_come_first(instance: Instance) -> None:
    settings = {"kind_map": {"incident": "alert"}}
    assert mapped(instance, settings=settings).kind == "alert"


def test_custom_class_has_the_kind_of_the_table_it_was_read_from(instance: Instance) -> None:
    ticket = mapped(instance, sys_class_name="u_major_incident")
    assert (ticket.kind, ticket.source_kind) == ("incident", "u_major_incident")


def test_only_a_change_has_a_type_of_change(instance: Instance) -> None:
    assert mapped(instance, "change_request", type="emergency").change_type == "emergency"
    assert mapped(instance, "incident", type="emergency").change_type is None


@pytest.mark.parametrize(
    ("columns", "resolution", "code"),
    [
        ({"close_notes": "Restarted.", "close_code": "Duplicate"}, "Restarted.", "Duplicate"),
        ({"fix_notes": "Replaced.", "resolution_code": "fix_applied"}, "Replaced.", "fix_applied"),
        ({"close_code": "Fixed"}, "Fixed", "Fixed"),
        ({"resolution_code": "fix_applied"}, "fix_applied", "fix_applied"),
        ({}, None, None),
    ],
)
def test_resolution_is_the_text_else_the_code(
    instance: Instance, columns: dict[str, str], resolution: str | None, code: str | None
) -> None:
    ticket = mapped(instance, **columns)
    assert (ticket.resolution, ticket.resolution_code) == (resolution, code)


@pytest.mark.parametrize(
    ("columns", "person"),
    [
        ({"caller_id": "a", "requested_for": "b", "opened_by": "d"}, "a"),
        ({"caller_id": "", "requested_for": "b", "opened_by": "d"}, "b"),
        ({"requested_by": "c", "opened_by": "d"}, "c"),
        ({"opened_by": "d"}, "d"),
    ],
)
def test_requester_is_the_first_filled_column(instance: Instance, columns: dict[str, str], person: str) -> None:
    assert mapped(instance, **columns).requester == person


@pytest.mark.parametrize(
    ("worked", "hours"),
    [("3600", 1.0), ("0", None), ("", None), ("1970-01-01 02:30:00", 2.5), ("1970-01-01 00:00:00", None)],
)
def test_timer_is_read_as_seconds_or_as_a_duration(instance: Instance, worked: str, hours: float | None) -> None:
    assert mapped(instance, time_worked=worked).hours_logged == hours


def test_missing_columns_leave_a_ticket(instance: Instance) -> None:
    instance.tables["incident"] = [incident(1)]
    instance.visible = lambda row: {
        name: row[name] for name in ("sys_id", "sys_updated_on", "sys_created_on") if name in row
    }
    (ticket,) = tickets(connector())
    assert ticket.key == sys_id(1)
    assert (ticket.status, ticket.status_category) == ("", "unknown")
    assert ticket.opened_at == datetime(2024, 5, 1, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    ("columns", "category"),
    [
        ({}, "unknown"),
        ({"active": "true"}, "unknown"),
        ({"active": "false"}, "closed"),
        ({"closed_at": "2024-05-03 08:00:00"}, "closed"),
        ({"resolved_at": "2024-05-03 08:00:00"}, "closed"),
    ],
)
def test_a_state_that_nobody_knows_is_unknown_until_the_ticket_has_ended(
    instance: Instance, columns: dict[str, str], category: str
) -> None:
    ticket = mapped(instance, **{"active": "", "state": "-100"} | columns)
    assert (ticket.status, ticket.status_category) == ("-100", category)


def test_opened_at_falls_back_to_the_creation(instance: Instance) -> None:
    ticket = mapped(instance, opened_at="", sys_created_on="2024-04-30 08:00:00")
    assert ticket.opened_at == datetime(2024, 4, 30, 8, tzinfo=UTC)


@pytest.mark.parametrize(
    ("columns", "reason"),
    [
        ({"opened_at": "", "sys_created_on": ""}, "sys_created_on: is missing"),
        ({"opened_at": "01/05/2024 9 am", "sys_created_on": "soon"}, "sys_created_on: is not a date and time"),
        ({"opened_at": "", "sys_created_on": "0001-01-01 00:00:00"}, "sys_created_on: is not between 1990 and"),
        ({"sys_id": "x^NQactive=true"}, "sys_id: is not an id"),
    ],
)
def test_malformed_row_is_refused_alone(instance: Instance, columns: dict[str, str], reason: str) -> None:
    instance.tables["incident"] = [incident(1, **columns), incident(2)]
    (page,) = pull(connector())
    assert [ticket.id for ticket in page.tickets] == [sys_id(2)]
    assert [refusal.place for refusal in page.refused] == ["INC0000001"]
    assert reason in page.refused[0].reason


@pytest.mark.parametrize(
    ("columns", "attribute", "left"),
    [
        ({"opened_at": "01/05/2024 9 am"}, "opened_at", datetime(2024, 5, 1, 9, tzinfo=UTC)),
        ({"reopen_count": "many"}, "reopen_count", None),
        ({"reopen_count": "9" * 30}, "reopen_count", None),
        ({"reopen_count": "-1"}, "reopen_count", None),
        ({"reassignment_count": "1e3"}, "reassignment_count", None),
        ({"time_worked": "1969-01-01 x"}, "hours_logged", None),
        ({"time_worked": "9999-01-01 00:00:00"}, "hours_logged", None),
        ({"time_worked": "9" * 5000}, "hours_logged", None),
        ({"time_worked": "\u00b2"}, "hours_logged", None),
        ({"resolved_at": "0001-01-01 00:00:00"}, "resolved_at", None),
        ({"closed_at": "9999-12-31 23:59:59"}, "closed_at", None),
    ],
)
def test_odd_value_costs_its_field_alone(
    instance: Instance, columns: dict[str, str], attribute: str, left: Any
) -> None:
    ticket = mapped(instance, **{"sys_created_on": "2024-05-01 09:00:00"} | columns)
    assert getattr(ticket, attribute) == left


def test_forbidden_column_is_named_in_the_refusal(instance: Instance) -> None:
    instance.tables["incident"] = [incident(1)]
    instance.visible = lambda row: {
        name: value for name, value in row.items() if name not in ("opened_at", "sys_created_on")
    }
    (page,) = pull(connector())
    assert page.refused[0].reason.startswith("sys_created_on: is missing")


def test_service_levels_are_read(instance: Instance) -> None:
    instance.tables["task_sla"] = [
        {
            "sys_id": sys_id(50),
            "task": sys_id(1),
            "sla": sys_id(51),
            "sla.name": "Resolve in a day",
            "has_breached": "true",
            "start_time": "2024-05-01 09:00:00",
            "end_time": "",
            "planned_end_time": "2024-05-02 09:00:00",
        }
    ]
    assert mapped(instance).slas == (
        Sla(
            id=sys_id(50),
            name="Resolve in a day",
            started_at=datetime(2024, 5, 1, 9, tzinfo=UTC),
            due_at=datetime(2024, 5, 2, 9, tzinfo=UTC),
            breached=True,
        ),
    )


def test_missing_table_of_service_levels_is_probed_once(instance: Instance) -> None:
    instance.tables["incident"] = [incident(number) for number in range(250)]
    tickets(connector(page_size=100))
    assert len(instance.queries("task_sla")) == 1
