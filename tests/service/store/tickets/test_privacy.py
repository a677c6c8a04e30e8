import errno
import json
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.store import secret_file
from service.store.database import Database
from service.store.errors import DatabaseError
from service.store.tickets import pseudonym_key
from service.store.tickets.privacy import PrivacyFilter

KEY = b"0123456789abcdef"


def test_a_pseudonym_is_the_same_for_one_key_and_another_for_the_next() -> None:
    left, right = (
        PrivacyFilter("pseudonym", "store", KEY).person_filter(),
        PrivacyFilter("pseudonym", "store", KEY[::-1]).person_filter(),
    )
    assert left("somebody") == left("somebody") != left("somebody else")
    assert left("somebody") != right("somebody")
    assert "somebody" not in str(left("somebody"))
    assert left(None) is None


def test_people_are_stored_by_name_or_not_at_all() -> None:
    assert PrivacyFilter("name", "store", KEY).person_filter()("A. Nonymous") == "A. Nonymous"
    assert PrivacyFilter("none", "store", KEY).person_filter()("A. Nonymous") is None


@given(st.text())
def test_fingerprinted_texts_hold_no_word_of_three_letters_or_more(text: str) -> None:
    hashed = PrivacyFilter("pseudonym", "fingerprint", KEY).text_filter()(text)
    words = {word for word in text.split() if len(word) >= 11 and word.isalnum()}
    assert not words & set(hashed.split())


def test_equal_words_have_equal_hashes_so_that_texts_stay_comparable() -> None:
    words = PrivacyFilter("pseudonym", "fingerprint", KEY).text_filter()
    first, second = words("Printer jams"), words("the printer")
    assert first.split()[0] == second.split()[1]


def test_the_fingerprint_of_a_ticket_changes_with_the_privacy_settings() -> None:
    fingerprints = {
        PrivacyFilter(people, text, KEY).fingerprint(b"content")
        for people in ("pseudonym", "name", "none")
        for text in ("store", "fingerprint")
    }
    assert len(fingerprints) == 6
    assert {len(fingerprint) for fingerprint in fingerprints} == {16}


def test_the_key_is_created_once_and_readable_by_its_owner_alone(database: Database) -> None:
    first, second = pseudonym_key.load_key(database, None), pseudonym_key.load_key(database, None)
    assert first == second
    assert len(first) == 64
    assert (pseudonym_key._key_file(database).stat().st_mode & 0o777) == 0o600


@pytest.mark.parametrize("content", [b"", b"\n", b"0123456789abcdef", b"\xff" * 31])
def test_a_key_file_without_a_whole_key_is_refused(database: Database, content: bytes) -> None:
    file = pseudonym_key._key_file(database)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content)
    with pytest.raises(DatabaseError, match=rf"{file} holds {len(content.strip())} bytes.*at least 32"):
        pseudonym_key.load_key(database, None)
    assert file.read_bytes() == content


def test_a_key_that_could_not_be_written_whole_leaves_no_file(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(secret_file, "fsync", fail)
    with pytest.raises(DatabaseError, match="No space left on device"):
        pseudonym_key.load_key(database, None)
    file = pseudonym_key._key_file(database)
    assert list(file.parent.glob(f"{file.name}*")) == []


def test_processes_that_start_at_once_get_the_same_key(database: Database) -> None:
    begin = Barrier(8)

    def load(_number: int) -> bytes:
        begin.wait()
        return pseudonym_key.load_key(database, None)

    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(load, range(8)))) == 1
    file = pseudonym_key._key_file(database)
    assert list(file.parent.glob(f"{file.name}*")) == [file]
    assert (file.stat().st_mode & 0o777, file.stat().st_nlink) == (0o600, 1)


def test_another_key_is_refused(database: Database) -> None:
    pseudonym_key.verify_key(database, PrivacyFilter("pseudonym", "store", KEY))
    pseudonym_key.verify_key(database, PrivacyFilter("none", "fingerprint", KEY))
    with pytest.raises(DatabaseError, match="another privacy key"):
        pseudonym_key.verify_key(database, PrivacyFilter("pseudonym", "store", KEY[::-1]))


def test_no_key_is_made_for_a_database_that_was_filled_with_one(database: Database) -> None:
    key, file = pseudonym_key.load_key(database, None), pseudonym_key._key_file(database)
    pseudonym_key.verify_key(database, PrivacyFilter("pseudonym", "store", key))
    file.unlink()
    for use in (pseudonym_key.load_key, pseudonym_key.check_key):
        with pytest.raises(DatabaseError, match=f"another privacy key.*bring back its file {file}"):
            use(database, None)
    assert not file.exists()
    pseudonym_key.check_key(database, key.decode())


def test_a_check_of_the_key_makes_none(database: Database) -> None:
    pseudonym_key.check_key(database, None)
    assert not pseudonym_key._key_file(database).exists()
    pseudonym_key.verify_key(database, PrivacyFilter("pseudonym", "store", pseudonym_key.load_key(database, None)))
    pseudonym_key.check_key(database, None)
    with pytest.raises(DatabaseError, match="another privacy key"):
        pseudonym_key.check_key(database, "another key of an operator")


def test_the_key_is_neither_in_the_repr_nor_in_the_proof() -> None:
    privacy = PrivacyFilter("pseudonym", "store", KEY)
    assert KEY.decode() not in repr(privacy)
    assert KEY.decode() not in json.dumps(privacy.proof())
