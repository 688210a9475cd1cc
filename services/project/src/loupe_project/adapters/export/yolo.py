"""YOLO text files: one line a box, class and centre and size as shares of the image."""

import json
from collections.abc import Collection

from loupe_project.adapters.export.coco import Classes, first_output
from loupe_project.domain.image import ImageDetails
from loupe_project.domain.split import Part


def truth_lines(details: ImageDetails, classes: Classes) -> str:
    """Ground truth; empty for an image without boxes."""
    boxes = [(label.display_name, label.box) for label in details.labels if label.box is not None]
    return "".join(
        _line(details, classes.number(name), box.x, box.y, box.width, box.height) + "\n" for name, box in boxes
    )


def predicted_lines(details: ImageDetails, classes: Classes) -> str | None:
    """Boxes of the project's model with their confidence; None where it is no detector or has not answered."""
    output = first_output(details)
    if output is None or output.WhichOneof("output") != "boxes":
        return None
    return "".join(
        f"{_line(details, classes.number(box.label), box.x, box.y, box.width, box.height)} {box.confidence:.6f}\n"
        for box in output.boxes.boxes
    )


def _line(details: ImageDetails, number: int, x: float, y: float, width: float, height: float) -> str:
    across, down = details.image.width, details.image.height
    shares = ((x + width / 2) / across, (y + height / 2) / down, width / across, height / down)
    return " ".join([str(number), *(f"{min(max(share, 0.0), 1.0):.9f}" for share in shares)])


def data_yaml(classes: Classes, parts: Collection[Part]) -> str:
    """The description that trainers read. JSON strings are YAML strings.

    Args:
        classes: Of boxes.
        parts: Those of a split that have images; empty where the images are not split.
    """
    names = "".join(f"  {n}: {json.dumps(name, ensure_ascii=False)}\n" for n, name in enumerate(classes.names()))
    # Trainers look for labels in the folder that has "labels" where the images' path has "images".
    folders = {part.value: f"images/{part.value}" for part in Part if part in parts}
    folders = folders or {"train": "images", "val": "images"}
    named = "".join(f"{name}: {folder}\n" for name, folder in folders.items())
    head = f"# Put the folder images/ of this export beside labels/.\npath: .\n{named}"
    return f"{head}names:\n{names}" if names else f"{head}names: {{}}\n"
