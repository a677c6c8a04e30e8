"""Kinds and priority levels by the words that files use for them."""

import re

from connectors.model import Kind

WORDS: tuple[tuple[Kind, str], ...] = (
    ("task", r"\b(sub-?)?tasks?\b|\baufgabe|\bt[âa]che|\btarea"),
    ("change", r"\bchanges?\b|\brfc\b|[äÄ]nderung|changement|\bcambio"),
    ("feature", r"\bfeatures?\b|\bstory\b|\bepic\b|\bimprovement|\benhancement|\bnew feature"),
    ("defect", r"\bdefects?\b|\bbugs?\b|\bfehler"),
    ("alert", r"\balerts?\b|\balarms?\b"),
    ("problem", r"\bproblem"),
    ("incident", r"\bincident|\bst[öo]rung|\boutage|\bincidencia|\binc\b"),
    ("request", r"\brequests?\b|\britm\b|\banfrage|\bdemande|\bsolicitud"),
)
_KINDS = tuple((kind, re.compile(pattern, re.IGNORECASE)) for kind, pattern in WORDS)

LEVELS: tuple[tuple[int, str], ...] = (
    (1, r"critical|highest|blocker|urgent|kritisch"),
    (5, r"lowest|trivial|planning"),
    (2, r"high|major|hoch"),
    (3, r"medium|moderate|normal|mittel|average"),
    (4, r"low|minor|niedrig"),
)
_LEVELS = tuple((level, re.compile(rf"\b({words})\b", re.IGNORECASE)) for level, words in LEVELS)
_DIGIT = re.compile(r"\s*(?:p|prio|priority)?[\s:_-]*([1-5])(?!\d)", re.IGNORECASE)


def kind_of(label: str) -> Kind:
    """The kind that a label's words speak of, by the first match in `WORDS`; `other` where they speak of none."""
    return next((kind for kind, pattern in _KINDS if pattern.search(label)), "other")


def priority_level(label: str) -> int | None:
    """1 (most urgent) to 5: the digit that the label begins with, `P1` included, else by its words, else None."""
    digit = _DIGIT.match(label)
    if digit:
        return int(digit[1])
    return next((level for level, pattern in _LEVELS if pattern.search(label)), None)
