from __future__ import annotations

import math

import pytest

from loupe_reduction.domain.errors import ParameterOutOfRange, SpecInvalid
from loupe_reduction.domain.recipe import (
    LANDMARKS,
    LANDMARKS_ABOVE,
    PARAMETERS_OF,
    Method,
    PcaParameters,
    Recipe,
    TsneParameters,
    UmapParameters,
    check_recipe,
    fill_recipe,
)


@pytest.mark.parametrize("dimensions", [0, 1, 4])
def test_check_recipe__dimensions(dimensions: int) -> None:
    with pytest.raises(SpecInvalid, match="2 or 3 dimensions") as caught:
        check_recipe(Recipe(Method.PCA, dimensions, PcaParameters()))

    assert caught.value.fields[0].field == "recipe.dimensions"


def test_check_recipe__parameters_of_another_method() -> None:
    with pytest.raises(SpecInvalid, match="not those of UMAP"):
        check_recipe(Recipe(Method.UMAP, 2, PcaParameters()))


@pytest.mark.parametrize(
    ("recipe", "field"),
    [
        (Recipe(Method.TSNE, 2, TsneParameters(perplexity=1.9)), "recipe.tsne.perplexity"),
        (Recipe(Method.TSNE, 2, TsneParameters(perplexity=math.nan)), "recipe.tsne.perplexity"),
        (Recipe(Method.TSNE, 2, TsneParameters(iterations=5001)), "recipe.tsne.iterations"),
        (Recipe(Method.TSNE, 2, TsneParameters(early_exaggeration=0.5)), "recipe.tsne.early_exaggeration"),
        (Recipe(Method.UMAP, 2, UmapParameters(neighbours=1)), "recipe.umap.neighbours"),
        (Recipe(Method.UMAP, 2, UmapParameters(epochs=9)), "recipe.umap.epochs"),
        (Recipe(Method.UMAP, 2, UmapParameters(negative_samples=0)), "recipe.umap.negative_samples"),
    ],
)
def test_check_recipe__out_of_range(recipe: Recipe, field: str) -> None:
    with pytest.raises(ParameterOutOfRange) as caught:
        check_recipe(recipe)

    assert caught.value.metadata["field"] == field


def test_fill_recipe__few_points_lower_the_neighbours() -> None:
    filled = fill_recipe(Recipe(Method.UMAP, 2, UmapParameters(neighbours=15)), 10)

    assert filled.parameters == UmapParameters(neighbours=9, epochs=500)


def test_fill_recipe__many_points_need_fewer_epochs() -> None:
    filled = fill_recipe(Recipe(Method.UMAP, 2, UmapParameters()), 50_000)

    assert filled.parameters == UmapParameters(neighbours=15, epochs=200)


def test_fill_recipe__few_points_lower_the_perplexity() -> None:
    filled = fill_recipe(Recipe(Method.TSNE, 2, TsneParameters()), 10)

    assert filled.parameters == TsneParameters(perplexity=3.0)


@pytest.mark.parametrize("method", [method for method in Method if method is not Method.PCA])
def test_fill_recipe__landmarks_of_very_many_points(method: Method) -> None:
    recipe = Recipe(method, 2, PARAMETERS_OF[method]())

    assert fill_recipe(recipe, LANDMARKS_ABOVE).landmarks == 0
    filled = fill_recipe(recipe, LANDMARKS_ABOVE + 1)
    assert filled.landmarks == LANDMARKS
    # The method lays out the landmarks alone, and its parameters are for as many.
    assert filled.parameters == fill_recipe(recipe, LANDMARKS).parameters


def test_fill_recipe__pca_needs_no_landmarks() -> None:
    assert fill_recipe(Recipe(Method.PCA, 2, PcaParameters()), LANDMARKS_ABOVE + 1).landmarks == 0


def test_fill_recipe__landmarks_are_not_chosen() -> None:
    assert fill_recipe(Recipe(Method.UMAP, 2, UmapParameters(), landmarks=7), 1000).landmarks == 0
