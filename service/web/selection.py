"""The scope and period of a page, and links that keep them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode

from service.analysis.weeks import Weeks
from service.store.queries.scopes import Scope
from service.store.queries.snapshot import VERDICT_WEEKS

EVERYTHING = Scope()
PRESETS = (4, 13, 26, 52)


def link(path: str, **parameters: Any) -> str:
    """Return a URL with its parameters, without empty ones and without the scope `all`, which is the default.

    A parameter whose name is a keyword of Python ends in an underscore: `from_`.
    """
    query = {name.rstrip("_"): value for name, value in parameters.items() if value not in (None, "", False)}
    if str(query.get("scope", "")) == "all":
        del query["scope"]
    text = urlencode({name: str(value) for name, value in query.items()}, quote_via=quote)
    return f"{quote(path)}?{text}" if text else quote(path)


@dataclass(frozen=True, slots=True)
class View:
    """A scope and a period; `scopes` are the names of all scopes, by dimension."""

    scope: Scope = EVERYTHING
    period: Weeks = VERDICT_WEEKS
    scopes: Mapping[str, list[str]] = field(default_factory=dict)

    @property
    def parameters(self) -> dict[str, Any]:
        """The parameters of a URL that ask for this view; None where the default will do."""
        weeks = None if self.period.count == VERDICT_WEEKS.count else self.period.count
        return {"scope": self.scope, "weeks": weeks, "until": self.period.until}

    @property
    def week_choices(self) -> list[int]:
        """The lengths of a period that the page offers, in weeks."""
        return sorted({*PRESETS, self.period.count})

    def link(self, path: str, **parameters: Any) -> str:
        """Return a URL that keeps scope and period, unless its parameters say otherwise."""
        return link(path, **self.parameters | parameters)
