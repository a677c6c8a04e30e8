"""Report documents with what notifications read of them."""

from typing import Any


def cycle(id_: str, *, endless: bool = True, outcome: str | None = None) -> dict[str, Any]:
    fix = {"ticket": "PRB1", "at": "2026-03-14T09:00:00+00:00", "outcome": outcome, "episodes_after": 4}
    return {
        "id": id_, "title": f"Problem {id_}", "state": "steady" if endless else "quiet", "endless": endless,
        "episodes": 5, "hours": 12.0, "repeat_hours_in_period": 4.0, "fixes": [fix] if outcome else [],
    }  # fmt: skip


def source(name: str, complete: bool | None = True) -> dict[str, Any]:
    gaps = [{"cause": "invisible", "count": 3, "text": "3 tickets cannot be seen."}] if complete is False else []
    return {"name": name, "complete": complete, "gaps": gaps, "tickets": 10}


def document(
    state: str = "endless_cycles", *cycles: dict[str, Any], sources: tuple[dict[str, Any], ...] = ()
) -> dict[str, Any]:
    share = {"value": 0.4, "low": 0.3, "high": None}
    return {
        "as_of": "2026-06-01T08:00:00+00:00",
        "timezone": "Europe/Paris",
        "period": {"from": "2026-03-02T00:00:00+00:00", "to": "2026-05-31T22:00:00+00:00"},
        "verdict": {"state": state, "sentence": f"It is {state}: so it is.", "why": ("Because.",), "missing": ()},
        "metrics": {"repeat_hours_share": share, "reactive_hours_share": {"value": None, "low": None, "high": None}},
        "cycles": list(cycles),
        "sources": list(sources),
    }
