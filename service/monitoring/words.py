"""Words of a source that nobody understood, as lines for people."""

from collections.abc import Iterable

from connectors.model import UnknownWord


def describe(words: Iterable[UnknownWord]) -> list[str]:
    """Return a line for each word, and one for each field with the variable that explains its words."""
    words = tuple(words)
    remedies = dict.fromkeys(word.remedy for word in words if word.remedy)
    return [word.text for word in words] + [
        f"To explain them, set {remedy} with the right values, beside those that you have." for remedy in remedies
    ]
