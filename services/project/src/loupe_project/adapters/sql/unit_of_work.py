"""One transaction of the SQL store and its repositories."""

from collections.abc import Iterable
from datetime import datetime
from functools import cached_property
from types import TracebackType

from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncEngine

from loupe_kit.sql import UnitOfWork, forget_requests
from loupe_project.adapters.search.indexes import SearchIndexes
from loupe_project.adapters.search.search import IndexedImageSearch
from loupe_project.adapters.sql.analyses import SqlAnalysisRepository
from loupe_project.adapters.sql.audit_outbox import SqlAuditOutbox
from loupe_project.adapters.sql.copies import SqlCopyRepository
from loupe_project.adapters.sql.curation import SqlCurationRepository
from loupe_project.adapters.sql.drift_watch import SqlDriftRepository
from loupe_project.adapters.sql.evaluation import SqlEvaluationRepository
from loupe_project.adapters.sql.exports import SqlExportRepository
from loupe_project.adapters.sql.heads import SqlHeadRepository
from loupe_project.adapters.sql.history import SqlHistoryRepository
from loupe_project.adapters.sql.image_access import SqlImageAccessRepository
from loupe_project.adapters.sql.image_sets import SqlImageSetRepository
from loupe_project.adapters.sql.images import SqlImageRepository
from loupe_project.adapters.sql.jobs import SqlJobRepository, SqlRemovalRepository
from loupe_project.adapters.sql.labels import SqlLabelRepository
from loupe_project.adapters.sql.metadata import SqlMetadataRepository
from loupe_project.adapters.sql.operations import SqlOperationRepository
from loupe_project.adapters.sql.placements import SqlPlacementRepository
from loupe_project.adapters.sql.projects import SqlProjectRepository
from loupe_project.adapters.sql.results import SqlResultRepository
from loupe_project.adapters.sql.reviews import SqlReviewRepository
from loupe_project.adapters.sql.saved_searches import SqlSavedSearchRepository
from loupe_project.adapters.sql.search import SqlImageSearch
from loupe_project.adapters.sql.search_changes import ChangeLog
from loupe_project.adapters.sql.splits import SqlSplitRepository
from loupe_project.adapters.sql.tags import SqlTagRepository
from loupe_project.adapters.sql.trash import SqlTrashRepository
from loupe_project.adapters.sql.upload_batches import SqlBatchRepository
from loupe_project.ports.search import ImageSearch
from loupe_project.ports.store import StoreConflict

_CONFLICTS = frozenset({1020, 1205, 1213})
"""MariaDB: record has changed since last read, lock wait timeout, deadlock. SQLite's writers queue up instead."""


class ProjectUnitOfWork(UnitOfWork):
    """`async with uow_factory() as uow: …; await uow.commit()`. Each feature adds its repositories."""

    def __init__(self, engine: AsyncEngine, *, read_only: bool = False, indexes: SearchIndexes | None = None) -> None:
        # Writers on MariaDB see what others have committed meanwhile: a tag that two of them add at once is one tag.
        if not read_only and engine.dialect.name != "sqlite":
            engine = engine.execution_options(isolation_level="READ COMMITTED")
        super().__init__(engine, read_only=read_only)
        self._changes = None if read_only else ChangeLog(self.session)
        self._indexes = indexes

    async def commit(self) -> None:
        """Make everything durable and visible, and with it what search indexes have to read anew."""
        if self._changes is not None:
            await self._changes.write()
        await super().commit()

    def _changed_projects(self) -> Iterable[str]:
        return () if self._changes is None else self._changes.changed_projects

    async def rollback(self) -> None:
        """Forget everything since the start, or since the last commit."""
        if self._changes is not None:
            self._changes.forget()
        await super().rollback()

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Close, and say of a lost race that it was one.

        Raises:
            StoreConflict: If the database gave the way to another transaction; all of it can be done again.
        """
        await super().__aexit__(exc_type, exc, traceback)
        if isinstance(exc, OperationalError) and exc.orig and exc.orig.args[:1] and exc.orig.args[0] in _CONFLICTS:
            raise StoreConflict("Another change came first; try again.") from exc

    async def forget_requests(self, before: datetime) -> None:
        """Forget the answers that were given before then."""
        await forget_requests(self.session, before)

    @cached_property
    def projects(self) -> SqlProjectRepository:
        """Projects."""
        return SqlProjectRepository(self.session)

    @cached_property
    def images(self) -> SqlImageRepository:
        """Images."""
        return SqlImageRepository(self.session)

    @cached_property
    def trash(self) -> SqlTrashRepository:
        """Images that were deleted and can still come back."""
        return SqlTrashRepository(self.session)

    @cached_property
    def copies(self) -> SqlCopyRepository:
        """Copies of images in other projects."""
        return SqlCopyRepository(self.session)

    @cached_property
    def metadata(self) -> SqlMetadataRepository:
        """Metadata that people change."""
        return SqlMetadataRepository(self.session)

    @cached_property
    def image_access(self) -> SqlImageAccessRepository:
        """Who may see single images."""
        return SqlImageAccessRepository(self.session)

    @cached_property
    def history(self) -> SqlHistoryRepository:
        """Who changed what of images."""
        return SqlHistoryRepository(self.session)

    @cached_property
    def audit(self) -> SqlAuditOutbox:
        """What the audit is told."""
        return SqlAuditOutbox(self.session)

    @cached_property
    def search(self) -> ImageSearch:
        """Finding images."""
        store = SqlImageSearch(self.session)
        if self._indexes is None:
            return store
        return IndexedImageSearch(self.session, store, self._indexes, self._changed_projects)

    @cached_property
    def tags(self) -> SqlTagRepository:
        """Tags."""
        return SqlTagRepository(self.session)

    @cached_property
    def labels(self) -> SqlLabelRepository:
        """Ground truth."""
        return SqlLabelRepository(self.session)

    @cached_property
    def evaluation(self) -> SqlEvaluationRepository:
        """Predictions beside labels."""
        return SqlEvaluationRepository(self.session)

    @cached_property
    def reviews(self) -> SqlReviewRepository:
        """The review queue."""
        return SqlReviewRepository(self.session)

    @cached_property
    def results(self) -> SqlResultRepository:
        """Answers of models."""
        return SqlResultRepository(self.session)

    @cached_property
    def jobs(self) -> SqlJobRepository:
        """Promised analyses."""
        return SqlJobRepository(self.session)

    @cached_property
    def removals(self) -> SqlRemovalRepository:
        """What still has to go."""
        return SqlRemovalRepository(self.session)

    @cached_property
    def batches(self) -> SqlBatchRepository:
        """Upload batches."""
        return SqlBatchRepository(self.session)

    @cached_property
    def operations(self) -> SqlOperationRepository:
        """Long work."""
        return SqlOperationRepository(self.session)

    @cached_property
    def analyses(self) -> SqlAnalysisRepository:
        """Maps."""
        return SqlAnalysisRepository(self.session)

    @cached_property
    def placements(self) -> SqlPlacementRepository:
        """Images that were placed on maps."""
        return SqlPlacementRepository(self.session)

    @cached_property
    def exports(self) -> SqlExportRepository:
        """Exports."""
        return SqlExportRepository(self.session)

    @cached_property
    def saved_searches(self) -> SqlSavedSearchRepository:
        """Searches under a name."""
        return SqlSavedSearchRepository(self.session)

    @cached_property
    def image_sets(self) -> SqlImageSetRepository:
        """Sets of images that queries name."""
        return SqlImageSetRepository(self.session)

    @cached_property
    def curation(self) -> SqlCurationRepository:
        """Selections, and what curation runs found."""
        return SqlCurationRepository(self.session)

    @cached_property
    def drift(self) -> SqlDriftRepository:
        """What drift is measured from, and projects that are watched for it."""
        return SqlDriftRepository(self.session)

    @cached_property
    def splits(self) -> SqlSplitRepository:
        """Splits, and what shows the same."""
        return SqlSplitRepository(self.session)

    @cached_property
    def heads(self) -> SqlHeadRepository:
        """Heads and their answers."""
        return SqlHeadRepository(self.session)
