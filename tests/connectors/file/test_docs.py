"""The examples of the documentation, run as they are."""

import re
from pathlib import Path
from typing import Any

import pytest

from connectors.file.columns import EVENT_FIELDS, FIELDS
from tests.connectors.file.harness import Pulled, pull

PAGE = Path(__file__).parents[3] / "docs" / "connectors" / "file.md"
EXAMPLE = re.compile(r"```(json|csv)\n(.*?)```.*?```ini\n(.*?)```", re.DOTALL)
EXAMPLES = EXAMPLE.findall(PAGE.read_text(encoding="utf-8"))


def pull_example(folder: Path, number: int) -> Pulled:
    form, content, variables = EXAMPLES[number]
    assignments = (line.split("=", 1) for line in variables.splitlines())
    values: dict[str, Any] = {name.rpartition("__")[2].lower(): value for name, value in assignments}
    assert values.pop("connector") == "file"
    name = Path(values.pop("path").split(",")[0]).name.replace("*", "export")
    path = folder / name
    assert path.suffix.startswith(f".{form}")
    path.write_text(content, encoding="utf-8")
    return pull(path, **values)


@pytest.mark.parametrize(("number", "ids"), [(0, ["1001", "1002"]), (1, ["1001", "1002"]), (2, ["7", "8"])])
def test_examples_yield_their_tickets(tmp_path: Path, number: int, ids: list[str]) -> None:
    pulled = pull_example(tmp_path, number)

    assert (pulled.ids, pulled.refused) == (ids, [])


def test_examples_show_their_subject(tmp_path: Path) -> None:
    lines, table, log = (pull_example(tmp_path, number) for number in range(3))

    assert lines.tickets["1002"].status_category == "waiting"
    assert table.tickets["1001"].opened_at.isoformat() == "2024-03-01T07:00:00+00:00"
    assert (table.tickets["1001"].hours_logged, table.tickets["1002"].status_category) == (0.5, "new")
    assert [change.new for change in log.tickets["7"].transitions if change.field == "status"] == [
        "In progress",
        "Closed",
    ]


def test_every_field_is_documented() -> None:
    page = PAGE.read_text(encoding="utf-8")

    assert [field for field in {*FIELDS, *EVENT_FIELDS} if f"`{field}`" not in page] == []
