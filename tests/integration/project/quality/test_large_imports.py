"""Files of very many rows come in as streams: memory does not grow with them, and nothing of a broken one is left."""

import asyncio
import resource
from collections.abc import AsyncIterator

import grpc
import pytest
from google.longrunning import operations_pb2

from loupe.project.v1 import (
    label_service_pb2,
    metadata_service_pb2,
    metadata_service_pb2_grpc,
    operation_service_pb2,
)
from loupe_kit import ids
from tests.integration.project.conftest import Project, eventually, reason_of
from tests.integration.project.quality.test_label_import import labels_of, make_project

ROWS = pytest.mark.parametrize("row_count", [30_000, pytest.param(300_000, marks=pytest.mark.slow)])
IMAGES = 50
_PIECE_ROWS = 10_000
_GROWTH_BYTES = 200 << 20
"""Rows as objects of Python would need more than twice as much."""
Labels = label_service_pb2.ImportLabelsRequest
Metadata = metadata_service_pb2.ImportMetadataRequest


async def finished(project: Project, name: str) -> operations_pb2.Operation:
    """The operation when it is done, however busy the machine is."""
    watched = operation_service_pb2.WatchOperationRequest(name=name)
    async for operation in project.operations.WatchOperation(watched, metadata=project.by(project.ada)):
        if operation.done:
            return operation
    raise AssertionError("the stream ended before the operation")


def peak_bytes() -> int:
    """The most memory that this process ever had."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


@ROWS
async def test_labels__a_table_of_very_many_boxes_is_checked(project: Project, row_count: int) -> None:
    parent = await make_project(project, {f"{number}.png": () for number in range(IMAGES)})

    async def messages() -> AsyncIterator[Labels]:
        yield Labels(parent=parent, file_name="boxes.csv", validate_only=True)
        yield Labels(content="file_name,label,x,y,width,height\n".encode("cp949"))
        for start in range(0, row_count, _PIECE_ROWS):
            lines = (
                f"{row % IMAGES}.png,긁힘 {row % 7},{row % 200},{row % 90},{3 + row / row_count},4\n"
                for row in range(start, start + _PIECE_ROWS)
            )
            yield Labels(content="".join(lines).encode("cp949"))

    before = peak_bytes()
    asked = await project.labels.ImportLabels(messages(), metadata=project.by(project.ada))
    report = label_service_pb2.ImportLabelsResponse()
    assert (await finished(project, asked.name)).response.Unpack(report)

    assert (report.label_count, report.image_count, report.refused_count) == (row_count, IMAGES, 0)
    assert peak_bytes() - before < _GROWTH_BYTES


@ROWS
async def test_metadata__of_very_many_rows_the_good_ones_are_applied_and_faults_have_numbers(
    project: Project, row_count: int
) -> None:
    parent = await make_project(project, {f"{number}.png": () for number in range(IMAGES)})
    stub = metadata_service_pb2_grpc.MetadataServiceStub(project.server.channel)

    async def messages() -> AsyncIterator[Metadata]:
        yield Metadata(parent=parent, file_name="late.csv", apply_good_rows=True)
        yield Metadata(content="파일명,shift,n\n".encode())
        for start in range(0, row_count, _PIECE_ROWS):
            lines = (f"{row}.png,night,{row}\n" for row in range(start, start + _PIECE_ROWS))
            yield Metadata(content="".join(lines).encode())

    before = peak_bytes()
    asked = await stub.ImportMetadata(messages(), metadata=project.by(project.ada))
    report = metadata_service_pb2.ImportMetadataResponse()
    assert (await finished(project, asked.name)).response.Unpack(report)

    assert report.applied
    assert (report.row_count, report.image_count, report.changed_count) == (row_count, IMAGES, IMAGES)
    assert (report.refused_count, len(report.faults), report.faults[0].row) == (row_count - IMAGES, 1_000, IMAGES + 1)
    assert peak_bytes() - before < _GROWTH_BYTES


async def test_import__repeated_with_its_request_id_gives_the_first_answer(project: Project) -> None:
    parent = await make_project(project, {"a.png": ()})
    request = Labels(parent=parent, file_name="l.csv", content=b"file_name,label\na.png,OK\n", request_id=ids.new_id())
    by = project.by(project.ada)

    first = await project.labels.ImportLabels(iter([request]), metadata=by)
    pieces = [Labels(content=request.content[:7]), Labels(content=request.content[7:])]
    again = await project.labels.ImportLabels(
        iter([Labels(parent=parent, file_name="l.csv", request_id=request.request_id), *pieces]), metadata=by
    )
    with pytest.raises(grpc.aio.AioRpcError) as other:
        await project.labels.ImportLabels(iter([request, Labels(content=b"a.png,NG\n")]), metadata=by)

    assert first.name == again.name
    assert reason_of(other.value) == "REQUEST_ID_REUSED"
    await project.finished(first.name)
    await eventually(lambda: _has_no_file(project, parent))


async def test_import__a_client_that_goes_away_leaves_nothing(project: Project) -> None:
    parent = await make_project(project, {"a.png": ()})
    begun = asyncio.Event()

    async def messages() -> AsyncIterator[Labels]:
        yield Labels(parent=parent, file_name="l.csv", content=b"file_name,label\na.png,OK\n")
        begun.set()
        await asyncio.Event().wait()

    call = project.labels.ImportLabels(messages(), metadata=project.by(project.ada))
    await begun.wait()
    call.cancel()

    await eventually(lambda: _has_no_file(project, parent))
    assert await labels_of(project, parent) == {"a.png": set()}


@pytest.mark.parametrize("requests", [[], [Labels(file_name="l.csv", content=b"x")]])
async def test_import__without_a_description(project: Project, requests: list[Labels]) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as refusal:
        await project.labels.ImportLabels(iter(requests), metadata=project.by(project.ada))

    assert refusal.value.code() is grpc.StatusCode.INVALID_ARGUMENT


async def test_import__an_empty_file(project: Project) -> None:
    parent = await make_project(project, {"a.png": ()})

    empty = iter([Labels(parent=parent, file_name="l.csv")])
    with pytest.raises(grpc.aio.AioRpcError) as refusal:
        await project.labels.ImportLabels(empty, metadata=project.by(project.ada))

    assert refusal.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert await _has_no_file(project, parent)


async def _has_no_file(project: Project, parent: str) -> bool:
    prefix = f"{parent}/spool/"
    spooled = [one for one in (project.parts.settings.data_dir / "spool").iterdir() if one.is_file()]
    journal = list((project.parts.settings.data_dir / "spool" / "journal").iterdir())
    return not spooled and not journal and not [key async for key in project.parts.objects.list(prefix)]
