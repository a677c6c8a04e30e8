"""The check of files."""

from pathlib import Path

import pytest

from connectors.errors import WrongSettings
from tests.connectors.file.harness import OPENED, check, ticket, write, write_jsonl


def test_good_files(tmp_path: Path) -> None:
    write(tmp_path / "a.csv", f"number,opened_at,colour,title\n1,{OPENED},red,x\n2,{OPENED},red,y\n")
    write_jsonl(tmp_path / "b.jsonl", ticket("3", team="A", size=5))
    account = check(f"{tmp_path}/a.csv,{tmp_path}/b.jsonl", columns='{"number": "id", "created": "closed_at"}')

    assert (account.system, account.tickets, account.missing, len(account.notes)) == ("files", 3, (), 5)
    assert account.notes[:3] == (
        "files: 2, lines: 3",
        "columns used: number as id, opened_at, title, team",
        "columns not used: colour, id, size",
    )
    assert account.notes[3].startswith("fields without a column: key, kind, status, priority, description")
    assert account.notes[4] == "columns in COLUMNS that no file has: created"


def test_a_mistyped_name_in_columns_is_answered_with_the_one_of_the_file(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", f"Ticket-Nr;Gemeldet am;Status\n1;{OPENED};Offen\n")
    account = check(path, columns={"TicketNr": "id", "Gemeldet am": "opened_at"})
    assert account.sample is not None

    assert account.sample.refusals[0].reason == (
        'COLUMNS names "TicketNr", the file has "Ticket-Nr": correct COLUMNS, or set DELIMITER'
    )
    far = check(path, columns={"Fall": "id", "gemeldet am ": "opened_at"}).sample
    assert far is not None
    assert far.refusals[0].reason == (
        'COLUMNS names "Fall", the file has "Ticket-Nr", "Gemeldet am", "Status"; '
        'COLUMNS names "gemeldet am", the file has "Gemeldet am": correct COLUMNS, or set DELIMITER'
    )
    optional = check(path, columns={"Ticket-Nr": "id", "Gemeldet am": "opened_at", "Staus": "status"})
    assert optional.notes[-1] == "columns in COLUMNS that no file has: Staus (is Status meant?)"


def test_bad_lines_are_counted(tmp_path: Path) -> None:
    path = write_jsonl(tmp_path / "a.jsonl", ticket("A"), b"{", ticket("B", opened_at="x"), ticket("C"))
    account = check(path, timezone="Europe/Paris")

    assert (account.tickets, account.time_zone, account.missing) == (2, "Europe/Paris", ())
    assert account.notes[1] == "lines that would be refused: 2"
    assert account.sample is not None
    assert [f"{refusal.place}: {refusal.reason}" for refusal in account.sample.refusals] == [
        f"{path}:2: invalid JSON at character 2: correct the line, or export the file again",
        f'{path}:3: B: opened_at: "x" is not a time that can be read: correct it, or set DATE_FORMAT to its form',
    ]


def test_file_without_a_good_line_is_missing(tmp_path: Path) -> None:
    lines = [ticket(f"T{number}", opened_at="2024-03-01 08:00") for number in range(2000)]
    path = write_jsonl(tmp_path / "a.jsonl", *lines)
    account = check(path)

    assert account.missing == (f"{path}: all of the first 1,000 lines would be refused",)
    assert account.sample is not None
    assert account.sample.refusals[0].reason == 'T0: opened_at: "2024-03-01 08:00" has no offset: set TIMEZONE'
    assert account.tickets is None
    assert account.notes[0] == "files: 1, lines: 2,000"


def test_lines_beyond_the_sample_are_counted_only(tmp_path: Path) -> None:
    good = [ticket(str(number)) for number in range(1500)]

    assert check(write_jsonl(tmp_path / "a.jsonl", *good, ticket("BAD", hours=-1))).tickets == 1501
    damaged = check(write_jsonl(tmp_path / "b.jsonl", *good, b"{"))
    assert (damaged.tickets, damaged.missing) == (None, ())
    assert damaged.notes[1] == "lines that would be refused: 1"
    assert damaged.sample is not None
    assert damaged.sample.refusals[0].place == f"{tmp_path}/b.jsonl:1501"


def test_damaged_files_are_missing(tmp_path: Path) -> None:
    write(tmp_path / "a.csv", "")
    cut = write_jsonl(tmp_path / "b.jsonl.gz", *(ticket(str(number)) for number in range(3)))
    cut.write_bytes(cut.read_bytes()[:-12])
    account = check(f"{tmp_path}/*.csv,{tmp_path}/*.gz")

    assert [text.split(":")[0] for text in account.missing] == [str(tmp_path / "a.csv"), str(cut)]
    assert "cut off here" in account.missing[1]


@pytest.mark.parametrize(("name", "content"), [("a.csv", ""), ("a.csv", "\0\1\2" * 99), ("a.xlsx", "PK\3\4xl/")])
def test_files_of_which_nothing_can_be_read_fail_the_check(tmp_path: Path, name: str, content: str) -> None:
    sample = check(write(tmp_path / name, content)).sample

    assert sample is not None
    assert (sample.taken, sample.is_enough) == (0, False)


def test_event_log(tmp_path: Path) -> None:
    path = write(tmp_path / "log.csv", "id,at,status\nA,2024-03-01T08:00Z,New\nA,2024-03-02T08:00Z,Done\nB,,New\n")
    account = check(path, events=True)

    assert account.tickets is None
    assert account.notes[:2] == ("files: 1, lines: 3", "lines that would be refused: 1")


def test_long_lists_of_columns_are_cut(tmp_path: Path) -> None:
    path = write_jsonl(tmp_path / "a.jsonl", ticket("A", **{f"x{number:02}": 1 for number in range(50)}))

    assert check(path).notes[2].endswith("x28, x29 and 20 more")


def test_no_file_raises(tmp_path: Path) -> None:
    with pytest.raises(WrongSettings, match="is empty"):
        check(tmp_path / "*.csv")
