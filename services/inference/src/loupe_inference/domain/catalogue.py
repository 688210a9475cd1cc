"""Finds models by id."""

from collections.abc import Mapping, Sequence

from loupe_inference.domain import builtin_models
from loupe_inference.domain.errors import ModelNotFound, ModelVersionNotFound
from loupe_inference.domain.model import ModelSpec, ModelVersion
from loupe_inference.domain.registered import RegisteredVersion, spec_of

UPLOADED = "uploaded"
"""Stands for a model in the keys of features that were computed elsewhere; no model may have this id."""


class Catalogue:
    """Finds models by id: those that come with Loupe, and those that were registered here.

    Args:
        specs: The models that come with Loupe.
    """

    def __init__(self, specs: Sequence[ModelSpec]) -> None:
        self._builtin = {spec.id: spec for spec in specs}
        self._registered: Mapping[tuple[str, str], RegisteredVersion] = {}
        self._specs: Mapping[str, ModelSpec] = dict(sorted(self._builtin.items()))

    def take_registered(self, versions: Sequence[RegisteredVersion]) -> None:
        """Have these registered versions, and no others, from now on; of each model one is active."""
        self._registered = {(one.model, one.version): one for one in versions}
        active = {one.model: spec_of(self._siblings(one.model), one) for one in versions if one.is_active}
        # A model that comes with Loupe hides one that was registered under its id before an update.
        self._specs = dict(sorted((active | self._builtin).items()))

    def registered(self, model: str, version: str) -> RegisteredVersion | None:
        """A registered version; None for versions that come with Loupe and for unknown ones."""
        return None if model in self._builtin else self._registered.get((model, version))

    def all_registered(self) -> dict[tuple[str, str], RegisteredVersion]:
        """Every registered version by ids of its model and of itself."""
        return {key: version for key, version in self._registered.items() if key[0] not in self._builtin}

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
        """A model and one of its versions, the active one for "". The model has the labels and input of that version.

        Raises:
            ModelNotFound: If there is no such model.
            ModelVersionNotFound: If it has no such version.
        """
        spec = self.get(model)
        wanted = version or spec.active_version
        registered = self.registered(model, wanted)
        if registered is not None:
            return spec_of(self._siblings(model), registered), registered.catalogued()
        for candidate in spec.versions:
            if candidate.version == wanted:
                return spec, candidate
        known = ", ".join(candidate.version for candidate in spec.versions)
        raise ModelVersionNotFound(
            f"Model {model} has no version {wanted[:80]!r}; choose one of: {known}.", model=model, version=wanted[:80]
        )

    def _siblings(self, model: str) -> list[RegisteredVersion]:
        return [one for one in self._registered.values() if one.model == model]


def builtin() -> Catalogue:
    """The models that come with Loupe."""
    return Catalogue(builtin_models.specs())
