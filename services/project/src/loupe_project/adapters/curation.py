"""The curation part of the reduction service over its channel."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import aclosing
from typing import Any

import grpc
import numpy as np
from numpy.typing import NDArray

from loupe.reduction.v1 import curation_service_pb2 as pb
from loupe.reduction.v1 import curation_service_pb2_grpc as pb_grpc
from loupe_kit import ids
from loupe_kit.errors import LoupeError, Unavailable
from loupe_project.adapters.reduction import (
    DEFAULT_TIMEOUT_SECONDS,
    IDS_A_MESSAGE,
    answers,
    source_message,
)
from loupe_project.domain.curation import Outlier, Pick, Strategy
from loupe_project.domain.errors import CountOutOfRange, TooFewLabels
from loupe_project.ports.curation import Alike, Picked, PickWish, Scored, Vectors
from loupe_project.ports.reduction import OnProgress

_COLUMN_BYTES = 1 << 20
_STRATEGIES = {
    Strategy.CLUSTERS: pb.STRATEGY_KMEANS,
    Strategy.COVERAGE: pb.STRATEGY_FACILITY_LOCATION,
    Strategy.UNCERTAINTY: pb.STRATEGY_UNCERTAINTY,
}
_OWN_FAULTS = {"COUNT_OUT_OF_RANGE": CountOutOfRange, "TOO_FEW_CLASSES": TooFewLabels}


class GrpcCurator:
    """See `ports.curation.Curator`.

    Args:
        channel: To the reduction service.
        timeout_seconds: Longest that one call may take.
    """

    def __init__(self, channel: grpc.aio.Channel, timeout_seconds: float = DEFAULT_TIMEOUT_SECONDS) -> None:
        self._stub = pb_grpc.CurationServiceStub(channel)
        self._timeout_seconds = timeout_seconds

    async def pick(self, vectors: Vectors, wish: PickWish, image_ids: Sequence[str], on_progress: OnProgress) -> Picked:
        """See the port."""
        spec = pb.SelectSpec(input=_input(vectors), count=wish.count, strategy=_STRATEGIES[wish.strategy])
        columns = {"groups": _packed(wish.groups, "<u4"), "classes": _packed(wish.classes, "<u4")}
        requests = _requests(pb.SelectImagesRequest, spec, image_ids, columns)
        header, picks, skipped = pb.SelectionHeader(), list[Pick](), set[str]()
        async for message in self._ask(self._stub.SelectImages, requests, vectors, on_progress):
            match message.WhichOneof("content"):
                case "header":
                    header = message.header
                case "picks":
                    picks += map(_pick, message.picks.picks)
                case "skipped":
                    skipped.update(ids.unpack_ids(message.skipped.image_ids))
        _check(len(picks), header.count)
        return Picked(tuple(picks), frozenset(skipped), header.labelled_count, header.coverage, header.seconds)

    async def score(
        self, vectors: Vectors, image_ids: Sequence[str], reference: Sequence[bool] | None, on_progress: OnProgress
    ) -> Scored:
        """See the port."""
        columns = {"reference": _packed(reference, "u1")}
        requests = _requests(pb.ScoreOutliersRequest, pb.OutlierSpec(input=_input(vectors)), image_ids, columns)
        header, scores, skipped = pb.OutlierHeader(), list[Outlier](), set[str]()
        async for message in self._ask(self._stub.ScoreOutliers, requests, vectors, on_progress):
            match message.WhichOneof("content"):
                case "header":
                    header = message.header
                case "scores":
                    scores += map(_outlier, message.scores.scores)
                case "skipped":
                    skipped.update(ids.unpack_ids(message.skipped.image_ids))
        _check(len(scores), header.count)
        return Scored(tuple(scores), frozenset(skipped), header.median_distance, header.neighbours, header.seconds)

    async def alike(self, vectors: Vectors, image_ids: Sequence[str], on_progress: OnProgress) -> Alike:
        """See the port."""
        requests = _requests(pb.FindDuplicatesRequest, pb.DuplicateSpec(input=_input(vectors)), image_ids, {})
        header, groups = pb.DuplicateHeader(), dict[int, list[str]]()
        async for message in self._ask(self._stub.FindDuplicates, requests, vectors, on_progress):
            match message.WhichOneof("content"):
                case "header":
                    header = message.header
                case "group":
                    keeper = ids.unpack_ids(message.group.keeper_image_id)
                    groups.setdefault(message.group.group, keeper).extend(ids.unpack_ids(message.group.image_ids))
        _check(len(groups), header.group_count)
        return Alike(
            tuple(map(tuple, groups.values())), header.count, header.skipped_count, header.threshold, header.seconds
        )

    async def _ask(
        self, method: Callable[..., Any], requests: AsyncIterator[Any], vectors: Vectors, on_progress: OnProgress
    ) -> AsyncIterator[Any]:
        """The messages of an answer but for those that tell progress."""
        call = method(requests, timeout=self._timeout_seconds)
        try:
            async with aclosing(answers(call, vectors.source, on_progress)) as messages:
                async for message in messages:
                    yield message
        except LoupeError as error:
            own = _OWN_FAULTS.get(error.reason)
            if own is None:
                raise
            raise own(error.message, fields=(), retry_after=None, **error.metadata) from error


async def _requests(
    kind: type[Any], spec: Any, image_ids: Sequence[str], columns: dict[str, bytes]
) -> AsyncIterator[Any]:
    yield kind(spec=spec)
    for start in range(0, len(image_ids), IDS_A_MESSAGE):
        yield kind(image_ids=await asyncio.to_thread(ids.pack_ids, image_ids[start : start + IDS_A_MESSAGE]))
    for name, column in columns.items():
        for start in range(0, len(column), _COLUMN_BYTES):
            yield kind(**{name: column[start : start + _COLUMN_BYTES]})


def _input(vectors: Vectors) -> pb.CurationInput:
    return pb.CurationInput(
        project_id=vectors.project_id,
        source=source_message(vectors.source),
        requester=vectors.requester,
        seed=vectors.seed,
    )


def _packed(values: Iterable[int] | None, kind: str) -> bytes:
    if values is None:
        return b""
    numbers: NDArray[Any] = np.array(list(values), dtype=kind)
    return numbers.tobytes()


def _check(given: int, announced: int) -> None:
    if given != announced:
        raise Unavailable("The reduction service gave half an answer; try again.", service="reduction")


def _pick(message: pb.Pick) -> Pick:
    (image_id,) = ids.unpack_ids(message.image_id)
    return Pick(image_id, message.rank, message.represented_count, message.margin, message.reason)


def _outlier(message: pb.OutlierScore) -> Outlier:
    (image_id,), (nearest,) = ids.unpack_ids(message.image_id), ids.unpack_ids(message.nearest_image_id)
    return Outlier(image_id, message.score, message.mean_distance, nearest)
