"""Tickets, transitions, links and clocks from issues."""

from datetime import UTC, datetime
from typing import Any

import pytest

from connectors.errors import WrongSettings
from connectors.jira.fields import choose_fields
from connectors.jira.labels import Labels
from connectors.jira.settings import JiraSettings
from connectors.jira.statuses import Statuses
from connectors.jira.values import label
from connectors.model import Link, Sla, Ticket
from connectors.relations import relation_of
from connectors.words import Words, kind_of
from tests.connectors.jira import fake
from tests.connectors.jira.fake import STATUSES, change, history, issue, person, step

MAY = "2024-05-01T10:00:00.000+0000"


async def ticket_of(source: fake.Json, *histories: fake.Json, **settings: Any) -> Ticket:
    router = fake.cloud([source])
    log = {"issueId": source["id"], "changeHistories": list(histories)}
    router["bulk"].respond(json={"issueChangeLogs": [log]})
    (page,) = await fake.pull(fake.connector(router, **settings))
    assert page.refused == ()
    return page.tickets[0]


@pytest.mark.anyio
async def test_full_issue() -> None:
    source = issue(
        1,
        "2024-05-02T12:30:00.500+0200",
        description={"type": "doc", "content": [{"type": "paragraph", "content": [{"type": "text", "text": "Full"}]}]},
        status=STATUSES[3],
        resolution={"name": "Done"},
        resolutiondate="2024-05-02T12:30:00.000+0200",
        assignee=person(2),
        components=[{"name": "storage"}],
        labels=["disk"],
        timespent=5400,
        customfield_10001={"id": "t-1", "name": "Network"},
        customfield_10002=[{"value": "Mail"}],
        customfield_10003={"value": "Acme"},
        customfield_10004={"value": "Standard"},
        customfield_10006={"value": "Hardware", "child": {"value": "Disk"}},
    )
    ticket = await ticket_of(source, provider_field="vendor", category_field="customfield_10006")
    assert ticket == Ticket(
        id="10001",
        key="OPS-1",
        url="https://jira.example/browse/OPS-1",
        kind="incident",
        source_kind="Incident",
        change_type="Standard",
        title="Disk 1 is full",
        description="Full",
        status="Resolved",
        status_category="resolved",
        resolution="Done",
        resolution_code="Done",
        priority="High",
        priority_level=2,
        opened_at=datetime(2024, 4, 1, 9, tzinfo=UTC),
        updated_at=datetime(2024, 5, 2, 10, 30, 0, 500_000, tzinfo=UTC),
        resolved_at=datetime(2024, 5, 2, 10, 30, tzinfo=UTC),
        requester="account-1",
        assignee="account-2",
        resolver="account-2",
        team="Network",
        service="Mail",
        category="Hardware / Disk",
        provider="Acme",
        project="OPS",
        components=("storage",),
        labels=("disk",),
        hours_logged=1.5,
        history_is="history",
    )


@pytest.mark.anyio
async def test_bare_issue_stays_empty() -> None:
    source = issue(1, priority=None, reporter=None)
    ticket = await ticket_of(source)
    assert (ticket.priority_level, ticket.hours_logged, ticket.requester) == (None, None, None)
    assert (ticket.team, ticket.service, ticket.category, ticket.provider) == (None, None, None, None)
    assert (ticket.resolved_at, ticket.closed_at, ticket.resolver, ticket.description) == (None, None, None, "")


@pytest.mark.anyio
async def test_histories_become_transitions() -> None:
    ticket = await ticket_of(
        issue(1, status=STATUSES[4], resolutiondate=MAY),
        history(12, "2024-05-01T12:00:00.000+0000", step(5, 6), author=4),
        history(9, MAY, change("labels", "a", "b"), step(1, 5), change("priority", "Low", "High")),
        history(9, MAY, change("labels", "a", "b"), step(1, 5), change("priority", "Low", "High")),
        history(10, MAY, change("issuetype", "Task", "Incident"), change("customfield_10001", None, "Network")),
        history(11, MAY, change("assignee", "Person 2", None, **{"from": "account-2", "to": None}), author=None),
    )
    assert [(step.field, step.old, step.new, step.actor) for step in ticket.transitions] == [
        ("status", "Open", "Resolved", "account-2"),
        ("priority", "Low", "High", "account-2"),
        ("kind", "Task", "Incident", "account-2"),
        ("team", None, "Network", "account-2"),
        ("assignee", "account-2", None, None),
        ("status", "Resolved", "Closed", "account-4"),
    ]
    assert [(step.old_category, step.new_category) for step in ticket.transitions if step.field == "status"] == [
        ("new", "resolved"),
        ("resolved", "closed"),
    ]
    assert ticket.closed_at == datetime(2024, 5, 1, 12, tzinfo=UTC)
    assert ticket.resolver == "account-4"


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("account_type", "actor"), [("app", None), ("unknown", None), ("atlassian", "account-2"), ("customer", "account-2")]
)
async def test_an_app_is_the_actor_of_no_change(account_type: str, actor: str | None) -> None:
    closed = history(1, MAY, step(1, 6)) | {"author": person(2) | {"accountType": account_type}}
    ticket = await ticket_of(issue(1, status=STATUSES[4], assignee=person(3)), closed)
    assert [change.actor for change in ticket.transitions] == [actor]
    assert ticket.resolver == (actor or "account-3")


@pytest.mark.anyio
async def test_people_are_named_on_request() -> None:
    assigned = change("assignee", "Person 2", "Person 3", **{"from": "account-2", "to": "account-3"})
    ticket = await ticket_of(issue(1, assignee=person(3)), history(1, MAY, assigned), person_names=True)
    (step,) = ticket.transitions
    assert (ticket.requester, ticket.assignee, step.old, step.new, step.actor) == (
        "Person 1",
        "Person 3",
        "Person 2",
        "Person 3",
        "Person 2",
    )


@pytest.mark.anyio
async def test_ticket_is_resolved_only_while_it_is_done() -> None:
    ticket = await ticket_of(issue(1, resolutiondate=MAY))
    assert ticket.resolved_at is None
    done = await ticket_of(issue(1, status=STATUSES[3], statuscategorychangedate=MAY))
    assert done.resolved_at == datetime(2024, 5, 1, 10, tzinfo=UTC)


@pytest.mark.anyio
async def test_relation_of_a_link_follows_its_type_and_direction() -> None:
    def link(words: str, side: str, number: int, kind: str = "Bug") -> fake.Json:
        name, inward, outward = words.split(" | ")
        target = {"id": str(number), "key": f"OPS-{number}", "fields": {"issuetype": {"name": kind}}}
        return {"type": {"name": name, "inward": inward, "outward": outward}, f"{side}Issue": target}

    duplicate = "Duplicate | is duplicated by | duplicates"
    relates = "Relates | relates to | relates to"
    incident = "Problem/Incident | is caused by | causes"
    source = issue(
        1,
        issuelinks=[
            link(duplicate, "outward", 20),
            link(duplicate, "outward", 20),
            link(duplicate, "inward", 21),
            link(relates, "outward", 22),
            link(relates, "inward", 23, "[System] Problem"),
            link(relates, "inward", 24, "[System] Change"),
            link(incident, "inward", 25),
            link(incident, "outward", 26),
            link("Regression | is broken by | breaks", "inward", 27),
            {"type": {"name": "Gone", "inward": "x", "outward": "y"}},
        ],
        parent={"id": "30", "key": "OPS-30"},
        subtasks=[{"id": "31", "key": "OPS-31"}],
    )
    relations = ["duplicate_of", "duplicated_by", "related", "problem", "change", "problem", "causes", "caused_by"]
    expected = [
        *zip(relations, range(20, 28), strict=True),
        ("parent", 30),
        ("child", 31),
    ]
    assert (await ticket_of(source)).links == tuple(
        Link.model_validate({"relation": relation, "target": str(number), "target_key": f"OPS-{number}"})
        for relation, number in expected
    )


@pytest.mark.anyio
async def test_service_level_clocks() -> None:
    def at(milliseconds: int) -> fake.Json:
        return {"epochMillis": milliseconds, "jira": "unused"}

    value = {
        "id": "9",
        "name": "Time to resolution",
        "completedCycles": [
            {
                "startTime": at(1_714_557_600_000),
                "stopTime": at(1_714_561_200_000),
                "breachTime": at(1_714_559_400_000),
                "breached": True,
            }
        ],
        "ongoingCycle": {"startTime": at(1_714_561_200_000), "breached": False},
    }
    assert (await ticket_of(issue(1, customfield_10005=value))).slas == (
        Sla(
            id="9:1",
            name="Time to resolution",
            started_at=datetime(2024, 5, 1, 10, tzinfo=UTC),
            stopped_at=datetime(2024, 5, 1, 11, tzinfo=UTC),
            due_at=datetime(2024, 5, 1, 10, 30, tzinfo=UTC),
            breached=True,
        ),
        Sla(id="9:2", name="Time to resolution", started_at=datetime(2024, 5, 1, 11, tzinfo=UTC), breached=False),
    )
    assert (await ticket_of(issue(1, customfield_10005="paused"))).slas == ()


@pytest.mark.anyio
async def test_operators_maps_come_first() -> None:
    ticket = await ticket_of(
        issue(1, issuetype={"name": "Fault"}),
        history(1, MAY, step(1, 3)),
        kind_map={"fault": "incident"},
        status_map={"open": "waiting", "in progress": "new"},
    )
    assert (ticket.kind, ticket.status_category) == ("incident", "waiting")
    assert (ticket.transitions[0].old_category, ticket.transitions[0].new_category) == ("waiting", "new")


@pytest.mark.parametrize(
    ("name", "key", "category"),
    [
        ("Waiting for triage", "new", "new"),
        ("In Progress", "indeterminate", "active"),
        ("Waiting for customer", "indeterminate", "waiting"),
        ("Done", "done", "resolved"),
        ("Closed", "done", "closed"),
        ("Declined", "done", "cancelled"),
        ("Finished", "undefined", "resolved"),
        ("On hold", None, "waiting"),
    ],
)
def test_status_categories(name: str, key: str | None, category: str) -> None:
    status = {"id": "7", "name": name, "statusCategory": {"key": key}}
    assert Statuses([], Words()).category(status) == category


def test_past_statuses_are_recognised_by_id_then_by_name() -> None:
    statuses = Statuses(STATUSES, Words({"parked": "waiting"}))
    assert statuses.past_category("5", "Old name of Resolved") == "resolved"
    assert statuses.past_category("5", "Parked") == "waiting"
    assert statuses.past_category("99", "Gone: pending vendor") == "waiting"
    assert statuses.past_category(None, "Somewhere") == "unknown"


@pytest.mark.parametrize(
    ("issue_type", "kind"),
    [
        ("Incident", "incident"),
        ("[System] Incident", "incident"),
        ("[System] Service request with approvals", "request"),
        ("[System] Problem", "problem"),
        ("[System] Change", "change"),
        ("[System] Post-incident review", "problem"),
        ("Bug", "defect"),
        ("Story", "feature"),
        ("New Feature", "feature"),
        ("Feature request", "feature"),
        ("Improvement", "feature"),
        ("Wish", "feature"),
        ("Task", "task"),
        ("Sub-task", "task"),
        ("Alert", "alert"),
        ("IT Help", "request"),
        ("Test", "other"),
    ],
)
def test_kinds(issue_type: str, kind: str) -> None:
    assert kind_of(issue_type) == kind


def test_priority_levels_of_both_schemes() -> None:
    new = ("Highest", "High", "Medium", "Low", "Lowest")
    old = ("Blocker", "Critical", "Major", "Minor", "Trivial")
    numbered = ("P1", "P2 - High", "3 - Moderate", "Sev4", "priority 5")
    labels = Labels((), (), Words())

    def level_of(name: str) -> int | None:
        return labels.level({"name": name})

    for names in (new, old, numbered):
        assert [level_of(name) for name in names] == [1, 2, 3, 4, 5]
    assert level_of("Whenever") is None


def test_problem_that_is_the_cause_is_the_problem() -> None:
    assert relation_of("Causality", "is caused by", "problem") == "problem"
    assert relation_of("Causality", "is caused by", "change") == "caused_by"
    assert relation_of("Cloners", "is cloned by", "defect") == "related"
    for phrase in ("is fixed by", "was solved by", "Resolved by", "is addressed by"):
        assert relation_of("Fix", phrase, "change") == "fixed_by"
    for phrase in ("fixes", "solves", "Resolved", "addresses"):
        assert relation_of("Fix", phrase, "defect") == "fixes"
    assert relation_of("Blocks", "blocks the fix of", "defect") == "related"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, None),
        ("", None),
        ([], None),
        ("plain", "plain"),
        (7, "7"),
        ({"value": "option"}, "option"),
        ({"displayName": "Person 1"}, "Person 1"),
        ([{"name": "first"}, {"name": "second"}], "first"),
        ([{"workspaceId": "w", "id": "w:1", "objectId": "1"}], "w:1"),
        ({"self": "only"}, None),
    ],
)
def test_labels_of_custom_fields(value: Any, text: str | None) -> None:
    assert label(value) == text


def chosen(**settings: Any) -> Any:
    return choose_fields(fake.FIELDS, JiraSettings.model_validate({"url": fake.SITE, "token": "t"} | settings))


def test_fields_are_recognised_by_type_and_name() -> None:
    fields = chosen()
    assert (fields.team, fields.team_name) == ("customfield_10001", "Squad")
    assert (fields.service, fields.change_type) == ("customfield_10002", "customfield_10004")
    assert fields.slas == ("customfield_10005",)
    assert fields.provider is fields.category is None


def test_setting_goes_before_recognised_fields() -> None:
    assert chosen(team_field="vendor").team == "customfield_10003"


def test_unknown_field_names_the_closest() -> None:
    with pytest.raises(WrongSettings, match=r"TEAM_FIELD: there is no field 'Squat'; the closest is 'Squad'"):
        chosen(team_field="Squat")


def test_name_of_several_fields_is_rejected_with_their_ids() -> None:
    with pytest.raises(WrongSettings, match="customfield_10006, customfield_10007"):
        chosen(category_field="Area")
