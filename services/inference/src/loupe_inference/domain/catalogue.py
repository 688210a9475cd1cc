"""Finds models by id."""

from collections.abc import Mapping, Sequence

from loupe_inference.domain import builtin_models
from loupe_inference.domain.errors import ModelNotFound, ModelVersionNotFound
from loupe_inference.domain.model import ModelSpec, ModelVersion

UPLOADED = "uploaded"
"""Stands for a model in the keys of features that were computed elsewhere; no model may have this id."""


class Catalogue:
    """Finds models by id.

    Args:
        specs: The models of this installation.
    """

    def __init__(self, specs: Sequence[ModelSpec]) -> None:
        self._specs: Mapping[str, ModelSpec] = {spec.id: spec for spec in sorted(specs, key=lambda spec: spec.id)}

    def all(self) -> list[ModelSpec]:
        """Every model, by id."""
        return list(self._specs.values())

    def get(self, model: str) -> ModelSpec:
        """The model with this id.

        Raises:
            ModelNotFound: If there is none.
        """
        spec = self._specs.get(model)
        if spec is None:
            known = ", ".join(self._specs)
            raise ModelNotFound(f"There is no model {model[:80]!r}; choose one of: {known}.", model=model[:80])
        return spec

    def get_by_name(self, name: str) -> ModelSpec:
        """The model with this resource name, such as "models/efficientnet-lite0".

        Raises:
            ModelNotFound: If there is none.
        """
        collection, _, model = name.partition("/")
        if collection != "models" or not model:
            raise ModelNotFound(
                f"{name[:80]!r} is not the name of a model; give one such as 'models/efficientnet-lite0'.",
                model=name[:80],
            )
        return self.get(model)

    def resolve(self, model: str, version: str) -> tuple[ModelSpec, ModelVersion]:
        """A model and one of its versions, the active one for "".

        Raises:
            ModelNotFound: If there is no such model.
            ModelVersionNotFound: If it has no such version.
        """
        spec = self.get(model)
        wanted = version or spec.active_version
        for candidate in spec.versions:
            if candidate.version == wanted:
                return spec, candidate
        known = ", ".join(candidate.version for candidate in spec.versions)
        raise ModelVersionNotFound(
            f"Model {model} has no version {wanted[:80]!r}; choose one of: {known}.", model=model, version=wanted[:80]
        )


def builtin() -> Catalogue:
    """The models that come with Loupe."""
    return Catalogue(builtin_models.specs())
