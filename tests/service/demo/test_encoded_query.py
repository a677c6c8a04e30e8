from collections.abc import Mapping
from operator import itemgetter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.demo.servicenow.query import QueryError, parse

COLUMNS: Mapping[str, Any] = {name: itemgetter(name) for name in ("sys_id", "at", "state", "team")}
ROWS = [
    {"sys_id": "a", "at": "2026-01-01 10:00:00", "state": "1", "team": "north"},
    {"sys_id": "b", "at": "2026-01-01 10:00:00", "state": "2", "team": ""},
    {"sys_id": "c", "at": "2026-01-02 10:00:00", "state": "2", "team": "south"},
    {"sys_id": "d", "at": "2026-01-03 10:00:00", "state": "6", "team": "north"},
]


def matching(text: str) -> str:
    """Return the sys_ids of the rows of a query, in its order."""
    query = parse(text, COLUMNS)
    rows = list(filter(query.test(COLUMNS), ROWS))
    query.sort(rows, COLUMNS)
    return "".join(row["sys_id"] for row in rows)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "abcd"),
        ("state=2", "bc"),
        ("state!=2", "ad"),
        ("at>=2026-01-02 10:00:00", "cd"),
        ("at>2026-01-02 10:00:00", "d"),
        ("at<2026-01-02 10:00:00", "ab"),
        ("at<=2026-01-02 10:00:00", "abc"),
        ("sys_idINa,d,x", "ad"),
        ("teamISEMPTY", "b"),
        ("teamISNOTEMPTY", "acd"),
        ("state=2^team=south", "c"),
        ("state=1^ORstate=6^team=north", "ad"),
        ("team=north^state=1^ORstate=2", "a"),
        ("state=1^NQstate=6", "ad"),
        ("at>2026-01-01 10:00:00^NQat=2026-01-01 10:00:00^sys_id>a^ORDERBYat^ORDERBYsys_id", "bcd"),
        ("ORDERBYDESCstate^ORDERBYsys_id", "dbca"),
        ("ORDERBYDESCat^ORDERBYDESCsys_id", "dcba"),
        ("mistyped=2^state=2", "bc"),
        ("mistyped>2026-01-01", "abcd"),
        ("state=2^ORDERBYmistyped", "bc"),
    ],
)
def test_finds(text: str, expected: str) -> None:
    assert matching(text) == expected


@pytest.mark.parametrize("text", ["stateLIKE2", "state", "at>javascript:gs.daysAgo(1)", "stateSAMEASteam"])
def test_refuses_what_a_real_one_may_understand(text: str) -> None:
    with pytest.raises(QueryError, match="does not understand"):
        parse(text, COLUMNS)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("sys_idINa,b^state=2", {"a", "b"}),
        ("sys_id=a", {"a"}),
        ("sys_idINa,b^sys_idINb,c", {"b"}),
        ("sys_id=a^NQsys_id=b", {"a", "b"}),
        ("sys_id=a^NQstate=2", None),
        ("sys_id=a^ORstate=2", None),
        ("sys_id>a", None),
        ("", None),
    ],
)
def test_tells_which_rows_can_be_meant(text: str, expected: set[str] | None) -> None:
    assert parse(text, COLUMNS).named("sys_id") == expected


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 99)), unique_by=lambda row: row[1]), st.integers(1, 5))
def test_a_keyset_walk_brings_every_row_once(pairs: list[tuple[int, int]], size: int) -> None:
    rows = [{"at": str(at), "sys_id": f"{number:02}"} for at, number in pairs]
    columns: Mapping[str, Any] = {"at": itemgetter("at"), "sys_id": itemgetter("sys_id")}
    groups, walked = "at>=0", []
    while True:
        query = parse(f"{groups}^ORDERBYat^ORDERBYsys_id", columns)
        page = list(filter(query.test(columns), rows))
        query.sort(page, columns)
        if not page:
            break
        walked += page[:size]
        last = walked[-1]
        groups = f"at>{last['at']}^NQat={last['at']}^sys_id>{last['sys_id']}"
    assert walked == sorted(rows, key=lambda row: (row["at"], row["sys_id"]))
