from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence
from pathlib import Path

import pytest

from loupe_kit.objects.s3 import S3ObjectStore


async def test_put_many__nothing_is_written_any_more_once_it_was_cancelled(monkeypatch: pytest.MonkeyPatch) -> None:
    store = S3ObjectStore("127.0.0.1:1", "key", "secret", "bucket")
    begun, may_end = threading.Event(), threading.Event()
    ended: list[int] = []

    def put(items: Sequence[tuple[str, bytes | Path]]) -> None:
        begun.set()
        assert may_end.wait(60)
        ended.append(len(items))

    monkeypatch.setattr(store, "_put_all", put)
    putting = asyncio.create_task(store.put_many([(f"a/{number}", b"x") for number in range(20)]))
    await asyncio.to_thread(begun.wait, 60)
    putting.cancel()
    await asyncio.sleep(0.05)
    still_putting = not putting.done()
    may_end.set()

    with pytest.raises(asyncio.CancelledError):
        await putting
    assert (still_putting, sum(ended)) == (True, 20)
    await store.close()
