"""The teaching part of the reduction service over its channel."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing

import grpc
import numpy as np
from numpy.typing import NDArray

from loupe.inference.v1 import prediction_pb2
from loupe.reduction.v1 import teach_service_pb2 as pb
from loupe.reduction.v1 import teach_service_pb2_grpc as pb_grpc
from loupe_kit import ids
from loupe_kit.errors import LoupeError, Unavailable
from loupe_project.adapters.reduction import (
    DEFAULT_TIMEOUT_SECONDS,
    IDS_A_MESSAGE,
    answers,
    source_message,
    translated,
)
from loupe_project.domain.errors import TooFewLabels
from loupe_project.domain.head import MIN_LABELS_A_CLASS, Head, HeadAnswer, HeadFigures, HeadKind
from loupe_project.ports.heads import Lesson, Taught
from loupe_project.ports.reduction import OnProgress

_PIECE_BYTES = 1 << 20
_MOST_SCORES = 20
"""What a prediction holds at most."""

_KINDS = {pb.HEAD_KIND_LINEAR: HeadKind.LINEAR, pb.HEAD_KIND_RBF: HeadKind.RBF}


class GrpcTeacher:
    """See `ports.heads.Teacher`.

    Args:
        channel: To the reduction service.
        timeout_seconds: Longest that one call may take.
    """

    def __init__(self, channel: grpc.aio.Channel, timeout_seconds: float = DEFAULT_TIMEOUT_SECONDS) -> None:
        self._stub = pb_grpc.TeachServiceStub(channel)
        self._timeout_seconds = timeout_seconds

    async def teach(self, lesson: Lesson, on_progress: OnProgress) -> Taught:
        """See the port."""
        call = self._stub.TeachHead(_lesson(lesson), timeout=self._timeout_seconds)
        header, content = pb.HeadHeader(), bytearray()
        try:
            async with aclosing(answers(call, lesson.source, on_progress)) as messages:
                async for message in messages:
                    match message.WhichOneof("content"):
                        case "header":
                            header = message.header
                        case "head":
                            content += message.head
        except LoupeError as error:
            if error.reason == "CLASS_TOO_SMALL":
                raise _too_few(lesson, error.metadata) from error
            raise
        if not content or len(content) != header.head_size_bytes:
            raise Unavailable("The reduction service gave half an answer; try again.", service="reduction")
        return Taught(bytes(content), _figures(header, len(lesson.names)))

    async def answers(self, head: Head, content: bytes, image_ids: Sequence[str]) -> list[HeadAnswer]:
        """See the port."""
        call = self._stub.ApplyHead(_application(head, content, image_ids), timeout=self._timeout_seconds)
        found: list[HeadAnswer] = []
        try:
            async for block in call:
                found += await asyncio.to_thread(_answers, head, block)
        except grpc.aio.AioRpcError as error:
            raise translated(error, head.source) from error
        finally:
            call.cancel()
        return found


async def _lesson(lesson: Lesson) -> AsyncIterator[pb.TeachHeadRequest]:
    spec = pb.TeachSpec(
        project_id=lesson.project_id,
        source=source_message(lesson.source),
        requester=lesson.requester,
        seed=lesson.seed,
        class_count=len(lesson.names),
        minimum_a_class=MIN_LABELS_A_CLASS,
    )
    yield pb.TeachHeadRequest(spec=spec)
    for start in range(0, len(lesson.image_ids), IDS_A_MESSAGE):
        yield pb.TeachHeadRequest(image_ids=ids.pack_ids(lesson.image_ids[start : start + IDS_A_MESSAGE]))
    classes = np.array(lesson.classes, "<u4").tobytes()
    for start in range(0, len(classes), _PIECE_BYTES):
        yield pb.TeachHeadRequest(classes=classes[start : start + _PIECE_BYTES])


async def _application(head: Head, content: bytes, image_ids: Sequence[str]) -> AsyncIterator[pb.ApplyHeadRequest]:
    yield pb.ApplyHeadRequest(source=source_message(head.source))
    for start in range(0, len(content), _PIECE_BYTES):
        yield pb.ApplyHeadRequest(head=content[start : start + _PIECE_BYTES])
    for start in range(0, len(image_ids), IDS_A_MESSAGE):
        yield pb.ApplyHeadRequest(image_ids=ids.pack_ids(image_ids[start : start + IDS_A_MESSAGE]))


def _answers(head: Head, block: pb.ApplyHeadResponse) -> list[HeadAnswer]:
    if block.class_count != len(head.classes):
        raise Unavailable("The reduction service answered for other classes; try again.", service="reduction")
    rows = np.frombuffer(block.probabilities, "<f4").reshape(-1, block.class_count)
    orders = np.argsort(-rows, axis=1, kind="stable")[:, :_MOST_SCORES]
    return [
        _answer(head, image_id, row, order)
        for image_id, row, order in zip(ids.unpack_ids(block.image_ids), rows, orders, strict=True)
    ]


def _answer(head: Head, image_id: str, row: NDArray[np.float32], order: NDArray[np.int64]) -> HeadAnswer:
    prediction = prediction_pb2.Prediction(model=head.model, version=str(head.version))
    for index in order.tolist():
        prediction.class_scores.scores.add(label=head.classes[index], index=index, confidence=float(row[index]))
    first = int(order[0])
    output = prediction.SerializeToString(deterministic=True)
    return HeadAnswer(image_id, head.classes[first], float(row[first]), output)


def _figures(header: pb.HeadHeader, count: int) -> HeadFigures:
    cells = list(header.confusion)
    return HeadFigures(
        kind=_KINDS[header.kind],
        folds=header.folds,
        accuracy=header.accuracy,
        balanced_accuracy=header.balanced_accuracy,
        macro_f1=header.macro_f1,
        log_loss=header.log_loss,
        calibration_error=header.calibration_error,
        confusion=tuple(tuple(cells[start : start + count]) for start in range(0, count * count, count)),
        skipped_count=header.skipped_count,
        compute_seconds=header.seconds,
    )


def _too_few(lesson: Lesson, metadata: dict[str, str]) -> TooFewLabels:
    name = lesson.names[int(metadata["number"])]
    return TooFewLabels(
        f"{metadata['count']} of the images labelled {name!r} have features, {metadata['minimum']} are needed; "
        "wait until they are analysed, or label some more.",
        count=metadata["count"],
        classes=str(len(lesson.names)),
        missing=name,
    )
