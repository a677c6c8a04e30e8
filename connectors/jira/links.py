"""Links of an issue: issue links, parent and sub-tasks."""

from collections.abc import Iterator

from connectors.drafts import Draft
from connectors.jira.site import Json
from connectors.model import Link
from connectors.relations import relation_of
from connectors.texts import clean_id
from connectors.words import kind_of


def links(fields: Json, draft: Draft) -> tuple[Link, ...]:
    """Return all links of an issue, each relation to the same target once."""
    if not (fields.get("issuelinks") or fields.get("parent") or fields.get("subtasks")):
        return ()
    unique = {(link.relation, link.target): link for link in _all_links(fields, draft)}
    return tuple(unique.values())


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
