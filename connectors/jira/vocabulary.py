"""Kinds and priority levels by the words that Jira's sites use for issue types and priorities."""

import re
from functools import lru_cache

from connectors.model import Kind

# The order decides: a "Post-incident review" is a problem, a "Feature request" a feature.
KINDS: tuple[tuple[Kind, str], ...] = (
    ("problem", r"\bproblem|root.cause|post-?mortem|post.incident"),
    ("incident", r"incident|outage"),
    ("feature", r"\bstory|feature|improvement|enhancement|\bwish|\bepic|initiative"),
    ("change", r"\bchange\b|\brfc\b"),
    ("alert", r"\balert|\balarm"),
    ("defect", r"\bbug|defect|\bfault|regression|vulnerab"),
    ("request", r"request|\bit help|question|support|access|onboard|purchase"),
    ("task", r"task|to.?do\b|chore|spike"),
)
_KINDS = tuple((kind, re.compile(pattern, re.IGNORECASE)) for kind, pattern in KINDS)

# Jira has two schemes: Highest to Lowest on new sites, Blocker to Trivial on old ones.
LEVELS = {
    "highest": 1, "blocker": 1, "urgent": 1, "emergency": 1,
    "high": 2, "critical": 2,
    "medium": 3, "major": 3, "normal": 3, "moderate": 3,
    "low": 4, "minor": 4,
    "lowest": 5, "trivial": 5, "planning": 5,
}  # fmt: skip
_NUMBER = re.compile(r"(?:p|prio|priority|s|sev|severity)?[ -]?([1-5])\b", re.IGNORECASE)


@lru_cache(maxsize=1024)
def kind_of(issue_type: str) -> Kind:
    """Return the kind of the first row of `KINDS` that matches the issue type; `other` if none does."""
    return next((kind for kind, pattern in _KINDS if pattern.search(issue_type)), "other")


@lru_cache(maxsize=1024)
def priority_level(priority: str) -> int | None:
    """Return the level of a priority, 1 (most urgent) to 5; None for an unknown name.

    A number goes before a word: "P1 - High" is 1.
    """
    if number := _NUMBER.match(priority.strip()):
        return int(number[1])
    words = re.findall(r"[a-z]+", priority.casefold())
    return next((LEVELS[word] for word in words if word in LEVELS), None)
