"""Kinds and priority levels by the words that files use for them."""

import re

from connectors.model import Kind

# The order decides: a "Change task" is a task, a "Feature request" a feature.
KINDS: tuple[tuple[Kind, str], ...] = (
    ("task", r"\b(sub-?)?tasks?\b|\baufgabe|\bt[âa]che|\btarea"),
    ("change", r"\bchanges?\b|\brfc\b|[äÄ]nderung|changement|\bcambio"),
    ("feature", r"\bfeatures?\b|\bstory\b|\bepic\b|\bimprovement|\benhancement|\bnew feature"),
    ("defect", r"\bdefects?\b|\bbugs?\b|\bfehler"),
    ("alert", r"\balerts?\b|\balarms?\b"),
    ("problem", r"\bproblem"),
    ("incident", r"\bincident|\bst[öo]rung|\boutage|\bincidencia|\binc\b"),
    ("request", r"\brequests?\b|\britm\b|\banfrage|\bdemande|\bsolicitud"),
)
_KINDS = tuple((kind, re.compile(pattern, re.IGNORECASE)) for kind, pattern in KINDS)

LEVELS: tuple[tuple[int, str], ...] = (
    (1, r"critical|highest|blocker|urgent|kritisch"),
    (5, r"lowest|trivial|planning"),
    (2, r"high|major|hoch"),
    (3, r"medium|moderate|normal|mittel|average"),
    (4, r"low|minor|niedrig"),
)
_LEVELS = tuple((level, re.compile(rf"\b({words})\b", re.IGNORECASE)) for level, words in LEVELS)
_DIGIT = re.compile(r"\s*+(?:p|prio|priority)?[\s:_-]*+([1-5])(?!\d)", re.IGNORECASE)


def kind_of(label: str) -> Kind:
    """Return the kind of the first row of `KINDS` that matches the label; `other` if none does."""
    return next((kind for kind, pattern in _KINDS if pattern.search(label)), "other")


def priority_level(label: str) -> int | None:
    """Return the level of a priority, 1 (most urgent) to 5; None for an unknown label.

    A digit at the beginning, as in `P1`, goes before words.
    """
    digit = _DIGIT.match(label)
    if digit:
        return int(digit[1])
    return next((level for level, pattern in _LEVELS if pattern.search(label)), None)
