from collections import Counter
from typing import Any

from connectors.model import Ticket
from service.analysis.families.ranking import Candidate, rank
from service.analysis.families.shape import shape_of
from tests.factory import at, ticket

DAY = 24.0


def order(query: Ticket, *others: Ticket) -> list[int]:
    """Return the positions of the others as they are suggested."""
    shapes = [shape_of("desk", item) for item in (query, *others)]
    holders = Counter(key for shape in shapes for key in shape.lookup_keys)
    first, *rest = (
        Candidate(number - 1, shape.content, int(item.opened_at.timestamp()))
        for number, (shape, item) in enumerate(zip(shapes, (query, *others), strict=True))
    )
    return rank(first, rest, {key: holders[key] for key in shapes[0].lookup_keys}, len(shapes))


def says(title: str, description: str = "", hours: float = 0, **given: Any) -> Ticket:
    return ticket(title=title, description=description, opened_at=at(hours), **given)


def test_what_is_rare_and_shared_comes_first() -> None:
    common = [says(f"Printer has no {what}") for what in ("paper", "toner", "tray")]
    assert order(says("Printer shows hieroglyphs"), *common, says("Hieroglyphs on paper"))[0] == 3


def test_a_word_of_the_title_counts_more() -> None:
    query = says("Spooler hangs")
    assert order(query, says("Something else", "The spooler is old."), says("Spooler is old", "Something else.")) == [
        1,
        0,
    ]


def test_what_is_near_in_time_comes_first() -> None:
    query = says("Spooler hangs", hours=400 * DAY)
    assert order(query, says("Spooler hangs"), says("Spooler hangs", hours=399 * DAY)) == [1, 0]


def test_the_same_part_comes_first() -> None:
    query = says("Spooler hangs", components=("print",))
    assert order(query, says("Spooler hangs"), says("Spooler hangs", components=("print",))) == [1, 0]


def test_an_excluded_place_is_not_suggested() -> None:
    query = says("Spooler hangs", service="Printing")
    assert order(query, says("Spooler hangs", service="Mail"), says("Spooler hangs")) == [1]


def test_equal_ones_come_in_the_order_of_their_ids() -> None:
    query = says("Spooler hangs")
    assert order(query, says("Spooler hangs"), says("Spooler hangs")) == [0, 1]
