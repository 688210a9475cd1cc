"""JSON schemas of messages and enums, as protobuf's JSON mapping writes them."""

from collections.abc import Mapping
from typing import Any

from google.protobuf.descriptor import Descriptor, EnumDescriptor, FieldDescriptor

Schema = dict[str, Any]

_INT64 = {"type": "string", "format": "int64", "pattern": "^-?[0-9]+$"}
_INT32 = {"type": "integer", "format": "int32"}
_SCALARS: dict[int, Schema] = {
    FieldDescriptor.TYPE_DOUBLE: {"type": "number", "format": "double"},
    FieldDescriptor.TYPE_FLOAT: {"type": "number", "format": "float"},
    FieldDescriptor.TYPE_INT64: _INT64,
    FieldDescriptor.TYPE_UINT64: _INT64,
    FieldDescriptor.TYPE_INT32: _INT32,
    FieldDescriptor.TYPE_UINT32: _INT32,
    FieldDescriptor.TYPE_BOOL: {"type": "boolean"},
    FieldDescriptor.TYPE_STRING: {"type": "string"},
    FieldDescriptor.TYPE_BYTES: {"type": "string", "format": "byte"},
}
_WELL_KNOWN: dict[str, Schema] = {
    "google.protobuf.Timestamp": {"type": "string", "format": "date-time"},
    "google.protobuf.Duration": {"type": "string", "example": "1.5s"},
    "google.protobuf.FieldMask": {"type": "string", "example": "displayName,description"},
    "google.protobuf.Struct": {"type": "object", "additionalProperties": True},
    "google.protobuf.Value": {},
    "google.protobuf.Empty": {"type": "object"},
    "google.protobuf.Any": {
        "type": "object",
        "properties": {"@type": {"type": "string"}},
        "additionalProperties": True,
    },
}


class Schemas:
    """Collects the schemas that are referred to.

    Args:
        comments: Descriptions by full name.
    """

    def __init__(self, comments: Mapping[str, str]) -> None:
        self._comments = comments
        self._names: dict[str, str] = {}
        self.components: dict[str, Schema] = {}

    def message(self, descriptor: Descriptor) -> Schema:
        """Returns a schema, or a reference to one, for a message."""
        if descriptor.full_name in _WELL_KNOWN:
            return _WELL_KNOWN[descriptor.full_name]
        name, is_new = self._component(descriptor)
        if is_new:
            fields = {field.json_name: self.field(field) for field in descriptor.fields}
            self.components[name] = self._described(descriptor.full_name, {"type": "object", "properties": fields})
        return {"$ref": f"#/components/schemas/{name}"}

    def field(self, field: FieldDescriptor) -> Schema:
        """Returns the schema of one field, with its comment."""
        entry = field.message_type
        if entry is not None and entry.GetOptions().map_entry:
            schema: Schema = {"type": "object", "additionalProperties": self._single(entry.fields_by_name["value"])}
        elif field.is_repeated:
            schema = {"type": "array", "items": self._single(field)}
        else:
            schema = self._single(field)
        return self._described(field.full_name, schema)

    def _single(self, field: FieldDescriptor) -> Schema:
        if field.message_type is not None:
            return self.message(field.message_type)
        if field.enum_type is not None:
            return self._enum(field.enum_type)
        return _SCALARS[field.type]

    def _enum(self, descriptor: EnumDescriptor) -> Schema:
        name, is_new = self._component(descriptor)
        if is_new:
            values = [value.name for value in descriptor.values]
            said = (f"- {value.name}: {self._comments.get(f'{descriptor.full_name}.{value.name}', '')}" for value in
                    descriptor.values)  # fmt: skip
            text = "\n".join([self._comments.get(descriptor.full_name, ""), *said]).strip()
            self.components[name] = {"type": "string", "enum": values, "description": text}
        return {"$ref": f"#/components/schemas/{name}"}

    def _component(self, descriptor: Descriptor | EnumDescriptor) -> tuple[str, bool]:
        full_name = descriptor.full_name
        if full_name in self._names:
            return self._names[full_name], False
        name = full_name.removeprefix(f"{descriptor.file.package}.")
        if name in self._names.values():
            # Two packages use one word; the later one says whose it is.
            name = f"{descriptor.file.package.split('.')[-2]}.{name}"
        self._names[full_name] = name
        return name, True

    def _described(self, full_name: str, schema: Schema) -> Schema:
        text = self._comments.get(full_name)
        return {**schema, "description": text} if text else schema
