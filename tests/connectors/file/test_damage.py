"""Every kind of damage: the bad line is refused with file, line and reason, and the good ones around it are read."""

from pathlib import Path
from typing import Any

import orjson
import pytest

from connectors.file import lines, rows
from tests.connectors.file.harness import OPENED, existing_ids, pull, ticket, write, write_jsonl

CHANGE = {"at": OPENED, "field": "team", "old": "A", "new": "B"}


def line(**fields: object) -> bytes:
    return orjson.dumps(ticket("BAD", **fields))


def change(**fields: object) -> bytes:
    return line(transitions=[CHANGE, {k: v for k, v in (CHANGE | fields).items() if v is not None}])


JSON_DAMAGE: list[tuple[str, bytes, str]] = [
    ("cut", b'{"id": "BAD", "opened_at"', "invalid JSON at character 26"),
    ("no JSON", b"id=BAD", "invalid JSON at character 1"),
    ("trailing comma", b'{"id": "BAD",}', "invalid JSON"),
    ("two objects", line() + line(), "invalid JSON"),
    ("a list", b"[1, 2]", "the line is not a JSON object"),
    ("a scalar", b"null", "the line is not a JSON object"),
    ("deep nesting", b'{"id": ' + b"[" * 5000, "invalid JSON"),
    ("raw control character", b'{"id": "B\x02AD"}', "unexpected control character"),
    ("NaN", b'{"id": "BAD", "hours": NaN}', "invalid JSON"),
    ("Infinity", b'{"id": "BAD", "hours": Infinity}', "invalid JSON"),
    ("a number beyond all", b'{"id": "BAD", "hours": 1e999}', "invalid JSON"),
    ("lone surrogate", b'{"id": "BAD", "title": "\\ud800"}', "invalid JSON"),
    ("invalid UTF-8", b'{"id": "BAD", "title": "\xe9"}', "invalid UTF-8 at byte 25: set ENCODING"),
    ("NUL byte", b'{"id": "B\x00AD"}', "the line contains a NUL byte"),
    ("escaped NUL", line(title="a\0b"), "BAD: title: contains a NUL character"),
    ("no id", b'{"opened_at": "2024-03-01T08:00:00Z"}', "id: missing"),
    ("null id", line(id=None), "id: missing"),
    ("empty id", line(id=""), "id: missing"),
    ("blank id", line(id="  \t"), "id: missing"),
    ("id true", line(id=True), "id: expected a text, got true or false"),
    ("id an object", line(id={"n": 1}), "id: expected a text, got an object"),
    ("id with a fraction", line(id=1.5), "id: 1.5 is not a whole number of at most 64 bits"),
    (
        "id too large",
        b'{"id": 123456789012345678901234567890}',
        "is not a whole number of at most 64 bits: write it in quotes",
    ),
    ("id too long", line(id="x" * 513), "id: longer than 512 characters"),
    ("id with line end", line(id="a\nb"), "id: 'a\\nb' contains control or invisible characters"),
    ("id with byte order mark", line(id="\ufeffa"), "id: '\\ufeffa' contains control or invisible characters"),
    ("no opened_at", b'{"id": "BAD"}', "BAD: opened_at: missing"),
    ("empty opened_at", line(opened_at=""), "BAD: opened_at: missing"),
    ("no offset", line(opened_at="2024-03-01T08:00:00"), '"2024-03-01T08:00:00" has no offset: set TIMEZONE'),
    ("a date alone", line(opened_at="2024-03-01"), "has no offset"),
    (
        "impossible date",
        line(opened_at="2024-02-30T08:00:00Z"),
        "is not a time in ISO 8601: correct it, or set DATE_FORMAT to its form",
    ),
    ("impossible hour", line(opened_at="2024-02-20T24:00:00Z"), "is not a time in ISO 8601"),
    ("another format", line(closed_at="03/01/2024 8:00 AM"), "BAD: closed_at"),
    ("epoch seconds", line(opened_at=1709280000), "opened_at: a time must be a text in ISO 8601"),
    ("epoch as text", line(opened_at="1709280000"), "BAD: opened_at"),
    ("before 1990", line(opened_at="1989-12-31T23:59:59Z"), "is not between 1990 and"),
    ("the first year", line(opened_at="0001-01-01T00:00:00+14:00"), "is not a time of this age"),
    ("the last year", line(closed_at="9999-12-31T23:59:59-12:00"), "is not a time of this age"),
    ("closed before opened", line(closed_at="2024-02-29T08:00:00Z"), "resolved_at or closed_at is before opened_at"),
    (
        "resolved before opened",
        line(resolved_at="2024-03-01T07:59:59Z"),
        "resolved_at or closed_at is before opened_at",
    ),
    ("negative hours", line(hours=-1), 'hours: "-1" is not a number from 0 to 1,000,000'),
    ("hours as words", line(hours="2h"), 'hours: "2h" is not a number'),
    ("hours NaN", line(hours="NaN"), 'hours: "NaN" is not a number'),
    ("hours infinite", line(hours="inf"), 'hours: "inf" is not a number'),
    ("hours with underscore", line(hours="1_0"), 'hours: "1_0" is not a number'),
    ("hours too many", line(hours=1e300), "is not a number from 0 to 1,000,000"),
    ("hours true", line(hours=True), "hours: expected a text, got true or false"),
    ("huge count", b'{"id": "BAD", "reopen_count": 99999999999999999999999}', "reopen_count"),
    ("broken count", line(reopen_count=1.5), "reopen_count: 1.5 is not a whole number"),
    ("title true", line(title=False), "title: expected a text, got true or false"),
    ("team an object", line(team={"name": "A"}), "team: expected a text, got an object"),
    ("service a list", line(service=["A"]), "service: expected a text, got a list"),
    ("status an object", line(status={"name": "Open"}), "status: expected a text, got an object"),
    ("kind true", line(kind=True), "kind: expected a text, got true or false"),
    ("unknown category", line(status_category="done"), '"done" is not one of new, active, waiting'),
    ("labels an object", line(labels={"a": 1}), "labels: expected a list or text, got an object"),
    ("labels nested", line(labels=[["a"]]), "labels: expected a text, got a list"),
    ("transitions an object", line(transitions={"at": OPENED}), "transitions: expected a list of objects"),
    ("transitions of text", line(transitions=["new"]), "transitions: expected a list of objects"),
    ("transitions as broken text", line(transitions="[{"), "transitions: invalid JSON"),
    ("transition without at", change(at=None), "transitions: an entry has no at"),
    ("transition without field", change(field=None), "transitions: an entry has no field"),
    ("transition of another field", change(field="colour"), '"colour" is not one of status, team, assignee'),
    ("transition to nothing", change(old=None, new=None), "transitions: an entry has neither old nor new"),
    ("transition without offset", change(at="2024-03-01T08:00:00"), "transitions.at: "),
    ("transition to an object", change(new={"name": "B"}), "transitions.new: expected a text, got an object"),
    ("links an object", line(links={"relation": "child"}), "links: expected a list of objects"),
    ("unknown relation", line(links=[{"relation": "cousin", "target": "T"}]), '"cousin" is not one of duplicate_of'),
    ("link without relation", line(links=[{"target": "T"}]), "links: an entry has no relation"),
    ("link without target", line(links=[{"relation": "child", "target": ""}]), "links: an entry has no target"),
]


@pytest.mark.parametrize(("bad", "reason"), [pytest.param(*case[1:], id=case[0]) for case in JSON_DAMAGE])
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
    ("too many columns", f"BAD,{OPENED},t,1,".encode(), "the row has 5 columns, the header 4"),
    ("another delimiter", f"BAD;{OPENED};t;1".encode(), "the row has 1 columns, the header 4"),
    ("quote not closed", f'BAD,{OPENED},"t,1'.encode(), "a quote is not closed properly"),
    ("text after a quote", f'BAD,{OPENED},"t"x,1'.encode(), "',' expected after '\"'"),
    ("carriage return", f"BAD,{OPENED},a\rb,1".encode(), "new-line character seen in unquoted field"),
    ("invalid UTF-8", f"BAD,{OPENED},caf".encode() + b"\xe9,1", "invalid UTF-8 at byte 34: set ENCODING"),
    ("NUL byte", f"BAD,{OPENED},\0,1".encode(), "the line contains a NUL byte"),
    ("no id", f",{OPENED},t,1".encode(), "id: missing"),
    ("no opened_at", b"BAD,,t,1", "BAD: opened_at: missing"),
    ("no offset", b"BAD,2024-03-01 08:00,t,1", "has no offset"),
    ("negative hours", f"BAD,{OPENED},t,-0.5".encode(), "hours"),
    ("decimal comma", f'BAD,{OPENED},t,"1,5"'.encode(), "hours"),
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
    path = write_jsonl(tmp_path / "t.jsonl", {"id": "A", "opened_at": "1.3.2024"}, {"id": "B", "opened_at": "3/1/2024"})
    pulled = pull(path, date_format="%d.%m.%Y", timezone="UTC")

    assert pulled.ids == ["A"]
    remedy = "correct it, or change DATE_FORMAT"
    assert pulled.reasons == [f'B: opened_at: "3/1/2024" is not a time in ISO 8601 or %d.%m.%Y: {remedy}']


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
    ("double column", ".csv", b"id,id,opened_at\n", {}, ":1", "the header has these columns twice: id"),
    ("wrong delimiter", ".csv", HEADER, {"delimiter": ";"}, ":1", 'it has "id,opened_at,title,hours"'),
    ("broken header", ".csv", b'\n"id,opened_at\n1,2\n', {}, ":2", "the header cannot be read"),
    ("header of bytes", ".csv", b"\nid,opened_at,\xff\n", {}, ":2", "the header cannot be read: invalid UTF-8"),
    ("Excel", ".csv", b"PK\x03\x04\x14\x00", {}, "", "is a ZIP archive or an Excel workbook"),
    ("UTF-16", ".csv", "id,opened_at\n".encode("utf-16"), {}, "", "is encoded as UTF-16: save it as UTF-8"),
    ("compressed", ".jsonl", b"\x1f\x8b\x08\x00", {}, "", "is compressed with gzip: let its name end in .gz"),
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
    assert "is not valid gzip from here on" in pulled.reasons[0]


@pytest.mark.parametrize("suffix", [".jsonl.gz", ".csv.gz"])
def test_lines_before_a_cut_are_read(tmp_path: Path, suffix: str) -> None:
    noise = [f"{number:x}{number * 7919 % 104729:x}" for number in range(20_000)]
    rows = "".join(f"{name},{OPENED}\n" for name in noise)
    path = tmp_path / f"tickets{suffix}"
    if suffix == ".csv.gz":
        write(path, f"id,opened_at\n{rows}")
    else:
        write_jsonl(path, *(ticket(name) for name in noise))
    path.write_bytes(path.read_bytes()[:-3000])
    pulled = pull(path)

    assert 10_000 < len(pulled.ids) < 20_000
    assert pulled.ids == noise[: len(pulled.ids)]
    assert "is cut off here" in pulled.reasons[-1]
    assert pulled.refused[-1].place.startswith(f"{path}:1")
    assert pulled.checkpoint["files"] == {}


def test_gzip_file_is_refused_from_its_defect_on(tmp_path: Path) -> None:
    path = write_jsonl(tmp_path / "tickets.jsonl.gz", *(ticket(f"{number * 7919:x}") for number in range(20_000)))
    content = bytearray(path.read_bytes())
    content[len(content) // 2 : len(content) // 2 + 200] = bytes(200)
    path.write_bytes(bytes(content))
    pulled = pull(path)

    assert len(pulled.ids) > 100
    assert "is not valid gzip from here on" in pulled.reasons[-1]
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
    path = write_jsonl(tmp_path / "tickets.jsonl", ticket("A"), ticket("BAD", hours=-1), b"{", b'{"id": ""}')

    assert existing_ids(path) == ["A", "BAD"]
