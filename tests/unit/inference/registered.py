"""Builders of registered versions."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from loupe_inference.domain import audit
from loupe_inference.domain.audit import Author
from loupe_inference.domain.model import Task
from loupe_inference.domain.registered import (
    ModelCheck,
    ModelConfig,
    ModelFormat,
    PreparedModel,
    Preprocessing,
    RegisteredVersion,
    SampleOutcome,
)
from loupe_kit.audit.event import AuditEvent, EventOrigin

AUTHOR = Author("ada", EventOrigin("Ada", "10.0.0.7", "curl/8", "call-0001"))


def model_config(model: str = "line-3", **changes: Any) -> ModelConfig:
    values: dict[str, Any] = {
        "model": model,
        "display_name": "Line 3",
        "task": Task.CLASSIFICATION,
        "format": ModelFormat.ONNX,
        "labels": ("good", "bad"),
        "preprocessing": Preprocessing(32, 16),
        "description": "Welds of line 3.",
        "licence": "",
        "size_bytes": 7,
    }
    return ModelConfig(**{**values, **changes})


def prepared_model(**changes: Any) -> PreparedModel:
    values: dict[str, Any] = {
        "labels": ("good", "bad"),
        "preprocessing": Preprocessing(32, 16, (1.0, 2.0, 3.0), (4.0, 5.0, 6.5)),
        "feature_dimension": 4,
        "object_feature_dimension": 0,
        "feature_description": "Input of the output layer.",
        "sha256": "ab" * 32,
        "size_bytes": 9,
        "check": ModelCheck((SampleOutcome("noise", "good", 0.75, 0, 1.5),), 0.5),
    }
    return PreparedModel(**{**values, **changes})


def registered_version(number: int = 1, model: str = "line-3", **changes: Any) -> RegisteredVersion:
    made = RegisteredVersion(
        config=model_config(model),
        prepared=prepared_model(),
        number=number,
        creator="0198c3a0-0000-7000-8000-000000000001",
        create_time=datetime(2026, 11, 22, 12, number, tzinfo=UTC),
    )
    return replace(made, **changes)


def audit_event(version: RegisteredVersion | None = None) -> AuditEvent:
    """That somebody registered a version."""
    return audit.registered(AUTHOR, version or registered_version())
