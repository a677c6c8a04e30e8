"""Shares of a period that tell of problems that closing did not end: hidden reopens and workarounds."""

from collections.abc import Mapping
from typing import NamedTuple

from service.analysis.episodes import LONGEST_BURST
from service.analysis.metric import Metric, not_measurable, share_metric

DAY = 86_400
HIDDEN_WINDOW = 14 * DAY
"""A new ticket of the same person about the same problem within this time reopens the old one in all but name."""
WORKAROUND_TICKETS = 3
"""What has closed so many tickets of one problem does not end it."""
WORKAROUND_SPAN = LONGEST_BURST
"""Tickets that opened within so many seconds of each other may be one flare-up, which one remedy may have ended."""
UNKNOWN = {
    "hidden_reopen_rate": "no failure with a known requester ended 30 days or more before the end of the data",
    "workaround_share": "no reactive ticket that was resolved in the period says what was done",
}


OF_WHOLE_PERIODS = frozenset({*UNKNOWN, "aftermath"})
"""Metrics that days, weeks and months do not have."""
WHOLE_PERIOD_WHY = "it is counted for the period of a report as a whole, not for single days, weeks or months"


class PartCount(NamedTuple):
    """The tickets that a share counts, and those that it is a share of."""

    part: int = 0
    n: int = 0


def recurrence_shares(counts: Mapping[str, PartCount] | None) -> list[Metric]:
    """Return the shares with their Wilson intervals, or why they are unknown; a day, week or month has no counts."""
    if counts is None:
        return [not_measurable(id_, WHOLE_PERIOD_WHY) for id_ in UNKNOWN]
    return [share_metric(id_, *counts[id_], why) for id_, why in UNKNOWN.items()]
