from datetime import UTC, datetime, timedelta

import pytest

from service.analysis.classify import Override
from service.store.database import Database
from service.store.results import feedback
from service.store.tickets import audit, pseudonym_key, sources
from service.store.tickets.audit import Actor
from service.store.tickets.privacy import PrivacyFilter
from service.store.tickets.writer import PageWriter
from tests.factory import START, ticket

KEY = b"a key of thirty-two bytes or more"


def _fill(database: Database) -> int:
    source_id = sources.register(database, "alpha", "file", START).id
    writer = PageWriter(database, PrivacyFilter("name", "store", KEY))
    page = writer.prepare(source_id, [ticket("1"), ticket("2")])
    with database.write() as connection:
        writer.write(connection, source_id, page)
    return source_id


def _trail(database: Database) -> list[tuple[str | None, ...]]:
    return [tuple(entry[name] for name in ("author", "via", "what", "subject", "before", "after"))
            for entry in audit.entries(database)]  # fmt: skip


def test_every_correction_leaves_author_what_before_and_after(database: Database) -> None:
    source_id = _fill(database)
    audit.act_as(Actor("p-1", "page"))
    feedback.save_label(database, source_id, "1", Override("reactive"), START)
    feedback.save_label(database, source_id, "1", Override("proactive", "improvement"), START)
    assert feedback.delete_label(database, source_id, "1")
    assert not feedback.delete_label(database, source_id, "1"), "nothing changed, so nothing is recorded"
    audit.act_as(Actor("p-2", "command"))
    feedback.add_correction(database, "merge", source_id, ["1", "2"], at=START)
    feedback.add_correction(database, "fix", source_id, ["1"], at=START, fixed_at=START)
    with database.read() as connection:
        first, *_ = feedback.corrections(connection)
    feedback.delete_correction(database, first)
    assert _trail(database) == [
        ("p-1", "page", "label", "alpha:INC1", None, "reactive"),
        ("p-1", "page", "label", "alpha:INC1", "reactive", "proactive, improvement"),
        ("p-1", "page", "remove label", "alpha:INC1", "proactive, improvement", None),
        ("p-2", "command", "merge", "alpha:INC1, alpha:INC2", "no family", "no family"),
        ("p-2", "command", "fix", "alpha:INC1", "no family", f"fixed {START.isoformat()}"),
        ("p-2", "command", "undo merge", "alpha:INC1, alpha:INC2", f"merge of {START.isoformat()} in no family", None),
    ]


def test_new_keys_are_recorded_once(database: Database) -> None:
    for _ in range(2):
        pseudonym_key.verify_key(database, PrivacyFilter("pseudonym", "store", KEY))
        pseudonym_key.installation_secret(database, "session_key")
    assert [(entry["what"], entry["subject"]) for entry in audit.entries(database)] == [
        ("new key", "privacy_key_proof"), ("new key", "session_key")
    ]  # fmt: skip


def test_failed_logins_push_out_no_other_entry(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit, "MAX_ENTRIES", 5)
    monkeypatch.setattr(audit, "MAX_FAILED_LOGINS", 3)
    monkeypatch.setattr(audit, "PRUNE_EVERY", 10)
    with database.write() as connection:
        for number in range(8):
            audit.record(connection, "label", str(number))
        for number in range(12):
            audit.record(connection, audit.FAILED_LOGIN, str(number))
    kept = [(entry["what"], entry["subject"]) for entry in audit.entries(database)]
    assert kept == [("label", str(number)) for number in range(3, 8)] + [
        (audit.FAILED_LOGIN, str(number)) for number in range(9, 12)
    ]


def test_entries_end_at_a_moment_and_come_in_batches(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit, "BATCH_SIZE", 2)
    with database.write() as connection:
        for number in range(5):
            audit.record(connection, "label", str(number))
    assert len(list(audit.entries(database, datetime.now(UTC) + timedelta(minutes=1)))) == 5
    assert list(audit.entries(database, datetime.now(UTC) - timedelta(minutes=1))) == []
