"""The command `inspect`: what it prints of files, and that a pull with its variables brings every ticket."""

import gzip
import json
import re
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from tests.connectors.file.exports.catalogue import EXPORTS, SystemExport
from tests.connectors.file.exports.tickets import ExportedTicket, make_tickets
from tests.service.conftest import Runs

NAMES = [export.name for export in EXPORTS]
TICKETS = list(make_tickets())
INDEX = re.compile(r"\D+ (\d+) ")
LARGE, LOADED = 200_000, 10_000
PAGE = Path(__file__).parents[3] / "docs" / "connectors" / "file.md"
DOCUMENTED = re.findall(
    r"^\| .* \| [\d,]+ \| \d+ \| [\d.]+ \| [\d.]+ \|$", PAGE.read_text(encoding="utf-8"), re.MULTILINE
)


def write(export: SystemExport, folder: Path, tickets: list[ExportedTicket]) -> Path:
    """Write an export into a folder of its own."""
    path = folder / export.name / export.file
    path.parent.mkdir()
    export.write(path, tickets)
    return path


def inspected(treadmill: Runs, *paths: Path) -> list[dict[str, Any]]:
    code, out, err = treadmill("inspect", "--json", *map(str, paths))
    assert (code, err) == (0, "")
    sources: list[dict[str, Any]] = json.loads(out)["sources"]
    return sources


def paste(monkeypatch: pytest.MonkeyPatch, variables: dict[str, str]) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)


def stored(database: Path, source: str) -> Iterator[dict[str, Any]]:
    """Yield the stored tickets of a source."""
    with sqlite3.connect(database) as connection:
        connection.row_factory = sqlite3.Row
        statement = "SELECT ticket.* FROM ticket JOIN source ON source.id = source_id WHERE source.name = ?"
        for row in connection.execute(statement, (source.lower(),)):
            yield dict(row)


def assert_stored(export: SystemExport, rows: list[dict[str, Any]], tickets: list[ExportedTicket]) -> None:
    assert len(rows) == len(tickets)
    for row in rows:
        index = INDEX.match(row["title"])
        assert index
        for column, expected in export.expected(tickets[int(index[1])]).items():
            actual = row[column]
            if isinstance(expected, datetime) and actual is not None:
                actual = datetime.fromisoformat(f"{actual}+00:00")
            assert actual == expected, (export.name, row["title"], column)


def test_a_pull_with_the_printed_variables_stores_every_ticket_of_all_exports(
    treadmill: Runs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = [write(export, tmp_path, TICKETS) for export in EXPORTS]
    sources = inspected(treadmill, *paths)
    assert sorted(source["files"][0] for source in sources) == sorted(map(str, paths))
    for source in sources:
        paste(monkeypatch, source["variables"])

    by_file = {source["files"][0]: source for source in sources}
    settings = [len(by_file[str(path)]["variables"]) for path in paths]
    assert settings == [int(row.split("|")[4]) for row in DOCUMENTED], "docs/connectors/file.md says otherwise"

    code, out, _ = treadmill("sync", "--no-analysis", "--json")

    assert code == 0, out
    assert {run["source"]: run["refused"] for run in json.loads(out) if run["refused"]} == {}
    for export, path in zip(EXPORTS, paths, strict=True):
        assert_stored(export, list(stored(tmp_path / "treadmill.db", by_file[str(path)]["name"])), TICKETS)


@pytest.mark.parametrize("export", EXPORTS, ids=NAMES)
def test_each_export_is_recognised_and_none_of_its_values_is_left_out(
    treadmill: Runs, tmp_path: Path, export: SystemExport
) -> None:
    [source] = inspected(treadmill, write(export, tmp_path, TICKETS))

    assert source["system"] == export.system
    assert (source["tickets"], source["refused"], source["left_out"]) == (len(TICKETS), 0, [])
    assert source["unknown_words"] == []
    assert len(source["samples"]) == 3


def test_the_text_names_what_a_file_is_and_ends_with_lines_for_an_environment_file(
    treadmill: Runs, tmp_path: Path
) -> None:
    path = write(EXPORTS[NAMES.index("topdesk")], tmp_path, TICKETS)

    code, out, _ = treadmill("inspect", str(path))

    assert code == 0
    assert "export of TOPdesk; csv, encoding utf-16" in out
    assert "Behandelaarsgroep -> team (sure: a column of TOPdesk)" in out
    assert out.count("  ticket ") == 3
    lines = [line for line in out.splitlines() if line.startswith("TREADMILL_SOURCES__TOPDESK_EXPORT__")]
    assert f"TREADMILL_SOURCES__TOPDESK_EXPORT__PATH={path}" in lines
    assert "TREADMILL_SOURCES__TOPDESK_EXPORT__TIMEZONE=Europe/Amsterdam" in lines
    # `docker --env-file` would keep quotes around a value.
    assert not [line for line in lines if line.partition("=")[2][0] in "'\""]


def test_a_shell_gets_its_lines_in_quotes(treadmill: Runs, tmp_path: Path) -> None:
    path = write(EXPORTS[NAMES.index("topdesk")], tmp_path, TICKETS)

    _, out, _ = treadmill("inspect", "--shell", str(path))
    exports = "\n".join(line for line in out.splitlines() if line.startswith("export "))
    command = ["sh", "-c", f'{exports}\nprintf %s "$TREADMILL_SOURCES__TOPDESK_EXPORT__COLUMNS"']

    assert json.loads(subprocess.run(command, capture_output=True, check=True).stdout)["Behandelaarsgroep"] == "team"


def test_the_zone_of_the_service_goes_before_the_one_of_the_language(treadmill: Runs, tmp_path: Path) -> None:
    path = write(EXPORTS[NAMES.index("glpi")], tmp_path, TICKETS)
    variable = "TREADMILL_SOURCES__GLPI_EXPORT__TIMEZONE"

    assert inspected(treadmill, path)[0]["variables"][variable] == "Europe/Paris"
    code, out, _ = treadmill("inspect", "--json", str(path), TIMEZONE="America/Montreal")
    assert json.loads(out)["sources"][0]["variables"][variable] == "America/Montreal"
    code, out, _ = treadmill("inspect", "--json", "--timezone", "Africa/Dakar", str(path))
    assert json.loads(out)["sources"][0]["variables"][variable] == "Africa/Dakar"
    code, _, err = treadmill("inspect", "--timezone", "Mars/Olympus", str(path))
    assert (code, "'Mars/Olympus' must be an IANA time zone" in err) == (2, True)


def test_files_of_a_folder_that_have_one_header_make_one_source(treadmill: Runs, tmp_path: Path) -> None:
    folder = tmp_path / "exports"
    folder.mkdir()
    export = EXPORTS[NAMES.index("azure-devops")]
    for month, tickets in enumerate((TICKETS[:30], TICKETS[30:]), 1):
        export.write(folder / f"2026-0{month}.csv", tickets)

    [source] = inspected(treadmill, folder)

    assert len(source["files"]) == 2
    assert source["variables"]["TREADMILL_SOURCES__AZURE_DEVOPS_EXPORT__PATH"] == f"{folder}/*.csv"
    assert source["tickets"] == len(TICKETS)


def test_words_that_nobody_understands_are_listed_with_the_line_to_set(treadmill: Runs, tmp_path: Path) -> None:
    path = tmp_path / "odd.csv"
    rows = "".join(f"{n},2026-03-{n + 1:02}T08:00:00Z,Zork,Printer {n} is slow\n" for n in range(1, 20))
    path.write_text(f"Number,Opened,Status,Subject\n{rows}")

    code, out, _ = treadmill("inspect", str(path))

    assert code == 0
    assert 'unknown status "Zork" of 19 tickets' in out
    assert 'set TREADMILL_SOURCES__ODD__STATUS_MAP={"Zork":"?"} with new, active, waiting' in out


def test_hours_of_a_sample_are_rounded(treadmill: Runs, tmp_path: Path) -> None:
    rows = "".join(f"{n},2026-03-{n + 1:02}T08:00:00Z,Printer {n} is slow,2:44\n" for n in range(1, 20))
    (tmp_path / "odd.csv").write_text(f"Number,Opened,Subject,Time spent\n{rows}")

    assert "hours_logged=2.73, " in treadmill("inspect", str(tmp_path / "odd.csv"))[1]


def test_a_long_word_is_cut_and_no_word_of_a_list(treadmill: Runs, tmp_path: Path) -> None:
    path = tmp_path / "odd.csv"
    word = "Zork" * 100
    rows = [f"{n},2026-03-{n + 1:02}T08:00:00Z,{word if n == 1 else 'Open'},Printer {n} is slow" for n in range(1, 20)]
    path.write_text("\n".join(["Number,Opened,Status,Subject", *rows, ""]))

    _, out, _ = treadmill("inspect", str(path))

    assert (word in out, "…" in out, "STATUS_MAP" in out) == (False, True, False)


@pytest.mark.parametrize(
    ("name", "cut"),
    [("cut.jsonl", 30), ("cut.json", 30), ("cut.csv.gz", 12), ("cut.json.gz", 12), ("cut.jsonl.gz", 12)],
)
def test_a_file_that_is_cut_shows_what_stands_before_and_where_it_breaks(
    treadmill: Runs, tmp_path: Path, name: str, cut: int
) -> None:
    tickets = [{"Number": f"T{n}", "Opened": f"2026-03-{n:02}T08:00:00Z", "Status": "Open"} for n in range(1, 29)]
    lines = {".json": [json.dumps(tickets, indent=1)], ".jsonl": map(json.dumps, tickets)}
    table = ["Number,Opened,Status", *(",".join(ticket.values()) for ticket in tickets)]
    kind = Path(name.removesuffix(".gz")).suffix
    content = "\n".join([*lines.get(kind, table), ""]).encode()
    packed = gzip.compress(content) if name.endswith(".gz") else content
    (tmp_path / name).write_bytes(packed[:-cut])

    _, out, err = treadmill("inspect", str(tmp_path / name))

    assert "Opened -> opened_at" in out
    assert f"refused: {tmp_path / name}:" in out
    assert ("cut off" in out or "character" in out, err) == (True, "")


def test_a_file_without_an_id_or_a_time_fails_and_says_which_field_has_no_column(
    treadmill: Runs, tmp_path: Path
) -> None:
    path = tmp_path / "odd.csv"
    path.write_text("Colour,Size\nred,4\nred,4\nblue,4\n")

    code, out, _ = treadmill("inspect", str(path))

    assert code == 1
    assert "no column can be id, which is required" in out


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "odd.csv"),
        (b"Number,Opened\n", "holds no record"),
        (bytes(range(256)) * 50, "odd.csv"),
        (b'"' + b"x" * 11_000_000, "odd.csv"),
    ],
    ids=["empty", "header-alone", "binary", "huge-line"],
)
def test_a_file_that_cannot_be_read_is_named_with_the_reason(
    treadmill: Runs, tmp_path: Path, content: bytes, reason: str
) -> None:
    (tmp_path / "odd.csv").write_bytes(content)

    code, _, err = treadmill("inspect", str(tmp_path / "odd.csv"))

    assert (code, err.startswith("error: "), reason in err) == (1, True, True)
    assert "Traceback" not in err


@pytest.mark.parametrize("name", ["nothing.csv", "empty/", "picture.png", "*.csv"])
def test_a_path_without_a_file_to_read_is_a_wrong_use(treadmill: Runs, tmp_path: Path, name: str) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "picture.png").write_bytes(b"\x89PNG")

    code, _, err = treadmill("inspect", str(tmp_path / name))

    assert (code, err.startswith("error: "), name.rstrip("/") in err) == (2, True, True)


def test_one_unreadable_file_does_not_hide_the_others(treadmill: Runs, tmp_path: Path) -> None:
    path = write(EXPORTS[NAMES.index("zendesk")], tmp_path, TICKETS)
    (tmp_path / "odd.csv").write_bytes(b"")

    code, out, err = treadmill("inspect", str(path), str(tmp_path / "odd.csv"))

    assert (code, "export of Zendesk" in out, "odd.csv" in err) == (3, True, True)


@pytest.mark.slow
def test_a_file_of_200_000_lines_is_inspected_within_seconds_and_loads(
    treadmill: Runs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    export = EXPORTS[NAMES.index("servicenow-list")]
    tickets = list(make_tickets(LARGE))
    path = write(export, tmp_path, tickets)
    begin = time.monotonic()
    [source] = inspected(treadmill, path)
    assert time.monotonic() - begin < 20, "on a machine that does nothing else it takes two"
    paste(monkeypatch, source["variables"])
    # The variables are those of the whole file; a twentieth of it tells whether they fit.
    export.write(path, tickets[:LOADED])

    assert treadmill("sync", "--no-analysis", source["name"])[0] == 0

    assert_stored(export, list(stored(tmp_path / "treadmill.db", source["name"])), tickets[:LOADED])
