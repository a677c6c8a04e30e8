"""Labels of codes, and the categories of states."""

import pytest

from connectors.servicenow.choices import Choices
from connectors.words import Words
from tests.connectors.servicenow.fake import Instance, choice, connector, incident, tickets


def status(instance: Instance, table: str = "incident", **columns: object) -> tuple[str, str]:
    settings = {"status_map": columns.pop("status_map", {}), "tables": table}
    instance.tables[table] = [
        incident(1, sys_class_name=table, **{name: str(value) for name, value in columns.items()})
    ]
    (ticket,) = tickets(connector(**settings))
    return ticket.status, ticket.status_category


def test_labels_are_those_of_the_instance(instance: Instance) -> None:
    instance.tables["sys_choice"] += [choice("state", "3", "Awaiting Problem")]
    assert status(instance, state="3") == ("Awaiting Problem", "waiting")


def test_operators_map_comes_first(instance: Instance) -> None:
    assert status(instance, state="4", status_map={"awaiting vendor": "active"}) == ("Awaiting Vendor", "active")


@pytest.mark.parametrize(
    ("table", "code", "expected"),
    [
        ("incident", "3", ("On Hold", "waiting")),
        ("incident", "8", ("Canceled", "cancelled")),
        ("problem", "103", ("Root Cause Analysis", "active")),
        ("change_request", "-5", ("New", "new")),
        ("change_request", "3", ("Closed", "closed")),
        ("sc_task", "2", ("Work in Progress", "active")),
        ("sc_task", "4", ("Closed Incomplete", "cancelled")),
        ("incident", "42", ("42", "unknown")),
    ],
)
def test_without_choices_the_base_system_is_assumed(
    instance: Instance, table: str, code: str, expected: tuple[str, str]
) -> None:
    instance.forbidden["sys_choice"] = (403, "User Not Authorized")
    assert status(instance, table, state=code) == expected


def test_forbidden_state_is_unknown_unless_the_ticket_says_that_it_has_ended(instance: Instance) -> None:
    assert status(instance, state="", active="false") == ("", "closed")
    # A resolved ticket is still active in ServiceNow.
    assert status(instance, state="", active="true") == ("", "unknown")


def test_old_names_of_the_state_are_a_fallback(instance: Instance) -> None:
    assert status(instance, state="", incident_state="6") == ("Resolved", "resolved")


def test_tasks_read_from_their_parent_have_the_states_of_their_class(instance: Instance) -> None:
    instance.forbidden["sys_choice"] = (403, "User Not Authorized")
    instance.tables["task"] = [incident(1, sys_class_name="problem", state="106")]
    (ticket,) = tickets(connector(tables="task"))
    assert (ticket.kind, ticket.status) == ("problem", "Resolved")


def test_inactive_choices_label_codes_without_an_active_one() -> None:
    rows = [
        choice("state", "2", "In Work", inactive="true"),
        choice("state", "2", "Active"),
        choice("state", "9", "Parked", inactive="true"),
    ]
    for order in (rows, rows[::-1]):
        choices = Choices(order, Words())
        assert (choices.label("incident", "state", "2"), choices.label("incident", "state", "9")) == (
            "Active",
            "Parked",
        )


def test_table_inherits_the_choices_of_task() -> None:
    choices = Choices(
        [choice("priority", "1", "Very high", table="task"), choice("priority", "1", "P1", "problem")], Words()
    )
    assert choices.label("incident", "priority", "1") == "Very high"
    assert choices.label("problem", "priority", "1") == "P1"


def test_labels_are_read_in_the_language_that_has_most_of_them() -> None:
    german = [
        choice("state", "1", "Neu") | {"language": "de"},
        choice("state", "2", "In Bearbeitung") | {"language": "de"},
        choice("state", "9", "Wartet auf Lieferant") | {"language": "de"},
    ]
    english = [choice("state", "1", "New") | {"language": "en"}, choice("state", "2", "Odd") | {"language": "en"}]
    choices = Choices([*english, *german], Words())
    assert choices.status("incident", "1") == ("Neu", "new")
    assert choices.status("incident", "9") == ("Wartet auf Lieferant", "waiting")
    # A label without known words is explained by that of another language.
    both = [choice("state", "5", "Muu") | {"language": "fi"}, choice("state", "5", "On Hold") | {"language": "en"}]
    assert Choices(both, Words()).status("incident", "5") == ("On Hold", "waiting")
    finnish = [*both, choice("state", "6", "Uusi") | {"language": "fi"}]
    assert Choices(finnish, Words()).status("incident", "5") == ("Muu", "waiting")
    mapped = Words(priority_map={"p1": 4})
    assert Choices([choice("priority", "1", "P1")], mapped).level("incident", "priority", "1") == 4
