"""Ground truth as a table, a row for each label; an import takes it as it is."""

import csv
from collections.abc import Sequence
from pathlib import Path

from loupe_project.adapters.export.coco import exact
from loupe_project.domain.image import ImageDetails
from loupe_project.domain.spreadsheet import guarded

_HEADER = ("file_name", "label", "x", "y", "width", "height", "sha256", "image")


class LabelTable:
    """`labels.csv`, in UTF-8 with the mark that Excel looks for.

    Args:
        path: Where it is written.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file = path.open("w", encoding="utf-8-sig", newline="")
        self._writer = csv.writer(self._file, lineterminator="\r\n")
        self._writer.writerow(_HEADER)

    def add(self, images: Sequence[ImageDetails]) -> None:
        """Add the labels of images; one without any gets a row that says so."""
        for details in images:
            image = details.image
            for label in details.labels or (None,):
                box = label.box if label else None
                sides = [box.x, box.y, box.width, box.height] if box else []
                self._writer.writerow(
                    [
                        guarded(image.file_name),
                        guarded(label.display_name) if label else "",
                        *(f"{exact(side)!r}" for side in sides),
                        *([""] * (4 - len(sides))),
                        image.sha256,
                        f"projects/{image.project_id}/images/{image.id}",
                    ]
                )

    def close(self) -> None:
        """No more rows come."""
        self._file.close()
