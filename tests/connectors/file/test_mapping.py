"""Tickets from lines."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from connectors.model import Kind, Link, StatusCategory, Ticket, Transition
from connectors.words import kind_of, level_of
from tests.connectors.file.harness import OPENED, pull, ticket, write, write_jsonl


def read(tmp_path: Path, fields: dict[str, object], **settings: Any) -> Ticket:
    return pull(write_jsonl(tmp_path / "tickets.jsonl", fields), **settings).only


def at(day: int, hour: int = 8) -> datetime:
    return datetime(2024, 3, day, hour, tzinfo=UTC)


def test_minimal_line(tmp_path: Path) -> None:
    mapped = read(tmp_path, {"id": "T1", "opened_at": OPENED})

    assert mapped == Ticket(
        id="T1", key="T1", kind="other", source_kind="", status="new", status_category="new",
        opened_at=at(1), updated_at=at(1), history_is="none",
    )  # fmt: skip


def test_full_line(tmp_path: Path) -> None:
    mapped = read(
        tmp_path,
        {
            "id": 4711, "key": "INC-4711", "kind": "Incident", "title": " Mail is down ",
            "description": "Since 8.\nAll.", "status": "Closed", "priority": "1 - Critical",
            "opened_at": "2024-03-01T09:00:00+01:00",
            "updated_at": "2024-03-09T08:00:00Z", "resolved_at": "2024-03-02T08:00:00Z",
            "closed_at": "2024-03-03T08:00:00Z", "requester": "u1", "assignee": "u2", "resolver": "u3", "team": "Mail",
            "service": "E-mail", "configuration_item": "mx1", "category": "Outage", "provider": "Contoso",
            "project": "Ops", "change_type": "standard", "resolution": "Restarted",
            "resolution_code": "Fixed", "labels": ["a", "b", "a", None],
            "hours": 1.5, "reopen_count": 1, "reassignment_count": "2", "unknown": {"x": 1},
            "links": [{"relation": "problem", "target": "P1"}, {"relation": "problem", "target": "P1"}],
            "transitions": [
                {"at": "2024-03-02T08:00:00Z", "field": "status", "old": "Open", "new": "Closed", "actor": "u2"},
                {"at": "2024-03-01T10:00:00Z", "field": "team", "old": None, "new": "Mail"},
            ],
        },
    )  # fmt: skip

    assert mapped == Ticket(
        id="4711", key="INC-4711", kind="incident", source_kind="Incident", title="Mail is down",
        description="Since 8.\nAll.", status="Closed", status_category="closed", priority="1 - Critical",
        priority_level=1, opened_at=at(1), updated_at=at(9), resolved_at=at(2), closed_at=at(3), requester="u1",
        assignee="u2", resolver="u3", team="Mail", service="E-mail", configuration_item="mx1", category="Outage",
        provider="Contoso", project="Ops", change_type="standard", resolution="Restarted", resolution_code="Fixed",
        labels=("a", "b"),
        hours_logged=1.5, reopen_count=1, reassignment_count=2, history_is="history",
        links=(Link(relation="problem", target="P1"),),
        transitions=(
            Transition(at=at(1, 10), field="team", old=None, new="Mail"),
            Transition(
                at=at(2), field="status", old="Open", new="Closed", actor="u2",
                old_category="new", new_category="closed",
            ),
        ),
    )  # fmt: skip
    assert mapped.url is None


def test_status_category_is_set_or_mapped_or_follows_from_words(tmp_path: Path) -> None:
    status_map = '{"cellar": "waiting"}'
    values = {"status": "Cellar", "status_category": "Active"}

    assert read(tmp_path, ticket("T", **values), status_map=status_map).status_category == "active"
    assert read(tmp_path, ticket("T", status="Cellar"), status_map=status_map).status_category == "waiting"
    assert read(tmp_path, ticket("T", status="Cellar")).status_category == "unknown"
    ended = ticket("T", status="Cellar", resolved_at="2024-03-05T08:00:00Z")
    assert read(tmp_path, ended).status_category == "closed"
    assert read(tmp_path, ticket("T", status="Resolved")).status_category == "resolved"


@pytest.mark.parametrize(
    ("fields", "status", "category"),
    [
        ({"status_category": "waiting"}, "waiting", "waiting"),
        ({"closed_at": "2024-03-05T00:00:00Z", "resolved_at": "2024-03-04T00:00:00Z"}, "closed", "closed"),
        ({"resolved_at": "2024-03-04T00:00:00Z"}, "resolved", "resolved"),
        ({"transitions": [{"at": OPENED, "field": "status", "old": "New", "new": "On hold"}]}, "On hold", "waiting"),
        ({"transitions": [{"at": OPENED, "field": "team", "old": "A", "new": "B"}]}, "new", "new"),
    ],
)
def test_missing_status_follows_from_other_fields(
    tmp_path: Path, fields: dict[str, object], status: str, category: StatusCategory
) -> None:
    mapped = read(tmp_path, ticket("T", **fields))

    assert (mapped.status, mapped.status_category) == (status, category)


def test_status_map_applies_to_transitions(tmp_path: Path) -> None:
    change = {"at": OPENED, "field": "status", "old": "Cellar", "new": "Ready to ship"}
    mapped = read(tmp_path, ticket("T", transitions=[change]), status_map='{"Ready to ship": "resolved"}')

    assert [(c.old_category, c.new_category) for c in mapped.transitions] == [("unknown", "resolved")]


@pytest.mark.parametrize(
    ("fields", "history_is"),
    [
        ({"transitions": [{"at": OPENED, "field": "team", "new": "A"}], "reopen_count": 1}, "history"),
        ({"reopen_count": 0}, "counter"),
        ({"reassignment_count": 3, "transitions": []}, "counter"),
        ({"transitions": []}, "none"),
        ({}, "none"),
    ],
)
def test_provenance_of_the_history(tmp_path: Path, fields: dict[str, object], history_is: str) -> None:
    assert read(tmp_path, ticket("T", **fields)).history_is == history_is


def test_updated_at_is_the_latest_instant(tmp_path: Path) -> None:
    change = {"at": "2024-03-07T08:00:00Z", "field": "team", "old": "A", "new": "B"}

    assert read(tmp_path, ticket("T", closed_at="2024-03-05T08:00:00Z")).updated_at == at(5)
    assert read(tmp_path, ticket("T", closed_at="2024-03-05T08:00:00Z", transitions=[change])).updated_at == at(7)
    assert read(tmp_path, ticket("T", updated_at="2024-03-02T08:00:00Z", transitions=[change])).updated_at == at(2)


def test_values_in_other_forms(tmp_path: Path) -> None:
    mapped = read(
        tmp_path,
        ticket("T", team=7, assignee=12.0, labels="a, b,,a", hours="2.25", reopen_count="3.0", title="", priority=None),
    )

    assert (mapped.team, mapped.assignee, mapped.labels, mapped.hours_logged) == ("7", "12.0", ("a", "b"), 2.25)
    assert (mapped.reopen_count, mapped.title, mapped.priority) == (3, "", None)


def test_text_can_be_long_and_contain_control_characters(tmp_path: Path) -> None:
    long = "x" * 3_000_000

    assert read(tmp_path, ticket("T", description=long)).description == long
    assert read(tmp_path, ticket("T", title="a \u0007 bell")).title == "a   bell"


def test_kind_map_goes_before_words(tmp_path: Path) -> None:
    assert read(tmp_path, ticket("T", kind="Störung"), kind_map='{"störung": "alert"}').kind == "alert"
    assert read(tmp_path, ticket("T", kind="Störung")).kind == "incident"


@pytest.mark.parametrize(
    ("label", "kind"),
    [
        ("Incident", "incident"), ("INC", "incident"), ("Service Request", "request"), ("Change Request", "change"),
        ("Normal change", "change"), ("Problem", "problem"), ("Alert", "alert"), ("Bug", "defect"),
        ("Defect", "defect"), ("New Feature", "feature"), ("Feature request", "feature"), ("Story", "feature"),
        ("Sub-task", "task"), ("Change Task", "task"), ("exchange", "other"), ("", "other"), ("Question", "request"),
    ],
)  # fmt: skip
def test_kinds_by_their_words(label: str, kind: Kind) -> None:
    assert kind_of(label) == kind


@pytest.mark.parametrize(
    ("label", "level"),
    [
        ("1", 1), ("5", 5), ("P1", 1), ("p3 ", 3), ("2 - High", 2), ("Prio 4", 4), ("Priority: 2", 2), ("3.0", 3),
        ("Critical", 1), ("Highest", 1), ("Urgent", 1), ("Blocker", 1), ("High", 2), ("Major", 2), ("Medium", 3),
        ("Normal", 3), ("Low", 4), ("Minor", 4), ("Lowest", 5), ("Trivial", 5), ("5 - Planning", 5),
        ("0", None), ("10", None), ("P0", 1), ("Sev 0", 1), ("P6", None), ("none", None), ("Slow", None),
    ],
)  # fmt: skip
def test_priority_levels(label: str, level: int | None) -> None:
    assert level_of(label) == level


def test_times_without_an_offset_are_in_the_zone(tmp_path: Path) -> None:
    mapped = read(
        tmp_path, {"id": "T", "opened_at": "2024-07-01 10:00:00", "closed_at": "2024-07-02"}, timezone="Asia/Tokyo"
    )

    assert mapped.opened_at == datetime(2024, 7, 1, 1, tzinfo=UTC)
    assert mapped.closed_at == datetime(2024, 7, 1, 15, tzinfo=UTC)
    assert mapped.opened_at.tzinfo is UTC


def test_date_format_is_tried_before_iso(tmp_path: Path) -> None:
    fields: dict[str, object] = {"id": "T", "opened_at": "01.03.2024 09:00", "closed_at": "2024-03-05T08:00:00Z"}
    mapped = read(tmp_path, fields, date_format="%d.%m.%Y %H:%M", timezone="Europe/Paris")
    american = read(tmp_path, {"id": "T", "opened_at": "20240103"}, date_format="%Y%d%m", timezone="UTC")

    assert (mapped.opened_at, mapped.closed_at) == (at(1), at(5))
    assert american.opened_at == at(1, 0)


def test_columns_rename_and_displace(tmp_path: Path) -> None:
    line: dict[str, object] = {
        "id": "row-1",
        "number": "INC1",
        "created": OPENED,
        "status": "Network",
        "state": "Closed",
    }
    mapped = read(tmp_path, line, columns='{"number":"id","created":"opened_at","status":"team","state":"status"}')

    assert (mapped.id, mapped.team, mapped.status, mapped.opened_at) == ("INC1", "Network", "Closed", at(1))


def test_csv_and_jsonl_are_mapped_alike(tmp_path: Path) -> None:
    cells = 'T1;"{""at"": 1}";Closed;"[{""relation"":""change"",""target"":7}]";"x,y";"say ""hi"", twice\nor more";1.5'
    table = write(tmp_path / "a.csv", f"id;junk;status;links;labels;title;hours;opened_at\n{cells};{OPENED}\n")
    line = ticket(
        "T1", status="Closed", links=[{"relation": "change", "target": "7"}], labels=["x", "y"],
        title='say "hi", twice\nor more', hours=1.5,
    )  # fmt: skip

    assert pull(table).only == read(tmp_path, line)
    assert pull(table).only.links == (Link(relation="change", target="7"),)
