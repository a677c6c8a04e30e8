"""Page tokens of the simulated Jira: each holds the place of the last row, and belongs to one query."""

import base64
import binascii
from collections.abc import Callable, Iterable
from hashlib import blake2b
from typing import Any, TypeVar

import orjson

from service.demo.jira.jql import SortKey

T = TypeVar("T")


class WrongToken(Exception):
    """A token that was issued for another query, or by nobody."""


def take(
    rows: Iterable[T], key: Callable[[T], SortKey], size: int, query: Any, token: str | None
) -> tuple[list[T], str | None]:
    """Return at most `size` rows after the token, in the order of their keys, and the token of the next page.

    `query` is the JSON that must stay the same from page to page. Raises WrongToken.
    """
    ordered = sorted(rows, key=key)
    if token:
        last = _read(token, query)
        # By place, not by offset: issues that move while a walk is under way must neither be skipped nor repeated.
        ordered = [row for row in ordered if key(row) > last]
    page = ordered[:size]
    return page, _write(key(page[-1]), query) if len(ordered) > size else None


def _query_hash(query: Any) -> str:
    return blake2b(orjson.dumps(query), digest_size=8).hexdigest()


def _write(last: SortKey, query: Any) -> str:
    return base64.urlsafe_b64encode(orjson.dumps([_query_hash(query), *last])).decode()


def _read(token: str, query: Any) -> SortKey:
    try:
        query_hash, *last = orjson.loads(base64.urlsafe_b64decode(token))
    except (binascii.Error, ValueError) as problem:
        raise WrongToken from problem
    if query_hash != _query_hash(query):
        raise WrongToken
    return tuple(last)
