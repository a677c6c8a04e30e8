"""Accounts that are no persons: programs, placeholders and users that are gone."""

from functools import lru_cache

from connectors.phrases import Match, PhraseTable, read_vocabulary
from connectors.placeholders import is_placeholder

NOBODY, REMOVED, ROBOT = "nobody", "removed", "robot"
MOST_NAMES = 65_536


@lru_cache(MOST_NAMES)
def is_person(name: str) -> bool:
    """Return False for a name or login under which no person acts, in any of twelve languages."""
    if is_placeholder(name):
        return False
    table = _table()
    tokens = table.tokens(name)
    return not any(_denies(match, len(tokens)) for match in table.find(tokens))


def person_or_none(name: str | None) -> str | None:
    """Return the name, None where no person acts under it."""
    return name if name and is_person(name) else None


def _denies(match: Match, length: int) -> bool:
    begins, ends = match.start == 0, match.end == length
    if match.category == ROBOT:
        return begins or ends
    # A person may be called Guest, or work for Unknown Ltd.
    return begins and (ends or match.category == REMOVED)


@lru_cache(1)
def _table() -> PhraseTable:
    data = read_vocabulary()
    ranks = (REMOVED, NOBODY, ROBOT)
    return PhraseTable([(rank, name) for rank in ranks for names in data[rank].values() for name in names], ranks)
