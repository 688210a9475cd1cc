"""What every table shares: names of constraints, and column types that SQLite and MariaDB both keep."""

from datetime import UTC, datetime
from typing import Any, ClassVar

from sqlalchemy import DateTime, Dialect, MetaData, String
from sqlalchemy.dialects import mysql
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.types import TypeDecorator, TypeEngine

NAMING_CONVENTION = {
    "ix": "ix_%(column_0_N_label)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}
"""Names of constraints; migrations can only drop what has a known name."""

IdType = String(36).with_variant(mysql.CHAR(36, charset="ascii", collation="ascii_bin"), "mysql", "mariadb")
"""Column type of ids in their written form."""


class UtcDateTime(TypeDecorator[datetime]):
    """Points in time with microseconds: aware datetimes in, aware datetimes in UTC out.

    Raises ValueError for naive datetimes, whose meaning nobody knows.
    """

    impl = DateTime
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """MariaDB keeps no fraction of a second unless it is told to."""
        if dialect.name in ("mysql", "mariadb"):
            return dialect.type_descriptor(mysql.DATETIME(fsp=6))
        return dialect.type_descriptor(DateTime())

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 - interface of SQLAlchemy
        """Aware to naive UTC."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value!r} has no time zone; give an aware datetime.")
        return value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 - interface of SQLAlchemy
        """Naive UTC to aware."""
        return None if value is None else value.replace(tzinfo=UTC)


class SqlBase:
    """Mixin of a service's declarative base, which gets metadata of its own with our constraint names.

    Written `class Base(SqlBase, DeclarativeBase)`. Columns annotated `Mapped[datetime]` are `UtcDateTime`.
    """

    metadata: ClassVar[MetaData]
    type_annotation_map: ClassVar[dict[Any, Any]] = {datetime: UtcDateTime()}

    def __init_subclass__(cls, **kwargs: Any) -> None:
        if DeclarativeBase in cls.__bases__ and "metadata" not in cls.__dict__:
            cls.metadata = MetaData(naming_convention=NAMING_CONVENTION)
        super().__init_subclass__(**kwargs)
