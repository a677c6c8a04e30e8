"""B-cubed: how well found groups of tickets match the true ones (Bagga and Baldwin 1998)."""

from collections import defaultdict
from collections.abc import Collection, Hashable, Iterable, Mapping, Set
from dataclasses import dataclass

Groups = Iterable[Collection[Hashable]]


@dataclass(frozen=True, slots=True)
class Score:
    """Sums over `tickets`, so that scores of several companies can be pooled by adding them."""

    precision_sum: float = 0.0
    recall_sum: float = 0.0
    tickets: int = 0

    def __add__(self, other: "Score") -> "Score":
        return Score(
            self.precision_sum + other.precision_sum,
            self.recall_sum + other.recall_sum,
            self.tickets + other.tickets,
        )

    @property
    def f1(self) -> float:
        """The harmonic mean of precision and recall; 1 where there is nothing to find and nothing was found."""
        both = self.precision_sum + self.recall_sum
        return 2 * self.precision_sum * self.recall_sum / both / self.tickets if self.tickets else 1.0


def b_cubed(true: Groups, found: Groups) -> Score:
    """The score of disjoint groups over all tickets that are in a group of either; elsewhere each stands alone.

    Raises ValueError where a ticket is in two groups of one side.
    """
    truth, finding = _group_of(true), _group_of(found)
    tickets = truth.keys() | finding.keys()
    return Score(
        precision_sum=sum(_shared(ticket, finding, truth) for ticket in tickets),
        recall_sum=sum(_shared(ticket, truth, finding) for ticket in tickets),
        tickets=len(tickets),
    )


def _group_of(groups: Groups) -> Mapping[Hashable, Set[Hashable]]:
    found: dict[Hashable, set[Hashable]] = defaultdict(set)
    for group in groups:
        for ticket in group:
            if ticket in found:
                raise ValueError(f"{ticket} is in two groups")
            found[ticket] = set(group)
    return dict(found)


def _shared(
    ticket: Hashable, groups: Mapping[Hashable, Set[Hashable]], others: Mapping[Hashable, Set[Hashable]]
) -> float:
    """The share of the ticket's group that is in its group of the other grouping too."""
    own = groups.get(ticket, {ticket})
    return len(own & others.get(ticket, {ticket})) / len(own)
