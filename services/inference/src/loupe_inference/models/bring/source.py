"""What every format is read into."""

from dataclasses import dataclass

import onnx

from loupe_inference.domain.registered import Preprocessing


@dataclass(frozen=True, slots=True)
class Source:
    """A network as a graph in ONNX that takes prepared images: (N, 3, H, W), normalised."""

    model: onnx.ModelProto
    labels: tuple[str, ...]
    preprocessing: Preprocessing | None
    """None if neither the file nor who registers it says it."""
