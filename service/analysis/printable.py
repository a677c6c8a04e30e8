"""Text of strangers, made safe for terminals, logs and spreadsheets."""

import re

REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
_BREAK = re.compile(r"[\t\n\v\f\r\x1c-\x1f\x85\u2028\u2029]+")
# C0, DEL and C1 move cursors, set titles and colours; marks of direction show a text in another order than it has;
# invisible characters hide words; lone surrogates cannot be encoded.
_CONTROL = re.compile(
    r"[\x00-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff\U000e0000-\U000e007f]"
)
_BLANK = r"\s\x00-\x1f\x7f-\x9f\u00ad\u200b-\u200f\u2028-\u202f\u2060-\u206f\ufeff"
_SIGN = r"=+\-@\uff1d\uff0b\uff0d\uff20\ufe66\ufe62\ufe63\ufe6b"
# Spreadsheets skip blanks and quotes before a formula, take full-width signs for signs, and some split a cell at its
# semicolons, tabs and bars.
_FORMULA = re.compile(rf"(^|[;\t\r\n|])([{_BLANK}\"'`,;|\u2018-\u201f\uff02\uff07\uff0c\uff1b]*)(?=[{_SIGN}])")


def printable(text: str) -> str:
    """Return a text as one line without characters that control a terminal or forge a line."""
    if text.isprintable():
        return text
    return _CONTROL.sub(REPLACEMENT, _BREAK.sub(" ", text))


def printable_lines(text: str) -> str:
    """Return a text of several lines, each without characters that control a terminal."""
    return "\n".join(map(printable, text.split("\n")))


def escape_controls(json: str) -> str:
    """Return JSON, the same for its readers, in which characters that control a terminal are escaped."""
    # What stands outside the strings are blanks and line breaks.
    return json if json.isascii() else _CONTROL.sub(_escape, json)


def plain_cell(text: str) -> str:
    """Return a text that no spreadsheet takes for a formula."""
    if text[:1] in ("\t", "\r", "\n"):
        text = f"'{text}"
    return _FORMULA.sub(_mark_as_text, text)


def _escape(match: re.Match[str]) -> str:
    character = match[0]
    if character == "\n":
        return character
    units = character.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[place] << 8 | units[place + 1]:04x}" for place in range(0, len(units), 2))


def _mark_as_text(match: re.Match[str]) -> str:
    # Before the blanks at the beginning of a cell, since the apostrophe counts in its first place alone.
    return f"{match[1]}'{match[2]}"
