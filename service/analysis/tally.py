"""The tally of one ticket, family or fix: what it adds to the measures of a local day.

All amounts are integers, so that taking them back is exact in any order.
"""

from datetime import date, datetime, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from service.analysis.controls import Control
from service.analysis.fact import Fact, WorkClass
from service.analysis.fixes import Outcome
from service.analysis.histogram import bucket_number

Entry = tuple[date, str, int]
REOPEN_WINDOW = timedelta(days=30)
MILLION = 1_000_000
PERSON = "by:"
"""Prefix of measures that count the tickets that a person resolved, stored by week and month only."""
FAILURES: tuple[WorkClass, ...] = ("failure", "rework")
REQUESTS: tuple[WorkClass, ...] = ("request",)
REACTIVE: tuple[WorkClass, ...] = (*FAILURES, *REQUESTS)
PROACTIVE: tuple[WorkClass, ...] = ("prevention", "maintenance", "improvement", "delivery")
UNDECIDED = "undecided"
"""The class under which a ticket counts whose confidence is too low for any of the seven."""
DECIDED = (*REACTIVE, *PROACTIVE)
COUNTED = (*DECIDED, UNDECIDED)
GROUPS = ("failures", "requests", "proactive", UNDECIDED)
"""The classes whose logged work and squares are kept together; failures include rework."""
_OF_GROUP = {
    "l": "logged seconds of the",
    "u": "tickets with unknown hours of the",
    "q": "sum of squares of the minutes of the",
}
MEASURES = {
    "opened": "tickets opened; the sum of the seven classes and of the undecided",
    **{work_class: f"tickets of class {work_class} opened" for work_class in COUNTED},
    **{f"{work_class}.s": f"seconds of work in {work_class} tickets opened" for work_class in COUNTED},
    **{f"{group}.{ending}": f"{meaning} {group} opened" for group in GROUPS for ending, meaning in _OF_GROUP.items()},
    "repeat": "failures and rework opened in a return: within 26 weeks of an earlier episode",
    "repeat.s": "their seconds",
    "repeat.l": "those of their seconds that were logged",
    "repeat.u": "those of them whose hours are unknown",
    "repeat.q": "their sum of squares of minutes",
    "repeat.endless": "those of them that belong to endless cycles",
    "endless": "failures and rework opened of families known as endless cycles at the end of that week",
    "endless.s": "their seconds",
    "rerequest": "requests opened in a return of their family",
    "rerequest.s": "their seconds",
    "rerequest.l": "those of their seconds that were logged",
    "undecided.repeat": "undecided tickets opened in a return of their family",
    "undecided.repeat.s": "their seconds",
    "undecided.endless": "undecided tickets opened of families that are endless cycles",
    "undecided.after": "undecided tickets opened outside business hours",
    "after": "reactive tickets opened outside business hours",
    "linked": "failures opened that are linked to a problem, change or fix",
    "level": "failures opened whose priority level is known",
    "major": "major incidents that began",
    "own": "decided tickets opened whose kind in the system tells a nature",
    "misfiled": "those of them whose nature is another",
    "change": "changes opened",
    "cause": "those of them that a ticket names as its cause",
    "sla": "service level clocks of tickets opened of which the system tells",
    "sla.b": "those of them that were breached",
    "left": "tickets that were resolved, closed or cancelled",
    "first": "tickets with a history that were resolved for the first time",
    "back": "those of them that were reopened within 30 days",
    "resolved": "tickets resolved that are still resolved",
    "told": "those of them with a history",
    "strict": "those of them with strict ping-pong",
    "loose": "those of them with loose ping-pong",
    "one": "those of them without a handoff and without a reopen",
    "stalled": "those of them with a stall loop",
    "fix.held": "fixes resolved that held",
    "fix.failed": "fixes resolved that did not hold",
    "fix.unclear": "fixes resolved of which the numbers cannot tell",
    "fix.early": "fixes resolved of which it is too early to tell",
    "fix.n": "fixes resolved that held or did not hold and have a control",
    "fix.h": "those of them that held",
    "fix.c": "sum of their controls, in millionths",
    "fix.cn": "sum of the problems in their controls",
    "fix.s": "seconds put into fixes resolved, but for those too early to judge and those that held without a control",
    "fix.a": "repeat seconds avoided by those of them that held, before their controls",
    "fix.ss": "sum of squares of the minutes put in",
    "fix.aa": "sum of squares of the minutes avoided",
    "fix.as": "sum of products of the minutes avoided and put in",
}
HISTOGRAMS = {
    "r": "reactive tickets resolved at a known time, by bucket of the time from opened to resolved",
    "p": "proactive tickets resolved at a known time, by bucket of the time from opened to resolved",
    "u": "undecided tickets resolved at a known time, by bucket of the time from opened to resolved",
    "h": "tickets resolved, by the number of their handoffs, where it is known",
}
OUTCOMES = {"held": "fix.held", "did not hold": "fix.failed", "unclear": "fix.unclear", "too early": "fix.early"}


class FixTally(NamedTuple):
    """One fix as it counts: its outcome and control, and the seconds put in and avoided."""

    outcome: Outcome
    control: Control
    put_in: int
    avoided: int


class _Subset(NamedTuple):
    """The measures of tickets in returns or in endless cycles, and of their work; None for what is not kept."""

    tickets: str
    seconds: str | None = None
    logged: str | None = None
    squares: str | None = None
    unknown: str | None = None


class _Names(NamedTuple):
    """The measures of a class; built once, for a million tickets. None for what such a ticket never counts in."""

    tickets: str
    seconds: str
    logged: str
    squares: str
    unknown: str
    times: str
    after: str | None = None
    repeat: _Subset | None = None
    endless: _Subset | None = None


def _names(name: str, group: str, times: str, *rest: Any) -> _Names:
    return _Names(name, f"{name}.s", f"{group}.l", f"{group}.q", f"{group}.u", times, *rest)


_REPEAT, _ENDLESS = _Subset("repeat", "repeat.s", "repeat.l", "repeat.q", "repeat.u"), _Subset("endless", "endless.s")
_NAMES: dict[str, _Names] = {
    **{name: _names(name, "failures", "r", "after", _REPEAT, _ENDLESS) for name in FAILURES},
    "request": _names("request", "requests", "r", "after", _Subset("rerequest", "rerequest.s", "rerequest.l")),
    **{name: _names(name, "proactive", "p") for name in PROACTIVE},
    UNDECIDED: _names(
        UNDECIDED, UNDECIDED, "u", "undecided.after", _Subset("undecided.repeat", "undecided.repeat.s"),
        _Subset("undecided.endless"),
    ),
}  # fmt: skip


def ticket_entries(fact: Fact, zone: ZoneInfo, *, repeat: bool, endless: bool) -> list[Entry]:
    """Return all that one ticket adds, on the local days of its opening, resolutions and leaving.

    `repeat`: it belongs to a return of its family. `endless`: its family was known to be an endless cycle at the end of
    its week. Failures, requests and undecided tickets count apart. `MEASURES` and `HISTOGRAMS` say what names mean.
    """
    names = _NAMES[fact.work_class if fact.is_decided else UNDECIDED]
    day = fact.opened_at.astimezone(zone).date()
    entries: list[Entry] = [(day, "opened", 1), (day, names.tickets, 1)]
    _add_work(entries, day, fact, names, repeat=repeat, endless=endless)
    if fact.after_hours and names.after:
        entries.append((day, names.after, 1))
    if repeat and names.repeat:
        entries.append((day, names.repeat.tickets, 1))
    if endless and names.endless:
        entries.append((day, names.endless.tickets, 1))
        if repeat and names.repeat is _REPEAT:
            entries.append((day, "repeat.endless", 1))
    if names.tickets == "failure":
        _add_failure(entries, day, fact)
    _add_opened(entries, day, fact)
    # Without a history a reopen would go unseen, so such a ticket enters neither part of the rate.
    if fact.first_resolved_at is not None and fact.stall_loops is not None:
        _add_first(entries, fact, zone)
    left_at = fact.left_at
    if left_at is not None:
        entries.append((left_at.astimezone(zone).date(), "left", 1))
    if fact.resolved_at is not None:
        _add_resolved(entries, fact.resolved_at, fact, names, zone)
    return entries


def major_entry(fact: Fact, zone: ZoneInfo) -> Entry:
    """Return what a ticket adds where it begins a major incident."""
    return fact.opened_at.astimezone(zone).date(), "major", 1


def work_entries(fact: Fact, zone: ZoneInfo, *, repeat: bool, endless: bool) -> list[Entry]:
    """Return the part of all entries of a ticket that depends on the work in it."""
    names = _NAMES[fact.work_class if fact.is_decided else UNDECIDED]
    entries: list[Entry] = []
    _add_work(entries, fact.opened_at.astimezone(zone).date(), fact, names, repeat=repeat, endless=endless)
    return entries


def fix_entries(fix: FixTally, resolved_at: datetime, zone: ZoneInfo) -> list[Entry]:
    """Return what one fix adds to the local day of its resolution."""
    day = resolved_at.astimezone(zone).date()
    entries: list[Entry] = [(day, OUTCOMES[fix.outcome], 1)]
    is_held = fix.outcome == "held"
    if fix.control.share is not None:
        entries += [(day, "fix.n", 1), (day, "fix.cn", fix.control.n)]
        entries += [(day, "fix.c", round(fix.control.share * MILLION)), *([(day, "fix.h", 1)] if is_held else [])]
    # Its hours would weigh in the yield before anything could have been avoided, or without a word on what would have
    # been avoided anyway.
    if fix.outcome == "too early" or (is_held and fix.control.share is None):
        return entries
    spent, saved = _minutes(fix.put_in), _minutes(fix.avoided if is_held else 0)
    entries += [(day, "fix.s", fix.put_in), (day, "fix.ss", spent * spent)]
    if saved:
        entries += [(day, "fix.a", fix.avoided), (day, "fix.aa", saved * saved), (day, "fix.as", saved * spent)]
    return entries


def resolver_entry(fact: Fact, zone: ZoneInfo) -> tuple[date, str] | None:
    """Return (local day, person) of the resolution of a reactive ticket; None if it is open or nobody is known."""
    if fact.resolved_at is None or fact.resolver is None or not (fact.is_reactive and fact.is_decided):
        return None
    return fact.resolved_at.astimezone(zone).date(), fact.resolver


def _minutes(seconds: int) -> int:
    """Return whole minutes, rounded up."""
    # Squares of seconds outgrow 64 bits with some thousand tickets of 10,000 h. Rounded up, they make an interval
    # wider, never narrower.
    return -(-seconds // 60)


def _add_work(entries: list[Entry], day: date, fact: Fact, names: _Names, *, repeat: bool, endless: bool) -> None:
    _add_part(entries, day, fact, names)
    if repeat and names.repeat:
        _add_part(entries, day, fact, names.repeat)
    if endless and names.endless:
        _add_part(entries, day, fact, names.endless)


def _add_part(entries: list[Entry], day: date, fact: Fact, part: _Names | _Subset) -> None:
    if fact.hours_are == "unknown":
        if part.unknown:
            entries.append((day, part.unknown, 1))
    elif fact.seconds and part.seconds:
        entries.append((day, part.seconds, fact.seconds))
        if part.squares:
            entries.append((day, part.squares, _minutes(fact.seconds) ** 2))
        if part.logged and fact.hours_are == "logged":
            entries.append((day, part.logged, fact.seconds))


def _add_failure(entries: list[Entry], day: date, fact: Fact) -> None:
    if fact.fix_linked:
        entries.append((day, "linked", 1))
    if fact.priority_level is not None:
        entries.append((day, "level", 1))


def _add_opened(entries: list[Entry], day: date, fact: Fact) -> None:
    if fact.own_nature is not None and fact.is_decided:
        entries.append((day, "own", 1))
        if fact.contradicts:
            entries.append((day, "misfiled", 1))
    if fact.kind == "change":
        entries.append((day, "change", 1))
        if fact.named_cause:
            entries.append((day, "cause", 1))
    if fact.sla_clocks:
        entries.append((day, "sla", fact.sla_clocks))
        if fact.sla_breached:
            entries.append((day, "sla.b", fact.sla_breached))


def _add_first(entries: list[Entry], fact: Fact, zone: ZoneInfo) -> None:
    first, back = fact.first_resolved_at, fact.first_reopened_at
    if first is None:
        return
    day = first.astimezone(zone).date()
    entries.append((day, "first", 1))
    if back is not None and back - first <= REOPEN_WINDOW:
        entries.append((day, "back", 1))


def _add_resolved(entries: list[Entry], resolved_at: datetime, fact: Fact, names: _Names, zone: ZoneInfo) -> None:
    day = resolved_at.astimezone(zone).date()
    entries.append((day, "resolved", 1))
    # An assumed end is the last known change, which may be years after the work was done.
    if fact.ended_is == "known":
        took = resolved_at - fact.opened_at
        entries.append((day, f"{names.times}:{bucket_number(took.days * 86400 + took.seconds)}", 1))
    if fact.handoffs is not None:
        entries.append((day, f"h:{fact.handoffs}", 1))
    if fact.pingpong_strict is not None:
        _add_loops(entries, day, fact)


def _add_loops(entries: list[Entry], day: date, fact: Fact) -> None:
    entries.append((day, "told", 1))
    if fact.pingpong_strict:
        entries.append((day, "strict", 1))
    if fact.pingpong_loose:
        entries.append((day, "loose", 1))
    if not fact.handoffs and not fact.reopens:
        entries.append((day, "one", 1))
    if fact.stall_loops:
        entries.append((day, "stalled", 1))
