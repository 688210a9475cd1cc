"""The SQL store as use cases see it. What a scope may not see is not there: None, or left out."""

from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import Protocol

from loupe_kit.errors import Aborted
from loupe_project.domain.image import (
    ALL_FACTS,
    Added,
    Arrival,
    Fact,
    Image,
    ImageDetails,
    Label,
    MetadataValue,
    NewImage,
    NewLabel,
)
from loupe_project.domain.job import Result
from loupe_project.domain.label_files.rows import ImageKey
from loupe_project.domain.project import ImageCounts, Project
from loupe_project.domain.scope import Scope
from loupe_project.ports.access import ImageAccessRepository
from loupe_project.ports.analyses import AnalysisRepository
from loupe_project.ports.audit import AuditOutbox
from loupe_project.ports.copies import CopyRepository
from loupe_project.ports.curation import CurationRepository
from loupe_project.ports.drift_watch import DriftRepository
from loupe_project.ports.evaluation import EvaluationRepository
from loupe_project.ports.export import ExportRepository
from loupe_project.ports.heads import HeadRepository
from loupe_project.ports.history import HistoryRepository
from loupe_project.ports.image_sets import ImageSetRepository
from loupe_project.ports.intake import BatchRepository
from loupe_project.ports.jobs import JobRepository
from loupe_project.ports.label_files import NamedImages
from loupe_project.ports.metadata import MetadataRepository
from loupe_project.ports.operations import OperationRepository
from loupe_project.ports.placements import PlacementRepository
from loupe_project.ports.removals import RemovalRepository
from loupe_project.ports.reviews import ReviewRepository
from loupe_project.ports.saved_searches import SavedSearchRepository
from loupe_project.ports.search import ImageSearch
from loupe_project.ports.splits import SplitRepository
from loupe_project.ports.tags import TagRepository
from loupe_project.ports.trash import TrashRepository


class StoreConflict(Aborted):
    """Two transactions wrote the same at once and this one lost; the whole transaction can be done again."""


class ProjectRepository(Protocol):
    """Projects."""

    async def get(self, scope: Scope, project_id: str) -> Project | None:
        """One project with its members and the caller's role in it."""
        ...

    async def list_newest_first(
        self, scope: Scope, *, contains: str, after: tuple[datetime, str] | None, limit: int
    ) -> list[Project]:
        """Projects whose folded name contains `contains`, after the one with this creation time and id."""
        ...

    async def add(self, project: Project) -> None:
        """Write a new project with its members."""
        ...

    async def save(self, project: Project, *, revision: int) -> bool:
        """Write all of a project over revision `revision`; False when it has another one by now."""
        ...

    async def delete(self, project_id: str, now: datetime) -> None:
        """Delete a project with all in it; its objects and features are put on the list of removals."""
        ...

    async def image_counts(self, scope: Scope, projects: Sequence[Project]) -> dict[str, ImageCounts]:
        """Images that exist for the scope by state, for each of the projects as it was read for it."""
        ...

    async def owners(self) -> list[str]:
        """Ids of all who own a project."""
        ...

    async def list_by_owners(
        self, owner_ids: Sequence[str], *, after: tuple[datetime, str] | None, limit: int
    ) -> list[Project]:
        """Projects of these people, whoever sees them, newest first, after the one with this creation time and id."""
        ...


class ImageRepository(Protocol):
    """Images and their facts."""

    async def add(self, project: Project, arrival: Arrival, images: Sequence[NewImage]) -> list[Added]:
        """Write images that arrive together: rows, metadata, labels, automatic and given tags, analysis jobs.

        Bytes that the project has already, or that come twice in `images`, are answered as duplicates and
        nothing is written for them. An image of the same bytes that is in the trash comes back instead, as it was.

        Returns:
            What became of each, in the order of `images`.

        Raises:
            StoreConflict: If another transaction is writing the same bytes; do the whole transaction again.
        """
        ...

    async def get(self, scope: Scope, project_id: str, image_id: str) -> Image | None:
        """One image."""
        ...

    async def details(
        self, scope: Scope, project_id: str, image_ids: Sequence[str], facts: Collection[Fact] = ALL_FACTS
    ) -> list[ImageDetails]:
        """What is known of images, in the order of the ids; those that are not there are left out.

        Facts that are not asked for are empty.
        """
        ...

    async def existing(self, scope: Scope, project_id: str, image_ids: Sequence[str]) -> set[str]:
        """Those of the ids that are images of the project."""
        ...

    async def sees_all(self, scope: Scope, project_id: str) -> bool:
        """Whether every image of the project exists for the scope."""
        ...

    async def counts_by_batch(self, scope: Scope, project_id: str, batch_ids: Sequence[str]) -> dict[str, ImageCounts]:
        """Images of upload batches that exist for the scope, by state by batch id."""
        ...

    async def put_metadata(
        self, project_id: str, metadata: Mapping[str, Mapping[str, MetadataValue]], now: datetime, *, replace: bool
    ) -> None:
        """Give images metadata, by image id, and mend the automatic tags that follow from them.

        Args:
            project_id: Of all the images.
            metadata: Values by key, by image id.
            now: Time of the change.
            replace: Whether keys that are not given are taken away; otherwise they stay.
        """
        ...

    async def set_capture_times(self, project_id: str, times: Mapping[str, datetime | None], now: datetime) -> None:
        """Say when images were taken, by image id; their tag of the month follows."""
        ...

    async def delete(self, project_id: str, image_ids: Sequence[str], now: datetime) -> int:
        """Delete images with their facts; bytes and features are put on the list of removals. How many there were."""
        ...


class LabelRepository(Protocol):
    """Ground truth."""

    async def list_oldest_first(self, image_id: str, *, after: str, limit: int) -> list[Label]:
        """Labels of an image, after the one with the id `after`."""
        ...

    async def of_images(self, image_ids: Sequence[str]) -> dict[str, list[Label]]:
        """All labels of images, the oldest first; each of the images is in it."""
        ...

    async def put(
        self, project_id: str, labels: Mapping[str, Sequence[NewLabel]], creator: str, now: datetime
    ) -> dict[str, list[Label]]:
        """Give images labels, by image id. A label without a box takes the place of the image's class."""
        ...

    async def find_images(
        self, scope: Scope, project_id: str, key: ImageKey, names: Sequence[str], *, is_stem: bool
    ) -> NamedImages:
        """Images that the names in a file of labels mean.

        Args:
            scope: Whose rights count.
            project_id: Where to look.
            key: What the names are.
            names: As they stand in the file. Names of files are looked for with their folders first, then by their
                last part.
            is_stem: Whether names of files lack their ending.
        """
        ...

    async def exchange(self, project_id: str, gone: Sequence[Label], come: Sequence[Label], now: datetime) -> None:
        """Take labels away and write others, with the ids, people and times that they have."""
        ...


class ResultRepository(Protocol):
    """Answers of models."""

    async def store(self, results: Sequence[Result], now: datetime) -> int:
        """Write results of jobs that still wait for this attempt, and end the jobs; how many there were."""
        ...


class Store(Protocol):
    """A transaction and the repositories that work in it.

    `ProjectUnitOfWork` is one. Each feature adds its repositories here.
    """

    @property
    def projects(self) -> ProjectRepository:
        """Projects."""
        ...

    @property
    def images(self) -> ImageRepository:
        """Images."""
        ...

    @property
    def trash(self) -> TrashRepository:
        """Images that were deleted and can still come back."""
        ...

    @property
    def copies(self) -> CopyRepository:
        """Copies of images in other projects."""
        ...

    @property
    def metadata(self) -> MetadataRepository:
        """Metadata that people change."""
        ...

    @property
    def image_access(self) -> ImageAccessRepository:
        """Who may see single images."""
        ...

    @property
    def history(self) -> HistoryRepository:
        """Who changed what of images."""
        ...

    @property
    def audit(self) -> AuditOutbox:
        """What the audit is told."""
        ...

    @property
    def search(self) -> ImageSearch:
        """Finding images."""
        ...

    @property
    def tags(self) -> TagRepository:
        """Tags."""
        ...

    @property
    def labels(self) -> LabelRepository:
        """Ground truth."""
        ...

    @property
    def evaluation(self) -> EvaluationRepository:
        """Predictions beside labels."""
        ...

    @property
    def reviews(self) -> ReviewRepository:
        """The review queue."""
        ...

    @property
    def results(self) -> ResultRepository:
        """Answers of models."""
        ...

    @property
    def jobs(self) -> JobRepository:
        """Promised analyses."""
        ...

    @property
    def removals(self) -> RemovalRepository:
        """What still has to go."""
        ...

    @property
    def batches(self) -> BatchRepository:
        """Upload batches."""
        ...

    @property
    def operations(self) -> OperationRepository:
        """Long work."""
        ...

    @property
    def analyses(self) -> AnalysisRepository:
        """Maps."""
        ...

    @property
    def placements(self) -> PlacementRepository:
        """Images that were placed on maps."""
        ...

    @property
    def exports(self) -> ExportRepository:
        """Exports."""
        ...

    @property
    def saved_searches(self) -> SavedSearchRepository:
        """Searches under a name."""
        ...

    @property
    def image_sets(self) -> ImageSetRepository:
        """Sets of images that queries name."""
        ...

    @property
    def curation(self) -> CurationRepository:
        """Selections, and what curation runs found."""
        ...

    @property
    def splits(self) -> SplitRepository:
        """Splits, and what shows the same."""
        ...

    @property
    def drift(self) -> DriftRepository:
        """What drift is measured from, and projects that are watched for it."""
        ...

    @property
    def heads(self) -> HeadRepository:
        """Heads and their answers."""
        ...

    async def forget_requests(self, before: datetime) -> None:
        """Forget the answers, kept for repeated request ids, that were given before then."""
        ...

    async def commit(self) -> None:
        """Make it durable."""
        ...


class StoreFactory(Protocol):
    """Makes stores: `async with factory() as store: …`."""

    def __call__(self, *, read_only: bool = False) -> AbstractAsyncContextManager[Store]:
        """A new transaction, rolled back unless it is committed."""
        ...
