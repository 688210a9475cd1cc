from __future__ import annotations

from dataclasses import replace

import pytest

from loupe_inference.domain.catalogue import Catalogue
from loupe_inference.domain.errors import ModelNotFound, ModelVersionNotFound
from loupe_inference.domain.registered import Preprocessing, from_manifest, to_manifest
from tests.unit.inference.fakes import model_spec
from tests.unit.inference.registered import prepared_model, registered_version

SECOND = registered_version(
    2, prepared=prepared_model(labels=("a", "b", "c"), preprocessing=Preprocessing(64, 48, keeps_aspect=True))
)


@pytest.fixture
def catalogue() -> Catalogue:
    made = Catalogue([model_spec("tiny")])
    made.take_registered([registered_version(1, is_active=True), SECOND])
    return made


def test_all__builtin_and_registered_by_id(catalogue: Catalogue) -> None:
    assert [(spec.id, spec.is_builtin) for spec in catalogue.all()] == [("line-3", False), ("tiny", True)]


def test_get__shows_the_active_version(catalogue: Catalogue) -> None:
    spec = catalogue.get("line-3")

    assert (spec.labels, spec.input_width, spec.active_version) == (("good", "bad"), 32, "1")
    assert [version.version for version in spec.versions] == ["2", "1"]


def test_resolve__has_labels_and_input_of_the_version(catalogue: Catalogue) -> None:
    spec, version = catalogue.resolve("line-3", "2")

    assert (spec.labels, spec.input_width, spec.input_height, spec.keeps_aspect) == (("a", "b", "c"), 64, 48, True)
    assert (version.version, spec.active_version) == ("2", "1")
    assert catalogue.resolve("line-3", "")[1].version == "1"


def test_resolve__unknown(catalogue: Catalogue) -> None:
    with pytest.raises(ModelVersionNotFound):
        catalogue.resolve("line-3", "3")
    catalogue.take_registered([])
    with pytest.raises(ModelNotFound):
        catalogue.resolve("line-3", "1")


def test_take_registered__id_that_an_update_of_loupe_took(catalogue: Catalogue) -> None:
    catalogue.take_registered([registered_version(1, "tiny", is_active=True)])

    assert catalogue.get("tiny").is_builtin
    assert catalogue.registered("tiny", "1") is None


def test_manifest__round_trip() -> None:
    version = registered_version(is_active=True)

    assert from_manifest(to_manifest(version), is_active=True) == version
    without = replace(version, config=replace(version.config, preprocessing=None, labels=()))
    assert from_manifest(to_manifest(without), is_active=True) == without
