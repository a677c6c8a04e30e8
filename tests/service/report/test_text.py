"""The report for a terminal: it fits on a page, whatever the names are, and its numbers stay whole."""

from dataclasses import replace
from datetime import UTC, datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.model import Gap
from service.analysis.answer import QuestionAnswer
from service.analysis.cycles import Work
from service.analysis.evidence import Money
from service.analysis.pending import PendingFixes
from service.report.document import report
from service.report.sections.cycles import ReportedCycle
from service.report.sections.report import Report
from service.report.text import MOST_LINES, WIDTH, as_text
from service.store.queries.scopes import Scope
from tests.service.notify.documents import cycle, document, source
from tests.service.pipeline.world import World

TEXTS = st.text(max_size=400) | st.just("very long words in a row " * 40) | st.just("x" * 900) | st.just("")


def is_within_a_page(text: str) -> bool:
    lines = text.removesuffix("\n").split("\n")
    return len(lines) <= MOST_LINES and max(map(len, lines)) <= WIDTH


def recurring(title: str, number: int, work: Work) -> ReportedCycle:
    return replace(cycle(f"F{number}", work=work), title=title, repeats_in_period=10**number, money=10.0**number)


@st.composite
def reports(draw: st.DrawFn) -> Report:
    texts = st.lists(TEXTS, max_size=14).map(tuple)
    cycles = [recurring(title, n, "failure") for n, title in enumerate(draw(texts))]
    cycles += [recurring(title, n, "request") for n, title in enumerate(draw(texts))]
    gap = Gap(cause="invisible", count=3, text=draw(TEXTS) or "gone")
    sources = [replace(source(draw(TEXTS)), gaps=(gap,)) for _ in range(draw(st.integers(0, 9)))]
    given = document("not_visible", *cycles, sources=tuple(sources))
    steps = draw(st.lists(TEXTS, min_size=1, max_size=3))
    verdict = replace(given.verdict, sentence=draw(TEXTS), how_sure=draw(texts), first_steps=tuple(steps))
    questions = tuple(QuestionAnswer("Does it?", draw(TEXTS), ()) for _ in range(4))
    scope = f"team:{draw(TEXTS)}"
    return replace(given, scope=scope, verdict=verdict, questions=questions, money=Money(1, "EUR"))


@settings(max_examples=150, deadline=None)
@given(reports())
def test_any_report_fits_on_sixty_lines_of_a_hundred_columns(report: Report) -> None:
    assert is_within_a_page(as_text(report))


def test_the_report_of_a_company_fits_and_has_all_its_parts(document: Report) -> None:
    text = as_text(document)
    assert is_within_a_page(text)
    headings = (
        "How sure",
        "What to do first",
        "1. How is your IT",
        "4. Does complexity",
        "Problems that keep",
        "Sources",
    )
    places = [text.index(heading) for heading in headings]
    assert places == sorted(places)
    assert " …" not in text[text.index("1. How is") : text.index("Problems that keep")]


def test_ten_problems_and_five_requests_are_named_and_the_others_counted() -> None:
    names = [recurring(f"Problem {n}", 1, "failure") for n in range(14)]
    requests = [recurring(f"Request {n}", 1, "request") for n in range(9)]
    text = as_text(document("recurring", *names, *requests))
    assert [f"Problem {n}  " in text for n in range(14)] == [True] * 10 + [False] * 4
    assert "Problems that keep coming back, by repeats in these weeks: the first 10 of 14" in text
    assert [f"Request {n} (10)" in text for n in range(9)] == [True] * 5 + [False] * 4


def test_five_lines_are_enough_for_any_number_of_sources() -> None:
    names = [source(f"source{n}", complete=n != 8) for n in range(9)]
    lines = as_text(document(sources=tuple(names))).split("Sources\n")[1].splitlines()
    assert len(lines) == 5
    assert lines[4] == "  and 5 more, 4 of them complete"


def test_no_number_is_torn_at_any_width() -> None:
    for length in range(60):
        verdict = replace(document().verdict, how_sure=(f"{'x ' * length} 46.6 % (n = 877)",))
        text = " ".join(line + "|" for line in as_text(replace(document(), verdict=verdict)).splitlines())
        assert "46.6|" not in text
        assert "=|" not in text
        assert "n|" not in text


def test_kinds_of_trouble_are_named_so_in_the_headline_and_the_list() -> None:
    text = as_text(document("recurring", recurring("Category 26", 1, "failure"), by_label=True))
    assert text.startswith("KNOWN KINDS OF TROUBLE KEEP COMING BACK. ")
    assert "Kinds of trouble that keep coming back, by repeats in these weeks: one" in text


def test_a_sentence_that_begins_with_its_headline_stands_once() -> None:
    given = document("recurring")
    verdict = replace(given.verdict, sentence="Known problems keep coming back in this team: so it is.")
    text = as_text(replace(given, verdict=verdict))
    assert text.startswith("KNOWN PROBLEMS KEEP COMING BACK in this team: so it is.")


def test_a_long_title_is_cut_between_words() -> None:
    titles = [recurring("Month-end closing report for cost centre 4711", 1, "request")]
    assert "Month-end closing report for cost…\n(10)" in as_text(document("recurring", *titles))


def test_a_report_as_of_a_day_before_the_data_counts_nothing(world: World) -> None:
    with world.analyst.snapshot(Scope(), datetime(1999, 1, 1, tzinfo=UTC)) as snapshot:
        early = report(snapshot)
    text = " ".join(as_text(early).split())
    assert "Problems that keep coming back: unknown, no ticket up to then is in the store." in text
    assert "0 failures" not in text
    assert {metric.value for metric in early.metrics.values()} == {None}


def test_linked_work_that_is_pending_and_the_basis_of_money_stand_with_the_problems(document: Report) -> None:
    pending = PendingFixes(2, ())
    cycles = [
        replace(recurring("Mail gateway", 2, "failure"), pending_fixes=pending),
        recurring("Spooler", 1, "failure"),
    ]
    text = as_text(replace(document, cycles=tuple(cycles), money=Money(50, "EUR")))

    [first] = [line for line in text.splitlines() if "Mail gateway" in line]
    [second] = [line for line in text.splitlines() if "Spooler" in line]
    assert first.endswith(", fix pending")
    assert "pending" not in second
    assert "Money: their hours at EUR 50.00 an hour." in text
    assert "Money:" not in as_text(replace(document, cycles=tuple(cycles), money=None))
