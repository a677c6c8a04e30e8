"""CSV as it is met: delimiters, encodings, quotes, headers."""

from pathlib import Path

import pytest

from tests.connectors.file.pulling import OPENED, pull, write

ROWS = [["id", "opened_at", "title"], ["A", OPENED, "one"], ["B", OPENED, "two"]]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_delimiter_is_found_by_the_header(tmp_path: Path, delimiter: str) -> None:
    path = write(tmp_path / "t.csv", "\n".join(delimiter.join(row) for row in ROWS))

    assert {id_: t.title for id_, t in pull(path).tickets.items()} == {"A": "one", "B": "two"}


def test_delimiter_is_found_where_names_hold_others(tmp_path: Path) -> None:
    path = write(tmp_path / "t.csv", f"\n\nid;a, b, c, d;opened_at\nA;1, 2;{OPENED}\n")

    assert pull(path).ids == ["A"]


def test_delimiter_may_be_any_character(tmp_path: Path) -> None:
    path = write(tmp_path / "t.csv", "\n".join("^".join(row) for row in ROWS))

    assert pull(path, delimiter="^").ids == ["A", "B"]


def test_delimiter_is_found_by_columns_that_the_operator_names(tmp_path: Path) -> None:
    path = write(tmp_path / "t.csv", f"Number, or Key|Created\nA|{OPENED}\n")

    assert pull(path, columns='{"Number, or Key": "id", "Created": "opened_at"}').ids == ["A"]


@pytest.mark.parametrize("encoding", ["cp1252", "latin-1", "cp437", "shift_jis", "gb18030", "iso2022_jp", "utf-7"])
def test_encodings(tmp_path: Path, encoding: str) -> None:
    title = "日本" if encoding in ("shift_jis", "iso2022_jp", "gb18030") else "Größe é"
    path = write(tmp_path / "t.csv", f"id,opened_at,title\nA,{OPENED},{title}\nB,{OPENED},x\n".encode(encoding))

    assert {id_: t.title for id_, t in pull(path, encoding=encoding).tickets.items()} == {"A": title, "B": "x"}


def test_byte_order_mark_before_a_quoted_header(tmp_path: Path) -> None:
    path = write(tmp_path / "t.csv", f'\ufeff"id","opened_at"\r\n"A","{OPENED}"\r\n')

    assert pull(path).ids == ["A"]


def test_quoted_fields_may_hold_all_signs(tmp_path: Path) -> None:
    path = write(tmp_path / "t.csv", f'id,opened_at,title\nA,{OPENED},"a ""b"", c\r\n\n  d"\nB,{OPENED},5" disk\n')
    found = pull(path)

    assert found.tickets["A"].title == 'a "b", c\r\n\n  d'
    assert found.tickets["B"].title == '5" disk'


def test_a_wide_field_is_taken(tmp_path: Path) -> None:
    path = write(tmp_path / "t.csv", f'id,opened_at,title\nA,{OPENED},"{"x" * 1_000_000}"\n')

    assert len(pull(path).only.title) == 1_000_000


def test_columns_that_are_not_used_may_come_twice(tmp_path: Path) -> None:
    path = write(tmp_path / "t.csv", f"id,Comment,Comment,,,opened_at\nA,x,y,,,{OPENED}\n")

    assert (pull(path).ids, pull(path).refused) == (["A"], [])


def test_a_header_alone_is_no_damage(tmp_path: Path) -> None:
    found = pull(write(tmp_path / "t.csv", "id,opened_at\n"))

    assert (found.ids, found.refused, len(found.checkpoint["files"])) == ([], [], 1)


def test_suffixes_count_however_they_are_written(tmp_path: Path) -> None:
    path = write(tmp_path / "EXPORT.CSV", f"id,opened_at\nA,{OPENED}\n")

    assert pull(path).ids == ["A"]
