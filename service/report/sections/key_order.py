"""The order of keys in JSON where it is not that of the fields."""

from typing import Literal

from pydantic import WrapSerializer

Mode = Literal["json", "python"]
JSON: Mode = "json"
"""Answers of the API and the cache, which pydantic writes itself."""
PYTHON: Mode = "python"
"""The report as a document, which is written from built-in types."""


def key_order(*first: str, mode: Mode) -> WrapSerializer:
    """Return a serializer that puts these keys first in one of the two JSON outputs."""
    # Written by two libraries at first, the outputs differ in the order of some keys; people compare files of reports.
    # A lambda has no annotations, from which pydantic would otherwise read a vaguer schema than that of the fields.
    return WrapSerializer(
        lambda value, to_dict, info: _ordered(to_dict(value), first) if info.mode == mode else to_dict(value)
    )


def _ordered(row: dict[str, object] | None, first: tuple[str, ...]) -> dict[str, object] | None:
    return row and {name: row[name] for name in first} | row
