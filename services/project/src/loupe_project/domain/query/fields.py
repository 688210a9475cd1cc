"""The fields of the language and their Korean names."""

import difflib
from collections.abc import Sequence
from types import MappingProxyType

from loupe_project.domain.query.tree import Duplicates, Field, Kind, State
from loupe_project.domain.text import fold

WELL_KNOWN_METADATA = ("line", "station", "camera", "lot", "serial", "recipe", "verdict", "product")
"""Metadata keys that are fields of their own."""

MONTH_TAG = "month:"
"""What automatic tags of months begin with; `month` is a shorter way to write them."""

_KINDS = {
    "tag": Kind.TEXT,
    "label": Kind.TEXT,
    "conf": Kind.NUMBER,
    "model": Kind.MODEL,
    "truth": Kind.TEXT,
    "is": Kind.STATE,
    "has": Kind.PRESENCE,
    "at": Kind.TIME,
    "uploaded": Kind.TIME,
    "changed": Kind.TIME,
    "month": Kind.MONTH,
    "name": Kind.TEXT,
    "format": Kind.TEXT,
    "width": Kind.NUMBER,
    "height": Kind.NUMBER,
    "size": Kind.NUMBER,
    "batch": Kind.TEXT,
    "by": Kind.TEXT,
    "brightness": Kind.NUMBER,
    "contrast": Kind.NUMBER,
    "sharpness": Kind.NUMBER,
    "outlier": Kind.NUMBER,
    "dup": Kind.DUPLICATE,
    "set": Kind.SET,
}
_BOX_KINDS = {
    "label": Kind.TEXT,
    "conf": Kind.NUMBER,
    "model": Kind.MODEL,
    "area": Kind.NUMBER,
    "x": Kind.NUMBER,
    "y": Kind.NUMBER,
    "w": Kind.NUMBER,
    "h": Kind.NUMBER,
}
KOREAN = {
    "태그": "tag",
    "라벨": "label",
    "레이블": "label",
    "신뢰도": "conf",
    "모델": "model",
    "정답": "truth",
    "상태": "is",
    "있음": "has",
    "라인": "line",
    "설비": "station",
    "공정": "station",
    "카메라": "camera",
    "로트": "lot",
    "시리얼": "serial",
    "일련번호": "serial",
    "레시피": "recipe",
    "판정": "verdict",
    "제품": "product",
    "촬영": "at",
    "촬영일": "at",
    "업로드": "uploaded",
    "등록일": "uploaded",
    "변경": "changed",
    "변경일": "changed",
    "월": "month",
    "이름": "name",
    "파일명": "name",
    "형식": "format",
    "너비": "width",
    "높이": "height",
    "크기": "size",
    "배치": "batch",
    "등록자": "by",
    "밝기": "brightness",
    "대비": "contrast",
    "선명도": "sharpness",
    "이상치": "outlier",
    "중복": "dup",
    "묶음": "set",
}
KOREAN_BOX = {
    "라벨": "label",
    "레이블": "label",
    "신뢰도": "conf",
    "모델": "model",
    "면적": "area",
    "너비": "w",
    "높이": "h",
}
_KOREAN_STATES = {
    "완료": State.ANALYSED,
    "실패": State.FAILED,
    "대기": State.PENDING,
    "검토됨": State.REVIEWED,
    "과검": State.OVERKILL,
    "미검": State.ESCAPE,
}

_KOREAN_DUPLICATES = {"유사": Duplicates.NEAR, "동일": Duplicates.EXACT, "대표": Duplicates.KEEPER}

FIELDS = MappingProxyType(
    {name: Field(name, kind) for name, kind in _KINDS.items()}
    | {key: Field(key, Kind.METADATA, key) for key in WELL_KNOWN_METADATA}
)
BOX_FIELDS = MappingProxyType({name: Field(name, kind) for name, kind in _BOX_KINDS.items()})
STATES = MappingProxyType({state.value: state for state in State} | _KOREAN_STATES)
DUPLICATES = MappingProxyType({part.value: part for part in Duplicates} | _KOREAN_DUPLICATES)


def metadata_field(key: str) -> Field:
    """The field of a metadata key; well-known keys are fields of their own."""
    folded = fold(key)
    return FIELDS[folded] if folded in WELL_KNOWN_METADATA else Field(f"meta.{folded}", Kind.METADATA, folded)


def find(name: str) -> Field | None:
    """The field of an image with this name, `meta.<key>` included; None if there is none."""
    folded = fold(name)
    head, dot, key = folded.partition(".")
    if head in ("meta", "메타") and dot and key:
        return metadata_field(key)
    return FIELDS.get(KOREAN.get(folded, folded))


def find_in_box(name: str) -> Field | None:
    """The field of a box with this name; None if there is none."""
    folded = fold(name)
    return BOX_FIELDS.get(KOREAN_BOX.get(folded, folded))


def nearest(name: str, *, in_box: bool = False) -> str:
    """The known field whose name is most like this one; empty if none is."""
    return nearest_of(name, [*BOX_FIELDS, *KOREAN_BOX] if in_box else [*FIELDS, "meta", *KOREAN])


def nearest_of(name: str, known: Sequence[str]) -> str:
    """Which of the known names is most like this one; empty if none is."""
    matches = difflib.get_close_matches(fold(name), known, n=1, cutoff=0.5)
    return matches[0] if matches else ""
