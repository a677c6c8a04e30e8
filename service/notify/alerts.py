"""What is new in a report since people were told: pure, so that nothing is told twice or left out by chance."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from service.analysis.catalogue import VERDICT_LABELS
from service.analysis.formatting import count, hours
from service.analysis.wording import quoted

HOUR = 3600
VERDICT = "verdict"

Document = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Alert:
    """One thing to tell: by which key it is known, the sentence, and the page that shows more."""

    key: str
    text: str
    page: str
    value: str | None = None


@dataclass(frozen=True, slots=True)
class News:
    """The alerts to send; what is only to be noted, by key; and the keys of what is over."""

    alerts: tuple[Alert, ...]
    known: Mapping[str, str | None]
    over: tuple[str, ...]


def news(report: Document, stale: Mapping[str, str], told: Mapping[str, str | None]) -> News:
    """What is new. `stale` says of sources by name what is wrong, `told` holds what was told, by key.

    The first time, verdict, cycles and fixes are taken as known: they are in the report. Sources are told of at once.
    """
    findings = [*_verdict(report, told), *_cycles(report), *_fixes(report)]
    states = [*_stale(stale), *_incomplete(report)]
    is_first = VERDICT not in told
    fresh = [one for one in (*findings, *states) if one.key == VERDICT or one.key not in told]
    sent = [one for one in fresh if not (is_first and one in findings)]
    known = {one.key: one.value for one in fresh if one not in sent}
    alive = {one.key for one in states}
    over = [key for key in told if key != VERDICT and key.startswith(("stale:", "incomplete:")) and key not in alive]
    return News(tuple(sent), known, tuple(sorted(over)))


def _verdict(report: Document, told: Mapping[str, str | None]) -> Iterator[Alert]:
    state, before = report["verdict"]["state"], told.get(VERDICT)
    if state != before:
        changed = f"The verdict has changed from {_spoken(before)} to {_spoken(state)}. " if before else ""
        yield Alert(VERDICT, f"{changed}{report['verdict']['sentence']}", "/", state)


def _spoken(state: str | None) -> str:
    return f'"{VERDICT_LABELS.get(state or "", state or "none").lower()}"'


def _cycles(report: Document) -> Iterator[Alert]:
    for cycle in report["cycles"]:
        if cycle["endless"]:
            work = f"{count(cycle['episodes'], 'episode')} and {hours(cycle['hours'] * HOUR)} so far"
            text = f"New endless cycle: {quoted(cycle['title'])}, {work}."
            yield Alert(f"cycle:{cycle['id']}", text, f"/cycles/{cycle['id']}")


def _fixes(report: Document) -> Iterator[Alert]:
    for cycle in report["cycles"]:
        for fix in cycle["fixes"]:
            if fix["outcome"] == "did not hold":
                back = f"{quoted(cycle['title'])} came back {count(fix['episodes_after'], 'time')} since"
                text = f"Fix {fix['ticket']} of {fix['at'][:10]} did not hold: {back}."
                yield Alert(f"fix:{cycle['id']}:{fix['ticket']}", text, f"/cycles/{cycle['id']}")


def _stale(stale: Mapping[str, str]) -> Iterator[Alert]:
    for name, sentence in sorted(stale.items()):
        yield Alert(f"stale:{name}", f"{sentence[:1].upper()}{sentence[1:]}.", "/sources")


def _incomplete(report: Document) -> Iterator[Alert]:
    for source in report["sources"]:
        if source["complete"] is False:
            why = " ".join(gap["text"] for gap in source["gaps"]) or "see its page."
            yield Alert(f"incomplete:{source['name']}", f"Source {source['name']} is not complete: {why}", "/sources")
