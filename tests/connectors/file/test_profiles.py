"""Exports of systems, in the forms in which people report them."""

import json
from pathlib import Path
from typing import Any

import pytest

from connectors.file.survey import SurveyedSource, survey
from connectors.model import Ticket

DAYS = range(1, 13)


def surveyed(path: Path) -> SurveyedSource:
    [source] = survey([path]).sources
    return source


def of_records(tmp_path: Path, wrapper: str, *records: dict[str, Any]) -> SurveyedSource:
    path = tmp_path / "export.json"
    path.write_text(json.dumps({wrapper: records}))
    return surveyed(path)


def of_table(tmp_path: Path, *lines: str) -> SurveyedSource:
    path = tmp_path / "export.csv"
    path.write_text("\n".join([*lines, ""]))
    return surveyed(path)


def settings_of(source: SurveyedSource) -> dict[str, str]:
    return {variable.setting: variable.value for variable in source.variables}


def halo(day: int) -> dict[str, Any]:
    """Return a ticket as the interface of HaloITSM answers."""
    return {
        "id": 2000 + day, "dateoccurred": f"2026-03-{day:02}T08:00:00.000000", "summary": f"Printer {day} is offline",
        "status_id": 9, "status_name": "Closed", "tickettype_id": 1, "tickettype_name": "Incident", "priority_id": 1,
        "priority": {"name": "Critical"}, "team": "1st Line Support", "agent_id": 4, "agent_name": "Ann",
        "user_name": "Bob", "lastactiondate": f"2026-03-{day:02}T12:00:00.000000",
        "dateclosed": f"2026-03-{day:02}T11:00:00", "timetaken": 0.5, "category_1": "Hardware>Printer",
    }  # fmt: skip


def first_of(source: SurveyedSource) -> Ticket:
    return source.trial.samples[0]


def test_tickets_of_halo_have_names_and_no_numbers(tmp_path: Path) -> None:
    source = of_records(tmp_path, "tickets", *map(halo, DAYS))
    ticket = first_of(source)

    assert source.proposal.system is not None
    assert source.proposal.system.profile.name == "halo"
    assert (ticket.status, ticket.status_category, ticket.kind, ticket.priority_level) == (
        "Closed", "closed", "incident", 1
    )  # fmt: skip
    assert (ticket.assignee, ticket.requester, ticket.team, ticket.hours_logged) == (
        "Ann", "Bob", "1st Line Support", 0.5
    )  # fmt: skip
    assert (ticket.closed_at, ticket.updated_at.hour, ticket.category) == (
        ticket.opened_at.replace(hour=11), 12, "Hardware>Printer"
    )  # fmt: skip


def test_an_end_that_stands_for_never_is_none(tmp_path: Path) -> None:
    source = of_records(tmp_path, "tickets", *(halo(day) | {"dateclosed": "1900-01-01T00:00:00"} for day in DAYS))

    assert (first_of(source).closed_at, source.trial.left_out) == (None, ())


def test_table_of_halo(tmp_path: Path) -> None:
    header = "Ticket ID,Summary,Status,Ticket Type,Team,Agent,Date Logged,Date Closed,Last Action Date,Time Taken"
    row = "{0},Printer {0},With User,Problem,Desk,Unassigned,{0:02}/03/2026 08:00:00,,{0:02}/03/2026 13:00:00,0.50"
    source = of_table(tmp_path, header, *(row.format(day) for day in range(10, 24)))
    ticket = first_of(source)

    assert (ticket.kind, ticket.assignee, ticket.hours_logged, ticket.updated_at.hour) == ("problem", None, 0.5, 13)


def test_a_name_goes_before_its_id_in_files_of_unknown_systems(tmp_path: Path) -> None:
    rows = [f"T{day},2026-03-{day:02}T08:00Z,7,Closed,4,Ann,true" for day in DAYS]
    source = of_table(tmp_path, "number,opened,state_id,state_name,agent_id,agent_name,is_service_request", *rows)

    assert source.proposal.columns == {
        "number": "id", "opened": "opened_at", "state_name": "status", "agent_name": "assignee"
    }  # fmt: skip


def manageengine(day: int) -> dict[str, Any]:
    """Return a request as the interface of ServiceDesk Plus answers."""
    ended = {"display_value": f"Mar {day:02}, 2026 12:00 PM", "value": str(1772366400000 + 86_400_000 * (day - 1))}
    resolved = {"display_value": f"Mar {day:02}, 2026 10:00 AM", "value": str(1772359200000 + 86_400_000 * (day - 1))}
    created = {"display_value": f"Mar {day:02}, 2026 08:00 AM", "value": str(1772352000000 + 86_400_000 * (day - 1))}
    return {
        "id": f"1000000000000{day:05}", "display_id": str(day), "subject": f"Printer {day} is offline",
        "requester": {"name": "Bob", "id": "4"}, "technician": {"name": "Ann", "id": "5"} if day % 2 else None,
        "created_time": created, "resolved_time": resolved, "completed_time": ended, "is_service_request": False,
        "status": {"name": "Open", "id": "1"}, "priority": {"name": "High", "id": "3"}, "group": {"name": "Net"},
    }  # fmt: skip


def test_requests_of_service_desk_plus(tmp_path: Path) -> None:
    source = of_records(tmp_path, "requests", *map(manageengine, DAYS))
    ticket = first_of(source)

    assert ticket.resolved_at is not None
    assert ticket.closed_at is not None
    assert (ticket.opened_at.hour, ticket.resolved_at.hour, ticket.closed_at.hour) == (8, 10, 12)
    assert (ticket.assignee, ticket.team, ticket.service, ticket.status_category) == ("Ann", "Net", None, "new")


def test_table_of_service_desk_plus_tells_resolution_from_completion(tmp_path: Path) -> None:
    header = "Request ID,Subject,Created Time,Completed Time,Resolved Time,Request Status"
    rows = [f"{d},Printer {d},2026-03-{d:02} 08:00,2026-03-{d:02} 12:00,2026-03-{d:02} 10:00,Closed" for d in DAYS]
    columns = of_table(tmp_path, header, *rows).proposal.columns

    assert (columns["Resolved Time"], columns["Completed Time"]) == ("resolved_at", "closed_at")


@pytest.mark.parametrize("status", ["open", "Open"])
def test_open_of_zendesk_is_at_work_in_either_case(tmp_path: Path, status: str) -> None:
    header = "Id,Requester,Assignee,Group,Status,Subject,Created at,Updated at,Solved at,Type,Reopens"
    row = "{0},Bob,Ann,Support,{1},Printer {0},2026-03-{0:02} 08:00,2026-03-{0:02} 09:00,,Incident,2"
    rows = [row.format(day, status if day % 2 else "new") for day in DAYS]
    source = of_table(tmp_path, header, *rows)

    assert json.loads(settings_of(source)["STATUS_MAP"]) == {status: "active"}
    assert [ticket.status_category for ticket in source.trial.samples[:2]] == ["active", "new"]
    assert first_of(source).reopen_count == 2


def test_reopens_are_counted_in_files_of_unknown_systems(tmp_path: Path) -> None:
    rows = [f"T{day},2026-03-{day:02}T08:00Z,Closed,1,2" for day in DAYS]
    columns = of_table(tmp_path, "number,opened,state,Times reopened,Reassignments", *rows).proposal.columns

    assert (columns["Times reopened"], columns["Reassignments"]) == ("reopen_count", "reassignment_count")


def jira(day: int, name: str, category: str) -> dict[str, Any]:
    """Return an issue as the interface of Jira answers."""
    status = {"name": name, "statusCategory": {"key": category, "name": "x"}}
    fields = {
        "summary": f"Printer {day}", "issuetype": {"name": "Incident"}, "status": status, "timespent": 5400,
        "created": f"2026-03-{day:02}T08:00:00.000+0530", "updated": f"2026-03-{day:02}T09:00:00.000+0530",
        "components": [{"name": "Net"}, {"name": "Mail"}], "priority": {"name": "High"},
    }  # fmt: skip
    return {"id": str(20000 + day), "key": f"NET-{day}", "fields": fields}


@pytest.mark.parametrize(
    ("name", "key", "category"),
    [
        ("Zonk", "new", "new"), ("Zonk", "indeterminate", "active"), ("Zonk", "done", "resolved"),
        ("Waiting for customer", "indeterminate", "waiting"), ("Declined", "done", "cancelled"),
        ("Closed", "done", "closed"), ("Done", "indeterminate", "active"),
    ],
)  # fmt: skip
def test_issues_of_jira_bring_the_category_of_their_status(tmp_path: Path, name: str, key: str, category: str) -> None:
    source = of_records(tmp_path, "issues", *(jira(day, name, key) for day in DAYS))

    assert (first_of(source).status, first_of(source).status_category) == (name, category)
    assert (first_of(source).team, first_of(source).hours_logged) == ("Net, Mail", 1.5)
    assert (source.trial.left_out, source.trial.unknown) == ((), ())


def test_work_of_servicenow_is_in_seconds_with_signs_between_thousands(tmp_path: Path) -> None:
    rows = [f'INC{d},2026-03-{d + 8:02} 08:00:00,a,New,Desk,"{"3,600" if d % 2 else 1800}","7,200"' for d in DAYS]
    header = "Number,Opened,Short description,State,Assignment group,Time worked,Business duration"
    source = of_table(tmp_path, header, *rows)

    assert settings_of(source)["HOURS_UNIT"] == "seconds"
    assert [ticket.hours_logged for ticket in source.trial.samples[:2]] == [1.0, 0.5]
    assert "Business duration" not in source.proposal.columns


def test_total_duration_of_glpi_is_logged_work(tmp_path: Path) -> None:
    header = "ID;Titre;Statut;Date d'ouverture;Demandeur - Demandeur;Type;Durée totale"
    rows = [f"{d};Imprimante {d};Nouveau;{d:02}-03-2026 11:30;Éric;Incident;1 heures 30 minutes" for d in range(9, 22)]

    assert first_of(of_table(tmp_path, header, *rows)).hours_logged == 1.5


def test_number_of_a_ticket_of_otrs_goes_before_that_of_its_row(tmp_path: Path) -> None:
    header = "Ticket#;Ticketnummer;Titel;Erstellt;Status;Queue;Abrechnungszeit (Minuten)"
    rows = [f"{d};202603270{d:02};Drucker {d};{d:02}.03.2026 22:00:00;neu;Netz;90" for d in range(9, 22)]
    ticket = first_of(of_table(tmp_path, header, *rows))

    assert (ticket.id, ticket.hours_logged) == ("20260327009", 1.5)


def test_japanese_columns_are_taken_for_times_of_japan(tmp_path: Path) -> None:
    rows = [f"{d},障害,2026-03-{d:02} 08:00,対応中" for d in DAYS]

    assert settings_of(of_table(tmp_path, "番号,件名,作成日時,ステータス", *rows))["TIMEZONE"] == "Asia/Tokyo"


def test_kind_is_that_of_the_values_of_a_column_whatever_its_name(tmp_path: Path) -> None:
    rows = [f"T{d},2026-03-{d:02} 08:00,Closed,{('Incident', 'Service Request')[d % 2]}" for d in DAYS]
    columns = of_table(tmp_path, "number,opened,state,u_tt", *rows).proposal.columns

    assert columns["u_tt"] == "kind"


def test_titles_of_a_short_file_are_no_kinds(tmp_path: Path) -> None:
    rows = [f"{n},2026-03-0{n}T08:00:00Z,{title}" for n, title in enumerate(("①障害", "プリンターの障害"), 1)]

    assert of_table(tmp_path, "id,opened_at,件名", *rows).proposal.columns["件名"] == "title"
    unnamed = of_table(tmp_path, "id,opened_at,x", *rows).proposal.columns
    assert "kind" not in unnamed.values()


@pytest.mark.parametrize(
    ("prefix", "kind"),
    [
        ("INC00", "incident"), ("CHG00", "change"), ("PRB00", "problem"), ("REQ00", "request"), ("RITM00", "request"),
        ("SCTASK00", "task"), ("CRQ00", "change"), ("CS00", "other"), ("INC-00", "other"), ("INC", "other"),
    ],
)  # fmt: skip
def test_kind_without_a_column_is_that_of_the_number(tmp_path: Path, prefix: str, kind: str) -> None:
    rows = [f"{prefix}{d:02},2026-03-{d:02} 08:00,Closed,a" for d in DAYS]
    source = of_table(tmp_path, "Number,Opened,State,Short description", *rows)

    assert first_of(source).kind == kind


def test_kind_of_a_column_goes_before_that_of_the_number(tmp_path: Path) -> None:
    rows = [f"INC00{d:02},2026-03-{d:02} 08:00,Closed,a,{'Problem' if d % 2 else ''}" for d in DAYS]
    samples = of_table(tmp_path, "Number,Opened,State,Short description,Task type", *rows).trial.samples

    assert [ticket.kind for ticket in samples[:2]] == ["problem", "incident"]


def test_counters_with_signs_between_thousands_are_read(tmp_path: Path) -> None:
    counts = ("0", '"1,200"', "1.200", "1 200")
    rows = [f"INC00{d:02},2026-03-{d:02} 08:00,Closed,a,{counts[d % 4]}" for d in DAYS]
    source = of_table(tmp_path, "Number,Opened,State,Short description,Reassignment count", *rows)

    assert [ticket.reassignment_count for ticket in source.trial.samples[:3]] == [1200, 1200, 1200]
    assert source.trial.left_out == ()
