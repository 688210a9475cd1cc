"""What the service and the workers of TorchServe say to each other. Imports no torch: both sides read it.

A request is a map of text to bytes: the n-th image under `n`, or its path on this machine under `n.path`. A reply is
msgpack: one entry for each image in order; vectors as raw little-endian float32. A fault of an image is an entry like
any other, so it comes back as the same `LoupeError`.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgpack
import numpy as np

from loupe_inference.domain import errors
from loupe_inference.domain.analysis import (
    Analysis,
    Appearance,
    Box,
    Boxes,
    ClassScore,
    ClassScores,
    ImageSource,
    Outcome,
    Prediction,
)
from loupe_kit.errors import LoupeError

_PATH = ".path"
_FAULTS = {
    fault.reason: fault
    for fault in vars(errors).values()
    if isinstance(fault, type) and issubclass(fault, LoupeError) and fault.__module__ == errors.__name__
}


def write_request(images: Sequence[ImageSource]) -> dict[str, bytes]:
    """The images of one request."""
    return dict(
        (f"{at}{_PATH}", str(image).encode()) if isinstance(image, Path) else (str(at), image)
        for at, image in enumerate(images)
    )


def read_request(request: Mapping[str, bytes]) -> list[ImageSource]:
    """What `write_request` was given; the map may have lost its order."""
    images = {
        int(name.removesuffix(_PATH)): Path(bytes(value).decode()) if name.endswith(_PATH) else bytes(value)
        for name, value in request.items()
    }
    return [images[at] for at in sorted(images)]


def write_reply(outcomes: Sequence[Outcome]) -> bytes:
    """The reply to one request."""
    packed: bytes = msgpack.packb([_fault(it) if isinstance(it, LoupeError) else _analysis(it) for it in outcomes])
    return packed


def read_reply(reply: bytes) -> list[Outcome]:
    """What `write_reply` was given.

    Raises:
        ValueError: If it is no such reply.
    """
    try:
        return [_read_fault(it) if "reason" in it else _read_analysis(it) for it in msgpack.unpackb(reply)]
    except (KeyError, TypeError) as error:
        raise ValueError(f"no reply of a handler of Loupe: {error!r}") from error


def _fault(error: LoupeError) -> dict[str, Any]:
    return {"reason": error.reason, "message": error.message, "metadata": error.metadata}


def _read_fault(entry: dict[str, Any]) -> LoupeError:
    return _FAULTS[entry["reason"]](entry["message"], **entry["metadata"])


def _analysis(analysis: Analysis) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "model": analysis.prediction.model,
        "version": analysis.prediction.version,
        "feature": _vector(analysis.feature),
        "size": (analysis.image_width, analysis.image_height),
    }
    if (looks := analysis.appearance) is not None:
        entry["looks"] = (looks.brightness, looks.contrast, looks.sharpness)
    if analysis.object_features is not None:
        entry["objects"] = (*analysis.object_features.shape, _vector(analysis.object_features))
    match analysis.prediction.output:
        case ClassScores(scores):
            entry["scores"] = [(it.label, it.index, it.confidence) for it in scores]
        case Boxes(boxes):
            entry["boxes"] = [(it.label, it.index, it.confidence, it.x, it.y, it.width, it.height) for it in boxes]
    return entry


def _read_analysis(entry: dict[str, Any]) -> Analysis:
    output = (
        ClassScores(tuple(ClassScore(*it) for it in entry["scores"]))
        if "scores" in entry
        else Boxes(tuple(Box(*it) for it in entry["boxes"]))
    )
    width, height = entry["size"]
    objects = None
    if "objects" in entry:
        count, dimension, values = entry["objects"]
        objects = np.frombuffer(values, "<f4").reshape(count, dimension)
    return Analysis(
        Prediction(entry["model"], entry["version"], output),
        np.frombuffer(entry["feature"], "<f4"),
        width,
        height,
        objects,
        Appearance(*entry["looks"]) if "looks" in entry else None,
    )


def _vector(values: np.ndarray[Any, np.dtype[np.float32]]) -> bytes:
    return values.astype("<f4", copy=False).tobytes()
