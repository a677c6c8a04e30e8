"""One batch of tickets taken in: facts, families and sums follow, in the caller's transaction."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

from sqlalchemy import Connection

from service.analysis.classify import Override
from service.analysis.fact import Fact
from service.analysis.tally import PERSON, entries, gap_entries, resolver_of
from service.pipeline.cell_changes import CellChanges, TicketScopes
from service.pipeline.clustering import Edge, FamilyClustering, FamilyMoves
from service.pipeline.facts import FactBuilder
from service.pipeline.families import FamilyCalculator, FamilyUpdate, flags
from service.pipeline.feedback import FamilyFeedback
from service.pipeline.stores import Stores
from service.store.results import facts, families, links
from service.store.results.facts import StoredFact
from service.store.results.families import Episode, Family, FamilyStatus
from service.store.results.links import Target
from service.store.results.shapes import CertainName
from service.store.tickets.reader import StoredTicket

AT_ONCE = 1000


@dataclass(slots=True)
class TicketBatch:
    """A batch as it was taken in: what was known of its tickets, what is known now, and what moved with them."""

    numbers: list[int]
    before: dict[int, StoredFact]
    after: dict[int, StoredFact] = field(default_factory=dict)
    moves: FamilyMoves = field(default_factory=FamilyMoves)
    causes: set[Target] = field(default_factory=set)


class BatchProcessor:
    """Takes tickets in. `changes` gathers what that adds to the sums."""

    def __init__(self, stores: Stores, reader: FactBuilder, said: FamilyFeedback) -> None:
        self._stores = stores
        self._reader = reader
        self._said = said
        self._grouping = FamilyClustering(stores.shapes)
        self.changes = CellChanges()

    def take(
        self,
        connection: Connection,
        numbers: Sequence[int],
        stored: Sequence[StoredTicket],
        labels: Mapping[tuple[int, str], Override],
    ) -> TicketBatch:
        """Writes facts, ties and families of these tickets; families are not computed anew. What is gone goes."""
        taken = TicketBatch(list(numbers), self._stores.facts.read(connection, numbers))
        here = [one for one in stored if one.deleted_at is None and one.ticket.opened_at <= self._stores.clock.as_of]
        self._tie(connection, here, taken)
        named = links.named_causes(connection, [(one.source_id, one.ticket.id) for one in here])
        causes = {one.number for one in here if (one.source_id, one.ticket.id) in named}
        said = {one.number: labels[key] for one in here if (key := (one.source_id, one.ticket.id)) in labels}
        found = self._reader.facts(here, said, causes)
        self._group(connection, here, found, taken)
        return taken

    def count(self, connection: Connection, taken: TicketBatch, dismissed: frozenset[str]) -> set[int]:
        """Computes the touched families anew and gathers all that has moved in the sums; the families, by number."""
        touched = self._touched(taken)
        before = families.read(connection, sorted(touched))
        episodes = families.episodes(connection, sorted(touched))
        made = FamilyCalculator(self._stores.clock.as_of_s, dismissed)
        after = made.recompute(connection, self._stores.results, _renewals(taken, touched, before))
        now = {number: family.status for number, family in after.items()}
        then = {number: family.status for number, family in before.items()}
        self._take_back(taken.before.values(), then)
        self._add(taken.after.values(), now)
        self._flip(connection, taken, then, now)
        fresh = families.episodes(connection, sorted(after))
        self._move_gaps(connection, taken, _gaps(episodes, before), _gaps(fresh, after))
        self._name_causes(connection, taken)
        return touched

    def add(self, connection: Connection, placed: Sequence[StoredFact]) -> None:
        """Gathers all that these tickets add, in a rebuild: their families stand, and their causes are all known."""
        named = links.named_causes(
            connection, [(one.source_id, one.fact.id) for one in placed if one.fact.kind == "change"]
        )
        turned = [_turned(one) for one in placed if (one.source_id, one.fact.id) in named and not one.fact.named_cause]
        self._stores.facts.write(connection, turned)
        known = {one.fact.ticket: one for one in placed} | {one.fact.ticket: one for one in turned}
        self._add(known.values(), _standings(connection, placed))

    def add_gaps(self, connection: Connection, episodes: Mapping[int, Sequence[Episode]]) -> None:
        """Gathers the gaps between the episodes of families, in a rebuild."""
        own = families.read(connection, sorted(episodes))
        self._move_gaps(connection, TicketBatch([], {}), [], _gaps(episodes, own))

    def turn(self, connection: Connection, family: Family, *, is_endless: bool) -> None:
        """Counts the tickets of a family anew that has become endless, or is so no longer, while time passed."""
        then = {family.id: family.status}
        now = {family.id: family.status._replace(is_endless=is_endless)}
        self._flip(connection, TicketBatch([], {}), then, now)
        families.mark_endless(connection, [family.id], is_endless=is_endless)

    def _tie(self, connection: Connection, here: Sequence[StoredTicket], taken: TicketBatch) -> None:
        before = links.causes_of(connection, list(taken.before))
        rows = [
            {"ticket_id": one.number, "relation": link.relation, "target": link.target, "source_id": one.source_id}
            for one in here for link in one.ticket.links
        ]  # fmt: skip
        self._stores.links.replace(connection, taken.numbers, rows)
        after = {
            (one.source_id, link.target) for one in here for link in one.ticket.links if link.relation == "caused_by"
        }
        taken.causes = before ^ after

    def _group(
        self, connection: Connection, here: Sequence[StoredTicket], found: Sequence[Fact], taken: TicketBatch
    ) -> None:
        memberships = {
            one.number: self._said.membership(one.source_id, one.source, one.ticket)
            for one, fact in zip(here, found, strict=True) if fact.is_reactive
        }  # fmt: skip
        family_of, new = self._grouping.place(connection, memberships.values())
        for one, fact in zip(here, found, strict=True):
            member = memberships.get(one.number)
            shape_id = member.shape_id if member else None
            taken.after[one.number] = StoredFact(
                fact, one.source_id, shape_id, None if shape_id is None else family_of[shape_id]
            )
        had = self._stores.shapes.certain_keys(connection, list(taken.before))
        has = {number: set(member.certain) for number, member in memberships.items()}
        given_up = _given_up(had, has, taken)
        held = self._stores.shapes.shapes_by_certain_key(connection, given_up)
        self._stores.facts.write(connection, taken.after.values())
        facts.remove(connection, sorted(taken.before.keys() - taken.after.keys()))
        self._write_certain(connection, had, has)
        loosened = _loosened(held, self._stores.shapes.shapes_by_certain_key(connection, given_up))
        self._grouping.join(connection, new, memberships, taken.moves)
        left = {one.shape_id for one in taken.before.values() if one.shape_id is not None and _has_left(one, taken)}
        self._grouping.loosen(connection, left, loosened, taken.moves)
        self._settle(connection, taken)

    def _write_certain(
        self, connection: Connection, had: Mapping[int, set[CertainName]], has: Mapping[int, set[CertainName]]
    ) -> None:
        none: set[CertainName] = set()
        changed = sorted(one for one in had.keys() | has.keys() if had.get(one, none) != has.get(one, none))
        self._stores.shapes.remove_certain(connection, [number for number in changed if number in had])
        self._stores.shapes.add_certain(connection, {number: has.get(number, ()) for number in changed})

    def _settle(self, connection: Connection, taken: TicketBatch) -> None:
        """Follows what became of the families of the batch's own tickets."""
        shapes = sorted({placed.shape_id for placed in taken.after.values() if placed.shape_id is not None})
        family_of = self._stores.shapes.families(connection, shapes)
        for number, placed in taken.after.items():
            if placed.shape_id is not None and family_of[placed.shape_id] != placed.family_id:
                family_id = family_of[placed.shape_id]
                taken.after[number] = StoredFact(placed.fact, placed.source_id, placed.shape_id, family_id)
            taken.moves.origin.pop(number, None)

    def _touched(self, taken: TicketBatch) -> set[int]:
        own = [*taken.before.values(), *taken.after.values()]
        moved = taken.moves.split | taken.moves.gone | taken.moves.merged.keys()
        return moved | {one.family_id for one in own if one.family_id is not None}

    def _take_back(self, placed: Iterable[StoredFact], standings: Mapping[int, FamilyStatus]) -> None:
        for one in placed:
            self._count(one, standings, -1)

    def _add(self, placed: Iterable[StoredFact], standings: Mapping[int, FamilyStatus]) -> None:
        for one in placed:
            self._count(one, standings, 1)

    def _count(self, placed: StoredFact, standings: Mapping[int, FamilyStatus], sign: int) -> None:
        fact, zone = placed.fact, self._stores.clock.zone
        standing = standings.get(placed.family_id) if placed.family_id is not None else None
        repeat, endless = flags(fact, standing)
        scopes = TicketScopes.of(fact)
        self.changes.add(scopes, entries(fact, zone, repeat=repeat, endless=endless), sign)
        if (resolver := resolver_of(fact, zone)) is not None:
            day, person = resolver
            self.changes.add(scopes, [(day, f"{PERSON}{person}", 1)], sign)

    def _flip(
        self,
        connection: Connection,
        taken: TicketBatch,
        then: Mapping[int, FamilyStatus],
        now: Mapping[int, FamilyStatus],
    ) -> None:
        """Counts the tickets anew that did not change themselves, but what their family says of them."""
        origin = taken.moves.origin
        moved = set(origin)
        for number, standing in now.items():
            moved |= self._affected(connection, number, then.get(number), standing)
        flipped = sorted(moved - set(taken.numbers))
        for start in range(0, len(flipped), AT_ONCE):
            placed = self._stores.facts.read(connection, flipped[start : start + AT_ONCE])
            former = [
                StoredFact(one.fact, one.source_id, one.shape_id, origin.get(number, one.family_id))
                for number, one in placed.items()
            ]
            self._take_back(former, then)
            self._add(placed.values(), now)

    def _affected(self, connection: Connection, number: int, then: FamilyStatus | None, now: FamilyStatus) -> set[int]:
        if then is None or then == now:
            return set()
        if (then.is_endless, then.is_dismissed) != (now.is_endless, now.is_dismissed):
            return set(facts.tickets_of_family(connection, number))
        low, high = sorted((then.first_end, now.first_end))
        return set(families.tickets_between(connection, number, low, high))

    def _move_gaps(
        self,
        connection: Connection,
        taken: TicketBatch,
        before: Sequence[tuple[int, int, int]],
        after: Sequence[tuple[int, int, int]],
    ) -> None:
        """Counts gaps in the scopes of the ticket with which the later episode begins."""
        own = set(taken.numbers)
        stay = {gap for gap in set(before) & set(after) if gap[0] not in own}
        old, new = [gap for gap in before if gap not in stay], [gap for gap in after if gap not in stay]
        others = sorted({gap[0] for gap in (*old, *new)} - own)
        known = self._stores.facts.read(connection, others)
        self._count_gaps(old, known | taken.before, -1)
        self._count_gaps(new, known | taken.after, 1)

    def _count_gaps(self, gaps: Iterable[tuple[int, int, int]], placed: Mapping[int, StoredFact], sign: int) -> None:
        for first_ticket, ended, started in gaps:
            found = gap_entries((ended, started), (ended, started), self._stores.clock.zone)
            self.changes.add(TicketScopes.of(placed[first_ticket].fact), found, sign)

    def _name_causes(self, connection: Connection, taken: TicketBatch) -> None:
        """Counts changes anew that tickets of the batch have begun, or ceased, to name as their cause."""
        numbers = sorted(set(links.ticket_numbers(connection, sorted(taken.causes))) - set(taken.numbers))
        read = self._stores.facts.read(connection, numbers).values()
        placed = [one for one in read if one.fact.kind == "change"]
        named = links.named_causes(connection, [(one.source_id, one.fact.id) for one in placed])
        own = links.causing(connection, [one.fact.ticket for one in placed])
        turned = [
            one for one in placed
            if (one.fact.ticket in own or (one.source_id, one.fact.id) in named) != one.fact.named_cause
        ]  # fmt: skip
        standings = _standings(connection, turned)
        fresh = [_turned(one) for one in turned]
        self._take_back(turned, standings)
        self._add(fresh, standings)
        self._stores.facts.write(connection, fresh)


def _given_up(
    had: Mapping[int, set[CertainName]], has: Mapping[int, set[CertainName]], taken: TicketBatch
) -> set[CertainName]:
    """The certain keys that some ticket has lost, or has taken with it to another shape."""
    return {
        name
        for number, names in had.items()
        for name in (names if _has_left(taken.before[number], taken) else names - has.get(number, set()))
    }


def _loosened(held: Mapping[CertainName, set[int]], holds: Mapping[CertainName, set[int]]) -> set[Edge]:
    """The shapes that a certain key held to others and does so no longer."""
    found: set[Edge] = set()
    for name, shapes in held.items():
        still = shapes & holds.get(name, set())
        found.update((shape_id, min(still, default=None)) for shape_id in shapes - still if len(shapes) > 1)
    return found


def _has_left(placed: StoredFact, taken: TicketBatch) -> bool:
    """Whether a ticket no longer has the shape that it had before."""
    now = taken.after.get(placed.fact.ticket)
    return now is None or now.shape_id != placed.shape_id


def _standings(connection: Connection, placed: Iterable[StoredFact]) -> dict[int, FamilyStatus]:
    return families.statuses(connection, {one.family_id for one in placed if one.family_id is not None})


def _renewals(
    taken: TicketBatch, touched: Iterable[int], before: Mapping[int, Family]
) -> dict[int, FamilyUpdate | None]:
    """What each touched family was made of and what has changed in it; None where it is to be made of its tickets."""
    left, came = _by_family(taken.before), _by_family(taken.after)
    moves, found = taken.moves, dict[int, FamilyUpdate | None]()
    for number in touched:
        names = {number, *moves.merged.get(number, ())}
        parts = [before[name] for name in sorted(names & before.keys())]
        is_whole = not parts or number in moves.split or number in moves.gone
        found[number] = None if is_whole else FamilyUpdate(parts, _of(left, names), _of(came, names))
    return found


def _by_family(placed: Mapping[int, StoredFact]) -> dict[int, list[StoredFact]]:
    found = defaultdict[int, list[StoredFact]](list)
    for one in placed.values():
        if one.family_id is not None:
            found[one.family_id].append(one)
    return found


def _of(placed: Mapping[int, list[StoredFact]], families_: Iterable[int]) -> list[StoredFact]:
    return [one for number in families_ for one in placed.get(number, ())]


def _turned(placed: StoredFact) -> StoredFact:
    fact = replace(placed.fact, named_cause=not placed.fact.named_cause)
    return replace(placed, fact=fact)


def _gaps(episodes: Mapping[int, Sequence[Episode]], of: Mapping[int, Family]) -> list[tuple[int, int, int]]:
    """(first ticket, end of the episode before, start) of every later episode of families that count."""
    found = []
    for number, own in sorted(episodes.items()):
        if number in of and not of[number].is_dismissed:
            found += [(later.first_ticket, former.end_s, later.start_s) for former, later in pairwise(own)]
    return found
