"""The command that looks at files of which nothing is known yet, and prints the settings that read them."""

import os
import shlex
from collections.abc import Iterable, Iterator
from typing import Annotated, Any
from zoneinfo import available_timezones

import typer

from config.settings import PREFIX
from connectors.errors import ConnectorError, WrongSettings
from connectors.file.paths import ABSENT
from connectors.file.shape import FileShape
from connectors.file.survey import Survey, SurveyedSource, list_files, survey
from connectors.file.variables import Zone, full_name
from connectors.model import Ticket
from service.analysis.formatting import count
from service.cli.exit_codes import FAILED, WRONG_USE, exit_by
from service.cli.options import AsJson
from service.cli.output import print_json, print_text

Files = Annotated[list[str], typer.Argument(metavar="FILE", help="Files, folders or globs.")]
ZoneName = Annotated[
    str, typer.Option("--timezone", metavar="ZONE", help="Zone of times without an offset, e.g. Europe/Paris.")
]
ForShell = Annotated[bool, typer.Option("--shell", help="Print the variables for a shell, in quotes.")]
SHOWN = (
    "id", "key", "kind", "status", "status_category", "priority", "priority_level", "team", "opened_at", "resolved_at",
    "closed_at", "hours_logged", "title",
)  # fmt: skip
DELIMITERS = {"\t": "tab", ",": "comma", ";": "semicolon", "|": "|"}
MAX_CELL = 48
MAX_WORD = 60
MAX_NAMES = 30


def inspect(files: Files, timezone: ZoneName = "", for_shell: ForShell = False, as_json: AsJson = False) -> None:
    """Show what files hold, how their columns would be read, and the variables to copy."""
    zone = _zone(timezone)
    try:
        result = survey(*list_files(files), zone=zone)
    except ConnectorError as problem:
        remedy = "Name files, folders or globs." if problem.remedy == ABSENT else problem.remedy
        print_text(f"error: {str(problem).removeprefix('PATH ')}. {remedy}", err=True)
        raise typer.Exit(WRONG_USE if isinstance(problem, WrongSettings) else FAILED) from None
    if as_json:
        print_json(_as_dict(result))
    else:
        print_text("\n".join(line for source in result.sources for line in _lines(source, for_shell=for_shell)))
    for place, reason in result.unreadable:
        print_text(f"error: {place}: {reason}", err=True)
    exit_by([*map(_is_good, result.sources), *(False for _ in result.unreadable)])


def _zone(name: str) -> Zone | None:
    """Return the zone of the option, else of the service; None where neither is set. Raise BadParameter."""
    chosen, reason = (name, "--timezone") if name else (os.environ.get(f"{PREFIX}TIMEZONE", ""), f"{PREFIX}TIMEZONE")
    if not chosen:
        return None
    if chosen not in available_timezones():
        raise typer.BadParameter(f"{reason} '{chosen}' must be an IANA time zone, e.g. Europe/Paris")
    return Zone(chosen, reason, is_certain=True)


def _is_good(source: SurveyedSource) -> bool:
    """Return whether a pull would take at least half of the tickets."""
    return not source.proposal.missing and source.trial.tickets > 0 and source.trial.tickets >= source.trial.refused


def _lines(source: SurveyedSource, *, for_shell: bool) -> Iterator[str]:
    """Yield what an operator should know of a source, and its variables."""
    proposal, trial = source.proposal, source.trial
    yield f"{source.name}: {count(len(source.paths), 'file')}, {', '.join(map(str, source.paths[:3]))}"
    title = f"export of {proposal.system.profile.title}" if proposal.system else "not an export that Treadmill knows"
    yield f"  {title}; {describe(source.shape)}"
    yield from _time_lines(source)
    yield "  mapping:"
    for made in proposal.assignments:
        yield f"    {made.column} -> {made.field} ({made.certainty}: {made.reason})"
    if proposal.unused:
        more = f" and {len(proposal.unused) - MAX_NAMES} more" if len(proposal.unused) > MAX_NAMES else ""
        yield f"  not used: {', '.join(proposal.unused[:MAX_NAMES])}{more}"
    for field in proposal.missing:
        yield f'  no column can be {field}, which is required: name it in COLUMNS, e.g. {{"Opened":"{field}"}}'
    for number, ticket in enumerate(trial.samples, 1):
        yield f"  ticket {number}: {_shown(ticket)}"
    yield from _trial_lines(source)
    yield ""
    yield f"# Copy these lines into {'a shell' if for_shell else 'an environment file'}."
    for variable in source.variables:
        if variable.note:
            yield f"# {variable.note}"
        name = full_name(source.name, variable.setting)
        yield f"export {name}={shlex.quote(variable.value)}" if for_shell else f"{name}={variable.value}"
    yield ""


def describe(shape: FileShape) -> str:
    """Return what a file is, in words."""
    layout = shape.layout
    parts = [
        f"{layout.container}{', compressed' if layout.compressed else ''}",
        f"encoding {layout.encoding}" if layout.container != "workbook" else "",
        f"delimiter {DELIMITERS.get(layout.delimiter, layout.delimiter)}" if layout.delimiter else "",
        "backslash escapes" if layout.backslash_escapes else "",
        f"header in line {layout.header_line}" if layout.header_line else "",
        f"{count(layout.titles, 'line')} above it" if layout.titles else "",
        f"{count(shape.totals, 'line')} of totals" if shape.totals else "",
        f"sheet {shape.sheet}" if shape.sheet else "",
        f"records in {layout.records}" if layout.records else "",
    ]
    return ", ".join(filter(None, parts))


def _time_lines(source: SurveyedSource) -> Iterator[str]:
    for column in source.shape.columns:
        if column.name in source.proposal.columns and column.date_formats:
            order = f", {column.day_order}" if column.day_order else ""
            yield f"  times in {column.name}: {' | '.join(column.date_formats)}{order}"
        elif column.name in source.proposal.columns and column.unit:
            yield f"  durations in {column.name}: {column.unit}"


def _trial_lines(source: SurveyedSource) -> Iterator[str]:
    trial = source.trial
    which = "" if trial.is_whole else "of the first lines, "
    yield f"  {which}{count(trial.tickets, 'ticket')} would be taken, {count(trial.refused, 'line')} refused"
    yield from (f"  refused: {refusal.place}: {refusal.reason}" for refusal in trial.refusals)
    yield from (f"  {left_out.text}" for left_out in trial.left_out)
    for label in trial.unknown:
        word = label.word if len(label.word) <= MAX_WORD else f"{label.word[: MAX_WORD - 1]}…"
        yield f'  unknown {label.field} "{word}" of {count(label.tickets, "ticket")}'
        # Whoever wrote more meant no word of a list.
        if len(label.word) <= MAX_WORD:
            line = f"{full_name(source.name, label.setting)}={label.value}"
            yield f"    set {line} with {label.choices} for the question mark"


def _shown(ticket: Ticket) -> str:
    cells = ((name, getattr(ticket, name)) for name in SHOWN)
    return ", ".join(f"{name}={_cell(value)[:MAX_CELL]}" for name, value in cells if value not in (None, ""))


def _cell(value: object) -> str:
    return f"{value:.2f}" if isinstance(value, float) else str(value)


def _as_dict(result: Survey) -> dict[str, Any]:
    """Return the survey as docs/operations/commands.md describes it."""
    return {
        "sources": [_source_dict(source) for source in result.sources],
        "unreadable": [{"place": place, "reason": reason} for place, reason in result.unreadable],
    }


def _source_dict(source: SurveyedSource) -> dict[str, Any]:
    proposal, trial = source.proposal, source.trial
    return {
        "name": source.name,
        "files": [str(path) for path in source.paths],
        "system": proposal.system.profile.name if proposal.system else None,
        "language": proposal.language,
        "form": proposal.form,
        "shape": _shape_dict(source.shape),
        "mapping": _dicts(proposal.assignments),
        "unused": proposal.unused,
        "missing": proposal.missing,
        "variables": {full_name(source.name, variable.setting): variable.value for variable in source.variables},
        "notes": {variable.setting: variable.note for variable in source.variables if variable.note},
        "tickets": trial.tickets,
        "refused": trial.refused,
        "whole": trial.is_whole,
        "refusals": [refusal.model_dump() for refusal in trial.refusals],
        "left_out": [left_out.model_dump() for left_out in trial.left_out],
        "samples": [ticket.model_dump(mode="json", include=set(SHOWN)) for ticket in trial.samples],
        "unknown_words": _dicts(trial.unknown),
    }


def _shape_dict(shape: FileShape) -> dict[str, Any]:
    rest = {name: value for name, value in shape._asdict().items() if name != "layout"}
    return shape.layout._asdict() | rest | {"columns": _dicts(shape.columns)}


def _dicts(items: Iterable[Any]) -> list[dict[str, Any]]:
    """Return named tuples as objects."""
    return [item._asdict() for item in items]
