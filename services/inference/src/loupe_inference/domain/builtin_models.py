"""The models that come with Loupe. One is added here, and its network in `loupe_inference.models.registry`."""

import functools
from datetime import UTC, datetime
from importlib import resources

from loupe_inference.domain.model import ModelSpec, ModelVersion, Task

DEFAULT = "efficientnet-lite0"
"""Id of the model that answers first after a start."""

_CREATED = datetime(2026, 11, 22, tzinfo=UTC)

_DEFECTS = ("scratch", "dent", "stain", "crack", "missing-part", "contamination", "chip", "hole")
_FCOS_FEATURE = (
    "The backbone's maps at strides 16 and 32 on one grid of cells of 16 pixels: the mean over the grid for an image, "
    "over the cells that its box touches for an object."
)


def specs() -> list[ModelSpec]:
    """All of them."""
    return [
        efficientnet_lite0(),
        efficientnet_lite2(),
        nanodet_coco(),
        surface_classifier(),
        surface_fcos_s(),
        surface_fcos_m(),
    ]


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
        labels=labels("imagenet_1000"),
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
                create_time=_CREATED,
            ),
        ),
        active_version="1",
    )


def efficientnet_lite2() -> ModelSpec:
    """The same with a larger network and input: slower, finer."""
    return ModelSpec(
        id="efficientnet-lite2",
        display_name="EfficientNet-Lite2",
        task=Task.CLASSIFICATION,
        descriptions={
            "en": (
                "The larger sister of EfficientNet-Lite0: the same 1,000 everyday classes, seen in finer detail at "
                "less than half the speed. Choose it when small details separate your images and maps by Lite0 mix "
                "them up."
            ),
            "ko": (
                "EfficientNet-Lite0보다 큰 모델로, 같은 1,000가지 일상 클래스를 더 세밀하게 보지만 "
                "속도는 절반 이하입니다. "
                "작은 차이로 구분되는 이미지를 Lite0의 맵이 섞어 놓을 때 선택하십시오."
            ),
        },
        labels=labels("imagenet_1000"),
        input_width=260,
        input_height=260,
        feature_description="Global average pool after the last convolution: the input of the classifier layer.",
        licence="Apache-2.0",
        versions=(
            ModelVersion(
                version="1",
                feature_dimension=1280,
                weights_sha256="9656183eaeafe8cbf0cf560089305d34668787f6a26377ccbe5be192ed3f855d",
                weights_size_bytes=24_666_229,
                create_time=_CREATED,
            ),
        ),
        active_version="1",
    )


def nanodet_coco() -> ModelSpec:
    """The general detector: COCO's 80 everyday objects."""
    return ModelSpec(
        id="nanodet-coco",
        display_name="NanoDet-g COCO",
        task=Task.DETECTION,
        descriptions={
            "en": (
                "Fast detector of 80 everyday objects, such as people, vehicles, bottles, cups and computers. "
                "Finds people and things around a line; it knows no defects and no machine parts. Small and crowded "
                "objects are missed."
            ),
            "ko": (
                "사람, 차량, 병, 컵 등 일상 물체 80종을 찾는 빠른 검출 모델입니다. "
                "라인 주변의 사람과 물건을 찾을 때 쓰며, 결함이나 기계 부품은 알지 못합니다. "
                "작거나 빽빽하게 모인 물체는 놓칠 수 있습니다."
            ),
        },
        labels=labels("coco_80"),
        input_width=416,
        input_height=416,
        keeps_aspect=True,
        feature_description=(
            "What enters the last layers of the three scales, brought to one grid of 26 × 26 cells: the mean over the "
            "grid for an image, over the cells that its box touches for an object."
        ),
        licence="Apache-2.0",
        versions=(
            ModelVersion(
                version="1",
                feature_dimension=384,
                object_feature_dimension=384,
                weights_sha256="75eea52794094030730c4abd1aa7e9f0c94da9588a29adf7916880b7d482d8c8",
                weights_size_bytes=7_578_520,
                create_time=_CREATED,
            ),
        ),
        active_version="1",
    )


def surface_classifier() -> ModelSpec:
    """The classifier of surfaces that this project trained."""
    return ModelSpec(
        id="surface-classifier",
        display_name="Surface Classifier",
        task=Task.CLASSIFICATION,
        descriptions={
            "en": (
                "Tells a sound surface from eight kinds of defects: scratch, dent, stain, crack, missing part, "
                "contamination, chip, hole. Trained on drawn inspection images, so try it on your own before you trust "
                "it; good for a first sorting and for maps on which defects stand apart."
            ),
            "ko": (
                "정상 표면과 8가지 결함(긁힘, 찍힘, 얼룩, 균열, 부품 누락, 오염, 깨짐, 구멍)을 구분합니다. "
                "생성된 검사 이미지로 학습했으므로 신뢰하기 전에 실제 이미지로 확인하십시오. "
                "1차 분류와 결함이 따로 모이는 맵에 적합합니다."
            ),
        },
        labels=("ok", *_DEFECTS),
        input_width=240,
        input_height=240,
        feature_description="Global average pool after the last convolution: the input of the classifier layer.",
        licence="Apache-2.0",
        versions=(
            ModelVersion(
                version="1",
                feature_dimension=1280,
                weights_sha256="6ee5a9379dc5744a660b6499a0291aa3dacae463c4b9222c18b9ba79e15f9cf3",
                weights_size_bytes=8_252_746,
                create_time=_CREATED,
            ),
        ),
        active_version="1",
    )


def surface_fcos_s() -> ModelSpec:
    """The small detector of defects that this project trained."""
    return ModelSpec(
        id="surface-fcos-s",
        display_name="Surface FCOS S",
        task=Task.DETECTION,
        descriptions={
            "en": (
                "Fast detector of eight kinds of surface defects: scratch, dent, stain, crack, missing part, "
                "contamination, chip, hole. Shows where they are and how large. Trained on drawn inspection images, so "
                "try it on your own before you trust it."
            ),
            "ko": (
                "8가지 표면 결함(긁힘, 찍힘, 얼룩, 균열, 부품 누락, 오염, 깨짐, 구멍)의 위치와 크기를 찾는 "
                "빠른 검출 모델입니다. 생성된 검사 이미지로 학습했으므로 신뢰하기 전에 실제 이미지로 확인하십시오."
            ),
        },
        labels=_DEFECTS,
        input_width=256,
        input_height=256,
        feature_description=_FCOS_FEATURE,
        licence="Apache-2.0",
        versions=(
            ModelVersion(
                version="1",
                feature_dimension=432,
                object_feature_dimension=432,
                weights_sha256="278d8a9fff445f8020b2fabd4135ec99639615124e9e0699325016b81e9200dc",
                weights_size_bytes=6_300_360,
                create_time=_CREATED,
            ),
        ),
        active_version="1",
    )


def surface_fcos_m() -> ModelSpec:
    """The larger one: finer, slower."""
    return ModelSpec(
        id="surface-fcos-m",
        display_name="Surface FCOS M",
        task=Task.DETECTION,
        descriptions={
            "en": (
                "The larger sister of Surface FCOS S: the same eight kinds of surface defects, seen at 384 pixels "
                "instead of 256, in about five times the time. It finds a few more small ones and is no better in all: "
                "try both on your images."
            ),
            "ko": (
                "Surface FCOS S보다 큰 모델로, 같은 8가지 표면 결함을 256픽셀 대신 384픽셀로 봅니다. "
                "처리 시간은 약 5배입니다. 작은 결함을 조금 더 찾지만 전체 성능은 비슷하므로 "
                "두 모델을 모두 시험해 보십시오."
            ),
        },
        labels=_DEFECTS,
        input_width=384,
        input_height=384,
        feature_description=_FCOS_FEATURE,
        licence="Apache-2.0",
        versions=(
            ModelVersion(
                version="1",
                feature_dimension=472,
                object_feature_dimension=472,
                weights_sha256="dca9e574f61f6994b21a856f09a51e8702a8e5940a523b21bf2a9c020c4c417c",
                weights_size_bytes=9_094_520,
                create_time=_CREATED,
            ),
        ),
        active_version="1",
    )


@functools.cache
def labels(name: str) -> tuple[str, ...]:
    """Classes of a data set in their usual order, English, no name twice: "imagenet_1000", "coco_80"."""
    text = resources.files("loupe_inference.domain").joinpath(f"labels/{name}.txt").read_text("utf-8")
    return tuple(text.splitlines())
