"""Servers of the cluster profile: how each is started where none runs, and what has to be there before it is used."""

import importlib.util
import json
import shutil
import socket
import subprocess
import sys
import sysconfig
from collections.abc import Mapping
from functools import partial
from pathlib import Path

from sqlalchemy import make_url

from loupe_cluster import checks, environment
from loupe_cluster.keys import Keys
from loupe_cluster.processes import Program
from loupe_cluster.settings import ClusterSettings

TORCHSERVE = "torchserve"
"""Name of the server that hosts the models. It takes longest to load, so nothing else waits for it."""

_REST_MANAGEMENT = 4
"""Its port is so far behind that of gRPC."""


class ServerMissing(Exception):
    """A server neither runs nor can be started; the message says what to do."""


def needed(settings: ClusterSettings, keys: Keys) -> list[Program]:
    """The servers that have to be started, since nothing listens where they should.

    Raises:
        ServerMissing: One of them is not installed.
    """
    programs = []
    url = make_url(settings.mariadb_url)
    if not _listens(url.host or "127.0.0.1", url.port or 3306):
        programs.append(mariadb(settings.dir.resolve() / "mariadb", url.port or 3306))
    url = make_url(settings.redis_url)
    if not _listens(url.host or "127.0.0.1", url.port or 6379):
        programs.append(redis(settings.dir.resolve() / "redis", url.port or 6379))
    if not settings.mongodb_url:
        programs.append(mongodb(settings.dir.resolve() / "mongodb", settings.port("mongodb")))
    if not settings.s3_endpoint:
        ports = [settings.port(name) for name in ("s3", "s3-master", "s3-volume", "s3-filer")]
        programs.append(s3(settings.dir.resolve() / "s3", ports, keys))
    if not settings.torchserve_target:
        variables = environment.of_process(TORCHSERVE, settings, keys)
        programs.append(torchserve(environment.data_dir(TORCHSERVE, settings), settings.port(TORCHSERVE), variables))
    return programs


def mariadb(folder: Path, port: int) -> Program:
    """A MariaDB server whose data are in `folder`; root needs no password, and nobody else reaches it.

    Raises:
        ServerMissing: It is not installed.
    """
    server = _program("mariadbd", "install MariaDB, or name a running one: LOUPE_CLUSTER_MARIADB_URL")
    install = _program("mariadb-install-db", "install MariaDB, or name a running one: LOUPE_CLUSTER_MARIADB_URL")
    options = ["--no-defaults", f"--datadir={folder}", "--user=" + Path.home().owner()]

    def prepare() -> None:
        if not (folder / "mysql").exists():
            folder.mkdir(parents=True, exist_ok=True)
            command = [install, *options, "--auth-root-authentication-method=normal", "--skip-test-db"]
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # noqa: S603

    listening = [f"--port={port}", "--bind-address=127.0.0.1", f"--socket={folder}/s.sock", f"--pid-file={folder}/pid"]
    url = f"mariadb://root@127.0.0.1:{port}"
    command = [server, *options, *listening, "--innodb-flush-log-at-trx-commit=1", "--character-set-server=utf8mb4"]
    return Program("mariadb", command, lambda: checks.mariadb(url), prepare=prepare)


def redis(folder: Path, port: int) -> Program:
    """A Redis server that keeps its data in `folder`.

    Raises:
        ServerMissing: It is not installed.
    """
    server = _program("redis-server", "install Redis, or name a running one: LOUPE_CLUSTER_REDIS_URL")
    command = [server, "--bind", "127.0.0.1", "--port", str(port), "--dir", str(folder), "--appendonly", "yes"]
    return Program("redis", command, lambda: checks.redis(f"redis://127.0.0.1:{port}/0"), prepare=lambda: _make(folder))


def mongodb(folder: Path, port: int) -> Program:
    """A MongoDB server, alone in the replica set `loupe`.

    Raises:
        ServerMissing: It is not installed.
    """
    packaged = Path(sysconfig.get_paths()["purelib"]) / "fiftyone" / "db" / "bin" / "mongod"
    server = str(packaged) if packaged.exists() else _program("mongod", _advice("LOUPE_CLUSTER_MONGODB_URL"))
    command = [server, "--dbpath", str(folder), "--port", str(port), "--bind_ip", "127.0.0.1", "--replSet", "loupe"]
    command += ["--wiredTigerCacheSizeGB", "0.25", "--nounixsocket", "--quiet"]
    return Program("mongodb", command, lambda: checks.mongodb(port), prepare=lambda: _make(folder))


def s3(folder: Path, ports: list[int], keys: Keys) -> Program:
    """A SeaweedFS server.

    Args:
        folder: Of its data.
        ports: Of S3, master, volume and filer; each of the last three takes the port 10,000 above as well.
        keys: Who may use it.

    Raises:
        ServerMissing: It is not installed.
    """
    packaged = Path(sys.executable).parent / "weed"
    server = str(packaged) if packaged.exists() else _program("weed", _advice("LOUPE_CLUSTER_S3_ENDPOINT"))
    identities = folder / "identities.json"

    def prepare() -> None:
        _make(folder)
        identities.touch(mode=0o600)
        identities.write_text(json.dumps(_identities(keys)), encoding="utf-8")

    own, master, volume, filer = ports
    command = [server, "-logtostderr=true", "server", f"-dir={folder}", "-ip=127.0.0.1", "-ip.bind=127.0.0.1"]
    command += [f"-master.port={master}", f"-volume.port={volume}", f"-filer.port={filer}", f"-s3.port={own}"]
    # Small volumes, as many as the disk holds: each bucket takes some.
    command += [
        # Its further doors have ports of their own, which a second cluster would want too; and it tells nobody of us.
        "-s3.port.iceberg=0",
        "-s3.port.lance=0",
        "-master.telemetry=false",
        "-volume.preStopSeconds=0",
        "-master.volumeSizeLimitMB=1024",
        "-volume.max=0",
        "-filer",
        "-s3",
        f"-s3.config={identities}",
    ]
    ready = checks.S3(f"127.0.0.1:{own}", keys.s3_access_key, keys.s3_secret_key)
    return Program("s3", command, ready.takes_objects, prepare=prepare)


def torchserve(folder: Path, port: int, variables: Mapping[str, str]) -> Program:
    """A TorchServe with the models of the catalogue.

    Args:
        folder: Of its archives, its configuration and its tokens.
        port: Of its gRPC; it takes the next four too.
        variables: Its environment, which says the same.

    Raises:
        ServerMissing: It is not installed.
    """
    if importlib.util.find_spec("ts") is None:
        raise ServerMissing(
            "TorchServe is not on this machine; `make up` installs it; or name a running one: "
            "LOUPE_CLUSTER_TORCHSERVE_TARGET."
        )
    ready = partial(checks.torchserve, f"http://127.0.0.1:{port + _REST_MANAGEMENT}", folder / "key_file.json")
    command = [sys.executable, "-m", "loupe_torchserve", "serve"]
    return Program(TORCHSERVE, command, ready, variables, prepare=lambda: _make(folder), stop_seconds=60.0)


def _identities(keys: Keys) -> dict[str, object]:
    credentials = [{"accessKey": keys.s3_access_key, "secretKey": keys.s3_secret_key}]
    return {
        "identities": [{"name": "loupe", "credentials": credentials, "actions": ["Admin", "Read", "Write", "List"]}]
    }


def _make(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)


def _program(name: str, way_out: str) -> str:
    found = shutil.which(name)
    if found is None:
        raise ServerMissing(f"{name} is not on this machine; {way_out}.")
    return found


def _advice(setting: str) -> str:
    return f"`make up` installs it from a package on Linux x86-64; elsewhere name a running one: {setting}"


def _listens(host: str, port: int) -> bool:
    try:
        with socket.create_connection((host, port), timeout=1.0):
            return True
    except OSError:
        return False
