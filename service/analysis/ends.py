"""Known ends of tickets: without them a problem that was repaired and came back looks like one that never ended."""

from service.analysis.evidence import ScopeEvidence
from service.analysis.formatting import count, integer
from service.analysis.histogram import read_histograms

LEAST_KNOWN = 0.5
"""Below this share of known ends, few repeats or fewer than before may be the work of an export."""
TIMES = ("r", "p", "u")
"""The histograms of the times to resolve, which count known ends only."""
REMEDY = (
    "Have the sources tell when tickets ended (the time of resolution, or the history of the status): without it a "
    "problem that came back looks like one that never ended."
)


def ends_are_known(evidence: ScopeEvidence) -> bool:
    """Return True if at least half of the tickets that were resolved in the period have a known end."""
    resolved = evidence.sums.get("resolved", 0)
    return bool(resolved) and _count_known(evidence) >= LEAST_KNOWN * resolved


def describe_ends(evidence: ScopeEvidence) -> str | None:
    """Return that too few ends are known, and what this means for the repeats; None where enough are."""
    if ends_are_known(evidence):
        return None
    resolved, with_time = evidence.sums.get("resolved", 0), _count_known(evidence)
    of = f"Of {count(resolved, 'ticket')} resolved in these weeks {integer(with_time)} have a known end"
    which = of if resolved else "No ticket is known to have ended in these weeks"
    return f"{which}: what came back may pass for what never ended, so there may be more repeats."


def _count_known(evidence: ScopeEvidence) -> int:
    return sum(sum(buckets.values()) for buckets in read_histograms(evidence.sums, TIMES).values())
