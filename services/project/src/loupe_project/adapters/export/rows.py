"""One image as a row of a table.

Columns without the prefix `loupe.` are those that an upload reads: file name, capture time, tags, class and metadata.
What Loupe found out stands under the prefix, and an upload passes it over. So a table that was exported can be
uploaded again beside the images, and says the same.
"""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from google.protobuf.json_format import MessageToDict

from loupe.inference.v1.prediction_pb2 import Prediction
from loupe_project.domain.export import RESULT_PREFIX
from loupe_project.domain.image import ImageDetails, Origin, StoredPrediction
from loupe_project.domain.split import Part
from loupe_project.domain.text import fold

_TAKEN = frozenset({"file_name", "capture_time", "tags", "label"})
"""Columns of an upload that metadata of the same name must not shadow."""
_READ_OTHERWISE = frozenset(
    {
        "file", "filename", "image", "path", "name", "파일명", "파일", "이미지", "truth", "ground_truth", "라벨",
        "정답", "captured_at", "at", "촬영시각", "촬영일시", "태그",
    }
)  # fmt: skip
"""Other names that an upload has for them."""


def row_of(details: ImageDetails, path: str, part: Part | None = None) -> dict[str, Any]:
    """Everything known of an image, ready for JSON; keys that have no value are left out.

    Args:
        details: The image.
        path: Of its file inside the zip.
        part: Of a split: the one that it is in.
    """
    image = details.image
    classes = [label.display_name for label in details.labels if label.box is None]
    row: dict[str, Any] = {
        "file_name": image.file_name,
        "capture_time": image.capture_time.isoformat() if image.capture_time else None,
        "tags": [tag.display_name for tag in details.tags if tag.origin is Origin.USER],
        "label": classes[0] if classes else None,
    }
    row |= {key: value for key, value in details.metadata.items() if _is_free(key)}
    row |= {f"{RESULT_PREFIX}{key}": value for key, value in _found_out(details, path).items()}
    row[f"{RESULT_PREFIX}split"] = part.value if part else None
    return {key: value for key, value in row.items() if value is not None}


def _is_free(key: str) -> bool:
    folded = fold(key.strip())
    return folded not in _TAKEN and folded not in _READ_OTHERWISE and not folded.startswith(RESULT_PREFIX)


def _found_out(details: ImageDetails, path: str) -> Mapping[str, Any]:
    image = details.image
    return {
        "image": f"projects/{image.project_id}/images/{image.id}",
        "path": path,
        "sha256": image.sha256,
        "format": image.format,
        "width": image.width,
        "height": image.height,
        "size_bytes": image.size_bytes,
        "state": image.state.value,
        "upload_time": image.upload_time.isoformat(),
        "uploader": image.uploader,
        "predicted_label": image.label,
        "confidence": image.confidence,
        "model": image.model,
        "model_version": image.version,
        "auto_tags": [tag.display_name for tag in details.tags if tag.origin is Origin.AUTO],
        "boxes": [{"label": one.display_name, **asdict(one.box)} for one in details.labels if one.box is not None],
        "predictions": [_prediction(one) for one in details.predictions],
        "metadata": {key: value for key, value in details.metadata.items() if not _is_free(key)} or None,
    }


def _prediction(stored: StoredPrediction) -> dict[str, Any]:
    output = MessageToDict(Prediction.FromString(stored.output), preserving_proto_field_name=True)
    return output | {"model": stored.model, "version": stored.version}
