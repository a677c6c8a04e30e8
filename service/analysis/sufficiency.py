"""Whether the data suffice for a verdict, what is missing, and when it will suffice."""

import math
from dataclasses import dataclass
from datetime import date, timedelta

from service.analysis.calendar import day_of, first_day
from service.analysis.evidence import ScopeEvidence, SourceFact
from service.analysis.formatting import count, day, integer, percent
from service.analysis.tally import REACTIVE
from service.analysis.wording import span, weeks_of

LEAST_WEEKS = 12
LEAST_REACTIVE = 100
MOST_LACKING = 0.01
"""A source that lacks more than this share of its tickets is not reconciled; what lacks less is told."""


@dataclass(frozen=True, slots=True)
class Shortfall:
    """Something that is missing: in a few words, and with what to do or when it will suffice."""

    brief: str
    text: str


def shortfalls(evidence: ScopeEvidence) -> tuple[Shortfall, ...]:
    """Why there can be no verdict yet; empty where there can."""
    found = [_weeks(evidence), _tickets(evidence), *(_source(source) for source in _sources(evidence))]
    return tuple(lack for lack in found if lack is not None)


def tolerated(evidence: ScopeEvidence) -> tuple[str, ...]:
    """The gaps of sources that are too small to hold up a verdict, as sentences."""
    return tuple(_gap(source) for source in _sources(evidence) if source.complete is False and _source(source) is None)


def reactive_tickets(evidence: ScopeEvidence) -> int:
    """The reactive tickets opened in the period."""
    return sum(evidence.sums.get(work_class, 0) for work_class in REACTIVE)


def weeks_known(evidence: ScopeEvidence) -> int:
    """How many full weeks of data there are at the end of the period."""
    first = _first_monday(evidence)
    return 0 if first is None else max(0, (day_of(evidence.period.end, evidence.zone) - first).days // 7)


def _first_monday(evidence: ScopeEvidence) -> date | None:
    """The first day of the first full week of data; a ticket of a Monday opens a full week."""
    if evidence.known_from is None:
        return None
    known = day_of(evidence.known_from, evidence.zone)
    return known if known.weekday() == 0 else first_day(known, "week") + timedelta(weeks=1)


def _weeks(evidence: ScopeEvidence) -> Shortfall | None:
    known, first = weeks_known(evidence), _first_monday(evidence)
    if known >= LEAST_WEEKS:
        return None
    brief = f"{known} of {LEAST_WEEKS} weeks of data"
    if first is None:
        return Shortfall(brief, f"No ticket is known. {LEAST_WEEKS} full weeks of data are needed: pull a source.")
    enough = day(first + timedelta(weeks=LEAST_WEEKS))
    have = f"{count(known, 'full week')} of data {'is' if known == 1 else 'are'} there"
    return Shortfall(
        brief, f"{have}, {LEAST_WEEKS} are needed; that is reached on {enough}, or by a pull that reaches further back."
    )


def _tickets(evidence: ScopeEvidence) -> Shortfall | None:
    n = reactive_tickets(evidence)
    if n >= LEAST_REACTIVE:
        return None
    opened = (
        f"{count(n, 'reactive ticket')} {'was' if n == 1 else 'were'} opened in {span(evidence.period, evidence.zone)}"
    )
    needed = f"{LEAST_REACTIVE} are needed, {LEAST_REACTIVE - n} are lacking"
    return Shortfall(f"{n} of {LEAST_REACTIVE} reactive tickets", f"{opened}; {needed}. {_when(evidence, n)}")


def _when(evidence: ScopeEvidence, n: int) -> str:
    """When there will be enough tickets at the present rate, or that there will not."""
    window = weeks_of(evidence.period, evidence.zone)
    known = min(window, weeks_known(evidence))
    if not n or not known:
        return "Of when that will be the data say nothing yet."
    needed = math.ceil(LEAST_REACTIVE * known / n)
    if needed > window:
        return f"At the present rate {window} weeks bring some {n * window // known}: only a wider scope will suffice."
    enough = day_of(evidence.period.end, evidence.zone) + timedelta(weeks=needed - known)
    return f"At the present rate that is reached about {day(enough)}."


def _sources(evidence: ScopeEvidence) -> list[SourceFact]:
    return sorted(evidence.sources, key=lambda source: source.name)


def _source(source: SourceFact) -> Shortfall | None:
    if source.complete is None:
        remedy = f"run `treadmill census {source.name}`"
        return Shortfall(
            f"{source.name} not reconciled", f"Source {source.name} was never compared with the store: {remedy}."
        )
    small = 0 < source.lacking <= MOST_LACKING * (source.tickets + source.lacking)
    return None if source.complete or small else Shortfall(f"{source.name} not complete", _gap(source))


def _gap(source: SourceFact) -> str:
    whole = source.tickets + source.lacking
    share = f" ({percent(source.lacking / whole)})" if source.lacking else ""
    lack = f"{integer(source.lacking)} of {count(whole, 'ticket')}{share}" if source.lacking else "tickets"
    return (
        f"Source {source.name} lacks {lack}: {' '.join(source.gaps) or 'run `treadmill census ' + source.name + '`.'}"
    )
