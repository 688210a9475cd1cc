"""Splits: images shared out for training, validation and test, and what leaks between parts."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal
from uuid import uuid4

from loupe.project.v1 import curation_service_pb2, tag_service_pb2
from loupe.project.v1 import split_service_pb2 as pb
from loupe.project.v1 import split_service_pb2_grpc as pb_grpc
from loupe_client._images import Selection as Images
from loupe_client._images import selector
from loupe_client._operations import Operation
from loupe_client._paging import pages
from loupe_client._transport import Transport

SplitPart = Literal["train", "val", "test"]

_PAGE = 200
_PARTS: dict[SplitPart, pb.SplitPart.ValueType] = {
    "train": pb.SPLIT_PART_TRAIN,
    "val": pb.SPLIT_PART_VAL,
    "test": pb.SPLIT_PART_TEST,
}
_PARTS_OF = {message: part for part, message in _PARTS.items()}


@dataclass(frozen=True, slots=True)
class Split:
    """Images shared out among training, validation and test."""

    name: str
    """`projects/{project}/splits/{split}`."""
    display_name: str
    state: str
    counts: Mapping[SplitPart, int]
    """Images of each part."""
    group_count: int
    """Groups of two or more images that stayed together."""
    unsearched_count: int
    """Images of which the search for duplicates does not tell: whether they are some is not known."""
    split_sha256: str
    """Equal for splits that put the same images into the same parts."""


@dataclass(frozen=True, slots=True)
class SplitImage:
    """One image of a split."""

    image: str
    """`projects/{project}/images/{image}`."""
    file_name: str
    part: SplitPart
    stratum: str
    """Its value of the field that the split is stratified by."""
    reason: str


@dataclass(frozen=True, slots=True)
class Leak:
    """One image of a group that shows the same in different parts."""

    image: str
    """`projects/{project}/images/{image}`."""
    file_name: str
    parts: tuple[str, ...]
    is_exact: bool


@dataclass(frozen=True, slots=True)
class Leakage:
    """What leaks between parts."""

    groups: list[list[Leak]]
    """Images of different parts that show the same, largest groups first."""
    image_count: int
    """Images that were looked at."""
    leaking_count: int
    unsearched_count: int
    """Images of which the search for duplicates does not tell: whether they are some is not known."""


class Splits:
    """Sharing out images so that no part shows what another one shows."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self._stub = pb_grpc.SplitServiceStub(transport.channel)

    def create(
        self,
        project: str,
        among: Images = "",
        *,
        selection: str = "",
        fractions: tuple[float, float, float] = (0.8, 0.1, 0.1),
        stratify_by: str = "",
        group_by: str = "",
        seed: int = 0,
        display_name: str = "",
    ) -> Operation[Split]:
        """Starts to share out images. Duplicates stay together, and are searched for first where they were not.

        Args:
            project: `projects/{project}`.
            among: Which images, ten or more.
            selection: A selection whose picks are shared out in the place of `among`.
            fractions: Shares of training, validation and test; together 1.
            stratify_by: Field whose values each part gets in the same shares, such as `truth`.
            group_by: Field whose values are never torn apart, such as `lot`.
            seed: The same seed over the same images gives the same split.
            display_name: What people call it.

        Raises:
            InvalidRequest: the fractions do not make 1, or a field is none.
            NotReady: too few images, no features to search for duplicates by, or no picks; `reason` tells which.
        """
        wanted = pb.Split(
            selector=None if selection else selector(among),
            selection=selection,
            train_fraction=fractions[0],
            val_fraction=fractions[1],
            test_fraction=fractions[2],
            stratify_by=stratify_by,
            group_by=group_by,
            seed=seed,
            display_name=display_name,
        )
        request = pb.CreateSplitRequest(parent=project, split=wanted, request_id=str(uuid4()))
        message = self._transport.unary(self._stub.CreateSplit, request)
        return Operation(self._transport, message, pb.Split, _split)

    def splits(self, project: str) -> Iterator[Split]:
        """Yields the splits of a project, newest first."""
        request = pb.ListSplitsRequest(parent=project, page_size=_PAGE)
        for answer in pages(self._transport, self._stub.ListSplits, request):
            yield from map(_split, answer.splits)

    def images(self, split: str) -> Iterator[SplitImage]:
        """Yields the images of a finished split with their parts: training, validation, test."""
        request = pb.ListSplitImagesRequest(parent=split, page_size=_PAGE)
        return (
            SplitImage(one.image, one.file_name, _PARTS_OF[one.part], one.stratum, one.reason)
            for answer in pages(self._transport, self._stub.ListSplitImages, request)
            for one in answer.split_images
        )

    def tag(self, split: str, part: SplitPart) -> Operation[int]:
        """Starts to tag the images of a part with `split:<part>`; the result is how many had it not before."""
        request = pb.TagSplitRequest(name=split, part=_PARTS[part], request_id=str(uuid4()))
        message = self._transport.unary(self._stub.TagSplit, request)
        return Operation(self._transport, message, tag_service_pb2.ModifyImageTagsResponse, lambda one: one.added_count)

    def manifest(self, split: str) -> dict[str, Any]:
        """Returns everything that decided a split, and its images with checksums, parts and reasons."""
        request = pb.DownloadSplitManifestRequest(name=split)
        chunks = self._transport.stream(self._stub.DownloadSplitManifest, request)
        found: dict[str, Any] = json.loads(b"".join(chunk.data for chunk in chunks))
        return found

    def delete(self, split: str) -> None:
        """Deletes a split, not its images."""
        self._transport.unary(self._stub.DeleteSplit, pb.DeleteSplitRequest(name=split, request_id=str(uuid4())))

    def leakage(self, project: str, split: str = "", *, parts: Mapping[str, str] | None = None) -> Leakage:
        """Returns the images of one part that show what an image of another part shows.

        Args:
            project: `projects/{project}`.
            split: The split to look at.
            parts: In its place a query for each part, as in {"train": "tag:train", "test": "meta.split:test"}.

        Raises:
            NotReady: nobody has searched for duplicates.
        """
        given = [pb.FindLeakageRequest.Part(display_name=name, query=query) for name, query in (parts or {}).items()]
        request = pb.FindLeakageRequest(parent=project, split=split, parts=given, page_size=_PAGE)
        answers = [*pages(self._transport, self._stub.FindLeakage, request)]
        groups = [
            [Leak(one.image, one.file_name, tuple(one.parts), one.is_exact) for one in group.members]
            for answer in answers
            for group in answer.groups
        ]
        last = answers[-1]
        return Leakage(groups, last.image_count, last.leaking_count, last.unsearched_count)


def _split(message: pb.Split) -> Split:
    return Split(
        message.name,
        message.display_name,
        curation_service_pb2.CurationState.Name(message.state).removeprefix("CURATION_STATE_"),
        {_PARTS_OF[one.part]: one.image_count for one in message.parts},
        message.group_count,
        message.unsearched_count,
        message.split_sha256,
    )
