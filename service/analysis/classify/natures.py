"""The seven work classes, the nature of each, and the arithmetic of log-odds."""

import math
from typing import get_args

from service.analysis.fact import Nature, WorkClass

CLASSES: tuple[WorkClass, ...] = get_args(WorkClass)
NATURE: dict[WorkClass, Nature] = {
    "failure": "reactive", "rework": "reactive", "request": "reactive",
    "prevention": "proactive", "maintenance": "proactive", "improvement": "proactive", "delivery": "proactive",
}  # fmt: skip
SIGN: dict[Nature, int] = {"reactive": 1, "proactive": -1}


def nature_of(log_odds: float) -> Nature:
    """Return the nature that log-odds argue for: reactive from 0 up, proactive below."""
    return "reactive" if log_odds >= 0 else "proactive"


def log_odds(probability: float) -> float:
    """Return ln(p / (1 - p)). Raises ValueError at 0 and 1, which no evidence reaches."""
    return math.log(probability / (1 - probability))


def probability(log_odds: float) -> float:
    """Return the probability that belongs to log-odds."""
    return 1 / (1 + math.exp(-log_odds))
