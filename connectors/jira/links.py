"""From issue links, parent and subtasks to links."""

from collections.abc import Iterator

from connectors.jira.site import Json
from connectors.jira.words import kind_of, relation_of
from connectors.model import Link


def links(fields: Json) -> list[Link]:
    """All links of an issue, each relation to the same target once."""
    found = {(link.relation, link.target): link for link in _all(fields)}
    return list(found.values())


def _all(fields: Json) -> Iterator[Link]:
    for link in fields.get("issuelinks") or ():
        side = "outward" if link.get("outwardIssue") else "inward"
        if target := link.get(f"{side}Issue"):
            yield _linked(link["type"], side, target)
    if parent := fields.get("parent"):
        yield Link(relation="parent", target=parent["id"], target_key=parent.get("key"))
    for child in fields.get("subtasks") or ():
        yield Link(relation="child", target=child["id"], target_key=child.get("key"))


def _linked(link_type: Json, side: str, target: Json) -> Link:
    """`outward` reads from this issue to the other, `inward` the other way round."""
    target_type = ((target.get("fields") or {}).get("issuetype") or {}).get("name", "")
    relation = relation_of(link_type["name"], link_type[side], kind_of(target_type))
    return Link(relation=relation, target=target["id"], target_key=target.get("key"))
