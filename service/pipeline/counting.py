"""Counting of tickets, families and causes into the sums of cells, as changes to what was counted before."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import NamedTuple

from sqlalchemy import Connection

from service.analysis.fact import Fact
from service.analysis.tally import PERSON, gap_entries, resolver_entry, ticket_entries, work_entries
from service.pipeline.batch import TicketBatch
from service.pipeline.cell_changes import CellChanges, TicketScopes
from service.pipeline.day_sums import FamilyUpdate
from service.pipeline.families import FamilyCalculator
from service.pipeline.stores import Stores
from service.store.results import facts, families, links
from service.store.results.facts import Estimate, StoredFact, epoch_seconds, with_estimate
from service.store.results.families import Episode, Family, FamilyStatus, MovedWork
from service.store.sql import batches

BATCH_SIZE = 1000


class TicketFlags(NamedTuple):
    """Flags of a ticket: its family had an earlier episode, and it belongs to an endless cycle."""

    repeat: bool
    endless: bool


def ticket_flags(fact: Fact, status: FamilyStatus | None) -> TicketFlags:
    """Return the flags of a ticket; a family that a person dismissed makes no repeats."""
    if status is None or status.is_dismissed:
        return TicketFlags(repeat=False, endless=False)
    return TicketFlags(repeat=epoch_seconds(fact.opened_at) > status.first_end, endless=status.is_endless)


class EpisodeGap(NamedTuple):
    """The gap between two episodes: the first ticket of the later one, and its ends in epoch seconds."""

    first_ticket: int
    ended: int
    started: int


class TicketCounter:
    """Collects in `changes` what batches and families move in the sums. The caller flushes it."""

    def __init__(self, stores: Stores) -> None:
        self._stores = stores
        self.changes = CellChanges()

    def count_batch(self, connection: Connection, batch: TicketBatch, dismissed: frozenset[str]) -> None:
        """Compute the families that a batch touched, and count everything that has moved with them."""
        touched = _touched_families(batch)
        before = families.read(connection, sorted(touched))
        episodes_before = families.episodes(connection, sorted(touched))
        calculator = FamilyCalculator(self._stores.clock.as_of_s, dismissed)
        after = calculator.recompute(connection, self._stores.results, _family_updates(batch, touched, before))
        status_before = {number: family.status for number, family in before.items()}
        status_after = {number: family.status for number, family in after.items()}
        self._subtract(batch.before.values(), status_before)
        self._add(batch.after.values(), status_after)
        self._recount_flipped(connection, batch, status_before, status_after)
        episodes_after = families.episodes(connection, sorted(after))
        self._transfer_gaps(connection, batch, _gaps(episodes_before, before), _gaps(episodes_after, after))
        self._recount_causes(connection, batch)

    def recount_estimates(self, connection: Connection, estimates: Mapping[int, Estimate]) -> None:
        """Count the new estimates of tickets of which nothing else has changed."""
        for numbers in batches(sorted(estimates), BATCH_SIZE):
            stored_facts = self._stores.facts.read(connection, numbers).values()
            statuses, moved = _statuses(connection, stored_facts), list[MovedWork]()
            for stored in stored_facts:
                estimated = replace(stored, fact=with_estimate(stored.fact, estimates[stored.fact.ticket]))
                self._count_work(stored, statuses, -1)
                self._count_work(estimated, statuses, 1)
                moved.append(MovedWork.of(stored, estimated))
            families.move_work(connection, moved)
        facts.write_estimates(connection, estimates)

    def _count_work(self, stored: StoredFact, statuses: Mapping[int, FamilyStatus], sign: int) -> None:
        fact, zone = stored.fact, self._stores.clock.zone
        repeat, endless = ticket_flags(fact, None if stored.family_id is None else statuses.get(stored.family_id))
        entries = work_entries(fact, zone, repeat=repeat, endless=endless)
        self.changes.add(TicketScopes.of(fact), entries, sign)

    def add_facts(self, connection: Connection, stored_facts: Sequence[StoredFact]) -> None:
        """Count tickets in a rebuild, once all families are computed and all links are written."""
        changes = [(stored.source_id, stored.fact.id) for stored in stored_facts if stored.fact.kind == "change"]
        named = links.named_causes(connection, changes)
        # While facts were written, the ticket that names this change as its cause may not have been there yet.
        corrected = {
            stored.fact.ticket: _with_cause_flipped(stored)
            for stored in stored_facts
            if (stored.source_id, stored.fact.id) in named and not stored.fact.named_cause
        }
        self._stores.facts.write(connection, corrected.values())
        current = [corrected.get(stored.fact.ticket, stored) for stored in stored_facts]
        self._add(current, _statuses(connection, stored_facts))

    def add_gaps(self, connection: Connection, episodes: Mapping[int, Sequence[Episode]]) -> None:
        """Count the gaps between the episodes of families in a rebuild."""
        gaps = _gaps(episodes, families.read(connection, sorted(episodes)))
        self._transfer_gaps(connection, TicketBatch([], {}), [], gaps)

    def mark_endless(self, connection: Connection, family: Family, *, is_endless: bool) -> None:
        """Recount the tickets of a family that became endless, or ceased to be, as time passed."""
        before = {family.id: family.status}
        after = {family.id: family.status._replace(is_endless=is_endless)}
        self._recount_flipped(connection, TicketBatch([], {}), before, after)
        families.mark_endless(connection, [family.id], is_endless=is_endless)

    def _subtract(self, stored_facts: Iterable[StoredFact], statuses: Mapping[int, FamilyStatus]) -> None:
        for stored in stored_facts:
            self._count(stored, statuses, -1)

    def _add(self, stored_facts: Iterable[StoredFact], statuses: Mapping[int, FamilyStatus]) -> None:
        for stored in stored_facts:
            self._count(stored, statuses, 1)

    def _count(self, stored: StoredFact, statuses: Mapping[int, FamilyStatus], sign: int) -> None:
        fact, zone = stored.fact, self._stores.clock.zone
        repeat, endless = ticket_flags(fact, None if stored.family_id is None else statuses.get(stored.family_id))
        scopes = TicketScopes.of(fact)
        self.changes.add(scopes, ticket_entries(fact, zone, repeat=repeat, endless=endless), sign)
        if (resolver := resolver_entry(fact, zone)) is not None:
            day, person = resolver
            self.changes.add(scopes, [(day, f"{PERSON}{person}", 1)], sign)

    def _recount_flipped(
        self,
        connection: Connection,
        batch: TicketBatch,
        before: Mapping[int, FamilyStatus],
        after: Mapping[int, FamilyStatus],
    ) -> None:
        """Recount the tickets outside the batch whose flags changed because their family did."""
        origin = batch.moves.origin
        moved = set(origin)
        for number, status in after.items():
            moved |= self._flipped_tickets(connection, number, before.get(number), status)
        flipped = sorted(moved - set(batch.numbers))
        for start in range(0, len(flipped), BATCH_SIZE):
            stored_facts = self._stores.facts.read(connection, flipped[start : start + BATCH_SIZE])
            # They were counted by the status of the family that they had then, which may be gone by now.
            former = [
                replace(stored, family_id=origin.get(number, stored.family_id))
                for number, stored in stored_facts.items()
            ]
            self._subtract(former, before)
            self._add(stored_facts.values(), after)

    def _flipped_tickets(
        self, connection: Connection, number: int, before: FamilyStatus | None, after: FamilyStatus
    ) -> set[int]:
        if before is None or before == after:
            return set()
        if (before.is_endless, before.is_dismissed) != (after.is_endless, after.is_dismissed):
            return set(facts.tickets_of_family(connection, number))
        # Only the end of the first episode moved: tickets opened between its two places become repeats, or cease to be.
        low, high = sorted((before.first_end, after.first_end))
        return set(families.tickets_between(connection, number, low, high))

    def _transfer_gaps(
        self, connection: Connection, batch: TicketBatch, before: Sequence[EpisodeGap], after: Sequence[EpisodeGap]
    ) -> None:
        """Count gaps out of the scopes that had them and into those that have them.

        A gap counts in the scopes of the ticket with which the later episode begins.
        """
        in_batch = set(batch.numbers)
        # A gap that stayed may still change its scopes if its ticket is in the batch: such a one is counted anew.
        unchanged = {gap for gap in set(before) & set(after) if gap.first_ticket not in in_batch}
        old, new = [gap for gap in before if gap not in unchanged], [gap for gap in after if gap not in unchanged]
        outside = sorted({gap.first_ticket for gap in (*old, *new)} - in_batch)
        stored_facts = self._stores.facts.read(connection, outside)
        self._count_gaps(old, stored_facts | batch.before, -1)
        self._count_gaps(new, stored_facts | batch.after, 1)

    def _count_gaps(self, gaps: Iterable[EpisodeGap], stored_facts: Mapping[int, StoredFact], sign: int) -> None:
        for first_ticket, ended, started in gaps:
            entries = gap_entries((ended, started), (ended, started), self._stores.clock.zone)
            self.changes.add(TicketScopes.of(stored_facts[first_ticket].fact), entries, sign)

    def _recount_causes(self, connection: Connection, batch: TicketBatch) -> None:
        """Recount the changes that tickets of the batch have begun, or ceased, to name as their cause."""
        numbers = sorted(set(links.ticket_numbers(connection, sorted(batch.causes))) - set(batch.numbers))
        stored_facts = self._stores.facts.read(connection, numbers).values()
        changes = [stored for stored in stored_facts if stored.fact.kind == "change"]
        named = links.named_causes(connection, [(stored.source_id, stored.fact.id) for stored in changes])
        causing = links.causing(connection, [stored.fact.ticket for stored in changes])
        # Another ticket, or the change itself, may say so too: then nothing has changed.
        flipped = [
            stored for stored in changes
            if (stored.fact.ticket in causing or (stored.source_id, stored.fact.id) in named) != stored.fact.named_cause
        ]  # fmt: skip
        statuses = _statuses(connection, flipped)
        corrected = [_with_cause_flipped(stored) for stored in flipped]
        self._subtract(flipped, statuses)
        self._add(corrected, statuses)
        self._stores.facts.write(connection, corrected)


def _touched_families(batch: TicketBatch) -> set[int]:
    moved = batch.moves.split | batch.moves.gone | batch.moves.merged.keys()
    stored_facts = (*batch.before.values(), *batch.after.values())
    return moved | {stored.family_id for stored in stored_facts if stored.family_id is not None}


def _family_updates(
    batch: TicketBatch, touched: Iterable[int], before: Mapping[int, Family]
) -> dict[int, FamilyUpdate | None]:
    """Return what each touched family was and what has changed in it; None if all its tickets must be read."""
    left, joined = _by_family(batch.before), _by_family(batch.after)
    moves, updates = batch.moves, dict[int, FamilyUpdate | None]()
    for number in touched:
        names = {number, *moves.merged.get(number, ())}
        parts = [before[name] for name in sorted(names & before.keys())]
        # The days of a family that was split cannot be divided among its parts: sums do not say whose they are.
        if not parts or number in moves.split or number in moves.gone:
            updates[number] = None
        else:
            updates[number] = FamilyUpdate(parts, _of_families(left, names), _of_families(joined, names))
    return updates


def _by_family(stored_facts: Mapping[int, StoredFact]) -> dict[int, list[StoredFact]]:
    by_family = defaultdict[int, list[StoredFact]](list)
    for stored in stored_facts.values():
        if stored.family_id is not None:
            by_family[stored.family_id].append(stored)
    return by_family


def _of_families(by_family: Mapping[int, list[StoredFact]], numbers: Iterable[int]) -> list[StoredFact]:
    return [stored for number in numbers for stored in by_family.get(number, ())]


def _statuses(connection: Connection, stored_facts: Iterable[StoredFact]) -> dict[int, FamilyStatus]:
    numbers = {stored.family_id for stored in stored_facts if stored.family_id is not None}
    return families.statuses(connection, numbers)


def _with_cause_flipped(stored: StoredFact) -> StoredFact:
    return replace(stored, fact=replace(stored.fact, named_cause=not stored.fact.named_cause))


def _gaps(episodes: Mapping[int, Sequence[Episode]], family_of: Mapping[int, Family]) -> list[EpisodeGap]:
    """Return the gap before every later episode of the families that count."""
    gaps = []
    for number, ordered in sorted(episodes.items()):
        if number in family_of and not family_of[number].is_dismissed:
            gaps += [EpisodeGap(later.first_ticket, former.end_s, later.start_s) for former, later in pairwise(ordered)]
    return gaps
