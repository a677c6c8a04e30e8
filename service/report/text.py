"""The report for a terminal or a mail: the sentence first, then what it rests on."""

from collections.abc import Iterator
from textwrap import fill
from typing import Any

CYCLES_SHOWN = 10
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
    yield f"  Scope: {scope}, from {period['from'][:10]} up to {period['to'][:10]} ({document['timezone']})."


def _questions(document: dict[str, Any]) -> Iterator[str]:
    for number, found in enumerate(document["questions"], 1):
        yield f"{number}. {found['question']}"
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
        gap = f"every {cycle['median_gap_days']:.0f} days" if cycle["median_gap_days"] is not None else ""
        yield f"  {cycle['id']}  {cycle['title'][:60]}"
        yield (
            f"    {cycle['state']}{endless}: {cycle['episodes']} episodes {gap}, {cycle['tickets']} tickets, "
            f"{cycle['hours']:.0f} h, {cycle['repeat_hours_in_period']:.0f} h of repeats in the period"
        )
        yield from (f"    fix {fix['ticket']} of {fix['at'][:10]}: {fix['outcome']}" for fix in cycle["fixes"])


def _metrics(document: dict[str, Any]) -> Iterator[str]:
    yield "Metrics"
    metrics = document["metrics"].items()
    yield from (_metric(id_, metric) for id_, metric in metrics if metric["measurable"])
    yield from (
        f"  {id_:<22} not measurable: {metric['why_not']}" for id_, metric in metrics if not metric["measurable"]
    )


def _metric(id_: str, metric: dict[str, Any]) -> str:
    value, low, high = (number(metric[name], metric["unit"]) for name in ("value", "low", "high"))
    between = f" (95 %: {low} to {high})" if low and high else ""
    trend = f"; {metric['trend']['direction']} over {metric['trend']['weeks']} weeks" if metric["trend"] else ""
    note = f"; {metric['note']}" if metric["note"] else ""
    return f"  {id_:<22} {value}{between}, n = {metric['n']:,}{trend}{_turn(metric)}{note}"


def _turn(metric: dict[str, Any]) -> str:
    turn = metric["change_point"]
    if not turn:
        return ""
    before, after = (number(turn[name], metric["unit"]) for name in ("before", "after"))
    return f"; from {before} to {after} a week since {turn['week']}"


def number(value: float | None, unit: str) -> str:
    """A number with its unit; empty where there is none."""
    if value is None:
        return ""
    if unit.startswith("share"):
        return f"{value:.1%}"
    endings = {"hours": " h", "days": " d", "per ticket": "", "hours per hour": ""}
    return f"{value:,.1f}{endings[unit]}" if unit in endings else f"{value:,.0f}"


def _loops(document: dict[str, Any]) -> Iterator[str]:
    yield "Tickets resolved in the period that went round"
    for loop, found in document["loops"].items():
        yield f"  {loop:<22} {found['tickets']:,} of {found['n']:,}, {found['hours']:,.0f} h in all"


def _sources(document: dict[str, Any]) -> Iterator[str]:
    standings = {True: "complete", False: "not complete", None: "not reconciled"}
    yield "Sources"
    for source in document["sources"]:
        standing = standings[source["complete"]]
        own = f"{source['tickets']:,} tickets, {standing}, {source['deleted']} gone from the source"
        yield f"  {source['name']:<22} {own}"
        if source["handoffs_between"] == "assignees":
            yield "    It has no teams: handoffs and ping-pong are between assignees."
        yield from (f"    {gap['text']}" for gap in source["gaps"])
