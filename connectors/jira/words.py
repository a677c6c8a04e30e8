"""The words of issue types, priorities and links, as kinds, levels and relations."""

import re
from functools import lru_cache

from connectors.model import Kind, Relation

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

LEVELS = {
    "highest": 1, "blocker": 1, "urgent": 1, "emergency": 1,
    "high": 2, "critical": 2,
    "medium": 3, "major": 3, "normal": 3, "moderate": 3,
    "low": 4, "minor": 4,
    "lowest": 5, "trivial": 5, "planning": 5,
}  # fmt: skip
_NUMBER = re.compile(r"(?:p|prio|priority|s|sev|severity)?[ -]?([1-5])\b", re.IGNORECASE)

RELATIONS: tuple[tuple[str, Relation], ...] = (
    (r"is duplicated by|has duplicate", "duplicated_by"),
    (r"duplicate", "duplicate_of"),
    (r"(is|was|been) (caused|broken) by|^caused by", "caused_by"),
    (r"^(causes|caused|breaks|broke)\b", "causes"),
)
_RELATIONS = tuple((re.compile(pattern, re.IGNORECASE), relation) for pattern, relation in RELATIONS)


@lru_cache(maxsize=1024)
def kind_of(issue_type: str) -> Kind:
    """The kind that an issue type's words speak of, the first of `KINDS`; `other` where they speak of none."""
    return next((kind for kind, pattern in _KINDS if pattern.search(issue_type)), "other")


@lru_cache(maxsize=1024)
def level_of(priority: str) -> int | None:
    """1 (most urgent) to 5 by the name of a priority, in Jira's old and new schemes; None for other names.

    A number decides before a word: "P1 - High" is 1.
    """
    if numbered := _NUMBER.match(priority.strip()):
        return int(numbered[1])
    words = re.findall(r"[a-z]+", priority.casefold())
    return next((LEVELS[word] for word in words if word in LEVELS), None)


@lru_cache(maxsize=1024)
def relation_of(link_type: str, phrase: str, target_kind: Kind) -> Relation:
    """This ticket's relation to a linked one: `phrase` is what its link says, e.g. "is caused by".

    A problem record that causes this ticket, or is only related to it, is its problem; a related change its change.
    """
    found: Relation = next((relation for pattern, relation in _RELATIONS if pattern.search(phrase)), "related")
    is_problem = target_kind == "problem" or link_type.casefold() == "problem/incident"
    if found == "caused_by" and is_problem:
        return "problem"
    if found == "related" and target_kind in ("problem", "change"):
        return "problem" if target_kind == "problem" else "change"
    return found
