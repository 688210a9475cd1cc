"""The OpenAPI 3.1 document: one operation for each HTTP binding, and the upload that is no single RPC."""

from collections.abc import Mapping, Sequence
from typing import Any

from google.api import httpbody_pb2
from google.protobuf import descriptor_pb2
from google.protobuf.descriptor import Descriptor, FieldDescriptor, MethodDescriptor
from google.rpc import status_pb2

from loupe_gateway import contracts
from loupe_gateway.contracts import HttpBinding
from loupe_gateway.forms import BYTES_FIELD
from loupe_gateway.openapi import comments
from loupe_gateway.openapi.schemas import Schema, Schemas

_HTTP_BODY = httpbody_pb2.HttpBody.DESCRIPTOR.full_name
_UPLOAD_PATH = "/v1/projects/{project}/uploadBatches:upload"
_JSON = "application/json"


def render(files: Sequence[descriptor_pb2.FileDescriptorProto]) -> dict[str, Any]:
    """Returns the document.

    Args:
        files: The contracts, compiled with source information.
    """
    said = comments.read(files)
    schemas = Schemas(said)
    paths: dict[str, dict[str, Any]] = {}
    for binding in contracts.http_bindings():
        path, parameters = binding.template.with_plain_names()
        paths.setdefault(path, {})[binding.verb.lower()] = _operation(binding, parameters, schemas, said)
    paths[_UPLOAD_PATH] = {"post": _upload(schemas)}
    return {
        "openapi": "3.1.0",
        "info": {"title": "Loupe", "version": "v1", "description": "Analysis of inspection images, over HTTP."},
        "paths": dict(sorted(paths.items())),
        "components": {
            "schemas": dict(sorted(schemas.components.items())) | {"Error": _error(schemas)},
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer", "description": "An access token or an API key."},
                "session": {"type": "apiKey", "in": "cookie", "name": "loupe_access"},
            },
        },
        "security": [{"bearer": []}, {"session": []}],
    }


def _operation(
    binding: HttpBinding, path: Sequence[tuple[str, str]], schemas: Schemas, said: Mapping[str, str]
) -> Schema:
    method = binding.method
    service = method.containing_service.name
    text = said.get(method.full_name, "")
    operation: Schema = {
        "operationId": f"{service}_{method.name}" + (f"_{binding.number}" if binding.number > 1 else ""),
        "tags": [service],
        "summary": text.split("\n\n")[0].split(". ")[0].replace("\n", " "),
        "description": text,
        "parameters": [
            *({"name": name, "in": "path", "required": True, "schema": {"type": "string"}, "description": description}
              for name, description in path),
            *_query_parameters(binding, schemas),
        ],
        "responses": {"200": _answer(method, schemas), "default": _error_answer()},
    }  # fmt: skip
    if binding.body:
        content = {_JSON: {"schema": _body(binding, schemas)}}
        if method.client_streaming:
            content |= {"multipart/form-data": {"schema": _form(binding, schemas)}}
        operation["requestBody"] = {"required": True, "content": content}
    return operation


def _body(binding: HttpBinding, schemas: Schemas) -> Schema:
    descriptor = binding.method.input_type
    if binding.body == "*":
        in_path = set(binding.template.fields)
        fields = [field for field in descriptor.fields if field.name not in in_path]
        return {"type": "object", "properties": {field.json_name: schemas.field(field) for field in fields}}
    return schemas.field(descriptor.fields_by_name[binding.body])


def _form(binding: HttpBinding, schemas: Schemas) -> Schema:
    schema = _body(binding, schemas)
    return schema | {"properties": schema["properties"] | {BYTES_FIELD: {"type": "string", "format": "binary"}}}


def _query_parameters(binding: HttpBinding, schemas: Schemas) -> list[Schema]:
    if binding.body == "*":
        return []
    taken = {field.split(".")[0] for field in binding.template.fields} | {binding.body}
    return [
        {"name": field.json_name, "in": "query", "required": False, **_split_description(schemas.field(field))}
        for field in binding.method.input_type.fields
        if field.name not in taken and _fits_query(field)
    ]


def _fits_query(field: FieldDescriptor) -> bool:
    message: Descriptor | None = field.message_type
    return message is None or message.full_name in {"google.protobuf.FieldMask", "google.protobuf.Timestamp"}


def _split_description(schema: Schema) -> Schema:
    plain = {key: value for key, value in schema.items() if key != "description"}
    return {"schema": plain, "description": schema.get("description", "")}


def _answer(method: MethodDescriptor, schemas: Schemas) -> Schema:
    if method.output_type.full_name == _HTTP_BODY:
        return {"description": "The bytes.", "content": {"*/*": {"schema": {}}}}
    kind = "text/event-stream" if method.server_streaming else _JSON
    text = "Server-sent events, one JSON message each." if method.server_streaming else "The answer."
    return {"description": text, "content": {kind: {"schema": schemas.message(method.output_type)}}}


def _upload(schemas: Schemas) -> Schema:
    uploads = {service.name: service for service in contracts.services()}["UploadBatchService"]
    answer = uploads.methods_by_name["UploadFiles"].output_type
    fields = answer.fields_by_name
    header = ("display_name", "request_id", "feature_set", "source")
    properties: Schema = {name: {"type": "string"} for name in header}
    properties["image"] = {"type": "string", "description": "JSON of UploadFile for the file that follows."}
    properties["file"] = {"type": "array", "items": {"type": "string", "format": "binary"}}
    result = {
        "batch": schemas.field(fields["batch"]),
        "files": {"type": "array", "items": schemas.field(fields["file"])},
    }
    return {
        "operationId": "UploadBatchService_UploadFiles",
        "tags": ["UploadBatchService"],
        "summary": "Takes any number of images, zip archives, tables and feature files.",
        "description": "Fields that are not files come first. Each file is answered; bad ones do not stop the rest.",
        "parameters": [{"name": "project", "in": "path", "required": True, "schema": {"type": "string"}}],
        "requestBody": {
            "required": True,
            "content": {"multipart/form-data": {"schema": {"type": "object", "properties": properties}}},
        },
        "responses": {
            "200": {
                "description": "What became of each file.",
                "content": {_JSON: {"schema": {"type": "object", "properties": result}}},
            },
            "default": _error_answer(),
        },
    }


def _error(schemas: Schemas) -> Schema:
    status: Any = status_pb2.Status.DESCRIPTOR
    details = schemas.message(status)
    fields = {
        "code": {"type": "integer", "description": "HTTP status."},
        "status": {"type": "string", "description": "Name of google.rpc.Code."},
        "message": {"type": "string", "description": "The fault and the way out, for people."},
        "details": schemas.components[details["$ref"].rsplit("/", 1)[1]]["properties"]["details"],
    }
    return {"type": "object", "properties": {"error": {"type": "object", "properties": fields}}}


def _error_answer() -> Schema:
    return {
        "description": "What is wrong and the way out.",
        "content": {_JSON: {"schema": {"$ref": "#/components/schemas/Error"}}},
    }
