"""The shape of files, as it is found without any setting."""

from pathlib import Path

from connectors.file.shape import sniff
from tests.connectors.file.harness import OPENED, write


def test_columns_are_named(tmp_path: Path) -> None:
    shape = sniff(write(tmp_path / "t.csv", f"id;opened_at;title\nA;{OPENED};x\n"))

    assert (shape.layout.container, shape.sampled) == ("csv", 1)
    assert [column.name for column in shape.columns] == ["id", "opened_at", "title"]
