"""Numbers, instants and names as the printed report shows them."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from service.analysis.formatting import day, local_day, percent

SPELT = {"pingpong": "ping-pong", "mtbf": "MTBF", "sla": "SLA"}
NAMED = {
    "pingpong_rate_strict": "Ping-pong rate, strict",
    "pingpong_rate_loose": "Ping-pong rate, loose",
    "time_to_resolve_p50": "Time to resolve, half",
    "time_to_resolve_p90": "Time to resolve, nine of ten",
}
DECIMALS = {"hours": (1, " h"), "days": (1, " d"), "per ticket": (2, ""), "hours per hour": (1, "")}
WHOLE_FROM = 100
"""From here on a decimal says nothing more."""


def name(id_: str) -> str:
    """What a metric, number or loop is called: `repeat_hours_share` is `Repeat hours share`."""
    if id_ in NAMED:
        return NAMED[id_]
    words = " ".join(SPELT.get(word, word) for word in id_.split("_"))
    return words[:1].upper() + words[1:]


def figure(value: float | None, unit: str) -> str:
    """A number with its unit, `40.3 %` or `1,239 h`; a dash where there is none."""
    if value is None:
        return "–"
    if unit.startswith("share"):
        return percent(value)
    decimals, ending = DECIMALS.get(unit, (0, ""))
    return f"{value:,.{0 if abs(value) >= WHOLE_FROM else decimals}f}{ending}"


def interval(found: Mapping[str, Any]) -> str:
    """The interval of a number as `34.6 % to 46.3 %`, `24.2 h or more`; empty where there is none."""
    low, high = (None if found[end] is None else figure(found[end], found["unit"]) for end in ("low", "high"))
    if low is None:
        return f"{high} or less" if high else ""
    return f"{low} to {high}" if high else f"{low} or more"


def money(value: float | None, of: Mapping[str, Any] | None) -> str:
    """Hours times the hourly rate as `EUR 86,700`; empty where no rate is known."""
    return "" if value is None or of is None else f"{of['currency']} {value:,.0f}".strip()


def local(at: str, zone: str) -> str:
    """The local day of an instant as `5 April 2026`."""
    return local_day(datetime.fromisoformat(at), ZoneInfo(zone))


def moment(at: str | None, zone: str) -> str:
    """An instant as `5 April 2026, 07:30`; a dash where there is none."""
    if at is None:
        return "–"
    there = datetime.fromisoformat(at).astimezone(ZoneInfo(zone))
    return f"{day(there.date())}, {there:%H:%M}"
