"""Lists that are filtered, sorted and paged by what stands in the URL."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

Item = dict[str, Any]
Sort = Callable[[Item], Any]


@dataclass(frozen=True, slots=True)
class Filter:
    """A column by whose values a list is filtered; an item may have several."""

    name: str
    values: Callable[[Item], Sequence[str]]


@dataclass(frozen=True, slots=True)
class Listing:
    """One page of a list. `choices` are the values of each filter with how many items have them."""

    items: Sequence[Item]
    total: int
    page: int
    pages: int
    sort: str
    chosen: Mapping[str, str]
    choices: Mapping[str, Sequence[tuple[str, int]]]
    text: str = ""

    @classmethod
    def of(
        cls,
        query: Mapping[str, str],
        items: Sequence[Item],
        filters: Sequence[Filter],
        sorts: Mapping[str, Sort],
        *,
        at_once: int,
        descending: Sequence[str] = (),
    ) -> Self:
        """The page of a list that a query asks for; what a query says that means nothing is left aside."""
        chosen = {one.name: query[one.name] for one in filters if query.get(one.name)}
        text = query.get("find", "").strip()
        found = [item for item in items if _is_wanted(item, filters, chosen, text)]
        sort = query.get("sort", "") if query.get("sort", "") in sorts else next(iter(sorts))
        found.sort(key=sorts[sort], reverse=sort in descending)
        pages = max(1, -(-len(found) // at_once))
        page = min(pages, max(1, int(query["page"]))) if query.get("page", "").isdecimal() else 1
        shown = found[(page - 1) * at_once : page * at_once]
        choices = {one.name: _choices(items, one) for one in filters}
        return cls(shown, len(found), page, pages, sort, chosen, choices, text)


def _is_wanted(item: Item, filters: Sequence[Filter], chosen: Mapping[str, str], text: str) -> bool:
    if text and text.casefold() not in item["title"].casefold():
        return False
    return all(chosen[one.name] in one.values(item) for one in filters if one.name in chosen)


def _choices(items: Sequence[Item], of: Filter) -> list[tuple[str, int]]:
    return sorted(Counter(value for item in items for value in of.values(item) if value).items())
