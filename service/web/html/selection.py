"""What a page is of, and links that stay with it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode

from service.analysis.weeks import Weeks
from service.store.queries.scopes import Scope
from service.store.queries.snapshot import VERDICT_WEEKS

EVERYTHING = Scope()
PRESETS = (4, 13, 26, 52)


def to(path: str, **parameters: Any) -> str:
    """A link with its parameters, without those that say nothing; the scope `all` goes without saying."""
    told = {name.rstrip("_"): value for name, value in parameters.items() if value not in (None, "", False)}
    if str(told.get("scope", "")) == "all":
        del told["scope"]
    query = urlencode({name: str(value) for name, value in told.items()}, quote_via=quote)
    return f"{quote(path)}?{query}" if query else quote(path)


@dataclass(frozen=True, slots=True)
class View:
    """A scope and a period; `scopes` are all that there are, by dimension."""

    scope: Scope = EVERYTHING
    period: Weeks = VERDICT_WEEKS
    scopes: Mapping[str, list[str]] = field(default_factory=dict)

    @property
    def told(self) -> dict[str, Any]:
        """What a URL says of it; the usual goes without saying."""
        weeks = None if self.period.count == VERDICT_WEEKS.count else self.period.count
        return {"scope": self.scope, "weeks": weeks, "until": self.period.until}

    @property
    def lengths(self) -> list[int]:
        """The numbers of weeks that are offered."""
        return sorted({*PRESETS, self.period.count})

    def to(self, path: str, **parameters: Any) -> str:
        """A link of the same scope and period, unless its parameters say otherwise."""
        return to(path, **self.told | parameters)
