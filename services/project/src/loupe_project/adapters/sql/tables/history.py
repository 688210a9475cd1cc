"""Who changed what of images."""

from sqlalchemy import Boolean, Column, ForeignKey, Index, String, Text

from loupe_kit.sql import IdType
from loupe_project.adapters.sql.tables.base import MICROSECONDS, PRINCIPAL, STATE, image_id, make_table, project_id

changes = make_table(
    "changes",
    # An operation's change has its id.
    Column("id", IdType, primary_key=True),
    project_id(),
    Column("kind", String(32), nullable=False),
    Column("creator", PRINCIPAL, nullable=False),
    Column("is_operation", Boolean, nullable=False),
    Column("create_time", MICROSECONDS, nullable=False),
    Index("ix_changes_time", "create_time"),
)

image_history = make_table(
    "image_history",
    # An image's lines lie together in the order of time, so that a page of them, and whether something came after one
    # of them, is one look. The index leads from a change to its images, for undoing.
    image_id(primary_key=True),
    Column("create_time", MICROSECONDS, primary_key=True),
    Column("change_id", IdType, ForeignKey("changes.id", ondelete="CASCADE"), primary_key=True),
    Column("fact", STATE, primary_key=True),
    Column("subject", String(100), primary_key=True),
    Column("old_value", Text),
    Column("new_value", Text),
    Column("old_creator", PRINCIPAL),
    Column("old_time", MICROSECONDS),
    Index("ix_image_history_change", "change_id", "image_id"),
    with_rowid=False,
)
