"""Settings of a TorchServe and its workers; environment only, prefix `LOUPE_TORCHSERVE_`."""

from typing import Literal

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from loupe_inference.settings import usable_cores
from loupe_kit.settings import LoupeSettings


class TorchServeSettings(LoupeSettings):
    """How TorchServe runs. Its archives, configuration and tokens are in the data folder."""

    model_config = SettingsConfigDict(env_prefix="LOUPE_TORCHSERVE_")

    host: str = "127.0.0.1"
    """Address of gRPC and metrics. REST answers on 127.0.0.1 alone, whatever is said here."""
    port: int = Field(default=7070, ge=1024, le=65531)
    """gRPC; the next four are taken too: gRPC management, metrics, REST, REST management."""
    models: list[str] = Field(default_factory=list)
    """Ids of the models it hosts, as JSON; empty: all of the catalogue."""
    archives_url: str = ""
    """How the addresses begin from which registered versions are fetched: `https://s3.plant:9000/loupe/models/`.
    Empty: none is fetched. Nothing else ever is."""
    tokens: bool = True
    """Whether calls need a token of `key_file.json`. Pods cannot share it: false there, behind a network policy."""
    device: Literal["auto", "cpu"] = "auto"
    """Where models compute; "auto" is the GPUs if there are any."""
    compute_threads: int = Field(default_factory=usable_cores, ge=1, le=256)
    """Images that one worker decodes and computes at the same time, one core each. Default: all cores."""
    nice: int = Field(default=5, ge=0, le=19)
    """Added to the niceness of the workers."""
    max_image_pixels: int = Field(default=400_000_000, ge=1)
    """Images with more pixels are refused."""
    request_bytes: int = Field(default=128 << 20, ge=1 << 20, le=1 << 30)
    """Larger requests are refused; Java's memory follows. `LOUPE_INFERENCE_TORCHSERVE_REQUEST_BYTES` is the same."""
    batch_requests: int = Field(default=8, ge=1, le=128)
    """Requests that a worker computes together, each of one image or several."""
    queued_requests: int = Field(default=256, ge=1)
    """Requests that wait for one model; more are refused for a moment."""
    time_limit_seconds: int = Field(default=120, ge=1)
    """A worker that takes longer over a batch is replaced. `LOUPE_INFERENCE_BATCH_TIME_LIMIT` is the same."""
    load_seconds: int = Field(default=300, ge=1)
    """How long a worker may take to load its model."""

    @property
    def management_port(self) -> int:
        """Port of gRPC management."""
        return self.port + 1

    @property
    def metrics_port(self) -> int:
        """Port of metrics in Prometheus' format, path /metrics."""
        return self.port + 2
