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
_CONTROL_BYTES = bytes(code for code in (*range(0x20), 0x7F) if code not in b"\t\n\r")
_FIRST_OF_C1 = b"\xc2"
_HALVES = re.compile("[\ud800-\udfff]")


def clean_id(text: str) -> str:
    """Return an id or key without invisible characters and without blanks around it; those inside become one space."""
    # Ids are short and almost always good: no pattern has to look at them.
    if is_plain(text):
        return text
    return _BLANKS.sub(" ", _INVISIBLE.sub("", _HALVES.sub(REPLACEMENT, text))).strip()


def is_plain(text: str) -> bool:
    """Return True for a text of ASCII characters that print, without blanks."""
    return text.isascii() and text.isprintable() and " " not in text


def clean_text(text: str) -> str:
    """Return a text whose control characters are blanks, half an emoji U+FFFD; line ends and tabs stay."""
    return text if is_clean(text) else _CONTROLS.sub(" ", _HALVES.sub(REPLACEMENT, text))


def is_clean(text: str) -> bool:
    """Return True for a text that holds neither control characters nor half an emoji."""
    # Long texts are most of a pull, and bytes are searched three times as fast as any other way searches a text.
    try:
        content = text.encode()
    except UnicodeEncodeError:
        return False
    if len(content.translate(None, _CONTROL_BYTES)) < len(content):
        return False
    return text.isascii() or _FIRST_OF_C1 not in content or _CONTROLS.search(text) is None
