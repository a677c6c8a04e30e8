"""Courses of services, by which the failures after changes are compared with those of other weeks."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from sqlalchemy import Connection, and_, select

from service.analysis.aftermath import REACH, ServiceCourse
from service.store.queries.metric_filters import FACT, FAILURES_AND_REWORK, IS_DONE_CHANGE
from service.store.queries.scopes import Span
from service.store.queries.snapshot import Snapshot
from service.store.sql import batches

BATCH_SIZE = 500


def service_courses(connection: Connection, snapshot: Snapshot) -> list[ServiceCourse]:
    """Return the courses of the services that had a change of the scope in the period, around the period."""
    span = snapshot.span
    in_scope = and_(IS_DONE_CHANGE, _between(FACT.c.ended_s, span), snapshot.scope.condition(connection))
    services = sorted(connection.execute(select(FACT.c.service).where(in_scope).distinct()).scalars())
    counted = set(connection.execute(select(FACT.c.ticket_id).where(in_scope)).scalars())
    around = Span(span.begin - REACH, span.end + REACH)
    return [
        course for names in batches(services, BATCH_SIZE) for course in _courses(connection, names, around, counted)
    ]


def _courses(
    connection: Connection, services: Sequence[str], around: Span, counted: set[int]
) -> Iterator[ServiceCourse]:  # fmt: skip
    changes, failures = defaultdict[str, list[Any]](list), defaultdict[str, list[Any]](list)
    named = FACT.c.service.in_(services)
    done = select(FACT.c.service, FACT.c.ended_s, FACT.c.ticket_id).where(
        IS_DONE_CHANGE, named, _between(FACT.c.ended_s, around)
    )
    for service, ended_s, ticket in connection.execute(done.order_by(FACT.c.ended_s, FACT.c.ticket_id)):
        changes[service].append((ended_s, ticket in counted))
    opened = select(FACT.c.service, FACT.c.opened_s, FACT.c.family_id).where(
        FAILURES_AND_REWORK, named, _between(FACT.c.opened_s, around)
    )
    for service, opened_s, family in connection.execute(opened.order_by(FACT.c.opened_s, FACT.c.ticket_id)):
        failures[service].append((opened_s, -1 if family is None else family))
    for service in services:
        ends, is_counted = np.array(changes[service], np.int64).T
        openings, families = np.array(failures[service], np.int64).reshape(-1, 2).T
        yield ServiceCourse(ends, is_counted.astype(bool), openings, families)


def _between(column: Any, span: Span) -> Any:
    return and_(column >= span.begin, column < span.end)
