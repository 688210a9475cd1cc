"""Everything that decides a projection besides the vectors themselves."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum
from math import log10

from loupe_kit.errors import FieldViolation
from loupe_reduction.domain.errors import ParameterOutOfRange, SpecInvalid
from loupe_reduction.domain.reducers import MAX_ANCHORS

MINIMUM_POINTS = 10
"""Fewer images make no map and no outlier scores."""

LANDMARKS_ABOVE = 200_000
"""Different vectors above which a method lays out landmarks and the others are placed among them."""

LANDMARKS = MAX_ANCHORS
"""Of such a map; they are what other images are placed by later, too, so an image of the map lands on itself."""


class Method(Enum):
    """How vectors become coordinates."""

    PCA = "PCA"
    TSNE = "TSNE"
    UMAP = "UMAP"
    PACMAP = "PACMAP"


class Metric(Enum):
    """How the distance of two vectors is measured."""

    EUCLIDEAN = "EUCLIDEAN"
    COSINE = "COSINE"


@dataclass(frozen=True)
class PcaParameters:
    """Fine tuning of principal component analysis."""

    unit_variance: bool = False
    """Divide each value by its standard deviation first."""


@dataclass(frozen=True)
class TsneParameters:
    """Fine tuning of t-SNE."""

    perplexity: float = 30.0
    """Effective number of neighbours, in [2, 200]."""

    iterations: int = 500
    """Steps after the early ones, in [50, 5000]."""

    early_exaggeration: float = 12.0
    """Factor of the pull in the early steps, in [1, 100]."""

    metric: Metric = Metric.EUCLIDEAN


@dataclass(frozen=True)
class UmapParameters:
    """Fine tuning of UMAP."""

    neighbours: int = 15
    """Neighbours that each image is tied to, in [2, 200]."""

    epochs: int | None = None
    """Passes over all points, in [10, 5000]; None: by the number of images."""

    negative_samples: int = 5
    """Pushes for each pull, in [1, 50]."""

    metric: Metric = Metric.EUCLIDEAN


@dataclass(frozen=True)
class PacmapParameters:
    """Fine tuning of PaCMAP."""

    neighbours: int | None = None
    """Near partners that each image chooses, in [2, 200]; None: by the number of images."""

    iterations: int = 450
    """Steps of the three phases together, in [50, 5000]."""

    metric: Metric = Metric.EUCLIDEAN


Parameters = PcaParameters | TsneParameters | UmapParameters | PacmapParameters

PARAMETERS_OF: dict[Method, type[Parameters]] = {
    Method.PCA: PcaParameters,
    Method.TSNE: TsneParameters,
    Method.UMAP: UmapParameters,
    Method.PACMAP: PacmapParameters,
}


@dataclass(frozen=True)
class Recipe:
    """The method, its parameters, and the seed of every random choice."""

    method: Method

    dimensions: int
    """2 or 3."""

    parameters: Parameters
    """Of the type that belongs to the method."""

    seed: int = 0
    """In [0, 2^64)."""

    landmarks: int = 0
    """Different vectors that the method lays out itself, the others being placed among them; 0: all. Follows from the
    number of images: what a caller says is not looked at."""


def check_recipe(recipe: Recipe) -> None:
    """Refuses a recipe that no number of images could be fitted with.

    Raises:
        SpecInvalid: the dimensions are not 2 or 3, or the parameters are of another method.
        ParameterOutOfRange: a parameter is out of its range.
    """
    if recipe.dimensions not in {2, 3}:
        raise spec_invalid("recipe.dimensions", f"A map has 2 or 3 dimensions, not {recipe.dimensions}.")
    parameters = recipe.parameters
    if not isinstance(parameters, PARAMETERS_OF[recipe.method]):
        raise spec_invalid("recipe.parameters", f"The parameters are not those of {recipe.method.value}.")
    if isinstance(parameters, TsneParameters):
        check_range("recipe.tsne.perplexity", parameters.perplexity, 2, 200)
        check_range("recipe.tsne.iterations", parameters.iterations, 50, 5000)
        check_range("recipe.tsne.early_exaggeration", parameters.early_exaggeration, 1, 100)
    if isinstance(parameters, UmapParameters):
        check_range("recipe.umap.neighbours", parameters.neighbours, 2, 200)
        check_range("recipe.umap.epochs", parameters.epochs or 10, 10, 5000)
        check_range("recipe.umap.negative_samples", parameters.negative_samples, 1, 50)
    if isinstance(parameters, PacmapParameters):
        check_range("recipe.pacmap.neighbours", 2 if parameters.neighbours is None else parameters.neighbours, 2, 200)
        check_range("recipe.pacmap.iterations", parameters.iterations, 50, 5000)


def fill_recipe(recipe: Recipe, count: int) -> Recipe:
    """Returns the recipe as it can be carried out with `count` different vectors, every value filled in."""
    landmarks = LANDMARKS if count > LANDMARKS_ABOVE and recipe.method is not Method.PCA else 0
    recipe = replace(recipe, landmarks=landmarks)
    count = landmarks or count
    parameters = recipe.parameters
    if isinstance(parameters, TsneParameters):
        perplexity = min(parameters.perplexity, max(1.0, (count - 1) / 3))
        return replace(recipe, parameters=replace(parameters, perplexity=perplexity))
    if isinstance(parameters, UmapParameters):
        neighbours = max(1, min(parameters.neighbours, count - 1))
        epochs = parameters.epochs or _epochs(count)
        return replace(recipe, parameters=replace(parameters, neighbours=neighbours, epochs=epochs))
    if isinstance(parameters, PacmapParameters):
        # Half of few vectors at most: with all of them near, none would push and the map would be one point.
        near = max(1, min(parameters.neighbours or _partners(count), (count - 1) // 2))
        return replace(recipe, parameters=replace(parameters, neighbours=near))
    return recipe


def _epochs(count: int) -> int:
    # Few points settle late; many points cost more a pass and gain little after 200. Of 20,000 made-up ones 300 passes
    # give a trustworthiness of 0.943 and 200 give 0.931; 500 give no more.
    if count <= 10_000:
        return 500
    return 300 if count <= 30_000 else 200


def _partners(count: int) -> int:
    # The paper's: 10 for few, and 15 more for each further power of ten.
    return 10 if count <= 10_000 else round(10 + 15 * (log10(count) - 4))


def spec_invalid(field: str, message: str) -> SpecInvalid:
    """Returns the error for one field of a spec."""
    return SpecInvalid(message, fields=[FieldViolation(field, message)], field=field)


def check_range(field: str, value: float, minimum: float, maximum: float) -> None:
    """Refuses a value outside [minimum, maximum]; NaN too.

    Raises:
        ParameterOutOfRange: naming the field and the range.
    """
    if minimum <= value <= maximum:
        return
    message = f"{field} is {value:g}; give a value from {minimum:g} to {maximum:g}."
    raise ParameterOutOfRange(
        message,
        fields=[FieldViolation(field, message)],
        field=field,
        value=f"{value:g}",
        minimum=f"{minimum:g}",
        maximum=f"{maximum:g}",
    )
