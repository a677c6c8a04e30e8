"""Surveys of files that nobody would call an export: a file is read or named, and nothing else is raised."""

import gzip
import random
from datetime import UTC, datetime
from pathlib import Path

import openpyxl
import pytest
import time_machine

from connectors.file.reader import FileReader
from connectors.file.settings import FileSettings
from connectors.file.survey import SurveyedSource, list_files, settings_of, survey
from connectors.file.trial import try_out
from tests.connectors.file.harness import check, pull
from tests.marks import each_slow

SUFFIXES = (".csv", ".jsonl", ".json", ".tsv", ".xlsx", ".csv.gz")
SEEDS = (
    b'id;opened_at;title\r\n1;01.03.2024 08:00;a "b"\r\n2;02.03.2024 09:00;c\r\n',
    b'{"id":"1","opened_at":"2024-03-01T08:00:00Z","n":{"a":[1,2]}}\n{"id":"2","opened_at":1709280000}\n',
    b'[{"id":1,"opened_at":"2024-03-01"},{"id":2,"opened_at":"2024-03-02"}]',
    b'{"result":[{"sys_id":"a","opened_at":{"value":"2024-03-01 08:00:00","display_value":"x"}}]}',
    "Número\tCreado\tEstado\n1\t3/4/2024 1:02 PM\tCerrado\n".encode("utf-16"),
    b"sep=,\nTitle\n\nid,created,status\n1,2024-03-01,Open\nTotal,1,\n",
)
PIECES = (b'"', b"\0", b"\xff\xfe", b"\r", b"\n", b"[", b"{", b"}", b",", b";", b"\xef\xbb\xbf", b"9" * 30, b"\\", b"'")


def spoilt(dice: random.Random) -> bytes:
    """Return random bytes, or an export with some of its bytes changed, added or left out."""
    if dice.random() < 0.15:
        return dice.randbytes(dice.randrange(1, 3000))
    content = bytearray(dice.choice(SEEDS)) * dice.choice((1, 1, 3, 40))
    for _ in range(dice.randrange(1, 20)):
        place = dice.randrange(len(content) + 1)
        change = dice.randrange(3)
        if change == 0:
            content[place : place + 1] = dice.randbytes(1)
        elif change == 1:
            content[place:place] = dice.choice((*PIECES, content[: dice.randrange(60)]))
        else:
            del content[place : place + dice.randrange(1, 20)]
    return bytes(content)


@pytest.mark.parametrize("number", [100, *each_slow(400)])
def test_random_bytes_are_read_or_named(tmp_path: Path, number: int) -> None:
    dice, read = random.Random(5), 0
    for _ in range(number):
        content, path = spoilt(dice), tmp_path / f"x{dice.choice(SUFFIXES)}"
        path.write_bytes(gzip.compress(content)[: dice.choice((None, 50))] if path.suffix == ".gz" else content)
        result = survey([path])
        assert bool(result.sources) != bool(result.unreadable)
        for form in ("snapshot", "events", "audit"):
            settings = FileSettings.model_validate({"path": str(path), "form": form, "timezone": "UTC"})
            batches = list(FileReader(settings, [path]).batches())
            assert sum(len(batch.refused) for batch in batches) or any(batch.last for batch in batches)
        read += bool(result.sources)
        path.unlink()
    assert number // 20 < read < number, "both outcomes are tried"


def test_a_table_of_one_column_is_no_table_of_tickets(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text("id\n1\n2\n")
    assert [reason for _, reason in survey([path]).unreadable] == [
        "has one column only: an id and a time are needed, so it is no table of tickets"
    ]


def test_the_sheet_that_names_most_columns_is_looked_at(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.create_sheet("Cover", 0).append(["Tickets of March"])
    sheet = book.create_sheet("Export", 1)
    for row in (["Number", "Opened", "Status"], *([f"T{n}", f"2026-03-{n:02} 08:00", "Open"] for n in range(1, 20))):
        sheet.append(row)
    book.save(tmp_path / "t.xlsx")
    [source] = survey([tmp_path / "t.xlsx"]).sources
    assert (source.shape.sheet, source.trial.tickets) == ("Export", 19)


@time_machine.travel(datetime(2026, 11, 27, tzinfo=UTC))
@pytest.mark.parametrize("form", ["%d/%m/%Y %H:%M", "%m/%d/%Y %H:%M"])
def test_days_and_months_are_not_taken_for_times_to_come(tmp_path: Path, form: str) -> None:
    lines = [f"T{day},{datetime(2026, 8 + day % 3, day, 8, tzinfo=UTC):{form}},Open" for day in range(1, 13)]
    (tmp_path / "t.csv").write_text("\n".join(["Number,Opened,Status", *lines]))
    [source] = survey([tmp_path / "t.csv"]).sources
    assert {variable.setting: variable.value for variable in source.variables}["DATE_FORMAT"] == form


def survey_times(path: Path, *columns: list[str]) -> SurveyedSource:
    """Return the survey of a German export with these times: opened, and closed where there is a second column."""
    header = ["Ticket-Nr", "Gemeldet am", "Geschlossen am"][: 1 + len(columns)]
    lines = [";".join([f"T{number}", *times]) for number, times in enumerate(zip(*columns, strict=True))]
    path.write_text("\n".join([";".join(header), *lines, ""]), encoding="cp1252")
    [source] = survey([path]).sources
    return source


def setting(source: SurveyedSource, name: str) -> str | None:
    return {variable.setting: variable.value for variable in source.variables}.get(name)


@time_machine.travel(datetime(2026, 11, 27, tzinfo=UTC))
@pytest.mark.parametrize("form", ["%d.%m.%y %H:%M", "%d.%m.%y", "%d.%m.%y %H.%M", "%d.%m.%Y", "%d-%m-%y %H:%M"])
@pytest.mark.parametrize("days", [12, 28])
def test_german_dates_are_proposed_in_their_format(tmp_path: Path, form: str, days: int) -> None:
    times = [datetime(2026, 5, number % days + 1, 22, 14, tzinfo=UTC) for number in range(40)]
    source = survey_times(tmp_path / "t.csv", [f"{time:{form}}" for time in times])

    assert (setting(source, "DATE_FORMAT"), source.trial.tickets, source.trial.refused) == (form, 40, 0)
    assert source.shape.columns[1].date_formats == (form,)
    assert {ticket.opened_at.month for ticket in source.trial.samples} <= {4, 5}
    note = next(variable.note for variable in source.variables if variable.setting == "DATE_FORMAT")
    assert note.startswith("As the times of these files show it" if days == 28 else "Assumed with the day first")


def test_the_printed_format_reads_a_later_export_without_a_day_above_twelve(tmp_path: Path) -> None:
    source = survey_times(tmp_path / "t.csv", [f"{day:02}.05.26 22:14" for day in range(1, 29)])
    survey_times(tmp_path / "t.csv", [f"{day:02}.06.26 22:14" for day in range(1, 13)])

    assert try_out(settings_of(source.variables), [tmp_path / "t.csv"])[:2] == (12, 0)


@pytest.mark.parametrize(
    ("offset", "form"), [(" +02:00", "%d.%m.%y %H:%M %z"), ("+0200", "%d.%m.%y %H:%M%z"), (" MESZ", None)]
)
def test_a_format_that_would_drop_the_offset_is_not_printed(tmp_path: Path, offset: str, form: str | None) -> None:
    source = survey_times(tmp_path / "t.csv", [f"{day:02}.05.26 22:14{offset}" for day in range(1, 29)])

    assert (setting(source, "DATE_FORMAT"), source.trial.refused) == (form, 0)
    assert {ticket.opened_at.hour for ticket in source.trial.samples} == {20}


def test_columns_that_differ_in_what_comes_first_get_no_format(tmp_path: Path) -> None:
    days = range(1, 29)
    opened, closed = [f"{day:02}/05/2026 08:00" for day in days], [f"05/{day:02}/2026 09:00" for day in days]
    source = survey_times(tmp_path / "t.csv", opened, closed)

    assert (setting(source, "DATE_FORMAT"), source.trial.tickets, source.trial.left_out) == (None, 28, ())


def test_a_slip_costs_its_line_in_inspect_check_and_pull(tmp_path: Path) -> None:
    times = [f"{number % 28 + 1:02}.04.2026 10:00" for number in range(59)]
    path = tmp_path / "t.csv"
    source = survey_times(path, ["12/25/2025 10:00", *times])
    settings = settings_of(source.variables).model_dump(exclude_unset=True) | {"path": path}
    sample, pulled = check(**settings).sample, pull(**settings)

    assert setting(source, "DATE_FORMAT") == "%d.%m.%Y %H:%M"
    assert sample is not None
    assert (source.trial.tickets, source.trial.refused) == (59, 1)
    assert (sample.taken, sample.refused) == (len(pulled.ids), len(pulled.refused)) == (59, 1)


def test_a_word_among_times_is_no_format_of_them(tmp_path: Path) -> None:
    source = survey_times(tmp_path / "t.csv", [*(f"{day:02}.05.2026" for day in range(1, 29)), "gestern"])

    assert source.shape.columns[1].date_formats == ("%d.%m.%Y",)


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("a.csv", random.Random(1).randbytes(5000), "is not text: export it as CSV, JSON or an Excel workbook"),
        ("a.xlsx", b"\xd0\xcf\x11\xe0" + "EncryptedPackage".encode("utf-16-le"), "is protected by a password"),
        ("a.csv", b"PK\x03\x04" + b"tickets.csv", "is a ZIP archive: unpack it"),
        ("a.csv", ",".join(f"c{n}" for n in range(3000)).encode() + b"\n" + b"1," * 2999 + b"1\n", "has 3,000 columns"),
    ],
)
def test_what_is_no_export_is_named(tmp_path: Path, name: str, content: bytes, reason: str) -> None:
    (tmp_path / name).write_bytes(content)
    [(_, text)] = survey([tmp_path / name]).unreadable
    assert text.startswith(reason)


def test_a_path_that_is_wrong_does_not_hide_the_others(tmp_path: Path) -> None:
    good, wrong, gone = tmp_path / "t.csv", tmp_path / "t.zip", tmp_path / "gone.csv"
    good.write_text("id,opened_at\n1,2026-03-01T08:00:00Z\n")
    wrong.write_bytes(b"PK")
    paths, problems = list_files([str(good), str(wrong), str(gone)])
    assert (paths, [place for place, _ in problems]) == ([good], [str(wrong), str(gone)])
    assert problems[1][1] == "the file is not there"
