"""Every kind of damage: the bad line is refused with file, line and reason, and the good ones around it are read."""

from pathlib import Path
from typing import Any

import orjson
import pytest

from connectors.file import lines, rows
from tests.connectors.file.harness import OPENED, Pulled, existing_ids, pull, ticket, write, write_jsonl

CHANGE = {"at": OPENED, "field": "team", "old": "A", "new": "B"}


def line(**fields: object) -> bytes:
    return orjson.dumps(ticket("BAD", **fields))


def change(**fields: object) -> bytes:
    return line(transitions=[CHANGE, {k: v for k, v in (CHANGE | fields).items() if v is not None}])


REFUSED: list[tuple[str, bytes, str]] = [
    ("cut", b'{"id": "BAD", "opened_at"', "invalid JSON at character 26: correct the line, or export the file again"),
    ("no JSON", b"id=BAD", "invalid JSON at character 1"),
    ("trailing comma", b'{"id": "BAD",}', "invalid JSON"),
    ("two objects", line() + line(), "invalid JSON"),
    ("a list", b"[1, 2]", "the line is not a JSON object"),
    ("a scalar", b"null", "the line is not a JSON object"),
    ("deep nesting", b'{"id": ' + b"[" * 5000, "the values are nested too deep"),
    ("no id", b'{"opened_at": "2024-03-01T08:00:00Z"}', "id: missing"),
    ("null id", line(id=None), "id: missing"),
    ("empty id", line(id=""), "id: missing"),
    ("blank id", line(id="  \t"), "id: missing"),
    ("id of nothing", line(id="N/A"), "id: missing"),
    ("id true", line(id=True), "id: is not a text, but true or false"),
    ("id an object", line(id={"n": 1}), "id: is not a text, but an object"),
    ("id with a fraction", line(id=1.5), "id: 1.5 is not a whole number of at most 64 bits"),
    (
        "id too large",
        b'{"id": 123456789012345678901234567890}',
        "is not a whole number of at most 64 bits: write it in quotes",
    ),
    ("id too long", line(id="x" * 501), "id: is longer than 500 characters"),
    ("no opened_at", b'{"id": "BAD"}', "BAD: opened_at: missing"),
    ("empty opened_at", line(opened_at=""), "BAD: opened_at: missing"),
    ("no offset", line(opened_at="2024-03-01T08:00:00"), '"2024-03-01T08:00:00" has no offset: set TIMEZONE'),
    ("a date alone", line(opened_at="2024-03-01"), "has no offset"),
    (
        "impossible date",
        line(opened_at="2024-02-30T08:00:00Z"),
        "is not a time that can be read: correct it, or set DATE_FORMAT to its form",
    ),
    ("month or day", line(opened_at="03/01/2024 8:00"), "with the day or the month first"),
    ("before 1990", line(opened_at="1989-12-31T23:59:59Z"), "is not between 1990 and"),
    ("the first year", line(opened_at="0001-01-01T00:00:00+14:00"), "is not a time of this age"),
]
LEFT_OUT: list[tuple[str, bytes, str]] = [
    ("another format", line(closed_at="03/01/2024 8:00 AM"), "%d/%m/%Y %I:%M %p or %m/%d/%Y %I:%M %p"),
    ("the last year", line(closed_at="9999-12-31T23:59:59-12:00"), "closed_at is not a time of this age"),
    ("closed before opened", line(closed_at="2024-02-29T08:00:00Z"), "closed_at is before opened_at"),
    ("updated before opened", line(updated_at="2024-02-29T08:00:00Z"), "updated_at is before opened_at"),
    ("resolved before opened", line(resolved_at="2024-03-01T07:59:59Z"), "mended: resolved_at is just before opened"),
    ("negative hours", line(hours=-1), 'BAD "-1"'),
    ("hours as words", line(hours="two"), 'BAD "two"'),
    ("working days", line(hours="2d 4h"), "working days"),
    ("hours infinite", line(hours="inf"), 'BAD "inf"'),
    ("hours with underscore", line(hours="1_0"), 'BAD "1_0"'),
    ("hours too many", line(hours=1e300), "is not between 0 and 1,000,000 hours"),
    ("hours true", line(hours=True), "hours is not a text, but true or false"),
    ("broken count", line(reopen_count=1.5), "reopen_count is not a whole number"),
    ("no counter", line(reopen_count="many"), "reopen_count is not a number from 0 to 1,000,000 in"),
    ("thousands or decimals", line(hours="1,024"), "can be thousands or decimals"),
    ("decimals of a counter", line(reopen_count=1.024), "is not a whole number"),
    ("title true", line(title=False), "title is not a text, but true or false"),
    ("kind true", line(kind=True), "kind is not a text, but true or false"),
    ("team too long", line(team="x" * 600), "team is longer than 500 characters"),
    ("unknown category", line(status_category="finished"), "status_category is not one of new, active, waiting"),
    ("labels an object", line(labels={"a": 1}), "labels is not a list or text, but an object"),
    ("transitions an object", line(transitions={"at": OPENED}), "transitions is not a list of objects"),
    ("transitions of text", line(transitions=["new"]), "transitions hold an entry that is no object"),
    ("transitions as broken text", line(transitions="[{"), "transitions is invalid JSON"),
    ("transition without at", change(at=None), "transitions have an entry without at"),
    ("transition without field", change(field=None), "transitions have an entry without field"),
    ("transition to nothing", change(old=None, new=None), "transitions have an entry with neither old nor new"),
    ("transition without offset", change(at="2024-03-01T08:00:00"), "transitions has no offset: set TIMEZONE"),
    ("links an object", line(links={"relation": "child"}), "links is not a list of objects"),
    ("unknown relation", line(links=[{"relation": "cousin", "target": "T"}]), "links is not one of duplicate_of"),
    ("link without relation", line(links=[{"target": "T"}]), "links have an entry without relation"),
    ("link without target", line(links=[{"relation": "child", "target": ""}]), "links have an entry without target"),
    ("lone surrogate", line(title="cut X").replace(b"X", b"\\ud83d"), "mended: title holds characters"),
    ("NUL", line(title="a\0b"), "mended: title holds characters that cannot be read"),
    ("raw NUL", line(team="X").replace(b"X", b"a\0b"), "mended: team holds"),
    ("id with line end", line(key="a\nb"), "mended: key holds control or invisible characters"),
    ("huge count", line(reopen_count=7).replace(b"7", b"9" * 30), "reopen_count"),
]
READ: list[tuple[str, bytes, str, object]] = [
    ("NaN", line(hours="X").replace(b'"X"', b"NaN"), "hours_logged", None),
    ("a number beyond all", line(team="Mail", x=7).replace(b"7", b"1e999"), "team", "Mail"),
    ("hours as words for nothing", line(hours="NaN"), "hours_logged", None),
    ("hours with a unit", line(hours="90 min"), "hours_logged", 1.5),
    ("another code page", line(title="X").replace(b"X", b"caf\xe9"), "title", "café"),
    ("an object with a name", line(team={"name": "Mail"}), "team", "Mail"),
    ("a list of texts", line(service=["A", "B"]), "service", "A, B"),
    ("a reference", line(assignee={"link": "https://x", "value": "u1"}), "assignee", "u1"),
    ("an empty reference", line(team={"display_value": "", "value": ""}), "team", None),
]


def pull_between(path: Path, bad: bytes) -> Pulled:
    return pull(write_jsonl(path, ticket("A"), bad, ticket("B")))


@pytest.mark.parametrize(("bad", "cause"), [pytest.param(*case[1:], id=case[0]) for case in LEFT_OUT])
def test_odd_value_costs_its_field(tmp_path: Path, bad: bytes, cause: str) -> None:
    pulled = pull_between(tmp_path / "tickets.jsonl", bad)

    assert (pulled.ids, pulled.refused) == (["A", "BAD", "B"], [])
    assert len(pulled.left_out) == 1
    assert cause in pulled.left_out[0]


@pytest.mark.parametrize(("odd", "field", "value"), [pytest.param(*case[1:], id=case[0]) for case in READ])
def test_odd_value_that_has_one_meaning_is_read(tmp_path: Path, odd: bytes, field: str, value: object) -> None:
    pulled = pull_between(tmp_path / "tickets.jsonl", odd)

    assert (pulled.ids, pulled.refused, pulled.left_out) == (["A", "BAD", "B"], [], [])
    assert getattr(pulled.tickets["BAD"], field) == value


@pytest.mark.parametrize(("bad", "reason"), [pytest.param(*case[1:], id=case[0]) for case in REFUSED])
@pytest.mark.parametrize("suffix", [".jsonl", ".jsonl.gz"])
def test_json_damage(tmp_path: Path, bad: bytes, reason: str, suffix: str) -> None:
    path = write_jsonl(tmp_path / f"tickets{suffix}", ticket("A"), bad, ticket("B"))
    pulled = pull(path)

    assert pulled.ids == ["A", "B"]
    assert [refusal.place for refusal in pulled.refused] == [f"{path}:2"]
    assert reason in pulled.reasons[0]


HEADER = f"id,opened_at,title,hours\nA,{OPENED},good,1\n".encode()
LAST = f'B,{OPENED},"also ""good""",2\n'.encode()
CSV_DAMAGE: list[tuple[str, bytes, str]] = [
    ("too few columns", f"BAD,{OPENED},t".encode(), "the row has 3 columns, the header 4"),
    (
        "too many columns",
        f"BAD,{OPENED},t,1,x".encode(),
        "the row has 5 columns, the header 4: put cells with the delimiter",
    ),
    ("another delimiter", f"BAD;{OPENED};t;1".encode(), "the row has 1 column, the header 4"),
    (
        "quote not closed",
        f'BAD,{OPENED},"t,1'.encode(),
        "a quote is opened and never closed: close it, double it inside a cell",
    ),
    ("text after a quote", f'BAD,{OPENED},"t"x,1'.encode(), "a quote inside a cell is not doubled: double it"),
    ("carriage return", f"BAD,{OPENED},a\rb,1".encode(), "a cell holds a carriage return: put the cell in quotes"),
    ("no id", f",{OPENED},t,1".encode(), "id: missing"),
    ("no opened_at", b"BAD,,t,1", "BAD: opened_at: missing"),
    ("no offset", b"BAD,2024-03-01 08:00,t,1", "has no offset"),
]


@pytest.mark.parametrize(("bad", "reason"), [pytest.param(*case[1:], id=case[0]) for case in CSV_DAMAGE])
@pytest.mark.parametrize("end", [b"\n", b"\r\n"], ids=["LF", "CRLF"])
@pytest.mark.parametrize("suffix", [".csv", ".csv.gz"])
def test_csv_damage(tmp_path: Path, bad: bytes, reason: str, end: bytes, suffix: str) -> None:
    content = (HEADER + bad + b"\n" + LAST).replace(b"\n", end)
    path = write(tmp_path / f"tickets{suffix}", content)
    pulled = pull(path)

    assert pulled.ids == ["A", "B"]
    assert [refusal.place for refusal in pulled.refused] == [f"{path}:3"]
    assert reason in pulled.reasons[0]


def test_unclosed_quote_costs_one_line(tmp_path: Path) -> None:
    good = "".join(f"T{number},{OPENED},plain,1\n" for number in range(3000))
    path = write(tmp_path / "tickets.csv", f'id,opened_at,title,hours\nBAD,{OPENED},"open,1\n{good}')
    pulled = pull(path)

    assert len(pulled.ids) == 3000
    assert [refusal.place for refusal in pulled.refused] == [f"{path}:2"]


def test_row_of_too_many_lines_costs_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rows, "MAX_LINES", 10)
    good = "".join(f"T{number},{OPENED},plain\n" for number in range(30))
    path = write(tmp_path / "tickets.csv", f'id,opened_at,title\nBAD,{OPENED},"open\n{good}LAST,{OPENED},"shut"\n')
    pulled = pull(path)

    assert pulled.ids == [*(f"T{number}" for number in range(30)), "LAST"]
    assert [refusal.place for refusal in pulled.refused] == [f"{path}:2"]
    assert "bytes or 10 lines" in pulled.reasons[0]


def test_lines_swallowed_by_a_quote_have_their_own_numbers(tmp_path: Path) -> None:
    rows = f'BAD,{OPENED},"open,1\nA,{OPENED},"over\ntwo lines",1\nWORSE,{OPENED}\nB,{OPENED},good,1\n'
    path = write(tmp_path / "tickets.csv", f"id,opened_at,title,hours\n{rows}")
    pulled = pull(path)

    assert pulled.ids == ["A", "B"]
    assert pulled.tickets["A"].title == "over\ntwo lines"
    assert [refusal.place for refusal in pulled.refused] == [f"{path}:2", f"{path}:5"]


def test_line_in_another_code_page_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "tickets.csv", HEADER + f"BAD,{OPENED},".encode() + b"\x81,1\n" + LAST)
    pulled = pull(path, encoding="cp1252")

    assert pulled.ids == ["A", "B"]
    assert [refusal.place for refusal in pulled.refused] == [f"{path}:3"]
    assert "the line is not encoded as cp1252" in pulled.reasons[0]


def test_wrong_date_format_is_named(tmp_path: Path) -> None:
    path = write_jsonl(
        tmp_path / "t.jsonl", {"id": "A", "opened_at": "1.3.2024"}, {"id": "B", "opened_at": "about 3/2024"}
    )
    pulled = pull(path, date_format="%d.%m.%Y", timezone="UTC")

    assert pulled.ids == ["A"]
    remedy = "correct it, or change DATE_FORMAT"
    assert pulled.reasons == [f'B: opened_at: "about 3/2024" is not a time that can be read: {remedy}']


@pytest.mark.parametrize("suffix", [".jsonl", ".jsonl.gz", ".csv"])
def test_line_too_long_is_refused_alone(tmp_path: Path, suffix: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lines, "MAX_LINE", 1000)
    long = "x" * 200_000
    if suffix == ".csv":
        path = write(tmp_path / "tickets.csv", HEADER + f"BAD,{OPENED},{long},1\n".encode() + LAST)
    else:
        path = write_jsonl(tmp_path / f"tickets{suffix}", ticket("A"), b"", ticket("BAD", title=long), ticket("B"))
    pulled = pull(path)

    assert pulled.ids == ["A", "B"]
    assert pulled.reasons == ["the line is longer than 1,000 bytes"]
    assert pulled.refused[0].place == f"{path}:3"


@pytest.mark.parametrize("end", [b"", b"\n", b"\r\n"])
def test_blank_lines_and_marks_are_no_defect(tmp_path: Path, end: bytes) -> None:
    mark = b"\xef\xbb\xbf"
    first, second = orjson.dumps(ticket("A")), orjson.dumps(ticket("B"))
    json = write(tmp_path / "tickets.jsonl", mark + b"\n" + first + b"\r\n\r\n  \t\n" + second + end)
    table = write(tmp_path / "tickets.csv", mark + HEADER.replace(b"\n", b"\n\n,,,\n") + LAST.rstrip() + end)

    for path in (json, table):
        assert (pull(path).ids, pull(path).refused) == (["A", "B"], [])


def test_later_of_two_lines_counts(tmp_path: Path) -> None:
    again = [ticket("A", title=title, updated_at=f"2024-03-{day:02}T00:00:00Z") for title, day in
             (("first", 2), ("newest", 9), ("old news", 5))]  # fmt: skip
    path = write_jsonl(tmp_path / "tickets.jsonl", *again, ticket("B", title="x"), ticket("B", title="y"))
    pulled = pull(path)

    assert pulled.refused == []
    assert sorted(pulled.ids) == ["A", "B"]
    assert {uid: pulled.tickets[uid].title for uid in "AB"} == {"A": "newest", "B": "y"}


FileDamage = tuple[str, str, bytes, dict[str, Any], str, str]
FILE_DAMAGE: list[FileDamage] = [
    ("empty", ".csv", b"", {}, "", "is empty: its first line must name the columns"),
    ("blank", ".csv", b"\n \n", {}, "", "is empty"),
    ("no header", ".csv", LAST + LAST, {}, ":1", "the header has no column for id and opened_at, it has"),
    ("no opened_at", ".csv", b"id,title\n1,x\n", {}, ":1", 'no column for opened_at, it has "id", "title"'),
    (
        "double column",
        ".csv",
        b"id,id,opened_at\n",
        {},
        ":1",
        "the header has these columns twice: id: rename or remove one",
    ),
    ("wrong delimiter", ".csv", HEADER, {"delimiter": ";"}, ":1", 'it has "id,opened_at,title,hours"'),
    ("broken header", ".csv", b'\n"id,opened_at\n1,2\n', {}, ":2", "the header cannot be read"),
    ("not an archive", ".csv", b"PK\x03\x04\x14\x00", {}, "", "is a ZIP archive: unpack it"),
    ("old Excel", ".xls", b"\xd0\xcf\x11\xe0" + bytes(600), {}, "", "a workbook that cannot be read"),
    ("web page", ".xls", b"\n<html><table>", {}, "", "is XML or HTML: export it as CSV"),
    ("broken document", ".json", b'[\n{"id" 5}]', {}, ":2", 'is broken near `{"id" 5}]`; export it again'),
    ("cut archive", ".jsonl", b"\x1f\x8b\x08\x00", {}, ":1", "the compressed file is cut off here"),
    (
        "cut document",
        ".json",
        b'[{"id"',
        {},
        ":1",
        "is not valid JSON from here on: the file is cut off; export it again",
    ),
]


@pytest.mark.parametrize("case", FILE_DAMAGE, ids=[case[0] for case in FILE_DAMAGE])
def test_damaged_file_is_refused_alone(tmp_path: Path, case: FileDamage) -> None:
    _, suffix, content, settings, place, reason = case
    bad = write(tmp_path / f"bad{suffix}", content)
    good = write_jsonl(tmp_path / "good.jsonl", ticket("A"))
    pulled = pull(f"{bad},{good}", **settings)

    assert pulled.ids == ["A"]
    assert [refusal.place for refusal in pulled.refused] == [f"{bad}{place}"]
    assert reason in pulled.reasons[0]
    assert list(pulled.checkpoint["files"]) == [str(good)]


def test_invalid_gzip_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "tickets.jsonl.gz"
    path.write_bytes(orjson.dumps(ticket("A")))
    pulled = pull(path)

    assert pulled.ids == []
    assert [refusal.place for refusal in pulled.refused] == [f"{path}:1"]
    assert "is not compressed, though its name ends in .gz: take .gz off" in pulled.reasons[0]


@pytest.mark.parametrize("suffix", [".jsonl.gz", ".csv.gz"])
def test_lines_before_a_cut_are_read(tmp_path: Path, suffix: str) -> None:
    noise = [f"{number:x}{number * 7919 % 104729:x}" for number in range(8_000)]
    rows = "".join(f"{name},{OPENED}\n" for name in noise)
    path = tmp_path / f"tickets{suffix}"
    if suffix == ".csv.gz":
        write(path, f"id,opened_at\n{rows}")
    else:
        write_jsonl(path, *(ticket(name) for name in noise))
    path.write_bytes(path.read_bytes()[:-3000])
    pulled = pull(path)

    assert 4_000 < len(pulled.ids) < 8_000
    assert pulled.ids == noise[: len(pulled.ids)]
    assert "is cut off here" in pulled.reasons[-1]
    line = int(pulled.refused[-1].place.removeprefix(f"{path}:"))
    assert len(pulled.ids) < line <= 8_001
    assert pulled.checkpoint["files"] == {}


def test_gzip_file_is_refused_from_its_defect_on(tmp_path: Path) -> None:
    path = write_jsonl(tmp_path / "tickets.jsonl.gz", *(ticket(f"{number * 7919:x}") for number in range(20_000)))
    content = bytearray(path.read_bytes())
    content[len(content) // 2 : len(content) // 2 + 200] = bytes(200)
    path.write_bytes(bytes(content))
    pulled = pull(path)

    assert len(pulled.ids) > 100
    assert "is not valid gzip from here on: export or copy it again" in pulled.reasons[-1]
    assert pulled.checkpoint["files"] == {}


def test_unreadable_file_is_refused_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bad = write_jsonl(tmp_path / "bad.jsonl", ticket("bad"))
    write_jsonl(tmp_path / "good.jsonl", ticket("good"))
    unpatched = lines._open

    def refuse(path: Path) -> lines.Stream:
        if path == bad:
            raise PermissionError(13, "Permission denied", str(path))
        return unpatched(path)

    monkeypatch.setattr(lines, "_open", refuse)
    pulled = pull(tmp_path / "*.jsonl")

    assert pulled.ids == ["good"]
    assert [(refusal.place, refusal.reason) for refusal in pulled.refused] == [
        (str(bad), "cannot be read: Permission denied")
    ]


def test_empty_file_of_json_lines_has_no_tickets(tmp_path: Path) -> None:
    pulled = pull(write(tmp_path / "tickets.jsonl", ""))

    assert (pulled.ids, pulled.refused, len(pulled.checkpoint["files"])) == ([], [], 1)


def test_refused_ticket_still_exists(tmp_path: Path) -> None:
    path = write_jsonl(tmp_path / "tickets.jsonl", ticket("A"), ticket("BAD", opened_at="x"), b"{", b'{"id": ""}')

    assert existing_ids(path) == ["A", "BAD"]
