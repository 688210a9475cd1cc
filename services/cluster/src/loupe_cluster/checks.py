"""Whether servers do their work now, and what is made in them before the services start."""

import contextlib
import io
import json
from collections.abc import Sequence
from pathlib import Path

import grpc as grpc_client
import httpx
import redis as redis_client
import urllib3
from grpc_health.v1 import health_pb2
from minio import Minio
from minio.error import MinioException
from pymongo import MongoClient
from pymongo.errors import OperationFailure, PyMongoError
from redis.exceptions import RedisError
from sqlalchemy import create_engine, make_url, text
from sqlalchemy.exc import SQLAlchemyError
from urllib3.exceptions import HTTPError

_SECONDS = 2.0
_PROBE_BUCKET = "loupe-readiness"
# Without TLS, on this machine: loading the system's authorities for each question would be most of its cost.
_NO_TLS = False


def mariadb(url: str) -> bool:
    """Whether MariaDB answers a statement."""
    try:
        _on_mariadb(url, ["SELECT 1"])
    except SQLAlchemyError:
        return False
    return True


def create_schemas(url: str, names: Sequence[str]) -> None:
    """Make schemas that are not there.

    Raises:
        SQLAlchemyError: The account may not.
    """
    _on_mariadb(url, [f"CREATE DATABASE IF NOT EXISTS `{name}` CHARACTER SET utf8mb4" for name in names])


def drop_schemas(url: str, names: Sequence[str]) -> None:
    """Remove schemas and everything in them."""
    _on_mariadb(url, [f"DROP DATABASE IF EXISTS `{name}`" for name in names])


def redis(url: str) -> bool:
    """Whether Redis answers."""
    try:
        with contextlib.closing(redis_client.Redis.from_url(url, socket_timeout=_SECONDS)) as client:
            return bool(client.ping())
    except RedisError:
        return False


def mongodb(port: int) -> bool:
    """Whether MongoDB is primary of its replica set, which is initiated if that was never done."""
    try:
        with MongoClient[dict[str, object]](
            "127.0.0.1", port, directConnection=True, serverSelectionTimeoutMS=1000
        ) as client:
            hello = client.admin.command("hello")
            if "setName" not in hello:
                member = {"_id": 0, "host": f"127.0.0.1:{port}"}
                with contextlib.suppress(OperationFailure):
                    client.admin.command("replSetInitiate", {"_id": "loupe", "members": [member]})
                return False
            return bool(hello["isWritablePrimary"])
    except PyMongoError:
        return False


class S3:
    """Asks an S3 server.

    Args:
        endpoint: `host:port`.
        access_key: Who we are.
        secret_key: Proves it.
        secure: Whether it speaks TLS.
    """

    def __init__(self, endpoint: str, access_key: str, secret_key: str, *, secure: bool = False) -> None:
        http = urllib3.PoolManager(timeout=urllib3.Timeout(_SECONDS), retries=False)
        self._client = Minio(endpoint, access_key, secret_key, secure=secure, region="us-east-1", http_client=http)

    def takes_objects(self) -> bool:
        """Whether an object can be put: a server may answer long before its parts have found each other."""
        try:
            if not self._client.bucket_exists(_PROBE_BUCKET):
                self._client.make_bucket(_PROBE_BUCKET)
            self._client.put_object(_PROBE_BUCKET, "probe", io.BytesIO(b"ready"), 5)
        except (MinioException, HTTPError):
            return False
        return True


def torchserve(management: str, key_file: Path) -> bool:
    """Whether every model that TorchServe hosts has a worker that has loaded it.

    Its own health check says so before that, and while a worker is being replaced.

    Args:
        management: URL of its REST management.
        key_file: Its tokens.
    """
    try:
        token = json.loads(key_file.read_bytes())["management"]["key"]
        with httpx.Client(
            base_url=management, headers={"authorization": f"Bearer {token}"}, timeout=_SECONDS, verify=_NO_TLS
        ) as client:
            listed = client.get("/models", params={"limit": 1000}).raise_for_status().json()["models"]
            names = {str(model["modelName"]) for model in listed}
            versions = [
                version for name in names for version in client.get(f"/models/{name}/all").raise_for_status().json()
            ]
    except (OSError, ValueError, KeyError, httpx.HTTPError):
        return False
    # Registered versions, which it fetches from an address, are loaded later and are not waited for.
    own = [version for version in versions if "://" not in version["modelUrl"]]
    return bool(own) and all(any(worker["status"] == "READY" for worker in version["workers"]) for version in own)


def http(url: str) -> bool:
    """Whether a page answers with success."""
    try:
        return httpx.get(url, timeout=_SECONDS, verify=_NO_TLS).is_success
    except httpx.HTTPError:
        return False


def grpc(target: str) -> bool:
    """Whether a gRPC server says that it serves."""
    with grpc_client.insecure_channel(target) as channel:
        check = channel.unary_unary(
            "/grpc.health.v1.Health/Check",
            health_pb2.HealthCheckRequest.SerializeToString,
            health_pb2.HealthCheckResponse.FromString,
        )
        try:
            answer = check(health_pb2.HealthCheckRequest(), timeout=_SECONDS)
        except grpc_client.RpcError:
            return False
        return bool(answer.status == health_pb2.HealthCheckResponse.SERVING)


def _on_mariadb(url: str, statements: Sequence[str]) -> None:
    engine = create_engine(
        make_url(url).set(drivername="mariadb+pymysql"),
        connect_args={"connect_timeout": int(_SECONDS), "read_timeout": 30},
    )
    try:
        with engine.begin() as connection:
            for statement in statements:
                connection.execute(text(statement))
    finally:
        engine.dispose()
