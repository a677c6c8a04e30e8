"""Words of a source that nobody understood, as lines for people."""

from collections.abc import Iterable

from connectors.model import UnknownWord
from connectors.words import WORD_CHOICES


def describe(words: Iterable[UnknownWord]) -> list[str]:
    """Return a line for each word, and one for each field with the variable that explains its words."""
    words = tuple(words)
    remedies = {word.remedy: word.field for word in words if word.remedy}
    return [word.text for word in words] + [
        f"To explain them, set {remedy} with {WORD_CHOICES[field]} for each question mark, beside those that you have."
        for remedy, field in remedies.items()
    ]
