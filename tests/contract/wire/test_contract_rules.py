"""Rules of the contracts that no linter knows: HTTP routes, pages, repeatable requests."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

import pytest
from google.api import annotations_pb2
from google.protobuf.descriptor import MethodDescriptor

import loupe.common

ROOT = Path(next(iter(loupe.common.__path__))).parents[1]

# Closed to people and factory systems: other services call these, with a service token.
INTERNAL_SERVICES = {
    "loupe.auth.v1.MailService",
    "loupe.inference.v1.FeatureService",
    "loupe.project.v1.ResultService",
    "loupe.reduction.v1.CurationService",
    "loupe.reduction.v1.NeighbourService",
    "loupe.reduction.v1.ReductionService",
    "loupe.reduction.v1.TeachService",
}
INTERNAL_METHODS = {
    "loupe.auth.v1.ApiKeyService.GetApiKey",
    "loupe.auth.v1.ApiKeyService.ResolveApiKey",
    "loupe.auth.v1.AuditService.RecordAuditEvents",
    "loupe.auth.v1.SessionService.ListRevocations",
}
# A client's stream has no counterpart in HTTP annotations: the gateway has routes of its own for these.
# The sign-in at an identity provider is two pages that the browser opens, which the gateway serves as well.
CLIENT_STREAMS = {
    "loupe.auth.v1.OidcService.FinishOidcSignIn",
    "loupe.auth.v1.OidcService.StartOidcSignIn",
    "loupe.inference.v1.InferenceService.AnalyseImage",
    "loupe.inference.v1.ModelService.RegisterModelVersion",
    "loupe.project.v1.UploadBatchService.UploadFiles",
}
# Repeating these is harmless without a request id, or must not give the first answer again.
REPEATABLE = {
    "loupe.auth.v1.AccountService.RefreshSession",
    "loupe.auth.v1.AccountService.SignIn",
    "loupe.auth.v1.AccountService.SignOut",
    "loupe.auth.v1.SessionService.EndAllSessions",
    "loupe.auth.v1.SessionService.EndSession",
    "loupe.project.v1.OperationService.CancelOperation",
    "loupe.project.v1.SearchService.FormatQuery",
    "loupe.project.v1.SimilarService.FindSimilarToPicture",
    "loupe.project.v1.SplitService.FindLeakage",
}
# Never more than a handful.
WITHOUT_PAGES = {"loupe.auth.v1.KeyService.ListSigningKeys"}


def _methods() -> dict[str, MethodDescriptor]:
    """Returns every RPC that people and factory systems may call, by full name."""
    found: dict[str, MethodDescriptor] = {}
    for path in sorted(ROOT.rglob("*_pb2.py")):
        module = importlib.import_module(".".join(path.relative_to(ROOT).with_suffix("").parts))
        for service in module.DESCRIPTOR.services_by_name.values():
            if service.full_name not in INTERNAL_SERVICES:
                found |= {method.full_name: method for method in service.methods}
    return {name: method for name, method in found.items() if name not in INTERNAL_METHODS}


METHODS = _methods()


def _route(method: MethodDescriptor) -> tuple[str, str] | None:
    options: Any = method.GetOptions()  # the package that ships the extension declares no type for it
    rule = options.Extensions[annotations_pb2.http]
    verb = rule.WhichOneof("pattern")
    return (verb, getattr(rule, verb)) if verb else None


@pytest.mark.parametrize("name", METHODS)
def test_method__has_an_http_route(name: str) -> None:
    assert (_route(METHODS[name]) is None) == (name in CLIENT_STREAMS)


def test_routes__are_unique() -> None:
    routes = [route for method in METHODS.values() if (route := _route(method))]

    assert sorted(routes) == sorted(set(routes))


@pytest.mark.parametrize("name", METHODS)
def test_method__changes_are_repeatable_and_reads_use_get(name: str) -> None:
    route = _route(METHODS[name])
    takes_request_id = "request_id" in METHODS[name].input_type.fields_by_name

    changes = route is not None and route[0] != "get" and name not in REPEATABLE
    assert takes_request_id == changes


@pytest.mark.parametrize("name", [name for name in METHODS if name.rpartition(".")[2].startswith("List")])
def test_list__has_pages(name: str) -> None:
    request = {field.name for field in METHODS[name].input_type.fields}
    response = {field.name for field in METHODS[name].output_type.fields}

    has_pages = {"page_size", "page_token"} <= request and "next_page_token" in response
    assert has_pages == (name not in WITHOUT_PAGES)
