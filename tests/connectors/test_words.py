"""The words of statuses, kinds and priorities in twelve languages."""

import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from connectors.model import StatusCategory
from connectors.words import Words, category_of, kind_of, level_of, settle

TABLE = tomllib.loads(Path(__file__).with_name("words.toml").read_text(encoding="utf-8"))
READERS = {"status": category_of, "kind": kind_of, "priority": level_of}


def misread(field: str, language: str) -> Iterator[str]:
    for meaning, labels in TABLE[field][language].items():
        for label in labels:
            if str(READERS[field](label)).lower() != meaning:
                yield f"{label}: {READERS[field](label)}, must be {meaning}"


@pytest.mark.parametrize(
    ("field", "language"), [(field, language) for field, languages in TABLE.items() for language in languages]
)
def test_words_of_real_systems_are_understood(field: str, language: str) -> None:
    assert list(misread(field, language)) == []


def test_the_table_has_twelve_languages_for_each_field() -> None:
    assert {len(languages) for languages in TABLE.values()} == {12}


@pytest.mark.parametrize(
    ("label", "category"),
    [
        ("In Progress", "active"),
        ("Root Cause Analysis", "active"),
        ("Scheduled", "active"),
        ("In Bearbeitung", "active"),
        ("Reassigned", "active"),
        ("Unresolved", "active"),
        ("Unassigned", "new"),
        ("Registered", "new"),
        ("Inactive", "closed"),
        ("Won't Fix", "cancelled"),
        ("Solved", "resolved"),
        ("Closed - cancelled", "cancelled"),
        ("-100", "unknown"),
        ("Network change", "unknown"),
        ("Somewhere", "unknown"),
        ("", "unknown"),
    ],
)
def test_a_status_that_no_word_explains_is_unknown(label: str, category: StatusCategory) -> None:
    assert category_of(label) == category


def test_an_unknown_status_of_a_ticket_that_has_ended_is_closed() -> None:
    assert settle("unknown", has_ended=True) == "closed"
    assert settle("unknown", has_ended=False) == "unknown"
    assert settle("active", has_ended=True) == "active"


@pytest.mark.parametrize(
    ("label", "category"),
    [
        # What is waited for has not happened.
        ("Pending closure", "waiting"),
        ("Close pending", "waiting"),
        ("Awaiting resolution", "waiting"),
        ("クローズ待ち", "waiting"),
        ("Resolved by vendor", "resolved"),
        ("Resolved - awaiting confirmation", "resolved"),
        ("Vendor", "waiting"),
        # The contrary of done is open, in whatever language.
        ("Not yet closed", "active"),
        ("Un-resolved", "active"),
        ("Teilweise gelöst", "active"),
        ("Niet opgelost", "active"),
        ("Nie rozpoczęto", "new"),
        ("Closed - not resolved", "closed"),
        ("Not approved", "cancelled"),
        # Neither case nor separators, width nor spelling matter.
        ("WaitingForCustomer", "waiting"),
        ("ON_HOLD", "waiting"),
        ("ｃｌｏｓｅｄ", "closed"),
        ("GELOEST", "resolved"),
        ("resolu", "resolved"),
        # A word is a whole one.
        ("Disclosed", "unknown"),
        ("Reactivate", "unknown"),
        ("Wartung", "unknown"),
    ],
)
def test_phrases_go_before_words(label: str, category: StatusCategory) -> None:
    assert category_of(label) == category


@pytest.mark.parametrize(
    ("label", "level"),
    [
        # A level in letters and digits goes before words, and words before a digit: some systems count upwards.
        ("P1 - Low", 1), ("High (P3)", 3), ("Sev 0", 1), ("SEV-2", 2), ("S4", 4), ("Priorität 2", 2), ("優先度3", 3),
        ("1 very low", 5), ("5 very high", 1), ("1 - Critical", 1), ("2 - High", 2), ("3", 3), ("P7", None),
        ("2026", None), ("4.5", None), ("12", None),
    ],
)  # fmt: skip
def test_numbers_of_priorities(label: str, level: int | None) -> None:
    assert level_of(label) == level


def test_accents_tell_words_apart_where_they_would_be_the_same_without() -> None:
    assert (kind_of("Żądanie"), kind_of("Zadanie")) == ("request", "task")
    assert (category_of("Löst"), category_of("Lost")) == ("resolved", "unknown")


def test_the_maps_of_the_operator_go_before_words() -> None:
    words = Words({"Closed": "waiting"}, {"Incident": "alert"}, {"Gold": 1, "P1": 4})
    assert (words.status(" CLOSED "), words.kind("incident"), words.level("gold"), words.level("p1")) == (
        "waiting", "alert", 1, 4,
    )  # fmt: skip
    assert (words.status("Odd", "Offen"), words.kind("Odd", "Störung"), words.level("Odd", "Hoch")) == (
        "new", "incident", 2,
    )  # fmt: skip
    assert words.status("Open", "Closed") == "waiting", "a map goes before the words of a preferred label"
