"""The table of models. A model is added here, and its network in `loupe_inference.models`."""

import functools
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from importlib import resources

from loupe_inference.domain.errors import ModelNotFound, ModelVersionNotFound
from loupe_inference.domain.model import ModelSpec, ModelVersion, Task

UPLOADED = "uploaded"
"""Stands for a model in the keys of features that were computed elsewhere; no model may have this id."""


class Catalogue:
    """Finds models by id.

    Args:
        specs: The models of this installation.
    """

    def __init__(self, specs: Sequence[ModelSpec]) -> None:
        self._specs: Mapping[str, ModelSpec] = {spec.id: spec for spec in sorted(specs, key=lambda spec: spec.id)}

    def all(self) -> list[ModelSpec]:
        """Every model, by id."""
        return list(self._specs.values())

    def get(self, model: str) -> ModelSpec:
        """The model with this id.

        Raises:
            ModelNotFound: If there is none.
        """
        spec = self._specs.get(model)
        if spec is None:
            known = ", ".join(self._specs)
            raise ModelNotFound(f"There is no model {model[:80]!r}; choose one of: {known}.", model=model[:80])
        return spec

    def get_by_name(self, name: str) -> ModelSpec:
        """The model with this resource name, such as "models/efficientnet-lite0".

        Raises:
            ModelNotFound: If there is none.
        """
        collection, _, model = name.partition("/")
        if collection != "models" or not model:
            raise ModelNotFound(
                f"{name[:80]!r} is not the name of a model; give one such as 'models/efficientnet-lite0'.",
                model=name[:80],
            )
        return self.get(model)

    def resolve(self, model: str, version: str) -> tuple[ModelSpec, ModelVersion]:
        """A model and one of its versions, the active one for "".

        Raises:
            ModelNotFound: If there is no such model.
            ModelVersionNotFound: If it has no such version.
        """
        spec = self.get(model)
        wanted = version or spec.active_version
        for candidate in spec.versions:
            if candidate.version == wanted:
                return spec, candidate
        known = ", ".join(candidate.version for candidate in spec.versions)
        raise ModelVersionNotFound(
            f"Model {model} has no version {wanted[:80]!r}; choose one of: {known}.", model=model, version=wanted[:80]
        )


@functools.cache
def imagenet_labels() -> tuple[str, ...]:
    """The 1,000 classes of ImageNet (ILSVRC 2012) in their usual order, English, no name twice."""
    text = resources.files("loupe_inference.domain").joinpath("labels/imagenet_1000.txt").read_text("utf-8")
    return tuple(text.splitlines())


def builtin() -> Catalogue:
    """The models that come with Loupe."""
    return Catalogue([efficientnet_lite0()])


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
