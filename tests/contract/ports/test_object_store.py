"""What every object store does. A further adapter joins by a row in `STORES`, or beside it if it needs a server."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import pytest

from loupe_kit.errors import OutOfRange
from loupe_kit.objects import CHUNK_BYTES, FolderObjectStore, ObjectKeyInvalid, ObjectNotFound, ObjectStore
from loupe_kit.objects.s3 import S3ObjectStore
from loupe_kit.testing import InMemoryObjectStore
from tests.contract.ports import servers


@asynccontextmanager
async def folder(tmp_path: Path) -> AsyncIterator[ObjectStore]:
    store = FolderObjectStore(tmp_path / "objects")
    yield store
    store.close()


@asynccontextmanager
async def memory(tmp_path: Path) -> AsyncIterator[ObjectStore]:
    yield InMemoryObjectStore()


@asynccontextmanager
async def bucket(endpoint: str) -> AsyncIterator[ObjectStore]:
    store = S3ObjectStore(endpoint, servers.KEYS.s3_access_key, servers.KEYS.s3_secret_key, "loupe-test")
    await store.prepare()
    assert await store.answers()
    # One bucket for all tests: a server may need seconds to make one.
    for key in await collect_keys(store, ""):
        await store.delete(key)
    yield store
    await store.close()


STORES: list[Callable[[Path], AbstractAsyncContextManager[ObjectStore]]] = [folder, memory]
KEY = "projects/0190/images/a.jpg"


@pytest.fixture(
    params=[
        *(pytest.param(make, id=make.__name__) for make in STORES),
        pytest.param(None, id="s3", marks=pytest.mark.cluster),
    ]
)
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[ObjectStore]:
    opening = request.param(tmp_path) if request.param else bucket(request.getfixturevalue("s3_server"))
    async with opening as opened:
        yield opened


async def collect(chunks: AsyncIterator[bytes]) -> list[bytes]:
    return [chunk async for chunk in chunks]


async def test_put_bytes__read_back(store: ObjectStore) -> None:
    await store.put_bytes(KEY, b"hello", "image/jpeg")
    assert await store.read(KEY) == b"hello"
    assert await store.size(KEY) == 5
    assert await store.exists(KEY)


async def test_put_file__outlives_its_source(store: ObjectStore, tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.write_bytes(b"content")
    await store.put_file(KEY, source)
    await store.put_file(KEY, source)
    source.unlink()
    assert await store.read(KEY) == b"content"
    assert [key async for key in store.list()] == [KEY]


async def test_put_many__bytes_and_files(store: ObjectStore, tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.write_bytes(b"from a file")
    items: list[tuple[str, bytes | Path]] = [(f"many/{number}/x", bytes([number]) * number) for number in range(40)]
    await store.put_many([*items, ("file", source), ("twice", b"first"), ("twice", b"first")])
    for key, data in items:
        assert await store.read(key) == data
    assert await store.read("file") == b"from a file"
    assert source.exists()
    assert len(await collect_keys(store, "")) == 42
    await store.put_many([])


async def test_put_many__bad_key_stores_nothing(store: ObjectStore) -> None:
    with pytest.raises(ObjectKeyInvalid):
        await store.put_many([("good", b"x"), ("../bad", b"x")])
    assert await collect_keys(store, "") == []


async def test_put__replaces(store: ObjectStore) -> None:
    await store.put_bytes(KEY, b"a long first version")
    await store.put_bytes(KEY, b"second")
    assert await store.read(KEY) == b"second"


async def test_put__empty_object(store: ObjectStore) -> None:
    await store.put_bytes(KEY, b"")
    assert await store.read(KEY) == b""
    assert await collect(store.open(KEY)) == []
    assert await store.size(KEY) == 0


async def test_put__same_key_at_once_leaves_one_whole_version(store: ObjectStore) -> None:
    versions = [bytes([number]) * 100_000 for number in range(10)]
    await asyncio.gather(*(store.put_bytes(KEY, version) for version in versions))
    assert await store.read(KEY) in versions
    assert await collect_keys(store, "") == [KEY]


async def test_open__chunks(store: ObjectStore) -> None:
    data = bytes(range(256)) * (10 * CHUNK_BYTES // 1024)
    await store.put_bytes(KEY, data)
    chunks = await collect(store.open(KEY))
    assert max(map(len, chunks)) == CHUNK_BYTES
    assert b"".join(chunks) == data


@pytest.mark.parametrize(
    ("offset", "length", "expected"),
    [
        (0, None, b"0123456789"),
        (3, None, b"3456789"),
        (3, 4, b"3456"),
        (8, 100, b"89"),
        (10, None, b""),
        (10, 5, b""),
        (0, 0, b""),
    ],
)
async def test_open__range(store: ObjectStore, offset: int, length: int | None, expected: bytes) -> None:
    await store.put_bytes(KEY, b"0123456789")
    assert b"".join(await collect(store.open(KEY, offset, length))) == expected


@pytest.mark.parametrize(("offset", "length"), [(11, None), (-1, None), (0, -1)])
async def test_open__range_outside(store: ObjectStore, offset: int, length: int | None) -> None:
    await store.put_bytes(KEY, b"0123456789")
    with pytest.raises(OutOfRange):
        await collect(store.open(KEY, offset, length))


async def test_open__left_in_the_middle(store: ObjectStore) -> None:
    await store.put_bytes(KEY, bytes(3 * CHUNK_BYTES))
    async for chunk in store.open(KEY):
        assert len(chunk) == CHUNK_BYTES
        break
    await store.delete(KEY)
    assert not await store.exists(KEY)


async def test_missing__named_in_the_error(store: ObjectStore) -> None:
    for read in (store.read(KEY), store.size(KEY), collect(store.open(KEY))):
        with pytest.raises(ObjectNotFound) as caught:
            await read
        assert caught.value.metadata == {"key": KEY}
    assert not await store.exists(KEY)


async def test_folder_of_objects__is_none_itself(store: ObjectStore) -> None:
    await store.put_bytes(KEY, b"x")
    assert not await store.exists("projects/0190")
    with pytest.raises(ObjectNotFound):
        await store.read("projects/0190")
    await store.delete("projects/0190")
    assert await store.exists(KEY)


async def test_delete__twice(store: ObjectStore) -> None:
    await store.put_bytes(KEY, b"x")
    await store.delete(KEY)
    await store.delete(KEY)
    assert not await store.exists(KEY)


async def test_list__by_prefix_in_order(store: ObjectStore) -> None:
    for key in ("b/2", "a/1", "ab", "a/10", "b/1/x", "a.b"):
        await store.put_bytes(key, b"x")
    assert await collect_keys(store, "") == ["a.b", "a/1", "a/10", "ab", "b/1/x", "b/2"]
    assert await collect_keys(store, "a") == ["a.b", "a/1", "a/10", "ab"]
    assert await collect_keys(store, "a/1") == ["a/1", "a/10"]
    assert await collect_keys(store, "b/") == ["b/1/x", "b/2"]
    assert await collect_keys(store, "nothing/") == []
    assert await collect_keys(store, "../") == []


async def test_put_file__larger_than_one_part(store: ObjectStore, tmp_path: Path) -> None:
    source = tmp_path / "large"
    data = b"".join(number.to_bytes(4, "big") * 256 for number in range(35 * 1024))
    source.write_bytes(data)
    await store.put_file(KEY, source)
    assert await store.size(KEY) == len(data)
    assert b"".join(await collect(store.open(KEY))) == data
    assert b"".join(await collect(store.open(KEY, (16 << 20) - 3, 6))) == data[(16 << 20) - 3 : (16 << 20) + 3]


async def collect_keys(store: ObjectStore, prefix: str) -> list[str]:
    return [key async for key in store.list(prefix)]


@pytest.mark.parametrize(
    "key",
    [
        "",
        "/etc/passwd",
        "../outside",
        "a/../../outside",
        "a/./b",
        "a//b",
        "a/",
        ".tmp/x",
        "a/.hidden",
        "a b",
        "a\\b",
        "ä",
        "a\0b",
        "a\n",
        "x" * 513,
    ],
)
async def test_key__refused_everywhere(store: ObjectStore, key: str, tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.write_bytes(b"x")
    for operation in (
        store.put_bytes(key, b"x"),
        store.put_file(key, source),
        store.read(key),
        store.size(key),
        store.exists(key),
        store.delete(key),
        collect(store.open(key)),
    ):
        with pytest.raises(ObjectKeyInvalid):
            await operation
    with pytest.raises(ObjectKeyInvalid):
        store.local_path(key)


async def test_local_path__is_the_object_if_there_is_one(store: ObjectStore) -> None:
    await store.put_bytes(KEY, b"hello")
    path = store.local_path(KEY)
    assert path is None or path.read_bytes() == b"hello"
