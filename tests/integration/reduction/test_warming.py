"""Kernels are compiled once behind the running service."""

from __future__ import annotations

import asyncio
from pathlib import Path

from loupe_reduction.adapters.warming import KernelWarming

TARGET = "tests.integration.reduction.worker_targets:note_warming"


def _files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


async def _notes(folder: Path, count: int) -> list[str]:
    async with asyncio.timeout(60):
        while len(found := _files(folder)) < count:  # noqa: ASYNC110 - another process writes them
            await asyncio.sleep(0.02)
    return found


async def test_warming__once_for_each_folder(tmp_path: Path) -> None:
    first = KernelWarming(tmp_path, 0.0, TARGET)
    await first.start()
    noted = await _notes(tmp_path, 2)
    await first.close()
    assert noted[0].startswith("ran-at-nice-19-")
    assert noted[1].startswith("warm-")
    again = KernelWarming(tmp_path, 0.0, TARGET)
    await again.start()
    await asyncio.sleep(0.1)
    await again.close()
    assert await _notes(tmp_path, 2) == noted


async def test_warming__stopped_before_its_end_begins_anew(tmp_path: Path) -> None:
    stopped = KernelWarming(tmp_path, 60.0, TARGET)
    await stopped.start()
    await stopped.close()
    assert not _files(tmp_path)
    again = KernelWarming(tmp_path, 0.0, TARGET)
    await again.start()
    assert len(await _notes(tmp_path, 2)) == 2
    await again.close()


async def test_warming__failure_leaves_no_note(tmp_path: Path) -> None:
    failing = KernelWarming(tmp_path, 0.0, "tests.integration.reduction.worker_targets:no_such_function")
    await failing.start()
    await asyncio.wait_for(asyncio.gather(*_running()), 60)
    await failing.close()
    assert not _files(tmp_path)


def _running() -> list[asyncio.Task[object]]:
    return [task for task in asyncio.all_tasks() if task.get_name() == "kernel-warming"]
