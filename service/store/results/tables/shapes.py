"""Tables of shapes: the wordings of tickets, and the keys by which like ones meet."""

from sqlalchemy import BigInteger, Column, Index, LargeBinary
from sqlmodel import Field, SQLModel

from service.store.tickets.tables import BIGINT, bigint_field


class ShapeRow(SQLModel, table=True):
    """One distinct text in one place; tickets that share it are the same problem. Its id comes from its digest.

    `packed_keys` and `packed_lookup_keys` are 64-bit integers: the keys of its rows in the two key tables.
    """

    __tablename__ = "shape"
    __table_args__ = (Index("shape_by_family", "family_id"),)

    id: int = Field(sa_column=Column(BIGINT, primary_key=True, autoincrement=False))
    family_id: int = bigint_field()
    packed_keys: bytes = Field(sa_type=LargeBinary)
    packed_lookup_keys: bytes = Field(sa_type=LargeBinary)
    content: bytes = Field(sa_type=LargeBinary)


class ShapeKeyRow(SQLModel, table=True):
    """An index of shapes: two that share a key are compared."""

    __tablename__ = "shape_key"
    __table_args__ = {"sqlite_with_rowid": False}

    key: int = Field(sa_type=BigInteger, primary_key=True)
    shape_id: int = bigint_field(primary_key=True)


class LookupKeyRow(SQLModel, table=True):
    """A wider index of shapes, by single words, for suggestions of families that may be the same problem."""

    __tablename__ = "lookup_key"
    __table_args__ = {"sqlite_with_rowid": False}

    key: int = Field(sa_type=BigInteger, primary_key=True)
    shape_id: int = bigint_field(primary_key=True)


class CertainKeyRow(SQLModel, table=True):
    """A link or a merge by a person: tickets of a source that share such a key are certainly the same problem."""

    __tablename__ = "certain_key"
    __table_args__ = (Index("certain_key_by_ticket", "ticket_id"), {"sqlite_with_rowid": False})

    source_id: int = Field(primary_key=True)
    key: str = Field(primary_key=True)
    ticket_id: int = bigint_field(primary_key=True)


class TitleLabelRow(SQLModel, table=True):
    """A label that stands for a title, and how many tickets it alone makes visible; label 0 counts all tickets."""

    __tablename__ = "title_label"
    __table_args__ = (Index("title_label_by_tickets", "source_id", "tickets"), {"sqlite_with_rowid": False})

    source_id: int = Field(primary_key=True)
    label: int = bigint_field(primary_key=True)
    tickets: int
