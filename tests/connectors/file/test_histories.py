"""Histories inside a record, in the forms of interfaces and exports."""

import json
from pathlib import Path
from typing import Any

import pytest

from connectors.file.survey import survey
from connectors.model import Ticket
from tests.connectors.file.harness import pull, ticket, write, write_jsonl
from tests.connectors.file.test_mapping import read

AT = "2024-03-02T08:00:00Z"


def steps_of(made: Ticket) -> list[tuple[str, str | None, str | None, str | None]]:
    return [(step.field, step.old, step.new, step.actor) for step in made.transitions]


def jira(day: int) -> dict[str, Any]:
    """Return an issue with its changelog, as the interface of Jira answers."""
    items = [
        {"field": "assignee", "from": None, "fromString": None, "to": "a1", "toString": "Anna"},
        {"field": "status", "from": "1", "fromString": "To Do", "to": "3", "toString": "In Progress"},
        {"field": "Rank", "fromString": "", "toString": "Ranked higher"},
    ]
    history = {"id": "1", "author": {"displayName": "Anna", "accountId": "a1"}, "created": AT, "items": items}
    fields = {
        "summary": f"Printer {day}", "issuetype": {"name": "Incident"}, "status": {"name": "In Progress"},
        "created": f"2024-03-{day:02}T08:00:00.000+0000", "assignee": {"displayName": "Anna"},
    }  # fmt: skip
    return {"id": str(day), "key": f"NET-{day}", "fields": fields, "changelog": {"total": 1, "histories": [history]}}


def test_changelogs_of_jira_are_histories(tmp_path: Path) -> None:
    path = write(tmp_path / "a.json", json.dumps({"issues": [jira(1), jira(2)]}))
    [source] = survey([path]).sources
    made = source.trial.samples[0]

    assert source.proposal.columns["changelog.histories"] == "transitions"
    assert steps_of(made) == [("assignee", None, "Anna", "Anna"), ("status", "To Do", "In Progress", "Anna")]
    assert (made.history_is, source.trial.left_out) == ("history", ())


@pytest.mark.parametrize(
    "entry",
    [
        {"at": AT, "field": "team", "old": "A", "new": "B", "actor": "x"},
        {"timestamp": AT, "field": "Assignment group", "from": "A", "to": "B", "user": "x"},
        {"created_at": AT, "author": "x", "events": [{"field_name": "group_id", "previous_value": "A", "value": "B"}]},
        {"changed_at": AT, "attribute": "Queue", "old_value": "A", "new_value": "B", "changed_by": {"name": "x"}},
    ],
)
def test_lists_of_changes_are_proposed_and_read(tmp_path: Path, entry: dict[str, Any]) -> None:
    lines = [ticket(f"T{number}", team="B", journal=[entry]) for number in range(5)]
    [source] = survey([write_jsonl(tmp_path / "a.jsonl", *lines)]).sources

    assert source.proposal.columns["journal"] == "transitions"
    assert steps_of(source.trial.samples[0]) == [("team", "A", "B", "x")]


def test_other_lists_are_no_histories(tmp_path: Path) -> None:
    lines = [ticket(f"T{number}", comments=[{"at": AT, "text": "x"}], tags=["a"]) for number in range(5)]
    [source] = survey([write_jsonl(tmp_path / "a.jsonl", *lines)]).sources

    assert "transitions" not in source.proposal.columns.values()


def test_changes_of_other_fields_and_none_at_all_are_passed_over(tmp_path: Path) -> None:
    changes = [
        {"at": AT, "field": "description", "old": "a", "new": "b"},
        {"at": AT, "field": "status", "old": "Open", "new": "Open"},
        {"at": AT, "field": "status", "old": "New", "new": "Open"},
    ]
    pulled = pull(write_jsonl(tmp_path / "a.jsonl", ticket("A", status="Open", transitions=changes)))

    assert steps_of(pulled.only) == [("status", "New", "Open", None)]
    assert (pulled.only.history_is, pulled.left_out) == ("history", [])


@pytest.mark.parametrize(("status", "history_is"), [("Open", "history"), ("open", "history"), ("Closed", "truncated")])
def test_a_history_that_does_not_lead_to_the_status_is_truncated(tmp_path: Path, status: str, history_is: str) -> None:
    change = {"at": AT, "field": "status", "old": "New", "new": "Open"}

    assert read(tmp_path, ticket("A", status=status, transitions=[change])).history_is == history_is


def test_a_file_that_was_joined_keeps_its_second_header_out(tmp_path: Path) -> None:
    part = "\ufeffid,opened_at\n{},2024-03-01T08:00Z\n"
    pulled = pull(write(tmp_path / "a.csv", part.format("A") + part.format("B")))

    assert (pulled.ids, pulled.refused) == (["A", "B"], [])


def test_lines_with_titles_of_their_own_are_no_log(tmp_path: Path) -> None:
    rows = [f"P{n % 4},different ticket {n},2026-03-{n % 28 + 1:02}T08:00:00Z,Open" for n in range(40)]
    path = write(tmp_path / "a.csv", "\n".join(["id,title,opened_at,status", *rows, ""]))
    [source] = survey([path]).sources

    assert source.proposal.form == "snapshot"
    assert [kind.tickets for kind in source.trial.left_out] == [36]
