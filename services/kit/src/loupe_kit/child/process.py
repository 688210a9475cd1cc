"""The parent's side: starts the worker process, talks to it, notices its death, starts another."""

import asyncio
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, Self

from loupe_kit.child import messages, wire
from loupe_kit.child.errors import ChildDied

OnProgress = Callable[[Any], None]

_CLOSE_SECONDS = 5.0
_THREAD_VARIABLES = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "NUMBA_NUM_THREADS",
    "VIPS_CONCURRENCY",
)


class ChildProcess:
    """A worker process that runs `target(payload, progress)` once per call, one call at a time.

    It is a fresh Python interpreter, not a fork, so gRPC in the parent is safe and nothing of the parent
    but the target's module is imported. It dies with the thread of the event loop that started it.

    Args:
        target: `package.module:function`; imported in the child only. State that lives over calls, such
            as a loaded model, belongs into globals of that module.
        threads: Limit for OpenMP, BLAS and numba, set before they are imported.
        nice: Added to the process's niceness, 0 to 19.
        env: More environment variables.
    """

    def __init__(self, target: str, *, threads: int = 1, nice: int = 0, env: Mapping[str, str] | None = None) -> None:
        self._target = target
        self._nice = nice
        self._env = {**dict.fromkeys(_THREAD_VARIABLES, str(threads)), **(env or {})}
        self._busy = asyncio.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._connection: socket.socket | None = None

    @property
    def pid(self) -> int | None:
        """Process id, or None while there is no process."""
        return self._process.pid if self._process is not None and self._process.poll() is None else None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def start(self) -> None:
        """Start the process and import the target, if that is not done; `call` does it too.

        Raises:
            ChildFailed: If the target cannot be imported and the import's own exception cannot be passed on.
            ChildDied: If the process died over it.
        """
        await self._busy.acquire()
        await asyncio.shield(self._in_thread(_Exchange(*self._spawned())))

    async def call(self, payload: Any, *, on_progress: OnProgress | None = None, kill_on_cancel: bool = True) -> Any:
        """Run the target in the process and give what it returns. Calls wait for each other.

        Args:
            payload: Anything picklable; arrays travel without being copied into a pickle.
            on_progress: Called in the event loop with each value that the target reports.
            kill_on_cancel: When the awaiting task is cancelled, kill the process; the next call starts
                another. Otherwise the target runs on, its result is dropped, and later calls wait for it.

        Raises:
            ChildDied: If the process ended before it answered.
            ChildFailed: If the target raised what cannot be pickled; else the target's own exception.
        """
        await self._busy.acquire()
        exchange = _Exchange(*self._spawned(), payload=payload, on_progress=on_progress, has_payload=True)
        answer = self._in_thread(exchange)
        try:
            return await asyncio.shield(answer)
        except asyncio.CancelledError:
            exchange.on_progress = None
            if kill_on_cancel:
                exchange.process.kill()
            raise

    async def kill(self) -> None:
        """End the process at once; a call that runs raises ChildDied, the next one starts another."""
        process = self._process
        if process is not None and process.poll() is None:
            process.kill()
            await asyncio.to_thread(process.wait)

    async def close(self) -> None:
        """Let an idle process end by itself, kill it if it has not within 5 s, and free the connection."""
        process, connection = self._process, self._connection
        if process is None or connection is None:
            return
        with suppress(OSError):
            connection.shutdown(socket.SHUT_RDWR)
        await asyncio.to_thread(_end, process)
        self._forget()

    def _spawned(self) -> "tuple[subprocess.Popen[bytes], socket.socket, bool]":
        """The process, its connection, and whether it is new.

        Runs in the event loop's thread, because the kernel ties the child's life to the starting thread.
        """
        if self._process is not None and self._connection is not None and self._process.poll() is None:
            return self._process, self._connection, False
        self._forget()
        try:
            self._process, self._connection = _spawn(self._target, self._nice, self._env)
        except BaseException:
            self._busy.release()
            raise
        return self._process, self._connection, True

    def _forget(self) -> None:
        if self._connection is not None:
            self._connection.close()
        self._process, self._connection = None, None

    def _in_thread(self, exchange: "_Exchange") -> asyncio.Future[Any]:
        """Run an exchange beside the event loop; the process is free for the next when the future is done.

        The thread is a daemon, so that a forgotten call cannot hold up the end of the program.
        """
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Any] = loop.create_future()
        future.add_done_callback(self._exchange_done)

        def run() -> None:
            outcome, error = None, None
            try:
                outcome = exchange.run(loop)
            except BaseException as raised:  # noqa: BLE001 - goes to whoever awaits
                error = raised
            # The loop is closed if the program ends in the middle of a call.
            with suppress(RuntimeError):
                loop.call_soon_threadsafe(_resolve, future, outcome, error)

        threading.Thread(target=run, name=f"child-{self._target}", daemon=True).start()
        return future

    def _exchange_done(self, future: asyncio.Future[Any]) -> None:
        self._busy.release()
        if not future.cancelled():
            # Also tells asyncio that an error nobody waits for any more is known.
            future.exception()


class _Exchange:
    """One request and its answer; `run` blocks and belongs into a thread."""

    def __init__(
        self,
        process: "subprocess.Popen[bytes]",
        connection: socket.socket,
        is_new: bool,
        *,
        payload: Any = None,
        on_progress: OnProgress | None = None,
        has_payload: bool = False,
    ) -> None:
        self.process = process
        self.on_progress = on_progress
        self._connection = connection
        self._is_new = is_new
        self._payload = payload
        self._has_payload = has_payload

    def run(self, loop: asyncio.AbstractEventLoop) -> Any:
        """The value that the target returned; raises what it raised, or ChildDied."""
        try:
            if self._is_new:
                self._greet(loop)
            if not self._has_payload:
                return None
            wire.send(self._connection, self._payload)
            return self._answer(loop)
        except wire.ConnectionClosed:
            raise ChildDied(_end(self.process)) from None

    def _greet(self, loop: asyncio.AbstractEventLoop) -> None:
        """Wait until the target is imported; if that fails the process is of no use."""
        try:
            self._answer(loop)
        except Exception:
            self.process.kill()
            self.process.wait()
            raise

    def _answer(self, loop: asyncio.AbstractEventLoop) -> Any:
        while True:
            message = wire.receive(self._connection)
            match message:
                case messages.Reported(value):
                    loop.call_soon_threadsafe(self._report, value)
                case messages.Returned(value):
                    return value
                case messages.Raised(error):
                    raise error
                case messages.Ready():
                    return None

    def _report(self, value: Any) -> None:
        if self.on_progress is not None:
            self.on_progress(value)


def _spawn(target: str, nice: int, env: Mapping[str, str]) -> "tuple[subprocess.Popen[bytes], socket.socket]":
    ours, theirs = socket.socketpair()
    arguments = [str(theirs.fileno()), target, str(nice), str(os.getpid())]
    # The parent's module path, and nothing else in front of it.
    path = os.pathsep.join(entry or str(os.curdir) for entry in sys.path)
    try:
        process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
            [sys.executable, "-P", "-m", "loupe_kit.child", *arguments],
            pass_fds=[theirs.fileno()],
            env={**os.environ, **env, "PYTHONPATH": path},
            stdin=subprocess.DEVNULL,
            # What libraries print must not mix with what the parent prints.
            stdout=2,
        )
    except BaseException:
        ours.close()
        raise
    finally:
        theirs.close()
    return process, ours


def _end(process: "subprocess.Popen[bytes]") -> int:
    """Exit code of a process that is about to end, or is killed if it is not."""
    try:
        return process.wait(_CLOSE_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        return process.wait()


def _resolve(future: asyncio.Future[Any], outcome: Any, error: BaseException | None) -> None:
    if future.done():
        return
    if error is None:
        future.set_result(outcome)
    else:
        future.set_exception(error)
