"""What the service's process and the model host say to each other. Imports no torch: both sides read it."""

from dataclasses import dataclass

from loupe_inference.domain.analysis import ImageSource
from loupe_inference.models.bring.job import ModelFile

ENVIRONMENT = {
    # The C library gives large buffers back to the system at once, and zeroing their pages anew takes up to half of the
    # computing time. With these it reuses the buffers of one step, of 77 MB at most, for the next. Old versions take
    # 32 MiB at most and pass over more.
    "MALLOC_ARENA_MAX": "1",
    "MALLOC_MMAP_THRESHOLD_": str(256 << 20),
    "MALLOC_TRIM_THRESHOLD_": str(512 << 20),
    "MALLOC_TOP_PAD_": str(16 << 20),
}
"""Environment of the model host."""


@dataclass(frozen=True, slots=True)
class AnalyseJob:
    """One batch for the host."""

    model: str
    version: str
    images: tuple[ImageSource, ...]
    threads: int
    """Threads that decode and compute, at least 1."""
    device: str
    """"cpu", "cuda", or "auto": the GPU if there is one."""
    max_pixels: int
    """Images with more are refused."""
    file: ModelFile | None = None
    """Of a registered version; None for those that come with Loupe."""
