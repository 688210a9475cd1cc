"""What drift is measured from."""

from collections.abc import Sequence
from typing import Protocol
from zoneinfo import ZoneInfo

from loupe_project.domain.curation import CurationRun
from loupe_project.domain.drift import Judged
from loupe_project.domain.scope import Scope


class DriftFacts(Protocol):
    """Facts of images that a run has scored."""

    async def judged(self, scope: Scope, run: CurationRun, zone: ZoneInfo) -> list[Judged]:
        """The images of a run that exist for the scope.

        Args:
            scope: Of the caller.
            run: Of KIND_OUTLIERS.
            zone: In which days begin.
        """
        ...

    async def facts(self, scope: Scope, project_id: str, image_ids: Sequence[str], zone: ZoneInfo) -> list[Judged]:
        """What is known of images that exist for the scope, scored or not: their score is 0.

        Args:
            scope: Of the caller.
            project_id: Theirs.
            image_ids: Which.
            zone: In which days begin.
        """
        ...
