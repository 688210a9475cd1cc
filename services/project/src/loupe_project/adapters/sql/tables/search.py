"""What changed of the facts that images are searched by: how search indexes stay current."""

from sqlalchemy import BigInteger, Column, ForeignKey, Integer

from loupe_kit.sql import IdType
from loupe_project.adapters.sql.tables.base import blob, make_table, project_id

search_versions = make_table(
    "search_versions",
    # One row a project, raised by every transaction that changes such a fact, as its last statement: whoever holds
    # the row commits next, so that versions have no gaps and never become visible out of order.
    project_id(primary_key=True),
    Column("version", BigInteger, nullable=False),
    with_rowid=False,
)

image_changes = make_table(
    "image_changes",
    # What the version changed. Old rows are dropped; who is further behind reads the project anew.
    Column("project_id", IdType, ForeignKey("search_versions.project_id", ondelete="CASCADE"), primary_key=True),
    Column("version", BigInteger, primary_key=True, autoincrement=False),
    # Bits of `search_changes.Part`.
    Column("parts", Integer, nullable=False),
    # Packed ids, 16 bytes each: images whose facts changed, images whose tags alone did, tags on too many to name.
    Column("image_ids", blob(), nullable=False),
    Column("tagged_ids", blob(), nullable=False),
    Column("tag_ids", blob(), nullable=False),
    with_rowid=False,
)
