"""Which cell answers for which defect."""

from __future__ import annotations

import torch

from loupe_inference.models import fcos
from loupe_training import targets

CENTRES, STRIDES = fcos.cells(64)


def _owned(boxes: list[list[float]]) -> dict[int, set[tuple[float, float, float]]]:
    """Stride and centre of the cells of each defect."""
    owners = targets.assign(CENTRES, STRIDES, torch.tensor(boxes).reshape(-1, 4))
    found: dict[int, set[tuple[float, float, float]]] = {}
    for owner, (x, y), (stride,) in zip(owners.tolist(), CENTRES.tolist(), STRIDES.tolist(), strict=True):
        if owner >= 0:
            found.setdefault(owner, set()).add((stride, x, y))
    return found


def test_assign__small_defect_to_the_nine_fine_cells_around_its_centre() -> None:
    # Centre (28, 36) lies on the centre of a cell 8 pixels wide.
    near = {(8.0, x, y) for x in (20.0, 28.0, 36.0) for y in (28.0, 36.0, 44.0)}

    assert _owned([[23, 31, 33, 41]]) == {0: near}


def test_assign__thin_defect_to_cells_beside_it_too() -> None:
    assert {y for _, _, y in _owned([[4, 34, 52, 38]])[0]} == {28.0, 36.0, 44.0}


def test_assign__middling_defect_to_two_levels() -> None:
    assert {stride for stride, _, _ in _owned([[8, 8, 56, 56]])[0]} == {8.0, 16.0}


def test_assign__large_defect_to_coarse_cells() -> None:
    assert {stride for stride, _, _ in _owned([[-30, -30, 100, 100]])[0]} == {32.0}


def test_assign__cell_between_two_goes_to_the_smaller() -> None:
    owned = _owned([[10, 26, 46, 46], [23, 31, 33, 41]])

    assert (8.0, 28.0, 36.0) in owned[1]
    assert not owned[1] & owned.get(0, set())


def test_assign__no_defects() -> None:
    assert _owned([]) == {}
