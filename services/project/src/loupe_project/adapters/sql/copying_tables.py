"""Temporary tables of a connection that copying images goes by: no other transaction sees them or waits for them."""

from sqlalchemy import Boolean, Column, MetaData, Table, delete
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.schema import CreateTable

from loupe_kit.sql import IdType

_METADATA = MetaData()

copying = Table(
    "copying_images",
    _METADATA,
    Column("image_id", IdType, primary_key=True),
    Column("copy_id", IdType, nullable=False),
    # Whether the answer of the other project's model comes along.
    Column("is_answered", Boolean, nullable=False),
    # Of the answer that the copy gets, or of the job that asks for one.
    Column("fresh_id", IdType, nullable=False),
    prefixes=["TEMPORARY"],
)

copying_tags = Table(
    "copying_tags",
    _METADATA,
    Column("tag_id", IdType, primary_key=True),
    Column("target_id", IdType, nullable=False),
    # Whether it says what the model found.
    Column("is_result", Boolean, nullable=False),
    # Whether it is put on the copy now, rather than when it was put on the image.
    Column("is_new", Boolean, nullable=False),
    prefixes=["TEMPORARY"],
)


async def empty(session: AsyncSession, table: Table) -> None:
    """Make one of the tables where the connection does not have it yet, and forget what an earlier copy left there."""
    await session.execute(CreateTable(table, if_not_exists=True))
    await session.execute(delete(table))
