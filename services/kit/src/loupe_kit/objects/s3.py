"""Object store on any S3 server, by the `minio` client in a bounded pool of threads.

S3 itself keeps the promises of the port: an object is whole or not at all, and durable when the server has answered.
Large files go in parts. Presigned addresses are for reading, by servers of ours that fetch by themselves: bytes for
people pass through the services, which know the rights.
"""

import asyncio
import io
import os
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import TypeVar

import certifi
import urllib3
from minio import Minio
from minio.error import MinioException, S3Error
from urllib3.exceptions import HTTPError
from urllib3.response import BaseHTTPResponse

from loupe_kit import threads
from loupe_kit.errors import Unavailable
from loupe_kit.objects.port import CHUNK_BYTES, ObjectNotFound, check_key, check_range

T = TypeVar("T")

_PART_BYTES = 16 << 20
_PARALLEL_PUTS = 8
_MISSING = frozenset({"NoSuchKey", "NoSuchObject", "ResourceNotFound", "NotFound"})
_OURS = frozenset({"BucketAlreadyOwnedByYou", "BucketAlreadyExists"})
_OCTETS = "application/octet-stream"


class S3ObjectStore:
    """An `ObjectStore` in one bucket.

    Args:
        endpoint: `host:port` of the server.
        access_key: Who we are.
        secret_key: Proves it.
        bucket: Holds all objects; made by `prepare` if it is not there.
        secure: Whether the server speaks TLS.
        region: Of the bucket; a server that knows no regions takes any.
        max_threads: Most requests at a time.
    """

    def __init__(
        self,
        endpoint: str,
        access_key: str,
        secret_key: str,
        bucket: str,
        *,
        secure: bool = False,
        region: str = "us-east-1",
        max_threads: int = 16,
    ) -> None:
        self._bucket = bucket
        self._http = urllib3.PoolManager(
            maxsize=max_threads,
            timeout=urllib3.Timeout(connect=5.0, read=60.0),
            retries=urllib3.Retry(total=3, backoff_factor=0.2, status_forcelist=(500, 502, 503, 504)),
            cert_reqs="CERT_REQUIRED",
            # A plant signs by itself: its authorities are in this file.
            ca_certs=os.environ.get("SSL_CERT_FILE") or certifi.where(),
        )
        # A named region saves asking for it before the first request.
        self._client = Minio(endpoint, access_key, secret_key, secure=secure, region=region, http_client=self._http)
        self._executor = ThreadPoolExecutor(max_threads, thread_name_prefix="s3")

    async def prepare(self) -> None:
        """Make the bucket if it is not there.

        Raises:
            Unavailable: The server does not answer or refuses.
        """
        if not await self._run(lambda: self._client.bucket_exists(self._bucket)):
            await self._run(self._make_bucket)

    async def answers(self) -> bool:
        """Whether the server answers and has the bucket.

        Raises:
            Unavailable: The server does not answer or refuses.
        """
        return await self._run(lambda: self._client.bucket_exists(self._bucket))

    async def close(self) -> None:
        """Wait for running requests, end the threads and the connections."""
        await asyncio.to_thread(self._executor.shutdown)
        self._http.clear()

    async def put_file(self, key: str, path: Path, content_type: str = _OCTETS) -> None:
        """See `ObjectStore`."""
        check_key(key)
        await self._run(lambda: self._put_file(key, path, content_type), key)

    async def put_bytes(self, key: str, data: bytes, content_type: str = _OCTETS) -> None:
        """See `ObjectStore`."""
        check_key(key)
        await self._run(lambda: self._put_bytes(key, data, content_type), key)

    async def put_many(self, items: Sequence[tuple[str, bytes | Path]]) -> None:
        """See `ObjectStore`."""
        for key, _ in items:
            check_key(key)
        # A few threads with several objects each: a journey into a thread and back for every one costs the event loop
        # as much as the request costs the thread.
        shares = (items[first::_PARALLEL_PUTS] for first in range(min(_PARALLEL_PUTS, len(items))))
        jobs = asyncio.gather(*(self._run(partial(self._put_all, share)) for share in shares), return_exceptions=True)
        # All have ended when this returns, cancelled or not, so that a caller may remove its files and these objects.
        try:
            outcomes = await asyncio.shield(jobs)
        except asyncio.CancelledError:
            await asyncio.wait({jobs})
            raise
        for outcome in outcomes:
            if isinstance(outcome, BaseException):
                raise outcome

    async def open(self, key: str, offset: int = 0, length: int | None = None) -> AsyncGenerator[bytes, None]:
        """See `ObjectStore`."""
        check_key(key)
        if offset or length is not None:
            length = check_range(key, await self.size(key), offset, length)
            if not length:
                return
        response = await threads.take(
            self._executor, lambda: _reported(lambda: self._get(key, offset, length), key), _close
        )
        try:
            while chunk := await self._run(partial(response.read, CHUNK_BYTES), key):
                yield chunk
        finally:
            _close(response)

    async def read(self, key: str) -> bytes:
        """See `ObjectStore`."""
        check_key(key)
        return await self._run(lambda: self._read(key), key)

    async def size(self, key: str) -> int:
        """See `ObjectStore`."""
        check_key(key)
        found = await self._run(lambda: self._client.stat_object(self._bucket, key), key)
        return int(found.size or 0)

    async def exists(self, key: str) -> bool:
        """See `ObjectStore`."""
        try:
            await self.size(key)
        except ObjectNotFound:
            return False
        return True

    async def delete(self, key: str) -> None:
        """See `ObjectStore`."""
        check_key(key)
        await self._run(lambda: self._client.remove_object(self._bucket, key), key)

    async def list(self, prefix: str = "") -> AsyncIterator[str]:
        """See `ObjectStore`."""
        # Sorted here as well: servers over a file system list folder by folder.
        for key in await self._run(lambda: sorted(self._keys(prefix))):
            yield key

    def local_path(self, key: str) -> Path | None:
        """See `ObjectStore`; never a path here."""
        check_key(key)
        return None

    def address(self, key: str, lifetime: timedelta) -> str:
        """See `ObjectStore`. Signed here: the server is not asked."""
        check_key(key)
        return self._client.presigned_get_object(self._bucket, key, expires=lifetime)

    async def _run(self, work: Callable[[], T], key: str = "") -> T:
        return await asyncio.get_running_loop().run_in_executor(self._executor, _reported, work, key)

    def _make_bucket(self) -> None:
        try:
            self._client.make_bucket(self._bucket)
        except S3Error as error:
            # Another process was quicker.
            if error.code not in _OURS:
                raise

    def _put_all(self, items: Sequence[tuple[str, bytes | Path]]) -> None:
        for key, content in items:
            if isinstance(content, Path):
                self._put_file(key, content, _OCTETS)
            else:
                self._put_bytes(key, content, _OCTETS)

    def _put_file(self, key: str, path: Path, content_type: str) -> None:
        with path.open("rb") as source:
            size = path.stat().st_size
            self._client.put_object(self._bucket, key, source, size, content_type, part_size=_PART_BYTES)

    def _put_bytes(self, key: str, data: bytes, content_type: str) -> None:
        self._client.put_object(self._bucket, key, io.BytesIO(data), len(data), content_type, part_size=_PART_BYTES)

    def _get(self, key: str, offset: int = 0, length: int | None = None) -> BaseHTTPResponse:
        return self._client.get_object(self._bucket, key, offset=offset, length=length or 0)

    def _read(self, key: str) -> bytes:
        response = self._get(key)
        try:
            return bytes(response.read())
        finally:
            _close(response)

    def _keys(self, prefix: str) -> Sequence[str]:
        found = self._client.list_objects(self._bucket, prefix=prefix, recursive=True)
        return [item.object_name for item in found if item.object_name and not item.is_dir]


def _close(response: BaseHTTPResponse) -> None:
    # Unread bytes make the connection useless; closing it is cheaper than reading them.
    response.close()
    response.release_conn()


def _reported(work: Callable[[], T], key: str) -> T:
    try:
        return work()
    except S3Error as error:
        if key and error.code in _MISSING:
            raise ObjectNotFound(f"There is no object {key}.", key=key) from error
        raise Unavailable(
            f"The object store refuses: {error.code}, {error.message}. Check the LOUPE_S3_… settings."
        ) from error
    except (HTTPError, MinioException) as error:
        raise Unavailable(
            f"The object store does not answer ({error}); check the server that LOUPE_S3_ENDPOINT names."
        ) from error
