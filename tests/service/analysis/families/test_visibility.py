"""Tests of what a ticket shows that can be seen."""

import hashlib
import re

import pytest

from service.analysis.families.masking import mask
from service.analysis.families.shape import shape_of
from service.analysis.families.visibility import TicketVisibility, VisibleBy
from tests.factory import ticket


def visibility(title: str, description: str = "") -> TicketVisibility:
    return shape_of("desk", ticket(title=title, description=description)).visibility


@pytest.mark.parametrize(
    ("title", "description", "by"),
    [
        ("Print spooler hangs", "", "words"),
        ("Printer broken", "", "words"),
        ("Printer problem", "", "label"),
        ("Software 12 / Crash 3", "", "label"),
        ("Software 12 / Crash 3", "The gateway drops every tunnel", "words"),
        ("ERR_DISK_FULL", "", "label"),
        ("プリンターが印刷できません", "", "words"),
        ("", "", "nothing"),
        ("Help", "", "nothing"),
        ("PROD582", "", "nothing"),
        ("4711-22 PROD-SE-4711", "", "nothing"),
        ("PROD582", "The gateway drops every tunnel", "words"),
        ("", "The gateway drops every tunnel", "words"),
        ("Printer problem", "Printer problem", "label"),
    ],
)
def test_a_ticket_is_visible_by_what_its_words_name(title: str, description: str, by: VisibleBy) -> None:
    assert visibility(title, description).by == by


@pytest.mark.parametrize(("title", "by"), [("Print spooler hangs", "words"), ("PROD582", "nothing")])
def test_hashed_texts_are_visible_as_their_words_are(title: str, by: VisibleBy) -> None:
    hashed = re.sub(r"\w+", lambda word: hashlib.sha256(word[0].lower().encode()).hexdigest()[:10], mask(title))

    assert visibility(hashed).by == by


def test_equal_labels_have_one_number_and_others_another() -> None:
    assert visibility("Printer problem").label == visibility("printer problem").label
    assert visibility("Printer problem").label != visibility("Mouse problem").label
