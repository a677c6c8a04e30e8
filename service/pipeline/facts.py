"""Facts from tickets: their lifecycle, their class, and what of their links counts."""

from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

from connectors.model import Ticket
from service.analysis.classify import Case, Classifier, Decision, Override
from service.analysis.clock import FixedClock
from service.analysis.fact import Fact
from service.analysis.families.duplicates import is_marked_duplicate
from service.analysis.lifecycle import ENDED, Holder, trace_lifecycle
from service.analysis.remedies import remedy_of
from service.analysis.work import STILL_ACTIVE, ActiveSpan
from service.store.tickets.reader import StoredTicket

FIX_LINKS = frozenset({"problem", "change", "caused_by", "fixed_by"})
HOUR = 3600


class TracedTicket(NamedTuple):
    """The fact of a ticket, without an estimate of its work, and the times in which it was active."""

    fact: Fact
    active: tuple[ActiveSpan, ...]


class FactBuilder:
    """Builds the facts of tickets one by one; but for the estimated work, those of one depend on no other."""

    def __init__(self, clock: FixedClock, classifier: Classifier, with_teams: Collection[str]) -> None:
        self._clock = clock
        self._classifier = classifier
        self._with_teams = frozenset(with_teams)

    def facts(
        self, stored: Sequence[StoredTicket], labels: Mapping[int, Override], causes: Collection[int]
    ) -> list[TracedTicket]:
        """Return the facts of these tickets with the times in which they were active, in order.

        `labels` are persons' labels by number of ticket, `causes` the numbers of changes that a ticket names as its
        cause.
        """
        cases = [Case(self._as_of(row.ticket), row.source, labels.get(row.number)) for row in stored]
        return [
            self._fact(row, decision, is_cause=row.number in causes)
            for row, decision in zip(stored, self._classifier.decide_many(cases), strict=True)
        ]

    def _as_of(self, ticket: Ticket) -> Ticket:
        """Return the ticket without what happened to it after the moment of the analysis."""
        as_of = self._clock.as_of
        if not ticket.transitions or ticket.transitions[-1].at <= as_of:
            return ticket
        # An analysis as of the past must classify what the ticket was then, not what it became.
        past = tuple(change for change in ticket.transitions if change.at <= as_of)
        return ticket.model_copy(update={"transitions": past})

    def _fact(self, stored: StoredTicket, decision: Decision, *, is_cause: bool) -> TracedTicket:
        ticket, clock = stored.ticket, self._clock
        # Without teams in a source, handoffs are between assignees; with them, between teams.
        holder: Holder = "team" if stored.source in self._with_teams else "assignee"
        lifecycle = trace_lifecycle(ticket, clock.as_of, holder)
        breaches = [sla.breached for sla in ticket.slas if sla.breached is not None]
        logged = ticket.hours_logged
        fact = Fact(
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
            status_category=lifecycle.status_category,
            opened_at=ticket.opened_at,
            updated_at=ticket.updated_at,
            first_resolved_at=lifecycle.first_resolved_at,
            first_reopened_at=lifecycle.first_reopened_at,
            resolved_at=lifecycle.resolved_at,
            closed_at=lifecycle.closed_at,
            ended_is=lifecycle.ended_is,
            reopens=lifecycle.reopens,
            handoffs=lifecycle.handoffs,
            pingpong_strict=lifecycle.pingpong_strict,
            pingpong_loose=lifecycle.pingpong_loose,
            stall_loops=lifecycle.stall_loops,
            reopen_count=ticket.reopen_count,
            reassignment_count=ticket.reassignment_count,
            seconds=0 if logged is None else round(logged * HOUR),
            hours_are="unknown" if logged is None else "logged",
            history_is=lifecycle.history_is,
            is_restless=logged is None and _is_active(lifecycle.active),
            nature=decision.nature,
            work_class=decision.work_class,
            confidence=decision.confidence,
            decided_by=decision.decided_by,
            own_nature=decision.own_nature,
            contradicts=decision.contradicts,
            after_hours=not clock.hours.contains(ticket.opened_at),
            requester=ticket.requester,
            resolver=lifecycle.resolver,
            remedy=remedy_of(ticket.resolution, ticket.resolution_code),
            fix_linked=any(link.relation in FIX_LINKS for link in ticket.links),
            named_cause=ticket.kind == "change"
            and (is_cause or any(link.relation == "causes" for link in ticket.links)),
            sla_clocks=len(breaches),
            sla_breached=sum(breaches),
            marked_duplicate=is_marked_duplicate(ticket, has_ended=lifecycle.status_category in ENDED),
        )
        return TracedTicket(fact, lifecycle.active)


def _is_active(spans: Sequence[ActiveSpan]) -> bool:
    return bool(spans) and spans[-1].end_s == STILL_ACTIVE
