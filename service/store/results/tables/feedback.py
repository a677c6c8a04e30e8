"""Tables of what people said: labels, corrections, answers, and the model trained on them."""

from datetime import datetime

from sqlalchemy import JSON, LargeBinary
from sqlmodel import Field, SQLModel

from service.store.types import UtcDateTime


class LabelRow(SQLModel, table=True):
    """A person's label of a ticket: its nature and, if given, its work class."""

    __tablename__ = "label"

    source_id: int = Field(primary_key=True)
    external_id: str = Field(primary_key=True)
    nature: str
    work_class: str | None = None
    at: datetime = Field(sa_type=UtcDateTime)


class CorrectionRow(SQLModel, table=True):
    """A person's correction of families, by tickets: `merge`, `split`, `dismiss`, `fix`, or the answer about a pair."""

    __tablename__ = "word"

    id: int | None = Field(default=None, primary_key=True)
    what: str
    source_id: int
    external_ids: list[str] = Field(sa_type=JSON)
    at: datetime = Field(sa_type=UtcDateTime)
    fixed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class AuditAnswerRow(SQLModel, table=True):
    """A person's answer in the audit sample: `same` if the ticket is the same problem as an earlier one shown to it.

    `question` is `repeat` of a ticket that counted as a repeat, `missed` of one that did not.
    """

    __tablename__ = "audit_answer"

    source_id: int = Field(primary_key=True)
    external_id: str = Field(primary_key=True)
    question: str
    same: bool
    at: datetime = Field(sa_type=UtcDateTime)


class TrainedModelRow(SQLModel, table=True):
    """A trained model of the classifier; the newest is in use."""

    __tablename__ = "learnt"

    id: int | None = Field(default=None, primary_key=True)
    version: str
    content: bytes = Field(sa_type=LargeBinary)
    at: datetime = Field(sa_type=UtcDateTime)
