"""The checks of `treadmill check`: of the database and of every source."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from connectors.errors import ConnectorError
from connectors.model import Account, Gap, UnknownWord
from service.analysis.formatting import count
from service.analysis.printable import printable
from service.store import schema
from service.store.database import Database
from service.store.errors import DatabaseError
from service.sync.source import ConfiguredSource

ATTEMPTS = 3


class StoredFaults(NamedTuple):
    """The faults of a source that its stored tickets show: gaps, and words that nobody understood."""

    gaps: tuple[Gap, ...]
    unknown: tuple[UnknownWord, ...]


@dataclass(frozen=True, slots=True)
class CheckResult:
    """The result of one check: the account of a source that answered, or the problem and its remedy.

    `gaps` are those that the last comparison of the source with the store has left, `unknown` the words of its stored
    tickets that nobody understood.
    """

    name: str
    is_ok: bool
    account: Account | None = None
    text: str = ""
    remedy: str = ""
    gaps: tuple[Gap, ...] = ()
    unknown: tuple[UnknownWord, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """Return the result as `--json` prints it."""
        values: dict[str, Any] = {"name": self.name, "ok": self.is_ok, "text": self.text, "remedy": self.remedy}
        values["gaps"] = [gap.model_dump() for gap in self.gaps]
        values["unknown"] = [word.model_dump() for word in self.unknown]
        return values | (self.account.model_dump() if self.account else {})


def database(url: str, key: str | None) -> CheckResult:
    """Check that the database answers and fits this release and the key of the pseudonyms, and change nothing."""
    try:
        opened = Database(url)
        product = opened.check()
        version = schema.current(opened)
        schema.reject_newer(opened, version)
        _check_key(opened, version, key)
    except DatabaseError as problem:
        return CheckResult("database", is_ok=False, text=str(problem))
    states = {None: "empty; the first sync prepares it", schema.head(): "up to date"}
    text = states.get(version, f"at schema {version}; the next sync brings it up to date")
    return CheckResult("database", is_ok=True, text=f"{product} at {opened.safe_url}, {text}")


def _check_key(opened: Database, version: str | None, key: str | None) -> None:
    # An empty database was filled with no key yet.
    if version is not None:
        from service.store.tickets import pseudonym_key  # noqa: PLC0415 - SQLModel is heavy

        pseudonym_key.check_key(opened, key)


def stored_faults(url: str) -> dict[str, StoredFaults]:
    """Return the faults of each source that was ever pulled; nothing where the database does not fit this release."""
    opened = Database(url)
    if schema.current(opened) != schema.head():
        return {}
    from service.store.tickets import sources as source_rows  # noqa: PLC0415 - SQLModel is heavy
    from service.store.tickets.vocabulary import unknown_words  # noqa: PLC0415 - the same

    words = unknown_words(opened)
    return {state.name: StoredFaults(state.gaps, words[state.name]) for state in source_rows.states(opened)}


async def all_sources(sources: Sequence[ConfiguredSource], faults: Mapping[str, StoredFaults]) -> list[CheckResult]:
    """Check all sources concurrently. Return a result for each with its stored faults, in their order."""
    results = await asyncio.gather(*map(_source, sources))
    none = StoredFaults((), ())
    return [replace(result, **faults.get(result.name, none)._asdict()) for result in results]


async def _source(source: ConfiguredSource) -> CheckResult:
    try:
        # Somebody waits for the answer: fewer attempts than a pull makes at night.
        checked = replace(source, context=replace(source.context, attempts=ATTEMPTS))
        async with checked.open(source.settings.since) as connector:
            account = await connector.check()
    except ConnectorError as problem:
        return CheckResult(source.name, is_ok=False, text=str(problem), remedy=problem.remedy)
    return CheckResult(source.name, is_ok=True, account=account)


def as_text(result: CheckResult) -> str:
    """Return the result for a person: first what was checked, then what is missing."""
    gaps = [_indent(f"incomplete: {gap.text}") for gap in result.gaps]
    gaps += [_indent(word.text) for word in result.unknown]
    if not result.is_ok:
        lines = [f"FAILED {result.name}: {printable(result.text)}", _indent(result.remedy), *gaps]
        return "\n".join(filter(None, lines))
    if result.account is None:
        return f"ok     {result.name}: {printable(result.text)}"
    account = result.account
    total = "number of tickets unknown" if account.tickets is None else f"{count(account.tickets, 'ticket')} counted"
    zone = f", time zone {account.time_zone}" if account.time_zone else ""
    lines = [f"ok     {result.name}: {account.system}, as {account.user}{zone}; {total}"]
    lines += [_indent(f"missing: {text}") for text in account.missing] + gaps
    lines += [_indent(text) for text in account.notes]
    return "\n".join(map(printable, lines))


def _indent(text: str) -> str:
    return f"       {printable(text)}" if text else ""
