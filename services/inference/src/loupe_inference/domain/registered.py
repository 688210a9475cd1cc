"""Models that an administrator registered: what is said about their files, and what is known once they are checked."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from enum import Enum
from typing import Any

from loupe_inference.domain.errors import ModelConfigInvalid
from loupe_inference.domain.model import ModelSpec, ModelVersion, Task
from loupe_kit.errors import FieldViolation, RequestIdReused

MAX_LABELS = 10_000
_MAX_NAME = 100
_MAX_DESCRIPTION = 2_000
_MIN_SIDE, _MAX_SIDE = 16, 4096
_MODEL_ID = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")


class ModelFormat(Enum):
    """What a registered file is."""

    ONNX = "onnx"
    TORCHSCRIPT = "torchscript"
    """An archive as `torch.jit.save` writes it."""
    HUGGING_FACE = "hugging_face"
    """A zip of a directory: configuration, safetensors, preprocessing."""


@dataclass(frozen=True, slots=True)
class Preprocessing:
    """How an image is prepared: scaled as a whole, then (value - mean) / scale for each channel."""

    input_width: int
    """In pixels, 16 to 4096."""
    input_height: int
    """In pixels, 16 to 4096."""
    mean: tuple[float, float, float] = (0.0, 0.0, 0.0)
    """Of red, green, blue; of 255."""
    scale: tuple[float, float, float] = (255.0, 255.0, 255.0)
    """Of red, green, blue; of 255, above 0."""
    is_bgr: bool = False
    """Whether the network wants blue first."""
    keeps_aspect: bool = False
    """Whether the image keeps its shape, between black bars; else it is stretched."""


@dataclass(frozen=True, slots=True)
class ModelConfig:
    """What an administrator says about a file."""

    model: str
    """Id of the model."""
    display_name: str
    task: Task
    format: ModelFormat
    labels: tuple[str, ...]
    """Names of the classes in the order of the output; none: those in the file."""
    preprocessing: Preprocessing | None
    """None: what the file says."""
    description: str
    licence: str
    """SPDX identifier, or empty."""
    size_bytes: int
    """Of the whole file."""

    def check(self) -> None:
        """Say what is wrong, all of it at once.

        Raises:
            ModelConfigInvalid: If a field breaks its rule.
        """
        rules = {
            "model": (bool(_MODEL_ID.fullmatch(self.model)), "must be models/ and 1 to 63 of a-z, 0-9 and '-'"),
            "display_name": (1 <= len(self.display_name) <= _MAX_NAME, f"must have 1 to {_MAX_NAME} characters"),
            "description": (len(self.description) <= _MAX_DESCRIPTION, f"must have at most {_MAX_DESCRIPTION}"),
            "licence": (len(self.licence) <= _MAX_NAME, f"must have at most {_MAX_NAME} characters"),
            "size_bytes": (self.size_bytes > 0, "must be the size of the file"),
            "labels": (self._labels_fit(), f"must be {self._fewest} to {MAX_LABELS:,} different names"),
            "preprocessing": (self._preprocessing_fits(), "must say the input size, and scales above 0"),
        }
        broken = [FieldViolation(f"config.{field}", text) for field, (holds, text) in rules.items() if not holds]
        if broken:
            raise ModelConfigInvalid(
                f"{broken[0].field} {broken[0].description}; correct it and register the file again.",
                fields=broken,
                field=broken[0].field.removeprefix("config."),
            )

    @property
    def _fewest(self) -> int:
        return 2 if self.task is Task.CLASSIFICATION else 1

    def _labels_fit(self) -> bool:
        if not self.labels:
            return self.format is ModelFormat.HUGGING_FACE
        return are_labels(self.labels, self.task)

    def _preprocessing_fits(self) -> bool:
        how = self.preprocessing
        if how is None:
            return self.format is ModelFormat.HUGGING_FACE
        sides = (how.input_width, how.input_height)
        return all(_MIN_SIDE <= side <= _MAX_SIDE for side in sides) and all(value > 0 for value in how.scale)


def are_labels(labels: Sequence[str], task: Task) -> bool:
    """Whether a model may have these names of classes."""
    fewest = 2 if task is Task.CLASSIFICATION else 1
    each = all(1 <= len(label) <= _MAX_NAME and label == label.strip() for label in labels)
    return fewest <= len(labels) <= MAX_LABELS and each and len(set(labels)) == len(labels)


@dataclass(frozen=True, slots=True)
class SampleOutcome:
    """What a version said of one sample image."""

    sample: str
    label: str
    """Empty when nothing was found."""
    confidence: float
    """In [0, 1]."""
    box_count: int
    feature_norm: float
    """L2 norm of the image's vector."""


@dataclass(frozen=True, slots=True)
class ModelCheck:
    """How a version did on the sample images."""

    samples: tuple[SampleOutcome, ...]
    milliseconds_per_image: float
    """On one core, after the first image."""


@dataclass(frozen=True, slots=True)
class PreparedModel:
    """What is known of a file once it is converted and checked."""

    labels: tuple[str, ...]
    preprocessing: Preprocessing
    feature_dimension: int
    object_feature_dimension: int
    """0: no vectors of single objects."""
    feature_description: str
    sha256: str
    """Of the converted file."""
    size_bytes: int
    """Of the converted file."""
    check: ModelCheck


@dataclass(frozen=True, slots=True)
class RegisteredVersion:
    """One version of a registered model; its file is an object of the shared store."""

    config: ModelConfig
    prepared: PreparedModel
    number: int
    """Id of the version, from 1; never given twice."""
    creator: str
    """Id of the user."""
    create_time: datetime
    """UTC."""
    is_active: bool = False
    """Whether it analyses new images; of all versions of a model one does."""

    @property
    def model(self) -> str:
        """Id of the model."""
        return self.config.model

    @property
    def version(self) -> str:
        """Id of the version within the model."""
        return str(self.number)

    @property
    def folder(self) -> str:
        """Where its objects are."""
        return f"models/{self.model}/{self.number}"

    @property
    def file_key(self) -> str:
        """Key of the converted file."""
        return f"{self.folder}/model.onnx"

    @property
    def archive_key(self) -> str:
        """Key of the archive that TorchServe loads."""
        return f"{self.folder}/{self.model}-{self.version}.mar"

    @property
    def manifest_key(self) -> str:
        """Key of what is known of it, for people who look into the store."""
        return f"{self.folder}/manifest.json"

    def catalogued(self) -> ModelVersion:
        """As the catalogue shows it."""
        return ModelVersion(
            version=self.version,
            feature_dimension=self.prepared.feature_dimension,
            weights_sha256=self.prepared.sha256,
            weights_size_bytes=self.prepared.size_bytes,
            create_time=self.create_time,
            object_feature_dimension=self.prepared.object_feature_dimension,
        )


@dataclass(frozen=True, slots=True)
class Request:
    """A change of the registry that its caller may ask for again."""

    caller_id: str
    method: str
    id: str
    """A UUID that the caller made."""
    digest: bytes
    """Of everything else in the request."""

    def check(self, digest: bytes) -> None:
        """Compare with the digest of the request that came first with this id.

        Raises:
            RequestIdReused: If it was another request.
        """
        if digest != self.digest:
            raise RequestIdReused(
                "This request_id was used before for a different request; take a new UUID for each new request.",
                request_id=self.id,
            )


def spec_of(versions: Sequence[RegisteredVersion], shown: RegisteredVersion) -> ModelSpec:
    """A registered model as the catalogue shows it.

    Args:
        versions: All of the model; one is active.
        shown: The version whose labels and input the model is shown with.
    """
    newest_first = sorted(versions, key=lambda one: -one.number)
    config, prepared = shown.config, shown.prepared
    return ModelSpec(
        id=shown.model,
        display_name=config.display_name,
        task=config.task,
        descriptions={"en": config.description, "ko": config.description},
        labels=prepared.labels,
        input_width=prepared.preprocessing.input_width,
        input_height=prepared.preprocessing.input_height,
        feature_description=prepared.feature_description,
        licence=config.licence,
        versions=tuple(one.catalogued() for one in newest_first),
        active_version=next(one.version for one in versions if one.is_active),
        keeps_aspect=prepared.preprocessing.keeps_aspect,
        is_builtin=False,
    )


def to_manifest(version: RegisteredVersion) -> dict[str, Any]:
    """Everything about a version but whether it is active, as JSON takes it."""
    config = asdict(version.config) | {"task": version.config.task.value, "format": version.config.format.value}
    return {
        "config": config,
        "prepared": asdict(version.prepared),
        "number": version.number,
        "creator": version.creator,
        "create_time": version.create_time.isoformat(),
    }


def from_manifest(manifest: Mapping[str, Any], *, is_active: bool) -> RegisteredVersion:
    """Undo `to_manifest`."""
    config, prepared = dict(manifest["config"]), dict(manifest["prepared"])
    check = prepared["check"]
    samples = tuple(SampleOutcome(**sample) for sample in check["samples"])
    asked = _preprocessing(config["preprocessing"]) if config["preprocessing"] else None
    return RegisteredVersion(
        config=ModelConfig(
            **config
            | {
                "task": Task(config["task"]),
                "format": ModelFormat(config["format"]),
                "labels": tuple(config["labels"]),
                "preprocessing": asked,
            }
        ),
        prepared=PreparedModel(
            **prepared
            | {
                "labels": tuple(prepared["labels"]),
                "preprocessing": _preprocessing(prepared["preprocessing"]),
                "check": ModelCheck(samples, check["milliseconds_per_image"]),
            }
        ),
        number=manifest["number"],
        creator=manifest["creator"],
        create_time=datetime.fromisoformat(manifest["create_time"]),
        is_active=is_active,
    )


def _preprocessing(fields: Mapping[str, Any]) -> Preprocessing:
    red, green, blue = fields["mean"]
    how = Preprocessing(**{**fields, "mean": (red, green, blue)})
    red, green, blue = fields["scale"]
    return replace(how, scale=(red, green, blue))
