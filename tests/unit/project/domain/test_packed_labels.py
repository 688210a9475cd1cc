"""Labels of many images, packed and read again image by image."""

from loupe_kit import ids
from loupe_project.domain.image import Box, NewLabel
from loupe_project.domain.label_files.packed import PackedLabels

# One of them ends in zeros, which arrays of bytes are fond of dropping.
IMAGES = sorted([*(ids.new_id() for _ in range(3)), "01900000-0000-7000-8000-000000000000"])


def test_of__labels_in_the_order_in_which_they_came() -> None:
    packed = PackedLabels()
    dent, crack = NewLabel("dent", Box(0.1, 2, 3, 4)), NewLabel("crack", Box(1, 2, 3, 4))
    for image_id, label in (
        (IMAGES[2], NewLabel("OK")),
        (IMAGES[0], dent),
        (IMAGES[2], crack),
        (IMAGES[0], crack),
        (IMAGES[2], NewLabel("NG")),
        (IMAGES[1], None),
    ):
        packed.add(image_id, label)

    assert len(packed) == 6
    assert packed.image_ids() == IMAGES[:3]
    # An image has one class: the last one counts.
    assert packed.of(IMAGES[:3]) == {
        IMAGES[0]: [dent, crack],
        IMAGES[1]: [],
        IMAGES[2]: [crack, NewLabel("NG")],
    }
    assert packed.of(IMAGES[1:2]) == {IMAGES[1]: []}


def test_image_ids__of_nothing() -> None:
    assert PackedLabels().image_ids() == []


def test_add__more_than_a_block() -> None:
    packed = PackedLabels()
    for number in range(70_000):
        packed.add(IMAGES[number % 4], NewLabel(f"c{number % 7}", Box(number, 0, 1, 1)))

    assert packed.image_ids() == IMAGES
    of_first = packed.of(IMAGES[:1])[IMAGES[0]]
    assert len(of_first) == 17_500
    assert of_first[-1] == NewLabel(f"c{69_996 % 7}", Box(69_996, 0, 1, 1))
