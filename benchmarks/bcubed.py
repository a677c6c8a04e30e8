"""B-cubed: the agreement of computed groups of tickets with the true ones (Bagga and Baldwin 1998)."""

from collections import defaultdict
from collections.abc import Collection, Hashable, Iterable, Mapping, Set
from dataclasses import dataclass

Groups = Iterable[Collection[Hashable]]


@dataclass(frozen=True, slots=True)
class BCubedScore:
    """Sums over `tickets`, so that adding scores pools several companies."""

    precision_sum: float = 0.0
    recall_sum: float = 0.0
    tickets: int = 0

    def __add__(self, addend: "BCubedScore") -> "BCubedScore":
        return BCubedScore(
            self.precision_sum + addend.precision_sum,
            self.recall_sum + addend.recall_sum,
            self.tickets + addend.tickets,
        )

    @property
    def f1(self) -> float:
        """The harmonic mean of precision and recall; 1 where neither side has a group."""
        total = self.precision_sum + self.recall_sum
        return 2 * self.precision_sum * self.recall_sum / total / self.tickets if self.tickets else 1.0


def b_cubed(true: Groups, computed: Groups) -> BCubedScore:
    """Return the score of disjoint groups over all tickets that are in a group of either side.

    Raises ValueError where a ticket is in two groups of one side.
    """
    true_group, computed_group = _by_ticket(true), _by_ticket(computed)
    # Tickets without a group on either side are left out: thousands of them would make any score perfect.
    tickets = true_group.keys() | computed_group.keys()
    return BCubedScore(
        precision_sum=sum(_shared(ticket, computed_group, true_group) for ticket in tickets),
        recall_sum=sum(_shared(ticket, true_group, computed_group) for ticket in tickets),
        tickets=len(tickets),
    )


def _by_ticket(groups: Groups) -> Mapping[Hashable, Set[Hashable]]:
    by_ticket: dict[Hashable, set[Hashable]] = defaultdict(set)
    for group in groups:
        for ticket in group:
            if ticket in by_ticket:
                raise ValueError(f"{ticket} is in two groups")
            by_ticket[ticket] = set(group)
    return dict(by_ticket)


def _shared(
    ticket: Hashable, groups: Mapping[Hashable, Set[Hashable]], reference: Mapping[Hashable, Set[Hashable]]
) -> float:
    """Return the share of a ticket's group that is in its group of the reference, too; alone it is its own group."""
    group = groups.get(ticket, {ticket})
    return len(group & reference.get(ticket, {ticket})) / len(group)
