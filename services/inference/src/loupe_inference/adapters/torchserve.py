"""Runs the models in TorchServe: batches go in slices, and what TorchServe answers becomes a fault of ours."""

import asyncio
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Protocol

import grpc
import structlog

from loupe_inference.adapters import torchserve_wire
from loupe_inference.domain.analysis import ImageSource, Outcome
from loupe_inference.domain.errors import ImageTooLarge, ModelNotReady
from loupe_inference.ports import BackendDied, BackendTimedOut

_SLICE_SECONDS = 0.5
"""Computing time of one request, about. An urgent call waits for two or three of them."""
_FIRST_SLICE = 16
"""Images in one request of a model whose speed is not known yet."""
_LEAST_IMAGES, _SLICE_IMAGES = 8, 128
"""Images in one request of a slow model, and of a quick one: a small request costs Java as much as a large one."""
_SLICE_BYTES = 16 << 20
_BULK_REQUESTS = 2
"""Bulk requests of one model on their way: one computes, one is there when it ends."""
_POLL_SECONDS = 0.25
_CALL_SECONDS = 5.0
_FETCH_SECONDS = 15.0
"""How long somebody who waits is kept waiting for a version that no server has: about as long as it takes to fetch and
load one."""

_log = structlog.get_logger("loupe.inference.backend")


class Server(Protocol):
    """One TorchServe; see `TorchServeCalls`."""

    async def predict(self, model: str, version: str, request: Mapping[str, bytes], seconds: float) -> bytes:
        """The handler's reply to a request."""
        ...

    async def ready_workers(self, model: str, version: str, seconds: float) -> int:
        """How many workers have the version loaded."""
        ...

    async def close(self) -> None:
        """Close the connections."""
        ...


class TorchServeBackend:
    """A `ModelBackend` whose models are in TorchServe.

    TorchServe goes on computing what a caller has given up, so calls are never cancelled: whoever waits for one may
    leave, its place in the queue stays taken until the answer is there.

    Args:
        server: Hosts the models.
        others: Those that host single models in its stead, by id of the model.
        time_limit: For one request, as the server has it; a worker that takes longer is replaced by the server.
        request_bytes: Most bytes of images in one request; larger images are refused. As many are on their way at once.
        patience: How long to wait for a model that is being loaded, such as after its worker died.
    """

    def __init__(
        self,
        server: Server,
        others: Mapping[str, Server],
        *,
        time_limit: timedelta,
        request_bytes: int,
        patience: timedelta = timedelta(seconds=60),
    ) -> None:
        self._default = server
        self._of_model = dict(others)
        self._limit_seconds = time_limit.total_seconds()
        self._request_bytes = request_bytes
        self._patience_seconds = patience.total_seconds()
        self._ready: set[tuple[str, str]] = set()
        self._bulk: dict[str, asyncio.Semaphore] = defaultdict(lambda: asyncio.Semaphore(_BULK_REQUESTS))
        self._memory = _Budget(request_bytes)
        self._seconds_an_image: dict[str, float] = {}
        self._running: set[asyncio.Task[list[Outcome]]] = set()

    async def analyse(
        self, model: str, version: str, images: Sequence[ImageSource], *, urgent: bool = False
    ) -> list[Outcome]:
        """See `ModelBackend`."""
        task = asyncio.create_task(self._analyse(model, version, images, urgent=urgent))
        self._running.add(task)
        task.add_done_callback(self._forget)
        return await asyncio.shield(task)

    async def close(self) -> None:
        """See `ModelBackend`. TorchServe goes on: it is not ours."""
        running = tuple(self._running)
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        for server in {self._default, *self._of_model.values()}:
            await server.close()

    def _forget(self, task: asyncio.Task[list[Outcome]]) -> None:
        self._running.discard(task)
        if not task.cancelled():
            # Whoever waited may have left; the fault is told to nobody then.
            task.exception()

    async def _analyse(self, model: str, version: str, images: Sequence[ImageSource], *, urgent: bool) -> list[Outcome]:
        begun = time.monotonic()
        slices = [self._one(model, version, some, urgent=urgent) for some in self._slices(model, images)]
        done = await asyncio.gather(*slices, return_exceptions=True)
        for answer in done:
            if isinstance(answer, BaseException):
                raise answer
        if not urgent:
            self._seconds_an_image[model] = (time.monotonic() - begun) / len(images)
        return [outcome for some in done if not isinstance(some, BaseException) for outcome in some]

    def _slices(self, model: str, images: Sequence[ImageSource]) -> list[list[ImageSource]]:
        seconds = self._seconds_an_image.get(model)
        most = min(max(round(_SLICE_SECONDS / seconds), _LEAST_IMAGES), _SLICE_IMAGES) if seconds else _FIRST_SLICE
        slices: list[list[ImageSource]] = []
        size = 0
        for image in images:
            size += _size(image)
            if not slices or len(slices[-1]) == most or size > _SLICE_BYTES:
                slices.append([])
                size = _size(image)
            slices[-1].append(image)
        return slices

    async def _one(self, model: str, version: str, images: list[ImageSource], *, urgent: bool) -> list[Outcome]:
        size = sum(map(_size, images))
        if size > self._request_bytes:
            return [self._too_large(size)]
        if urgent:
            return await self._ask(model, version, images, urgent=True)
        async with self._bulk[model], self._memory.take(size):
            return await self._ask(model, version, images, urgent=False)

    async def _ask(self, model: str, version: str, images: list[ImageSource], *, urgent: bool) -> list[Outcome]:
        end = time.monotonic() + self._limit_seconds
        while True:
            await self._until_ready(model, version, urgent=urgent)
            begun = time.monotonic()
            try:
                return await self._predict(model, version, images)
            except ValueError as error:
                _log.exception("torchserve_answered_nonsense", model=model, version=version)
                raise BackendDied(None) from error
            except grpc.aio.AioRpcError as error:
                if (_is_queue_full(error) or _is_not_there(error)) and begun < end:
                    # It says the same when its queue is full and when it has no worker; and of several that share an
                    # address, one that was just started may lack what the others have. The next round finds out.
                    self._ready.discard((model, version))
                    await asyncio.sleep(_POLL_SECONDS)
                    continue
                if error.code() is grpc.StatusCode.CANCELLED:
                    return await self._halves(model, version, images, urgent=urgent)
                self._ready.discard((model, version))
                seconds = time.monotonic() - begun
                _log.warning(
                    "torchserve_failed",
                    model=model,
                    version=version,
                    images=len(images),
                    seconds=round(seconds, 1),
                    code=error.code().name,
                    details=(error.details() or "")[:200],
                )
                raise self._meaning(model, error, seconds) from error

    async def _predict(self, model: str, version: str, images: list[ImageSource]) -> list[Outcome]:
        # The server ends what takes too long; twice that only ends a wait for a server that does not do it.
        seconds = 2 * self._limit_seconds
        request = torchserve_wire.write_request(images)
        outcomes = torchserve_wire.read_reply(await self._server(model).predict(model, version, request, seconds))
        if len(outcomes) != len(images):
            raise ValueError(f"TorchServe answered {len(outcomes)} images of {len(images)}")
        return outcomes

    async def _halves(self, model: str, version: str, images: list[ImageSource], *, urgent: bool) -> list[Outcome]:
        """Of a request that the server found too large, though it is within our limit."""
        if len(images) == 1:
            return [self._too_large(_size(images[0]))]
        middle = len(images) // 2
        return [
            *await self._ask(model, version, images[:middle], urgent=urgent),
            *await self._ask(model, version, images[middle:], urgent=urgent),
        ]

    async def _until_ready(self, model: str, version: str, *, urgent: bool) -> None:
        begun = time.monotonic()
        end, fetched = begun + self._patience_seconds, begun + min(self._patience_seconds, _FETCH_SECONDS)
        while (model, version) not in self._ready:
            try:
                why = await self._why_not_ready(model, version)
            except ModelNotReady:
                # Registered versions reach a new server some seconds after its start. Bulk work comes again by itself;
                # whoever waits for an answer is spared the fault.
                if not urgent or time.monotonic() > fetched:
                    raise
                await asyncio.sleep(_POLL_SECONDS)
                continue
            if not why:
                self._ready.add((model, version))
            elif time.monotonic() > end:
                raise ModelNotReady(f"Model {model} {version} does not answer: {why}.", model=model)
            else:
                await asyncio.sleep(_POLL_SECONDS)

    async def _why_not_ready(self, model: str, version: str) -> str:
        try:
            workers = await self._server(model).ready_workers(model, version, _CALL_SECONDS)
        except grpc.aio.AioRpcError as error:
            if error.code() is grpc.StatusCode.NOT_FOUND:
                raise _not_hosted(model, version) from error
            return f"TorchServe says {error.code().name}: {error.details()}"
        return "" if workers else "TorchServe is loading it"

    def _meaning(self, model: str, error: grpc.aio.AioRpcError, seconds: float) -> Exception:
        details = error.details() or ""
        if error.code() is grpc.StatusCode.DEADLINE_EXCEEDED or seconds >= self._limit_seconds:
            return BackendTimedOut()
        if _is_not_there(error) or _is_queue_full(error):
            return ModelNotReady(f"TorchServe does not run model {model} now: {details[:200]}", model=model)
        if error.code() is grpc.StatusCode.PERMISSION_DENIED:
            return ModelNotReady(
                "TorchServe does not take the token; check LOUPE_INFERENCE_TORCHSERVE_KEY_FILE.", model=model
            )
        return BackendDied(None)

    def _too_large(self, size: int) -> ImageTooLarge:
        return ImageTooLarge(
            f"The image file has {size:,} bytes and the limit is {self._request_bytes:,}; upload it in parts.",
            unit="bytes",
            actual=str(size),
            limit=str(self._request_bytes),
        )

    def _server(self, model: str) -> Server:
        return self._of_model.get(model, self._default)


class _Budget:
    """Bytes on their way: TorchServe holds several copies of a request, and dies without memory."""

    def __init__(self, size: int) -> None:
        self._left = size
        self._changed = asyncio.Condition()

    @asynccontextmanager
    async def take(self, amount: int) -> AsyncIterator[None]:
        async with self._changed:
            await self._changed.wait_for(lambda: self._left >= amount)
            self._left -= amount
        try:
            yield
        finally:
            async with self._changed:
                self._left += amount
                self._changed.notify_all()


def _size(image: ImageSource) -> int:
    """Bytes that a request carries for an image; those of a file are read where it lies."""
    return len(image) if isinstance(image, bytes) else 0


def _is_queue_full(error: grpc.aio.AioRpcError) -> bool:
    return "has no worker to serve" in (error.details() or "")


def _is_not_there(error: grpc.aio.AioRpcError) -> bool:
    details = error.details() or ""
    return "not found" in details or "does not exist" in details


def _not_hosted(model: str, version: str) -> ModelNotReady:
    return ModelNotReady(
        f"TorchServe does not host version {version} of model {model}; its log says why it was left out.",
        model=model,
    )
