"""Forms of times, durations and numbers that files have, each read in the one way that it can mean."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.connectors.file.harness import OPENED, Pulled, pull, write

NINE = "2026-03-02T09:05:00+00:00"


def pull_column(tmp_path: Path, field: str, *values: str, **settings: Any) -> Pulled:
    column = "Value" if field == "hours" else field
    opened = "" if field == "opened_at" else f"\t{OPENED}"
    rows = "".join(f"{number}\t{value}{opened}\n" for number, value in enumerate(values))
    header = f"id\t{column}" + ("" if field == "opened_at" else "\topened_at")
    path = write(tmp_path / "t.csv", f"{header}\n{rows}")
    return pull(path, columns={"Value": "hours"} if field == "hours" else {}, timezone="UTC", **settings)


@pytest.mark.parametrize(
    "value",
    [
        "2026-03-02T09:05:00Z", "2026-03-02 10:05+01:00", "2026/03/02 9:05", "2026.03.02 09:05:00", "20260302T0905",
        "02/Mär/26 9:05 AM", "2 mars 2026 à 09:05", "lun. 2 mars 2026 09:05", "2 de marzo de 2026 9:05",
        "Mar 2, 2026, 9:05:00\u202fAM", "Mon, 02 Mar 2026 09:05:00 GMT", "Mon Mar 02 10:05:00 CET 2026",
        "2. März 2026, 9:05", "02-MAR-26 09.05.00", "2 maart 2026 9:05", "2 marca 2026 09:05", "2026年3月2日 9時05分",
        "2026年3月2日 午前9時05分", "2026-03-02T10:05:00+01:00[Europe/Berlin]", "1772442300", "1772442300000",
        "1772442300.0", "20260302090500", "46083.378472222", "/Date(1772442300000)/", "2026-03-02 09:05 UTC",
        "2026-03-02T10:05:00[Europe/Berlin]", "2026-03-02T10:05:00 Europe/Berlin", "2026-03-02T18:05:00 [Asia/Tokyo]",
        "2026-03-02T09:05:00[UTC]",
        "2026-03-02T10:05:00 (CET)", "2026-03-02 10:05 (UTC+01:00)", "2 Mar 2026 10:05 [Europe/Paris]",
        "Mon Mar 02 2026 10:05:00 GMT+0100 (Central European Standard Time)", "2026-03-02T09:05:00Z[UTC]",
        "2026年3月2日 午前9時5分", "2026年3月2日 9時5分0秒",
    ],
)  # fmt: skip
def test_times_of_one_meaning(tmp_path: Path, value: str) -> None:
    pulled = pull_column(tmp_path, "opened_at", value)

    assert (pulled.refused, pulled.left_out) == ([], [])
    assert pulled.only.opened_at.isoformat() == NINE


@pytest.mark.parametrize(
    ("values", "day"),
    [
        (["03/02/2026 09:05", "12/31/2025 10:00"], 2), (["03/02/2026 09:05", "31/12/2025 10:00"], 3),
        (["3.2.2026", "13.2.2026"], 3), (["03-02-26", "02-28-26"], 2), (["3/2/26 9:05 AM", "2/13/26 1:00 PM"], 2),
    ],
)  # fmt: skip
def test_whole_column_decides_between_day_and_month(tmp_path: Path, values: list[str], day: int) -> None:
    filler = [values[0]] * 2000
    pulled = pull_column(tmp_path, "opened_at", *filler, values[1])

    assert pulled.refused == []
    assert {ticket.opened_at.day for ticket in list(pulled.tickets.values())[:-1]} == {day}


@pytest.mark.parametrize(
    "offset",
    ["+25:00", "-99:99", "+2500", "+15:00", "+01:75", " GMT+30", "[Mars/Olympus]", "[../../etc/passwd]", "[noon]"],
)
def test_a_time_with_an_impossible_offset_is_left_out_and_counted(tmp_path: Path, offset: str) -> None:
    time = f"2026-03-02T09:05:00{offset}"
    pulled = pull_column(tmp_path, "resolved_at", time, "2026-03-02T10:05:00+01:00")
    reason = "which is not known" if "[" in offset else "impossible"

    assert [ticket.resolved_at is None for ticket in pulled.tickets.values()] == [True, False]
    assert len(pulled.left_out) == 1
    assert reason in pulled.left_out[0]
    assert reason in pull_column(tmp_path, "opened_at", time).reasons[0]


def test_day_or_month_is_never_guessed(tmp_path: Path) -> None:
    pulled = pull_column(tmp_path, "opened_at", "03/02/2026", "04/05/2026")
    mixed = pull_column(tmp_path, "opened_at", "03/02/2026", "31/12/2025", "12/31/2025")
    set_ = pull_column(tmp_path, "opened_at", "03/02/2026", date_format="%d/%m/%Y")

    assert (pulled.ids, mixed.ids) == ([], ["1", "2"])
    assert "set DATE_FORMAT to %d/%m/%Y or %m/%d/%Y" in pulled.reasons[0]
    assert set_.only.opened_at == datetime(2026, 2, 3, tzinfo=UTC)


DOTS = [f"{number % 28 + 1:02}.04.2026 10:00" for number in range(60)]


@pytest.mark.parametrize("slip", ["12/25/2025 10:00", "12.25.2025 10:00"])
@pytest.mark.parametrize("settings", [{}, {"date_format": "%d.%m.%Y %H:%M"}])
def test_one_slip_costs_its_own_line(tmp_path: Path, slip: str, settings: dict[str, str]) -> None:
    pulled = pull_column(tmp_path, "opened_at", *DOTS, slip, **settings)

    assert len(pulled.ids) == len(DOTS)
    assert {ticket.opened_at.month for ticket in pulled.tickets.values()} == {4}
    assert len(pulled.reasons) == 1
    assert "has day and month in another order than the rest" in pulled.reasons[0]


def test_dots_and_slashes_have_orders_of_their_own(tmp_path: Path) -> None:
    slashes = [f"04/{number % 28 + 1:02}/2026 10:00" for number in range(20)]
    pulled = pull_column(tmp_path, "opened_at", *DOTS, *slashes)

    assert pulled.refused == []
    assert {ticket.opened_at.month for ticket in pulled.tickets.values()} == {4}


def test_a_slash_beside_a_slip_of_its_form_is_not_guessed(tmp_path: Path) -> None:
    pulled = pull_column(tmp_path, "opened_at", *DOTS, "12/25/2025 10:00", "03/02/2026 10:00")

    assert (len(pulled.ids), len(pulled.reasons)) == (len(DOTS), 2)


def test_as_many_slips_as_that_leave_it_open(tmp_path: Path) -> None:
    pulled = pull_column(tmp_path, "opened_at", *DOTS, *["12.25.2025 10:00"] * 10)

    assert len(pulled.ids) == sum(int(time[:2]) > 12 or time[:2] == "04" for time in DOTS) + 10


@pytest.mark.parametrize(
    "value", ["02.03.26 09.05", "Mo 02.03.26 9.05", "Mo, 02.03.26 09:05", "02.03.26 9.05 Uhr", "09:05 02.03.26"]
)
def test_a_date_with_dots_is_no_clock(tmp_path: Path, value: str) -> None:
    pulled = pull_column(tmp_path, "opened_at", value, "13.03.26 10:00")

    assert pulled.tickets["0"].opened_at.isoformat() == NINE


def test_the_name_of_a_day_before_a_date_makes_it_no_clock(tmp_path: Path) -> None:
    pulled = pull_column(tmp_path, "opened_at", "Mo 02.03.26", "Fr 13.03.26")

    assert pulled.tickets["0"].opened_at.isoformat() == "2026-03-02T00:00:00+00:00"


def test_the_order_of_a_format_holds_for_its_sign(tmp_path: Path) -> None:
    pulled = pull_column(
        tmp_path, "opened_at", "02.03.26 9:05 Uhr", "03/02/26 9:05 Uhr", date_format="%d.%m.%Y | %m/%d/%Y"
    )

    assert {ticket.opened_at.isoformat() for ticket in pulled.tickets.values()} == {NINE}


def test_several_formats_are_tried_in_turn(tmp_path: Path) -> None:
    pulled = pull_column(tmp_path, "opened_at", "02.03.2026", "3/2/26 9 Uhr", date_format="%d.%m.%Y | %m/%d/%y %H Uhr")

    assert [ticket.opened_at.hour for ticket in pulled.tickets.values()] == [0, 9]
    assert {ticket.opened_at.date().isoformat() for ticket in pulled.tickets.values()} == {"2026-03-02"}


@pytest.mark.parametrize(
    ("value", "hours"),
    [
        ("1,5", 1.5), ("1.5", 1.5), ("01:30", 1.5), ("1:30:00", 1.5), ("1h 30m", 1.5), ("1h30", 1.5), ("90 min", 1.5),
        ("5400 s", 1.5), ("1 Hour 30 Minutes", 1.5), ("1,5 Std.", 1.5), ("1 heure et 30 minutes", 1.5),
        ("0 segundo", 0), ("PT1H30M", 1.5), ("0 days 01:30:00", 1.5), ("1970-01-01 01:30:00", 1.5),
        ("1 day, 1:30:00", 25.5), ("-", None),
    ],
)  # fmt: skip
def test_durations(tmp_path: Path, value: str, hours: float | None) -> None:
    pulled = pull_column(tmp_path, "hours", value)

    assert (pulled.refused, pulled.left_out) == ([], [])
    assert pulled.only.hours_logged == hours


@pytest.mark.parametrize(
    ("values", "hours"),
    [
        (["1,500", "2,5"], [1.5, 2.5]), (["1,500", "2.5"], [None, 2.5]), (["5400", "600"], [1.5, 1 / 6]),
        (["1.234,5", "0,5"], [None, 0.5]), (["2", "3"], [2, 3]),
    ],
)  # fmt: skip
def test_other_values_decide_on_commas_and_units(tmp_path: Path, values: list[str], hours: list[float | None]) -> None:
    pulled = pull_column(tmp_path, "hours", *values)

    assert [ticket.hours_logged for ticket in pulled.tickets.values()] == hours
    assert bool(pulled.left_out) == (None in hours)


def test_units_and_words_for_nothing_can_be_set(tmp_path: Path) -> None:
    assert pull_column(tmp_path, "hours", "90", hours_unit="minutes").only.hours_logged == 1.5
    assert pull_column(tmp_path, "team", "k.A.", nulls="k.A., offen").only.team is None
    assert pull_column(tmp_path, "reopen_count", "7", nulls="7").only.reopen_count is None
    assert pull_column(tmp_path, "reopen_count", "7", nulls="8").only.reopen_count == 7


def test_repeated_columns_are_joined(tmp_path: Path) -> None:
    content = f"id,opened_at,Labels,Labels,Labels,service,service,Parent\nA,{OPENED},x,,y,Mail,Net,B\n"
    columns = '{"Labels": "labels", "Parent": "links"}'
    mapped = pull(write(tmp_path / "t.csv", content), columns=columns).only

    assert (mapped.labels, mapped.service) == (("x", "y"), "Mail, Net")
    assert [(link.relation, link.target) for link in mapped.links] == [("parent", "B")]


AUDIT = """number,changed,element,was,is,by,short
INC1,2026-03-01T08:00Z,State,New,In progress,u1,Mail
INC1,2026-03-01T09:00Z,assignment_group,Desk,Mail,u1,Mail
INC1,2026-03-01T09:00Z,assignment_group,Desk,Mail,u1,Mail
INC1,2026-03-02T09:00Z,State,In progress,Closed,u2,Mail is slow
INC1,2026-03-01T10:00Z,work_notes,,text,u2,Mail
INC2,2026-03-01T10:00Z,Priority,3,1 - Critical,u2,
INC2,,Priority,3,1,u2,
"""


def test_audit_log_gives_the_history_of_its_changes(tmp_path: Path) -> None:
    columns = {
        "number": "id", "changed": "at", "element": "field", "was": "old", "is": "new", "by": "actor", "short": "title",
    }  # fmt: skip
    pulled = pull(write(tmp_path / "audit.csv", AUDIT), form="audit", columns=columns)
    first, second = (pulled.tickets[uid] for uid in ("INC1", "INC2"))

    assert (len(pulled.refused), first.title, first.status, first.team) == (1, "Mail is slow", "Closed", "Mail")
    assert [(c.field, c.old, c.new, c.actor) for c in first.transitions] == [
        ("status", "New", "In progress", "u1"), ("team", "Desk", "Mail", "u1"),
        ("status", "In progress", "Closed", "u2"),
    ]  # fmt: skip
    assert (first.status_category, first.opened_at.isoformat()) == ("closed", "2026-03-01T08:00:00+00:00")
    assert (second.priority_level, second.history_is) == (1, "history")
