"""Who may see single images, and what the audit still has to be told."""

from sqlalchemy import Column, Index

from loupe_kit.sql import IdType
from loupe_project.adapters.sql.tables.base import MICROSECONDS, STATE, blob, image_id, make_table

# Nearly all images inherit from their project and have no row in either table, so that rights cost nothing where
# nobody asked for them: ten million rows of `images` need no column, no index and no look-up.

narrowed_images = make_table(
    "narrowed_images",
    # Viewers of the project do not see these, unless `image_readers` names them.
    image_id(primary_key=True),
    Column("project_id", IdType, nullable=False),
    Index("ix_narrowed_images_project", "project_id", "image_id"),
    with_rowid=False,
)

image_readers = make_table(
    "image_readers",
    # These may view the image whatever the project says.
    image_id(primary_key=True),
    Column("principal_kind", STATE, primary_key=True),
    Column("principal_id", IdType, primary_key=True),
    Column("project_id", IdType, nullable=False),
    Index("ix_image_readers_principal", "principal_kind", "principal_id", "project_id", "image_id"),
    with_rowid=False,
)

audit_outbox = make_table(
    "audit_outbox",
    # Events for auth, written with what they tell of; a row goes when auth has it. The id is the event's own.
    Column("id", IdType, primary_key=True),
    Column("event", blob(), nullable=False),
    Column("create_time", MICROSECONDS, nullable=False),
)
