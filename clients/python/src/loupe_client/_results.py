"""What comes out: maps and exports."""

import struct
from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID, uuid4

from google.protobuf.field_mask_pb2 import FieldMask

from loupe.project.v1 import (
    analysis_service_pb2,
    analysis_service_pb2_grpc,
    export_service_pb2,
    export_service_pb2_grpc,
)
from loupe_client import _convert
from loupe_client._images import Selection, selector
from loupe_client._operations import Operation
from loupe_client._paging import pages
from loupe_client._transport import Transport
from loupe_client._types import Analysis, Export, ExportContent, Method, Placement

_MAGIC = b"LPC1"


@dataclass(frozen=True, slots=True)
class Coordinates:
    """Where the images of a map lie."""

    image_ids: Sequence[str]
    """One id for each point; zeros where the caller may no longer see the image."""
    columns: Sequence[Sequence[float]]
    """Two or three columns of float32, as long as `image_ids`."""
    placed_count: int = 0
    """The last so many points were placed after the map was made."""


@dataclass(frozen=True, slots=True)
class ImageSet:
    """Images that were put together by hand, for a while."""

    query: str
    """Finds them, wherever a query is taken."""
    image_count: int
    expire_time: datetime
    """From when on the query finds none of them."""


class Analyses:
    """Maps of images."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self._stub = analysis_service_pb2_grpc.AnalysisServiceStub(transport.channel)

    def create(
        self,
        project: str,
        selection: Selection,
        method: Method,
        *,
        dimensions: int = 2,
        feature_source: str = "",
        seed: int = 0,
        shared: bool = False,
        keep_current: bool = False,
    ) -> Operation[Analysis]:
        """Starts to make a map of at least ten images.

        Args:
            project: `projects/{project}`.
            selection: Which images.
            method: PCA, TSNE, UMAP or PACMAP.
            dimensions: 2 or 3.
            feature_source: `models/{model}` or `featureSets/{set}`; default: the project's model.
            seed: The same seed over the same images gives the same map.
            shared: Whether everybody who may see the project may see the map.
            keep_current: Whether images of the selection that are analysed later are placed on it by themselves.

        Raises:
            NotReady: fewer than ten images, or images without features; `reason` tells which.
        """
        kind = analysis_service_pb2.Analysis
        request = analysis_service_pb2.CreateAnalysisRequest(
            parent=project,
            analysis=kind(
                method=kind.Method.Value(f"METHOD_{method}"),
                dimensions=dimensions,
                selector=selector(selection),
                feature_source=feature_source,
                seed=seed,
                visibility=kind.VISIBILITY_SHARED if shared else kind.VISIBILITY_PRIVATE,
                kept_current=keep_current,
            ),
            request_id=str(uuid4()),
        )
        message = self._transport.unary(self._stub.CreateAnalysis, request)
        return Operation(self._transport, message, kind, _convert.analysis)

    def place(self, analysis: str, selection: Selection | None = None) -> Operation[Placement]:
        """Starts to place images on a map whose points stay where they are.

        Args:
            analysis: `projects/{project}/analyses/{analysis}`.
            selection: Which images; None: those that the map's own selection finds now.

        Raises:
            NotReady: the map is not finished, or was made before images could be placed; `reason` tells which.
        """
        request = analysis_service_pb2.PlaceImagesRequest(
            name=analysis,
            selector=None if selection is None else selector(selection),
            request_id=str(uuid4()),
        )
        message = self._transport.unary(self._stub.PlaceImages, request)
        return Operation(self._transport, message, analysis_service_pb2.PlaceImagesResponse, _convert.placement)

    def keep_current(self, analysis: str, keep: bool = True) -> Analysis:
        """Has images that are analysed later placed on a map by themselves, or no longer."""
        request = analysis_service_pb2.UpdateAnalysisRequest(
            analysis=analysis_service_pb2.Analysis(name=analysis, kept_current=keep),
            update_mask=FieldMask(paths=["kept_current"]),
            request_id=str(uuid4()),
        )
        return _convert.analysis(self._transport.unary(self._stub.UpdateAnalysis, request))

    def list(self, project: str) -> Iterator[Analysis]:
        """Yields the maps of a project that the caller may see, newest first."""
        request = analysis_service_pb2.ListAnalysesRequest(parent=project)
        for answer in pages(self._transport, self._stub.ListAnalyses, request):
            yield from map(_convert.analysis, answer.analyses)

    def coordinates(self, analysis: str) -> Coordinates:
        """Returns where the images lie."""
        request = analysis_service_pb2.DownloadCoordinatesRequest(name=analysis)
        chunks = self._transport.stream(self._stub.DownloadCoordinates, request)
        return _coordinates(b"".join(chunk.data for chunk in chunks))

    def keep_points(self, analysis: str, points: Iterable[int]) -> ImageSet:
        """Keeps the images of points as a set, which its query finds for some days.

        Args:
            analysis: `projects/{project}/analyses/{analysis}`.
            points: Places among the coordinates, from 0; at least one.
        """
        known = self._transport.unary(self._stub.GetAnalysis, analysis_service_pb2.GetAnalysisRequest(name=analysis))
        bits = bytearray((known.point_count + 7) // 8)
        for point in points:
            if not 0 <= point < known.point_count:
                raise ValueError(f"there is no point {point}; the map has {known.point_count:,}, counted from 0")
            bits[point // 8] |= 1 << point % 8
        request = analysis_service_pb2.KeepPointsRequest(name=analysis, points=bytes(bits), request_id=str(uuid4()))
        kept = self._transport.unary(self._stub.KeepPoints, request)
        return ImageSet(kept.query, kept.image_count, kept.expire_time.ToDatetime(tzinfo=UTC))

    def delete(self, analysis: str) -> None:
        """Deletes a map."""
        request = analysis_service_pb2.DeleteAnalysisRequest(name=analysis, request_id=str(uuid4()))
        self._transport.unary(self._stub.DeleteAnalysis, request)


class Exports:
    """Results as zip files."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self._stub = export_service_pb2_grpc.ExportServiceStub(transport.channel)

    def create(
        self, project: str, selection: Selection, contents: Sequence[ExportContent], *, split: str = ""
    ) -> Operation[Export]:
        """Starts to gather the results of images into a zip file.

        Args:
            project: `projects/{project}`.
            selection: Which images; ignored where a split is given.
            contents: What goes in.
            split: `projects/{project}/splits/{split}`: its images, in folders for training, validation and test.
        """
        kind = export_service_pb2.Export
        request = export_service_pb2.CreateExportRequest(
            parent=project,
            export=kind(
                selector=None if split else selector(selection),
                split=split,
                contents=[kind.Content.Value(f"CONTENT_{content}") for content in contents],
            ),
            request_id=str(uuid4()),
        )
        message = self._transport.unary(self._stub.CreateExport, request)
        return Operation(self._transport, message, kind, _convert.export)

    def download(self, export: str, target: Path) -> int:
        """Writes the zip file.

        Returns:
            Its size in bytes.
        """
        size = 0
        with target.open("wb") as file:
            request = export_service_pb2.DownloadExportRequest(name=export)
            for chunk in self._transport.stream(self._stub.DownloadExport, request):
                size += file.write(chunk.data)
        return size


def _coordinates(table: bytes) -> Coordinates:
    magic, count, dimensions, placed = struct.unpack_from("<4sIII", table)
    if magic != _MAGIC:
        raise ValueError("Loupe answered coordinates in a form that this client does not know; update the client")
    ids_end = 16 + 16 * count
    ids = [str(UUID(bytes=table[start : start + 16])) for start in range(16, ids_end, 16)]
    columns: list[Sequence[float]] = []
    for index in range(dimensions):
        column = array("f")
        column.frombytes(table[ids_end + 4 * count * index : ids_end + 4 * count * (index + 1)])
        columns.append(column)
    return Coordinates(ids, columns, placed)
