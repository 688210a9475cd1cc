"""Comments of the contracts by full name, read from a descriptor set that was compiled with source information."""

from collections.abc import Iterator, Sequence

from google.protobuf import descriptor_pb2
from google.protobuf.message import Message

_File = descriptor_pb2.FileDescriptorProto
# Field numbers that a path of google.protobuf.SourceCodeInfo.Location is made of.
_OF_FILE = {_File.MESSAGE_TYPE_FIELD_NUMBER: "message_type", _File.ENUM_TYPE_FIELD_NUMBER: "enum_type",
            _File.SERVICE_FIELD_NUMBER: "service"}  # fmt: skip
_Message = descriptor_pb2.DescriptorProto
_OF_MESSAGE = {_Message.FIELD_FIELD_NUMBER: "field", _Message.NESTED_TYPE_FIELD_NUMBER: "nested_type",
               _Message.ENUM_TYPE_FIELD_NUMBER: "enum_type"}  # fmt: skip
_OF_SERVICE = {descriptor_pb2.ServiceDescriptorProto.METHOD_FIELD_NUMBER: "method"}
_OF_ENUM = {descriptor_pb2.EnumDescriptorProto.VALUE_FIELD_NUMBER: "value"}
_CHILDREN: dict[type[Message], dict[int, str]] = {
    _File: _OF_FILE,
    _Message: _OF_MESSAGE,
    descriptor_pb2.ServiceDescriptorProto: _OF_SERVICE,
    descriptor_pb2.EnumDescriptorProto: _OF_ENUM,
}


def read(files: Sequence[descriptor_pb2.FileDescriptorProto]) -> dict[str, str]:
    """Returns the leading comment of each service, method, message, field, enum and value that has one."""
    return dict(found for file in files for found in _comments_of(file))


def _comments_of(file: descriptor_pb2.FileDescriptorProto) -> Iterator[tuple[str, str]]:
    for location in file.source_code_info.location:
        name = _full_name(file, location.path)
        if name and location.leading_comments.strip():
            lines = (line.strip() for line in location.leading_comments.strip().splitlines())
            yield name, "\n".join(lines)


def _full_name(file: descriptor_pb2.FileDescriptorProto, path: Sequence[int]) -> str | None:
    names, node = [file.package], file
    if not path or len(path) % 2:
        return None
    for number, index in zip(path[::2], path[1::2], strict=True):
        field = _CHILDREN.get(type(node), {}).get(number)
        if field is None:
            return None
        node = getattr(node, field)[index]
        names.append(node.name)
    return ".".join(names)
