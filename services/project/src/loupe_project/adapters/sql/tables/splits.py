"""Splits with their images."""

from sqlalchemy import BigInteger, Column, Double, ForeignKey, Index, Integer, String

from loupe_kit.sql import IdType
from loupe_project.adapters.sql.tables.base import (
    LABEL,
    MICROSECONDS,
    PRINCIPAL,
    SHA256,
    STATE,
    blob,
    image_id,
    make_table,
    project_id,
)

splits = make_table(
    "splits",
    Column("id", IdType, primary_key=True),
    project_id(),
    Column("display_name", String(100), nullable=False),
    # Of either the images or the selection whose picks they are.
    Column("selector", blob()),
    Column("selection_id", IdType),
    Column("train_fraction", Double, nullable=False),
    Column("val_fraction", Double, nullable=False),
    Column("test_fraction", Double, nullable=False),
    Column("stratify_by", String(110), nullable=False),
    Column("group_by", String(110), nullable=False),
    Column("seed", BigInteger, nullable=False),
    Column("state", STATE, nullable=False),
    Column("failure", blob()),
    Column("group_count", Integer, nullable=False, default=0),
    Column("duplicate_run_id", IdType),
    Column("unsearched_count", Integer, nullable=False, default=0),
    Column("sha256", SHA256),
    Column("creator", PRINCIPAL, nullable=False),
    Column("operation_id", IdType, nullable=False),
    Column("create_time", MICROSECONDS, nullable=False),
    Column("update_time", MICROSECONDS, nullable=False),
    Index("ix_splits_project", "project_id", "id"),
)

split_images = make_table(
    "split_images",
    Column("split_id", IdType, ForeignKey("splits.id", ondelete="CASCADE"), primary_key=True),
    Column("number", Integer, primary_key=True),
    image_id(),
    Column("part", STATE, nullable=False),
    Column("stratum", LABEL, nullable=False),
    Column("reason", String(300), nullable=False),
    Index("ix_split_images_image", "image_id"),
    with_rowid=False,
)
