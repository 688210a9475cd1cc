import io

import numpy as np
import pytest
from PIL import Image, ImageEnhance

from loupe_project.adapters.pixels import PillowPixels
from loupe_project.domain.likeness import MAX_DIFFERENCE, SIDE, Fingerprint, differences, twins

PIXELS = PillowPixels()


def picture(seed: int = 0, side: int = 240) -> Image.Image:
    coarse = np.random.default_rng(seed).integers(20, 236, (12, 12), np.uint8)
    return Image.fromarray(coarse).resize((side, side), Image.Resampling.BICUBIC)


def fingerprint(image: Image.Image, kind: str = "PNG", **options: int) -> Fingerprint:
    target = io.BytesIO()
    image.save(target, kind, **options)
    return PIXELS.fingerprint(target.getvalue())


def difference(one: Fingerprint, other: Fingerprint) -> float:
    return float(differences(one.small.astype(np.float32), other.small.astype(np.float32)[None])[0])


@pytest.mark.parametrize(
    "copy",
    [
        fingerprint(picture(), "JPEG", quality=60),
        fingerprint(ImageEnhance.Brightness(picture()).enhance(1.05)),
        fingerprint(picture().resize((150, 150), Image.Resampling.BOX)),
        fingerprint(picture().convert("RGB")),
    ],
    ids=["jpeg", "brighter", "smaller", "in colour"],
)
def test_differences__copies_show_the_same(copy: Fingerprint) -> None:
    assert difference(fingerprint(picture()), copy) <= MAX_DIFFERENCE


def scratched() -> Image.Image:
    pixels = np.asarray(picture()).copy()
    pixels[100:140, 90:94] = 255
    return Image.fromarray(pixels)


@pytest.mark.parametrize(
    "other",
    [
        fingerprint(scratched()),
        fingerprint(picture(1)),
        fingerprint(picture().rotate(90)),
        fingerprint(Image.new("L", (240, 240), 128)),
    ],
    ids=["scratch", "another", "turned", "blank"],
)
def test_differences__others_do_not(other: Fingerprint) -> None:
    assert difference(fingerprint(picture()), other) > MAX_DIFFERENCE


def test_differences__blank_images_are_alike() -> None:
    blank = np.full((SIDE, SIDE), 7, np.float32)

    assert differences(blank, np.stack([blank, blank + 40])).tolist() == [0.0, 0.0]


def test_twins__most_pixels_then_first_uploaded_is_kept() -> None:
    small = fingerprint(picture().resize((120, 120), Image.Resampling.BOX))
    found = twins([("1", small), ("2", fingerprint(picture())), ("3", fingerprint(picture(), "BMP"))])

    assert [(one.image_id, one.keeper_id, one.is_exact) for one in found] == [("3", "2", True), ("1", "2", False)]
    assert found[0].difference == 0.0 < found[1].difference <= MAX_DIFFERENCE


def test_twins__groups_within_a_group() -> None:
    images = [("1", picture(1)), ("2", picture(2)), ("3", picture(1)), ("4", picture(2)), ("5", picture(3))]

    found = twins([(name, fingerprint(image)) for name, image in images])

    assert {one.image_id: one.keeper_id for one in found} == {"3": "1", "4": "2"}


@pytest.mark.parametrize("count", [0, 1])
def test_twins__too_few_to_compare(count: int) -> None:
    assert twins([("1", fingerprint(picture()))][:count]) == []


def test_fingerprint__sixteen_bits_and_orientation() -> None:
    wide = Image.fromarray(np.asarray(picture()).astype(np.uint16) * 257)
    turned = io.BytesIO()
    exif = Image.Exif()
    exif[0x0112] = 3
    picture().rotate(180).save(turned, "PNG", exif=exif)

    assert difference(fingerprint(picture()), fingerprint(wide)) <= MAX_DIFFERENCE
    assert PIXELS.fingerprint(turned.getvalue()).digest == fingerprint(picture()).digest
