"""Texts without what no text should hold: NUL, control characters, and the invisible in ids."""

import re

REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
"""What stands for a character that was none in its source, such as half an emoji."""

# Zero-width and directional signs, soft hyphens and byte order marks: two ids that look the same must be the same.
_INVISIBLE = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\xad\u061c\u115f\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]"
)
_BLANKS = re.compile(r"\s+")
_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")


def clean_id(text: str) -> str:
    """Return an id or key without invisible characters and without blanks around it; those inside become one space."""
    # Ids are short and almost always good: no pattern has to look at them.
    if text.isascii() and text.isprintable() and " " not in text:
        return text
    return _BLANKS.sub(" ", _INVISIBLE.sub("", text)).strip()


def clean_text(text: str) -> str:
    """Return a text whose control characters are blanks; line ends and tabs stay."""
    # Most long texts hold line ends and nothing else that does not print: no pattern has to look at these either.
    if text.isprintable() or text.replace("\n", "").replace("\r", "").replace("\t", "").isprintable():
        return text
    return _CONTROLS.sub(" ", text)
