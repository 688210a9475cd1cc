"""Pascal VOC: an XML file for each image. Edges are at pixels as everywhere in Loupe: the first one begins at 0."""

from xml.sax.saxutils import escape

from loupe_project.adapters.export.coco import first_output
from loupe_project.domain.image import Box, ImageDetails


def truth_xml(details: ImageDetails, path: str) -> str:
    """Ground truth; without objects for an image without boxes."""
    return _xml(details, path, [(one.display_name, one.box) for one in details.labels if one.box is not None])


def predicted_xml(details: ImageDetails, path: str) -> str | None:
    """Boxes of the project's model; None where it is no detector or has not answered."""
    output = first_output(details)
    if output is None or output.WhichOneof("output") != "boxes":
        return None
    return _xml(details, path, [(one.label, Box(one.x, one.y, one.width, one.height)) for one in output.boxes.boxes])


def _xml(details: ImageDetails, path: str, boxes: list[tuple[str, Box]]) -> str:
    image = details.image
    lines = [
        "<annotation>",
        f"  <filename>{_text(path)}</filename>",
        f"  <size><width>{image.width}</width><height>{image.height}</height></size>",
        *(_object(name, box) for name, box in boxes),
        "</annotation>",
    ]
    return "\n".join(lines) + "\n"


def _object(name: str, box: Box) -> str:
    ends = {"xmin": box.x, "ymin": box.y, "xmax": box.x + box.width, "ymax": box.y + box.height}
    sides = "".join(f"<{side}>{value:.12g}</{side}>" for side, value in ends.items())
    return f"  <object><name>{_text(name)}</name><difficult>0</difficult><bndbox>{sides}</bndbox></object>"


def _text(text: str) -> str:
    """A text as XML takes it; control characters have no place there."""
    return escape("".join(char for char in text if char >= " " or char in "\t\n"))
