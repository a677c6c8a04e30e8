"""Values that were left out of tickets or mended: counted by field and cause, with one example each."""

from collections.abc import Iterable
from typing import NamedTuple

from connectors.model import LeftOut

MAX_VALUE = 60
# A source whose every field is odd shall fill neither the memory, nor the database, nor the page.
MAX_KINDS = 40
MORE_FIELDS, MORE_CAUSES = "other fields", "have values that do not fit"


class Omission(NamedTuple):
    """One value of one ticket. `value` is shown: it must be none of a person, and no free text."""

    field: str
    cause: str
    value: str | None = None
    mended: bool = False


class Omissions:
    """Counts of omissions by field, cause and outcome; those beyond `MAX_KINDS` are counted as one kind."""

    def __init__(self) -> None:
        self._kinds: dict[tuple[str, str, bool], LeftOut] = {}

    def add(self, key: str, omissions: Iterable[Omission]) -> None:
        """Count the omissions of one ticket, each kind once."""
        kinds: dict[tuple[str, str, bool], Omission] = {}
        for omission in omissions:
            kinds.setdefault((omission.field, omission.cause, omission.mended), omission)
        for omission in kinds.values():
            self._merge(as_left_out(key, omission))

    def merge(self, kinds: Iterable[LeftOut]) -> None:
        """Add counts that were made elsewhere."""
        for kind in kinds:
            self._merge(kind)

    def _merge(self, kind: LeftOut) -> None:
        place, unit = (kind.field, kind.cause, kind.mended), kind.unit
        if place not in self._kinds and len(self._kinds) >= MAX_KINDS:
            place, unit = (MORE_FIELDS, MORE_CAUSES, False), "ticket"
        field, cause, mended = place
        earlier = self._kinds.get(place)
        self._kinds[place] = LeftOut(
            field=field,
            cause=cause,
            mended=mended,
            unit=unit,
            tickets=kind.tickets + (earlier.tickets if earlier else 0),
            example=earlier.example if earlier else kind.example,
        )

    def as_tuple(self) -> tuple[LeftOut, ...]:
        """Return the counts, the largest first."""
        return tuple(sorted(self._kinds.values(), key=lambda kind: (-kind.tickets, kind.field, kind.cause)))

    def take(self) -> tuple[LeftOut, ...]:
        """Return the counts, and begin anew."""
        kinds = self.as_tuple()
        self._kinds.clear()
        return kinds


def as_left_out(key: str, omission: Omission) -> LeftOut:
    """Return the omission of one ticket as a count of one."""
    example = key if omission.value is None else f"{key} {quote(omission.value)}"
    return LeftOut(field=omission.field, cause=omission.cause, tickets=1, example=example, mended=omission.mended)


def quote(value: str) -> str:
    """Return a value between quotes, cut, and without characters that do not print."""
    cut = value if len(value) <= MAX_VALUE else f"{value[: MAX_VALUE - 1]}…"
    printable = "".join([sign if sign.isprintable() else "\N{REPLACEMENT CHARACTER}" for sign in cut])
    return f'"{printable}"'
