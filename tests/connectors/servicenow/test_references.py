"""Names of references are read in bulk and once, and the cache is bounded."""

import pytest

from tests.connectors.servicenow.fake import Instance, connector, incident, sys_id, tickets


def test_each_missing_name_is_read_once(instance: Instance) -> None:
    instance.tables["sys_user_group"] = [{"sys_id": sys_id(500 + n), "name": f"Team {n}"} for n in range(130)]
    instance.tables["incident"] = [
        incident(
            number, f"2024-05-01 10:{number // 60:02}:{number % 60:02}", assignment_group=sys_id(500 + number % 130)
        )
        for number in range(400)
    ]
    pulled = tickets(connector(page_size=200))
    assert [ticket.team for ticket in pulled] == [f"Team {number % 130}" for number in range(400)]
    queries = [params["sysparm_query"] for params in instance.queries("sys_user_group")]
    numbers = [query.count("0" * 20) for query in queries if "IN" in query]
    assert sum(numbers) == 130
    assert max(numbers) in range(40, 101)


def test_names_that_left_the_cache_are_read_again(instance: Instance, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("connectors.servicenow.references.CACHE_SIZE", 4)
    instance.tables["sys_user_group"] = [{"sys_id": sys_id(500 + n), "name": f"Team {n}"} for n in range(8)]
    instance.tables["incident"] = [
        incident(number, f"2024-05-01 10:00:{number:02}", assignment_group=sys_id(500 + number % 8))
        for number in range(32)
    ]
    pulled = tickets(connector(page_size=1))
    assert [ticket.team for ticket in pulled] == [f"Team {number % 8}" for number in range(32)]
    queries = [params["sysparm_query"] for params in instance.queries("sys_user_group")]
    assert [sum(sys_id(500 + n) in query for query in queries) for n in range(8)] == [4] * 8


@pytest.mark.parametrize("reason", [(403, "User Not Authorized"), (400, "Invalid table sys_user_group")])
def test_unreadable_table_of_names_leaves_the_sys_ids(instance: Instance, reason: tuple[int, str]) -> None:
    instance.forbidden["sys_user_group"] = reason
    instance.tables["incident"] = [incident(number, assignment_group=sys_id(500 + number)) for number in range(4)]
    assert [ticket.team for ticket in tickets(connector(page_size=1))] == [sys_id(500 + number) for number in range(4)]
    assert len(instance.queries("sys_user_group")) == 1


def test_text_instead_of_a_reference_is_its_own_name(instance: Instance) -> None:
    instance.tables["incident"] = [incident(1, u_squad="Blue")]
    (ticket,) = tickets(connector(team_field="u_squad"))
    assert ticket.team == "Blue"
    assert not instance.queries("sys_user_group")


def test_people_are_named_only_on_request(instance: Instance) -> None:
    instance.tables["sys_user"] = [{"sys_id": sys_id(80), "name": "Ada Example"}]
    instance.tables["incident"] = [incident(1, caller_id=sys_id(80), assigned_to=sys_id(81))]
    (unnamed,) = tickets(connector())
    assert unnamed.requester == sys_id(80)
    (named,) = tickets(connector(person_names=True))
    assert (named.requester, named.assignee) == ("Ada Example", sys_id(81))


def test_accounts_of_programs_are_no_persons(instance: Instance) -> None:
    program, agent = sys_id(71), sys_id(72)
    instance.tables["sys_user"] = [
        {
            "sys_id": program,
            "user_name": "sync",
            "web_service_access_only": "true",
            "internal_integration_user": "false",
        },
        # An instance without the columns ignores the condition and returns everybody.
        {"sys_id": agent, "user_name": "ada"},
    ]
    instance.tables["incident"] = [
        incident(1, assigned_to=program, resolved_by=program, closed_by=agent, caller_id=program, opened_by=agent),
    ]
    [ticket] = tickets(connector())
    assert (ticket.assignee, ticket.resolver) == (None, agent)


def test_programs_are_unknown_where_users_may_not_be_read(instance: Instance) -> None:
    instance.forbidden["sys_user"] = (403, "User Not Authorized")
    instance.tables["incident"] = [incident(1, assigned_to=sys_id(72))]
    [ticket] = tickets(connector())
    assert ticket.assignee == sys_id(72)
