"""Links of an issue: issue links, parent and sub-tasks."""

import re
from collections.abc import Iterator
from functools import lru_cache

from connectors.drafts import Draft
from connectors.jira.site import Json
from connectors.model import Kind, Link, Relation
from connectors.texts import clean_id
from connectors.words import kind_of

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


def links(fields: Json, draft: Draft) -> tuple[Link, ...]:
    """Return all links of an issue, each relation to the same target once."""
    if not (fields.get("issuelinks") or fields.get("parent") or fields.get("subtasks")):
        return ()
    unique = {(link.relation, link.target): link for link in _all_links(fields, draft)}
    return tuple(unique.values())


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


def _all_links(fields: Json, draft: Draft) -> Iterator[Link]:
    yield from draft.collect("links", _issue_link, fields.get("issuelinks"))
    if parent := fields.get("parent"):
        yield from draft.collect("links", _parent_link, [parent])
    yield from draft.collect("links", _child_link, fields.get("subtasks"))


def _parent_link(issue: Json) -> Link:
    return Link(relation="parent", target=clean_id(issue["id"]), target_key=issue.get("key"))


def _child_link(issue: Json) -> Link:
    return Link(relation="child", target=clean_id(issue["id"]), target_key=issue.get("key"))


def _issue_link(link: Json) -> Link | None:
    # The `outward` phrase leads from this issue to the linked one, the `inward` phrase the opposite way.
    link_type, side = link["type"], "outward" if link.get("outwardIssue") else "inward"
    # A link may come without its other side.
    if not (target := link.get(f"{side}Issue")):
        return None
    target_type = ((target.get("fields") or {}).get("issuetype") or {}).get("name", "")
    relation = relation_of(link_type["name"], link_type[side], kind_of(target_type))
    return Link(relation=relation, target=clean_id(target["id"]), target_key=target.get("key"))
