"""Request messages out of path, query and body, and JSON out of response messages: protobuf's own JSON mapping."""

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from google.protobuf import json_format, message_factory
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message

from loupe_gateway import json_form
from loupe_gateway.contracts import HttpBinding
from loupe_kit.errors import FieldViolation, InvalidArgument

_FIELD_MASK = "google.protobuf.FieldMask"


def build_request(
    binding: HttpBinding, path: Mapping[str, str], query: Iterable[tuple[str, str]], body: bytes
) -> Message:
    """Returns the request message of one call.

    Args:
        binding: The route.
        path: Field values from the path.
        query: Parameters, JSON or proto names, dotted for nested fields, repeated for lists.
        body: JSON, or empty.

    Raises:
        InvalidArgument: an unknown field, a wrong type, or JSON that cannot be read; names the field.
    """
    request = message_factory.GetMessageClass(binding.method.input_type)()
    document = _read_json(body) if binding.body else {}
    target = request if binding.body in {"", "*"} else getattr(request, binding.body)
    _parse(document, target)
    if binding.body not in {"", "*"}:
        target.SetInParent()
        _mask_from_body(request, document)
    for name, value in query:
        _set(request, name, value)
    for name, value in path.items():
        _set(request, name, value)
    return request


def to_json(message: Message) -> bytes:
    """Returns the message as UTF-8 JSON; default values are written out, so that clients need not know them."""
    return json.dumps(json_form.write(message), ensure_ascii=False, separators=(",", ":")).encode()


def _read_json(body: bytes) -> dict[str, Any]:
    if not body.strip():
        return {}
    try:
        document = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise InvalidArgument(f"The body is not JSON: {error}. Send a JSON object.") from None
    if not isinstance(document, dict):
        raise InvalidArgument("The body is JSON, but no object. Send a JSON object, {…}.")
    return document


def _parse(document: dict[str, Any], target: Message) -> None:
    try:
        json_format.ParseDict(document, target)
    except (json_format.ParseError, AttributeError, RecursionError, TypeError, ValueError) as error:
        raise InvalidArgument(f"The body does not fit the request: {error}. /openapi.json describes it.") from None


def _mask_from_body(request: Message, document: Mapping[str, Any]) -> None:
    # As other transcoders do: without a mask a PATCH changes what its body names. A mask in the query replaces it.
    mask = request.DESCRIPTOR.fields_by_name.get("update_mask")
    if mask is not None:
        request.update_mask.paths.extend(_snake(name) for name in document)  # type: ignore[attr-defined]


def _set(request: Message, name: str, value: str) -> None:
    *parents, last = name.split(".")
    message = request
    for parent in parents:
        field = _field(message, parent, name)
        if field.message_type is None or field.is_repeated:
            raise _unknown(name)
        message = getattr(message, field.name)
    field = _field(message, last, name)
    if field.message_type is not None and field.message_type.full_name == _FIELD_MASK:
        mask = getattr(message, field.name)
        del mask.paths[:]
        mask.paths.extend(_snake_path(path) for path in value.split(",") if path)
        return
    try:
        if field.is_repeated:
            getattr(message, field.name).append(_scalar(field, value))
        elif field.message_type is not None:
            json_format.ParseDict({field.name: value}, message)
        else:
            setattr(message, field.name, _scalar(field, value))
    except (ValueError, TypeError, json_format.ParseError):
        text = f"“{name}” cannot be “{value[:100]}”."
        raise InvalidArgument(f"{text} See /openapi.json.", fields=[FieldViolation(name, text)]) from None


def _field(message: Message, word: str, name: str) -> FieldDescriptor:
    descriptor: Any = message.DESCRIPTOR
    by_json = descriptor.fields_by_camelcase_name.get(word)
    found: FieldDescriptor | None = by_json or descriptor.fields_by_name.get(word)
    if found is None:
        raise _unknown(name)
    return found


def _unknown(name: str) -> InvalidArgument:
    text = f"There is no parameter “{name[:100]}” here."
    return InvalidArgument(f"{text} See /openapi.json.", fields=[FieldViolation(name[:100], text)])


def _scalar(field: FieldDescriptor, value: str) -> object:
    if field.type == FieldDescriptor.TYPE_BOOL:
        return {"true": True, "false": False}[value.lower()] if value.lower() in {"true", "false"} else _refuse(value)
    if field.enum_type is not None:
        known = field.enum_type.values_by_name.get(value)
        return known.number if known else int(value)
    if field.cpp_type in {FieldDescriptor.CPPTYPE_DOUBLE, FieldDescriptor.CPPTYPE_FLOAT}:
        return float(value)
    if field.type == FieldDescriptor.TYPE_STRING:
        return value
    if field.message_type is not None or field.type == FieldDescriptor.TYPE_BYTES:
        return _refuse(value)
    return int(value)


def _refuse(value: str) -> object:
    raise ValueError(value)


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])([A-Z])", lambda found: "_" + found[1].lower(), name)


def _snake_path(path: str) -> str:
    # Only the first part is a field; what follows may be a key of the users, which stays as it is.
    first, *rest = path.split(".", 1)
    return ".".join([_snake(first), *rest])
