from datetime import timedelta

import pytest
from sqlalchemy import select

from service.analysis.limits import CUT, DESCRIPTION_LENGTH, TITLE_LENGTH
from service.store.database import Database
from service.store.tickets import reader, sources
from service.store.tickets.privacy import HASHED_LENGTH, PrivacyFilter
from service.store.tickets.writer import TICKET, PageWriter, PreparedTicket
from tests.factory import START, ticket

KEY = b"a key of thirty-two bytes or more"


def _writer(database: Database, text: str = "store") -> tuple[PageWriter, int]:
    privacy = PrivacyFilter("pseudonym", "store" if text == "store" else "fingerprint", KEY)
    return PageWriter(database, privacy), sources.register(database, "a", "file", START).id


def _write(database: Database, writer: PageWriter, source_id: int, page: list[PreparedTicket]) -> None:
    with database.write() as connection:
        writer.write(connection, source_id, page)


def test_a_title_of_any_length_is_stored_cut_and_says_so(database: Database) -> None:
    writer, source_id = _writer(database)
    long = ticket(title="b" * 10_000_000, description="c" * 1_000_000)
    _write(database, writer, source_id, writer.prepare(source_id, [long, ticket("2", title="d" * TITLE_LENGTH)]))
    with database.read() as connection:
        rows = connection.execute(select(TICKET.c.title, TICKET.c.description).order_by(TICKET.c.id)).all()
    assert rows[0].title == "b" * (TITLE_LENGTH - 1) + CUT
    assert rows[0].description == long.description
    assert rows[1].title == "d" * TITLE_LENGTH


def test_an_analysis_reads_the_beginning_of_a_long_description(database: Database) -> None:
    writer, source_id = _writer(database)
    _write(database, writer, source_id, writer.prepare(source_id, [ticket(description="c" * 1_000_000)]))
    [[stored]] = reader.read_all(database)
    assert stored.ticket.description == "c" * DESCRIPTION_LENGTH


def test_texts_are_masked_before_the_transaction(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    writer, source_id = _writer(database, "fingerprint")
    page = writer.prepare(source_id, [ticket("1"), ticket("2")])
    monkeypatch.setattr(writer, "_filter_text", None)
    monkeypatch.setattr(writer, "_privacy", None)
    _write(database, writer, source_id, page)
    assert reader.count(database) == 2


def test_of_an_unchanged_ticket_no_text_is_masked(database: Database) -> None:
    writer, source_id = _writer(database, "fingerprint")
    _write(database, writer, source_id, writer.prepare(source_id, [ticket("1"), ticket("2")]))
    changed = ticket("2", title="another", updated_at=START + timedelta(hours=1))
    assert [prepared.row is None for prepared in writer.prepare(source_id, [ticket("1"), changed])] == [True, False]


def test_a_ticket_that_another_process_removed_since_it_was_prepared_is_written_all_the_same(
    database: Database,
) -> None:
    writer, source_id = _writer(database)
    _write(database, writer, source_id, writer.prepare(source_id, [ticket("1")]))
    page = writer.prepare(source_id, [ticket("1")])
    with database.write() as connection:
        connection.execute(TICKET.delete())
    _write(database, writer, source_id, page)
    assert reader.count(database) == 1


def test_hashed_texts_hold_their_beginning() -> None:
    hash_words = PrivacyFilter("pseudonym", "fingerprint", KEY).text_filter()
    text = "printer hums " * (HASHED_LENGTH // 13 + 1)
    assert hash_words(text) == hash_words(text[:HASHED_LENGTH])
