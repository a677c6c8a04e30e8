"""Every kind of damage: the bad line is refused by file, line and reason, and the good ones around it arrive."""

from pathlib import Path
from typing import Any

import orjson
import pytest

from connectors.file import lines, rows
from tests.connectors.file.pulling import OPENED, existing_ids, pull, ticket, write, write_jsonl

CHANGE = {"at": OPENED, "field": "team", "old": "A", "new": "B"}


def line(**fields: object) -> bytes:
    return orjson.dumps(ticket("BAD", **fields))


def change(**fields: object) -> bytes:
    return line(transitions=[CHANGE, {k: v for k, v in (CHANGE | fields).items() if v is not None}])


JSON_DAMAGE: list[tuple[str, bytes, str]] = [
    ("cut", b'{"id": "BAD", "opened_at"', "broken JSON at character 26"),
    ("no JSON", b"id=BAD", "broken JSON at character 1"),
    ("trailing comma", b'{"id": "BAD",}', "broken JSON"),
    ("two objects", line() + line(), "broken JSON"),
    ("a list", b"[1, 2]", "the line is no JSON object"),
    ("a scalar", b"null", "the line is no JSON object"),
    ("deep nesting", b'{"id": ' + b"[" * 5000, "broken JSON"),
    ("raw control character", b'{"id": "B\x02AD"}', "unexpected control character"),
    ("NaN", b'{"id": "BAD", "hours": NaN}', "broken JSON"),
    ("Infinity", b'{"id": "BAD", "hours": Infinity}', "broken JSON"),
    ("a number beyond all", b'{"id": "BAD", "hours": 1e999}', "broken JSON"),
    ("lone surrogate", b'{"id": "BAD", "title": "\\ud800"}', "broken JSON"),
    ("invalid UTF-8", b'{"id": "BAD", "title": "\xe9"}', "invalid UTF-8 at byte 25: set ENCODING"),
    ("NUL byte", b'{"id": "B\x00AD"}', "the line holds a NUL byte"),
    ("escaped NUL", line(title="a\0b"), "BAD: title: holds a NUL character"),
    ("no id", b'{"opened_at": "2024-03-01T08:00:00Z"}', "id: missing"),
    ("null id", line(id=None), "id: missing"),
    ("empty id", line(id=""), "id: missing"),
    ("blank id", line(id="  \t"), "id: missing"),
    ("id true", line(id=True), "id: true or false where text is expected"),
    ("id an object", line(id={"n": 1}), "id: an object where text is expected"),
    ("id with a fraction", line(id=1.5), "id: 1.5 is no whole number of 64 bits"),
    ("id too large", b'{"id": 123456789012345678901234567890}', "is no whole number of 64 bits: write it in quotes"),
    ("id too long", line(id="x" * 513), "id: longer than 512 characters"),
    ("id with line end", line(id="a\nb"), "id: 'a\\nb' holds control or invisible characters"),
    ("id with byte order mark", line(id="\ufeffa"), "id: '\\ufeffa' holds control or invisible characters"),
    ("no opened_at", b'{"id": "BAD"}', "BAD: opened_at: missing"),
    ("empty opened_at", line(opened_at=""), "BAD: opened_at: missing"),
    ("no offset", line(opened_at="2024-03-01T08:00:00"), '"2024-03-01T08:00:00" has no offset: set TIMEZONE'),
    ("a date alone", line(opened_at="2024-03-01"), "has no offset"),
    ("impossible date", line(opened_at="2024-02-30T08:00:00Z"), "is no time in ISO 8601 (else set DATE_FORMAT)"),
    ("impossible hour", line(opened_at="2024-02-20T24:00:00Z"), "is no time in ISO 8601"),
    ("another format", line(closed_at="03/01/2024 8:00 AM"), "BAD: closed_at"),
    ("epoch seconds", line(opened_at=1709280000), "opened_at: a time must be text, as ISO 8601"),
    ("epoch as text", line(opened_at="1709280000"), "BAD: opened_at"),
    ("before 1970", line(opened_at="1969-12-31T23:59:59Z"), "is not within 1970 and 2200"),
    ("the first year", line(opened_at="0001-01-01T00:00:00+14:00"), "is not within 1970 and 2200"),
    ("after 2200", line(closed_at="9999-12-31T23:59:59-12:00"), "is not within 1970 and 2200"),
    ("closed before opened", line(closed_at="2024-02-29T08:00:00Z"), "resolved_at or closed_at is before opened_at"),
    (
        "resolved before opened",
        line(resolved_at="2024-03-01T07:59:59Z"),
        "resolved_at or closed_at is before opened_at",
    ),
    ("negative hours", line(hours=-1), 'hours: "-1" is no number from 0 to 1,000,000'),
    ("hours as words", line(hours="2h"), 'hours: "2h" is no number'),
    ("hours NaN", line(hours="NaN"), 'hours: "NaN" is no number'),
    ("hours infinite", line(hours="inf"), 'hours: "inf" is no number'),
    ("hours with underscore", line(hours="1_0"), 'hours: "1_0" is no number'),
    ("hours too many", line(hours=1e300), "is no number from 0 to 1,000,000"),
    ("hours true", line(hours=True), "hours: true or false"),
    ("huge count", b'{"id": "BAD", "reopen_count": 99999999999999999999999}', "reopen_count"),
    ("broken count", line(reopen_count=1.5), "reopen_count: 1.5 is no whole number"),
    ("title true", line(title=False), "title: true or false where text is expected"),
    ("team an object", line(team={"name": "A"}), "team: an object where text is expected"),
    ("service a list", line(service=["A"]), "service: a list where text is expected"),
    ("status an object", line(status={"name": "Open"}), "status: an object"),
    ("kind true", line(kind=True), "kind: true or false"),
    ("unknown category", line(status_category="done"), '"done" is none of new, active, waiting'),
    ("labels an object", line(labels={"a": 1}), "labels: an object where a list or text is expected"),
    ("labels nested", line(labels=[["a"]]), "labels: a list where text is expected"),
    ("transitions an object", line(transitions={"at": OPENED}), "transitions: a list of objects is expected"),
    ("transitions of text", line(transitions=["new"]), "transitions: a list of objects is expected"),
    ("transitions as broken text", line(transitions="[{"), "transitions: broken JSON"),
    ("transition without at", change(at=None), "transitions: one has no time at"),
    ("transition without field", change(field=None), "transitions: one has no field"),
    ("transition of another field", change(field="colour"), '"colour" is none of status, team, assignee'),
    ("transition to nothing", change(old=None, new=None), "transitions: one has neither old nor new"),
    ("transition without offset", change(at="2024-03-01T08:00:00"), "transitions.at: "),
    ("transition to an object", change(new={"name": "B"}), "transitions.new: an object"),
    ("links an object", line(links={"relation": "child"}), "links: a list of objects is expected"),
    ("unknown relation", line(links=[{"relation": "cousin", "target": "T"}]), '"cousin" is none of duplicate_of'),
    ("link without relation", line(links=[{"target": "T"}]), "links: one has no relation"),
    ("link without target", line(links=[{"relation": "child", "target": ""}]), "links: one has no target"),
]


@pytest.mark.parametrize(("bad", "reason"), [pytest.param(*case[1:], id=case[0]) for case in JSON_DAMAGE])
@pytest.mark.parametrize("suffix", [".jsonl", ".jsonl.gz"])
def test_json_damage(tmp_path: Path, bad: bytes, reason: str, suffix: str) -> None:
    path = write_jsonl(tmp_path / f"tickets{suffix}", ticket("A"), bad, ticket("B"))
    found = pull(path)

    assert found.ids == ["A", "B"]
    assert [refusal.place for refusal in found.refused] == [f"{path}:2"]
    assert reason in found.reasons[0]


HEADER = f"id,opened_at,title,hours\nA,{OPENED},good,1\n".encode()
LAST = f'B,{OPENED},"also ""good""",2\n'.encode()
CSV_DAMAGE: list[tuple[str, bytes, str]] = [
    ("too few columns", f"BAD,{OPENED},t".encode(), "the row has 3 columns, the header 4"),
    ("too many columns", f"BAD,{OPENED},t,1,".encode(), "the row has 5 columns, the header 4"),
    ("another delimiter", f"BAD;{OPENED};t;1".encode(), "the row has 1 columns, the header 4"),
    ("quote not closed", f'BAD,{OPENED},"t,1'.encode(), "a quote is opened and not closed as it should be"),
    ("text after a quote", f'BAD,{OPENED},"t"x,1'.encode(), "',' expected after '\"'"),
    ("carriage return", f"BAD,{OPENED},a\rb,1".encode(), "new-line character seen in unquoted field"),
    ("invalid UTF-8", f"BAD,{OPENED},caf".encode() + b"\xe9,1", "invalid UTF-8 at byte 34: set ENCODING"),
    ("NUL byte", f"BAD,{OPENED},\0,1".encode(), "the line holds a NUL byte"),
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
    found = pull(path)

    assert found.ids == ["A", "B"]
    assert [refusal.place for refusal in found.refused] == [f"{path}:3"]
    assert reason in found.reasons[0]


def test_a_quote_that_is_never_closed_costs_one_line(tmp_path: Path) -> None:
    good = "".join(f"T{number},{OPENED},plain,1\n" for number in range(3000))
    path = write(tmp_path / "tickets.csv", f'id,opened_at,title,hours\nBAD,{OPENED},"open,1\n{good}')
    found = pull(path)

    assert len(found.ids) == 3000
    assert [refusal.place for refusal in found.refused] == [f"{path}:2"]


def test_a_row_of_too_many_lines_costs_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rows, "MOST_LINES", 10)
    good = "".join(f"T{number},{OPENED},plain\n" for number in range(30))
    path = write(tmp_path / "tickets.csv", f'id,opened_at,title\nBAD,{OPENED},"open\n{good}LAST,{OPENED},"shut"\n')
    found = pull(path)

    assert found.ids == [*(f"T{number}" for number in range(30)), "LAST"]
    assert [refusal.place for refusal in found.refused] == [f"{path}:2"]
    assert "bytes or 10 lines" in found.reasons[0]


def test_lines_swallowed_by_a_quote_are_judged_by_their_own_numbers(tmp_path: Path) -> None:
    rows = f'BAD,{OPENED},"open,1\nA,{OPENED},"over\ntwo lines",1\nWORSE,{OPENED}\nB,{OPENED},good,1\n'
    path = write(tmp_path / "tickets.csv", f"id,opened_at,title,hours\n{rows}")
    found = pull(path)

    assert found.ids == ["A", "B"]
    assert found.tickets["A"].title == "over\ntwo lines"
    assert [refusal.place for refusal in found.refused] == [f"{path}:2", f"{path}:5"]


def test_wrong_encoding_of_another_code_page_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "tickets.csv", HEADER + f"BAD,{OPENED},".encode() + b"\x81,1\n" + LAST)
    found = pull(path, encoding="cp1252")

    assert found.ids == ["A", "B"]
    assert [refusal.place for refusal in found.refused] == [f"{path}:3"]
    assert "the line is not encoded as cp1252" in found.reasons[0]


def test_date_format_that_does_not_fit_is_named(tmp_path: Path) -> None:
    path = write_jsonl(tmp_path / "t.jsonl", {"id": "A", "opened_at": "1.3.2024"}, {"id": "B", "opened_at": "3/1/2024"})
    found = pull(path, date_format="%d.%m.%Y", timezone="UTC")

    assert found.ids == ["A"]
    assert found.reasons == ['B: opened_at: "3/1/2024" is no time in ISO 8601 or %d.%m.%Y']


@pytest.mark.parametrize("suffix", [".jsonl", ".jsonl.gz", ".csv"])
def test_a_line_too_long_is_refused_without_its_neighbours(
    tmp_path: Path, suffix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lines, "LONGEST_LINE", 1000)
    long = "x" * 200_000
    if suffix == ".csv":
        path = write(tmp_path / "tickets.csv", HEADER + f"BAD,{OPENED},{long},1\n".encode() + LAST)
    else:
        path = write_jsonl(tmp_path / f"tickets{suffix}", ticket("A"), b"", ticket("BAD", title=long), ticket("B"))
    found = pull(path)

    assert found.ids == ["A", "B"]
    assert found.reasons == ["the line is longer than 1,000 bytes"]
    assert found.refused[0].place == f"{path}:3"


@pytest.mark.parametrize("end", [b"", b"\n", b"\r\n"])
def test_blank_lines_and_marks_are_no_damage(tmp_path: Path, end: bytes) -> None:
    mark = b"\xef\xbb\xbf"
    first, second = orjson.dumps(ticket("A")), orjson.dumps(ticket("B"))
    json = write(tmp_path / "tickets.jsonl", mark + b"\n" + first + b"\r\n\r\n  \t\n" + second + end)
    table = write(tmp_path / "tickets.csv", mark + HEADER.replace(b"\n", b"\n\n,,,\n") + LAST.rstrip() + end)

    for path in (json, table):
        assert (pull(path).ids, pull(path).refused) == (["A", "B"], [])


def test_the_later_of_two_lines_counts(tmp_path: Path) -> None:
    again = [ticket("A", title=title, updated_at=f"2024-03-{day:02}T00:00:00Z") for title, day in
             (("first", 2), ("newest", 9), ("old news", 5))]  # fmt: skip
    path = write_jsonl(tmp_path / "tickets.jsonl", *again, ticket("B", title="x"), ticket("B", title="y"))
    found = pull(path)

    assert found.refused == []
    assert sorted(found.ids) == ["A", "B"]
    assert {id_: found.tickets[id_].title for id_ in "AB"} == {"A": "newest", "B": "y"}


FileDamage = tuple[str, str, bytes, dict[str, Any], str, str]
FILE_DAMAGE: list[FileDamage] = [
    ("empty", ".csv", b"", {}, "", "is empty: a header with the names of the columns is expected"),
    ("blank", ".csv", b"\n \n", {}, "", "is empty"),
    ("no header", ".csv", LAST + LAST, {}, ":1", "the header has no column for id and opened_at, it has"),
    ("no opened_at", ".csv", b"id,title\n1,x\n", {}, ":1", 'no column for opened_at, it has "id", "title"'),
    ("double column", ".csv", b"id,id,opened_at\n", {}, ":1", "the header has these columns twice: id"),
    ("wrong delimiter", ".csv", HEADER, {"delimiter": ";"}, ":1", 'it has "id,opened_at,title,hours"'),
    ("broken header", ".csv", b'\n"id,opened_at\n1,2\n', {}, ":2", "the header cannot be read"),
    ("header of bytes", ".csv", b"\nid,opened_at,\xff\n", {}, ":2", "the header cannot be read: invalid UTF-8"),
    ("Excel", ".csv", b"PK\x03\x04\x14\x00", {}, "", "is a ZIP archive or an Excel workbook"),
    ("UTF-16", ".csv", "id,opened_at\n".encode("utf-16"), {}, "", "is encoded as UTF-16: save it as UTF-8"),
    ("compressed", ".jsonl", b"\x1f\x8b\x08\x00", {}, "", "is compressed by gzip: let its name end in .gz"),
]


@pytest.mark.parametrize("case", FILE_DAMAGE, ids=[case[0] for case in FILE_DAMAGE])
def test_file_damage_is_told_once_and_the_other_files_arrive(tmp_path: Path, case: FileDamage) -> None:
    _, suffix, content, settings, place, reason = case
    bad = write(tmp_path / f"bad{suffix}", content)
    good = write_jsonl(tmp_path / "good.jsonl", ticket("A"))
    found = pull(f"{bad},{good}", **settings)

    assert found.ids == ["A"]
    assert [refusal.place for refusal in found.refused] == [f"{bad}{place}"]
    assert reason in found.reasons[0]
    assert list(found.checkpoint["files"]) == [str(good)]


def test_a_file_that_is_no_gzip_is_told(tmp_path: Path) -> None:
    path = tmp_path / "tickets.jsonl.gz"
    path.write_bytes(orjson.dumps(ticket("A")))
    found = pull(path)

    assert found.ids == []
    assert [refusal.place for refusal in found.refused] == [f"{path}:1"]
    assert "is no sound gzip file from here on" in found.reasons[0]


@pytest.mark.parametrize("suffix", [".jsonl.gz", ".csv.gz"])
def test_what_stands_before_a_cut_is_kept(tmp_path: Path, suffix: str) -> None:
    noise = [f"{number:x}{number * 7919 % 104729:x}" for number in range(20_000)]
    rows = "".join(f"{name},{OPENED}\n" for name in noise)
    path = tmp_path / f"tickets{suffix}"
    if suffix == ".csv.gz":
        write(path, f"id,opened_at\n{rows}")
    else:
        write_jsonl(path, *(ticket(name) for name in noise))
    path.write_bytes(path.read_bytes()[:-3000])
    found = pull(path)

    assert 10_000 < len(found.ids) < 20_000
    assert found.ids == noise[: len(found.ids)]
    assert "is cut here" in found.reasons[-1]
    assert found.refused[-1].place.startswith(f"{path}:1")
    assert found.checkpoint["files"] == {}


def test_damage_inside_a_gzip_file_is_told(tmp_path: Path) -> None:
    path = write_jsonl(tmp_path / "tickets.jsonl.gz", *(ticket(f"{number * 7919:x}") for number in range(20_000)))
    content = bytearray(path.read_bytes())
    content[len(content) // 2 : len(content) // 2 + 200] = bytes(200)
    path.write_bytes(bytes(content))
    found = pull(path)

    assert len(found.ids) > 100
    assert "is no sound gzip file from here on" in found.reasons[-1]
    assert found.checkpoint["files"] == {}


def test_an_unreadable_file_does_not_stop_the_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bad = write_jsonl(tmp_path / "bad.jsonl", ticket("bad"))
    write_jsonl(tmp_path / "good.jsonl", ticket("good"))
    unpatched = lines._opened

    def refuse(path: Path) -> lines.Stream:
        if path == bad:
            raise PermissionError(13, "Permission denied", str(path))
        return unpatched(path)

    monkeypatch.setattr(lines, "_opened", refuse)
    found = pull(tmp_path / "*.jsonl")

    assert found.ids == ["good"]
    assert [(refusal.place, refusal.reason) for refusal in found.refused] == [
        (str(bad), "cannot be read: Permission denied")
    ]


def test_an_empty_file_of_json_lines_holds_no_tickets(tmp_path: Path) -> None:
    found = pull(write(tmp_path / "tickets.jsonl", ""))

    assert (found.ids, found.refused, len(found.checkpoint["files"])) == ([], [], 1)


def test_a_refused_ticket_still_exists(tmp_path: Path) -> None:
    path = write_jsonl(tmp_path / "tickets.jsonl", ticket("A"), ticket("BAD", hours=-1), b"{", b'{"id": ""}')

    assert existing_ids(path) == ["A", "BAD"]
