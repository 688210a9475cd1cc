from __future__ import annotations

import pytest

from loupe.reduction.v1 import curation_service_pb2 as curation_pb
from loupe.reduction.v1 import feature_source_pb2 as source_pb
from loupe.reduction.v1 import projection_pb2 as projection_pb
from loupe.reduction.v1 import reduction_service_pb2 as pb
from loupe_kit import ids
from loupe_kit.errors import InvalidArgument
from loupe_reduction.convert import requests
from loupe_reduction.domain.errors import SpecInvalid
from loupe_reduction.domain.features import FeatureSource
from loupe_reduction.domain.jobs import DuplicateJob, FitJob, OutlierJob, SelectJob, Strategy
from loupe_reduction.domain.recipe import Method, Metric, PcaParameters, Recipe, TsneParameters, UmapParameters

PROJECT = ids.new_id()
MODEL = source_pb.FeatureSource(model_features=source_pb.ModelFeatures(model="m", version="1"))


def _recipe(**fields: object) -> projection_pb.Recipe:
    return projection_pb.Recipe(**{"method": projection_pb.METHOD_UMAP, "dimensions": 2, **fields})  # type: ignore[arg-type]


def test_fit_order__defaults() -> None:
    order = requests.fit_order(pb.FitSpec(project_id=PROJECT, source=MODEL, recipe=_recipe(seed=5)), 12)

    assert order.source == FeatureSource("m", "1")
    assert order.requester == f"projects/{PROJECT}"
    assert order.job == FitJob(Recipe(Method.UMAP, 2, UmapParameters(), 5))


def test_fit_order__requester() -> None:
    spec = pb.FitSpec(project_id=PROJECT, source=MODEL, recipe=_recipe(), requester="users/ada")

    assert requests.fit_order(spec, 12).requester == "users/ada"


@pytest.mark.parametrize(
    ("message", "parameters"),
    [
        (
            _recipe(
                umap=projection_pb.UmapParameters(
                    neighbours=30, epochs=50, negative_samples=3, metric=projection_pb.METRIC_COSINE
                )
            ),
            UmapParameters(30, 50, 3, Metric.COSINE),
        ),
        (
            _recipe(method=projection_pb.METHOD_TSNE, tsne=projection_pb.TsneParameters(perplexity=5, iterations=60)),
            TsneParameters(perplexity=5, iterations=60),
        ),
        (
            _recipe(method=projection_pb.METHOD_PCA, pca=projection_pb.PcaParameters(unit_variance=True)),
            PcaParameters(unit_variance=True),
        ),
        (_recipe(method=projection_pb.METHOD_TSNE), TsneParameters()),
    ],
)
def test_recipe__parameters(message: projection_pb.Recipe, parameters: object) -> None:
    assert requests.recipe(message).parameters == parameters


@pytest.mark.parametrize(
    ("spec", "field"),
    [
        (pb.FitSpec(source=MODEL, recipe=_recipe()), "project_id"),
        (pb.FitSpec(project_id=PROJECT, recipe=_recipe()), "source"),
        (
            pb.FitSpec(
                project_id=PROJECT,
                recipe=_recipe(),
                source=source_pb.FeatureSource(model_features=source_pb.ModelFeatures(model="m")),
            ),
            "source",
        ),
        (pb.FitSpec(project_id=PROJECT, source=MODEL), "recipe.method"),
        (pb.FitSpec(project_id=PROJECT, source=MODEL, recipe=_recipe(method=99)), "recipe.method"),
        (
            pb.FitSpec(project_id=PROJECT, source=MODEL, recipe=_recipe(pca=projection_pb.PcaParameters())),
            "recipe.parameters",
        ),
        (
            pb.FitSpec(
                project_id=PROJECT,
                source=MODEL,
                recipe=_recipe(umap=projection_pb.UmapParameters(metric=9)),  # type: ignore[arg-type]
            ),
            "recipe.umap.metric",
        ),
    ],
)
def test_fit_order__refused(spec: pb.FitSpec, field: str) -> None:
    with pytest.raises(SpecInvalid) as caught:
        requests.fit_order(spec, 12)

    assert caught.value.metadata["field"] == field
    assert caught.value.fields[0].field == field


def test_fit_order__project_id_is_no_id() -> None:
    with pytest.raises(InvalidArgument):
        requests.fit_order(pb.FitSpec(project_id="line-3", source=MODEL, recipe=_recipe()), 12)


def test_feature_source__uploaded() -> None:
    message = source_pb.FeatureSource(named_features=source_pb.NamedFeatures(feature_set="autoencoder"))

    assert requests.feature_source(message, "source") == FeatureSource("uploaded", "autoencoder")


def test_curation_orders__defaults_and_values() -> None:
    given = curation_pb.CurationInput(project_id=PROJECT, source=MODEL, seed=3)

    assert requests.outlier_order(curation_pb.OutlierSpec(input=given)).job == OutlierJob(15, 3)
    assert requests.outlier_order(curation_pb.OutlierSpec(input=given, neighbours=4)).job == OutlierJob(4, 3)
    assert requests.duplicate_order(curation_pb.DuplicateSpec(input=given)).job == DuplicateJob(1.0, 0.02, 3)
    assert requests.duplicate_order(
        curation_pb.DuplicateSpec(input=given, percentile=2, max_distance=0)
    ).job == DuplicateJob(2.0, 0.0, 3)
    assert requests.select_order(curation_pb.SelectSpec(input=given, count=7)).job == SelectJob(
        7, Strategy.FACILITY_LOCATION, 3
    )
    assert requests.select_order(
        curation_pb.SelectSpec(input=given, count=7, strategy=curation_pb.STRATEGY_KMEANS)
    ).job == SelectJob(7, Strategy.KMEANS, 3)


def test_fit_order__zero_epochs_are_not_the_default() -> None:
    message = _recipe(umap=projection_pb.UmapParameters(epochs=0))

    parameters = requests.recipe(message).parameters
    assert isinstance(parameters, UmapParameters)
    assert parameters.epochs == -1
