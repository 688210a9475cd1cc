"""Copies of images in another project as use cases see them."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from loupe_project.domain.copying import CopyPlan
from loupe_project.domain.image import FeatureSource
from loupe_project.domain.project import Project
from loupe_project.domain.scope import Scope


class CopyRepository(Protocol):
    """Gives a project the images of another one; both share the bytes."""

    async def plan(self, scope: Scope, project_id: str, target: Project, copies: Mapping[str, str]) -> CopyPlan:
        """What has to be done so that a project has images of another one.

        Args:
            scope: Images that do not exist for it are passed over.
            project_id: Of the images.
            target: The project that gets them.
            copies: Ids for copies, by id of the image.
        """
        ...

    async def write(
        self,
        project_id: str,
        target: Project,
        plan: CopyPlan,
        features: Mapping[FeatureSource, Collection[str]],
        creator: str,
        now: datetime,
    ) -> Sequence[str]:
        """Write the new ones of a plan with all their facts; those without an answer get an analysis job.

        Args:
            project_id: Of the images.
            target: The project that gets them.
            plan: From `plan`.
            features: Which copies have which features already, by their own ids.
            creator: Who copies.
            now: When they arrive.

        Returns:
            Ids of the images that have a copy now; others are gone meanwhile.

        Raises:
            StoreConflict: If another transaction is writing the same bytes; plan and do it again.
        """
        ...


class FeatureCopier(Protocol):
    """Gives copies the features of their images."""

    async def copy(self, project_id: str, source: FeatureSource, copies: Mapping[str, str]) -> bool:
        """Copy features of one model or set; again changes nothing.

        Args:
            project_id: Of the copies.
            source: Whose features.
            copies: Ids of the copies, by id of the image.

        Returns:
            False if the project has features of this name and another length, so that these cannot join them.

        Raises:
            Unavailable: If the inference service does not answer.
        """
        ...
