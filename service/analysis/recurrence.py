"""Shares of a period that tell of problems that closing did not end: hidden reopens and workarounds."""

from collections.abc import Mapping
from typing import NamedTuple

from service.analysis.metric import Metric, share_metric

DAY = 86_400
HIDDEN_WINDOW = 14 * DAY
"""A new ticket of the same person about the same problem within this time reopens the old one in all but name."""
WORKAROUND_TICKETS = 3
"""What has closed so many tickets of one problem does not end it."""
UNKNOWN = {
    "hidden_reopen_rate": "no failure with a known requester ended 30 days or more before the end of the data",
    "workaround_share": "no reactive ticket that was resolved in the period says what was done",
}


class PartCount(NamedTuple):
    """The tickets that a share counts, and those that it is a share of."""

    part: int = 0
    n: int = 0


def recurrence_shares(counts: Mapping[str, PartCount]) -> list[Metric]:
    """Return the shares with their Wilson intervals, or why they are unknown; those of one week always are."""
    return [share_metric(id_, *counts.get(id_, PartCount()), why) for id_, why in UNKNOWN.items()]
