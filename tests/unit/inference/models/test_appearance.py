import numpy as np
import pytest
from PIL import Image, ImageEnhance, ImageFilter

from loupe_inference.models.appearance import measure


def textured(seed: int = 0) -> Image.Image:
    noise = np.random.default_rng(seed).normal(0, 1, (224, 224))
    ramp = np.linspace(40, 160, 224)
    return Image.fromarray(np.clip(ramp + 12 * noise, 0, 255).astype(np.uint8)).convert("RGB")


def test_measure__plain_images() -> None:
    black, white = (measure(Image.new("RGB", (64, 64), colour)) for colour in ("black", "white"))

    assert (black.brightness, black.contrast, black.sharpness) == (0, 0, 0)
    assert (white.brightness, white.contrast, white.sharpness) == (1, 0, 0)


def test_measure__half_black_and_half_white() -> None:
    image = Image.new("RGB", (64, 64))
    image.paste("white", (0, 0, 32, 64))

    found = measure(image)

    assert (found.brightness, found.contrast) == (0.5, 0.5)


def test_measure__blur_is_less_sharp_and_light_is_not() -> None:
    image = textured()
    plain = measure(image)

    assert measure(image.filter(ImageFilter.GaussianBlur(2))).sharpness < plain.sharpness / 5
    brighter = measure(ImageEnhance.Brightness(image).enhance(1.3))
    assert brighter.brightness == pytest.approx(1.3 * plain.brightness, rel=0.02)
    assert brighter.sharpness == pytest.approx(plain.sharpness, rel=0.02)


@pytest.mark.parametrize("size", [(1, 1), (2, 400), (3, 3), (640, 416)])
def test_measure__any_size(size: tuple[int, int]) -> None:
    assert measure(Image.new("RGB", size, "grey")).sharpness == 0
