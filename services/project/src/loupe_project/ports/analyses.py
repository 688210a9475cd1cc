"""Analyses in the store. What a scope may not see is not there."""

from collections.abc import Sequence
from typing import Protocol

from loupe_project.domain.analysis import Analysis
from loupe_project.domain.image import FeatureSource
from loupe_project.domain.query.tree import Field
from loupe_project.domain.scope import Scope

PointValue = str | float | None


class AnalysisRepository(Protocol):
    """Maps and what colours them."""

    async def add(self, analysis: Analysis) -> None:
        """Write a new one."""
        ...

    async def get(self, scope: Scope, project_id: str, analysis_id: str) -> Analysis | None:
        """One that is shared, or the caller's own."""
        ...

    async def list_newest_first(self, scope: Scope, project_id: str, *, before: str, limit: int) -> list[Analysis]:
        """Those that are shared and the caller's own, older than the one with the id `before` unless it is empty."""
        ...

    async def save(self, analysis: Analysis) -> bool:
        """Write all that may change; False when it was deleted."""
        ...

    async def delete(self, analysis_id: str) -> None:
        """Delete it."""
        ...

    async def count_features(self, project_id: str, source: FeatureSource, image_ids: Sequence[str]) -> int:
        """How many of the images have features of the source."""
        ...

    async def feature_versions(self, project_id: str, model: str) -> list[str]:
        """Versions of a model that images of the project have features of, the most frequent first."""
        ...

    async def point_values(
        self, scope: Scope, project_id: str, field: Field, image_ids: Sequence[str]
    ) -> dict[str, PointValue]:
        """Value of a field by image id: text or number; images that have none are left out or None."""
        ...
