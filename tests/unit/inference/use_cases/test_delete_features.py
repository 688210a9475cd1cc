from __future__ import annotations

import pytest

from loupe_inference.domain.errors import FeatureIdsInvalid
from loupe_inference.use_cases.delete_features import delete_features
from loupe_kit import ids
from loupe_kit.errors import InvalidArgument
from tests.unit.inference.fakes import InMemoryFeatureStore


@pytest.mark.parametrize(
    ("image_ids", "project_id", "model", "version"),
    [(b"", "", "", ""), (b"", "", "tiny", "1"), (b"", ids.new_id(), "", "1")],
    ids=["nothing", "model alone", "version without model"],
)
async def test_delete_features__too_little_said(image_ids: bytes, project_id: str, model: str, version: str) -> None:
    with pytest.raises(InvalidArgument):
        await delete_features(
            InMemoryFeatureStore(), image_ids=image_ids, project_id=project_id, model=model, version=version
        )


async def test_delete_features__ids_that_are_not_whole() -> None:
    with pytest.raises(FeatureIdsInvalid):
        await delete_features(InMemoryFeatureStore(), image_ids=b"1" * 17, project_id="", model="", version="")
