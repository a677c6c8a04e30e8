from typing import Any

import pytest

from service.analysis.families.shape import shape_of
from service.analysis.families.similarity import SAME, similarity
from tests.factory import ticket

SAYS = tuple[str, str]


def same(left: SAYS, right: SAYS, first: dict[str, Any] | None = None, second: dict[str, Any] | None = None) -> bool:
    shapes = [
        shape_of("desk", ticket(title=title, description=text, **place))
        for (title, text), place in ((left, first or {}), (right, second or first or {}))
    ]
    return similarity(shapes[0].content, shapes[1].content) >= SAME


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (("Print spooler hangs on prn-03", "Since nine."), ("Print spooler hangs on prn-07", "A whole floor waits.")),
        (("Druckwarteschlange hängt", "Seit heute früh."), ("Re: Druckwarteschlange hängt", "Es hängt schon wieder.")),
        (
            ("Search on the intranet ends with a timeout", "The search node of the intranet is at full load."),
            ("Intranet search page hangs", "It began at ten. The search node of the intranet is at full load."),
        ),
        (
            ("La impresora del almacén no imprime etiquetas", ""),
            ("La impresora del almacén no imprime etiquetas grandes", ""),
        ),
        (
            ("QueueHistory loses entries", "Expected 3 but was 4"),
            ("QueueHistory loses entries after midnight", "The queue was empty"),
        ),
        (("Printer hums", "It hums all day long."), ("Printer hums", "It hums all day long.")),
        (("Printer", "It hums all day long."), ("Printer", "It hums all day long.")),
    ],
)
def test_the_same_problem(left: SAYS, right: SAYS) -> None:
    assert same(left, right, {"service": "Printing"})


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (
            ("Webcam is dead since a coffee spill when working with large files", "It is urgent."),
            ("Touchpad is dead since a coffee spill when working with large files", "It is urgent."),
        ),
        (("Desk phone has no dial tone", ""), ("Desk phone rings at the wrong person", "")),
        (
            ("Projector hums loudly", "An audit is next week, so it is urgent for us. Log attached, see line 5."),
            ("Room panel blinks red", "An audit is next week, so it is urgent for us. Log attached, see line 9."),
        ),
        (
            ("New laptop for p-1234", "Requested through the catalogue by p-1234. Cost centre 4711."),
            ("Folder permission for p-1234", "Requested through the catalogue by p-1234. Cost centre 4711."),
        ),
        (("Printer", "It hums all day long."), ("Printer", "There is no paper in the tray.")),
        (("Problem", ""), ("Problem", "")),
        (("Category 42 / Subcategory 223 / Symptom 534", ""), ("Category 42 / Subcategory 223 / Symptom 491", "")),
        (("Category 42 / Subcategory 223 / Symptom 534", ""), ("Category 42 / Subcategory 223", "")),
    ],
)
def test_not_the_same_problem(left: SAYS, right: SAYS) -> None:
    assert not same(left, right, {"service": "Workplace"})


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ({"service": "Mail"}, {"service": "Mail", "category": "software"}, True),
        ({"service": "Mail"}, {"service": "ERP"}, False),
        ({"project": "ONE"}, {"project": "TWO"}, False),
        ({"category": "software / mail"}, {"category": "software / client"}, True),
        ({"category": "software"}, {"category": "hardware"}, False),
        ({"service": "Mail", "category": "software"}, {"category": "software"}, True),
        ({"service": "Mail"}, {}, True),
        ({"configuration_item": "mail-01"}, {"configuration_item": "mail-02"}, True),
    ],
)
def test_places_may_not_exclude_each_other(first: dict[str, Any], second: dict[str, Any], expected: bool) -> None:
    says = ("Shared calendar loses all invitations", "They are gone.")
    assert same(says, says, first, second) is expected
