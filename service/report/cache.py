"""Reports are computed once for each analysis and read many times."""

from collections import OrderedDict
from dataclasses import dataclass, field
from threading import Lock
from typing import Protocol

from service import __version__
from service.analysis.weeks import Weeks
from service.report.page_sections import build_sections
from service.report.sections.report import Overview, Report
from service.report.serialization import SECTIONS, S, Section, from_json, schema_fingerprint, to_json
from service.store.database import Database
from service.store.queries.scopes import Scope
from service.store.queries.snapshot import VERDICT_WEEKS, Snapshot
from service.store.results import report_cache

IN_MEMORY = 100
"""The number of sections in memory: all sections of 25 scopes and periods."""
FOREVER = -1
"""Waits for a lock without end, as `Lock.acquire` has it."""

Key = tuple[str, Weeks, str]


class SnapshotSource(Protocol):
    """The analysis as far as reports need it: its database, and snapshots of its newest results."""

    @property
    def database(self) -> Database:
        """The store."""

    def stored_snapshot(self, scope: Scope, period: Weeks = ...) -> Snapshot | None:
        """Return a snapshot of one scope over a period; None where nothing was ever analysed."""


class ReportsPending(Exception):
    """Other reports are being computed, and the caller does not wait for them."""


@dataclass(slots=True)
class Reporter:
    """Returns the sections of the newest report on a scope and period: from memory, from the database, or computed now.

    The database holds the period of the verdict only: others are requested less often, and there are many of them.
    """

    source: SnapshotSource
    _memory: OrderedDict[Key, tuple[str, Section]] = field(default_factory=OrderedDict)
    _computing: Lock = field(default_factory=Lock)

    def section(
        self, kind: type[S], scope: Scope, period: Weeks = VERDICT_WEEKS, patience: float | None = None
    ) -> S | None:
        """Return a section of the newest report, or the one of the analysis before while everything is rebuilt.

        None where nothing was ever analysed, and, during a rebuild, for a period other than that of the verdict that
        was not requested before. Reports are computed one at a time: a caller with `patience`, in seconds, gets an
        earlier one after that time. Raises ReportsPending where there is none.
        """
        snapshot = self.source.stored_snapshot(scope, period)
        if snapshot is None:
            return self._cached(kind, scope, period, None)
        # The same weeks can be named by their last day, too: only one form of them is stored.
        period = VERDICT_WEEKS if snapshot.is_verdict_period else period
        stamp = _stamp(snapshot)
        section = self._cached(kind, scope, period, stamp)
        if section is not None:
            return section
        try:
            return self._computed(kind, snapshot, period, patience)
        # Numbers of the analysis before are of use to somebody who waits for a page; an error is not.
        except ReportsPending:
            earlier = self._cached(kind, scope, period, None)
            if earlier is None:
                raise
            return earlier

    def report_json(self, scope: Scope, patience: float | None = None) -> bytes | None:
        """Return the newest report over the weeks of the verdict as JSON; see `section`."""
        snapshot = self.source.stored_snapshot(scope)
        stored = self._stored(SECTIONS[Report], scope, _stamp(snapshot) if snapshot else None)
        if stored is None and snapshot is not None:
            self.section(Report, scope, patience=patience)
            stored = self._stored(SECTIONS[Report], scope, None)
        return None if stored is None else stored[1]

    def prepare(self, scope: Scope) -> None:
        """Compute the report on a scope unless it is cached, so that the first reader does not wait."""
        self.section(Overview, scope)

    def _cached(self, kind: type[S], scope: Scope, period: Weeks, stamp: str | None) -> S | None:
        """Return a section with this stamp, or the latest one where none is given."""
        remembered = self._memory.get((str(scope), period, SECTIONS[kind]))
        if remembered is not None and stamp in (None, remembered[0]) and isinstance(remembered[1], kind):
            return remembered[1]
        stored = self._stored(SECTIONS[kind], scope, stamp) if period == VERDICT_WEEKS else None
        if stored is None:
            return None
        section = from_json(kind, stored[1])
        self._remember(scope, period, stored[0], section)
        return section

    def _stored(self, name: str, scope: Scope, stamp: str | None) -> tuple[str, bytes] | None:
        with self.source.database.read() as connection:
            stored = report_cache.read(connection, str(scope), name)
        # Without a stamp any analysis will do, but none that was written by code with other types.
        matches = stored is not None and (stored[0] == stamp if stamp else stored[0].startswith(schema_fingerprint()))
        return stored if matches else None

    def _computed(self, kind: type[S], snapshot: Snapshot, period: Weeks, patience: float | None) -> S | None:
        """Compute all sections of a snapshot, one snapshot at a time. Raises ReportsPending."""
        # Several readers who want the same would otherwise compute it several times, each slower for the others.
        if not self._computing.acquire(timeout=FOREVER if patience is None else patience):
            raise ReportsPending
        try:
            stamp = _stamp(snapshot)
            # A thread that asked for the same may have computed it while this one waited for the lock.
            section = self._cached(kind, snapshot.scope, period, stamp)
            return section or self._build(kind, snapshot.scope, period)
        finally:
            self._computing.release()

    def _build(self, kind: type[S], scope: Scope, period: Weeks) -> S | None:
        with self.source.database.consistent_reads():
            # Read again: an analysis may have ended since, whose numbers must not stand under an earlier moment.
            snapshot = self.source.stored_snapshot(scope, period)
            if snapshot is None:
                return self._cached(kind, scope, period, None)
            sections, stamp = build_sections(snapshot), _stamp(snapshot)
        if period == VERDICT_WEEKS:
            documents = {SECTIONS[type(section)]: to_json(section) for section in sections}
            report_cache.write(self.source.database, str(scope), stamp, documents)
        for section in sections:
            self._remember(scope, period, stamp, section)
        return next((section for section in sections if isinstance(section, kind)), None)

    def _remember(self, scope: Scope, period: Weeks, stamp: str, section: Section) -> None:
        # A report names every ticket of every cycle; at a million tickets a hundred of them would fill the memory.
        if isinstance(section, Report):
            return
        key = str(scope), period, SECTIONS[type(section)]
        self._memory[key] = stamp, section
        self._memory.move_to_end(key)
        while len(self._memory) > IN_MEMORY:
            self._memory.popitem(last=False)


def _stamp(snapshot: Snapshot) -> str:
    """Return the identity of a report: the schema of its sections, the version, the analysis, the prices."""
    prices = snapshot.money
    money = f"{prices.hourly_rate} {prices.support_cost} {prices.currency}" if prices else ""
    analysis = f"{snapshot.number}/{snapshot.clock.as_of.isoformat()}"
    return f"{schema_fingerprint()}/{__version__}/{analysis}/{money}"
