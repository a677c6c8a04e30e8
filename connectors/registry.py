"""The installed connectors, as the entry points of their distributions declare them."""

from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import Any, cast

GROUP = "treadmill.connectors"
SETTINGS_GROUP = "treadmill.settings"


# Cached: the search reads the metadata of every installed distribution. Python 3.12 gives its result another type.
@cache
def _entry_points() -> Any:
    return entry_points()


def installed(group: str = GROUP) -> dict[str, EntryPoint]:
    """Return the entry points by connector name, in alphabetical order; nothing is imported."""
    return {point.name: point for point in sorted(_entry_points().select(group=group), key=lambda point: point.name)}


# `type[Any]` and not `type[Connector]`: the contract imports pydantic, and a list of the connectors needs none of it.
def load(name: str) -> type[Any]:
    """Return the connector class of this name. Raise KeyError where no installed package declares it."""
    return cast(type[Any], installed()[name].load())


def load_settings(name: str) -> type[Any]:
    """Return the settings model of a connector, without the connector where its package declares both."""
    point = installed(SETTINGS_GROUP).get(name)
    return cast(type[Any], point.load() if point else load(name).Settings)
