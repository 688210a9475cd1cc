"""What a file of labels says about one image, or what is wrong with it."""

from dataclasses import dataclass, replace
from enum import StrEnum

from loupe_kit.errors import LoupeError
from loupe_project.domain.image import Box, NewLabel

MAX_LABELS = 2_000_000
"""Most labels of one import: all of it is checked before any of it is applied, at 52 bytes of memory a label."""


class LabelFormat(StrEnum):
    """How a file is written."""

    COCO = "COCO"
    YOLO = "YOLO"
    VOC = "VOC"
    TABLE = "TABLE"


class ImageKey(StrEnum):
    """How a file names images."""

    FILE_NAME = "FILE_NAME"
    SHA256 = "SHA256"
    ID = "ID"


@dataclass(frozen=True, slots=True)
class LabelRow:
    """What one row, annotation or file says about one image."""

    file: str
    """Where it stands; messages name it."""
    row: int
    """Row, line or annotation, from 1; 0: the whole file."""
    key: str
    """Names the image."""
    label: NewLabel | None
    """None: the image is named, and nothing is in it."""
    is_stem: bool = False
    """Whether the key is a file's name without its ending."""
    is_relative: bool = False
    """Whether the box is in shares of the image."""

    def in_pixels(self, width: int, height: int) -> NewLabel | None:
        """The label with its box in pixels of an image of this size."""
        if self.label is None or self.label.box is None or not self.is_relative:
            return self.label
        box = self.label.box
        # Shares are rounded: a box at the edge may begin a hair outside.
        x, y = max(box.x * width, 0.0), max(box.y * height, 0.0)
        return replace(self.label, box=Box(x, y, box.width * width, box.height * height))


@dataclass(frozen=True, slots=True)
class LabelFault:
    """What is wrong with a row."""

    file: str
    row: int
    error: LoupeError


RowOrFault = LabelRow | LabelFault
