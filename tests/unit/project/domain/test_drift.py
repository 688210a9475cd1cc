import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import betabinom

from loupe_project.domain.chance import tail
from loupe_project.domain.drift import ALARM, Judged, Reference, Verdict, judge
from loupe_project.domain.drift_words import sentence, sentence_ko

REFERENCE = Reference(500, tuple(number / 500 for number in range(500)), right=95, wrong=5)


def judged(score: float, confidence: float | None = 0.9, is_right: bool | None = None) -> Judged:
    return Judged("i", score, "2026-11-22", confidence, is_right)


@given(
    count=st.integers(1, 300),
    share=st.floats(0, 1),
    hits=st.integers(1, 40),
    misses=st.integers(1, 2000),
)
def test_tail__as_scipy_says(count: int, share: float, hits: int, misses: int) -> None:
    least = round(share * count)

    exact = betabinom.sf(least - 1, count, hits, misses)

    # Scipy subtracts from one, which leaves no digits of small numbers.
    assert tail(least, count, hits, misses) == pytest.approx(exact, rel=1e-6, abs=1e-9)


def test_judge__quiet_groups_seldom_alarm() -> None:
    rng = random.Random(0)
    alarms = 0
    for _ in range(1000):
        reference = [rng.random() for _ in range(200)]
        group = [rng.random() for _ in range(200)]
        scores = [sum(1 for one in reference if one < other) / 200 for other in group]
        confidences = tuple(sorted(rng.random() for _ in range(200)))
        images = [judged(score, rng.random()) for score in scores]
        alarms += judge("d", images, Reference(200, confidences, 0, 0)).verdict is not Verdict.QUIET

    # 5 are expected; 15 or more come by chance once in ten thousand times.
    assert alarms < 15


def test_judge__unlike_images_advise_retraining() -> None:
    images = [judged(1.0)] * 36 + [judged(0.5)] * 164

    found = judge("L3", images, REFERENCE)

    assert (found.verdict, found.count, found.unlike_share) == (Verdict.RETRAIN, 200, 0.18)
    assert found.chance < ALARM
    assert sentence(found, "line L3") == (
        "line L3: 18% of 200 images are unlike anything in the reference; retraining advised, the oddest first."
    )
    assert sentence_ko(found, "line L3").startswith("line L3: 이미지 200장 중 18%가 기준과 전혀 다름; 재학습 권장")


@pytest.mark.parametrize(
    "images",
    [
        [judged(0.5, confidence=0.01)] * 20 + [judged(0.5)] * 80,
        [judged(0.5, is_right=False)] * 20 + [judged(0.5, is_right=True)] * 20,
    ],
)
def test_judge__unsure_and_wrong_answers_are_looked_at(images: list[Judged]) -> None:
    found = judge("d", images, REFERENCE)

    assert found.verdict is Verdict.LOOK
    assert "look at them" in sentence(found, "d")


def test_judge__a_few_images_tell_nothing() -> None:
    assert judge("d", [judged(1.0)] * 9, REFERENCE).verdict is Verdict.QUIET
    assert judge("d", [judged(1.0)] * 10, REFERENCE).verdict is Verdict.RETRAIN
    assert sentence(judge("d", [judged(1.0)] * 9, REFERENCE), "d") == "d: 9 images, nothing unusual."


def test_judge__references_without_predictions_and_small_ones() -> None:
    found = judge("d", [judged(0.2, None)] * 50, Reference(10, (), 0, 0))

    assert (found.verdict, found.unsure_share, found.wrong_share, found.labelled) == (Verdict.QUIET, 0, 0, 0)
