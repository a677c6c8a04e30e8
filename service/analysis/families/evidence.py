"""What the systems themselves say of two tickets: links that make them the same problem for certain."""

from connectors.model import Ticket

ALERTS = ("incident", "alert")


def certain_keys(ticket: Ticket) -> tuple[str, ...]:
    """Two tickets of one source that share one of these are the same problem.

    The ticket's own id, those of its duplicates, an incident's parent, and the problem record it belongs to.
    """
    found = {f"ticket:{ticket.id}": None}
    for link in ticket.links:
        if link.relation in ("duplicate_of", "duplicated_by") or (link.relation == "parent" and ticket.kind in ALERTS):
            found[f"ticket:{link.target}"] = None
        elif link.relation == "problem":
            found[f"problem:{link.target}"] = None
    return tuple(found)
