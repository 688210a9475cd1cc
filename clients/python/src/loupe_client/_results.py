"""What comes out: maps and exports."""

import struct
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID, uuid4

from loupe.project.v1 import (
    analysis_service_pb2,
    analysis_service_pb2_grpc,
    export_service_pb2,
    export_service_pb2_grpc,
)
from loupe_client import _convert
from loupe_client._images import Selection, selector
from loupe_client._operations import Operation
from loupe_client._transport import Transport
from loupe_client._types import Analysis, Export, ExportContent, Method

_MAGIC = b"LPC1"


@dataclass(frozen=True, slots=True)
class Coordinates:
    """Where the images of a map lie."""

    image_ids: Sequence[str]
    """One id for each point; zeros where the caller may no longer see the image."""
    columns: Sequence[Sequence[float]]
    """Two or three columns of float32, as long as `image_ids`."""


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
    ) -> Operation[Analysis]:
        """Starts to make a map of at least ten images.

        Args:
            project: `projects/{project}`.
            selection: Which images.
            method: PCA, TSNE or UMAP.
            dimensions: 2 or 3.
            feature_source: `models/{model}` or `featureSets/{set}`; default: the project's model.
            seed: The same seed over the same images gives the same map.
            shared: Whether everybody who may see the project may see the map.

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
            ),
            request_id=str(uuid4()),
        )
        message = self._transport.unary(self._stub.CreateAnalysis, request)
        return Operation(self._transport, message, kind, _convert.analysis)

    def list(self, project: str) -> Iterator[Analysis]:
        """Yields the maps of a project that the caller may see, newest first."""
        token = ""
        while True:
            request = analysis_service_pb2.ListAnalysesRequest(parent=project, page_token=token)
            answer = self._transport.unary(self._stub.ListAnalyses, request)
            yield from map(_convert.analysis, answer.analyses)
            token = answer.next_page_token
            if not token:
                return

    def coordinates(self, analysis: str) -> Coordinates:
        """Returns where the images lie."""
        request = analysis_service_pb2.DownloadCoordinatesRequest(name=analysis)
        chunks = self._transport.stream(self._stub.DownloadCoordinates, request)
        return _coordinates(b"".join(chunk.data for chunk in chunks))

    def delete(self, analysis: str) -> None:
        """Deletes a map."""
        request = analysis_service_pb2.DeleteAnalysisRequest(name=analysis, request_id=str(uuid4()))
        self._transport.unary(self._stub.DeleteAnalysis, request)


class Exports:
    """Results as zip files."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self._stub = export_service_pb2_grpc.ExportServiceStub(transport.channel)

    def create(self, project: str, selection: Selection, contents: Sequence[ExportContent]) -> Operation[Export]:
        """Starts to gather the results of images into a zip file."""
        kind = export_service_pb2.Export
        request = export_service_pb2.CreateExportRequest(
            parent=project,
            export=kind(
                selector=selector(selection),
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
    magic, count, dimensions, _ = struct.unpack_from("<4sIII", table)
    if magic != _MAGIC:
        raise ValueError("Loupe answered coordinates in a form that this client does not know; update the client")
    ids_end = 16 + 16 * count
    ids = [str(UUID(bytes=table[start : start + 16])) for start in range(16, ids_end, 16)]
    columns: list[Sequence[float]] = []
    for index in range(dimensions):
        column = array("f")
        column.frombytes(table[ids_end + 4 * count * index : ids_end + 4 * count * (index + 1)])
        columns.append(column)
    return Coordinates(ids, columns)
