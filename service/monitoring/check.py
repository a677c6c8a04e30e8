"""What `treadmill check` finds: of the database and of every source."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from connectors.errors import ConnectorError
from connectors.model import Account
from service.store import schema
from service.store.database import Database, DatabaseError
from service.sync.source import ConfiguredSource

ATTEMPTS = 3


@dataclass(frozen=True, slots=True)
class CheckResult:
    """One thing that was checked: an account where it answered, else what is wrong and what to do."""

    name: str
    is_well: bool
    account: Account | None = None
    text: str = ""
    remedy: str = ""

    def as_dict(self) -> dict[str, Any]:
        """The finding as `--json` prints it."""
        found: dict[str, Any] = {"name": self.name, "ok": self.is_well, "text": self.text, "remedy": self.remedy}
        return found | (self.account.model_dump() if self.account else {})


def database(url: str) -> CheckResult:
    """Whether the database answers and fits this release; nothing in it is changed."""
    try:
        opened = Database(url)
        product = opened.check()
        version = schema.current(opened)
        schema.reject_newer(opened, version)
    except DatabaseError as problem:
        return CheckResult("database", is_well=False, text=str(problem))
    standing = {None: "empty; the first sync prepares it", schema.head(): "up to date"}
    text = standing.get(version, f"at schema {version}; the next sync brings it up to date")
    return CheckResult("database", is_well=True, text=f"{product} at {opened.safe_url}, {text}")


async def all_sources(chosen: Sequence[ConfiguredSource]) -> list[CheckResult]:
    """A finding a source, side by side, in their order."""
    return await asyncio.gather(*map(_source, chosen))


async def _source(source: ConfiguredSource) -> CheckResult:
    try:
        impatient = replace(source, context=replace(source.context, attempts=ATTEMPTS))
        async with impatient.open(source.settings.since) as connector:
            account = await connector.check()
    except ConnectorError as problem:
        return CheckResult(source.name, is_well=False, text=str(problem), remedy=problem.remedy)
    return CheckResult(source.name, is_well=True, account=account)


def as_text(finding: CheckResult) -> str:
    """The finding for a person: what was found, then what is missing."""
    if not finding.is_well:
        return "\n".join(filter(None, (f"FAILED {finding.name}: {finding.text}", _indented(finding.remedy))))
    if finding.account is None:
        return f"ok     {finding.name}: {finding.text}"
    account = finding.account
    seen = f"{account.tickets} tickets counted" if account.tickets is not None else "the number of tickets is not told"
    zone = f", time zone {account.time_zone}" if account.time_zone else ""
    lines = [f"ok     {finding.name}: {account.system}, as {account.user}{zone}; {seen}"]
    lines += [_indented(f"missing: {text}") for text in account.missing]
    lines += [_indented(text) for text in account.notes]
    return "\n".join(lines)


def _indented(text: str) -> str:
    return f"       {text}" if text else ""
