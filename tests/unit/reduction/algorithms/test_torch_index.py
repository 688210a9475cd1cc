from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch

from loupe_reduction.algorithms import torch_index
from loupe_reduction.algorithms.neighbours import Index, build_cells, find_neighbours, nearest_among
from loupe_reduction.algorithms.projection import project
from loupe_reduction.algorithms.torch_index import TorchIndex, index_on_gpu
from loupe_reduction.domain.recipe import Method, Recipe, UmapParameters
from tests.unit.reduction.arrays import clusters, purity

DEVICES = ["cpu", pytest.param("cuda", marks=pytest.mark.gpu)]


def _on(device: str) -> Callable[[np.ndarray, int], Index]:
    return lambda values, _: TorchIndex(values, device)


@pytest.mark.parametrize("device", DEVICES)
def test_torch_index__finds_what_the_processor_finds(device: str) -> None:
    values, _ = clusters(3000, dimension=12)

    found = find_neighbours(values, 10, build=_on(device))
    wanted = find_neighbours(values, 10, build=build_cells)

    assert found.distances == pytest.approx(wanted.distances, abs=1e-4)
    # Where two are as far away the one or the other comes first.
    assert (found.indices == wanted.indices).mean() > 0.999


@pytest.mark.parametrize("device", DEVICES)
def test_torch_index__in_blocks(device: str, monkeypatch: pytest.MonkeyPatch) -> None:
    values, _ = clusters(500, dimension=6)
    whole = nearest_among(values, values[:100] + np.float32(0.01), 5, build=_on(device))
    monkeypatch.setattr(torch_index, "BLOCK_BYTES", 4 * 500 * 7)

    cut = nearest_among(values, values[:100] + np.float32(0.01), 5, build=_on(device))

    assert np.array_equal(cut.indices, whole.indices)
    assert cut.distances == pytest.approx(whole.distances, abs=1e-6)


@pytest.mark.parametrize("device", DEVICES)
def test_torch_index__close_vectors_far_from_the_origin(device: str) -> None:
    values = np.full((40, 3), 1000, np.float32)
    values[:, 0] += np.arange(40, dtype=np.float32) / 64

    squared, rows = TorchIndex(values, device).search(values[5:6], 3)

    assert rows[0, 0] == 5
    assert squared[0].tolist() == [0, 1 / 64**2, 1 / 64**2]


@pytest.mark.parametrize("device", DEVICES)
def test_torch_index__fewer_vectors_than_are_wanted(device: str) -> None:
    squared, rows = TorchIndex(np.eye(2, dtype=np.float32), device).search(np.eye(2, dtype=np.float32), 4)

    assert rows.tolist() == [[0, 1, -1, -1], [1, 0, -1, -1]]
    assert squared[:, :2].tolist() == [[0, 2], [0, 2]]
    assert np.isinf(squared[:, 2:]).all()


@pytest.mark.parametrize("device", DEVICES)
def test_project__by_torch(device: str) -> None:
    values, labels = clusters(600)
    recipe = Recipe(Method.UMAP, 2, UmapParameters(epochs=100))

    made = project(values, recipe, threads=2, report=lambda _: None, build=_on(device))
    again = project(values, recipe, threads=1, report=lambda _: None, build=_on(device))

    assert purity(made.coordinates, labels) > 0.97
    assert np.array_equal(made.coordinates, again.coordinates)


def test_index_on_gpu__none_where_there_is_none() -> None:
    assert (index_on_gpu() is None) == (not torch.cuda.is_available())
