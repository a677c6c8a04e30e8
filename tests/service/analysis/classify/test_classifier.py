from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.model import Kind, Link, Ticket
from service.analysis.classify import Case, Classifier, Override
from service.analysis.classify.natures import CLASSES, NATURE
from tests.factory import moved
from tests.service.analysis.classify.rulebook import classifier, shipped, titled

KINDS: list[Kind] = ["incident", "request", "problem", "change", "alert", "defect", "feature", "task", "other"]


@pytest.mark.parametrize(
    ("kind", "work_class", "own_nature"),
    [
        ("incident", "failure", "reactive"), ("request", "request", "reactive"), ("problem", "prevention", "proactive"),
        ("change", "maintenance", "proactive"), ("alert", "failure", "reactive"), ("defect", "failure", "reactive"),
        ("feature", "delivery", "proactive"), ("task", "maintenance", "proactive"),
    ],
)  # fmt: skip
def test_without_words_the_kind_decides(kind: Kind, work_class: str, own_nature: str) -> None:
    decision = classifier().decide(titled("Category 42 / Subcategory 223 / Symptom 534", kind))
    assert (decision.work_class, decision.own_nature, decision.contradicts) == (work_class, own_nature, False)
    assert decision.decided_by.startswith("structured: ")
    assert decision.needs_review is False


def test_where_nothing_is_known_it_is_for_review() -> None:
    decision = classifier().decide(titled("Zyx"))
    assert (decision.confidence, decision.decided_by, decision.own_nature) == (0.5, "prior", None)
    assert decision.needs_review


def test_hashed_words_are_left_to_the_kind() -> None:
    decision = classifier().decide(titled("3f9a 77b0 c2d1", "incident", description="91aa 0c0c"))
    assert (decision.nature, decision.confidence, decision.contradicts) == ("reactive", 0.8, False)


@pytest.mark.parametrize(
    ("kind", "title", "work_class"),
    [
        ("incident", "Feature request: add support for dark mode in the canteen app", "delivery"),
        ("incident", "It would be nice to export the menu to CSV, please implement", "delivery"),
        ("defect", "Feature request: add support for dark mode in the canteen app", "delivery"),
    ],
)
def test_clear_words_for_something_new_overrule_a_kind(kind: Kind, title: str, work_class: str) -> None:
    decision = classifier().decide(titled(title, kind))
    assert decision.work_class == work_class
    assert decision.contradicts
    assert decision.nature != decision.own_nature
    assert decision.decided_by.startswith("words: ")


@pytest.mark.parametrize(
    ("kind", "title", "work_class", "words"),
    [
        ("task", "Booking portal is down, nobody can log in", "maintenance", "is down"),
        ("feature", "Export crashes with an error since the update", "delivery", "crash*"),
        ("alert", "Feature request: add support for dark mode in the canteen app", "failure", "feature request"),
        ("incident", "Refactor and clean up the canteen app, improve its performance", "failure", "improv*"),
    ],
)
def test_other_clear_words_leave_the_kind_and_make_it_undecided(
    kind: Kind, title: str, work_class: str, words: str
) -> None:
    decision = classifier().decide(titled(title, kind))
    assert (decision.work_class, decision.confidence, decision.contradicts) == (work_class, 0.5, False)
    assert decision.nature == decision.own_nature
    assert decision.decided_by.startswith(f"structured: {kind}, against words: ")
    assert words in decision.decided_by


def test_faint_words_do_not() -> None:
    decision = classifier().decide(titled("A better lamp", "incident"))
    assert (decision.nature, decision.contradicts, decision.decided_by) == ("reactive", False, "structured: incident")
    assert decision.confidence < classifier().decide(titled("Lamp", "incident")).confidence


def test_a_kind_that_barely_stands_is_for_review() -> None:
    decision = classifier().decide(titled("Could be easier", "incident"))
    assert (decision.nature, decision.contradicts, decision.needs_review) == ("reactive", False, True)


@pytest.mark.parametrize(
    ("change", "work_class"),
    [
        ({"links": (Link(relation="caused_by", target="9"),)}, "rework"),
        ({"reopen_count": 1}, "rework"),
        ({"transitions": (moved(1, "New", "Resolved"), moved(2, "Resolved", "Active"))}, "rework"),
        ({"description": "Password reset for the till"}, "failure"),
        ({"title": "Password reset for the till"}, "request"),
        ({"title": "Password reset for the till", "reopen_count": 1}, "request"),
        ({"kind": "request", "reopen_count": 1}, "request"),
        ({"title": "Password reset for the till", "links": (Link(relation="caused_by", target="9"),)}, "rework"),
    ],
)
def test_the_class_within_a_nature(change: dict[str, object], work_class: str) -> None:
    decision = classifier().decide(titled("Lamp is broken", "incident").model_copy(update=change))
    assert (decision.nature, decision.work_class) == ("reactive", work_class)


def test_a_rule_on_more_than_the_kind_names_the_class_whatever_the_words() -> None:
    decision = classifier().decide(titled("Error: server crashes and is down", "incident", reopen_count=1))
    assert (decision.work_class, decision.decided_by) == ("rework", "structured: reopened")


@pytest.mark.parametrize(
    ("change_type", "nature"), [("emergency", "reactive"), ("Normal", "proactive"), (None, "proactive")]
)
def test_the_type_of_a_change_tells_its_nature(change_type: str | None, nature: str) -> None:
    assert classifier().decide(titled("Firewall", "change", change_type=change_type)).nature == nature


def test_a_persons_word_decides_everything() -> None:
    decision = classifier().decide(titled("Mail is down", "incident"), Override("proactive", "improvement"))
    assert (decision.nature, decision.work_class) == ("proactive", "improvement")
    assert (decision.confidence, decision.decided_by, decision.contradicts) == (1.0, "person", True)
    unnamed = classifier().decide(titled("Renew the certificate", "incident"), Override("proactive"))
    assert unnamed.work_class == "maintenance"


def test_a_persons_word_must_agree_with_itself() -> None:
    with pytest.raises(ValueError, match="delivery is proactive, not reactive"):
        Override("reactive", "delivery")


@pytest.mark.parametrize(
    ("title", "nature"),
    [
        ("Anmeldung geht nicht, Fehler beim Start", "reactive"),
        ("Einführung der neuen Telefonanlage", "proactive"),
        ("Impossible d'ouvrir la messagerie, erreur réseau", "reactive"),
        ("Mise en place du nouveau portail", "proactive"),
        ("La impresora no funciona", "reactive"),
        ("Implementar el nuevo módulo de ventas", "proactive"),
    ],
)
def test_other_languages_have_their_core_words(title: str, nature: str) -> None:
    decision = classifier().decide(titled(title))
    assert (decision.nature, decision.needs_review) == (nature, False)


WORDS = (
    "please", "add", "error", "not", "working", "upgrade", "the", "crash", "of", "monitoring", "root", "cause", "no",
    "access", "after", "update", "42",
)  # fmt: skip
titles = st.lists(st.sampled_from(WORDS), max_size=8).map(" ".join)
tickets = st.builds(titled, titles, st.sampled_from(KINDS), description=titles)


@given(tickets)
def test_there_always_is_one_decision_that_agrees_with_itself(ticket: Ticket) -> None:
    decision = classifier().decide(ticket)
    assert decision == Classifier(shipped()).decide(ticket)
    assert NATURE[decision.work_class] == decision.nature
    assert 0.5 <= decision.confidence <= 0.98
    assert decision.own_nature is None or decision.nature == decision.own_nature or decision.contradicts


@given(st.lists(tickets, max_size=6))
def test_a_batch_decides_as_one_by_one(tickets_: list[Ticket]) -> None:
    assert classifier().decide_many(map(Case, tickets_)) == [classifier().decide(ticket) for ticket in tickets_]


@given(tickets, st.sampled_from(CLASSES))
def test_nothing_outweighs_a_person(ticket: Ticket, work_class: str) -> None:
    override = Override(NATURE[work_class], work_class)  # type: ignore[index,arg-type] # one of CLASSES
    assert classifier().decide(ticket, override).work_class == work_class


@pytest.mark.parametrize(
    ("make", "expected"),
    [
        (lambda: Case(titled("x", "incident"), "jira", Override("proactive")), ("proactive", "person")),
        (lambda: Case(titled("Add support for x", "incident"), "jira"), ("reactive", "structured")),
        (lambda: Case(titled("Mail is down", "other"), "jira"), ("reactive", "words")),
        (lambda: Case(titled("x", "task"), "jira"), None),
        (lambda: Case(titled("x", "other"), "jira"), None),
    ],
)
def test_what_may_be_learnt_from(make: Callable[[], Case], expected: tuple[str, str] | None) -> None:
    example = classifier().example(make())
    assert (example and (example.nature, example.by)) == expected
