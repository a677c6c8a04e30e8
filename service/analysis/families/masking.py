"""Masking of volatile parts of a text, so that the same wording is the same text.

Volatile are numbers, hosts in a numbered series, dates and times, ids, addresses, user codes, names in forms of
address, quoted replies and signatures.
"""

import re
from functools import lru_cache

from service.analysis.families.boilerplate import strip_boilerplate, strip_reply_prefix
from service.analysis.families.vocabulary import DAYS, MONTHS
from service.analysis.limits import WORD_LENGTH

PLACEHOLDER = "#"
DATE_END = ("#", "#.", "#,")
DIGIT = re.compile(r"\d")
HASHED = re.compile(r"\W*(?:\b[0-9a-f]{10}\b\W*)+")
LABEL_PATH = re.compile(r"[^\W\d_]+(?: [^\W\d_]+){0,3} \d+(?: [/>|] [^\W\d_]+(?: [^\W\d_]+){0,3} \d+)+")
HASHED_PATH = re.compile(r"[0-9a-f]{10}(?: [0-9a-f]{10}){1,4}(?: [/>|] [0-9a-f]{10}(?: [0-9a-f]{10}){1,4})+")
UUID = re.compile(r"\b[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\b", re.IGNORECASE)
ADDRESS = re.compile(
    r"\b[a-z][a-z0-9+.-]*://[^\s<>\"'|)\]}]+|\bwww\.[^\s<>\"'|)\]}]+|[\w.+-]+@[\w-]+(?:\.[\w-]+)+"
    r"|\b(?:[0-9a-f]{2}[:-]){5}[0-9a-f]{2}\b|(?<![\w:])(?:[0-9a-f]{0,4}:){3,7}[0-9a-f]{1,4}(?![\w:])",
    re.IGNORECASE,
)
HOME = re.compile(r"((?:[\\/](?:home|users))[\\/])[^\\/\s]+|\b([A-Z]{2,})\\[\w.-]+$", re.IGNORECASE)
CODE = re.compile(
    r"\b0x[0-9a-f]+\b|\b(?=[a-f]*\d)(?=\d*[a-f])[0-9a-f]{6,}\b|(?<![^\W_])[^\W\d_]{1,4}\d{4,}(?![^\W_])"
    r"|(?<![^\W_])[^\W\d_]-\d{3,}(?!\w)",
    re.IGNORECASE,
)
STAMP = re.compile(r"\d{4}-\d\d-\d\dT[\d:.,]+(?:Z|[+-]\d\d:?\d\d)?")
SERIES = re.compile(
    r"(?<=[^\W\d_]{3})\d+(?![^\W\d_])|(?<![^\W_])\d+(?:st|nd|rd|th|h|m|s|ms|min|am|pm)?(?![^\W\d_])|\d{2,}",
    re.IGNORECASE,
)
CLOCK = re.compile(r"#(?:\s*+(?:[ap]\.?m\b\.?|uhr\b|o'clock\b))+", re.IGNORECASE)
NAMED = re.compile(
    r"\b(?:Mrs?|Ms|Dr|Prof|Herrn?|Frau|Monsieur|Madame|Mme|Se[ñn]ora?|Sra?)\b\.?(?: [^\W\d_a-zäöüß][\w'-]+){1,2}"
)
RUN = re.compile(r"#(?:(?:[\s.,:;/_+\-]++|\b(?:of|de)\b)*+#)++")
EDGE = ".,;:()[]/-"


def is_label_path(title: str) -> bool:
    """Return whether a masked title is a path of labels, in plain words or hashed ones."""
    return bool(LABEL_PATH.fullmatch(title) or HASHED_PATH.fullmatch(title))


def is_code(title: str) -> bool:
    """Return whether a masked title says nothing but codes: all of its words were masked."""
    return all(PLACEHOLDER in word for word in title.split())


def mask(text: str) -> str:
    """Return the text with its volatile parts masked. Idempotent."""
    text = text.strip()
    # Hashed words look like ids, and the numbers of a label path are its meaning: both would be masked away.
    if HASHED.fullmatch(text) or LABEL_PATH.fullmatch(text):
        return text
    # Masking one part can make its neighbour volatile: "May" is a month only beside a number. So it runs until nothing
    # changes, which also makes it idempotent.
    while (masked := _mask_once(text)) != text:
        text = masked
    return text


def _mask_once(text: str) -> str:
    text = NAMED.sub(PLACEHOLDER, strip_boilerplate(strip_reply_prefix(text)))
    text = "\n".join(map(_mask_line, text.split("\n")))
    if PLACEHOLDER in text:
        text = RUN.sub(PLACEHOLDER, CLOCK.sub(PLACEHOLDER, RUN.sub(PLACEHOLDER, text)))
    return text.strip()


def _mask_line(line: str) -> str:
    """Return a line without its volatile words; a month beside a number is part of a date."""
    # Cut before it is masked: the patterns of a word look back and ahead, and their time grows with its square.
    words = [_mask_word(word[:WORD_LENGTH]) for word in line.split()]
    # A month that is masked stands beside the next one: both ways in one pass each, or a line of months would take as
    # many passes as it has words.
    for index in range(1, len(words)):
        if words[index - 1].endswith(DATE_END) and _is_month(words[index]):
            words[index] = PLACEHOLDER
    for index in reversed(range(len(words) - 1)):
        if words[index + 1].startswith(PLACEHOLDER) and _is_month(words[index]):
            words[index] = PLACEHOLDER
    return " ".join(words)


def _is_month(word: str) -> bool:
    return word.strip(EDGE).lower() in MONTHS


@lru_cache(maxsize=65536)
def _mask_word(word: str) -> str:
    """Return a word without its volatile parts."""
    if word.isalpha():
        return PLACEHOLDER if word.lower() in DAYS else word
    if any(mark in word for mark in ("@", "://", "www.", "::")) or word.count(":") > 2 or word.count("-") > 2:
        word = ADDRESS.sub(PLACEHOLDER, UUID.sub(PLACEHOLDER, word))
    if "\\" in word or "/" in word:
        word = HOME.sub(lambda part: f"{part[1] or part[2]}{PLACEHOLDER}", word)
    if DIGIT.search(word):
        word = SERIES.sub(PLACEHOLDER, CODE.sub(PLACEHOLDER, STAMP.sub(PLACEHOLDER, word)))
    return PLACEHOLDER if word.strip(EDGE).lower() in DAYS else word
