"""Which RPCs have an HTTP route: read from the `google.api.http` annotations of the compiled contracts."""

import importlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from google.api import annotations_pb2, http_pb2
from google.protobuf.descriptor import MethodDescriptor, ServiceDescriptor

import loupe
from loupe_gateway.path_template import PathTemplate

_VERBS = ("get", "put", "post", "delete", "patch")


@dataclass(frozen=True, slots=True)
class HttpBinding:
    """One HTTP route of one RPC."""

    method: MethodDescriptor
    """The RPC."""
    verb: str
    """HTTP method, upper case."""
    template: PathTemplate
    """Path with the request fields it carries."""
    body: str
    """Which request field the body fills: a field name, `*` for the whole request, empty for no body."""
    number: int
    """1 for the first route of its RPC, 2 for the next."""

    @property
    def rpc_path(self) -> str:
        """Path of the RPC on the wire, `/loupe.project.v1.ProjectService/GetProject`."""
        return f"/{self.method.containing_service.full_name}/{self.method.name}"


def services() -> Iterator[ServiceDescriptor]:
    """Yields the services of all contracts, by file name; imports their modules."""
    for module in _modules():
        yield from importlib.import_module(module).DESCRIPTOR.services_by_name.values()


def _modules() -> list[str]:
    # `loupe` is a namespace package without __init__ files, which pkgutil does not walk.
    return sorted(
        "loupe." + ".".join(file.relative_to(folder).with_suffix("").parts)
        for folder in map(Path, loupe.__path__)
        for file in folder.rglob("*_pb2.py")
    )


def http_bindings() -> list[HttpBinding]:
    """Returns every HTTP route of every RPC; those with literal paths come before those with wildcards."""
    found = [binding for service in services() for method in service.methods for binding in _bindings_of(method)]
    return sorted(found, key=lambda binding: (-binding.template.literal_count, binding.template.text))


def _bindings_of(method: MethodDescriptor) -> Iterator[HttpBinding]:
    options, http = method.GetOptions(), cast("Any", annotations_pb2.http)
    if not options.HasExtension(http):
        return
    rule: http_pb2.HttpRule = options.Extensions[http]
    for number, each in enumerate((rule, *rule.additional_bindings), 1):
        yield _binding(method, each, number)


def _binding(method: MethodDescriptor, rule: http_pb2.HttpRule, number: int) -> HttpBinding:
    verb = rule.WhichOneof("pattern")
    if verb not in _VERBS:
        raise ValueError(f"{method.full_name}: HTTP rule without one of {', '.join(_VERBS)}")
    return HttpBinding(method, verb.upper(), PathTemplate.parse(getattr(rule, verb)), rule.body, number)
