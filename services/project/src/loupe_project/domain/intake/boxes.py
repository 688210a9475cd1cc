"""Boxes that come with files have to lie in their images."""

from collections.abc import Iterable

from loupe_project.domain.errors import BoxOutsideImage
from loupe_project.domain.image import NewLabel

_SLACK = 0.5
"""Pixels that a box may stick out: tools round to the nearest."""


def check_boxes(labels: Iterable[NewLabel], width: int, height: int, where: str, file_name: str, row: int = 0) -> None:
    """Let labels pass whose boxes lie in an image of `width` × `height` pixels.

    Args:
        labels: With or without boxes.
        width: Of the image.
        height: Of the image.
        where: What the message begins with: a file, or a row of one.
        file_name: The file at fault.
        row: Its row, from 1; 0 where there are none.

    Raises:
        BoxOutsideImage: If one leaves it.
    """
    for label in labels:
        box = label.box
        if box is not None and (box.x + box.width > width + _SLACK or box.y + box.height > height + _SLACK):
            raise BoxOutsideImage(
                f"{where}: the box of {label.display_name!r} leaves its image of {width} x {height} pixels.",
                width=str(width),
                height=str(height),
                file_name=file_name,
                row=str(row),
            )
