"""Messages as JSON: exactly what protobuf's own mapping gives."""

import json
import random
import struct
from collections.abc import Iterator
from typing import Any

import pytest
from google.protobuf import json_format, message_factory
from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message
from google.protobuf.struct_pb2 import Struct

from loupe.project.v1 import image_pb2
from loupe_gateway import contracts, json_form

DEEPEST = 4


def _answers() -> Iterator[Descriptor]:
    seen: dict[str, Descriptor] = {}
    for binding in contracts.http_bindings():
        seen.setdefault(binding.method.output_type.full_name, binding.method.output_type)
    yield from seen.values()


def _by_protobuf(message: Message) -> Any:
    return json_format.MessageToDict(message, always_print_fields_with_no_presence=True)


def _single(dice: random.Random, field: Any) -> Any:
    if field.enum_type is not None:
        return dice.choice([value.number for value in field.enum_type.values])
    if field.type == FieldDescriptor.TYPE_BYTES:
        return dice.randbytes(5)
    if field.cpp_type == FieldDescriptor.CPPTYPE_STRING:
        return dice.choice(["", "양품", 'a "b"'])
    if field.cpp_type == FieldDescriptor.CPPTYPE_BOOL:
        return dice.random() < 0.5
    if field.cpp_type in {FieldDescriptor.CPPTYPE_FLOAT, FieldDescriptor.CPPTYPE_DOUBLE}:
        return dice.choice([0.1, 5.0, 1 / 3, float("nan"), float("inf"), float("-inf")])
    return dice.randrange(2**31)


def _fill(dice: random.Random, message: Message, depth: int = 0) -> None:
    """Sets about half of all fields, to anything that they take."""
    kind = message.DESCRIPTOR.full_name
    if kind == "google.protobuf.Timestamp":
        message.FromSeconds(dice.randrange(2**31))  # type: ignore[attr-defined]
        return
    if kind == "google.protobuf.Struct":
        message.update({"text": "a", "whole": 5.0, "part": 77.4, "flag": True, "none": None, "list": [1, {"b": "c"}]})  # type: ignore[attr-defined]
        return
    if kind.startswith("google.protobuf.") or depth == DEEPEST:
        return
    for field in message.DESCRIPTOR.fields:
        if dice.random() < 0.5:
            continue
        value = getattr(message, field.name)
        if field.message_type is not None and field.message_type.GetOptions().map_entry:
            key, inner = (field.message_type.fields_by_name[name] for name in ("key", "value"))
            if inner.message_type is not None:
                _fill(dice, value[_single(dice, key)], depth + 1)
            else:
                value[_single(dice, key)] = _single(dice, inner)
        elif field.message_type is not None:
            target = value.add() if field.is_repeated else value
            target.SetInParent()
            _fill(dice, target, depth + 1)
        elif field.is_repeated:
            value.extend(_single(dice, field) for _ in range(2))
        else:
            setattr(message, field.name, _single(dice, field))


@pytest.mark.parametrize("kind", list(_answers()), ids=lambda kind: kind.name)
def test_write__all_answers_of_the_contracts(kind: Descriptor) -> None:
    dice = random.Random(kind.full_name)
    for _ in range(20):
        message = message_factory.GetMessageClass(kind)()
        _fill(dice, message)
        # As texts: 5 and 5.0 are equal numbers, but not the same JSON.
        assert json.dumps(json_form.write(message), sort_keys=True) == json.dumps(_by_protobuf(message), sort_keys=True)


def test_write__numbers_of_single_precision() -> None:
    dice = random.Random(7)
    numbers = [struct.unpack("<f", dice.randbytes(4))[0] for _ in range(20_000)]
    numbers += [-0.0, 0.1, 123456.7, 1e-45, 3.4028234663852886e38]

    for number in numbers:
        box = image_pb2.BoundingBox(x=number)
        assert json.dumps(json_form.write(box)) == json.dumps(_by_protobuf(box))


def test_write__values_that_a_newer_service_knows() -> None:
    image = image_pb2.Image(state=99)  # type: ignore[arg-type]

    assert json_form.write(image)["state"] == 99


def test_write__metadata_of_an_image() -> None:
    metadata = Struct()
    metadata.update({"line": "L1", "temp": 77.4})

    assert json_form.write(image_pb2.Image(metadata=metadata))["metadata"] == {"line": "L1", "temp": 77.4}
