"""Surveys of files that nobody would call an export: a file is read or named, and nothing else is raised."""

import gzip
import random
from pathlib import Path

import pytest

from connectors.file.reader import FileReader
from connectors.file.settings import FileSettings
from connectors.file.survey import survey
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


@pytest.mark.parametrize("number", [100, *each_slow(1000)])
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
