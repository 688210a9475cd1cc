"""What the client takes and gives: frozen dataclasses, no protobuf."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Literal

State = Literal["PENDING", "ANALYSED", "FAILED"]
Method = Literal["PCA", "TSNE", "UMAP", "PACMAP"]
Strategy = Literal["AUTO", "CLUSTERS", "COVERAGE", "UNCERTAINTY"]
ExportContent = Literal[
    "IMAGES", "CSV", "JSONL", "PARQUET", "COCO", "YOLO", "VOC", "LABELS", "IMAGE_FOLDER", "FEATURES", "MAPS"
]  # fmt: skip
MetadataValue = str | float | bool


@dataclass(frozen=True, slots=True)
class User:
    """A person."""

    name: str
    """`users/{user}`."""
    display_name: str
    email: str


@dataclass(frozen=True, slots=True)
class Model:
    """A model of the catalogue."""

    name: str
    """`models/{model}`."""
    display_name: str
    task: Literal["CLASSIFICATION", "DETECTION", "UNSPECIFIED"]
    feature_dimension: int


@dataclass(frozen=True, slots=True)
class Preprocessing:
    """How images are prepared for a network: scaled as a whole, then (value - mean) / scale for each channel."""

    width: int
    """Pixels."""
    height: int
    """Pixels."""
    mean: Sequence[float] = ()
    """Of red, green and blue, of 255; default 0."""
    scale: Sequence[float] = ()
    """Of red, green and blue, of 255; default 255."""
    is_bgr: bool = False
    """Whether the network wants blue first."""
    keeps_aspect: bool = False
    """Whether images keep their shape, between black bars; else they are stretched."""


@dataclass(frozen=True, slots=True)
class ModelFile:
    """A network of one's own."""

    path: Path
    format: Literal["ONNX", "TORCHSCRIPT", "HUGGING_FACE"]
    """An ONNX file, a TorchScript archive, or a zip of a Hugging Face directory."""
    labels: Sequence[str] = ()
    """Names of the classes in the order of the output; none: those in a Hugging Face directory."""
    preprocessing: Preprocessing | None = None
    """None: what a Hugging Face directory says."""


@dataclass(frozen=True, slots=True)
class ModelVersion:
    """One version of a model."""

    name: str
    """`models/{model}/versions/{version}`."""
    is_active: bool
    """Whether it analyses new images."""
    feature_dimension: int
    label_count: int
    milliseconds_per_image: float
    """On one core, when it was registered; 0 for those that come with Loupe."""
    create_time: str
    """ISO 8601, UTC."""


@dataclass(frozen=True, slots=True)
class ModelServer:
    """A process that hosts models."""

    display_name: str
    """Name of the pod, or host and port."""
    pool: str
    node: str
    accelerators: dict[str, int]
    """How many devices of which kind it holds."""
    is_ready: bool
    hosted: tuple[str, ...]
    """`models/{model}/versions/{version}` of what it has loaded."""
    fault: str
    """What is wrong; empty if all is well."""


@dataclass(frozen=True, slots=True)
class Project:
    """A project."""

    name: str
    """`projects/{project}`."""
    display_name: str
    model: str
    image_count: int
    analysed_count: int
    failed_count: int


@dataclass(frozen=True, slots=True)
class Box:
    """A predicted or labelled object, in pixels of the original image, origin top left."""

    label: str
    x: float
    y: float
    width: float
    height: float
    confidence: float | None = None
    """In [0, 1]; None for ground truth."""


@dataclass(frozen=True, slots=True)
class Prediction:
    """What a model said about an image."""

    model: str
    version: str
    scores: Sequence[tuple[str, float]] = ()
    """Classes with confidence in [0, 1], the likeliest first; empty for detectors."""
    boxes: Sequence[Box] = ()


@dataclass(frozen=True, slots=True)
class Image:
    """An image with everything known of it."""

    name: str
    """`projects/{project}/images/{image}`."""
    file_name: str
    state: State
    failure: str
    """Why the analysis failed; empty otherwise."""
    width: int
    height: int
    sha256: str
    metadata: Mapping[str, MetadataValue]
    tags: Sequence[str]
    label: str | None
    """Ground-truth class of the whole image."""
    boxes: Sequence[Box]
    """Ground-truth objects."""
    predictions: Sequence[Prediction]
    capture_time: datetime | None

    @property
    def id(self) -> str:
        """Last part of the name."""
        return self.name.rpartition("/")[2]


@dataclass(frozen=True, slots=True)
class UploadFile:
    """A file to be sent."""

    file_name: str
    """With its folders, as it shall be found again."""
    content: bytes
    metadata: Mapping[str, MetadataValue] = field(default_factory=dict)
    tags: Sequence[str] = ()
    label: str | None = None
    """Ground-truth class."""
    capture_time: datetime | None = None


@dataclass(frozen=True, slots=True)
class UploadedFile:
    """What became of a file."""

    file_name: str
    kind: Literal["IMAGE", "ARCHIVE", "METADATA", "LABELS", "FEATURES", "UNSPECIFIED"]
    image: str
    """`projects/{project}/images/{image}`, empty for what is no image."""
    is_duplicate: bool
    operation: str
    """The operation that unpacks an archive; empty otherwise."""
    failure: str
    """Why it was refused; empty when it was taken in."""
    reason: str
    """Reason of the refusal, for programs."""


@dataclass(frozen=True, slots=True)
class UploadBatch:
    """The counts of one upload."""

    name: str
    """`projects/{project}/uploadBatches/{upload_batch}`."""
    is_finished: bool
    image_count: int
    pending_count: int
    analysed_count: int
    failed_count: int
    duplicate_count: int
    refused_count: int
    metadata_count: int
    label_count: int
    feature_count: int


@dataclass(frozen=True, slots=True)
class Notice:
    """Something worth knowing about one file or row of an upload."""

    file_name: str
    row: int
    """From 1; 0 where the whole file is meant."""
    is_error: bool
    message: str
    reason: str


@dataclass(frozen=True, slots=True)
class Tag:
    """A tag of a project."""

    name: str
    """`projects/{project}/tags/{tag}`."""
    display_name: str
    is_automatic: bool
    image_count: int


@dataclass(frozen=True, slots=True)
class Analysis:
    """A map of images."""

    name: str
    """`projects/{project}/analyses/{analysis}`."""
    display_name: str
    method: Method
    dimensions: int
    state: str
    point_count: int
    """With those that were placed later."""
    compute_seconds: float
    trustworthiness: float
    placed_count: int = 0
    """How many were placed after the map was made."""
    kept_current: bool = False
    """Whether images that come later are placed on it by themselves."""
    landmark_count: int = 0
    """Of more than 200,000 images those that were laid out, the others were placed among them; 0: all were."""


@dataclass(frozen=True, slots=True)
class Placement:
    """What came of placing images on a map."""

    analysis: Analysis
    """The map as it is now."""
    placed_count: int
    """Images that were placed."""
    present_count: int
    """Images that were on it already."""
    skipped_count: int
    """Images without features of the map's source."""


@dataclass(frozen=True, slots=True)
class Selection:
    """Images picked as worth training on."""

    name: str
    """`projects/{project}/selections/{selection}`."""
    display_name: str
    state: str
    strategy: Strategy
    count: int
    """How many were asked for."""
    pick_count: int
    candidate_count: int
    coverage: float
    """Mean cosine similarity of the candidates to their nearest pick, in [-1, 1]."""


@dataclass(frozen=True, slots=True)
class Pick:
    """One image of a selection."""

    image: str
    """`projects/{project}/images/{image}`."""
    file_name: str
    rank: int
    """From 1, the best."""
    represented_count: int
    """Images that are nearer to this pick than to any other."""
    margin: float
    """How close the two likeliest classes are, in [0, 1]; of UNCERTAINTY only."""
    reason: str


@dataclass(frozen=True, slots=True)
class CurationRun:
    """A search for outliers or duplicates."""

    name: str
    """`projects/{project}/curationRuns/{curation_run}`."""
    kind: Literal["OUTLIERS", "DUPLICATES", "UNSPECIFIED"]
    state: str
    image_count: int
    group_count: int
    duplicate_count: int


@dataclass(frozen=True, slots=True)
class Outlier:
    """How odd one image is."""

    image: str
    """`projects/{project}/images/{image}`."""
    file_name: str
    score: float
    """In [0, 1], 1 is the oddest."""
    mean_distance: float
    """Cosine distance to the nearest neighbours, in [0, 2]."""
    reason: str


@dataclass(frozen=True, slots=True)
class Duplicate:
    """An image that shows what its group's keeper shows."""

    image: str
    """`projects/{project}/images/{image}`."""
    file_name: str
    is_exact: bool
    """Whether it has the very pixels of the keeper."""
    pixel_difference: float
    """In [0, 1]."""


@dataclass(frozen=True, slots=True)
class DuplicateGroup:
    """Images that show the same."""

    keeper: str
    """`projects/{project}/images/{image}`: the one that is proposed to be kept."""
    keeper_file_name: str
    members: Sequence[Duplicate]
    """The others, most alike first, at most 1,000."""
    member_count: int


@dataclass(frozen=True, slots=True)
class Export:
    """A zip file of results."""

    name: str
    """`projects/{project}/exports/{export}`."""
    state: str
    image_count: int
    size_bytes: int


@dataclass(frozen=True, slots=True)
class Progress:
    """How far long work has come."""

    fraction: float
    """In [0, 1]."""
    phase: str
    done_count: int
    total_count: int
