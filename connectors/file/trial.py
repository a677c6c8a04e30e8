"""The trial of settings: what a pull would make of the first lines of files, without storing anything."""

from collections.abc import Generator, Sequence
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

from connectors.file.reader import FileReader, LineBatch
from connectors.file.settings import FileSettings
from connectors.file.variables import as_json
from connectors.model import LeftOut, Refusal, Ticket, UnknownWord
from connectors.omissions import Omissions
from connectors.unknowns import UnknownWords
from connectors.words import WORD_CHOICES

TRIED_LINES = 10_000
SAMPLES = 3
MAX_REFUSALS = 5


class UnknownLabel(NamedTuple):
    """A word of a list that nobody understood: `setting` explains it, with one of `choices` in the place of `value`."""

    field: str
    word: str
    tickets: int
    setting: str
    value: str
    choices: str


class Trial(NamedTuple):
    """A pull of the first lines, without storing: `tickets` counts those taken, `samples` are the first of them."""

    tickets: int = 0
    refused: int = 0
    is_whole: bool = True
    refusals: tuple[Refusal, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    samples: tuple[Ticket, ...] = ()
    unknown: tuple[UnknownLabel, ...] = ()


def try_out(settings: FileSettings, paths: Sequence[Path]) -> Trial:
    """Return what a pull makes of the first lines; of all lines of a log."""
    tickets: list[Ticket] = []
    refused: list[Refusal] = []
    omissions = Omissions()
    words = UnknownWords()
    count = 0
    is_whole = True
    reader = FileReader(settings, paths)
    with closing(_batches(reader)) as batches:
        for batch in batches:
            for ticket in batch.tickets:
                words.add(vars(ticket))
            count += len(batch.tickets)
            tickets += batch.tickets[: SAMPLES - len(tickets)]
            refused += batch.refused
            omissions.merge(batch.left_out)
            if count + len(refused) >= TRIED_LINES and not batch.last:
                is_whole = False
                omissions.merge(reader.repeats())
                break
    return Trial(
        tickets=count,
        refused=len(refused),
        is_whole=is_whole,
        # The end of a file that is cut is the last of them.
        refusals=(*refused[: MAX_REFUSALS - 1], *refused[MAX_REFUSALS - 1 :][-1:]),
        left_out=omissions.as_tuple(),
        samples=tuple(tickets),
        unknown=tuple(map(_label, words.as_tuple())),
    )


def _batches(reader: FileReader) -> Generator[LineBatch, None, None]:
    yield from reader.batches()


def _label(unknown: UnknownWord) -> UnknownLabel:
    setting, choices = f"{unknown.field.upper()}_MAP", WORD_CHOICES[unknown.field]
    return UnknownLabel(unknown.field, unknown.word, unknown.tickets, setting, as_json({unknown.word: "?"}), choices)
