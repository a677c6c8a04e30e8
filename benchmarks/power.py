"""Power of the verdict: a desk that cuts its repeat share from 35 to 20 % within 26 weeks, and what is said of it.

`python -m benchmarks.power [RUNS]` prints for desks of several sizes how often each verdict is reached, and how often a
text that sees no fall names the smallest change that it would have seen.
"""

import sys
from collections import Counter
from dataclasses import fields, replace
from datetime import timedelta

import numpy as np

from benchmarks.steady import AS_OF, END, PERIOD, TREND, ZONE, Desk, Outcome, Tickets, draw_tickets, flags, outcome_of
from service.analysis.calendar import Period
from service.analysis.evidence import ScopeEvidence, SourceFact
from service.analysis.recognition import Recall, Recognition, Visibility
from service.analysis.verdict import Verdict, reach_verdict

WEEKS = 78
BEFORE, AFTER = 0.35, 0.20
DESKS = {
    "24 failures a week": Desk(single=0.63),
    "60 failures a week": Desk(single=0.63, failures=55, chronic=3),
    "240 failures a week": Desk(single=0.63, failures=220, chronic=12),
}
RECALL = Recall(90, 100, 0.9, 0.82, 0.95, "people")


def improving_tickets(desk: Desk, dice: np.random.Generator) -> Tickets:
    """Return the tickets of a desk on which repeats become rarer in the last 26 weeks, each with the same chance."""
    tickets = draw_tickets(desk, WEEKS, dice)
    share = BEFORE - (BEFORE - AFTER) * np.clip((tickets.opened - (WEEKS - TREND)) / TREND, 0, 1)
    # Other failures stay as they are: the odds of a repeat fall as their number does.
    chance = share / (1 - share) / (BEFORE / (1 - BEFORE))
    kept = ~(flags(tickets)[0] & (tickets.work == "failure")) | (dice.random(len(share)) < chance)
    return replace(tickets, **{field.name: getattr(tickets, field.name)[kept] for field in fields(tickets)})


def verdict_on(outcome: Outcome) -> Verdict:
    """Return the verdict on an outcome, where everything can be seen."""
    begin = END - timedelta(weeks=PERIOD)
    seen = Recognition(Visibility(0.95, 0.05, 0.0, 400), 0.1, RECALL, None, 100, 0)
    evidence = ScopeEvidence(
        "all", AS_OF, ZONE, Period(begin, END), END - timedelta(weeks=WEEKS), outcome.sums, outcome.metrics,
        outcome.trends, (SourceFact("desk", complete=True, tickets=1000),), recognition=seen,
    )  # fmt: skip
    return reach_verdict(evidence)


def main(runs: int) -> None:
    """Print a line for each desk."""
    for name, desk in DESKS.items():
        outcomes = [outcome_of(improving_tickets(desk, np.random.default_rng((7, run))), WEEKS) for run in range(runs)]
        verdicts = [verdict_on(outcome) for outcome in outcomes]
        trends = [outcome.trends["repeat_share"] for outcome in outcomes]
        directions = Counter(trend.direction if trend else "none" for trend in trends)
        flat = [
            " ".join(verdict.how_sure) for verdict, trend in zip(verdicts, trends, strict=True)
            if trend and trend.direction == "flat"
        ]  # fmt: skip
        named = sum("would have been seen" in text or "told from chance" in text for text in flat)
        states = Counter(verdict.state for verdict in verdicts)
        print(name, f"{np.mean([o.share for o in outcomes]):.3f}", dict(states), dict(directions), sep=" | ")
        print(f"  {named} of {len(flat)} texts without a fall name what would be seen", flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100)
