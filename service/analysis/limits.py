"""Limits of the text that an analysis reads: its time must not grow with what one ticket holds."""

TITLE_LENGTH = 1000
"""Characters of a title that are stored and read. Jira's longest has 255, ServiceNow's 160."""

DESCRIPTION_LENGTH = 1000
"""Characters of a description that are read. What follows is logs and mail threads, which name no problem better."""

WORD_LENGTH = 64
"""Characters of a word that tell it from others. What is longer is encoded data, not a word."""

CUT = "…"
"""The last character of a text that was cut."""


def cut_title(title: str) -> str:
    """Return a title of at most `TITLE_LENGTH` characters; one that was cut ends in `CUT`."""
    return title if len(title) <= TITLE_LENGTH else title[: TITLE_LENGTH - len(CUT)] + CUT
