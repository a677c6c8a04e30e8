"""Containers of tables and records as people export them: none needs a setting but for the names of columns."""

import io
import json
from datetime import datetime, timedelta
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

import openpyxl
import pytest

from connectors.file import lines, workbook
from tests.connectors.file.harness import OPENED, Pulled, check, pull, write

NAMES = '{"Number": "id", "Opened": "opened_at", "Subject": "title"}'
TABLE = [["Number", "Opened", "Subject"], ["1", OPENED, "Größe"], ["2", OPENED, "two"]]


def text_of(rows: list[list[str]], delimiter: str = ";", end: str = "\n") -> str:
    return end.join([delimiter.join(row) for row in rows]) + end


def titles(pulled: Pulled) -> dict[str, str]:
    assert pulled.refused == []
    return {uid: ticket.title for uid, ticket in pulled.tickets.items()}


@pytest.mark.parametrize("suffix", [".csv", ".csv.gz"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"], ids=["LF", "CRLF", "CR"])
def test_encodings_and_line_ends_are_recognised(tmp_path: Path, encoding: str, end: str, suffix: str) -> None:
    path = write(tmp_path / f"t{suffix}", text_of(TABLE, end=end).encode(encoding))

    assert titles(pull(path, columns=NAMES)) == {"1": "Größe", "2": "two"}


@pytest.mark.parametrize(
    "content",
    [
        "sep=;\n" + text_of(TABLE),
        '"sep=;"\r\n' + text_of(TABLE),
        "Tickets of March;;\n\nCreated on 2024-03-09\n" + text_of(TABLE),
        text_of(TABLE) + "Total;;2\n2 rows\n",
        text_of(TABLE) + ";;\n;;2\n",
        text_of(TABLE) + text_of(TABLE[:1]),
        text_of([TABLE[0], *([*row, ""] for row in TABLE[1:])]),
        text_of([[*TABLE[0], "", ""], *TABLE[1:]]),
        text_of(TABLE).replace("Größe", '"Größe"').replace(";", "\t"),
        "\ufeff" + text_of(TABLE),
        text_of(TABLE).replace("Number", " Number\u00a0"),
    ],
)
def test_rows_around_a_table(tmp_path: Path, content: str) -> None:
    assert titles(pull(write(tmp_path / "t.csv", content), columns=NAMES)) == {"1": "Größe", "2": "two"}


def test_backslashes_escape_where_the_file_shows_it(tmp_path: Path) -> None:
    escaped = text_of(TABLE).replace("Größe", '"say \\"hi\\"; twice"')
    plain = text_of(TABLE).replace("Größe", "C:\\temp")

    assert titles(pull(write(tmp_path / "a.csv", escaped), columns=NAMES))["1"] == 'say "hi"; twice'
    assert titles(pull(write(tmp_path / "b.csv", plain), columns=NAMES))["1"] == "C:\\temp"


def test_last_line_that_is_cut_is_refused(tmp_path: Path) -> None:
    pulled = pull(write(tmp_path / "t.csv", text_of(TABLE) + "3;2024"), columns=NAMES)

    remedy = "put cells with the delimiter or line ends in quotes, or correct DELIMITER"
    assert (pulled.ids, pulled.reasons) == (["1", "2"], [f"the row has 2 columns, the header 3: {remedy}"])


RECORDS = f'{{"id": 1, "opened_at": "{OPENED}", "group": {{"name": "Desk"}}, "tags": [{{"n": "a"}}, {{"n": "b"}}]}}'


@pytest.mark.parametrize(
    "content",
    [
        f"[{RECORDS}]",
        f"[\n  {RECORDS.replace(',', chr(10) + ',')}\n]\n",
        f'{{"result": [{RECORDS}]}}',
        f'{{"meta": {{"count": 1}}, "data": {{"issues": [{RECORDS}]}}, "errors": [{{"x": 1}}]}}',
        f'{{"total": 1, "hits": [{RECORDS}],\n"next": null}}',
        f'{{"result": [{RECORDS}]}}\n{{"result": []}}\n',
        RECORDS,
        RECORDS.replace(", ", ",\n"),
    ],
)
@pytest.mark.parametrize("suffix", [".json", ".json.gz", ".jsonl"])
def test_records_of_json_are_recognised(tmp_path: Path, content: str, suffix: str) -> None:
    path = write(tmp_path / f"t{suffix}", content)
    mapped = pull(path, columns='{"group.name": "team", "tags.n": "labels"}')

    assert (mapped.refused, mapped.ids) == ([], ["1"])
    assert (mapped.only.team, mapped.only.labels) == ("Desk", ("a", "b"))


@pytest.mark.parametrize("suffix", [".json", ".jsonl"])
@pytest.mark.parametrize("document", ["[{}]", '{{"result": [{}]}}', '{{"meta": 1,\n"result":\n[{}]\n}}'])
def test_records_on_a_line_of_any_length(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, suffix: str, document: str
) -> None:
    monkeypatch.setattr(lines, "MAX_LINE", 10_000)
    records = ",".join(f'{{"id": "T{number}", "opened_at": "{OPENED}"}}' for number in range(1_000))

    assert len(pull(write(tmp_path / f"tickets{suffix}", document.format(records))).ids) == 1_000


def test_records_stand_where_the_setting_says(tmp_path: Path) -> None:
    path = write(tmp_path / "t.json", f'{{"result": [{{"id": "no"}}], "old": {{"rows": [{RECORDS}]}}}}')

    assert pull(path, records="old.rows").ids == ["1"]


def test_records_before_a_broken_place_are_read(tmp_path: Path) -> None:
    path = write(tmp_path / "t.json", f'[{RECORDS},\n{{"id": 2,, }}, {RECORDS}]')
    pulled = pull(path)

    assert pulled.ids == ["1"]
    assert "is not valid JSON from here on" in pulled.reasons[0]
    assert pulled.checkpoint["files"] == {}


def test_sheet_with_titles_dates_and_durations(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.create_sheet("Cover").append(["Tickets of March"])
    sheet = book.create_sheet("Export")
    for row in (
        ["Tickets"],
        [],
        ["Number", "Opened", "Subject", "Effort"],
        [1001, datetime(2024, 3, 1, 9), "Mail", timedelta(minutes=90)],  # noqa: DTZ001 - Excel knows no zones
        ["A2", "2024-03-01 09:00", None, 0.5],
        ["Total", None, None, 2],
    ):
        sheet.append(row)
    content = io.BytesIO()
    book.save(content)
    path = write(tmp_path / "t.xlsx", content.getvalue())
    columns = '{"Number": "id", "Opened": "opened_at", "Subject": "title", "Effort": "hours"}'
    pulled = pull(path, columns=columns, timezone="Europe/Berlin")

    assert (pulled.ids, pulled.refused) == (["1001", "A2"], [])
    assert [t.hours_logged for t in pulled.tickets.values()] == [1.5, 0.5]
    assert {t.opened_at.isoformat() for t in pulled.tickets.values()} == {"2024-03-01T08:00:00+00:00"}
    missing = pull(path, columns=columns, sheet="Exports")
    assert missing.reasons == ['has no sheet "Exports"; it has Sheet, Cover, Export: correct SHEET']


def test_sheet_that_is_damaged_behind_its_beginning_is_refused_from_there_on(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.create_sheet("Export", 0)
    for row in (["id", "opened_at"], *([str(number), OPENED] for number in range(100))):
        sheet.append(row)
    content = io.BytesIO()
    book.save(content)
    path = tmp_path / "t.xlsx"
    with ZipFile(content) as whole, ZipFile(path, "w") as damaged:
        for name in whole.namelist():
            part = whole.read(name)
            damaged.writestr(name, part[: part.index(b"</sheetData>") - 20] if name.endswith("sheet1.xml") else part)
    pulled = pull(path)
    assert [refusal.place for refusal in pulled.refused] == [str(path)]
    assert "is a workbook that cannot be read" in pulled.reasons[0]
    assert pulled.checkpoint["files"] == {}


def test_workbook_that_unpacks_to_more_than_memory_holds_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workbook, "MAX_SIZE", 1 << 20)
    with ZipFile(tmp_path / "t.xlsx", "w", ZIP_DEFLATED) as bomb:
        bomb.writestr("xl/worksheets/sheet1.xml", b" " * (2 << 20))
    pulled = pull(tmp_path / "t.xlsx")
    assert (tmp_path / "t.xlsx").stat().st_size < 10_000
    assert pulled.reasons == ["unpacks to more than 1 MiB, which a workbook may not: export CSV"]


JAPANESE = "①プリンター障害㈱山田の件でヘルプデスクに連絡"


@pytest.mark.parametrize(
    ("written", "setting", "title"),
    [
        ("cp932", "shift_jis", JAPANESE), ("cp932", None, JAPANESE), ("cp932", "Shift-JIS", JAPANESE),
        ("euc_jis_2004", "euc-jp", "①プリンター障害㈱の件"), ("gb18030", "gb2312", "打印机故障镕需要处理"),
        ("gb18030", "gbk", "打印机故障€需要处理"), ("cp949", "euc-kr", "프린터 고장 똠방각하"),
        ("cp949", "ks_c_5601", "프린터 고장 똠방각하"), ("cp949", None, "프린터 고장이 발생했습니다 똠방각하"),
        ("cp950", "big5", "印表機故障€需要處理"), ("cp1252", "iso-8859-1", "Größe – 5 €"),
        ("cp1252", "latin-1", "“quoted”"), ("cp1254", "iso-8859-9", "Şifre – 5 €"), ("utf-8", "ascii", "Größe"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("suffix", [".csv", ".json"])
def test_the_pages_of_windows_are_read_under_the_names_of_their_standards(
    tmp_path: Path, written: str, setting: str | None, title: str, suffix: str
) -> None:
    records = [{"id": "1", "opened_at": OPENED, "title": title}]
    content = (
        f"id,opened_at,title\n1,{OPENED},{title}\n" if suffix == ".csv" else json.dumps(records, ensure_ascii=False)
    )
    path = write(tmp_path / f"t{suffix}", content.encode(written))

    assert titles(pull(path, encoding=setting)) == {"1": title}


def test_latin_1_has_a_sign_for_every_byte(tmp_path: Path) -> None:
    path = write(tmp_path / "t.csv", f"id,opened_at,title\n1,{OPENED},a".encode() + b"\x9d\xe9\n")

    assert pull(path, encoding="latin-1").only.title == "a é"


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32"])
@pytest.mark.parametrize("suffix", [".csv", ".json", ".jsonl"])
def test_a_wide_encoding_that_the_file_does_not_have_is_named(tmp_path: Path, encoding: str, suffix: str) -> None:
    content = f"id,opened_at\n1,{OPENED}\n" if suffix == ".csv" else json.dumps({"id": "1", "opened_at": OPENED})
    path = write(tmp_path / f"t{suffix}", content)
    reason = f"is not encoded as {encoding}, which ENCODING says, but most likely as utf-8: remove ENCODING"

    assert pull(path, encoding=encoding).reasons == [reason]
    assert check(path, encoding=encoding).missing == (f"{path}: {reason}",)


def test_utf_16_needs_no_byte_order_mark(tmp_path: Path) -> None:
    path = write(tmp_path / "t.csv", text_of(TABLE).encode("utf-16-le"))

    assert titles(pull(path, columns=NAMES, encoding="utf-16")) == {"1": "Größe", "2": "two"}
