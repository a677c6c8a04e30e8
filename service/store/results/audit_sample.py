"""Answers of people in the audit sample. They outlive every rebuild, and each can be taken back."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Connection, delete, select

from service.store.database import Database
from service.store.results.tables import AuditAnswerRow
from service.store.tickets import audit
from service.store.tickets.tables import table_of

ANSWER = table_of(AuditAnswerRow)

Question = Literal["repeat", "missed"]


@dataclass(frozen=True, slots=True)
class JudgedTicket:
    """A ticket of the audit sample as a person names it: its source and id, and how the audit trail calls it."""

    source_id: int
    external_id: str
    subject: str


def save_answer(database: Database, ticket: JudgedTicket, question: Question, at: datetime, *, same: bool) -> None:
    """Store an answer in place of an earlier one."""
    values = {"question": question, "same": same, "at": at}
    with database.write() as connection:
        before = _answer_text(connection, ticket)
        insert = database.insert(ANSWER).values(source_id=ticket.source_id, external_id=ticket.external_id, **values)
        connection.execute(insert.on_conflict_do_update(index_elements=["source_id", "external_id"], set_=values))
        audit.record(connection, "judge", ticket.subject, before=before, after=_answer_text(connection, ticket))


def delete_answer(database: Database, ticket: JudgedTicket) -> bool:
    """Delete an answer. Return False if there is none."""
    with database.write() as connection:
        before = _answer_text(connection, ticket)
        if before is not None:
            connection.execute(delete(ANSWER).where(*_of(ticket)))
            audit.record(connection, "undo judge", ticket.subject, before=before)
    return before is not None


def _answer_text(connection: Connection, ticket: JudgedTicket) -> str | None:
    row = connection.execute(select(ANSWER.c.question, ANSWER.c.same).where(*_of(ticket))).first()
    return f"{row.question}: {'the same' if row.same else 'not the same'}" if row else None


def _of(ticket: JudgedTicket) -> tuple[Any, Any]:
    return ANSWER.c.source_id == ticket.source_id, ANSWER.c.external_id == ticket.external_id
