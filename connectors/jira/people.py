"""Persons: their stable ids, or their names where the operator wants them."""

from connectors.jira.site import Json


class People:
    """How persons appear in tickets."""

    def __init__(self, *, named: bool) -> None:
        self.named = named

    def person(self, value: Json | None) -> str | None:
        """The account id (Cloud) or user key (Data Center), or the name; None for nobody."""
        if not value:
            return None
        uid = value.get("accountId") or value.get("key") or value.get("name")
        return value.get("displayName") or uid if self.named else uid

    def changed(self, item: Json, side: str) -> str | None:
        """The person before (`from`) or after (`to`) a change."""
        uid, name = item.get(side), item.get(f"{side}String")
        return (name or uid) if self.named else uid
