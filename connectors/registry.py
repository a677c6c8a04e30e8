"""Which connectors there are: the entry points of the group `treadmill.connectors`."""

from importlib.metadata import EntryPoint, entry_points
from typing import cast

from connectors.base import Connector

GROUP = "treadmill.connectors"


def installed() -> dict[str, EntryPoint]:
    """Entry points by connector name, in alphabetical order; nothing is imported."""
    return {point.name: point for point in sorted(entry_points(group=GROUP), key=lambda point: point.name)}


def load(name: str) -> type[Connector]:
    """The connector class of this name. Raises KeyError where no installed package declares it."""
    return cast(type[Connector], installed()[name].load())
