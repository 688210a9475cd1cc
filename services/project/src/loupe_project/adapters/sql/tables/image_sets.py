"""Sets of images that queries name."""

from sqlalchemy import Column, ForeignKey, Index, Integer, Text
from sqlalchemy.dialects import mysql

from loupe_kit.sql import IdType
from loupe_project.adapters.sql.tables.base import MICROSECONDS, PRINCIPAL, make_table, project_id

_LONG_TEXT = Text().with_variant(mysql.MEDIUMTEXT(charset="ascii", collation="ascii_bin"), "mysql", "mariadb")

image_sets = make_table(
    "image_sets",
    Column("id", IdType, primary_key=True),
    project_id(),
    Column("creator", PRINCIPAL, nullable=False),
    Column("image_count", Integer, nullable=False),
    Column("expire_time", MICROSECONDS, nullable=False),
    Index("ix_image_sets_creator", "project_id", "creator", "id"),
    Index("ix_image_sets_expire_time", "expire_time"),
)

image_set_parts = make_table(
    "image_set_parts",
    Column("set_id", IdType, ForeignKey("image_sets.id", ondelete="CASCADE"), primary_key=True, nullable=False),
    Column("part", Integer, primary_key=True, autoincrement=False),
    # A list in JSON: no row for each image to write and to delete, and both databases read it as a table.
    Column("ids", _LONG_TEXT, nullable=False),
)
