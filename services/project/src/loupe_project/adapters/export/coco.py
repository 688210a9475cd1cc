"""COCO files, written as the images come: the three lists wait in files of their own."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from loupe.inference.v1.prediction_pb2 import Prediction
from loupe_project.domain.image import ImageDetails

_PARTS = ("images", "annotations")


class Classes:
    """Classes of an export in the order of their first use; numbers begin at 0."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}

    def number(self, name: str) -> int:
        """Number of a class."""
        return self._numbers.setdefault(name, len(self._numbers))

    def names(self) -> list[str]:
        """All classes by number."""
        return list(self._numbers)


class CocoFile:
    """One COCO file. Category ids begin at 1, as COCO's own do.

    Args:
        folder: For the lists, until `close` puts them together.
        stem: Name of the file without its ending.
        classes: Shared by all files of the export, so that a class has one id in all of them.
        categories: Classes by id that the file lists; shared by the parts of a split, of which each lists all.
    """

    def __init__(self, folder: Path, stem: str, classes: Classes, categories: dict[int, str]) -> None:
        self.path = folder / f"{stem}.json"
        self._classes = classes
        self._paths = {part: folder / f"{stem}.{part}" for part in _PARTS}
        self._files = {part: path.open("w", encoding="utf-8") for part, path in self._paths.items()}
        self._counts = dict.fromkeys(_PARTS, 0)
        self._categories = categories

    def add(self, details: ImageDetails, path: str, annotations: Iterable[dict[str, Any]]) -> None:
        """An image with what is in it; annotations without ids."""
        number = self._write(
            "images",
            {
                "file_name": path,
                "width": details.image.width,
                "height": details.image.height,
                "loupe_image": f"projects/{details.image.project_id}/images/{details.image.id}",
            },
        )
        for annotation in annotations:
            category = self._classes.number(annotation["label"]) + 1
            self._categories[category] = annotation["label"]
            rest = {key: value for key, value in annotation.items() if key != "label"}
            self._write("annotations", {"image_id": number, "category_id": category, **rest})

    def _write(self, part: str, entry: dict[str, Any]) -> int:
        self._counts[part] += 1
        number = self._counts[part]
        text = json.dumps({"id": number, **entry}, ensure_ascii=False, separators=(",", ":"))
        self._files[part].write(("" if number == 1 else ",\n") + text)
        return number

    def abandon(self) -> None:
        """Close what is open."""
        for file in self._files.values():
            file.close()

    def close(self) -> None:
        """Put the lists together."""
        self.abandon()
        used = sorted(self._categories.items())
        categories = [{"id": key, "name": name, "supercategory": ""} for key, name in used]
        with self.path.open("w", encoding="utf-8") as out:
            for part in _PARTS:
                out.write(("{" if part == "images" else ",\n") + f'"{part}":[')
                with self._paths[part].open(encoding="utf-8") as entries:
                    while piece := entries.read(1 << 20):
                        out.write(piece)
                out.write("]")
                self._paths[part].unlink()
            out.write(f',\n"categories":{json.dumps(categories, ensure_ascii=False)}}}\n')


def truth_annotations(details: ImageDetails) -> list[dict[str, Any]]:
    """Ground truth; classes of the whole image have no box."""
    found: list[dict[str, Any]] = []
    for label in details.labels:
        annotation: dict[str, Any] = {"label": label.display_name}
        if label.box is not None:
            box = label.box
            annotation |= _boxed(box.x, box.y, box.width, box.height)
        found.append(annotation)
    return found


def predicted_annotations(details: ImageDetails) -> list[dict[str, Any]]:
    """What the project's model said: its best class, or its boxes."""
    output = first_output(details)
    if output is None:
        return []
    if output.WhichOneof("output") == "boxes":
        return [
            {"label": box.label, **_boxed(box.x, box.y, box.width, box.height), "score": round(box.confidence, 6)}
            for box in output.boxes.boxes
        ]
    return [{"label": one.label, "score": round(one.confidence, 6)} for one in output.class_scores.scores[:1]]


def first_output(details: ImageDetails) -> Prediction | None:
    """The answer of the project's model, if there is one."""
    return Prediction.FromString(details.predictions[0].output) if details.predictions else None


def _boxed(x: float, y: float, width: float, height: float) -> dict[str, Any]:
    return {
        "bbox": [exact(side) for side in (x, y, width, height)],
        "area": round(width * height, 3),
        "iscrowd": 0,
    }


def exact(side: float) -> float:
    """A number of single precision with as few digits as give it back."""
    return float(f"{side:.9g}")
