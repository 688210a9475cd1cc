"""What is known of an image's values, as messages."""

import math

from loupe.project.v1 import image_service_pb2 as pb
from loupe_kit.errors import FieldViolation, InvalidArgument
from loupe_project.domain.tiles import TILE, Pyramid, Window


def to_message(name: str, is_plain: bool, pyramid: Pyramid | None) -> pb.ImagePixels:
    """The answer of GetImagePixels.

    Args:
        name: Resource name of the pixels.
        is_plain: Whether a browser shows the file as it is.
        pyramid: Known where the image was cut.
    """
    if pyramid is None:
        return pb.ImagePixels(name=name, plain=is_plain)
    values = pyramid.values
    return pb.ImagePixels(
        name=name,
        plain=is_plain,
        bits=values.bits,
        minimum=values.minimum,
        maximum=values.maximum,
        low=values.low,
        high=values.high,
        histogram=values.histogram,
        tile_pixels=TILE,
        level_count=len(pyramid.levels),
    )


def window_of(request: pb.DownloadImageTileRequest) -> Window | None:
    """The values that are asked for; None where none are.

    Raises:
        InvalidArgument: If one end is missing or no number, or if the window is empty.
    """
    if not request.HasField("low") and not request.HasField("high"):
        return None
    window = Window(request.low, request.high)
    is_whole = request.HasField("low") and request.HasField("high")
    if not is_whole or not math.isfinite(window.high - window.low) or window.high <= window.low:
        text = "give low and high together, low below high; or neither for the usual values"
        raise InvalidArgument(f"Such values cannot be shown: {text}.", fields=[FieldViolation("low", text)])
    return window
