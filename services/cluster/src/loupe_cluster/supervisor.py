"""Starts everything in order, starts again what ends, stops everything in the opposite order."""

import os
import signal
import threading
import time
from collections.abc import Sequence

import structlog
from sqlalchemy.exc import SQLAlchemyError

from loupe_cluster import checks, keys, servers, services
from loupe_cluster.processes import Process, Program
from loupe_cluster.settings import ClusterSettings
from loupe_cluster.state import ClusterState, ProcessState, StateFolder

_POLL_SECONDS = 0.1
_WATCH_SECONDS = 2.0
_ASK_SECONDS = 10.0
"""Between two questions to what is ready. All of them together take 0.1 s of processor time, beside a pipeline that is
measured on the same cores; what has ended is seen without asking."""
_LONGEST_PAUSE_SECONDS = 30.0
_MAX_STARTS_BEFORE_READY = 3
_SCHEMAS = ("auth", "project")
_log = structlog.get_logger("loupe.cluster")


class StartFailed(Exception):
    """Something did not come up; the message says what and ends with its log."""


class Stopped(Exception):
    """Somebody asked for the end."""


class Supervisor:
    """The life of a cluster on this machine.

    Args:
        settings: Of the cluster.
        folder: Where to tell how things are.
    """

    def __init__(self, settings: ClusterSettings, folder: StateFolder) -> None:
        self._settings = settings
        self._folder = folder
        self._processes: list[Process] = []
        self._ready: set[str] = set()
        self._begun = time.monotonic()
        self._seconds = 0.0
        self._ended = threading.Event()

    def run(self) -> None:
        """Start everything, watch until SIGTERM or SIGINT, stop everything.

        Raises:
            StartFailed: Something did not come up; nothing is left running.
        """
        for name in (signal.SIGTERM, signal.SIGINT):
            signal.signal(name, lambda *_: self._ended.set())
        failure = ""
        try:
            self._start()
            self._watch()
        except Stopped:
            _log.info("stopping")
        except (StartFailed, servers.ServerMissing, OSError) as error:
            failure = str(error)
            raise StartFailed(failure) from error
        finally:
            self._stop()
            if failure:
                self._tell(failure)
            else:
                self._folder.forget()

    def _start(self) -> None:
        secrets = keys.load(self._folder.path)
        self._launch(servers.needed(self._settings, secrets))
        self._wait_ready(but=servers.TORCHSERVE)
        self._prepare_stores(secrets)
        self._launch(services.all_of(self._settings, secrets))
        self._wait_ready()
        self._seconds = time.monotonic() - self._begun
        self._tell()
        _log.info("ready", seconds=round(self._seconds, 1), http=self._settings.http, grpc=self._settings.grpc)

    def _launch(self, programs: Sequence[Program]) -> None:
        for program in programs:
            process = Process(program, self._folder.logs(program.name))
            self._processes.append(process)
            process.start()
            _log.info("started", process=program.name, pid=process.pid)
        self._tell()

    def _wait_ready(self, but: str = "") -> None:
        while waiting := [process for process in self._processes if process.program.name not in self._ready | {but}]:
            self._pause(_POLL_SECONDS)
            for process in waiting:
                if not process.is_alive:
                    self._restart_or_give_up(process)
                elif process.program.is_ready():
                    self._ready.add(process.program.name)
                    _log.info("process_ready", process=process.program.name)
            if time.monotonic() - self._begun > self._settings.start_seconds:
                raise StartFailed("\n".join(_complaint(process, "is not ready") for process in waiting))
            self._tell()

    def _prepare_stores(self, secrets: keys.Keys) -> None:
        settings = self._settings
        try:
            checks.create_schemas(settings.mariadb_url, [settings.schema_of(service) for service in _SCHEMAS])
        except SQLAlchemyError as error:
            raise StartFailed(f"MariaDB at LOUPE_CLUSTER_MARIADB_URL does not let schemas be made: {error}") from error
        if not checks.redis(settings.redis_url):
            raise StartFailed("Redis at LOUPE_CLUSTER_REDIS_URL does not answer.")
        given = checks.S3(
            settings.s3,
            settings.s3_access_key or secrets.s3_access_key,
            settings.s3_secret_key.get_secret_value() or secrets.s3_secret_key,
            secure=settings.s3_secure,
        )
        if not given.takes_objects():
            raise StartFailed("The S3 server takes no objects; check LOUPE_CLUSTER_S3_ENDPOINT, …_ACCESS_KEY, …")

    def _restart_or_give_up(self, process: Process) -> None:
        if process.starts >= _MAX_STARTS_BEFORE_READY:
            raise StartFailed(_complaint(process, f"ended with exit code {process.exit_code}"))
        process.start()

    def _watch(self) -> None:
        asked = time.monotonic()
        while True:
            self._pause(_WATCH_SECONDS if all(process.is_alive for process in self._processes) else _POLL_SECONDS)
            asks_all = time.monotonic() - asked >= _ASK_SECONDS
            asked = time.monotonic() if asks_all else asked
            for process in self._processes:
                name = process.program.name
                if process.is_alive:
                    if asks_all or name not in self._ready:
                        self._note_ready(process)
                elif time.monotonic() - process.started >= _pause_before(process.starts):
                    _log.warning("ended", process=name, exit_code=process.exit_code, starts=process.starts)
                    self._ready.discard(name)
                    process.start()
            self._tell()

    def _note_ready(self, process: Process) -> None:
        name = process.program.name
        if process.program.is_ready():
            self._ready.add(name)
        else:
            self._ready.discard(name)

    def _pause(self, seconds: float) -> None:
        if self._ended.wait(seconds):
            raise Stopped

    def _stop(self) -> None:
        # Those who ask first, those who answer last: Loupe's processes together, then the servers together.
        names = services.names(self._settings)
        own = {process for process in self._processes if process.program.name in names}
        for group in (own, set(self._processes) - own):
            asked = time.monotonic()
            for process in group:
                process.ask_to_stop()
            for process in group:
                process.wait_stopped()
                _log.info("stopped", process=process.program.name, after_seconds=round(time.monotonic() - asked, 1))

    def _tell(self, failure: str = "") -> None:
        told = [
            ProcessState(
                process.program.name, process.pid, process.program.name in self._ready, process.starts, str(process.log)
            )
            for process in self._processes
        ]
        seconds = self._seconds or time.monotonic() - self._begun
        self._folder.write(ClusterState(os.getpid(), bool(self._seconds), round(seconds, 2), failure, told))


def _pause_before(starts: int) -> float:
    """Seconds between one start and the next, so that what cannot run does not keep the machine busy."""
    return min(_LONGEST_PAUSE_SECONDS, 0.5 * float(1 << min(starts, 10)))


def _complaint(process: Process, what: str) -> str:
    return f"{process.program.name} {what}. The end of its log, {process.log}:\n{process.last_lines()}"
