"""Saved searches."""

from sqlalchemy import BigInteger, Column, Date, ForeignKey, Index, String, Text

from loupe_kit.sql import IdType
from loupe_project.adapters.sql.tables.base import MICROSECONDS, PRINCIPAL, STATE, make_table, project_id

saved_searches = make_table(
    "saved_searches",
    Column("id", IdType, primary_key=True),
    project_id(),
    Column("display_name", String(100), nullable=False),
    Column("name_folded", String(200), nullable=False),
    Column("query", Text, nullable=False),
    Column("sort_order", STATE, nullable=False),
    Column("visibility", STATE, nullable=False),
    Column("creator", PRINCIPAL, nullable=False),
    Column("create_time", MICROSECONDS, nullable=False),
    Column("update_time", MICROSECONDS, nullable=False),
    Index("ix_saved_searches_name", "project_id", "name_folded", "id"),
)

saved_search_looks = make_table(
    "saved_search_looks",
    Column(
        "saved_search_id", IdType, ForeignKey("saved_searches.id", ondelete="CASCADE"), primary_key=True, nullable=False
    ),
    Column("principal", PRINCIPAL, primary_key=True),
    Column("look_time", MICROSECONDS, nullable=False),
    with_rowid=False,
)

saved_search_counts = make_table(
    "saved_search_counts",
    Column(
        "saved_search_id", IdType, ForeignKey("saved_searches.id", ondelete="CASCADE"), primary_key=True, nullable=False
    ),
    Column("day", Date, primary_key=True),
    Column("image_count", BigInteger, nullable=False),
    Index("ix_saved_search_counts_day", "day"),
    with_rowid=False,
)
