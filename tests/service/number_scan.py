"""A scan of texts for numbers that are not written in the one format of `service.analysis.formatting`.

It knows the formats from the outside, by what stands around a number, so that it also sees numbers that were written
without that module.
"""

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser

MONTHS = "January|February|March|April|May|June|July|August|September|October|November|December"
SHORT_MONTHS = "|".join(month[:3] for month in MONTHS.split("|"))
DATES = re.compile(
    rf"\b\d{{1,2}} (?:{MONTHS}) \d{{4}}(?:, \d\d:\d\d)?\b"
    rf"|\b\d{{1,2}} (?:{SHORT_MONTHS})\b|\b(?:{SHORT_MONTHS}) \d{{4}}\b"
)
IDENTIFIERS = re.compile(
    r"https?://\S+|\bF[0-9a-f]{14}\b|\b[A-Z]{2,}-?\d+\b|\b(?:declared|e\.g\.) \d{4}-\d\d-\d\d\b|\bv?\d+\.\d+\.\d+\S*"
)
NUMBER = re.compile(r"(?<![\w.,])[+-]?\d+(?:,\d+)*(?:\.\d+)?")
GROUPED = re.compile(r"\d{1,3}(?:,\d{3})*")
CURRENCY = re.compile(r"\b(?:EUR|USD) $")
THRESHOLDS = {"10", "80", "95"}
"""Percentages that somebody chose: the limit of the verdict, the level of intervals."""


def violations(text: str, foreign: Iterable[str] = (), *, axis: bool = False) -> list[str]:
    """Return the numbers of a text that are not in format, each with what is wrong and its surroundings.

    `foreign` are texts of tickets, which may hold numbers of any form; they are left out. On an axis a share may be
    whole.
    """
    text = re.sub(r"\s+", " ", text)  # a title may go on on the next line
    for title in foreign:
        text = text.replace(title, " … ")
    text = IDENTIFIERS.sub(" … ", DATES.sub(" … ", text))
    numbers = [(match, problem) for match in NUMBER.finditer(text) if (problem := _problem(text, match, axis=axis))]
    dates = [(match, "an ISO date") for match in re.finditer(r"\b\d{4}-\d\d-\d\d\b", text)]
    return [f"{problem}: {_around(text, match)}" for match, problem in [*dates, *numbers]]


def _problem(text: str, match: re.Match[str], *, axis: bool) -> str | None:
    """Return what is wrong with a number; None for one in format."""
    before, after = text[: match.start()], text[match.end() :]
    before += match[0][0] if match[0][0] in "+-" else ""
    whole, _, decimals = match[0].lstrip("+-").partition(".")
    if re.match(r"-\d\d-\d\d\b|-\d\d\b", after) or re.search(r"\d-$", before):
        return None  # a part of an ISO date, which is a problem of its own
    if re.match(r"(?:h|d|s|days?|%)\b|%", after):
        return "no space before the unit"
    if re.match(r"\w", after):
        return None  # a part of a name
    if not GROUPED.fullmatch(whole):
        return "thousands are apart by a comma, and nothing else is"
    places = _decimals(before, whole, after, axis=axis)
    return None if len(decimals) in places else f"{len(decimals)} decimals instead of {places.start}"


def _decimals(before: str, whole: str, after: str, *, axis: bool) -> range:
    """Return how many decimals a number may have, by what stands around it."""
    is_short = len(whole) == 1 and whole != "0"
    by_context = (
        (axis, range(4)),
        (re.match(r"(?: h| days| points)? a week", after), range(3)),
        (re.search(r"[+-]$", before), range(0, 3, 2)),
        (re.search(r"\bwithin $", before), range(1)),
        (after.startswith(" %"), range(0 if whole in THRESHOLDS else 1, 7)),
        (re.match(r" (?:h|days?)\b", after), range(is_short, 2) if len(whole) == 1 else range(1)),
        (CURRENCY.search(before), range(2, 3) if after.startswith(" an hour") else range(1)),
        (re.search(r"\bp [=<] $", before), range(3, 7)),
        (re.search(r"(?:F1|alone) $", before), range(3, 4)),
        (re.match(r" s\b", after), range(1, 2)),
    )
    return next((places for applies, places in by_context if applies), range(3))


def _around(text: str, match: re.Match[str]) -> str:
    return text[max(0, match.start() - 40) : match.end() + 20]


@dataclass
class _PageText(HTMLParser):
    """The texts of a page that people see, hear or point at, and apart from them those at axes of charts."""

    texts: list[str] = field(default_factory=list)
    ticks: list[str] = field(default_factory=list)
    _tags: list[tuple[str, bool]] = field(default_factory=list)

    VOID = frozenset({"br", "img", "input", "link", "meta", "hr"})
    SILENT = frozenset({"script", "style", "option", "code", "select"})

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = dict(attrs)
        self.texts += [named[name] or "" for name in ("aria-label", "title", "alt", "placeholder") if named.get(name)]
        if hover := named.get("data-hover"):
            self.texts += json.loads(hover)["readings"]
        if tag not in self.VOID:
            self._tags.append((tag, "tick" in (named.get("class") or "").split()))

    def handle_endtag(self, tag: str) -> None:
        while self._tags and self._tags.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        if any(tag in self.SILENT for tag, _ in self._tags) or not data.strip():
            return
        (self.ticks if any(is_tick for _, is_tick in self._tags) else self.texts).append(data)


def page_violations(html: str, foreign: Iterable[str] = ()) -> Iterator[str]:
    """Yield the numbers of a page that are not in format; see `violations`."""
    page = _PageText()
    # Marked words of a ticket are still its text.
    page.feed(re.sub("</?mark>", "", html.replace("\N{NO-BREAK SPACE}", " ")))
    # Only some of the thousands of tickets stand on the page; to look for all in each of its texts takes seconds.
    whole = "\n".join((*page.texts, *page.ticks))
    present = [title for title in foreign if title in whole]
    for text in page.texts:
        yield from violations(text, present)
    for tick in page.ticks:
        yield from violations(tick, present, axis=True)
