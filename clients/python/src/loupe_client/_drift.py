"""Whether production still looks like the reference."""

from dataclasses import dataclass
from typing import Literal, cast

from loupe.project.v1 import drift_service_pb2 as pb
from loupe.project.v1 import drift_service_pb2_grpc as pb_grpc
from loupe_client._transport import Transport


@dataclass(frozen=True, slots=True)
class DriftGroup:
    """Images that belong together, compared with the reference. Shares are in [0, 1]."""

    value: str
    """A day as in 2026-11-22, or a value of the field."""
    verdict: Literal["QUIET", "LOOK", "RETRAIN", "UNSPECIFIED"]
    image_count: int
    unlike_share: float
    """0.01 is usual."""
    unsure_share: float
    """0.05 is usual."""
    wrong_share: float
    chance: float
    """Probability that chance alone makes a group as conspicuous as this one."""
    sentence: str
    query: str
    """For its images that are unlike the reference."""


class Drift:
    """The sign to train again."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self._stub = pb_grpc.DriftServiceStub(transport.channel)

    def measure(self, project: str, *, group_by: str = "day") -> list[DriftGroup]:
        """Returns how far the images of the newest outlier scores are from their reference.

        Args:
            project: `projects/{project}`.
            group_by: `day`, or a field such as `line`.

        Raises:
            NotReady: outliers were not scored against a reference yet.
        """
        request = pb.MeasureDriftRequest(parent=project, group_by=group_by)
        return [_group(one) for one in self._transport.unary(self._stub.MeasureDrift, request).drift_groups]


def _group(message: pb.DriftGroup) -> DriftGroup:
    return DriftGroup(
        message.value,
        cast(
            'Literal["QUIET", "LOOK", "RETRAIN", "UNSPECIFIED"]',
            pb.DriftGroup.Verdict.Name(message.verdict).removeprefix("VERDICT_"),
        ),
        message.image_count,
        message.unlike_share,
        message.unsure_share,
        message.wrong_share,
        message.chance,
        message.sentence,
        message.query,
    )
