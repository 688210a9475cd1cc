"""What drift is measured from."""

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
