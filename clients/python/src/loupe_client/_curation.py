"""Curation: images worth training on, outliers, duplicates."""

import json
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

from loupe.project.v1 import curation_service_pb2 as pb
from loupe.project.v1 import curation_service_pb2_grpc as pb_grpc
from loupe.project.v1 import tag_service_pb2
from loupe_client import _convert
from loupe_client._images import Selection as Images
from loupe_client._images import selector
from loupe_client._operations import Operation
from loupe_client._paging import pages
from loupe_client._transport import Transport
from loupe_client._types import CurationRun, DuplicateGroup, Outlier, Pick, Selection, Strategy

_PAGE = 200
_STRATEGIES = {
    "AUTO": pb.Selection.STRATEGY_UNSPECIFIED,
    "CLUSTERS": pb.Selection.STRATEGY_CLUSTERS,
    "COVERAGE": pb.Selection.STRATEGY_COVERAGE,
    "UNCERTAINTY": pb.Selection.STRATEGY_UNCERTAINTY,
}


class Curation:
    """Which images are worth training on, odd, or there twice."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self._stub = pb_grpc.CurationServiceStub(transport.channel)

    def select(
        self,
        project: str,
        among: Images,
        count: int,
        *,
        strategy: Strategy = "AUTO",
        balance_by: str = "",
        feature_source: str = "",
        seed: int = 0,
        display_name: str = "",
    ) -> Operation[Selection]:
        """Starts to pick the images that are most worth training on or labelling.

        Args:
            project: `projects/{project}`.
            among: Which images to choose from, ten or more with features.
            count: How many to pick.
            strategy: How; AUTO decides by the labels there are.
            balance_by: Field whose values get equal shares, such as `line` or `tag`.
            feature_source: `models/{model}` or `featureSets/{set}`; default: the project's model.
            seed: The same seed over the same images gives the same picks.
            display_name: What people call it.

        Raises:
            NotReady: too few images, features or labels; `reason` tells which.
            InvalidRequest: COUNT_OUT_OF_RANGE when more are wanted than there are.
        """
        wanted = pb.Selection(
            selector=selector(among),
            count=count,
            strategy=_STRATEGIES[strategy],
            balance_by=balance_by,
            feature_source=feature_source,
            seed=seed,
            display_name=display_name,
        )
        request = pb.CreateSelectionRequest(parent=project, selection=wanted, request_id=str(uuid4()))
        message = self._transport.unary(self._stub.CreateSelection, request)
        return Operation(self._transport, message, pb.Selection, _convert.selection)

    def selections(self, project: str) -> Iterator[Selection]:
        """Yields the selections of a project, newest first."""
        request = pb.ListSelectionsRequest(parent=project, page_size=_PAGE)
        for answer in pages(self._transport, self._stub.ListSelections, request):
            yield from map(_convert.selection, answer.selections)

    def picks(self, selection: str) -> Iterator[Pick]:
        """Yields the picks of a finished selection, best first."""
        request = pb.ListPicksRequest(parent=selection, page_size=_PAGE)
        for answer in pages(self._transport, self._stub.ListPicks, request):
            yield from map(_convert.pick, answer.picks)

    def tag(self, selection: str, tag: str) -> Operation[int]:
        """Starts to put a tag on all picks; the result is how many images had it not before."""
        request = pb.TagSelectionRequest(name=selection, tag=tag, request_id=str(uuid4()))
        message = self._transport.unary(self._stub.TagSelection, request)
        return Operation(self._transport, message, tag_service_pb2.ModifyImageTagsResponse, lambda one: one.added_count)

    def manifest(self, selection: str) -> dict[str, Any]:
        """Returns everything that decided a selection, and its picks with checksums."""
        chunks = self._transport.stream(self._stub.DownloadManifest, pb.DownloadManifestRequest(name=selection))
        found: dict[str, Any] = json.loads(b"".join(chunk.data for chunk in chunks))
        return found

    def delete_selection(self, selection: str) -> None:
        """Deletes a selection, not its images."""
        request = pb.DeleteSelectionRequest(name=selection, request_id=str(uuid4()))
        self._transport.unary(self._stub.DeleteSelection, request)

    def score_outliers(
        self, project: str, among: Images, *, reference: Images | None = None, feature_source: str = "", seed: int = 0
    ) -> Operation[CurationRun]:
        """Starts to score how odd images are; `outlier` in queries means the newest run.

        Args:
            project: `projects/{project}`.
            among: Which images.
            reference: Images that say what is usual; default: all that are scored.
            feature_source: See `select`.
            seed: Of the neighbour search.
        """
        run = pb.CurationRun(
            kind=pb.CurationRun.KIND_OUTLIERS,
            selector=selector(among),
            reference=None if reference is None else selector(reference),
            feature_source=feature_source,
            seed=seed,
        )
        return self._run(project, run)

    def find_duplicates(
        self, project: str, among: Images, *, feature_source: str = "", seed: int = 0
    ) -> Operation[CurationRun]:
        """Starts to search for images that show the same; `dup` in queries means the newest run."""
        kind = pb.CurationRun.KIND_DUPLICATES
        run = pb.CurationRun(kind=kind, selector=selector(among), feature_source=feature_source, seed=seed)
        return self._run(project, run)

    def runs(self, project: str) -> Iterator[CurationRun]:
        """Yields the searches of a project, newest first."""
        request = pb.ListCurationRunsRequest(parent=project, page_size=_PAGE)
        for answer in pages(self._transport, self._stub.ListCurationRuns, request):
            yield from map(_convert.curation_run, answer.curation_runs)

    def outliers(self, run: str) -> Iterator[Outlier]:
        """Yields the images of a run for outliers, oddest first."""
        request = pb.ListOutliersRequest(parent=run, page_size=_PAGE)
        for answer in pages(self._transport, self._stub.ListOutliers, request):
            yield from map(_convert.outlier, answer.outliers)

    def duplicates(self, run: str) -> Iterator[DuplicateGroup]:
        """Yields the groups of a run for duplicates, largest first."""
        request = pb.ListDuplicateGroupsRequest(parent=run, page_size=_PAGE)
        for answer in pages(self._transport, self._stub.ListDuplicateGroups, request):
            yield from map(_convert.duplicate_group, answer.duplicate_groups)

    def delete_run(self, run: str) -> None:
        """Deletes a run with what it found, not the images."""
        request = pb.DeleteCurationRunRequest(name=run, request_id=str(uuid4()))
        self._transport.unary(self._stub.DeleteCurationRun, request)

    def _run(self, project: str, run: pb.CurationRun) -> Operation[CurationRun]:
        request = pb.CreateCurationRunRequest(parent=project, curation_run=run, request_id=str(uuid4()))
        message = self._transport.unary(self._stub.CreateCurationRun, request)
        return Operation(self._transport, message, pb.CurationRun, _convert.curation_run)
