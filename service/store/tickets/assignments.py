"""The variables that explain words which nobody understood."""

import json
from collections.abc import Sequence

from connectors.model import WordField

EXAMPLES: dict[WordField, str | int] = {"status": "waiting", "kind": "incident", "priority": 3}
# Whoever wrote more meant no word of a list.
LONGEST = 100


def assignment(source: str, field: WordField, words: Sequence[str]) -> str:
    """Return the assignment that explains these words, as an environment file takes it; empty for none."""
    mapping = {word: EXAMPLES[field] for word in words if word and len(word) <= LONGEST}
    if not mapping:
        return ""
    text = json.dumps(mapping, ensure_ascii=False)
    return f"TREADMILL_SOURCES__{source.upper()}__{field.upper()}_MAP={text}"
