"""The variables that explain words which nobody understood."""

import json
from collections.abc import Sequence

from connectors.model import WordField

# Whoever wrote more meant no word of a list.
LONGEST = 100


def assignment(source: str, field: WordField, words: Sequence[str]) -> str:
    """Return the assignment that explains these words, as an environment file takes it, with a `?` for each value.

    Empty where there are none.
    """
    # Not an example: whoever copied it would store a wrong value.
    mapping = dict.fromkeys((word for word in words if word and len(word) <= LONGEST), "?")
    if not mapping:
        return ""
    text = json.dumps(mapping, ensure_ascii=False)
    return f"TREADMILL_SOURCES__{source.upper()}__{field.upper()}_MAP={text}"
