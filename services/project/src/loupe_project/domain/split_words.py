"""Why an image of a split is where it is, in one or two sentences.

The English ones are kept with the split and stand in its manifest. The Korean ones are read from them.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from loupe_project.domain.split import Part

ALIKE = "images that show the same"
"""The tie of duplicates."""
_PARTS_KO = {"train": "학습", "val": "검증", "test": "시험"}
_DRAWN = re.compile(
    r"Drawn for (?P<part>\w+)"
    r"(?: by the seed|, which has (?P<has>[\d,]+) of the (?P<all>[\d,]+) images with (?P<value>.+?))\."
    r"(?: Stays with (?P<others>[\d,]+) others: (?P<ties>.+)\.)?",
    re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Share:
    """What a part has of the images with one value."""

    value: str
    """Field and value, as in "truth ok"."""
    count: int
    in_all: int


def drawn(part: Part, share: Share | None) -> str:
    """Says which part an image was drawn for, and what the part has of its like; None where chance alone decided."""
    if share is None:
        return f"Drawn for {part.value} by the seed."
    return f"Drawn for {part.value}, which has {share.count:,} of the {share.in_all:,} images with {share.value}."


def stays(others: int, ties: Sequence[str]) -> str:
    """Says with how many other images one stayed together, and by what."""
    return f" Stays with {others:,} others: {', '.join(ties)}."


def in_korean(reason: str) -> str:
    """What `drawn` and `stays` said, for people who read Korean; what they did not say comes back as it is."""
    found = _DRAWN.fullmatch(reason)
    if found is None:
        return reason
    part = _PARTS_KO[found["part"]]
    text = f"시드에 따라 {part}에 배정."
    if found["value"]:
        text = f"{part}에 배정: {found['value']} 이미지 {found['all']}장 중 {found['has']}장."
    if found["ties"]:
        text += f" 다른 {found['others']}장과 함께 둠: {found['ties'].replace(ALIKE, '같은 것을 보여 주는 이미지', 1)}."
    return text
