"""What all tables have in common: metadata, types, columns that many of them have."""

from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    Double,
    Float,
    ForeignKey,
    LargeBinary,
    String,
    Table,
    TypeDecorator,
    cast,
)
from sqlalchemy.dialects import mysql
from sqlalchemy.orm import DeclarativeBase

from loupe_kit.sql import IdType, RequestLedger, SqlBase, UtcDateTime

MEDIUM_BLOB_BYTES = (1 << 24) - 1
"""MariaDB keeps 64 KiB in a plain blob; selections of 100,000 ids need more."""

MICROSECONDS = UtcDateTime()
PRINCIPAL = String(64)
"""`users/<id>` or `apiKeys/<id>`."""
MODEL = String(63)
VERSION = String(63)
LABEL = String(200)
STATE = String(16)
SHA256 = String(64).with_variant(mysql.CHAR(64, charset="ascii", collation="ascii_bin"), "mysql", "mariadb")


class Single(TypeDecorator[float]):
    """Numbers of single precision, read as they are kept: MariaDB shows only six digits of them unless it is asked."""

    impl = Float
    cache_ok = True

    def column_expression(self, column: ColumnElement[Any]) -> ColumnElement[Any]:
        """What a SELECT reads."""
        return cast(column, Double)


class Base(SqlBase, DeclarativeBase):
    """Metadata of the project service's tables."""


class Ledger(RequestLedger, Base):
    """Answers that were given, by request id."""


def make_table(name: str, *parts: Any, with_rowid: bool = True) -> Table:
    """A table whose texts compare by their code points, on both databases.

    Args:
        name: Name of the table.
        *parts: Columns, constraints and indexes.
        with_rowid: False keeps the rows in the primary key itself on SQLite, as InnoDB always does.
    """
    return Table(
        name,
        Base.metadata,
        *parts,
        sqlite_with_rowid=with_rowid,
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_nopad_bin",
        mariadb_charset="utf8mb4",
        mariadb_collate="utf8mb4_nopad_bin",
    )


def blob() -> LargeBinary:
    """Type of bytes that may be long."""
    return LargeBinary(MEDIUM_BLOB_BYTES)


def project_id(**options: Any) -> Column[str]:
    """The project that a row hangs on."""
    return Column("project_id", IdType, ForeignKey("projects.id", ondelete="CASCADE"), nullable=False, **options)


def image_id(**options: Any) -> Column[str]:
    """The image that a row hangs on."""
    return Column("image_id", IdType, ForeignKey("images.id", ondelete="CASCADE"), nullable=False, **options)
