"""Settings of `make up`, from environment variables `LOUPE_CLUSTER_*`."""

from pathlib import Path

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class ClusterSettings(BaseSettings):
    """Which servers are used, where everything listens, and where data and logs are."""

    model_config = SettingsConfigDict(env_prefix="LOUPE_CLUSTER_", extra="ignore")

    dir: Path = Path("data/cluster")
    """Folder of data, logs and secrets."""
    http_host: str = "127.0.0.1"
    """Address of the web page and REST."""
    http_port: int = Field(default=8080, ge=1, le=65535)
    """Port of the web page and REST."""
    port_offset: int = Field(default=0, ge=0, le=15_000)
    """Added to every port that is used, so that a second cluster fits beside the first."""
    name: str = Field(default="loupe", pattern=r"^[a-z][a-z0-9_]{0,30}$")
    """Begins the names of the MariaDB schemas and of the bucket; two clusters on the same servers need two."""
    replicas: int = Field(default=1, ge=1, le=4)
    """Processes of each of the four services; calls go round them, as in a plant's cluster."""
    mariadb_url: str = "mariadb://root@127.0.0.1:3306"
    """MariaDB and an account that may create schemas. Started here if nothing listens and it is installed."""
    redis_url: str = "redis://127.0.0.1:6379/0"
    """Redis. Started here if nothing listens and it is installed."""
    mongodb_url: str = ""
    """A running MongoDB with a replica set; empty: one is started."""
    s3_endpoint: str = ""
    """`host:port` of a running S3 server; empty: one is started."""
    s3_access_key: str = ""
    """Goes with s3_endpoint."""
    s3_secret_key: SecretStr = SecretStr("")
    """Goes with s3_endpoint."""
    s3_secure: bool = False
    """Whether the server at s3_endpoint speaks TLS."""
    torchserve_target: str = ""
    """`host:port` of a running TorchServe whose tokens are off; empty: one is started."""
    start_seconds: float = Field(default=600.0, ge=5.0)
    """How long a start may take; the first one writes the archives of all models."""

    @property
    def http(self) -> str:
        """URL of the web page and REST."""
        return f"http://{self.http_host}:{self.port('gateway')}"

    @property
    def grpc(self) -> str:
        """`host:port` of gRPC, where every service answers."""
        return f"127.0.0.1:{self.port('ingress')}"

    @property
    def mongodb(self) -> str:
        """URL of MongoDB."""
        return self.mongodb_url or f"mongodb://127.0.0.1:{self.port('mongodb')}/?replicaSet=loupe"

    @property
    def s3(self) -> str:
        """`host:port` of the S3 server."""
        return self.s3_endpoint or f"127.0.0.1:{self.port('s3')}"

    @property
    def torchserve(self) -> str:
        """`host:port` of TorchServe's gRPC."""
        return self.torchserve_target or self.address("torchserve")

    @property
    def bucket(self) -> str:
        """Name of the bucket."""
        return self.name.replace("_", "-") + "-objects"

    def port(self, process: str) -> int:
        """Port of a process, the offset added; `project-2` is the second replica of `project`."""
        if process == "gateway":
            return self.http_port + self.port_offset
        first, _, number = process.rpartition("-")
        if number.isdigit():
            return _PORTS[first] + _BETWEEN_REPLICAS * (int(number) - 1) + self.port_offset
        return _PORTS[process] + self.port_offset

    def address(self, process: str) -> str:
        """`host:port` of the gRPC server of one process."""
        return f"127.0.0.1:{self.port(process)}"

    def processes(self, service: str) -> list[str]:
        """Names of the replicas of a service: `project`, `project-2` and so on."""
        return [service, *(f"{service}-{number}" for number in range(2, self.replicas + 1))]

    def target(self, service: str) -> str:
        """What gRPC is told to reach a service, all of its replicas."""
        addresses = ",".join(map(self.address, self.processes(service)))
        return addresses if self.replicas == 1 else f"ipv4:{addresses}"

    def schema_of(self, service: str) -> str:
        """Name of the MariaDB schema of a service."""
        return f"{self.name}_{service}"


_BETWEEN_REPLICAS = 10
# None from 32768 on: there Linux takes ports for outgoing connections, as those that ask whether a server is ready.
_PORTS = {
    "ingress": 7020,
    "auth": 7021,
    "project": 7022,
    "inference": 7023,
    "reduction": 7024,
    "torchserve": 7070,
    "mongodb": 27017,
    "s3": 8333,
    "s3-master": 9333,
    "s3-volume": 9340,
    "s3-filer": 8888,
}
