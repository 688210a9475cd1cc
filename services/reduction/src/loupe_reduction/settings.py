"""Settings of the reduction service; README.md has an example for each."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from loupe_kit.settings import LoupeSettings


class ReductionSettings(LoupeSettings):
    """Environment variables with the prefix `LOUPE_REDUCTION_`."""

    model_config = SettingsConfigDict(env_prefix="LOUPE_REDUCTION_", extra="ignore", populate_by_name=True)

    address: str = "127.0.0.1:50054"
    """Where the service listens when it runs by itself: `host:port`."""

    inference_target: str = "127.0.0.1:50053"
    """Where the inference service is reached, for the features."""

    feature_timeout: timedelta = Field(default=timedelta(minutes=10), gt=timedelta(0))
    """How long reading the vectors of 100,000 images may take."""

    max_images: int = Field(default=1_000_000, ge=10, le=10_000_000)
    """Images that one call takes."""

    concurrency: int = Field(default=1, ge=1, le=64)
    """Worker processes at the same time."""

    max_waiting: int = Field(default=64, ge=0, le=10_000)
    """Calls that may wait for one; more are refused."""

    threads: int = Field(default_factory=lambda: min(os.cpu_count() or 1, 8), ge=1, le=256)
    """Threads of each worker process. Default: one for each core, at most 8."""

    gpu: bool = False
    """Whether maps search neighbours on the GPU. Needs torch, which the image with -cuda in its tag has; where
    no GPU is seen the cores do it."""

    nice: int = Field(default=10, ge=0, le=19)
    """How far worker processes stand back behind serving ones."""

    worker_idle: timedelta = Field(default=timedelta(minutes=2), ge=timedelta(0))
    """How long a worker process without work is kept: starting one costs a second, keeping it about 200 MiB."""

    kernel_cache: Path | None = None
    """Folder of the compiled kernels. Default: `reduction/kernels` in the data folder."""

    warm_kernels: bool = True
    """Whether the service compiles kernels that are not in the cache yet by itself, right after its start."""

    @property
    def kernel_folder(self) -> Path:
        """Folder of the compiled kernels."""
        return self.kernel_cache or self.data_dir / "reduction" / "kernels"

    @property
    def neighbour_folder(self) -> Path:
        """Folder of the vectors that are kept to search neighbours."""
        return self.data_dir / "reduction" / "neighbours"

    @property
    def spool_folder(self) -> Path:
        """Folder of the vectors of running work."""
        return self.data_dir / "reduction" / "spool"
