"""Relations between tickets, by the phrases with which links are shown."""

import re
from functools import lru_cache

from connectors.model import Kind, Relation

# The passive comes first: "is duplicated by" contains "duplicate" as well.
RELATIONS: tuple[tuple[str, Relation], ...] = (
    (r"is duplicated by|has duplicate", "duplicated_by"),
    (r"duplicate", "duplicate_of"),
    (r"(is|was|been) (caused|broken) by|^caused by", "caused_by"),
    (r"^(causes|caused|breaks|broke)\b", "causes"),
    (r"((is|was|been) |^)(fixed|solved|resolved|addressed|remedied) by", "fixed_by"),
    (r"^(fix(es|ed)|(re)?solve[sd]|(address|remedi)(es|ed))\b", "fixes"),
)
_RELATIONS = tuple((re.compile(pattern, re.IGNORECASE), relation) for pattern, relation in RELATIONS)


@lru_cache(maxsize=1024)
def relation_of(link_type: str, phrase: str, target_kind: Kind) -> Relation:
    """Return the relation to a linked issue by the phrase of its link, e.g. "is caused by".

    A problem that causes this ticket or is related to it is its `problem`; a related change is its `change`.
    """
    relation: Relation = next((relation for pattern, relation in _RELATIONS if pattern.search(phrase)), "related")
    is_problem = target_kind == "problem" or link_type.casefold() == "problem/incident"
    if relation == "caused_by" and is_problem:
        return "problem"
    if relation == "related" and target_kind in ("problem", "change"):
        return "problem" if target_kind == "problem" else "change"
    return relation
