"""The trash, and objects that several images share."""

from sqlalchemy import Column, Index, String

from loupe_kit.sql import IdType
from loupe_project.adapters.sql.tables.base import MICROSECONDS, PRINCIPAL, image_id, make_table

# As with rights on single images: one that was never deleted or copied has no row in either table and costs nothing.

trashed_images = make_table(
    "trashed_images",
    # These exist for nobody until they are restored; everything known of them stays where it is.
    image_id(primary_key=True),
    Column("project_id", IdType, nullable=False),
    # The operation that deleted it: all of one deletion can be restored together.
    Column("deletion_id", IdType, nullable=False),
    Column("deleter", PRINCIPAL, nullable=False),
    Column("delete_time", MICROSECONDS, nullable=False),
    Index("ix_trashed_images_project", "project_id", "delete_time", "image_id"),
    Index("ix_trashed_images_deletion", "deletion_id"),
    Index("ix_trashed_images_time", "delete_time"),
    with_rowid=False,
)

shared_objects = make_table(
    "shared_objects",
    # Copies: images whose bytes lie under the key of another one. The bytes go with the last who needs them.
    image_id(primary_key=True),
    Column("project_id", IdType, nullable=False),
    Column("object_key", String(200), nullable=False),
    Index("ix_shared_objects_key", "object_key"),
    Index("ix_shared_objects_project", "project_id"),
    with_rowid=False,
)
