import random

import pytest

from loupe_project.domain.drift import Judged, Reference, Verdict, judge
from loupe_project.domain.drift_queries import of_group, standing_out
from loupe_project.domain.drift_words import sentence, sentence_ko
from loupe_project.domain.traits import Trait, compare, usual

RNG = random.Random(0)
USUAL = [{Trait.SHARPNESS: RNG.gauss(1, 0.1), Trait.WIDTH: 300.0} for _ in range(500)]


def judged(traits: dict[Trait, float]) -> Judged:
    return Judged("i", 0.5, "2026-11-22", None, None, traits)


def test_usual__the_outer_hundredths_lie_outside() -> None:
    found = usual(USUAL)[Trait.SHARPNESS]

    assert found.edge == 5
    assert sum(1 for one in USUAL if one[Trait.SHARPNESS] < found.low) == 4
    assert sum(1 for one in USUAL if one[Trait.SHARPNESS] > found.high) == 4


def test_usual__traits_that_few_images_have_are_left_out() -> None:
    assert set(usual([{Trait.WIDTH: 300.0}] * 9)) == set()
    assert set(usual([*USUAL[:1], *[{Trait.WIDTH: 300.0}] * 20])) == {Trait.WIDTH}


def test_compare__quiet_groups_seldom_alarm() -> None:
    alarms = 0
    for _ in range(500):
        reference = usual([{Trait.SHARPNESS: RNG.random(), Trait.WIDTH: 300.0} for _ in range(200)])
        images = [judged({Trait.SHARPNESS: RNG.random(), Trait.WIDTH: 300.0}) for _ in range(200)]
        alarms += judge("d", images, Reference(200, (), 0, 0, reference)).verdict is not Verdict.QUIET

    # 2.5 are expected; 10 or more come by chance once in two thousand times.
    assert alarms < 10


def test_compare__the_same_width_is_inside_and_another_one_outside() -> None:
    (same,) = compare([{Trait.WIDTH: 300.0}] * 20, {Trait.WIDTH: usual(USUAL)[Trait.WIDTH]})
    (other,) = compare([{Trait.WIDTH: 640.0}] * 20, {Trait.WIDTH: usual(USUAL)[Trait.WIDTH]})

    assert (same.below_share, same.above_share, same.chance) == (0, 0, 1)
    assert (other.below_share, other.above_share, other.median) == (0, 1, 640)
    assert other.chance < 1e-6


def test_judge__a_blurred_day_is_looked_at() -> None:
    images = [judged({Trait.SHARPNESS: 0.4, Trait.WIDTH: 300.0})] * 50
    reference = Reference(500, (), 0, 0, usual(USUAL))

    found = judge("L2", images, reference)

    assert found.verdict is Verdict.LOOK
    assert [one.trait for one in found.conspicuous_traits] == [Trait.SHARPNESS]
    assert sentence(found, "line L2") == (
        "line L2: 0% of 50 images are unlike anything in the reference, 100% are less sharp than the reference; "
        "look at them."
    )
    assert "100%는 기준보다 흐림" in sentence_ko(found, "line L2")
    assert judge("L2", images[:9], reference).conspicuous_traits == ()


@pytest.mark.parametrize(
    ("group_by", "value", "query"),
    [
        ("", "", ""),
        ("line", "", "-has:line"),
        ("line", 'L "3"*', 'line:"L \\"3\\"\\*"'),
        ("day", "2026-11-22", "(at:2026-11-22 OR (-has:at uploaded:2026-11-22))"),
    ],
)
def test_of_group(group_by: str, value: str, query: str) -> None:
    assert of_group(group_by, value) == query


def test_standing_out__says_what_is_conspicuous() -> None:
    reference = usual(USUAL)
    traits = compare([{Trait.WIDTH: 640.0}] * 20, {Trait.WIDTH: reference[Trait.WIDTH]})

    assert standing_out("line:L1", "tag:odd", [], with_unlike=False) == "line:L1 tag:odd"
    assert standing_out("line:L1", "tag:odd", traits, with_unlike=False) == "line:L1 width>300.0"
    assert standing_out("", "tag:odd", traits, with_unlike=True) == "(tag:odd OR width>300.0)"
