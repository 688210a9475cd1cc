"""Images that were placed on maps, and those that wait for it."""

from sqlalchemy import Column, ForeignKey, Index, Integer

from loupe_kit.sql import IdType
from loupe_project.adapters.sql.tables.base import blob, image_id, make_table

placed_points = make_table(
    "placed_points",
    # Blocks in the order in which images were placed: ids of 16 bytes, and rows of little-endian float32.
    Column("analysis_id", IdType, ForeignKey("analyses.id", ondelete="CASCADE"), primary_key=True),
    Column("block", Integer, primary_key=True, autoincrement=False),
    Column("point_count", Integer, nullable=False),
    Column("image_ids", blob(), nullable=False),
    Column("coordinates", blob(), nullable=False),
)

placement_tasks = make_table(
    "placement_tasks",
    # Images whose features came after a map that is kept current was asked for: written with the result of the model,
    # in one transaction.
    Column("analysis_id", IdType, ForeignKey("analyses.id", ondelete="CASCADE"), primary_key=True),
    image_id(primary_key=True),
    Index("ix_placement_tasks_image", "image_id"),
    with_rowid=False,
)
