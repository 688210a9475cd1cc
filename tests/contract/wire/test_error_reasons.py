"""The catalogues of reasons in the contracts and the error classes name the same, in both directions."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator

import pytest

from loupe_kit.errors import LoupeError

PREFIX = "ERROR_REASON_"
CATALOGUES = {
    "common": "loupe_kit",
    "auth": "loupe_auth.domain",
    "project": "loupe_project.domain",
    "inference": "loupe_inference.domain",
    "reduction": "loupe_reduction.domain",
}


def _catalogue(service: str) -> set[str]:
    contract = importlib.import_module(f"loupe.{service}.v1.error_reason_pb2")
    return {name.removeprefix(PREFIX) for name in contract.ErrorReason.keys()} - {"UNSPECIFIED"}  # noqa: SIM118


def _import_all(package: str) -> None:
    root = importlib.import_module(package)
    for module in pkgutil.walk_packages(root.__path__, f"{package}."):
        if ".testing" not in module.name and not module.name.endswith(".__main__"):
            importlib.import_module(module.name)


def _subclasses(parent: type[LoupeError]) -> Iterator[type[LoupeError]]:
    for child in parent.__subclasses__():
        yield child
        yield from _subclasses(child)


@pytest.mark.parametrize(("service", "package"), CATALOGUES.items(), ids=CATALOGUES)
def test_error_reasons__classes_and_contract_agree(service: str, package: str) -> None:
    _import_all(package)
    raised = {
        cls.__dict__["reason"]
        for cls in _subclasses(LoupeError)
        if cls.__module__.startswith(package) and "reason" in cls.__dict__
    }

    assert raised == _catalogue(service)
