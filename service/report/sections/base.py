"""The base of all sections: their scope, moment and period, and their form as JSON."""

from dataclasses import dataclass as plain_dataclass
from datetime import datetime
from typing import Annotated, Literal

from pydantic import ConfigDict, Field, WrapSerializer
from pydantic.dataclasses import dataclass

from service.analysis.coverage import is_before

# Forbidden: a field that no description names would be a secret of the code. Deferred: a command that writes no JSON
# would otherwise pay for the schemas of all sections at its start.
CONFIG = ConfigDict(extra="forbid", defer_build=True)

Mode = Literal["json", "python"]
JSON: Mode = "json"
"""Answers of the API and the cache, which pydantic writes itself."""
PYTHON: Mode = "python"
"""The report as a document, which is written from built-in types."""

AsOf = Annotated[datetime, Field(description="The moment of the analysis.")]
ScopeName = Annotated[
    str, Field(description="The scope: all, or one value of one dimension.", examples=["all", "team:Network"])
]


@plain_dataclass(frozen=True, slots=True)
class ReportPeriod:
    """From one instant up to another, which is not part of it."""

    begin: Annotated[datetime, Field(alias="from", description="The first instant of the period.")]
    end: Annotated[datetime, Field(alias="to", description="The first instant after the period.")]


ClosedWeeks = Annotated[ReportPeriod, Field(description="13 closed weeks, unless the request names others.")]


KnownFrom = Annotated[
    datetime | None,
    Field(description="The moment from which all tickets are known; null without any. Nothing before it is counted."),
]


BEFORE_DATA = "null where the data begin after the period"
"""The description of a count of a period that is not known, which is not the same as none."""


@dataclass(frozen=True, slots=True, kw_only=True, config=CONFIG)
class PeriodSection:
    """The scope, the moment and the period of a section."""

    as_of: AsOf
    scope: ScopeName
    period: ClosedWeeks
    known_from: KnownFrom

    @property
    def is_before_data(self) -> bool:
        """True if nothing of the period is known, since the data begin after it."""
        return is_before(self.period.end, self.known_from)


def key_order(*first: str, mode: Mode) -> WrapSerializer:
    """Return a serializer that puts these keys first in one of the two JSON outputs."""
    # Two libraries wrote them at first, in different orders of some keys, and people compare the files of two reports.
    # A lambda, since pydantic would read a vaguer schema than that of the fields from the annotations of a function.
    return WrapSerializer(
        lambda value, to_dict, info: _ordered(to_dict(value), first) if info.mode == mode else to_dict(value)
    )


def _ordered(row: dict[str, object] | None, first: tuple[str, ...]) -> dict[str, object] | None:
    return row and {name: row[name] for name in first} | row
