"""Remedies: the same words mean the same, and what says nothing is none."""

import pytest

from service.analysis.remedies import remedy_of
from service.store.tickets.privacy import PrivacyFilter

RESTART = "Restarted the print spooler on server prn07."


@pytest.mark.parametrize(
    "text",
    [
        "restarted print spooler on the server PRN12",
        "Issue resolved: print spooler restarted on server prn99 at 2026-03-01 10:15",
        "Server prn07: spooler (print) restarted",
    ],
)
def test_the_same_words_are_the_same_remedy_whatever_their_order_and_numbers(text: str) -> None:
    assert remedy_of(text, None) == remedy_of(RESTART, None) is not None


@pytest.mark.parametrize("text", ["Replaced the print spooler", "Restarted the mail spooler on server 7"])
def test_other_words_are_another_remedy(text: str) -> None:
    assert remedy_of(text, None) not in (None, remedy_of(RESTART, None))


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "Done",
        "Issue fixed, please confirm.",
        "Gelöst",
        "Problème résolu",
        "42",
        "Restarted",
        "Closed due to no response from customer",
        "User did not respond, ticket closed",
        "See parent incident",
        "Ticket closed automatically after five days",
        "Closing per user confirmation",
        "Handled in problem record",
        "Behoben, bitte prüfen",
        "Problem behoben, bitte bestätigen. Vielen Dank.",
        "Kein Fehler gefunden",
        "Keine Rückmeldung vom Anwender",
        "Wie besprochen erledigt",
        "Résolu, merci de confirmer",
        "Resuelto, por favor confirmar",
    ],
)
def test_what_does_not_say_what_was_done_is_no_remedy(text: str | None) -> None:
    assert remedy_of(text, None) is None


def test_a_resolution_that_repeats_the_code_is_none() -> None:
    assert remedy_of("Software upgrade", "Software upgrade") is None
    assert remedy_of("Software upgrade", "Permanent") is not None


@pytest.mark.parametrize(
    "text", [RESTART, "No response from the customer after five days, so the desk is closing this"]
)
def test_hashed_words_tell_no_remedy(text: str) -> None:
    hashed = PrivacyFilter("pseudonym", "fingerprint", b"a key of sixteen bytes").text_filter()(text)

    assert remedy_of(hashed, None) is None
