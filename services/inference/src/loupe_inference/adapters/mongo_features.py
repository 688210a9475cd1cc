"""Feature vectors in MongoDB, for the cluster profile; the only module that knows Motor.

A vector is a document of `features`, unique in (model, version, image); those of the objects in an image are together
one of `object_features`. `feature_sets` holds the length of the vectors of each project in each space; who writes or
clears a set touches its document in the same transaction, so that two who disagree about the length never both succeed.
Needs a replica set; everything is written to its majority.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

import numpy as np
from bson.binary import UUID_SUBTYPE, VECTOR_SUBTYPE, Binary, BinaryVectorDtype
from motor.motor_asyncio import AsyncIOMotorClient, AsyncIOMotorClientSession
from pymongo import ASCENDING, DeleteOne, IndexModel, ReturnDocument, UpdateOne
from pymongo.errors import PyMongoError
from pymongo.read_concern import ReadConcern
from pymongo.write_concern import WriteConcern

from loupe_inference.domain.errors import FeatureDimensionMismatch
from loupe_inference.domain.features import (
    BYTES_PER_ID,
    MAX_BLOCK_BYTES,
    FeatureBlock,
    FeatureKey,
    FeatureSet,
    Matrix,
    ObjectFeatureBlock,
    object_blocks,
)
from loupe_kit import ids
from loupe_kit.errors import Unavailable

Document = dict[str, Any]

_DATABASE = "loupe_inference"
_READ_IDS = 500
_READ_OBJECTS_OF = 100
# What BSON puts before the numbers of a vector: their type, and how many bits of padding.
_HEADER = BinaryVectorDtype.FLOAT32.value + b"\x00"
_INDEXES = [
    IndexModel([("model", ASCENDING), ("version", ASCENDING), ("image", ASCENDING)], unique=True, name="one_a_space"),
    IndexModel([("project", ASCENDING), ("model", ASCENDING), ("version", ASCENDING)], name="by_project"),
    IndexModel([("image", ASCENDING)], name="by_image"),
]


class MongoFeatureStore:
    """A `FeatureStore` in MongoDB.

    Args:
        url: `mongodb://host:27017,other:27017/database?replicaSet=name`; without a database, `loupe_inference`.
    """

    def __init__(self, url: str) -> None:
        self._client: AsyncIOMotorClient[Document] = AsyncIOMotorClient(
            url,
            serverSelectionTimeoutMS=5000,
            connectTimeoutMS=5000,
            socketTimeoutMS=60_000,
            maxPoolSize=32,
            appname="loupe-inference",
        )
        database = self._client.get_default_database(
            _DATABASE, write_concern=WriteConcern("majority"), read_concern=ReadConcern("majority")
        )
        self._database = database
        self._features = database.get_collection("features")
        self._objects = database.get_collection("object_features")
        self._sets = database.get_collection("feature_sets")

    async def prepare(self) -> None:
        """Make collections and indexes; safe at every start.

        Raises:
            Unavailable: The server does not answer, or is no member of a replica set.
        """
        async with _reported():
            if "setName" not in await self._database.command("hello"):
                raise Unavailable(
                    "MongoDB runs without a replica set, so it has no transactions; start it with --replSet and "
                    "initiate the set. One member is enough."
                )
            await self._features.create_indexes(_INDEXES)
            await self._objects.create_indexes(_INDEXES)
            await self._sets.create_indexes([IndexModel([("project", ASCENDING)], name="by_project")])

    async def answers(self) -> bool:
        """Whether a primary answers.

        Raises:
            Unavailable: None does.
        """
        async with _reported():
            return bool((await self._database.command("hello")).get("isWritablePrimary"))

    async def put(
        self, project_id: str, key: FeatureKey, block: FeatureBlock, objects: Sequence[Matrix] | None = None
    ) -> None:
        """See `FeatureStore`."""
        project = _uuid(ids.parse_id(project_id).bytes)
        length = block.values.shape[1]
        writes = list(_upserts(project, key, block))
        object_writes = list(_object_writes(project, key, block, objects)) if objects is not None else []

        async def work(session: AsyncIOMotorClientSession) -> None:
            known = await self._touch(session, project, key, length)
            if known != length:
                raise _other_length(key, known, length)
            if writes:
                await self._features.bulk_write(writes, ordered=False, session=session)
            if object_writes:
                await self._objects.bulk_write(object_writes, ordered=False, session=session)

        await self._in_transaction(work)

    async def read(self, key: FeatureKey, image_ids: bytes) -> AsyncIterator[FeatureBlock]:
        """See `FeatureStore`. The next part is read while the caller works on one."""
        parts = list(_slices(image_ids, _READ_IDS * BYTES_PER_ID))
        coming = asyncio.create_task(self._read(key, parts[0])) if parts else None
        try:
            for following in [*parts[1:], b""]:
                if coming is None:
                    return
                blocks = await coming
                coming = asyncio.create_task(self._read(key, following)) if following else None
                for block in blocks:
                    yield block
        finally:
            if coming is not None:
                coming.cancel()

    async def read_objects(self, key: FeatureKey, image_ids: bytes) -> AsyncIterator[ObjectFeatureBlock]:
        """See `FeatureStore`."""
        for part in _slices(image_ids, _READ_OBJECTS_OF * BYTES_PER_ID):
            async with _reported():
                found = self._objects.find(_space(key) | {"image": {"$in": _uuids(part)}})
                rows = [(bytes(row["image"]), row["count"], row["vectors"]) async for row in found]
            for block in object_blocks(rows):
                yield block

    async def count(self, key: FeatureKey, image_ids: bytes) -> tuple[int, int]:
        """See `FeatureStore`."""
        count, dimension = 0, 0
        unique = b"".join(sorted(set(_slices(image_ids, BYTES_PER_ID))))
        async with _reported():
            for part in _slices(unique, _READ_IDS * BYTES_PER_ID):
                stages: list[Mapping[str, Any]] = [
                    {"$match": _space(key) | {"image": {"$in": _uuids(part)}}},
                    {"$group": {"_id": None, "count": {"$sum": 1}, "dimension": {"$max": "$dimension"}}},
                ]
                async for row in self._features.aggregate(stages):
                    count, dimension = count + row["count"], max(dimension, row["dimension"])
        return count, dimension

    async def missing(self, key: FeatureKey, image_ids: bytes) -> bytes:
        """See `FeatureStore`. Answered by the index alone."""
        asked = set(_slices(image_ids, BYTES_PER_ID))
        async with _reported():
            for part in _slices(b"".join(sorted(asked)), _READ_IDS * BYTES_PER_ID):
                which = _space(key) | {"image": {"$in": _uuids(part)}}
                found = self._features.find(which, {"_id": False, "image": True}, batch_size=_READ_IDS)
                asked -= {bytes(row["image"]) async for row in found}
        return b"".join(sorted(asked))

    async def dimension(self, project_id: str, key: FeatureKey) -> int:
        """See `FeatureStore`."""
        async with _reported():
            row = await self._sets.find_one(_set_of(_uuid(ids.parse_id(project_id).bytes), key))
        return int(row["dimension"]) if row else 0

    async def delete(self, *, image_ids: bytes, project_id: str, model: str, version: str) -> int:
        """See `FeatureStore`."""
        given: Document = {}
        if project_id:
            given["project"] = _uuid(ids.parse_id(project_id).bytes)
        if model:
            given["model"] = model
            if version:
                given["version"] = version
        deleted = 0
        # No ids is one slice that does not limit.
        for part in list(_slices(image_ids, _READ_IDS * BYTES_PER_ID)) or [b""]:
            deleted += await self._delete(given | ({"image": {"$in": _uuids(part)}} if part else {}))
        return deleted

    async def list_sets(self, project_id: str) -> list[FeatureSet]:
        """See `FeatureStore`."""
        stages: list[Mapping[str, Any]] = [
            {"$match": {"project": _uuid(ids.parse_id(project_id).bytes)}},
            {
                "$group": {
                    "_id": {"model": "$model", "version": "$version"},
                    "count": {"$sum": 1},
                    "dimension": {"$first": "$dimension"},
                }
            },
        ]
        async with _reported():
            rows = await self._features.aggregate(stages).to_list(None)
        found = [FeatureSet(FeatureKey(**row["_id"]), row["dimension"], row["count"]) for row in rows]
        return sorted(found, key=lambda item: (item.key.model, item.key.version))

    async def close(self) -> None:
        """See `FeatureStore`."""
        self._client.close()

    async def _read(self, key: FeatureKey, part: bytes) -> list[FeatureBlock]:
        async with _reported():
            found = self._features.find(
                _space(key) | {"image": {"$in": _uuids(part)}},
                {"_id": False, "image": True, "vector": True},
                batch_size=_READ_IDS,
            )
            documents = await found.to_list(None)
        by_length: dict[int, list[Document]] = {}
        for document in documents:
            by_length.setdefault(len(document["vector"]), []).append(document)
        return [block for size, rows in sorted(by_length.items()) for block in _blocks(size, rows)]

    async def _delete(self, condition: Document) -> int:
        async with _reported():
            stages: list[Mapping[str, Any]] = [
                {"$match": condition},
                {"$group": {"_id": {"project": "$project", "model": "$model", "version": "$version"}}},
            ]
            touched = [row["_id"] async for row in self._features.aggregate(stages)]
            # First: who dies in between is asked again, and finds the images by their own vectors.
            await self._objects.delete_many(condition)
            deleted = (await self._features.delete_many(condition)).deleted_count
        for which in touched:
            await self._forget_if_empty(which)
        return deleted

    async def _forget_if_empty(self, which: Document) -> None:
        """An empty set has no dimension: the next vector decides anew."""

        async def work(session: AsyncIOMotorClientSession) -> None:
            # The write makes this transaction collide with one that stores vectors in the set meanwhile.
            await self._sets.update_one(which, {"$set": {"touch_time": _now()}}, session=session)
            if await self._features.find_one(which, {"_id": True}, session=session) is None:
                await self._sets.delete_one(which, session=session)

        await self._in_transaction(work)

    async def _touch(self, session: AsyncIOMotorClientSession, project: Binary, key: FeatureKey, length: int) -> int:
        """Note who comes first with a length; returns the length that holds."""
        which = _set_of(project, key)
        row = await self._sets.find_one_and_update(
            which,
            {"$setOnInsert": {"dimension": length}, "$set": {"touch_time": _now()}},
            upsert=True,
            return_document=ReturnDocument.AFTER,
            session=session,
        )
        return int(row["dimension"])

    async def _in_transaction(self, work: Callable[[AsyncIOMotorClientSession], Coroutine[Any, Any, None]]) -> None:
        async with _reported(), await self._client.start_session() as session:
            await session.with_transaction(
                work, read_concern=ReadConcern("snapshot"), write_concern=WriteConcern("majority")
            )


@asynccontextmanager
async def _reported() -> AsyncIterator[None]:
    try:
        yield
    except PyMongoError as error:
        raise Unavailable(
            f"MongoDB does not answer ({str(error)[:300]}); check the servers that LOUPE_INFERENCE_MONGODB_URL names."
        ) from error


def _upserts(project: Binary, key: FeatureKey, block: FeatureBlock) -> Iterator[UpdateOne]:
    vectors = np.ascontiguousarray(block.values, dtype="<f4")
    for image, row in zip(_uuids(block.image_ids), vectors, strict=True):
        fields = {
            "project": project,
            "dimension": len(row),
            "vector": Binary(_HEADER + row.tobytes(), VECTOR_SUBTYPE),
        }
        yield UpdateOne(_space(key) | {"image": image}, {"$set": fields}, upsert=True)


def _object_writes(
    project: Binary, key: FeatureKey, block: FeatureBlock, objects: Sequence[Matrix]
) -> Iterator[UpdateOne | DeleteOne]:
    for image, vectors in zip(_uuids(block.image_ids), objects, strict=True):
        which = _space(key) | {"image": image}
        if len(vectors):
            numbers = np.ascontiguousarray(vectors, dtype="<f4").tobytes()
            fields = {"project": project, "count": len(vectors), "vectors": numbers}
            yield UpdateOne(which, {"$set": fields}, upsert=True)
        else:
            yield DeleteOne(which)


def _blocks(size: int, rows: list[Document]) -> Iterator[FeatureBlock]:
    per_block = max(1, MAX_BLOCK_BYTES // size)
    for start in range(0, len(rows), per_block):
        part = rows[start : start + per_block]
        stored = np.frombuffer(b"".join(row["vector"] for row in part), dtype=np.uint8).reshape(len(part), size)
        values = np.ascontiguousarray(stored[:, len(_HEADER) :]).view("<f4")
        yield FeatureBlock(b"".join(row["image"] for row in part), values)


def _space(key: FeatureKey) -> Document:
    return {"model": key.model, "version": key.version}


def _set_of(project: Binary, key: FeatureKey) -> Document:
    # As the identity, so that two who make the set at once cannot both succeed.
    return {"_id": {"project": project, "model": key.model, "version": key.version}, "project": project} | _space(key)


def _uuid(image: bytes) -> Binary:
    return Binary(image, UUID_SUBTYPE)


def _uuids(packed: bytes) -> list[Binary]:
    return [_uuid(image) for image in _slices(packed, BYTES_PER_ID)]


def _slices(packed: bytes, size: int) -> Iterator[bytes]:
    return (packed[at : at + size] for at in range(0, len(packed), size))


def _now() -> datetime:
    return datetime.now().astimezone()


def _other_length(key: FeatureKey, known: int, length: int) -> FeatureDimensionMismatch:
    return FeatureDimensionMismatch(
        f"The vectors have {length} numbers and those of {key.model}/{key.version} in this project have "
        f"{known}; give vectors of that length or another feature set.",
        expected=str(known),
        actual=str(length),
    )
