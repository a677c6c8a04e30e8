"""Reports that are made once for each analysis and read many times."""

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

from service import __version__
from service.analysis.weeks import Weeks
from service.pipeline.analyst import Analyst
from service.report.sections import Part, parts
from service.store.queries.scopes import Scope
from service.store.queries.snapshot import VERDICT_WEEKS, Snapshot
from service.store.results import report_cache

FORM = 3
"""Another form of the parts: what was kept in the one before is made anew."""
IN_MEMORY = 100
FOR_EVER = -1
WHOLE = "report"
"""Names every ticket of every cycle: it is in the database alone, and of the verdict's period alone."""
NAMES = ("overview", "cycles", "groups", "loops")


class BeingMade(Exception):
    """Other reports are being made, and whoever asked was not to wait for them."""


@dataclass(slots=True)
class Reporter:
    """Gives the parts of the newest report on a scope and period: out of memory, else the database, else made now.

    The database keeps the period of the verdict only: others are asked for more seldom, and are many.
    """

    analyst: Analyst
    _memory: OrderedDict[tuple[str, Weeks, str], tuple[str, Part]] = field(default_factory=OrderedDict)
    _making: Lock = field(default_factory=Lock)

    def part(
        self, scope: Scope, name: str, period: Weeks = VERDICT_WEEKS, patience: float | None = None
    ) -> Part | None:
        """One part of the report on a scope and period; see `parts` for their names.

        While everything is analysed anew, that of the analysis before. None where nothing was ever analysed, or,
        meanwhile, where another period than that of the verdict was not asked for before. Reports are made one at a
        time: whoever has `patience` for some seconds only gets an earlier one then; raises BeingMade where none is.
        """
        snapshot = self.analyst.stored_snapshot(scope, period)
        stamp = self._stamp(snapshot) if snapshot else None
        period = VERDICT_WEEKS if snapshot and snapshot.is_verdict_period else period
        found = self._known(scope, period, name, stamp)
        if found is not None or snapshot is None or stamp is None:
            return found
        try:
            return self._made(snapshot, period, stamp, patience)[name]
        except BeingMade:
            earlier = self._known(scope, period, name, None)
            if earlier is None:
                raise
            return earlier

    def prepare(self, scope: Scope) -> None:
        """Makes the report on a scope where it is not kept yet, so that the first who asks need not wait."""
        self.part(scope, "overview")

    def _known(self, scope: Scope, period: Weeks, name: str, stamp: str | None) -> Part | None:
        """A part that was made before, with this stamp or, where there is none, with any."""
        remembered = self._memory.get((str(scope), period, name))
        if remembered is not None and stamp in (None, remembered[0]):
            return remembered[1]
        found: Part | None = self._kept(scope, name, stamp) if period == VERDICT_WEEKS else None
        if found is not None:
            self._remember(scope, period, stamp or "", {name: found})
        return found

    def _kept(self, scope: Scope, name: str, stamp: str | None) -> Any:
        with self.analyst.database.read() as connection:
            return report_cache.read(connection, str(scope), name, stamp)

    def _made(self, snapshot: Snapshot, period: Weeks, stamp: str, patience: float | None) -> Mapping[str, Part]:
        """Made by one at a time: several who ask for the same would make it several times. Raises BeingMade."""
        if not self._making.acquire(timeout=FOR_EVER if patience is None else patience):
            raise BeingMade
        try:
            names = (WHOLE, *NAMES) if period == VERDICT_WEEKS else NAMES
            known = {name: self._known(snapshot.scope, period, name, stamp) for name in names}
            if all(known.values()):
                return {name: part for name, part in known.items() if part is not None}
            fresh = parts(snapshot)
            if period == VERDICT_WEEKS:
                report_cache.write(self.analyst.database, str(snapshot.scope), stamp, fresh)
            self._remember(snapshot.scope, period, stamp, fresh)
            return fresh
        finally:
            self._making.release()

    def _remember(self, scope: Scope, period: Weeks, stamp: str, fresh: Mapping[str, Part]) -> None:
        for name in fresh.keys() & NAMES:
            self._memory[str(scope), period, name] = stamp, fresh[name]
            self._memory.move_to_end((str(scope), period, name))
        while len(self._memory) > IN_MEMORY:
            self._memory.popitem(last=False)

    def _stamp(self, snapshot: Snapshot) -> str:
        """The analysis that a look shows, and what else decides what is said of it."""
        money = f"{snapshot.money.hourly_rate} {snapshot.money.currency}" if snapshot.money else ""
        return f"{FORM}/{__version__}/{snapshot.number}/{snapshot.frame.as_of.isoformat()}/{money}"
