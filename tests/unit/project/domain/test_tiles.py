"""Where the tiles of an image are."""

import pytest

from loupe_project.domain import tiles
from loupe_project.domain.tiles import Pyramid, Values, Window


def make_values(**fields: object) -> Values:
    given = {"bits": 16, "minimum": 100.0, "maximum": 4095.0, "low": 200.0, "high": 4000.0, "histogram": (1, 2, 3)}
    return Values(**{**given, **fields})  # type: ignore[arg-type]


def test_levels__halve_down_to_one_tile() -> None:
    found = tiles.levels_of(1300, 700)

    assert [(one.width, one.height, one.columns, one.rows) for one in found] == [
        (1300, 700, 3, 2),
        (650, 350, 2, 1),
        (325, 175, 1, 1),
    ]
    assert [one.first for one in found] == [0, 6, 8]
    assert tiles.tile_count(1300, 700) == 9
    assert found[0].number(2, 1) == 5


def test_levels__of_a_small_image_is_one() -> None:
    assert len(tiles.levels_of(512, 1)) == 1
    assert tiles.tile_count(1, 1) == 1


def test_pack__read_back() -> None:
    count = tiles.tile_count(1300, 700)
    pyramid = Pyramid(1300, 700, make_values(offset=-3.5, step=0.25), [(number * 10, 10) for number in range(count)])

    packed = tiles.pack(pyramid)

    assert len(packed) == tiles.head_bytes(1300, 700)
    assert tiles.unpack(packed) == pyramid


@pytest.mark.parametrize("data", [b"", b"LPT1", b"\x89PNG" + bytes(10_000)])
def test_unpack__refuses_what_it_is_not(data: bytes) -> None:
    with pytest.raises(ValueError, match="no tiles"):
        tiles.unpack(data)


def test_usual_window__bytes_as_they_are_and_more_without_extremes() -> None:
    assert make_values(bits=8).usual == Window(0, 255)
    assert make_values().usual == Window(200, 4000)
    assert make_values(low=7.0, high=7.0).usual == Window(7, 8)
