"""Teaching Loupe a project's own classes."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, cast
from uuid import uuid4

from loupe.project.v1 import teach_service_pb2 as pb
from loupe.project.v1 import teach_service_pb2_grpc as pb_grpc
from loupe_client._images import Selection as Images
from loupe_client._images import selector
from loupe_client._operations import Operation
from loupe_client._paging import pages
from loupe_client._transport import Transport

_PAGE = 200


@dataclass(frozen=True, slots=True)
class HeadClass:
    """A class that a head tells apart."""

    display_name: str
    label_count: int
    recall: float
    """Share of its images that was found, in [0, 1]."""
    precision: float
    """Share of the images called so that are of it, in [0, 1]."""


@dataclass(frozen=True, slots=True)
class Head:
    """One version of a head. Figures come from images that the judging head had not learnt from."""

    name: str
    """`projects/{project}/heads/{head}`."""
    head_name: str
    version: int
    model: str
    """Under which model its answers are kept, as in the query `model:head-solder@3`."""
    state: Literal["RUNNING", "SUCCEEDED", "FAILED", "CANCELLED", "UNSPECIFIED"]
    in_use: bool
    """Whether it answers for new images."""
    is_verdict: bool
    """Whether its answers are what `label` and `conf` mean in queries."""
    feature_source: str
    kind: Literal["LINEAR", "RBF", "UNSPECIFIED"]
    accuracy: float
    balanced_accuracy: float
    macro_f1: float
    calibration_error: float
    classes: list[HeadClass]
    confusion: list[list[int]]
    """Images by true class (row) and class said (column)."""


class Teaching:
    """Heads: light classifiers that learn a project's labels in seconds."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self._stub = pb_grpc.TeachServiceStub(transport.channel)

    def teach(
        self, project: str, head_name: str, among: Images | None = None, *, feature_source: str = "", seed: int = 0
    ) -> Operation[Head]:
        """Starts to teach the next version of a head, which then answers for all images of the project.

        Args:
            project: `projects/{project}`.
            head_name: 1 to 40 of a-z, 0-9 and "-", beginning with a letter.
            among: Whose labels teach; default: all that are labelled.
            feature_source: `models/{model}` or `featureSets/{set}`; default: the project's model.
            seed: Of every random choice.

        Raises:
            NotReady: too few labels or features; the message says how many are missing of which class.
        """
        wanted = pb.Head(
            head_name=head_name,
            selector=None if among is None else selector(among),
            feature_source=feature_source,
            seed=seed,
        )
        request = pb.CreateHeadRequest(parent=project, head=wanted, request_id=str(uuid4()))
        message = self._transport.unary(self._stub.CreateHead, request)
        return Operation(self._transport, message, pb.Head, _head)

    def heads(self, project: str) -> Iterator[Head]:
        """Yields all versions of all heads, newest first."""
        request = pb.ListHeadsRequest(parent=project, page_size=_PAGE)
        for answer in pages(self._transport, self._stub.ListHeads, request):
            yield from map(_head, answer.heads)

    def use(self, head: str, *, as_verdict: bool = False) -> Operation[Head]:
        """Starts to make a version the one in use.

        Args:
            head: `projects/{project}/heads/{head}`.
            as_verdict: Whether its answers shall be the project's verdicts; if not, the project's model gives them.
        """
        request = pb.UseHeadRequest(name=head, as_verdict=as_verdict, request_id=str(uuid4()))
        message = self._transport.unary(self._stub.UseHead, request)
        return Operation(self._transport, message, pb.Head, _head)

    def delete(self, head: str) -> None:
        """Deletes a version with its answers."""
        self._transport.unary(self._stub.DeleteHead, pb.DeleteHeadRequest(name=head, request_id=str(uuid4())))


def _head(message: pb.Head) -> Head:
    figures = message.figures
    count = len(figures.classes)
    cells = list(figures.confusion)
    return Head(
        name=message.name,
        head_name=message.head_name,
        version=message.version,
        model=message.model,
        state=cast(
            'Literal["RUNNING", "SUCCEEDED", "FAILED", "CANCELLED", "UNSPECIFIED"]',
            pb.Head.State.Name(message.state).removeprefix("STATE_"),
        ),
        in_use=message.in_use,
        is_verdict=message.is_verdict,
        feature_source=message.feature_source,
        kind=cast('Literal["LINEAR", "RBF", "UNSPECIFIED"]', pb.Head.Kind.Name(figures.kind).removeprefix("KIND_")),
        accuracy=figures.accuracy,
        balanced_accuracy=figures.balanced_accuracy,
        macro_f1=figures.macro_f1,
        calibration_error=figures.calibration_error,
        classes=[HeadClass(one.display_name, one.label_count, one.recall, one.precision) for one in figures.classes],
        confusion=[cells[start : start + count] for start in range(0, len(cells), max(count, 1))],
    )
