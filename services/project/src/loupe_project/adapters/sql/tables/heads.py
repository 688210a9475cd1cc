"""Heads, and the images that wait for their answers."""

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, Integer, String, UniqueConstraint

from loupe_kit.sql import IdType
from loupe_project.adapters.sql.tables.base import (
    MICROSECONDS,
    PRINCIPAL,
    STATE,
    VERSION,
    blob,
    image_id,
    make_table,
    project_id,
)

heads = make_table(
    "heads",
    Column("id", IdType, primary_key=True),
    project_id(),
    Column("head_name", String(40), nullable=False),
    Column("version", Integer, nullable=False),
    Column("selector", blob(), nullable=False),
    Column("feature_source", String(150), nullable=False),
    Column("feature_version", VERSION, nullable=False),
    Column("seed", BigInteger, nullable=False),
    Column("state", STATE, nullable=False),
    Column("failure", blob()),
    Column("in_use", Boolean, nullable=False),
    Column("is_verdict", Boolean, nullable=False),
    # Classes and figures as JSON: read and written as one, never searched.
    Column("lesson", blob()),
    Column("object_key", String(200)),
    Column("creator", PRINCIPAL, nullable=False),
    Column("operation_id", IdType, nullable=False),
    Column("create_time", MICROSECONDS, nullable=False),
    Column("update_time", MICROSECONDS, nullable=False),
    UniqueConstraint("project_id", "head_name", "version"),
)

head_tasks = make_table(
    "head_tasks",
    # Images whose features came after the head was taught: written with the result, in one transaction.
    Column("head_id", IdType, ForeignKey("heads.id", ondelete="CASCADE"), primary_key=True),
    image_id(primary_key=True),
    Index("ix_head_tasks_image", "image_id"),
    with_rowid=False,
)
