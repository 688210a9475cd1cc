"""Changing many images at once and taking it back: tags, metadata, tables that come later, histories."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal
from uuid import uuid4

from google.protobuf.field_mask_pb2 import FieldMask
from google.protobuf.json_format import MessageToDict
from google.protobuf.struct_pb2 import Struct, Value

from loupe.project.v1 import (
    history_service_pb2,
    history_service_pb2_grpc,
    metadata_service_pb2,
    metadata_service_pb2_grpc,
    operation_service_pb2,
    operation_service_pb2_grpc,
    tag_service_pb2,
    tag_service_pb2_grpc,
)
from loupe_client import _convert
from loupe_client._files import file_messages
from loupe_client._images import Selection, selector
from loupe_client._operations import Operation
from loupe_client._paging import pages
from loupe_client._transport import Transport
from loupe_client._types import Tag

MetadataValue = str | float | bool
TableKey = Literal["FILE_NAME", "SHA256", "SERIAL"]

_PAGE = 200


@dataclass(frozen=True, slots=True)
class MetadataKey:
    """A metadata key of a project."""

    key: str
    types: tuple[str, ...]
    """TEXT, NUMBER, TIME, TRUTH: those that its values have, the most frequent one first."""
    image_count: int


@dataclass(frozen=True, slots=True)
class MetadataChange:
    """What came of changing metadata."""

    image_count: int
    """Images that were selected."""
    changed_count: int
    skipped_count: int
    """Images that have the new key of a renaming already, or would have too many keys."""


@dataclass(frozen=True, slots=True)
class RowFault:
    """What is wrong with a row of a table."""

    row: int
    """From 1, the header not counted."""
    message: str


@dataclass(frozen=True, slots=True)
class TableImport:
    """What came of a table."""

    applied: bool
    row_count: int
    image_count: int
    changed_count: int
    refused_count: int
    faults: tuple[RowFault, ...]
    """The first 1,000."""


@dataclass(frozen=True, slots=True)
class Undone:
    """What came of undoing an operation."""

    image_count: int
    reverted_count: int
    """Single changes that were taken back."""
    kept_count: int
    """Single changes that were left alone because somebody changed the same since."""


@dataclass(frozen=True, slots=True)
class HistoryLine:
    """One fact of an image that somebody changed."""

    fact: str
    """TAG, METADATA, CAPTURE_TIME, LABEL, ACCESS or TRASH."""
    subject: str
    """Which one: a tag's text, a metadata key."""
    old: object
    """None where it was not there."""
    new: object
    """None where it is not there any more."""
    creator: str
    create_time: datetime
    operation: str
    """`projects/{project}/operations/{operation}`; empty for a single call."""
    kind: str


class Changes:
    """Changes of many images."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self._tags = tag_service_pb2_grpc.TagServiceStub(transport.channel)
        self._metadata = metadata_service_pb2_grpc.MetadataServiceStub(transport.channel)
        self._history = history_service_pb2_grpc.HistoryServiceStub(transport.channel)
        self._operations = operation_service_pb2_grpc.OperationServiceStub(transport.channel)

    def rename_tag(self, tag: str, text: str) -> Tag:
        """Gives a tag, `projects/{project}/tags/{tag}`, another text on all its images."""
        request = tag_service_pb2.UpdateTagRequest(
            tag=tag_service_pb2.Tag(name=tag, display_name=text),
            update_mask=FieldMask(paths=["display_name"]),
            request_id=str(uuid4()),
        )
        return _convert.tag(self._transport.unary(self._tags.UpdateTag, request))

    def merge_tags(self, tag: str, sources: Sequence[str]) -> Operation[int]:
        """Merges tags into the first one; the result is how many images had one of them."""
        request = tag_service_pb2.MergeTagsRequest(name=tag, sources=sources, request_id=str(uuid4()))
        message = self._transport.unary(self._tags.MergeTags, request)
        return Operation(self._transport, message, tag_service_pb2.MergeTagsResponse, lambda answer: answer.image_count)

    def delete_tags(self, project: str, tags: Sequence[str]) -> Operation[int]:
        """Deletes tags of a project; the result is how many images they were taken off, each tag counted by itself."""
        request = tag_service_pb2.DeleteTagsRequest(parent=project, names=tags, request_id=str(uuid4()))
        message = self._transport.unary(self._tags.DeleteTags, request)
        return Operation(
            self._transport, message, tag_service_pb2.DeleteTagsResponse, lambda answer: answer.image_count
        )

    def metadata_keys(self, project: str, prefix: str = "") -> Iterator[MetadataKey]:
        """Yields the metadata keys of a project."""
        request = metadata_service_pb2.ListMetadataKeysRequest(parent=project, page_size=_PAGE, filter=prefix)
        for answer in pages(self._transport, self._metadata.ListMetadataKeys, request):
            yield from map(_key, answer.keys)

    def modify_metadata(
        self,
        project: str,
        selection: Selection,
        *,
        values: Mapping[str, MetadataValue] | None = None,
        remove: Sequence[str] = (),
        rename: Mapping[str, str] | None = None,
    ) -> Operation[MetadataChange]:
        """Sets, removes and renames metadata keys of images.

        Args:
            project: `projects/{project}`.
            selection: Which images.
            values: To set, by key.
            remove: Keys to take away.
            rename: New keys by old ones.
        """
        fields = Struct()
        fields.update(dict(values or {}))
        request = metadata_service_pb2.ModifyImageMetadataRequest(
            parent=project,
            selector=selector(selection),
            set=fields,
            remove=remove,
            rename=rename or {},
            request_id=str(uuid4()),
        )
        message = self._transport.unary(self._metadata.ModifyImageMetadata, request)
        answer = metadata_service_pb2.ModifyImageMetadataResponse
        return Operation(
            self._transport,
            message,
            answer,
            lambda done: MetadataChange(done.image_count, done.changed_count, done.skipped_count),
        )

    def import_metadata(
        self,
        project: str,
        table: Path,
        *,
        key: TableKey = "FILE_NAME",
        apply_good_rows: bool = False,
        validate_only: bool = False,
    ) -> Operation[TableImport]:
        """Gives images the metadata, tags and capture times of a table: CSV or JSON lines. It is sent as it is read.

        Args:
            project: `projects/{project}`.
            table: The file.
            key: What its rows name images by.
            apply_good_rows: Whether good rows are applied although others are faulty.
            validate_only: Whether to check alone.
        """
        request = metadata_service_pb2.ImportMetadataRequest(
            parent=project,
            file_name=table.name,
            key=metadata_service_pb2.ImportMetadataRequest.Key.Value(f"KEY_{key}"),
            apply_good_rows=apply_good_rows,
            validate_only=validate_only,
            request_id=str(uuid4()),
        )
        message = self._transport.upload(self._metadata.ImportMetadata, lambda: file_messages(request, table))
        return Operation(self._transport, message, metadata_service_pb2.ImportMetadataResponse, _import)

    def undo(self, operation: str) -> Operation[Undone]:
        """Takes back what an operation changed and nobody changed since; undoing can be undone by its own name."""
        request = operation_service_pb2.UndoOperationRequest(name=operation, request_id=str(uuid4()))
        message = self._transport.unary(self._operations.UndoOperation, request)
        answer = operation_service_pb2.UndoOperationResponse
        return Operation(
            self._transport,
            message,
            answer,
            lambda done: Undone(done.image_count, done.reverted_count, done.kept_count),
        )

    def history(self, image: str) -> Iterator[HistoryLine]:
        """Yields what was changed of an image, newest first."""
        request = history_service_pb2.ListImageHistoryRequest(parent=image, page_size=_PAGE)
        for answer in pages(self._transport, self._history.ListImageHistory, request):
            yield from map(_line, answer.lines)


def _key(message: metadata_service_pb2.MetadataKey) -> MetadataKey:
    kind = metadata_service_pb2.MetadataKey.Type
    types = tuple(kind.Name(one).removeprefix("TYPE_") for one in message.types)
    return MetadataKey(message.key, types, message.image_count)


def _import(message: metadata_service_pb2.ImportMetadataResponse) -> TableImport:
    return TableImport(
        message.applied,
        message.row_count,
        message.image_count,
        message.changed_count,
        message.refused_count,
        tuple(RowFault(one.row, one.status.message) for one in message.faults),
    )


def _line(message: history_service_pb2.HistoryLine) -> HistoryLine:
    fact = history_service_pb2.HistoryLine.Fact.Name(message.fact).removeprefix("FACT_")
    return HistoryLine(
        fact=fact,
        subject=message.subject,
        old=_value(message.old_value) if message.HasField("old_value") else None,
        new=_value(message.new_value) if message.HasField("new_value") else None,
        creator=message.creator,
        create_time=message.create_time.ToDatetime(tzinfo=UTC),
        operation=message.operation,
        kind=message.kind,
    )


def _value(message: Value) -> object:
    return MessageToDict(message)
