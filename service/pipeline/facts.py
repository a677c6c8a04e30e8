"""From tickets to facts: their lives, their classes, and what of their links counts."""

from collections.abc import Collection, Mapping, Sequence

from connectors.model import Ticket
from service.analysis.classify import Case, Classifier, Decision, Override
from service.analysis.clock import FixedClock
from service.analysis.fact import Fact
from service.analysis.lifecycle import Holder, Lifecycle, has_growing_estimate, lifecycle
from service.store.tickets.reader import StoredTicket

FIX_LINKS = frozenset({"problem", "change", "caused_by"})
HOUR = 3600


class FactBuilder:
    """Reads tickets one by one; what it says of one depends on no other."""

    def __init__(self, clock: FixedClock, classifier: Classifier, with_teams: Collection[str]) -> None:
        self._clock = clock
        self._classifier = classifier
        self._with_teams = frozenset(with_teams)

    def facts(
        self, stored: Sequence[StoredTicket], labels: Mapping[int, Override], causes: Collection[int]
    ) -> list[Fact]:
        """The facts of these tickets, in order. `labels` are persons' words, `causes` changes named as a cause."""
        cases = [Case(self._until_then(one.ticket), one.source, labels.get(one.number)) for one in stored]
        return [
            self._fact(one, decision, is_cause=one.number in causes)
            for one, decision in zip(stored, self._classifier.decide_many(cases), strict=True)
        ]

    def _until_then(self, ticket: Ticket) -> Ticket:
        """The ticket without what happened to it after the moment of the analysis."""
        as_of = self._clock.as_of
        if not ticket.transitions or ticket.transitions[-1].at <= as_of:
            return ticket
        known = tuple(change for change in ticket.transitions if change.at <= as_of)
        return ticket.model_copy(update={"transitions": known})

    def _fact(self, stored: StoredTicket, decision: Decision, *, is_cause: bool) -> Fact:
        ticket, clock = stored.ticket, self._clock
        holder: Holder = "team" if stored.source in self._with_teams else "assignee"
        lived = lifecycle(ticket, clock.hours, clock.as_of, holder)
        clocks = [clock.breached for clock in ticket.slas if clock.breached is not None]
        return Fact(
            ticket=stored.number,
            source=stored.source,
            id=ticket.id,
            key=ticket.key,
            url=ticket.url,
            title=ticket.title,
            kind=ticket.kind,
            team=ticket.team,
            service=ticket.service,
            category=ticket.category,
            provider=ticket.provider,
            priority=ticket.priority,
            priority_level=ticket.priority_level,
            status=ticket.status,
            status_category=lived.status_category,
            opened_at=ticket.opened_at,
            updated_at=ticket.updated_at,
            first_resolved_at=lived.first_resolved_at,
            first_reopened_at=lived.first_reopened_at,
            resolved_at=lived.resolved_at,
            closed_at=lived.closed_at,
            reopens=lived.reopens,
            handoffs=lived.handoffs,
            pingpong_strict=lived.pingpong_strict,
            pingpong_loose=lived.pingpong_loose,
            stall_loops=lived.stall_loops,
            reopen_count=ticket.reopen_count,
            reassignment_count=ticket.reassignment_count,
            seconds=round(lived.hours * HOUR),
            hours_are=lived.hours_are,
            history_is=lived.history_is,
            is_restless=has_growing_estimate(lived),
            nature=decision.nature,
            work_class=decision.work_class,
            confidence=decision.confidence,
            decided_by=decision.decided_by,
            own_nature=decision.own_nature,
            contradicts=decision.contradicts,
            after_hours=not clock.hours.contains(ticket.opened_at),
            resolver=_resolver(ticket, lived),
            fix_linked=any(link.relation in FIX_LINKS for link in ticket.links),
            named_cause=ticket.kind == "change"
            and (is_cause or any(link.relation == "causes" for link in ticket.links)),
            sla_clocks=len(clocks),
            sla_breached=sum(clocks),
        )


def _resolver(ticket: Ticket, lived: Lifecycle) -> str | None:
    """Who resolved it: whom the system names, else who held it at the end."""
    return (ticket.resolver or ticket.assignee) if lived.resolved_at is not None else None
