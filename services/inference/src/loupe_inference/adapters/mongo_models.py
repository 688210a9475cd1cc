"""Registered models in MongoDB, for the cluster profile.

A model is a document of `models` with its last number and the active one, a version one of `model_versions`. Every
change writes the model's document in its transaction, so that two of them never both succeed on what one has changed.
"""

from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from typing import Any

from motor.motor_asyncio import AsyncIOMotorClient, AsyncIOMotorClientSession
from pymongo import ReturnDocument
from pymongo.errors import PyMongoError
from pymongo.read_concern import ReadConcern
from pymongo.write_concern import WriteConcern

from loupe_inference.domain.model import Task
from loupe_inference.domain.registered import RegisteredVersion, Request, from_manifest, to_manifest
from loupe_inference.domain.registry_rules import check_deletable, check_task, not_found
from loupe_kit.audit.event import AuditEvent
from loupe_kit.errors import Unavailable

Document = dict[str, Any]

_DATABASE = "loupe_inference"


class MongoModelRegistry:
    """A `ModelRegistry` in MongoDB; a replica set, for its transactions.

    Args:
        url: `mongodb://host:27017,other:27017/database?replicaSet=name`; without a database, `loupe_inference`.
    """

    def __init__(self, url: str) -> None:
        self._client: AsyncIOMotorClient[Document] = AsyncIOMotorClient(
            url,
            serverSelectionTimeoutMS=5000,
            connectTimeoutMS=5000,
            socketTimeoutMS=60_000,
            maxPoolSize=4,
            appname="loupe-inference-models",
        )
        database = self._client.get_default_database(
            _DATABASE, write_concern=WriteConcern("majority"), read_concern=ReadConcern("majority")
        )
        self._models = database.get_collection("models")
        self._versions = database.get_collection("model_versions")
        self._requests = database.get_collection("model_requests")
        self._events = database.get_collection("model_audit_outbox")

    async def list(self) -> list[RegisteredVersion]:
        """See `ModelRegistry`."""
        found: list[RegisteredVersion] = []

        async def work(session: AsyncIOMotorClientSession) -> None:
            # Within one snapshot: a version is never listed without the model's word on which is active.
            active = {row["_id"]: row.get("active") async for row in self._models.find(session=session)}
            rows = self._versions.find(session=session).sort([("_id.model", 1), ("_id.number", 1)])
            found[:] = [
                from_manifest(row["manifest"], is_active=active.get(row["_id"]["model"]) == row["_id"]["number"])
                async for row in rows
            ]

        await self._in_transaction(work)
        return found

    async def answer(self, request: Request) -> int | None:
        """See `ModelRegistry`."""
        async with _reported():
            return await self._answer(request, None)

    async def reserve(self, model: str) -> int:
        """See `ModelRegistry`."""
        async with _reported():
            row = await self._models.find_one_and_update(
                {"_id": model}, {"$inc": {"last": 1}}, upsert=True, return_document=ReturnDocument.AFTER
            )
        return int(row["last"])

    async def add(self, version: RegisteredVersion, request: Request | None, event: AuditEvent) -> None:
        """See `ModelRegistry`."""
        model, number, task = version.model, version.number, version.config.task

        async def work(session: AsyncIOMotorClientSession) -> None:
            held = await self._hold(model, session)
            others = await self._versions.distinct("task", {"_id.model": model}, session=session)
            check_task(model, task, map(Task, others))
            document = {"_id": _key(model, number), "task": task.value, "manifest": to_manifest(version)}
            await self._versions.insert_one(document, session=session)
            if held.get("active") is None:
                await self._set_active(model, number, session)
            await self._keep(request, number, event, session)

        await self._once(request, work)

    async def activate(self, model: str, number: int, request: Request | None, event: AuditEvent) -> None:
        """See `ModelRegistry`."""

        async def work(session: AsyncIOMotorClientSession) -> None:
            await self._hold(model, session)
            await self._check_there(model, number, session)
            await self._set_active(model, number, session)
            await self._keep(request, number, event, session)

        await self._once(request, work)

    async def delete(self, model: str, number: int, request: Request | None, event: AuditEvent) -> None:
        """See `ModelRegistry`."""

        async def work(session: AsyncIOMotorClientSession) -> None:
            held = await self._hold(model, session)
            await self._check_there(model, number, session)
            count = await self._versions.count_documents({"_id.model": model}, session=session)
            check_deletable(model, number, active=held.get("active", 0), count=count)
            await self._versions.delete_one({"_id": _key(model, number)}, session=session)
            if held.get("active") == number:
                await self._set_active(model, None, session)
            await self._keep(request, number, event, session)

        await self._once(request, work)

    async def oldest_events(self, limit: int) -> Sequence[AuditEvent]:
        """See `ModelRegistry`."""
        async with _reported():
            rows = self._events.find().sort("_id", 1).limit(limit)
            return [AuditEvent.from_bytes(row["event"]) async for row in rows]

    async def forget_events(self, event_ids: Sequence[str]) -> None:
        """See `ModelRegistry`."""
        async with _reported():
            await self._events.delete_many({"_id": {"$in": list(event_ids)}})

    async def close(self) -> None:
        """See `ModelRegistry`."""
        self._client.close()

    async def _hold(self, model: str, session: AsyncIOMotorClientSession) -> Document:
        """The model's document, which no other transaction changes until this one has ended."""
        held: Document | None = await self._models.find_one_and_update(
            {"_id": model}, {"$inc": {"changes": 1}}, return_document=ReturnDocument.AFTER, session=session
        )
        return held or {}

    async def _set_active(self, model: str, number: int | None, session: AsyncIOMotorClientSession) -> None:
        await self._models.update_one({"_id": model}, {"$set": {"active": number}}, session=session)

    async def _check_there(self, model: str, number: int, session: AsyncIOMotorClientSession) -> None:
        if await self._versions.find_one({"_id": _key(model, number)}, {"_id": True}, session=session) is None:
            raise not_found(model, number)

    async def _answer(self, request: Request, session: AsyncIOMotorClientSession | None) -> int | None:
        row = await self._requests.find_one({"_id": _request_key(request)}, session=session)
        if row is None:
            return None
        request.check(row["digest"])
        return int(row["number"])

    async def _keep(
        self, request: Request | None, number: int, event: AuditEvent, session: AsyncIOMotorClientSession
    ) -> None:
        await self._events.insert_one({"_id": event.id, "event": event.to_bytes()}, session=session)
        if request is not None:
            document = {"_id": _request_key(request), "digest": request.digest, "number": number}
            await self._requests.insert_one(document, session=session)

    async def _once(
        self, request: Request | None, work: Callable[[AsyncIOMotorClientSession], Coroutine[Any, Any, None]]
    ) -> None:
        async def unless_done(session: AsyncIOMotorClientSession) -> None:
            if request is None or await self._answer(request, session) is None:
                await work(session)

        await self._in_transaction(unless_done)

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


def _key(model: str, number: int) -> Document:
    return {"model": model, "number": number}


def _request_key(request: Request) -> Document:
    return {"caller": request.caller_id, "method": request.method, "id": request.id}
