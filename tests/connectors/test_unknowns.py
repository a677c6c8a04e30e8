"""Words that nobody understood, in what the checks of the connectors look at."""

from pathlib import Path

from connectors.model import Ticket
from connectors.unknowns import unknown_words
from tests.connectors.file.harness import OPENED, check, ticket, write, write_jsonl
from tests.factory import ticket as factory_ticket


def test_words_are_counted_by_tickets_the_most_frequent_first() -> None:
    odd = {"status": "Zonk", "status_category": "unknown", "kind": "other", "source_kind": "Ask", "priority": None}
    numbers = [("1", "Zink"), ("1", "Zonk"), ("2", "Zonk"), ("2", "Zonk")]
    good = factory_ticket().model_dump()
    tickets = [Ticket(**good | odd | {"id": uid, "status": status}) for uid, status in numbers]

    assert [(word.field, word.word, word.tickets) for word in unknown_words([*tickets, factory_ticket()])] == [
        ("status", "Zonk", 2), ("status", "Zink", 1), ("kind", "Ask", 2)
    ]  # fmt: skip


def test_long_words_are_cut_where_they_are_shown() -> None:
    values = factory_ticket().model_dump() | {"status": "x" * 400, "status_category": "unknown"}
    [word] = unknown_words([Ticket(**values)])

    assert word.text == f'status "{"x" * 59}…" of 1 ticket is not understood.'


def test_check_of_files_lists_the_words_of_its_sample(tmp_path: Path) -> None:
    lines = [ticket("A", status="Zonk", kind="Ask", priority="Gold"), ticket("B", status="Open", priority="P1")]
    log = write(tmp_path / "log.csv", f"id,at,status\nA,{OPENED},Zonk\nA,2024-03-02T08:00Z,Zonk\n")
    for account in (check(write_jsonl(tmp_path / "a.jsonl", *lines)), check(log, events=True)):
        assert account.sample is not None
        assert [(word.field, word.word, word.tickets) for word in account.sample.unknown][:1] == [("status", "Zonk", 1)]
