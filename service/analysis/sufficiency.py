"""Sufficiency of the data for a verdict: what is missing, and when it will suffice."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from service.analysis.calendar import first_day, local_date
from service.analysis.evidence import ScopeEvidence, SourceFact
from service.analysis.formatting import count, day, integer, local_day, percent
from service.analysis.tally import FAILURES
from service.analysis.wording import span, weeks_of

LEAST_WEEKS = 12
LEAST_FAILURES = 100
# One refused record would otherwise hold up the verdict for good; a smaller gap is named beside it.
MOST_LACKING = 0.01
MOST_UNKNOWN = 0.05


@dataclass(frozen=True, slots=True)
class Shortfall:
    """Something that is missing: in a few words, and with what to do or when it will suffice."""

    brief: str
    text: str


def shortfalls(evidence: ScopeEvidence) -> tuple[Shortfall, ...]:
    """Return why there can be no verdict yet; an empty tuple if there can."""
    of_sources = (check(source, evidence) for source in _sources(evidence) for check in (_source, _stale, _unknown))
    candidates = [_weeks(evidence), _tickets(evidence), *of_sources]
    return tuple(shortfall for shortfall in candidates if shortfall is not None)


def tolerated_gaps(evidence: ScopeEvidence) -> tuple[str, ...]:
    """Return the gaps of sources that are too small to hold up a verdict, as sentences."""
    incomplete = (source for source in _sources(evidence) if source.complete is False)
    return tuple(_gap(source) for source in incomplete if _source(source, evidence) is None)


def failure_tickets(sums: Mapping[str, int]) -> int:
    """Return the number of failures opened, rework included."""
    return sum(sums.get(work_class, 0) for work_class in FAILURES)


def full_weeks(evidence: ScopeEvidence) -> int:
    """Return the number of full weeks of data at the end of the period."""
    first = _first_monday(evidence)
    return 0 if first is None else max(0, (local_date(evidence.period.end, evidence.zone) - first).days // 7)


def _first_monday(evidence: ScopeEvidence) -> date | None:
    """Return the first day of the first full week of data."""
    if evidence.known_from is None:
        return None
    begin = local_date(evidence.known_from, evidence.zone)
    # A ticket opened on a Monday opens a full week; any later day leaves its week incomplete.
    return begin if begin.weekday() == 0 else first_day(begin, "week") + timedelta(weeks=1)


def _weeks(evidence: ScopeEvidence) -> Shortfall | None:
    weeks, first = full_weeks(evidence), _first_monday(evidence)
    if weeks >= LEAST_WEEKS:
        return None
    brief = f"{weeks} of {LEAST_WEEKS} weeks of data"
    if first is None:
        return Shortfall(brief, _nothing(evidence))
    enough = day(first + timedelta(weeks=LEAST_WEEKS))
    needed = f"{LEAST_WEEKS} full weeks of data are needed, but only {weeks} {'is' if weeks == 1 else 'are'} there"
    return Shortfall(brief, f"{needed}: wait until {enough}, or pull more of the past.")


def _nothing(evidence: ScopeEvidence) -> str:
    """Return that no ticket is known, and what to do: the store may hold those of later weeks."""
    if any(source.tickets for source in evidence.sources):
        end = day(local_date(evidence.period.end, evidence.zone) - timedelta(days=1))
        return f"No ticket until {end} is in the store: choose a later day, or pull more of the past (SINCE)."
    return f"There are no tickets yet. {LEAST_WEEKS} full weeks of data are needed: pull a source."


def _tickets(evidence: ScopeEvidence) -> Shortfall | None:
    n = failure_tickets(evidence.sums)
    # Where nothing of the period is known, that none was opened is not known either.
    if n >= LEAST_FAILURES or evidence.is_before_data:
        return None
    if not n and evidence.sums.get("request", 0):
        return _requests_only(evidence)
    opened = f"{count(n, 'failure')} {'was' if n == 1 else 'were'} opened in {span(evidence.period, evidence.zone)}"
    needed = f"{LEAST_FAILURES} are needed, {LEAST_FAILURES - n} more"
    return Shortfall(f"{n} of the {LEAST_FAILURES} failures needed", f"{opened}; {needed}. {_when(evidence, n)}")


def _requests_only(evidence: ScopeEvidence) -> Shortfall:
    """Return that there is nothing to wait for: requests are demand, and no cycles however often they come."""
    requests = count(evidence.sums["request"], "request")
    text = (
        f"No failure was opened in {span(evidence.period, evidence.zone)}, but {requests}: these are demand, and no "
        "cycles. Look at the requests that recur, candidates for automation or self-service."
    )
    return Shortfall(f"no failure, {requests}", text)


def _when(evidence: ScopeEvidence, n: int) -> str:
    """Return when there will be enough tickets at the present rate, or that there will not."""
    window = weeks_of(evidence.period, evidence.zone)
    weeks = min(window, full_weeks(evidence))
    if not n or not weeks:
        return "The data do not yet show when."
    needed = math.ceil(LEAST_FAILURES * weeks / n)
    if needed > window:
        brought = integer(n * window // weeks)
        remedy = (
            "so small a desk has no verdict, but its problems are listed" if evidence.scope == "all"
            else "choose a wider scope"
        )  # fmt: skip
        return f"At the present rate {window} weeks bring only about {brought}: {remedy}."
    enough = local_date(evidence.period.end, evidence.zone) + timedelta(weeks=needed - weeks)
    return f"At the present rate that takes until about {day(enough)}."


def _sources(evidence: ScopeEvidence) -> list[SourceFact]:
    return sorted(evidence.sources, key=lambda source: source.name)


def _source(source: SourceFact, _evidence: ScopeEvidence) -> Shortfall | None:
    if source.complete is None and source.pulled_at is None:
        text = f"Source {source.name} was never pulled to its end: wait for the end of its first pull."
        return Shortfall(f"first pull of {source.name} not ended", text)
    if source.complete is None:
        remedy = f"run `treadmill census {source.name}`"
        return Shortfall(
            f"{source.name} not reconciled", f"Source {source.name} has never been compared with the store: {remedy}."
        )
    small = 0 < source.lacking <= MOST_LACKING * (source.tickets + source.lacking)
    return None if source.complete or small else Shortfall(f"{source.name} incomplete", _gap(source))


def _stale(source: SourceFact, evidence: ScopeEvidence) -> Shortfall | None:
    """Return that a source was pulled before the period was over: what came later in it is not in the store."""
    if source.pulled_at is None or source.pulled_at >= evidence.period.end:
        return None
    last = local_day(source.pulled_at, evidence.zone)
    text = (
        f"Source {source.name} was last pulled on {last}, before the period ended: run `treadmill sync {source.name}`."
    )
    return Shortfall(f"{source.name} stale", text)


def _unknown(source: SourceFact, _evidence: ScopeEvidence) -> Shortfall | None:
    """Return that too many tickets of a source have a status or kind that nobody understood."""
    if source.unknown_share is None or source.unknown_share <= MOST_UNKNOWN:
        return None
    of = f"{percent(source.unknown_share, MOST_UNKNOWN)} of the tickets of source {source.name}"
    remedy = f"`treadmill check {source.name}` names them: map them with STATUS_MAP and KIND_MAP"
    return Shortfall(f"unknown words in {source.name}", f"Nobody understood the status or kind of {of}: {remedy}.")


def _gap(source: SourceFact) -> str:
    whole = source.tickets + source.lacking
    share = f" ({percent(source.lacking / whole)})" if source.lacking else ""
    missing_tickets = f"{integer(source.lacking)} of {count(whole, 'ticket')}{share}" if source.lacking else "tickets"
    remedy = " ".join(source.gaps) or f"run `treadmill census {source.name}`."
    return f"Source {source.name} lacks {missing_tickets}: {remedy}"
