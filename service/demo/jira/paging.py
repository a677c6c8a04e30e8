"""Page tokens of the simulated Jira: they say where a walk stands, and belong to one query."""

import base64
import binascii
from collections.abc import Callable, Iterable
from hashlib import blake2b
from typing import Any, TypeVar

import orjson

from service.demo.jira.jql import Key

T = TypeVar("T")


class WrongToken(Exception):
    """A token that was not given for this query."""


def take(
    rows: Iterable[T], key: Callable[[T], Key], size: int, query: Any, token: str | None
) -> tuple[list[T], str | None]:
    """At most `size` rows behind the token in the order of their keys, and the token of the next page.

    `query` is the JSON that must stay the same. Raises WrongToken.
    """
    ordered = sorted(rows, key=key)
    if token:
        last = _read(token, query)
        ordered = [row for row in ordered if key(row) > last]
    page = ordered[:size]
    return page, _write(key(page[-1]), query) if len(ordered) > size else None


def _mark(query: Any) -> str:
    return blake2b(orjson.dumps(query), digest_size=8).hexdigest()


def _write(last: Key, query: Any) -> str:
    return base64.urlsafe_b64encode(orjson.dumps([_mark(query), *last])).decode()


def _read(token: str, query: Any) -> Key:
    try:
        mark, *last = orjson.loads(base64.urlsafe_b64decode(token))
    except (binascii.Error, ValueError) as problem:
        raise WrongToken from problem
    if mark != _mark(query):
        raise WrongToken
    return tuple(last)
