"""The share of repeats that the verdict is about, corrected for what was missed and what was wrongly joined."""

from datetime import timedelta

from service.analysis.calendar import local_date
from service.analysis.coverage import is_partial
from service.analysis.evidence import ScopeEvidence
from service.analysis.recognition import Precision, Recall

LIMIT = 0.10
MOSTLY = 0.5
REPEAT = "repeat_share"


def counted_share(evidence: ScopeEvidence) -> tuple[float, float, float] | None:
    """Return the share of repeats as it was counted, with its bounds; None where it could not be measured."""
    share = evidence.metrics.get(REPEAT)
    if share is None or share.value is None or share.low is None or share.high is None:
        return None
    return share.value, share.low, share.high


def corrected_share(evidence: ScopeEvidence) -> tuple[float, float, float] | None:
    """Return the share times precision by recall, with bounds; None where the recall is not known, or 0.

    Each bound takes the bounds of precision and recall that move it outwards, so that the interval is rather too wide.
    """
    share, recall, precision = counted_share(evidence), recall_of(evidence), precision_of(evidence)
    # Nothing of nothing: a share that none of was found, by a matcher that finds none.
    if share is None or recall is None or not recall.value:
        return None
    right, low_right, high_right = (precision.value, precision.low, precision.high) if precision else (1.0, 1.0, 1.0)
    value, low, high = share
    return (
        _quotient(value * right, recall.value),
        _quotient(low * low_right, recall.high),
        _quotient(high * high_right, recall.low),
    )


def least_share(evidence: ScopeEvidence) -> float | None:
    """Return the lower bound of the share: what was missed can only add to it, what was wrongly joined is taken off."""
    share, precision = counted_share(evidence), precision_of(evidence)
    return None if share is None else share[1] * (precision.low if precision else 1.0)


def most_share(evidence: ScopeEvidence) -> float | None:
    """Return the upper bound of the corrected share; None where the recall is not known."""
    share = corrected_share(evidence)
    return None if share is None else share[2]


def recall_of(evidence: ScopeEvidence) -> Recall | None:
    """Return the recall in the scope; None where it is not known."""
    return evidence.recognition.recall if evidence.recognition else None


def precision_of(evidence: ScopeEvidence) -> Precision | None:
    """Return the precision of the audit sample; None without one."""
    return evidence.recognition.precision if evidence.recognition else None


def left_to_judge(evidence: ScopeEvidence) -> int:
    """Return how many tickets of the audit sample nobody has judged yet; 0 where there is no sample."""
    return evidence.recognition.to_judge if evidence.recognition else 0


def rests_on_labels(evidence: ScopeEvidence) -> bool:
    """Return True if most repeats are of families by label, and no audit sample has borne them out."""
    recognition = evidence.recognition
    if recognition is None or recognition.precision is not None:
        return False
    return (recognition.label_share_of_repeats or 0.0) > MOSTLY


def visible_share(evidence: ScopeEvidence) -> float | None:
    """Return the share of the tickets that can be seen at all; None where nobody has counted it."""
    recognition = evidence.recognition
    return recognition.visibility.visible if recognition and recognition.visibility.n else None


def partial_weeks(evidence: ScopeEvidence) -> int:
    """Return how many weeks of the period look back beyond the data, so that their repeats are a least number."""
    begin, end = (local_date(at, evidence.zone) for at in (evidence.period.begin, evidence.period.end))
    mondays = [begin + timedelta(weeks=week) for week in range((end - begin).days // 7)]
    return sum(is_partial(monday, evidence.known_from, evidence.zone) for monday in mondays)


def _quotient(part: float, whole: float) -> float:
    return min(1.0, part / whole) if whole else 1.0
