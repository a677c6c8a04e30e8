"""Counting of tickets and causes into the sums of cells, as changes to what was counted before."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from sqlalchemy import Connection

from service.analysis.tally import PERSON, major_entry, resolver_entry, ticket_entries, work_entries
from service.pipeline.batch import TicketBatch
from service.pipeline.cell_changes import CellChanges, TicketScopes
from service.pipeline.families import SMALL_FAMILY, FamilyCalculator, FormerFamilies
from service.pipeline.family_update import FamilyUpdate
from service.pipeline.flags import FlagTable
from service.pipeline.stores import Stores
from service.store.results import facts, families, links
from service.store.results.facts import NO_FLAGS, Estimate, StoredFact, TicketFlags, with_estimate
from service.store.results.families import Family, MovedWork
from service.store.sql import batches

BATCH_SIZE = 1000


class TicketCounter:
    """Collects in `changes` what batches move in the sums. The caller flushes it."""

    def __init__(self, stores: Stores) -> None:
        self._stores = stores
        self.changes = CellChanges()

    def count_batch(self, connection: Connection, batch: TicketBatch, dismissed: frozenset[str]) -> None:
        """Compute the families that a batch touched, and count everything that has moved with them."""
        touched = _touched_families(batch)
        former = FormerFamilies.read(connection, sorted(touched))
        calculator = FamilyCalculator(self._stores.clock, dismissed)
        updates = _family_updates(batch, touched, former.families)
        flags = calculator.recompute(connection, self._stores.results, updates, former)
        # Outside the batch only flags change: those tickets are counted out and in by them.
        outside = self._stores.facts.read(connection, sorted(flags.keys() - batch.after.keys()))
        facts.set_flags(connection, flags)
        self._subtract((*batch.before.values(), *outside.values()))
        self._add(_with_flags(stored, flags) for stored in (*batch.after.values(), *outside.values()))
        self._recount_causes(connection, batch)

    def recount_estimates(self, connection: Connection, estimates: Mapping[int, Estimate]) -> None:
        """Count the new estimates of tickets of which nothing else has changed."""
        for numbers in batches(sorted(estimates), BATCH_SIZE):
            moved = list[MovedWork]()
            for number, stored in self._stores.facts.read(connection, numbers).items():
                estimated = replace(stored, fact=with_estimate(stored.fact, estimates[number]))
                self._count_work(stored, -1)
                self._count_work(estimated, 1)
                moved.append(MovedWork.of(stored, estimated))
            families.move_work(connection, moved)
        facts.write_estimates(connection, estimates)

    def _count_work(self, stored: StoredFact, sign: int) -> None:
        fact, zone, flags = stored.fact, self._stores.clock.zone, stored.flags
        entries = work_entries(fact, zone, repeat=flags.is_repeat, endless=flags.is_endless)
        self.changes.add(TicketScopes.of(fact), entries, sign)

    def add_facts(self, connection: Connection, stored_facts: Sequence[StoredFact], table: FlagTable) -> None:
        """Count tickets in a rebuild and write their flags, once families are computed and all links are written."""
        changes = [(stored.source_id, stored.fact.id) for stored in stored_facts if stored.fact.kind == "change"]
        named = links.named_causes(connection, changes)
        # While facts were written, the ticket that names this change as its cause may not have been there yet.
        corrected = {
            stored.fact.ticket: _with_cause_flipped(stored)
            for stored in stored_facts
            if (stored.source_id, stored.fact.id) in named and not stored.fact.named_cause
        }
        self._stores.facts.write(connection, corrected.values())
        flags = {stored.fact.ticket: table.of(stored.fact.ticket) for stored in stored_facts}
        flagged = {number: flags_of for number, flags_of in flags.items() if flags_of != NO_FLAGS}
        facts.set_flags(connection, flagged)
        for stored in stored_facts:
            # The flags beside the fact: a copy of every fact for its flags took a tenth of this pass.
            self._count(corrected.get(stored.fact.ticket, stored), 1, flags[stored.fact.ticket])

    def _subtract(self, stored_facts: Iterable[StoredFact]) -> None:
        for stored in stored_facts:
            self._count(stored, -1, stored.flags)

    def _add(self, stored_facts: Iterable[StoredFact]) -> None:
        for stored in stored_facts:
            self._count(stored, 1, stored.flags)

    def _count(self, stored: StoredFact, sign: int, flags: TicketFlags) -> None:
        fact, zone = stored.fact, self._stores.clock.zone
        scopes = TicketScopes.of(fact)
        self.changes.add(scopes, ticket_entries(fact, zone, repeat=flags.is_repeat, endless=flags.is_endless), sign)
        if flags.leads:
            self.changes.add(TicketScopes.led(fact, flags.leads), [major_entry(fact, zone)], sign)
        if (resolver := resolver_entry(fact, zone)) is not None:
            day, person = resolver
            self.changes.add(scopes, [(day, f"{PERSON}{person}", 1)], sign)

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
        corrected = [_with_cause_flipped(stored) for stored in flipped]
        self._subtract(flipped)
        self._add(corrected)
        self._stores.facts.write(connection, corrected)


def _touched_families(batch: TicketBatch) -> set[int]:
    moved = batch.moves.split | batch.moves.gone | batch.moves.merged.keys()
    stored_facts = (*batch.before.values(), *batch.after.values())
    return moved | {stored.family_id for stored in stored_facts if stored.family_id is not None}


def _family_updates(
    batch: TicketBatch, touched: Iterable[int], before: Mapping[int, Family]
) -> dict[int, FamilyUpdate | None]:
    """Return what has changed in each touched family; None if all its tickets are to be read."""
    left, joined = _by_family(batch.before), _by_family(batch.after)
    moved = batch.moves.split | batch.moves.gone | batch.moves.merged.keys()
    return {
        number: FamilyUpdate(family, left.get(number, []), joined.get(number, []))
        if (family := before.get(number)) and number not in moved and family.tickets > SMALL_FAMILY
        else None
        for number in touched
    }


def _by_family(stored_facts: Mapping[int, StoredFact]) -> dict[int, list[StoredFact]]:
    by_family = defaultdict[int, list[StoredFact]](list)
    for stored in stored_facts.values():
        if stored.family_id is not None:
            by_family[stored.family_id].append(stored)
    return by_family


def _with_flags(stored: StoredFact, flags: Mapping[int, TicketFlags]) -> StoredFact:
    current = flags.get(stored.fact.ticket)
    return stored if current is None else replace(stored, flags=current)


def _with_cause_flipped(stored: StoredFact) -> StoredFact:
    return replace(stored, fact=replace(stored.fact, named_cause=not stored.fact.named_cause))
