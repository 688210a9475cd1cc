from __future__ import annotations

from loupe_project.use_cases.intake.fresh_images import LARGEST, FreshImages


class Clock:
    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


def test_take__gives_an_image_once() -> None:
    fresh = FreshImages()
    fresh.keep("a", b"image")

    assert [fresh.take("a"), fresh.take("a"), fresh.take("b")] == [b"image", b"", b""]


def test_keep__large_images_are_left_in_the_store() -> None:
    fresh = FreshImages()
    fresh.keep("a", bytes(LARGEST))
    fresh.keep("b", bytes(LARGEST + 1))

    assert (len(fresh.take("a")), fresh.take("b")) == (LARGEST, b"")


def test_keep__without_room_those_that_came_first_stay() -> None:
    fresh = FreshImages(most_bytes=5)
    fresh.keep("a", b"123")
    fresh.keep("b", b"123")
    fresh.keep("c", b"12")
    fresh.take("a")
    fresh.keep("d", b"123")

    assert [fresh.take(key) for key in "abcd"] == [b"", b"", b"12", b"123"]


def test_keep__an_image_whose_task_somebody_else_published_makes_room_after_a_while() -> None:
    clock = Clock()
    fresh = FreshImages(most_bytes=3, now=clock)
    fresh.keep("a", b"123")
    clock.seconds = 119.0
    fresh.keep("b", b"123")
    clock.seconds = 120.0
    fresh.keep("c", b"123")

    assert [fresh.take(key) for key in "abc"] == [b"", b"", b"123"]


def test_keep__twice_counts_once() -> None:
    fresh = FreshImages(most_bytes=6)
    fresh.keep("a", b"123")
    fresh.keep("a", b"123")
    fresh.keep("b", b"123")

    assert [fresh.take("a"), fresh.take("b")] == [b"123", b"123"]
