"""What the inference service gives: its catalogue of models, and an end to features of images that are gone."""

from collections.abc import Sequence
from typing import Protocol


class ModelCatalogue(Protocol):
    """The models that a project can choose."""

    async def active_version(self, model: str) -> str:
        """Id of the version that answers.

        Args:
            model: Id of the model, for example "efficientnet-lite0".

        Raises:
            ModelUnknown: If the catalogue does not have it.
            Unavailable: If the inference service does not answer.
        """
        ...

    async def check_version(self, model: str, version: str) -> None:
        """Make sure that the catalogue has a version.

        Raises:
            ModelUnknown: If it does not.
            Unavailable: If the inference service does not answer.
        """
        ...


class FeatureRemover(Protocol):
    """Deletes features of images that are gone."""

    async def remove(self, project_id: str, image_ids: Sequence[str]) -> None:
        """Delete the features of these images; no ids: of the whole project. Absent ones are no error.

        Raises:
            Unavailable: If the inference service does not answer.
        """
        ...
