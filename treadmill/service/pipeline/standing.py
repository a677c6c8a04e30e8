"""Families computed anew from their tickets: episodes, rhythm, hours, whether they are cycles that do not end."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
from sqlalchemy import Connection

from treadmill.service.analysis import cycles
from treadmill.service.analysis.episodes import Episodes, episodes
from treadmill.service.analysis.fact import Fact
from treadmill.service.store import families
from treadmill.service.store.database import Database
from treadmill.service.store.families import Episode, Family, MemberRow, Standing

NAMES_KEPT = 1000
WRITTEN_AT_ONCE = 1000


class Flags(NamedTuple):
    """Whether a ticket's family had an earlier episode, and whether it belongs to a cycle that does not end."""

    repeat: bool
    endless: bool


def flags(fact: Fact, standing: Standing | None) -> Flags:
    """The flags of a ticket; a family that a person dismissed makes no repeats."""
    if standing is None or standing.is_dismissed:
        return Flags(repeat=False, endless=False)
    return Flags(repeat=fact.opened_at.timestamp() > standing.first_end, endless=standing.is_endless)


def family_of(rows: Sequence[MemberRow], as_of: int, dismissed: frozenset[str]) -> tuple[Family, list[Episode]]:
    """A family and its episodes, from its tickets in the order of (opened, id).

    `dismissed` are the marks of the tickets whose families a person has dismissed.
    """
    family_id, _, mark, *_, source_id, title = rows[0]
    found = _episodes(rows)
    rhythm = cycles.rhythm(found)
    is_cycle = cycles.is_cycle(rhythm)
    is_dismissed = bool(dismissed) and any(row[2] in dismissed for row in rows)
    family = Family(
        id=family_id,
        source_id=source_id,
        name=mark,
        title=title,
        tickets=len(rows),
        seconds=sum(row[5] for row in rows),
        logged_seconds=sum(row[5] for row in rows if row[6] == "logged"),
        first_end=int(found.ends[0]),
        rhythm=rhythm,
        teams=_counted(row[7] for row in rows) if is_cycle else {},
        resolvers=_counted(row[8] for row in rows) if is_cycle else {},
        is_cycle=is_cycle,
        is_endless=is_cycle and not is_dismissed and cycles.is_endless(rhythm, as_of),
        is_dismissed=is_dismissed,
    )
    return family, _as_rows(family_id, rows, found) if len(found) > 1 else []


def recompute(
    connection: Connection, database: Database, numbers: Iterable[int], as_of: int, dismissed: frozenset[str]
) -> dict[int, Family]:
    """Computes and writes families anew; those that have no ticket left are taken out. The families, by number."""
    wanted = sorted(numbers)
    fresh: dict[int, Family] = {}
    several: list[Episode] = []
    for number, rows in families.members(connection, wanted):
        fresh[number], own = family_of(rows, as_of, dismissed)
        several += own
    families.remove(connection, [number for number in wanted if number not in fresh])
    families.write(connection, database, fresh.values())
    families.replace_episodes(connection, sorted(fresh), several)
    return fresh


def recompute_all(database: Database, as_of: int, dismissed: frozenset[str]) -> None:
    """Computes and writes every family anew, in bounded memory; there are none before."""
    fresh: list[Family] = []
    several: list[Episode] = []
    with database.read() as reading:
        for _, rows in families.all_members(reading):
            family, own = family_of(rows, as_of, dismissed)
            fresh.append(family)
            several += own
            if len(fresh) >= WRITTEN_AT_ONCE:
                _write(database, fresh, several)
                fresh, several = [], []
    _write(database, fresh, several)


def _write(database: Database, fresh: Sequence[Family], several: Sequence[Episode]) -> None:
    with database.write() as connection:
        families.write(connection, database, fresh)
        families.replace_episodes(connection, [family.id for family in fresh], several)


def _episodes(rows: Sequence[MemberRow]) -> Episodes:
    columns = (np.fromiter((row[place] for row in rows), np.int64, len(rows)) for place in (3, 4, 5))
    return episodes(*columns)


def _as_rows(family_id: int, rows: Sequence[MemberRow], found: Episodes) -> list[Episode]:
    columns = zip(
        found.first.tolist(), found.starts.tolist(), found.ends.tolist(), found.tickets.tolist(),
        found.seconds.tolist(), strict=True,
    )  # fmt: skip
    return [
        Episode(family_id, number, start, end, tickets, seconds, rows[first][1])
        for number, (first, start, end, tickets, seconds) in enumerate(columns, 1)
    ]


def _counted(values: Iterable[str | None]) -> dict[str, int]:
    """How often each value comes, the most frequent first, and only so many of them."""
    counts = Counter(value for value in values if value)
    return dict(sorted(counts.items(), key=lambda one: (-one[1], one[0]))[:NAMES_KEPT])
