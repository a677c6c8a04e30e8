"""Properties that hold for any content."""

import csv
import io
import tempfile
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import orjson
from hypothesis import given
from hypothesis import strategies as st

from tests.connectors.file.harness import OPENED, Pulled, pull, ticket

TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=20)
WORD = st.text("abcXYZ 0123äß日-_", min_size=1, max_size=8)
MOMENT = st.integers(0, 10**9).map(lambda seconds: datetime(2000, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds))
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats() | st.text(max_size=8) | MOMENT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=3,
)
CHANGES = st.lists(
    st.dictionaries(st.sampled_from(["at", "field", "old", "new", "relation", "target", "actor"]), JSON, max_size=4),
    max_size=2,
)
FIELDS = st.sampled_from(["id", "key", "opened_at", "closed_at", "hours", "labels", "links", "transitions", "status"])
STRANGE = st.dictionaries(FIELDS, JSON | CHANGES, max_size=4).map(orjson.dumps)
BYTES = st.binary(max_size=80).map(lambda data: data.replace(b"\n", b""))
QUOTES = st.text('",;\r\t ab', max_size=30).map(str.encode)


def pull_content(content: bytes, suffix: str, **options: Any) -> Pulled:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"t{suffix}"
        path.write_bytes(content)
        return pull(path, **options)


def good(pulled: Pulled) -> list[str]:
    return [uid for uid in pulled.ids if uid.startswith("good-")]


@given(st.lists(BYTES | STRANGE, max_size=5))
def test_good_json_lines_are_read_between_any_others(garbage: list[bytes]) -> None:
    lines = [orjson.dumps(ticket("good-0"))]
    for number, bad in enumerate(garbage, 1):
        lines += [bad, orjson.dumps(ticket(f"good-{number}"))]
    pulled = pull_content(b"\n".join(lines), ".jsonl")

    assert good(pulled) == [f"good-{number}" for number in range(len(garbage) + 1)]
    assert {int(refusal.place.rpartition(":")[2]) % 2 for refusal in pulled.refused} <= {0}


@given(st.lists(BYTES | QUOTES, max_size=8), st.booleans())
def test_good_rows_are_read_between_any_others(garbage: list[bytes], events: bool) -> None:
    lines = [b"id,opened_at,at,title", f'good-0,{OPENED},{OPENED},"x"'.encode()]
    for number, bad in enumerate(garbage, 1):
        lines += [bad, f'good-{number},"{OPENED}","{OPENED}",x'.encode()]
    pulled = pull_content(b"\n".join(lines), ".csv", events=events)

    assert sorted(good(pulled)) == [f"good-{number}" for number in range(len(garbage) + 1)]


@given(
    st.binary(max_size=300),
    st.sampled_from([".jsonl", ".jsonl.gz", ".csv", ".csv.gz"]),
    st.booleans(),
    st.sampled_from(["utf-8", "cp1252", "utf-7", "raw_unicode_escape", "shift_jis"]),
)
def test_no_content_raises(content: bytes, suffix: str, events: bool, encoding: str) -> None:
    pulled = pull_content(content, suffix, events=events, encoding=encoding)

    assert pulled.ids == []


TRANSITIONS = st.fixed_dictionaries(
    {"at": MOMENT.map(str), "field": st.sampled_from(["status", "team", "assignee"]), "old": WORD, "new": WORD},
    optional={"actor": WORD},
)
LINKS = st.fixed_dictionaries({"relation": st.sampled_from(["child", "problem"]), "target": st.just("T0")})
TICKET = st.fixed_dictionaries(
    {"opened_at": MOMENT.map(datetime.isoformat)},
    optional={
        "title": TEXT, "description": TEXT, "status": TEXT, "kind": WORD, "priority": WORD, "team": TEXT,
        "labels": st.lists(WORD, max_size=3), "hours": st.floats(0, 1000), "reopen_count": st.integers(0, 99),
        "links": st.lists(LINKS, max_size=2), "transitions": st.lists(TRANSITIONS, max_size=3), "unknown": TEXT,
    },
)  # fmt: skip


def as_cell(value: object) -> object:
    if isinstance(value, list):
        return ",".join(value) if all(isinstance(item, str) for item in value) else orjson.dumps(value).decode()
    return value


@given(
    st.lists(TICKET, min_size=1, max_size=5),
    st.sampled_from([",", ";", "\t", "|"]),
    st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC]),
)
def test_csv_and_json_lines_of_the_same_tickets_are_equal(
    tickets: list[dict[str, object]], delimiter: str, quoting: Any
) -> None:
    numbered = [{"id": f"T{number}", **fields} for number, fields in enumerate(tickets)]
    names = list(dict.fromkeys(name for fields in numbered for name in fields))
    table = io.StringIO(newline="")
    writer = csv.DictWriter(table, names, delimiter=delimiter, quoting=quoting)
    writer.writeheader()
    writer.writerows({name: as_cell(value) for name, value in fields.items()} for fields in numbered)

    from_lines = pull_content(b"\n".join(map(orjson.dumps, numbered)), ".jsonl")
    from_table = pull_content(table.getvalue().encode(), ".csv")

    assert from_lines.refused == from_table.refused == []
    assert from_lines.tickets == from_table.tickets
    assert len(from_lines.tickets) == len(tickets)


EVENTS = st.lists(
    st.tuples(
        st.sampled_from(["T1", "T2"]),
        st.integers(0, 1000),
        st.sampled_from(["New", "Active", "Closed", ""]),
        st.sampled_from(["Desk", "Mail", ""]),
    ),
    min_size=1,
    max_size=12,
    unique_by=lambda event: event[:2],
)


@given(EVENTS, st.randoms(use_true_random=False))
def test_event_lines_in_any_order_give_the_same_tickets(events: list[tuple[str, int, str, str]], random: Any) -> None:
    start = datetime(2024, 3, 1, tzinfo=UTC)
    lines = [f"{uid},{(start + timedelta(minutes=m)).isoformat()},{status},{team}" for uid, m, status, team in events]
    shuffled = random.sample(lines, len(lines))
    first, second = (
        pull_content("\n".join(["id,at,status,team", *rows]).encode(), ".csv", events=True)
        for rows in (sorted(lines), shuffled)
    )

    assert first.tickets == second.tickets
    assert first.refused == second.refused == []
    assert set(first.tickets) == {event[0] for event in events}
    for result in first.tickets.values():
        teams = [change for change in result.transitions if change.field == "team"]
        assert all(before.new == after.old for before, after in pairwise(teams))
        assert not teams or teams[-1].new == result.team
