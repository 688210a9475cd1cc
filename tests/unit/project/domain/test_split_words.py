"""Reasons of a split in both languages."""

import pytest

from loupe_project.domain import split_words
from loupe_project.domain.split import Part
from loupe_project.domain.split_words import ALIKE, Share, drawn, stays


@pytest.mark.parametrize(
    ("english", "korean"),
    [
        (drawn(Part.TRAIN, None), "시드에 따라 학습에 배정."),
        (drawn(Part.VAL, Share("truth no. 5", 3, 1200)), "검증에 배정: truth no. 5 이미지 1,200장 중 3장."),
        (
            drawn(Part.TEST, None) + stays(2, [ALIKE]),
            "시드에 따라 시험에 배정. 다른 2장과 함께 둠: 같은 것을 보여 주는 이미지.",
        ),
        (
            drawn(Part.TEST, Share("line L.1", 3, 9)) + stays(1, [ALIKE, "lot A. B"]),
            "시험에 배정: line L.1 이미지 9장 중 3장. 다른 1장과 함께 둠: 같은 것을 보여 주는 이미지, lot A. B.",
        ),
        ("Of another release.", "Of another release."),
    ],
)
def test_in_korean(english: str, korean: str) -> None:
    assert split_words.in_korean(english) == korean
