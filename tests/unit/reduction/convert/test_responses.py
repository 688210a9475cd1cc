from __future__ import annotations

from loupe_reduction.convert import requests, responses
from loupe_reduction.domain.recipe import Method, Recipe, UmapParameters


def test_recipe_message__says_everything() -> None:
    made = Recipe(Method.UMAP, 3, UmapParameters(20, 200, 4), seed=2**64 - 1, landmarks=50_000)

    message = responses.recipe_message(made)

    assert message.landmarks == 50_000
    # What a caller says of landmarks is not read: they follow from the number of images.
    assert requests.recipe(message) == Recipe(Method.UMAP, 3, UmapParameters(20, 200, 4), seed=2**64 - 1)
