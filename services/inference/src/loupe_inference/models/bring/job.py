"""What the service's process and those that prepare and run registered files say to each other. Imports no torch."""

from dataclasses import dataclass
from pathlib import Path

from loupe_inference.domain.model import ModelSpec, ModelVersion
from loupe_inference.domain.registered import ModelConfig

ENVIRONMENT = {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1", "HF_HUB_DISABLE_TELEMETRY": "1"}
"""Environment of the process that prepares: a file never makes it ask the network for another."""


@dataclass(frozen=True, slots=True)
class PrepareJob:
    """A file to prepare."""

    source: Path
    """As it was sent."""
    target: Path
    """Where the converted file goes."""
    config: ModelConfig


@dataclass(frozen=True, slots=True)
class ModelFile:
    """A registered version as the processes that run it need it."""

    spec: ModelSpec
    """With the labels and the input of the version."""
    version: ModelVersion
    path: Path
    """The graph, from pixels to the outputs of its task; its digest is the version's."""
