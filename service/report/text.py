"""The report for a terminal or a mail: at most 60 lines of 100 columns; all else is in HTML, JSON and on pages."""

from collections.abc import Iterable, Iterator
from datetime import timedelta
from textwrap import wrap
from zoneinfo import ZoneInfo

from service.analysis.catalogue import state_in_words
from service.analysis.formatting import NO_BREAK_SPACE, count, integer, local_day, money, unbroken
from service.analysis.money import basis_in_words
from service.analysis.printable import printable
from service.analysis.wording import before_data, listed, trouble, troubles
from service.report.filters import COMPLETENESS
from service.report.sections.cycles import ReportedCycle
from service.report.sections.report import Report, ReportedSource

WIDTH, MOST_LINES = 100, 60
SENTENCE_LINES, SURE_LINES, STEP_LINES, ANSWER_LINES, REQUEST_LINES = 3, 10, 2, 3, 3
PROBLEMS, NAMES, SOURCES = 10, 5, 5
TITLE_LENGTH, NAME_LENGTH = 42, 40
CUT = " …"


def as_text(report: Report) -> str:
    """Return a report as text: the verdict, how sure it is, what to do first, four answers, ten problems, sources."""
    parts = (_verdict, _how_sure, _first_steps, _questions, _problems, _requests, _sources)
    blocks = ("\n".join(part(report)) for part in parts)
    return "\n\n".join(block for block in blocks if block) + "\n"


def _lines(text: str, most: int, first: str = "") -> list[str]:
    """Return a text as at most so many lines of the width; the last one tells by `CUT` that more was there."""
    # Ids and URLs stay whole, so that they can be copied from a terminal, unless they are longer than a line.
    wrapped = wrap(
        unbroken(printable(text)), WIDTH, initial_indent=first, subsequent_indent=" " * len(first),
        max_lines=most, placeholder=CUT, break_on_hyphens=False,
    )  # fmt: skip
    return [line.replace(NO_BREAK_SPACE, " ") for line in wrapped]


def _verdict(report: Report) -> Iterator[str]:
    zone, verdict = ZoneInfo(report.timezone), report.verdict
    yield from _lines(_headed(verdict.headline, verdict.sentence), SENTENCE_LINES)
    scope = "Everything" if report.scope == "all" else report.scope.replace(":", " ", 1)
    scope = scope[:1].upper() + scope[1:]
    first, last = local_day(report.period.begin, zone), local_day(report.period.end - timedelta(seconds=1), zone)
    yield from _lines(f"{clipped(scope, NAME_LENGTH)}, {first} to {last} ({zone.key}).", 1)


def _headed(headline: str, sentence: str) -> str:
    """Return a sentence behind its headline; a sentence that begins with the same words has these in capitals."""
    if sentence.startswith(headline):
        return headline.upper() + sentence.removeprefix(headline)
    return f"{headline.upper()}. {sentence}"


def _how_sure(report: Report) -> Iterator[str]:
    """Yield how sure the verdict is, as far as the lines go: the sentences that could turn it come first."""
    yield "How sure"
    left = SURE_LINES
    for sentence in report.verdict.how_sure:
        lines = _lines(sentence, 2, "  - ")
        if len(lines) <= left:
            left -= len(lines)
            yield from lines


def _first_steps(report: Report) -> Iterator[str]:
    yield "What to do first"
    for place, step in enumerate(report.verdict.first_steps, 1):
        yield from _lines(step, STEP_LINES, f"  {place}. ")


def _questions(report: Report) -> Iterator[str]:
    for place, answer in enumerate(report.questions, 1):
        yield from _lines(f"{answer.question} {answer.answer}", ANSWER_LINES, f"{place}. ")


def _problems(report: Report) -> Iterator[str]:
    cycles = [cycle for cycle in report.cycles if cycle.work == "failure" and cycle.repeats_in_period]
    if report.is_before_data:
        yield f"Problems that keep coming back: unknown, {before_data(report.known_from, ZoneInfo(report.timezone))}."
        return
    if not cycles:
        yield f"No recurring {trouble(report.verdict.by_label)} was recognised in these weeks."
        return
    shown = cycles[:PROBLEMS]
    what = troubles(report.verdict.by_label).capitalize()
    part = (
        f"the first {len(shown)} of {integer(len(cycles))}"
        if len(shown) < len(cycles)
        else f"all {len(shown)}"
        if len(shown) > 1
        else "one"
    )
    yield f"{what} that keep coming back, by repeats in these weeks: {part}"
    yield from (_problem(cycle, report) for cycle in shown)
    if report.money and any(cycle.money is not None for cycle in shown):
        yield from _lines(f"Money: {basis_in_words(report.money)}.", 1, " " * 9)


def _problem(cycle: ReportedCycle, report: Report) -> str:
    cost = f", {money(cycle.money, report.money.currency)}" if cycle.money is not None and report.money else ""
    state = state_in_words(cycle.state, cycle.endless)
    pending = ", fix pending" if cycle.pending_fixes.count else ""
    title = clipped(cycle.title or "(without a title)", TITLE_LENGTH)
    return clipped(
        f"  {integer(cycle.repeats_in_period or 0):>5}  {title:<{TITLE_LENGTH}}  {state}{cost}{pending}", WIDTH
    )


def _requests(report: Report) -> list[str]:
    cycles = [cycle for cycle in report.cycles if cycle.work == "request" and cycle.repeats_in_period]
    if not cycles:
        return []
    names = [
        f"{clipped(cycle.title, NAME_LENGTH)} ({integer(cycle.repeats_in_period or 0)})" for cycle in cycles[:NAMES]
    ]
    return _lines(f"Requests that recur, candidates for automation or self-service: {listed(names)}.", REQUEST_LINES)


def _sources(report: Report) -> Iterator[str]:
    yield "Sources" if report.sources else "Sources: none yet"
    shown = report.sources if len(report.sources) <= SOURCES else report.sources[: SOURCES - 1]
    yield from map(_source, shown)
    more = len(report.sources) - len(shown)
    if more:
        yield f"  and {integer(more)} more, {integer(_complete(report.sources[len(shown) :]))} of them complete"


def _source(source: ReportedSource) -> str:
    gaps = f": {source.gaps[0].text}" if source.gaps else ""
    state = f"{count(source.tickets, 'ticket')}, {COMPLETENESS[source.complete]}{gaps}"
    return clipped(f"  {clipped(source.name, NAME_LENGTH)}: {state}", WIDTH)


def _complete(sources: Iterable[ReportedSource]) -> int:
    return sum(source.complete is True for source in sources)


def clipped(text: str, length: int) -> str:
    """Return a text on one line of at most so many characters, cut between words where one ends in its last third."""
    whole = printable(text)
    if len(whole) <= length:
        return whole
    cut = whole[:length].rfind(" ")
    return whole[: cut if cut >= length * 2 // 3 else length - 1].rstrip(" ,;:") + "…"
