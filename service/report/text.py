"""The report for a terminal or a mail: the sentence first, then what it rests on."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from textwrap import fill
from typing import Any
from zoneinfo import ZoneInfo

from service.analysis.catalogue import label
from service.analysis.formatting import count, day, integer, interval, local_day, number
from service.report.filters import COMPLETENESS

CYCLES_SHOWN = 10
LABEL_WIDTH = 28
WIDTH = 110


def as_text(document: dict[str, Any]) -> str:
    """A report document as text."""
    parts = (_verdict, _questions, _findings, _cycles, _metrics, _loops, _sources)
    blocks = ("\n".join(map(_wrapped, part(document))) for part in parts)
    return "\n\n".join(block for block in blocks if block) + "\n"


def _wrapped(line: str) -> str:
    """A line no wider than a page; what runs over hangs below its beginning."""
    indent = len(line) - len(line.lstrip(" -"))
    hanging = " " * (indent if indent else 2)
    return fill(line, WIDTH, subsequent_indent=hanging, break_on_hyphens=False, break_long_words=False)


def _verdict(document: dict[str, Any]) -> Iterator[str]:
    verdict, period = document["verdict"], document["period"]
    yield verdict["sentence"]
    yield from (f"  {reason}" for reason in (*verdict["why"], *verdict["missing"]))
    yield from (f"  - {driver['text']}" for driver in verdict["drivers"])
    scope = "everything" if document["scope"] == "all" else document["scope"]
    zone = ZoneInfo(document["timezone"])
    begin, end = (datetime.fromisoformat(period[name]) for name in ("from", "to"))
    last_day = local_day(end - timedelta(seconds=1), zone)
    yield f"  Scope: {scope}, from {local_day(begin, zone)} to {last_day} ({zone.key})."


def _questions(document: dict[str, Any]) -> Iterator[str]:
    for place, found in enumerate(document["questions"], 1):
        yield f"{place}. {found['question']}"
        yield f"   {found['answer']}"


def _findings(document: dict[str, Any]) -> Iterator[str]:
    if document["findings"]:
        yield "What stands out"
        yield from (f"  {finding['sentence']}" for finding in document["findings"])


def _cycles(document: dict[str, Any]) -> Iterator[str]:
    found = document["cycles"]
    if not found:
        return
    yield f"Cycles, the costliest of {len(found)} first"
    for cycle in found[:CYCLES_SHOWN]:
        endless = ", endless" if cycle["endless"] else ""
        gap = "" if cycle["median_gap_days"] is None else f" every {number(cycle['median_gap_days'], 'days')}"
        yield f"  {cycle['id']}  {cycle['title'][:60]}"
        yield (
            f"    {cycle['state']}{endless}: {count(cycle['episodes'], 'episode')}{gap}, "
            f"{count(cycle['tickets'], 'ticket')}, {number(cycle['hours'], 'hours')}, "
            f"{number(cycle['repeat_hours_in_period'], 'hours')} of repeats in the period"
        )
        yield from (_fix(fix, ZoneInfo(document["timezone"])) for fix in cycle["fixes"])


def _fix(fix: dict[str, Any], zone: ZoneInfo) -> str:
    return f"    fix {fix['ticket']} of {local_day(datetime.fromisoformat(fix['at']), zone)}: {fix['outcome']}"


def _metrics(document: dict[str, Any]) -> Iterator[str]:
    yield "Metrics"
    metrics = document["metrics"].items()
    yield from (_metric(id_, metric) for id_, metric in metrics if metric["measurable"])
    yield from (
        f"  {label(id_):<{LABEL_WIDTH}} not measurable: {metric['why_not']}"
        for id_, metric in metrics if not metric["measurable"]
    )  # fmt: skip


def _metric(id_: str, metric: dict[str, Any]) -> str:
    value = number(metric["value"], metric["unit"])
    bounds = interval(metric["low"], metric["high"], metric["unit"])
    between = f" (95 % interval {bounds})" if bounds else ""
    trend = f"; {metric['trend']['direction']} over {metric['trend']['weeks']} weeks" if metric["trend"] else ""
    note = f"; {metric['note']}" if metric["note"] else ""
    return f"  {label(id_):<{LABEL_WIDTH}} {value}{between}, n = {integer(metric['n'])}{trend}{_turn(metric)}{note}"


def _turn(metric: dict[str, Any]) -> str:
    turn = metric["change_point"]
    if not turn:
        return ""
    before, after = (number(turn[name], metric["unit"]) for name in ("before", "after"))
    return f"; from {before} to {after} a week since {day(date.fromisoformat(turn['week']))}"


def _loops(document: dict[str, Any]) -> Iterator[str]:
    yield "Tickets resolved in the period that went round"
    for loop, found in document["loops"].items():
        work = number(found["hours"], "hours")
        yield f"  {label(loop):<{LABEL_WIDTH}} {integer(found['tickets'])} of {integer(found['n'])}, {work} in all"


def _sources(document: dict[str, Any]) -> Iterator[str]:
    yield "Sources"
    for source in document["sources"]:
        tickets = f"{count(source['tickets'], 'ticket')}, {COMPLETENESS[source['complete']]}"
        yield f"  {source['name']:<{LABEL_WIDTH}} {tickets}, {integer(source['deleted'])} gone from the source"
        if source["handoffs_between"] == "assignees":
            yield "    It has no teams: handoffs and ping-pong are between assignees."
        yield from (f"    {gap['text']}" for gap in source["gaps"])
