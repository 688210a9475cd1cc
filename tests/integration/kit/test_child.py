import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from loupe_kit.child import ChildDied, ChildFailed, ChildProcess
from loupe_kit.errors import InvalidArgument

TARGET = "tests.integration.kit.child_targets:work"


@pytest.fixture
async def child() -> AsyncIterator[ChildProcess]:
    async with ChildProcess(TARGET, threads=2, nice=3, env={"EXTRA": "yes"}) as process:
        yield process


async def test_call__arrays_both_ways(child: ChildProcess) -> None:
    array = np.arange(1_000_000, dtype=np.float32).reshape(1000, 1000)
    doubled = await child.call({"do": "double", "value": array})
    np.testing.assert_array_equal(doubled, array * 2)
    doubled += 1  # writable
    strided = await child.call({"do": "double", "value": array[:, ::2]})
    np.testing.assert_array_equal(strided, array[:, ::2] * 2)
    empty = await child.call({"do": "double", "value": np.empty((0, 3))})
    assert empty.shape == (0, 3)


async def test_call__environment_and_lasting_state(child: ChildProcess) -> None:
    first = await child.call({"do": "inspect"})
    second = await child.call({"do": "inspect"})
    assert (first["omp"], first["extra"], first["nice"]) == ("2", "yes", os.nice(0) + 3)
    assert first["pid"] == second["pid"] == child.pid
    assert second["calls"] == first["calls"] + 1


async def test_child__imports_nothing_of_the_parent(child: ChildProcess) -> None:
    modules = set((await child.call({"do": "inspect"}))["modules"])
    assert not modules & {"pytest", "grpc", "sqlalchemy", "torch", "prometheus_client"}


async def test_call__progress_in_order(child: ChildProcess) -> None:
    seen: list[Any] = []
    assert await child.call({"do": "progress", "value": 100}, on_progress=seen.append) == "done"
    assert seen == list(range(100))


async def test_call__own_exception_of_the_target(child: ChildProcess) -> None:
    with pytest.raises(InvalidArgument, match="choose another") as caught:
        await child.call({"do": "raise"})
    assert caught.value.metadata == {"value": "7"}
    assert "child_targets" in caught.value.__notes__[0]


@pytest.mark.parametrize(("what", "name"), [("unpicklable", "Unpicklable"), ("return lambda", None)])
async def test_call__what_cannot_be_pickled(child: ChildProcess, what: str, name: str | None) -> None:
    with pytest.raises(Exception) as caught:  # noqa: PT011 - the second case's class differs between Pythons
        await child.call({"do": what})
    if name is not None:
        assert isinstance(caught.value, ChildFailed)
        assert caught.value.type_name == name
        assert "child_targets" in caught.value.traceback
    assert (await child.call({"do": "inspect"}))["calls"] == 2


async def test_call__payload_cannot_be_pickled(child: ChildProcess) -> None:
    with pytest.raises(Exception, match="pickle"):
        await child.call({"do": lambda: None})
    assert (await child.call({"do": "inspect"}))["calls"] == 1


@pytest.mark.parametrize(
    ("payload", "exit_code", "signal_name"),
    [
        ({"do": "exit", "value": 3}, 3, None),
        ({"do": "signal", "value": signal.SIGSEGV}, -signal.SIGSEGV, "SIGSEGV"),
        ({"do": "signal", "value": signal.SIGKILL}, -signal.SIGKILL, "SIGKILL"),
    ],
)
async def test_death_in_a_call__next_call_has_a_new_process(
    child: ChildProcess, payload: dict[str, Any], exit_code: int, signal_name: str | None
) -> None:
    before = (await child.call({"do": "inspect"}))["pid"]
    with pytest.raises(ChildDied) as caught:
        await child.call(payload)
    assert (caught.value.exit_code, caught.value.signal_name) == (exit_code, signal_name)
    assert child.pid is None
    after = await child.call({"do": "inspect"})
    assert after["pid"] != before
    assert after["calls"] == 1


async def test_death_while_idle__next_call_has_a_new_process(child: ChildProcess) -> None:
    await child.start()
    assert child.pid is not None
    os.kill(child.pid, signal.SIGKILL)
    await asyncio.sleep(0.2)
    assert (await child.call({"do": "inspect"}))["calls"] == 1


async def test_kill__running_call_raises(child: ChildProcess) -> None:
    await child.start()
    running = asyncio.create_task(child.call({"do": "sleep", "value": 60}))
    await asyncio.sleep(0.1)
    await child.kill()
    with pytest.raises(ChildDied, match="SIGKILL"):
        await running
    assert (await child.call({"do": "inspect"}))["calls"] == 1


async def test_cancel__kills_the_process(child: ChildProcess) -> None:
    await child.start()
    pid = child.pid
    running = asyncio.create_task(child.call({"do": "sleep", "value": 60}))
    await asyncio.sleep(0.1)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert (await child.call({"do": "inspect"}))["pid"] != pid


async def test_cancel__told_to_keep_the_process(child: ChildProcess) -> None:
    await child.start()
    pid = child.pid
    running = asyncio.create_task(child.call({"do": "sleep", "value": 0.5}, kill_on_cancel=False))
    await asyncio.sleep(0.1)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    answer = await child.call({"do": "inspect"})
    assert (answer["pid"], answer["calls"]) == (pid, 2)


async def test_cancel__while_waiting_hurts_nobody(child: ChildProcess) -> None:
    await child.start()
    first = asyncio.create_task(child.call({"do": "sleep", "value": 0.5}))
    second = asyncio.create_task(child.call({"do": "sleep", "value": 60}))
    await asyncio.sleep(0.1)
    second.cancel()
    with pytest.raises(asyncio.CancelledError):
        await second
    assert await first is None
    assert (await child.call({"do": "inspect"}))["calls"] == 2


async def test_calls__wait_for_each_other(child: ChildProcess) -> None:
    answers = await asyncio.gather(*(child.call({"do": "inspect"}) for _ in range(10)))
    assert sorted(answer["calls"] for answer in answers) == list(range(1, 11))


async def test_start__target_cannot_be_imported() -> None:
    async with ChildProcess("tests.integration.kit.nowhere:work") as process:
        with pytest.raises(ModuleNotFoundError, match="nowhere"):
            await process.start()
        with pytest.raises(ModuleNotFoundError, match="nowhere"):
            await process.call(None)


async def test_close__process_ends() -> None:
    process = ChildProcess(TARGET)
    await process.start()
    pid = process.pid
    assert pid is not None
    await process.close()
    assert process.pid is None
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_parent_killed__busy_child_dies_too() -> None:
    program = [sys.executable, "-m", "tests.integration.kit.parent_program"]
    with subprocess.Popen(program, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        child_pid = int(parent.stdout.readline())
        parent.kill()
    for _ in range(100):
        try:
            os.kill(child_pid, 0)
        except ProcessLookupError:
            return
        # Reaped by whoever adopts it; a zombie is dead as well.
        if "\nState:\tZ" in _status(child_pid):
            return
        time.sleep(0.05)
    pytest.fail("the child outlived its parent")


def _status(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/status").read_text()
    except FileNotFoundError:
        return "\nState:\tZ"
