"""Who reviewed which image, and who has which before him now."""

from sqlalchemy import Column, Index

from loupe_kit.sql import IdType
from loupe_project.adapters.sql.tables.base import MICROSECONDS, PRINCIPAL, STATE, image_id, make_table

image_reviews = make_table(
    "image_reviews",
    image_id(primary_key=True),
    Column("project_id", IdType, nullable=False),
    Column("reviewer", PRINCIPAL, nullable=False),
    Column("action", STATE, nullable=False),
    Column("review_time", MICROSECONDS, nullable=False),
    Index("ix_image_reviews_reviewer", "project_id", "reviewer"),
    with_rowid=False,
)

review_leases = make_table(
    "review_leases",
    image_id(primary_key=True),
    Column("project_id", IdType, nullable=False),
    Column("reviewer", PRINCIPAL, nullable=False),
    Column("expire_time", MICROSECONDS, nullable=False),
    Index("ix_review_leases_expire_time", "project_id", "expire_time"),
    with_rowid=False,
)

review_skips = make_table(
    "review_skips",
    image_id(primary_key=True),
    Column("reviewer", PRINCIPAL, primary_key=True),
    Column("project_id", IdType, nullable=False),
    Column("skip_time", MICROSECONDS, nullable=False),
    with_rowid=False,
)
