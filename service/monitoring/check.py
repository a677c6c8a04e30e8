"""The checks of `treadmill check`: of the database and of every source."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import structlog

from connectors.errors import ConnectorError
from connectors.model import Account, Gap, LeftOut, MappedSample, UnknownWord
from service.analysis.formatting import count
from service.analysis.printable import printable
from service.monitoring.words import describe
from service.store import schema
from service.store.database import Database
from service.store.errors import DatabaseError
from service.store.tickets.assignments import assignment
from service.sync.source import ConfiguredSource

log = structlog.get_logger()

ATTEMPTS = 3
REFUSALS_SHOWN = 5
REMEDY = "Correct what the refused records name, in the source or in its settings; a pull would end the same way."


class StoredFaults(NamedTuple):
    """The faults of a source that its stored tickets show: gaps, words that nobody understood, values left out."""

    gaps: tuple[Gap, ...] = ()
    unknown: tuple[UnknownWord, ...] = ()
    left_out: tuple[LeftOut, ...] = ()


@dataclass(frozen=True, slots=True)
class CheckResult:
    """The result of one check: the account of a source that answered, or the problem and its remedy.

    `gaps` are those that the last comparison of the source with the store has left, `unknown` the words of its stored
    tickets that nobody understood, `left_out` the values that pulls have left out.
    """

    name: str
    is_ok: bool
    account: Account | None = None
    text: str = ""
    remedy: str = ""
    gaps: tuple[Gap, ...] = ()
    unknown: tuple[UnknownWord, ...] = ()
    left_out: tuple[LeftOut, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """Return the result as `--json` prints it."""
        values: dict[str, Any] = {"name": self.name, "ok": self.is_ok, "text": self.text, "remedy": self.remedy}
        values["gaps"] = [gap.model_dump() for gap in self.gaps]
        values["unknown"] = [word.model_dump() for word in self.unknown]
        values["left_out"] = [kind.model_dump() for kind in self.left_out]
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
    return {
        state.name: StoredFaults(state.gaps, words[state.name], state.left_out) for state in source_rows.states(opened)
    }


async def all_sources(sources: Sequence[ConfiguredSource], faults: Mapping[str, StoredFaults]) -> list[CheckResult]:
    """Check all sources concurrently. Return a result for each with its stored faults, in their order."""
    results = await asyncio.gather(*map(_source, sources))
    none = StoredFaults()
    return [replace(result, **faults.get(result.name, none)._asdict()) for result in results]


async def _source(source: ConfiguredSource) -> CheckResult:
    try:
        # Somebody waits for the answer: fewer attempts than a pull makes at night.
        checked = replace(source, context=replace(source.context, attempts=ATTEMPTS))
        async with checked.open(source.settings.since) as connector:
            account = await connector.check()
    except ConnectorError as problem:
        return CheckResult(source.name, is_ok=False, text=str(problem), remedy=problem.remedy)
    except Exception as problem:
        log.exception("check failed with an unexpected error; report it with this log")
        text = f"unexpected {type(problem).__name__}: {problem}"
        return CheckResult(source.name, is_ok=False, text=text, remedy="Report it with the log of this check.")
    sample = account.sample
    if sample is None or sample.is_enough:
        return CheckResult(source.name, is_ok=True, account=account)
    return CheckResult(source.name, is_ok=False, account=account, text=_shortfall(sample), remedy=REMEDY)


def _shortfall(sample: MappedSample) -> str:
    return f"only {sample.taken:,} of the {sample.taken + sample.refused:,} records looked at can be taken"


def as_text(result: CheckResult) -> str:
    """Return the result for a person: first what was checked, then what is missing."""
    state = "ok     " if result.is_ok else "FAILED "
    first, *more = filter(None, (result.text, _account_text(result.account)))
    details = [*more, result.remedy, *_refused(result.account), *_missing(result.account)]
    details += [f"incomplete: {gap.text}" for gap in result.gaps]
    details += describe(_unknown(result)) + [kind.text for kind in _left_out(result)]
    details += result.account.notes if result.account else ()
    return "\n".join([printable(f"{state}{result.name}: {first}"), *[_indent(text) for text in details if text]])


def _account_text(account: Account | None) -> str:
    if account is None:
        return ""
    total = "number of tickets unknown" if account.tickets is None else f"{count(account.tickets, 'ticket')} counted"
    zone = f", time zone {account.time_zone}" if account.time_zone else ""
    return f"{account.system}, as {account.user}{zone}; {total}"


def _refused(account: Account | None) -> list[str]:
    """Return the first refused records of the sample."""
    sample = account.sample if account else None
    refusals = sample.refusals[:REFUSALS_SHOWN] if sample else ()
    more = sample.refused - len(refusals) if sample else 0
    lines = [f"would be refused: {refusal.place}: {refusal.reason}" for refusal in refusals]
    return [*lines, f"and {more:,} more would be refused"] if lines and more else lines


def _missing(account: Account | None) -> list[str]:
    refusals = account.sample.refusals[:REFUSALS_SHOWN] if account and account.sample else ()
    # What is damaged is refused, too, and stands there already.
    shown = {f"{refusal.place}: {refusal.reason}" for refusal in refusals}
    return [f"missing: {text}" for text in account.missing if text not in shown] if account else []


def _unknown(result: CheckResult) -> list[UnknownWord]:
    """Return the words of the stored tickets, then those of the sample alone, that nobody understood."""
    sample = result.account.sample if result.account else None
    words = {(word.field, word.word): word for word in (*(sample.unknown if sample else ()), *result.unknown)}
    labels = {field: [word.word for word in words.values() if word.field == field] for field, _ in words}
    return [
        word.model_copy(update={"remedy": assignment(result.name, word.field, labels[word.field])})
        for word in words.values()
    ]


def _left_out(result: CheckResult) -> list[LeftOut]:
    """Return the values that a pull would leave out of the sample, then those that pulls have left out."""
    sample = result.account.sample if result.account else None
    kinds = {(kind.field, kind.cause): kind for kind in (*(sample.left_out if sample else ()), *result.left_out)}
    return list(kinds.values())


def _indent(text: str) -> str:
    return f"       {printable(text)}"
