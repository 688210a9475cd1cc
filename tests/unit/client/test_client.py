import struct
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import grpc
import pytest
from google.api import httpbody_pb2
from google.longrunning import operations_pb2
from google.protobuf import any_pb2
from google.protobuf.message import Message
from google.rpc import code_pb2, error_details_pb2, status_pb2

from loupe.project.v1 import (
    analysis_service_pb2,
    image_pb2,
    operation_service_pb2,
    search_service_pb2,
    tag_service_pb2,
    upload_batch_service_pb2,
)
from loupe_client import Cancelled, Client, Image, UploadBatch, UploadedFile, UploadFile
from loupe_client._errors import from_status


class FakeTransport:
    """Answers calls by the name of their RPC; remembers what was asked."""

    def __init__(self, answers: dict[str, list[Any]]) -> None:
        self._answers = answers
        self.asked: list[Any] = []
        self._channel = grpc.insecure_channel("127.0.0.1:1")

    @property
    def channel(self) -> grpc.Channel:
        return self._channel

    def unary(self, call: Callable[..., Any], request: Message, *, timeout: float = 60.0) -> Any:
        self.asked.append(request)
        return self._answers[type(request).__name__].pop(0)

    def upload(self, call: Callable[..., Any], requests: Callable[[], Iterator[Message]]) -> Any:
        sent = list(requests())
        self.asked.extend(sent)
        return self._answers[type(sent[0]).__name__].pop(0)

    def stream(self, call: Callable[..., Iterable[Any]], request: Any) -> Iterator[Any]:
        sent = [request] if isinstance(request, Message) else list(request)
        self.asked.extend(sent)
        yield from self._answers[type(sent[0]).__name__].pop(0)

    def close(self) -> None:
        self._channel.close()


def _client(**answers: list[Any]) -> tuple[Client, FakeTransport]:
    transport = FakeTransport(answers)
    return Client(transport=transport), transport


def _operation(done: bool, **fields: Any) -> operations_pb2.Operation:
    return operations_pb2.Operation(name="projects/p/operations/o", done=done, **fields)


def _packed(message: Message) -> any_pb2.Any:
    packed = any_pb2.Any()
    packed.Pack(message)
    return packed


def test_search__fetches_pages_as_it_goes() -> None:
    page = search_service_pb2.SearchImagesResponse
    client, transport = _client(
        SearchImagesRequest=[
            page(images=[image_pb2.Image(name="projects/p/images/a")], next_page_token="more"),
            page(images=[image_pb2.Image(name="projects/p/images/b")]),
        ]
    )

    found = [image.id for image in client.images.search("projects/p", "line:L1")]

    assert found == ["a", "b"]
    assert [request.page_token for request in transport.asked] == ["", "more"]


def test_uploads__describe_each_file_and_cut_it_in_chunks() -> None:
    batch = upload_batch_service_pb2.UploadBatch(name="projects/p/uploadBatches/u", refused_count=1)
    answer = upload_batch_service_pb2.UploadFilesResponse
    refused = upload_batch_service_pb2.UploadedFile(
        file_name="a.png", failure=status_pb2.Status(code=code_pb2.INVALID_ARGUMENT, message="It is damaged.")
    )
    client, transport = _client(UploadFilesRequest=[[answer(begun=batch), answer(file=refused), answer(batch=batch)]])

    file = UploadFile("a.png", b"x" * 1_300_000, metadata={"line": "L1", "temp": 20.5}, tags=["train"], label="dent")
    answers = list(client.uploads.send("projects/p", [file]))

    header, described, *chunks = transport.asked
    assert UUID(header.header.request_id).version == 4
    assert described.file.image.metadata["temp"] == 20.5
    assert described.file.image.labels[0].display_name == "dent"
    assert b"".join(message.chunk for message in chunks) == file.content
    assert max(len(message.chunk) for message in chunks) <= 1024 * 1024
    assert isinstance(answers[0], UploadedFile)
    assert answers[0].failure == "It is damaged."
    assert isinstance(answers[1], UploadBatch)
    assert answers[1].refused_count == 1


def test_operation__watches_until_done_and_converts() -> None:
    half = _packed(operation_service_pb2.OperationMetadata(fraction=0.5, phase="images"))
    response = _packed(tag_service_pb2.ModifyImageTagsResponse(image_count=7))
    client, transport = _client(
        ModifyImageTagsRequest=[_operation(False)],
        WatchOperationRequest=[[_operation(False, metadata=half)], [_operation(True, response=response)]],
    )

    operation = client.images.modify_tags("projects/p", "truth:dent", add=["train"])
    fractions = [state.fraction for state in operation.progress()]

    assert fractions[0] == 0.5
    assert operation.result() == 7
    assert transport.asked[0].selector.query == "truth:dent"


def test_operation__failure_is_raised_with_its_reason() -> None:
    error = status_pb2.Status(code=code_pb2.CANCELLED, message="It was cancelled.")
    error.details.append(_packed(error_details_pb2.ErrorInfo(reason="OPERATION_CANCELLED", domain="loupe")))
    client, _ = _client(CreateAnalysisRequest=[_operation(True, error=error)])

    with pytest.raises(Cancelled) as raised:
        client.analyses.create("projects/p", "", "PCA").result()

    assert raised.value.reason == "OPERATION_CANCELLED"


def test_modify_tags__images_are_named_by_id() -> None:
    client, transport = _client(ModifyImageTagsRequest=[_operation(True)])
    image = Image("projects/p/images/i1", "a.png", "ANALYSED", "", 1, 1, "", {}, [], None, [], [], None)

    client.images.modify_tags("projects/p", [image], remove=["train"])

    assert list(transport.asked[0].selector.images.ids) == ["i1"]


def test_coordinates__reads_the_table() -> None:
    ids = [UUID(int=1), UUID(int=2)]
    table = struct.pack("<4sIII", b"LPC1", 2, 3, 0) + b"".join(each.bytes for each in ids)
    table += struct.pack("<6f", 1, 2, 3, 4, 5, 6)
    half = len(table) // 2
    chunks = [httpbody_pb2.HttpBody(data=part) for part in (table[:half], table[half:])]
    client, _ = _client(DownloadCoordinatesRequest=[chunks])

    found = client.analyses.coordinates("projects/p/analyses/a")

    assert found.image_ids == [str(each) for each in ids]
    assert [list(column) for column in found.columns] == [[1, 2], [3, 4], [5, 6]]


def test_keep_points__sends_a_bit_a_point() -> None:
    answers: dict[str, list[Any]] = {
        "GetAnalysisRequest": [analysis_service_pb2.Analysis(point_count=10)] * 2,
        "KeepPointsRequest": [analysis_service_pb2.ImageSet(query="set:s", image_count=2)],
    }
    client, transport = _client(**answers)

    found = client.analyses.keep_points("projects/p/analyses/a", [0, 9])

    assert (found.query, found.image_count) == ("set:s", 2)
    assert transport.asked[1].points == b"\x01\x02"
    with pytest.raises(ValueError, match="no point 10"):
        client.analyses.keep_points("projects/p/analyses/a", [10])


def test_download__writes_the_bytes(tmp_path: Path) -> None:
    body = httpbody_pb2.HttpBody
    client, _ = _client(DownloadExportRequest=[[body(data=b"PK"), body(data=b"\x03\x04")]])

    assert client.exports.download("projects/p/exports/e", tmp_path / "e.zip") == 4
    assert (tmp_path / "e.zip").read_bytes() == b"PK\x03\x04"


@pytest.mark.parametrize(
    ("code", "name"),
    [(code_pb2.NOT_FOUND, "NotFound"), (code_pb2.PERMISSION_DENIED, "NotAllowed"), (code_pb2.INTERNAL, "ApiError")],
)
def test_from_status__code_chooses_the_class(code: int, name: str) -> None:
    assert type(from_status(status_pb2.Status(code=code, message="x"))).__name__ == name
