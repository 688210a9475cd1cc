"""The models that come with Loupe. One is added here, and its network in `loupe_inference.models.registry`."""

import functools
from datetime import UTC, datetime
from importlib import resources

from loupe_inference.domain.model import ModelSpec, ModelVersion, Task


def specs() -> list[ModelSpec]:
    """All of them."""
    return [efficientnet_lite0()]


def efficientnet_lite0() -> ModelSpec:
    """The general classifier: ImageNet's 1,000 classes, and features that separate textures and parts well."""
    return ModelSpec(
        id="efficientnet-lite0",
        display_name="EfficientNet-Lite0",
        task=Task.CLASSIFICATION,
        descriptions={
            "en": (
                "Fast general-purpose classifier with the 1,000 everyday classes of ImageNet. On factory images read "
                "its labels with care; its feature vectors group similar parts, textures and defects well, which "
                "makes it a good first choice for maps, outliers and selecting images to label."
            ),
            "ko": (
                "ImageNet의 1,000가지 일상 클래스를 인식하는 빠른 범용 분류 모델입니다. "
                "공장 이미지에서는 라벨을 참고로만 보십시오. "
                "특징 벡터는 비슷한 부품, 질감, 결함을 잘 묶어 주므로 "
                "맵, 이상치 탐색, 라벨링할 이미지 선택의 첫 모델로 적합합니다."
            ),
        },
        labels=imagenet_labels(),
        input_width=224,
        input_height=224,
        feature_description="Global average pool after the last convolution: the input of the classifier layer.",
        licence="Apache-2.0",
        versions=(
            ModelVersion(
                version="1",
                feature_dimension=1280,
                weights_sha256="579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db",
                weights_size_bytes=18_826_032,
                create_time=datetime(2026, 11, 22, tzinfo=UTC),
            ),
        ),
        active_version="1",
    )


@functools.cache
def imagenet_labels() -> tuple[str, ...]:
    """The 1,000 classes of ImageNet (ILSVRC 2012) in their usual order, English, no name twice."""
    text = resources.files("loupe_inference.domain").joinpath("labels/imagenet_1000.txt").read_text("utf-8")
    return tuple(text.splitlines())
