"""Lists that the parameters of a URL filter, sort and page."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, Self, TypeVar

from service.web.parameters import LAST_PAGE, whole_number

Item = TypeVar("Item")
SortKey = tuple[float | str, ...]
Sort = Callable[[Item], SortKey]


@dataclass(frozen=True, slots=True)
class Filter(Generic[Item]):
    """A column by whose values a list is filtered; an item may have several."""

    name: str
    values: Callable[[Item], Sequence[str]]


@dataclass(frozen=True, slots=True)
class Listing(Generic[Item]):
    """One page of a list. `choices` are the values of each filter with the number of items that have them."""

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
        filters: Sequence[Filter[Item]],
        sorts: Mapping[str, Sort[Item]],
        *,
        title: Callable[[Item], str],
        page_size: int,
        descending: Sequence[str] = (),
    ) -> Self:
        """Return the page of a list that the parameters of a URL ask for; unknown filters and sorts are ignored.

        Raises ParameterError for a page that is not a number.
        """
        chosen = {column.name: query[column.name] for column in filters if query.get(column.name)}
        text = query.get("find", "").strip()
        matching = [
            item for item in items if _matches(item, filters, chosen) and text.casefold() in title(item).casefold()
        ]
        sort = query.get("sort", "") if query.get("sort", "") in sorts else next(iter(sorts))
        matching.sort(key=sorts[sort], reverse=sort in descending)
        pages = max(1, -(-len(matching) // page_size))
        # A page beyond the end shows the last one: a link of last week may count more pages than there are now.
        page = min(pages, whole_number(query, "page", 1, least=1, most=LAST_PAGE))
        shown = matching[(page - 1) * page_size : page * page_size]
        choices = {column.name: _choices(items, column) for column in filters}
        return cls(shown, len(matching), page, pages, sort, chosen, choices, text)


def _matches(item: Item, filters: Sequence[Filter[Item]], chosen: Mapping[str, str]) -> bool:
    return all(chosen[column.name] in column.values(item) for column in filters if column.name in chosen)


def _choices(items: Sequence[Item], column: Filter[Item]) -> list[tuple[str, int]]:
    return sorted(Counter(value for item in items for value in column.values(item) if value).items())
