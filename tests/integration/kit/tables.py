"""Tables of a service that exists in these tests only."""

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from loupe_kit.sql import IdType, RequestLedger, SqlBase, UnitOfWork


class Base(SqlBase, DeclarativeBase):
    """Tables of the test service."""


class Ledger(RequestLedger, Base):
    """Answers to requests that may come again."""


class Note(Base):
    """A row with a unique name."""

    __tablename__ = "note"

    id: Mapped[str] = mapped_column(IdType, primary_key=True)
    name: Mapped[str] = mapped_column(String(100), unique=True)
    create_time: Mapped[datetime]


class NoteUnitOfWork(UnitOfWork):
    """Unit of work as services define it."""

    def add(self, note: Note) -> None:
        self.session.add(note)
