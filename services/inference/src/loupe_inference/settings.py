"""Settings of the inference service; environment only, prefix `LOUPE_INFERENCE_`."""

import os
from datetime import timedelta
from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr
from pydantic_settings import SettingsConfigDict

from loupe_kit.call_origin import LOOPBACK
from loupe_kit.settings import TrustedProxies
from loupe_kit.shared_stores import SharedStoreSettings


def usable_cores() -> int:
    """Cores that this process may run on."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class InferenceSettings(SharedStoreSettings):
    """How the inference service runs."""

    model_config = SettingsConfigDict(env_prefix="LOUPE_INFERENCE_")

    address: str = "127.0.0.1:50053"
    """Where the service listens when it has a process of its own."""
    auth_target: str = "127.0.0.1:50051"
    """gRPC address of auth."""
    project_target: str = "127.0.0.1:50052"
    """gRPC address of project, which takes the results."""
    trusted_proxies: TrustedProxies = LOOPBACK
    """Networks of the gateway, whose `x-forwarded-for` the audit believes, comma-separated."""
    mongodb_url: SecretStr = SecretStr("")
    """`mongodb://host:27017/database?replicaSet=name` for features; empty: a SQLite file in the data folder."""
    torchserve_target: str = ""
    """`host:port` of TorchServe's gRPC, its management on the next port; empty: models run in a child process."""
    torchserve_targets: dict[str, str] = Field(default_factory=dict)
    """The same for single models that another TorchServe hosts, by id of the model, as JSON."""
    torchserve_pods: dict[str, str] = Field(default_factory=dict)
    """In Kubernetes: label selector of the pods behind each target, as JSON; empty: each target is one server."""
    torchserve_key_file: Path | None = None
    """TorchServe's `key_file.json`; none: its tokens are off."""
    torchserve_request_bytes: int = Field(default=128 << 20, ge=1 << 20)
    """Larger image files are refused with TorchServe; `LOUPE_TORCHSERVE_REQUEST_BYTES` of the server."""
    device: Literal["auto", "cpu", "cuda"] = "auto"
    """Where models compute; "auto" is the GPU if there is one."""
    compute_threads: int = Field(default_factory=usable_cores, ge=1, le=256)
    """Images that are decoded and computed at the same time, one core each. Default: all cores."""
    nice: int = Field(default=5, ge=0, le=19)
    """Added to the niceness of the model host."""
    batch_images: int = Field(default=256, ge=1, le=1000)
    """Images in one batch at most."""
    batch_bytes: int = Field(default=64 << 20, ge=1 << 20)
    """Bytes of image files that one batch holds in memory at most, unless a single image has more."""
    batch_time_limit: timedelta = Field(default=timedelta(seconds=120), gt=timedelta(0))
    """A batch that takes longer is taken for stuck; its images are then tried one by one."""
    max_image_bytes: int = Field(default=512 << 20, ge=1)
    """Larger image files are refused."""
    max_image_pixels: int = Field(default=400_000_000, ge=1)
    """Images with more pixels are refused."""
    max_model_bytes: int = Field(default=1 << 30, ge=1, le=2_000_000_000)
    """Larger files of one's own models are refused; ONNX itself ends at 2 GB."""
    model_time_limit: timedelta = Field(default=timedelta(minutes=10), gt=timedelta(0))
    """Converting and trying a model of one's own may take this long."""
    max_analyse_now_bytes: int = Field(default=64 << 20, ge=1)
    """Larger files are refused by AnalyseImage, which holds them in memory."""
