"""CSV in practice: delimiters, encodings, quotes, headers."""

from pathlib import Path

import pytest

from tests.connectors.file.harness import OPENED, pull, write

ROWS = [["id", "opened_at", "title"], ["A", OPENED, "one"], ["B", OPENED, "two"]]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_delimiter_is_guessed_from_the_header(tmp_path: Path, delimiter: str) -> None:
    path = write(tmp_path / "t.csv", "\n".join(delimiter.join(row) for row in ROWS))

    assert {uid: t.title for uid, t in pull(path).tickets.items()} == {"A": "one", "B": "two"}


def test_delimiter_is_guessed_among_others_in_names(tmp_path: Path) -> None:
    path = write(tmp_path / "t.csv", f"\n\nid;a, b, c, d;opened_at\nA;1, 2;{OPENED}\n")

    assert pull(path).ids == ["A"]


def test_delimiter_can_be_any_character(tmp_path: Path) -> None:
    path = write(tmp_path / "t.csv", "\n".join("^".join(row) for row in ROWS))

    assert pull(path, delimiter="^").ids == ["A", "B"]


def test_delimiter_is_guessed_by_mapped_columns(tmp_path: Path) -> None:
    path = write(tmp_path / "t.csv", f"Number, or Key|Created\nA|{OPENED}\n")

    assert pull(path, columns='{"Number, or Key": "id", "Created": "opened_at"}').ids == ["A"]


@pytest.mark.parametrize("encoding", ["cp1252", "latin-1", "cp437", "shift_jis", "gb18030", "iso2022_jp", "utf-7"])
def test_encodings(tmp_path: Path, encoding: str) -> None:
    title = "日本" if encoding in ("shift_jis", "iso2022_jp", "gb18030") else "Größe é"
    path = write(tmp_path / "t.csv", f"id,opened_at,title\nA,{OPENED},{title}\nB,{OPENED},x\n".encode(encoding))

    assert {uid: t.title for uid, t in pull(path, encoding=encoding).tickets.items()} == {"A": title, "B": "x"}


def test_byte_order_mark_before_a_quoted_header(tmp_path: Path) -> None:
    path = write(tmp_path / "t.csv", f'\ufeff"id","opened_at"\r\n"A","{OPENED}"\r\n')

    assert pull(path).ids == ["A"]


def test_quoted_fields_can_contain_all_signs(tmp_path: Path) -> None:
    path = write(tmp_path / "t.csv", f'id,opened_at,title\nA,{OPENED},"a ""b"", c\r\n\n  d"\nB,{OPENED},5" disk\n')
    pulled = pull(path)

    assert pulled.tickets["A"].title == 'a "b", c\r\n\n  d'
    assert pulled.tickets["B"].title == '5" disk'


def test_wide_field_is_accepted(tmp_path: Path) -> None:
    path = write(tmp_path / "t.csv", f'id,opened_at,title\nA,{OPENED},"{"x" * 1_000_000}"\n')

    assert len(pull(path).only.title) == 1_000_000


def test_unused_columns_can_come_twice(tmp_path: Path) -> None:
    path = write(tmp_path / "t.csv", f"id,Comment,Comment,,,opened_at\nA,x,y,,,{OPENED}\n")

    assert (pull(path).ids, pull(path).refused) == (["A"], [])


def test_header_alone_is_no_defect(tmp_path: Path) -> None:
    pulled = pull(write(tmp_path / "t.csv", "id,opened_at\n"))

    assert (pulled.ids, pulled.refused, len(pulled.checkpoint["files"])) == ([], [], 1)


def test_suffixes_count_in_any_case(tmp_path: Path) -> None:
    path = write(tmp_path / "EXPORT.CSV", f"id,opened_at\nA,{OPENED}\n")

    assert pull(path).ids == ["A"]
